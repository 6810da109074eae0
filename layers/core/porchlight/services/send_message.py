"""Send one planned message, once.

::

    planned ──claim──► sending ──a provider took it──► sent ── not confirmed in time ─┐
       ▲                 │ refused for now → planned again (machine, then sweep)      ├─► the next channel
       │                 │ refused for good → failed ─────────────────────────────────┘
       └── due after 5 min: nobody claimed it, or the sender died

Whether it still is to be sent, by which channel and now, is decided anew each time: preferences, consent and the news
itself may have changed while it was held. A sender that gets no answer, or dies between the provider's answer and our
record, leaves ``sending``. The provider's report with our tag settles that (``record_feedback``). Only when there is
no such report after ``IN_DOUBT`` is it sent again, and not more than ``MAX_ATTEMPTS`` times in all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from porchlight.domain.channels import Channel, Purpose
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
from porchlight.reaching import Courier, HandedOver, Outgoing, Profiles, Touch, Touches, TouchLog
from porchlight.services.bundles import Gatherer
from porchlight.services.compose import Composer, TooLongError
from porchlight.services.deliberate import Deliberation, Gathered
from porchlight.services.devices import DEVICES, hand_over
from porchlight.services.experiments import Laboratory
from porchlight.services.plan_messages import REDRIVE_AFTER, count, due_at, news_of, record_of

IN_DOUBT = timedelta(minutes=5)
"""How long a message may stay in ``sending`` before it is taken up again."""

AT_WORK = timedelta(minutes=1)
"""No sender takes so long: the sweep stays out of its way."""

MAX_ATTEMPTS = 10
"""A message that was handed over so often without an answer is given up."""

GIVE_UP_AFTER = timedelta(days=1)
"""A message that could not be sent, for reasons that pass, is given up so long after it was due."""

_PASSING = ("TransientError", "ConflictError", "Lambda.", "Sandbox.", "States.Timeout")
"""Errors after which trying again later can help."""

_TOGETHER = frozenset({Hold.DIGEST, Hold.GATHER})
_ALONE = {"state": MessageState.PLANNED, "held_for": None, "bundle_id": None, "merged_into": None}
_TOLD_BESIDE = frozenset({MessageState.PLANNED, MessageState.SENDING, MessageState.SENT, MessageState.MERGED})


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
    laboratory: Laboratory
    metrics: Metrics
    monotonic: Callable[[], float]
    """Seconds that pass."""

    def send(self, brand: str, order_id: str, message_id: str, now: datetime) -> str:
        """Send it if it still is to be sent; returns its state. TransientError: try again, nothing was sent."""
        record = self.messages.get(brand, order_id, message_id)
        if record is None:
            raise NotFoundError("no such message")
        over = record.state in (MessageState.SENT, MessageState.FAILED)
        if over and record.confirm_by and now >= record.confirm_by:
            return self._next(record, now)
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
        self.laboratory.assign(head.profile, decision.checks, now)
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
            return self._failed(record, "too-long", now, **_kept(decision))
        try:
            claimed = self._claim(record, decision, told, gathered, now)
        except ConflictError:
            return MessageState.SENDING
        return self._hand_over(claimed, outgoing, head, now)

    def _gather(self, record: MessageRecord, now: datetime) -> Gathered:
        gathered = self.deliberation.gather(
            *(record.brand, record.order_id, news_of(record), now),
            message_id=record.message_id,
            shopper_id=record.shopper_id,
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
                found += [gathered.situation] if gates(gathered.situation)[0] is None else []
            elif member := self.messages.get(record.brand, told.order_id, told.message_id):
                found += self._member(member, record, gathered, now)
        return found

    def _member(self, member: MessageRecord, record: MessageRecord, lead: Gathered, now: datetime) -> list[Situation]:
        """What another message adds: nothing where it is no news any more, waits elsewhere, or is another person's by
        now: that one is told by itself.
        """
        elsewhere = member.bundle_id not in (None, record.bundle_id)
        if elsewhere or member.state is MessageState.SUPPRESSED:
            return []
        gathered = self.deliberation.gather(
            *(member.brand, member.order_id, news_of(member), now), message_id=member.message_id, lead=lead
        )
        if gathered is None:
            return []
        reason = gates(gathered.situation)[0]
        waits = member.state in (MessageState.PLANNED, MessageState.MERGED)
        if gathered.situation.order.shopper_id != lead.situation.order.shopper_id:
            if waits:
                self._update(member, _ALONE, due_at=now)
            return []
        if reason and waits:
            self._update(member, {"state": MessageState.SUPPRESSED, "reason": reason})
        return [] if reason else [gathered.situation]

    @staticmethod
    def _in_place_of(record: MessageRecord, the: Situation) -> Situation:
        """The situation as this message finds it: held no more, without the channels that failed before it, or that it
        goes out by beside this one.
        """
        same = [
            one
            for one in the.messages
            if (one.moment, one.subject_id) == (record.moment, record.subject_id)
            and one.message_id != record.message_id
        ]
        used = {one.beside for one in same if one.beside and one.state in _TOLD_BESIDE}
        if record.fallback_of:
            tried = (MessageState.FAILED, MessageState.SENT)
            used |= {Channel(one.channel) for one in same if one.state in tried}
        return replace(
            the,
            message_id=record.message_id,
            only=record.beside,
            excluded=frozenset(used),
            released=bool(record.not_before or record.fallback_of),
        )

    def _claim(
        self, record: MessageRecord, decision: Decision, told: Sequence[Situation], gathered: Gathered, now: datetime
    ) -> MessageRecord:
        channel = _chosen(decision)
        me = Told(order_id=record.order_id, message_id=record.message_id)
        includes = tuple(Told(order_id=one.order.order_id, message_id=one.message_id) for one in told)
        claim = {
            **_kept(decision),
            "state": MessageState.SENDING,
            "sending_since": now,
            "attempt": record.attempt + 1,
            "includes": () if includes == (me,) else includes,
            "language": told[0].language,
            "confirm_by": _confirm_by(told[0], channel, now),
            "offered_at": record.offered_at or (now if any(one.spec.expires_hours for one in told) else None),
        }
        claimed = self._update(record, claim, due_at=_looked_at(record, now))
        if gathered.touches and (decision.counted or record.purpose is not Purpose.SERVICE):
            self._touch(claimed, gathered.touches, channel, now)
        return claimed

    def _touch(self, claimed: MessageRecord, log: TouchLog, channel: Channel, now: datetime) -> None:
        """Count it for its shopper. Where another one was counted since the log was read, this one may be over a cap,
        or say what that one says.
        """
        touch = Touch(message_id=claimed.message_id, channel=channel, purpose=claimed.purpose, at=now)
        try:
            self.touches.save(log.with_one(touch))
        except ConflictError:
            self._put_back(claimed, now)
            raise TransientError("others are being sent to this shopper") from None

    def _put_back(self, claimed: MessageRecord, now: datetime) -> None:
        """It surely was not sent, and is planned as before."""
        before = {"state": MessageState.PLANNED, "attempt": claimed.attempt - 1}
        self._update(claimed, before, due_at=now + REDRIVE_AFTER)

    def _hand_over(self, claimed: MessageRecord, outgoing: Outgoing, head: Situation, now: datetime) -> str:
        taken, refused, failure = hand_over(self.courier, outgoing, head.profile, now, self.monotonic)
        if refused:
            self._forget(head, outgoing.channel, refused, now)
        if taken:
            return self._sent(claimed, taken, outgoing, head, now)
        if isinstance(failure, TransientError):
            self.metrics.count("MessageRetries", channel=claimed.channel)
            if failure.problem == NO_ANSWER:  # it may have been taken: the provider's report decides, or the sweep
                return claimed.state
            self._put_back(claimed, now)
            raise failure
        why = failure.problem if isinstance(failure, AddressRefusedError) else failure.detail
        return self._failed(claimed, why, now)

    def _sent(
        self, claimed: MessageRecord, taken: HandedOver, outgoing: Outgoing, head: Situation, now: datetime
    ) -> str:
        confirm_by = _confirm_by(head, outgoing.channel, now)
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
        if claimed.not_before is None and claimed.fallback_of is None:  # others waited because they should
            took = (now - claimed.event_at).total_seconds()
            self.metrics.count("EventToMessage", took, unit="Seconds", channel=claimed.channel)
        return done.state

    def _failed(self, record: MessageRecord, why: str, now: datetime, **more: Any) -> str:
        """It failed for good. It stays due until the next channel has taken over."""
        failed = {**more, **_failure(why), "confirm_by": now}
        return self._next(self._update(record, failed, due_at=now), now)

    def _next(self, record: MessageRecord, now: datetime) -> str:
        """Let the next channel take over from one that failed, or was not confirmed in time."""
        follower = None if record.beside or record.has_arrived else self._planned_next(record, now)
        over = self._update(record, {"confirm_by": None})
        return self.send(follower.brand, follower.order_id, follower.message_id, now) if follower else over.state

    def _planned_next(self, record: MessageRecord, now: datetime) -> MessageRecord | None:
        """The message of the next channel; None where there is none, or another sender has planned it."""
        gathered = self._gather(record, now)
        slot = f"next:{record.channel}"
        key = message_id(record.brand, record.order_id, record.moment, record.subject_id, slot)
        after = MessageRecord.model_validate(
            {**record.model_dump(), "message_id": key, "fallback_of": record.message_id}
        )
        items = self._items(after, gathered, now)
        head = self._in_place_of(after, items[0] if items else gathered.situation)
        head = replace(head, excluded=head.excluded | {Channel(record.channel)})
        if not set(candidates(head)) - head.excluded:
            return None  # there is no other channel
        decision = decide(head)
        planned = record_of(gathered.situation, decision, key).model_copy(
            update={
                **{"fallback_of": record.message_id, "bundle_id": record.bundle_id, "event_at": record.event_at},
                "offered_at": record.offered_at,
            }
        )
        if not self.messages.plan(planned, due_at=due_at(planned, now)):
            return None
        if decision.outcome is Outcome.SUPPRESS:
            count(self.metrics, planned)
            return None
        self.metrics.count("ChannelFallbacks", channel=record.channel)
        return planned

    def fail(self, brand: str, order_id: str, message_id: str, error: str, now: datetime) -> str:
        """The machine's tries are used up: the sweep goes on with what may work later, and the rest has failed. A
        message that may have been sent is left to the provider's report.
        """
        record = self.messages.get(brand, order_id, message_id)
        if record is None:
            return "missing"
        if record.state is not MessageState.PLANNED and not _in_doubt_too_long(record, now):
            return record.state
        since = record.not_before or record.planned_at
        if error.startswith(_PASSING) and now - since < GIVE_UP_AFTER:
            later = max(since, now + REDRIVE_AFTER)
            return self._update(record, {}, due_at=later).state
        return self._update(record, _failure(error)).state

    def _forget(self, head: Situation, channel: Channel, refused: Sequence[str], now: datetime) -> None:
        """An address is not used any more until it is another one; a device goes, until its app brings it again."""
        profile = head.profile
        update: dict[str, Any] = {"version": profile.version + 1}
        if channel in DEVICES:
            update["targets"] = tuple(one for one in profile.targets if one.target not in refused)
        else:
            known = Unreachable(reason="invalid", address_digest=head.contacts[channel].digest, at=now)
            update["unreachable"] = {**profile.unreachable, channel: known}
        changed = profile.model_copy(update=update)
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


def _failure(why: str) -> dict[str, Any]:
    return {"state": MessageState.FAILED, "failure": why[:100]}


def _chosen(decision: Decision) -> Channel:
    if decision.channel is None:
        raise PermanentProviderError("no channel was chosen")
    return decision.channel


def _confirm_by(the: Situation, channel: Channel, now: datetime) -> datetime | None:
    policy = the.brand.outreach.providers.get(channel)
    return now + timedelta(minutes=policy.confirm_minutes) if policy and policy.confirm_minutes else None


def _looked_at(record: MessageRecord, now: datetime) -> datetime:
    """When the sweep looks at a message that a sender has taken up. One that was just planned stays where it is in the
    index, though that may be a little early: to move it is two writes in eight partitions that all messages share.
    """
    planned = record.planned_at + REDRIVE_AFTER
    stays = record.attempt == 0 and record.not_before is None and planned > now + AT_WORK
    return planned if stays else now + IN_DOUBT


def _in_doubt_too_long(record: MessageRecord, now: datetime) -> bool:
    """True where a sender took the message and neither it nor the provider has said anything since."""
    since = record.sending_since
    return record.state is MessageState.SENDING and since is not None and now - since >= IN_DOUBT
