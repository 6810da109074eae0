"""The steps of a playbook as they are taken: each gives the parcel or order as it is then, with the record of it.

Pure. What a step does to the outside world is done by others, after this was written.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from porchlight.domain.cases import Case, case_id
from porchlight.domain.delays import Agreed, Delay, DelayChange, DelayDecision, DelayKind, Facts
from porchlight.domain.ids import stable_id
from porchlight.domain.orders import Order
from porchlight.domain.remedies import ENDING, NOTHING_DUE, Remedy, RemedyRecord, RemedyState
from porchlight.domain.shipments import Shipment

BY_HAND = "by_hand"
"""What is done in a step whose remedy was refused: a person is asked."""

SURGE = "surge"
"""What is done in place of a case where people are asked once about the whole lane: it waits for the surge to end."""


@dataclass(frozen=True)
class Late:
    """What bears a delay: a parcel, or an order that was not dispatched; with the decisions to be written with it."""

    record: Shipment | Order
    delay: Delay
    policy_version: str
    decisions: tuple[DelayDecision, ...] = ()

    @property
    def shipment(self) -> Shipment | None:
        """The parcel, None for an order."""
        return self.record if isinstance(self.record, Shipment) else None

    @property
    def order(self) -> Order | None:
        """The order, None for a parcel."""
        return self.record if isinstance(self.record, Order) else None

    @property
    def order_id(self) -> str | None:
        """The order that it is, or belongs to."""
        return self.record.order_id

    def with_delay(self, delay: Delay, *decisions: DelayDecision) -> Self:
        """As it is when ``decisions`` are taken."""
        record = self.record.model_copy(update={"delay": delay})
        return replace(self, record=record, delay=delay, decisions=(*self.decisions, *decisions))

    def changed(
        self,
        what: str,
        update: dict[str, object],
        now: datetime,
        facts: Facts,
        *,
        by: str = "policy",
        change: DelayChange = DelayChange.STEP,
        note: str = "",
    ) -> Self:
        """With the delay changed, and the record of that."""
        before, after = self.delay, self.delay.model_copy(update=update)
        told: Facts = {"step": before.step, **facts}
        parts = (before.delay_id, change.value, what, str(before.step), now.isoformat())
        decision = DelayDecision(
            brand=self.record.brand,
            decision_id=stable_id("dec", *parts),
            delay_id=before.delay_id,
            kind=after.kind,
            change=change,
            at=now,
            by=by,
            shipment_id=self.shipment.shipment_id if self.shipment else None,
            order_id=self.order_id,
            expected=after.expected,
            fault=after.fault,
            policy_version=self.policy_version,
            model_version=after.model_version,
            step=what,
            facts=told,
            note=note,
        )
        return self.with_delay(after, decision)


def begin(late: Late, what: str, now: datetime, facts: Facts, case: str | None = None) -> Late:
    """The step that the delay is at begins."""
    return late.changed(what, {"begun": what, "step_since": now, "case_id": case}, now, facts)


def go_on(late: Late) -> Late:
    """The step is over; what it has come to stands in a record of its own."""
    update = {"step": late.delay.step + 1, "begun": "", "case_id": None}
    return late.with_delay(late.delay.model_copy(update=update))


def pass_over(late: Late, what: str, why: str, now: datetime) -> Late:
    """A step that is not for this shopper."""
    return go_on(late.changed(f"{what}_passed_over", {}, now, {"why": why}))


def choose(late: Late, remedy: Remedy, now: datetime, facts: Facts) -> Late:
    """The playbook itself decides for a remedy."""
    return late.changed(f"{remedy.value}_chosen", {"chosen": remedy, "begun": remedy.value}, now, facts)


def answer(late: Late, case: Case, now: datetime, *, agreed: Agreed | None = None, more: Facts | None = None) -> Late:
    """The question of this step is answered: wait on, or carry out what was chosen. ``agreed``: to what, where the law
    asks.
    """
    assert case.decision is not None
    facts: Facts = {"case_id": case.case_id, "audience": case.audience.value, **(more or {})}
    waits = case.decision is Remedy.KEEP_WAITING
    update: dict[str, object] = {"case_id": None, "chosen": None if waits else case.decision}
    update |= {"agreed": agreed} if agreed else {}
    what = f"{case.decision.value}_chosen"
    answered = late.changed(what, update, now, facts, by=case.decided_by, note=case.note)
    return go_on(answered) if waits else answered


def overtake(late: Late, agreed: Agreed | None, now: datetime) -> Late:
    """The question of this step is asked no more: the shop has named another day since."""
    facts: Facts = {"case_id": late.delay.case_id}
    return go_on(late.changed("question_overtaken", {"agreed": agreed}, now, facts, by="store"))


def presume_lost(late: Late, then: Remedy, now: datetime) -> Late:
    """Nothing is expected of the parcel any more: an update of its own, and the remedy for it."""
    kind = DelayKind.PRESUMED_LOST
    if late.delay.kind is not kind:
        update: dict[str, object] = {"kind": kind, "before": late.delay.expected, "expected": None}
        update |= {
            "revision": late.delay.revision + 1,
            "updated_at": now,
            "step": 0,
            "step_since": now,
            "case_id": None,
        }
        late = late.changed("presume_lost", update, now, {"was": late.delay.kind.value}, change=DelayChange.UPDATED)
        if late.shipment:
            late = replace(late, record=late.shipment.model_copy(update={"expected": None}))
    return choose(late, then, now, {})


def order_cancelled(late: Late, now: datetime) -> Late:
    """Nobody waits for the parcel of an order that was cancelled."""
    update: dict[str, object] = {"resolved_at": now, "case_id": None}
    return late.changed("order_cancelled", update, now, {}, by="store", change=DelayChange.RESOLVED)


def drop(late: Late, now: datetime) -> Late:
    """News came before what was chosen could be carried out: it is needed no more."""
    chosen = late.delay.chosen
    assert chosen is not None
    return late.changed(f"{chosen.value}_dropped", {"chosen": None}, now, {})


def rest(late: Late, now: datetime) -> Late:
    """The playbook is over; the delay stays open."""
    if late.delay.idle_since:
        return late
    return late.changed("playbook_over", {"idle_since": now, "case_id": None}, now, {})


def intend(late: Late, record: RemedyRecord, now: datetime) -> Late:
    """A remedy is about to be asked for: from here on it happens, whatever news comes."""
    facts: Facts = {"key": record.key, "lines": sum(record.lines.values()) or None, **_money(record)}
    return late.changed(f"{record.remedy.value}_intended", {"remedies": _with(late.delay, record)}, now, facts)


def done(late: Late, record: RemedyRecord, reference: str, now: datetime) -> Late:
    """A remedy was carried out: the step is over, or the delay itself."""
    update = {"state": RemedyState.DONE, "reference": reference, "ended_at": now}
    done_ = record.model_copy(update=update)
    facts: Facts = {"key": record.key, "reference": reference, **_money(record)}
    remedies: dict[str, object] = {"remedies": _with(late.delay, done_), "chosen": None}
    if record.remedy not in ENDING:
        return go_on(late.changed(f"{record.remedy.value}_done", remedies, now, facts))
    over: dict[str, object] = {**remedies, "resolved_at": late.delay.resolved_at or now, "case_id": None}
    what = record.remedy.value if reference == NOTHING_DUE else f"{record.remedy.value}_done"
    return late.changed(what, over, now, facts, change=DelayChange.RESOLVED)


def refuse(late: Late, record: RemedyRecord, why: str, now: datetime) -> Late:
    """A remedy cannot be had that way: a person is asked what to do instead. What arrived while it was asked for is no
    conflict: nothing was given back.
    """
    refused = record.model_copy(
        update={"state": RemedyState.REFUSED, "ended_at": now, "why": why, "refusals": record.refusals + 1}
    )
    remedies = _with(late.delay, refused)
    again = sum(one.refusals for one in remedies)
    case = case_id(late.record.brand, late.delay.delay_id, late.delay.kind, late.delay.step, again)
    update: dict[str, object] = {"remedies": remedies, "chosen": None, "begun": BY_HAND, "step_since": now}
    update |= {"conflict_at": None} if record.remedy in ENDING else {}
    facts: Facts = {"key": record.key, "why": why, "case_id": case}
    return late.changed(f"{record.remedy.value}_refused", {**update, "case_id": case}, now, facts)


def refused_last(delay: Delay) -> RemedyRecord | None:
    """The remedy that a person is asked about, since it was refused."""
    found = [one for one in delay.remedies if one.state is RemedyState.REFUSED and one.ended_at]
    return max(found, key=lambda one: (one.ended_at, one.key), default=None)


def record_of(delay: Delay, remedy: Remedy) -> RemedyRecord | None:
    """The record of a remedy of the delay."""
    return next((one for one in delay.remedies if one.remedy is remedy), None)


def pending(delay: Delay) -> RemedyRecord | None:
    """The remedy that the other side was asked for, and has not answered yet."""
    return next((one for one in delay.remedies if one.state is RemedyState.INTENDED), None)


def _with(delay: Delay, record: RemedyRecord) -> tuple[RemedyRecord, ...]:
    return (*(one for one in delay.remedies if one.key != record.key), record)


def _money(record: RemedyRecord) -> Facts:
    return {"minor": record.amount.amount, "currency": record.amount.currency} if record.amount else {}
