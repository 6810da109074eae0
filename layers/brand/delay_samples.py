"""Made-up delays: every kind, what shoppers are asked about it, and what is done."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from made_up import NOW, Page, Sample, events, returned, shipment

from porchlight.domain.cases import Audience, Case
from porchlight.domain.dates import DateRange
from porchlight.domain.delays import FAULT as DELAY_FAULT
from porchlight.domain.delays import Delay, DelayKind, Facts
from porchlight.domain.facts import View, say
from porchlight.domain.milestones import Milestone, Reason
from porchlight.domain.moments import Moment
from porchlight.domain.money import Money
from porchlight.domain.orders import Order, Shopper
from porchlight.domain.ranges import NO_DAY
from porchlight.domain.remedies import ANSWERS, ENDING, Remedy, RemedyRecord, RemedyState
from porchlight.domain.returns import ReturnState
from porchlight.domain.shipments import Shipment

DELAY_CHOICES: dict[DelayKind, tuple[tuple[Remedy, ...], Remedy]] = {
    DelayKind.STALLED: ((Remedy.KEEP_WAITING, Remedy.RESEND, Remedy.REFUND), Remedy.KEEP_WAITING),
    DelayKind.PRESUMED_LOST: ((Remedy.RESEND, Remedy.REFUND), Remedy.REFUND),
    DelayKind.NOT_DISPATCHED: ((Remedy.KEEP_WAITING, Remedy.CANCEL), Remedy.CANCEL),
}
"""Options and default of what shoppers are asked; other kinds ask as ``stalled`` does."""
OPTION_NOTICES: dict[str, Facts] = {
    "within-30-days": {"ship_by": "2026-11-25", "revised_ship_by": "2026-12-11", "reason": "the oatmeal wool is late"},
    "no-date": {"ship_by": "2026-11-25", "reason": "the mill has not told us when it delivers"},
    "continuing": {"ship_by": None, "revised_ship_by": None, "renewed": True, "continuing": True},
    "renewed": {"ship_by": "2026-11-23", "revised_ship_by": "2027-02-01", "renewed": True},
}
"""Facts of the notices that the US Mail Order Rule knows."""
_MILESTONES = {
    DelayKind.LABEL_NEVER_SCANNED: Milestone.PRE_TRANSIT,
    DelayKind.STALLED: Milestone.ACCEPTED,
    DelayKind.ATTEMPT_FAILED: Milestone.DELIVERY_ATTEMPTED,
    DelayKind.EXCEPTION_UNRESOLVED: Milestone.EXCEPTION,
    DelayKind.CUSTOMS_HOLD: Milestone.EXCEPTION,
    DelayKind.PICKUP_EXPIRING: Milestone.AVAILABLE_FOR_PICKUP,
}
_BY_REASON = frozenset({DelayKind.ATTEMPT_FAILED, DelayKind.EXCEPTION_UNRESOLVED})


def delay(kind: DelayKind, zone: str | None, **changes: Any) -> Delay:
    """A delay that was declared an hour ago."""
    late = DateRange(earliest=date(2026, 11, 26), latest=date(2026, 11, 30), zone=zone)
    data = Delay(
        delay_id="dly_sample",
        kind=kind,
        declared_at=NOW - timedelta(hours=1),
        promised=date(2026, 11, 23) if kind is DelayKind.PROMISE_MISSED else date(2026, 11, 25),
        expected=None if kind in NO_DAY else late,
        deadline=date(2026, 11, 26) if kind is DelayKind.PICKUP_EXPIRING else None,
        fault=DELAY_FAULT[kind],
        policy_version="sample-1",
    )
    return data.model_copy(update=changes)


def updated(kind: DelayKind, zone: str | None, days: tuple[int, int] = (-3, -1), **changes: Any) -> Delay:
    """The same, told anew; the range that was told before is ``days`` from today."""
    first, last = (NOW.date() + timedelta(distance) for distance in days)
    before = DateRange(earliest=first, latest=last, zone=zone)
    return delay(kind, zone, revision=1, updated_at=NOW, before=None if kind in NO_DAY else before, **changes)


def delayed(of: Order, kind: DelayKind, reason: Reason | None = None, **changes: Any) -> Shipment:
    """A parcel with a delay declared an hour ago."""
    zone_name = of.destination.zone
    late = delay(kind, zone_name)
    if kind is DelayKind.CUSTOMS_HOLD:
        reason = Reason.CUSTOMS
    trouble = reason and kind not in _BY_REASON
    milestone = Milestone.EXCEPTION if trouble else _MILESTONES.get(kind, Milestone.IN_TRANSIT)
    if kind is DelayKind.RETURN_STALLED:
        changes = {"return_id": "rma_sample", **changes}
    promised = DateRange(earliest=date(2026, 11, 23), latest=date(2026, 11, 23), zone=zone_name)
    update = {"delay": late, "expected": late.expected, "promise": promised}
    return shipment(of, milestone, reason).model_copy(update={**update, **changes})


def case(of: Order, kind: DelayKind, options: tuple[Remedy, ...], default: Remedy, **changes: Any) -> Case:
    """What a shopper is asked about a delay: until Friday evening."""
    data = Case(
        brand=of.brand,
        case_id="cse_sample",
        delay_id="dly_sample",
        kind=kind,
        audience=Audience.SHOPPER,
        order_id=of.order_id,
        options=options,
        default=default,
        opened_at=NOW,
        deadline=NOW + timedelta(days=3, hours=9),
    )
    return data.model_copy(update=changes)


def delays(name: str, of: Order, who: Shopper, less: dict[str, Any]) -> Iterator[Sample]:
    """Every kind of delay: declared, told anew (later, earlier, as a graver one), and over."""
    zone = of.destination.zone
    for kind in DelayKind:
        parcel = delayed(of, kind, **less)
        back = None
        if kind is DelayKind.RETURN_STALLED:
            back = returned(of, ReturnState.IN_TRANSIT if name else ReturnState.REFUNDED)
        known = {"expected": None} if name else {}
        late, later = delay(kind, zone, **known), updated(kind, zone, **known)
        if kind is DelayKind.NOT_DISPATCHED:
            day = None if name else date(2026, 11, 23)
            for moment, found in ((Moment.DELAY_DECLARED, late), (Moment.DELAY_UPDATED, later)):
                waiting = of.model_copy(update={"delay": found, "ship_by": day})
                yield Sample(f"{moment.value}-{kind.value}-order{name}", moment, waiting, who)
        sooner = updated(kind, zone, (4, 9), **known)
        mended = late.model_copy(update={"recovered_at": NOW})
        over = {"delay": mended, "expected": None if name else of.promise, "return_id": parcel.return_id}
        for label, moment, changed in (
            ("delay", Moment.DELAY_DECLARED, parcel.model_copy(update={"delay": late})),
            ("updated", Moment.DELAY_UPDATED, parcel.model_copy(update={"delay": later})),
            ("updated-earlier", Moment.DELAY_UPDATED, parcel.model_copy(update={"delay": sooner})),
            ("recovered", Moment.DELAY_RECOVERED, shipment(of, Milestone.IN_TRANSIT, **{**less, **over})),
        ):
            yield Sample(f"{label}-{kind.value}{name}", moment, of, who, changed, back)
    for reason in Reason:
        for kind in (DelayKind.ATTEMPT_FAILED, DelayKind.EXCEPTION_UNRESOLVED):
            late = delayed(of, kind, reason, **less)
            yield Sample(f"delay-{kind.value}-{reason.value}{name}", Moment.DELAY_DECLARED, of, who, late)


def questions(name: str, of: Order, who: Shopper, less: dict[str, Any]) -> Iterator[Sample]:
    """What shoppers are asked, and what is done for them."""
    for kind in DelayKind:
        late = None if kind is DelayKind.NOT_DISPATCHED else delayed(of, kind, **less)
        asked = case(of, kind, *DELAY_CHOICES.get(kind, DELAY_CHOICES[DelayKind.STALLED]))
        waiting = of.model_copy(update={"delay": delay(kind, of.destination.zone)}) if late is None else of
        yield Sample(f"question-{kind.value}{name}", Moment.DELAY_QUESTION, waiting, who, late, case=asked)
        yield Sample(f"resent-{kind.value}{name}", Moment.RESENT, waiting, who, late)
    credit = RemedyRecord(key="rmd_sample", remedy=Remedy.CREDIT, intended_at=NOW)
    if not name:
        credit = credit.model_copy(update={"amount": Money(amount=1_000, currency=of.currency)})
    sorry = delay(DelayKind.PROMISE_MISSED, of.destination.zone, remedies=(credit,))
    parcel = delayed(of, DelayKind.PROMISE_MISSED, **{**less, "delay": sorry})
    yield Sample(f"credit{name}", Moment.APOLOGY_CREDIT, of, who, parcel)
    paid = RemedyRecord(
        key="rmd_sample",
        remedy=Remedy.REFUND,
        state=RemedyState.DONE,
        amount=Money(amount=4_000, currency=of.currency),
        intended_at=NOW,
    )
    for kind in (DelayKind.STALLED, DelayKind.PRESUMED_LOST, DelayKind.NOT_DISPATCHED):
        over = delay(kind, of.destination.zone, remedies=(paid,), resolved_at=NOW)
        parcel = None if kind is DelayKind.NOT_DISPATCHED else delayed(of, kind, **{**less, "delay": over})
        ended = of if parcel else of.model_copy(update={"delay": over})
        yield Sample(f"refunded-{kind.value}{name}", Moment.REFUNDED, ended, who, parcel)
    stuck = of.model_copy(update={"delay": delay(DelayKind.NOT_DISPATCHED, of.destination.zone)})
    for label, facts in OPTION_NOTICES.items():
        default = Remedy.KEEP_WAITING if label in ("within-30-days", "continuing") else Remedy.CANCEL
        options = (Remedy.KEEP_WAITING, Remedy.CANCEL)
        notice = case(of, DelayKind.NOT_DISPATCHED, options, default, facts={} if name else facts, notice=True)
        yield Sample(f"option-{label}{name}", Moment.DELAY_OPTION, stuck, who, case=notice)


def late_pages(of: Order) -> Iterator[Page]:
    """Every kind of delay, what the shopper is asked about it, and what was decided."""
    zone = of.destination.zone
    for kind in DelayKind:
        known = events(of, _MILESTONES.get(kind, Milestone.IN_TRANSIT))
        back = (returned(of, ReturnState.REFUNDED),) if kind is DelayKind.RETURN_STALLED else ()
        yield Page(f"late-{kind.value}", of, [(delayed(of, kind), known)], back)
        yield Page(f"late-{kind.value}-bare", of, [(delayed(of, kind, expected=None), [])], back)
        asking = delay(kind, zone, case_id="cse_sample")
        asked = case(of, kind, *DELAY_CHOICES.get(kind, DELAY_CHOICES[DelayKind.STALLED]))
        yield Page(f"question-{kind.value}", of, [(delayed(of, kind, delay=asking), known)], back, (asked,))
    for label, delayed_by in (("", {}), ("-bare", {"expected": None, "promised": None})):
        stuck = delay(DelayKind.NOT_DISPATCHED, zone, case_id="cse_sample", **delayed_by)
        waiting = of.model_copy(update={"delay": stuck, "ship_by": None if label else date(2026, 11, 23)})
        yield Page(f"late-order{label}", waiting, [])
        sent = (shipment(of, Milestone.DELIVERED), events(of, Milestone.DELIVERED))
        yield Page(f"late-order-rest{label}", waiting, [sent])
        for name, facts in OPTION_NOTICES.items():
            default = Remedy.KEEP_WAITING if name in ("within-30-days", "continuing") else Remedy.CANCEL
            options = (Remedy.KEEP_WAITING, Remedy.CANCEL)
            told = {} if label else facts
            notice = case(of, DelayKind.NOT_DISPATCHED, options, default, facts=told, notice=True)
            yield Page(f"option-{name}{label}", waiting, [], cases=(notice,))
    for remedy in sorted(ENDING):
        done = RemedyRecord(key="rmd_sample", remedy=remedy, state=RemedyState.DONE, intended_at=NOW)
        over = {"remedies": (done,), "resolved_at": NOW}
        lost = delayed(of, DelayKind.STALLED, delay=delay(DelayKind.STALLED, zone, **over))
        yield Page(f"decided-{remedy.value}", of, [(lost, events(of, Milestone.ACCEPTED))])
        ended = of.model_copy(update={"delay": delay(DelayKind.NOT_DISPATCHED, zone, **over)})
        yield Page(f"decided-{remedy.value}-order", ended, [])


def answers() -> Iterator[tuple[str, View]]:
    """The page after an answer, in each of its forms: a name, and what it says."""
    for kind in (DelayKind.STALLED, DelayKind.NOT_DISPATCHED):
        facts = {"delay_kind": kind.value}
        for remedy in sorted(ANSWERS):
            yield f"{remedy.value}-{kind.value}", say(f"answers.{remedy.value}", facts)
        told = {part: say(f"answers.keep_waiting.{part}", facts) for part in ("was", "silence")}
        for why in ("nothing_chosen", "decided", "overdue", "moot"):
            yield f"{why}-{kind.value}", say(f"unanswered.{why}", told)
