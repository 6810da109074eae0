"""Decide what a domain event means for the shopper, and record the decision before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from porchlight.domain.changes import DomainEvent
from porchlight.domain.experiments import Effect
from porchlight.domain.fanout.decide import also, decide
from porchlight.domain.fanout.gates import NOT_AT_ALL
from porchlight.domain.fanout.situation import Decision, News, Outcome, Situation
from porchlight.domain.fanout.timing import follow_up_at
from porchlight.domain.messages import Check, Hold, MessageRecord, MessageState, Suppression, message_id
from porchlight.domain.moments import Moment, followers
from porchlight.ports import Messages, Metrics
from porchlight.services.bundles import Gatherer
from porchlight.services.deliberate import Deliberation, Gathered
from porchlight.services.experiments import Laboratory

REDRIVE_AFTER = timedelta(minutes=5)
"""A message that is planned but not sent by then is taken up again by the sweep."""

_TOGETHER = frozenset({Hold.DIGEST, Hold.GATHER})
_NEVER_HAPPENED = frozenset({Suppression.OVERTAKEN, Suppression.STALE, Suppression.CANCELLED, Suppression.ERASED})
"""Nothing follows news that was none any more."""

Reference = dict[str, str]


@dataclass(frozen=True)
class Planner:
    """Plans messages."""

    deliberation: Deliberation
    messages: Messages
    gatherer: Gatherer
    laboratory: Laboratory
    metrics: Metrics

    def plan(self, event: DomainEvent, now: datetime) -> list[Reference]:
        """References of the messages to send now: [] where nothing is told, was told before, is suppressed, merged or
        held: the sweep takes up what is held when its time has come.
        """
        if event.moment is None or event.order_id is None:
            return []
        # What we find out ourselves (a delay) is as old as that, and not as what the carrier said last.
        heard = min(max(event.recorded_at, event.occurred_at), now)
        news = News(*(event.moment, event.subject_id, heard, event.shipment_id, event.return_id, event.kind))
        key = message_id(event.brand, event.order_id, news.moment, news.subject_id)
        gathered = self.deliberation.gather(event.brand, event.order_id, news, now, message_id=key)
        if gathered is None:
            return []
        the = gathered.situation
        first, told = decide(the), _known(the.messages, key)
        by = told.channel if told else first.channel
        references = self._record(the, first, key)
        for channel in also(the):
            if channel == by or first.reason in NOT_AT_ALL:
                continue  # what is told by no channel is told by none beside the first one
            slot = message_id(event.brand, event.order_id, news.moment, news.subject_id, f"also:{channel.value}")
            beside = replace(the, only=channel, message_id=slot)
            references += self._record(beside, decide(beside), slot)
        if first.reason not in _NEVER_HAPPENED:
            self._follow(gathered)
        return references

    def _record(self, the: Situation, decision: Decision, key: str) -> list[Reference]:
        """Write the decision once; the reference if it is to be sent now."""
        record = record_of(the, decision, key)
        known = _known(the.messages, key)
        if known is None:
            if self.messages.plan(record, due_at=due_at(record, the.now)):
                self._first(the, record)
            else:
                known = self.messages.get(record.brand, record.order_id, key)
        if known:
            if known.reason is Suppression.OVERTAKEN and not known.attempt and not decision.reason:
                # It is news again (a second attempt at the door) and was never told.
                record = record.model_copy(update={"version": known.version + 1})
                self.messages.update(record, due_at=due_at(record, the.now))
            elif known.state is not MessageState.PLANNED:
                return []
            else:
                record = known
        if record.state is not MessageState.PLANNED:
            return []
        if record.held_for in _TOGETHER:
            record = self.gatherer.join(record)
        if record.state is MessageState.MERGED:
            count(self.metrics, record)
        if record.state is not MessageState.PLANNED or (record.not_before and the.now < record.not_before):
            return []
        return [{"brand": record.brand, "order_id": record.order_id, "message_id": record.message_id}]

    def _first(self, the: Situation, record: MessageRecord) -> None:
        """What is counted once for each message."""
        if record.state is MessageState.SUPPRESSED:
            count(self.metrics, record)
        self.laboratory.assign(the.profile, record.checks, the.now)
        if record.moment is Moment.ORDER_CONFIRMED:
            self.laboratory.note(the.brand, the.profile, Effect.REPEAT_ORDERS, the.now)

    def _follow(self, gathered: Gathered) -> None:
        """Plan what follows this moment by itself: whether it is sent is decided when its time has come."""
        the = gathered.situation
        catalogue = self.deliberation.catalogues.moments(the.brand.brand_id)
        for moment in followers(catalogue, the.news.moment):
            key = message_id(the.brand.brand_id, the.order.order_id, moment, the.news.subject_id)
            if _known(the.messages, key):
                continue
            spec = catalogue[moment]
            later = replace(the, spec=spec, news=replace(the.news, moment=moment))
            due = follow_up_at(later, timedelta(hours=spec.wait_hours), the.news.event_at)
            detail: dict[str, str | int | bool] = {"after": the.news.moment.value, "until": due.isoformat()}
            waits = Decision(
                *(Outcome.HOLD, (Check(rule="follows", outcome="held", detail=detail),)),
                not_before=due,
                held_for=Hold.FOLLOW_UP,
            )
            record = record_of(replace(later, news=replace(later.news, event_at=due)), waits, key)
            self.messages.plan(record, due_at=due)


def record_of(the: Situation, decision: Decision, key: str) -> MessageRecord:
    """A decision as it is stored."""
    return MessageRecord(
        brand=the.brand.brand_id,
        message_id=key,
        order_id=the.order.order_id,
        shopper_id=the.order.shopper_id,
        moment=the.news.moment,
        subject_id=the.news.subject_id,
        shipment_id=the.news.shipment_id,
        return_id=the.news.return_id,
        kind=the.news.kind,
        purpose=the.spec.purpose,
        channel=decision.channel.value if decision.channel else NO_CHANNEL,
        state=MessageState.SUPPRESSED if decision.outcome is Outcome.SUPPRESS else MessageState.PLANNED,
        reason=decision.reason,
        checks=decision.checks,
        policy_version=the.brand.outreach.version,
        planned_at=the.now,
        event_at=the.news.event_at,
        not_before=decision.not_before,
        held_for=decision.held_for,
        beside=the.only,
    )


NO_CHANNEL = "none"
"""Of a message that none was chosen for, or not yet."""


def due_at(record: MessageRecord, now: datetime) -> datetime | None:
    """When the sweep looks at a message that was just planned."""
    if record.state is not MessageState.PLANNED:
        return None
    return record.not_before or now + REDRIVE_AFTER


def count(metrics: Metrics, record: MessageRecord) -> None:
    """Count how a message ended."""
    outcome = f"suppressed_{record.reason.value}" if record.reason else record.state.value
    metrics.count("Messages", channel=record.channel, outcome=outcome)


def news_of(record: MessageRecord) -> News:
    """What a stored message is to tell."""
    return News(
        *(record.moment, record.subject_id, record.event_at, record.shipment_id, record.return_id, record.kind),
    )


def _known(messages: Sequence[MessageRecord], key: str) -> MessageRecord | None:
    return next((one for one in messages if one.message_id == key), None)
