"""Send one planned message, once.

::

    planned ──claim──► sending ──a provider took it──► sent ── not confirmed in time ─┐
       ▲                 │ refused for now → planned again (the machine retries)      ├─► the next channel
       │                 │ refused for good → failed ─────────────────────────────────┘
       └── due after 5 min: nobody claimed it, or the sender died

Whether it still is to be sent, by which channel and now, is decided anew each time: preferences, consent and the news
itself may have changed while it was held. A sender that gets no answer, or dies between the provider's answer and our
record, leaves ``sending``. The provider's report with our tag settles that (``record_feedback``). Only when there is
no such report after ``IN_DOUBT`` is it sent again, and not more than ``MAX_ATTEMPTS`` times in all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from porchlight.domain.channels import Channel
from porchlight.domain.fanout.decide import decide
from porchlight.domain.fanout.gates import gates
from porchlight.domain.fanout.reach import candidates
from porchlight.domain.fanout.situation import Decision, Outcome, Situation
from porchlight.domain.messages import Hold, MessageRecord, MessageState, Told, message_id
from porchlight.domain.preferences import Unreachable
from porchlight.errors import (
    NO_ANSWER,
    AddressRefusedError,
    ConflictError,
    NotFoundError,
    PermanentProviderError,
    TransientError,
)
from porchlight.ports import Messages, Metrics
from porchlight.reaching import Courier, HandedOver, Outgoing, Profiles, Touch, Touches
from porchlight.services.bundles import Gatherer
from porchlight.services.compose import Composer, TooLongError
from porchlight.services.deliberate import Deliberation, Gathered
from porchlight.services.plan_messages import REDRIVE_AFTER, count, due_at, news_of, record_of

IN_DOUBT = timedelta(minutes=5)
"""How long a message may stay in ``sending`` before it is taken up again."""

MAX_ATTEMPTS = 10
"""A message that was taken up so often without an end is given up."""

_TOGETHER = frozenset({Hold.DIGEST, Hold.GATHER})


@dataclass(frozen=True)
class Sender:
    """Sends messages."""

    deliberation: Deliberation
    messages: Messages
    profiles: Profiles
    touches: Touches
    gatherer: Gatherer
    composer: Composer
    courier: Courier
    metrics: Metrics

    def send(self, brand: str, order_id: str, message_id: str, now: datetime) -> str:
        """Send it if it still is to be sent; returns its state. TransientError: try again, nothing was sent."""
        record = self.messages.get(brand, order_id, message_id)
        if record is None:
            raise NotFoundError("no such message")
        if record.state in (MessageState.SENT, MessageState.FAILED) and _is_unconfirmed(record, now):
            return self._next(self._update(record, {"confirm_by": None}), now)
        if record.state not in (MessageState.PLANNED, MessageState.SENDING):
            return record.state
        if record.state is MessageState.SENDING and not _in_doubt_too_long(record, now):
            return record.state
        if record.not_before and now < record.not_before:
            return record.state  # the sweep brings it when its time has come
        if record.held_for in _TOGETHER and record.state is MessageState.PLANNED and not record.attempt:
            record = self.gatherer.join(record)  # whoever planned it may have died before that
            if record.state is MessageState.MERGED:
                return record.state
        return self._decided(record, now)

    def _decided(self, record: MessageRecord, now: datetime) -> str:
        gathered = self._gather(record, now)
        items = self._items(record, gathered, now)
        head = self._in_place_of(record, items[0] if items else gathered.situation)
        decision = decide(head)
        if decision.outcome is Outcome.SUPPRESS:
            return self._update(record, _kept(decision)).state
        if decision.outcome is Outcome.HOLD:
            return self._update(record, _kept(decision), due_at=decision.not_before).state
        if record.attempt >= MAX_ATTEMPTS:
            return self._update(record, {"state": MessageState.FAILED, "failure": "too-many-attempts"}).state
        channel = _chosen(decision)
        told = items or [head]
        try:
            outgoing = self.composer.outgoing(record, channel, told, more=self.gatherer.has_more(record))
        except TooLongError:
            return self._next(self._update(record, {**_kept(decision), **_failed("too-long")}), now)
        try:
            claimed = self._claim(record, decision, told, gathered, now)
        except ConflictError:
            return MessageState.SENDING
        return self._hand_over(claimed, outgoing, head, now)

    def _gather(self, record: MessageRecord, now: datetime) -> Gathered:
        gathered = self.deliberation.gather(
            record.brand, record.order_id, news_of(record), now, message_id=record.message_id
        )
        if gathered is None:
            raise NotFoundError("no such order")
        return gathered

    def _items(self, record: MessageRecord, gathered: Gathered, now: datetime) -> list[Situation]:
        """What the message says, as far as it still is true: of those that are merged into it, too."""
        if record.bundle_id is None:
            return [gathered.situation]
        found = []
        for told in self.gatherer.close(record):
            if told.message_id == record.message_id:
                the = gathered.situation
            else:
                member = self.messages.get(record.brand, told.order_id, told.message_id)
                if member is None or member.state is MessageState.SUPPRESSED:
                    continue
                the = self._gather(member, now).situation
                if reason := gates(the)[0]:
                    gone = {"state": MessageState.SUPPRESSED, "reason": reason}
                    self._update(member, gone)
                    continue
            if gates(the)[0] is None:
                found.append(the)
        return found

    @staticmethod
    def _in_place_of(record: MessageRecord, the: Situation) -> Situation:
        """The situation as this message finds it: held no more, without the channels that failed before it."""
        failed = {
            Channel(one.channel)
            for one in the.messages
            if record.fallback_of
            and one.moment is record.moment
            and one.subject_id == record.subject_id
            and one.message_id != record.message_id
            and one.state in (MessageState.FAILED, MessageState.SENT)
        }
        return replace(
            the,
            message_id=record.message_id,
            only=record.beside,
            excluded=frozenset(failed),
            released=record.not_before is not None,
        )

    def _claim(
        self, record: MessageRecord, decision: Decision, told: Sequence[Situation], gathered: Gathered, now: datetime
    ) -> MessageRecord:
        channel = _chosen(decision)
        if decision.counted and gathered.touches:
            touch = Touch(message_id=record.message_id, channel=channel, purpose=record.purpose, at=now)
            try:
                self.touches.save(gathered.touches.with_one(touch))
            except ConflictError:  # another message was counted meanwhile: this one may be over the cap now
                raise TransientError("others are being sent to this shopper") from None
        includes = [Told(order_id=one.order.order_id, message_id=one.message_id) for one in told]
        claim = {
            **_kept(decision),
            "state": MessageState.SENDING,
            "sending_since": now,
            "attempt": record.attempt + 1,
            "includes": tuple(includes) if len(includes) > 1 else (),
            "language": told[0].language,
        }
        return self._update(record, claim, due_at=now + IN_DOUBT)

    def _hand_over(self, claimed: MessageRecord, outgoing: Outgoing, head: Situation, now: datetime) -> str:
        try:
            taken = self.courier.hand_over(outgoing, now)
        except AddressRefusedError as error:
            self._mark_unreachable(head, outgoing, now)
            return self._next(self._update(claimed, _failed(error.problem)), now)
        except PermanentProviderError as error:
            return self._next(self._update(claimed, _failed(error.detail)), now)
        except TransientError as error:
            self.metrics.count("MessageRetries", channel=claimed.channel)
            if error.problem == NO_ANSWER:  # it may have been taken: the provider's report decides, or the sweep
                return claimed.state
            self._update(claimed, {"state": MessageState.PLANNED}, due_at=now + REDRIVE_AFTER)
            raise
        return self._sent(claimed, taken, outgoing, head, now)

    def _sent(
        self, claimed: MessageRecord, taken: HandedOver, outgoing: Outgoing, head: Situation, now: datetime
    ) -> str:
        waits = head.brand.outreach.providers[outgoing.channel].confirm_minutes
        confirm_by = now + timedelta(minutes=waits) if waits else None
        sent = {
            "state": MessageState.SENT,
            "sent_at": now,
            "provider": taken.provider,
            "provider_id": taken.provider_id,
            "parts": getattr(outgoing.content, "parts", None),
            "confirm_by": confirm_by,
        }
        try:
            done = self._update(claimed, sent, due_at=confirm_by)
        except ConflictError:  # the provider's own report was quicker than its answer
            return MessageState.SENT
        self.metrics.count(
            "EventToMessage", (now - claimed.event_at).total_seconds(), unit="Seconds", channel=claimed.channel
        )
        return done.state

    def _next(self, record: MessageRecord, now: datetime) -> str:
        """Let the next channel take over from one that failed, or was not confirmed in time."""
        if record.beside is not None:
            return record.state
        gathered = self._gather(record, now)
        slot = f"next:{record.channel}"
        key = message_id(record.brand, record.order_id, record.moment, record.subject_id, slot)
        after = MessageRecord.model_validate(
            {**record.model_dump(), "message_id": key, "fallback_of": record.message_id}
        )
        the = replace(self._in_place_of(after, gathered.situation), released=True)
        excluded = the.excluded | {Channel(record.channel)}
        if not set(candidates(the)) - excluded:
            return record.state  # there is no other channel
        decision = decide(replace(the, excluded=excluded))
        planned = record_of(the, decision, key).model_copy(
            update={"fallback_of": record.message_id, "bundle_id": record.bundle_id, "event_at": record.event_at}
        )
        if not self.messages.plan(planned, due_at=due_at(planned, now)):
            return record.state
        if decision.outcome is Outcome.SUPPRESS:
            count(self.metrics, planned)
            return record.state
        self.metrics.count("ChannelFallbacks", channel=record.channel)
        return self.send(planned.brand, planned.order_id, key, now)

    def fail(self, brand: str, order_id: str, message_id: str, error: str, now: datetime) -> str:
        """All tries are used up: record it. A message that may have been sent is left to the provider's report."""
        record = self.messages.get(brand, order_id, message_id)
        if record is None:
            return "missing"
        if record.state is not MessageState.PLANNED and not _in_doubt_too_long(record, now):
            return record.state
        return self._update(record, _failed(error)).state

    def _mark_unreachable(self, head: Situation, outgoing: Outgoing, now: datetime) -> None:
        digest = head.contacts[outgoing.channel].digest
        profile = head.profile
        refused = Unreachable(reason="invalid", address_digest=digest, at=now)
        targets = tuple(one for one in profile.targets if one.target != outgoing.to)
        changed = profile.model_copy(
            update={
                "unreachable": {**profile.unreachable, outgoing.channel: refused},
                "targets": targets,
                "version": profile.version + 1,
            }
        )
        try:
            self.profiles.save(changed)
        except ConflictError:
            return  # whoever changed it will meet the refusal again

    def _update(
        self, record: MessageRecord, update: dict[str, Any], *, due_at: datetime | None = None
    ) -> MessageRecord:
        changed = record.model_copy(update={**update, "version": record.version + 1})
        self.messages.update(changed, due_at=due_at)
        over = changed.state in (MessageState.SENT, MessageState.FAILED, MessageState.SUPPRESSED)
        if over and changed.state is not record.state:
            count(self.metrics, changed)
        return changed


def _kept(decision: Decision) -> dict[str, Any]:
    """What a record keeps of the decision that was made last."""
    kept: dict[str, Any] = {"checks": decision.checks, "reason": decision.reason}
    if decision.channel:
        kept["channel"] = decision.channel.value
    if decision.outcome is Outcome.SUPPRESS:
        kept["state"] = MessageState.SUPPRESSED
    if decision.outcome is Outcome.HOLD:
        kept |= {"not_before": decision.not_before, "held_for": decision.held_for}
    return kept


def _failed(why: str) -> dict[str, Any]:
    return {"state": MessageState.FAILED, "failure": why[:100]}


def _chosen(decision: Decision) -> Channel:
    if decision.channel is None:
        raise PermanentProviderError("no channel was chosen")
    return decision.channel


def _is_unconfirmed(record: MessageRecord, now: datetime) -> bool:
    return record.confirm_by is not None and now >= record.confirm_by and record.delivered_at is None


def _in_doubt_too_long(record: MessageRecord, now: datetime) -> bool:
    """True where a sender took the message and neither it nor the provider has said anything since."""
    since = record.sending_since
    return record.state is MessageState.SENDING and since is not None and now - since >= IN_DOUBT
