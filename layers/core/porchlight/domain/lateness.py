"""Is this parcel late, and when must we look again: rules over a shipment, pure and replayable.

``domain.delays`` has the words, ``domain.ranges`` the days, ``domain.mending`` what becomes of a delay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from porchlight.domain.brands import DelayPolicy
from porchlight.domain.dates import add_working_days, end_of_day, local_day, start_of_day, working_days_after
from porchlight.domain.delays import FAULT, WEIGHT, DelayKind, Facts
from porchlight.domain.ids import stable_id
from porchlight.domain.milestones import LAST_MILE, MOVEMENT, Milestone, Party, Reason
from porchlight.domain.outlook import NOTHING_KNOWN, Outlook
from porchlight.domain.ranges import FARTHEST_ESTIMATE, is_coming, is_fresh, promised_range, zone_of_shipment
from porchlight.domain.shipments import Shipment

TROUBLES = frozenset({Milestone.EXCEPTION, Milestone.DELAYED, Milestone.DAMAGED})
SCANNED = MOVEMENT | TROUBLES
"""In the carrier's hands and still to be delivered: silence means something here."""

ANNOUNCED = frozenset({Milestone.UNKNOWN, Milestone.PRE_TRANSIT})
"""Not in the carrier's hands yet."""

BY_REASON = frozenset({DelayKind.ATTEMPT_FAILED, DelayKind.EXCEPTION_UNRESOLVED})
"""Delays whose fault the carrier's own reason names."""


@dataclass(frozen=True)
class Suspicion:
    """A reason to declare a delay, and since when it holds. ``facts`` are the numbers behind it."""

    delay_id: str
    kind: DelayKind
    since: datetime
    promised: date | None
    fault: Party | None
    facts: Facts
    deadline: date | None = None


def assess(
    shipment: Shipment, policy: DelayPolicy, now: datetime, outlook: Outlook = NOTHING_KNOWN
) -> Suspicion | None:
    """The delay that ought to be declared now, or that an open one has become; None where all is as it was said.

    Of several the gravest. More silence never takes one back.
    """
    found = [suspicion for suspicion in _suspicions(shipment, policy, now, outlook) if suspicion.since <= now]
    return max(found, key=lambda one: (WEIGHT[one.kind], one.since), default=None)


def next_check(
    shipment: Shipment, policy: DelayPolicy, now: datetime, outlook: Outlook = NOTHING_KNOWN
) -> datetime | None:
    """The earliest instant at which silence alone changes what is true of the parcel, in the past where it already
    has; or the beginning of the promised day, when all is looked at with the newest history.

    None where only news can change anything: nothing is expected, or nobody is to be told yet.
    """
    times = [suspicion.since for suspicion in _suspicions(shipment, policy, now, outlook)]
    promise = shipment.promise
    if times and promise and date.min < promise.latest < date.max and not (shipment.delay and shipment.delay.is_open):
        begins = start_of_day(promise.latest, zone_of_shipment(shipment))
        times += [begins] if begins > now else []
    return min(times, default=None)


def _suspicions(shipment: Shipment, policy: DelayPolicy, now: datetime, outlook: Outlook) -> Iterator[Suspicion]:
    """What silence will lead to, each with the instant from which it holds.

    A parcel whose order is not known yet has made no promise to anybody, and one of a cancelled order has none to keep.
    After a delay that was declared, its range is the promise: it is broken when that is over. While one is open, only
    that and graver kinds count.
    """
    if shipment.shopper_id is None or not shipment.is_awaited:
        return
    delay = shipment.delay
    if delay and (delay.committed or delay.remedied):
        return  # its money is given back, or another one is on its way
    lasting = delay if delay and delay.is_open else None
    told = promised_range(shipment)
    promised = told.latest if told and told.latest < date.max else None
    for kind, since, more in _due(shipment, policy, now, outlook, promised):
        broken = kind is DelayKind.PROMISE_MISSED
        if lasting and not broken and WEIGHT[kind] <= WEIGHT[lasting.kind]:
            continue
        parts = (shipment.shipment_id, kind.value, str(promised or ""), since.isoformat())
        before = delay.delay_id if delay and not lasting else ""
        yield Suspicion(
            delay_id=lasting.delay_id if lasting else stable_id("dly", *parts, before),
            kind=kind,
            since=since,
            promised=promised,
            fault=_fault(shipment, kind),
            facts={**_facts(shipment, kind, since, outlook), **more},
            deadline=_pickup_ends(shipment, policy) if kind is DelayKind.PICKUP_EXPIRING else None,
        )


def _due(
    shipment: Shipment, policy: DelayPolicy, now: datetime, outlook: Outlook, promised: date | None
) -> Iterator[tuple[DelayKind, datetime, Facts]]:
    """Every kind that can come to hold, since when, and the limits that say so."""
    zone, heard = zone_of_shipment(shipment), _heard_at(shipment)
    milestone, at = shipment.milestone, shipment.milestone_at
    if shipment.is_return:
        if heard and milestone in SCANNED | {Milestone.RETURN_IN_TRANSIT}:
            limit = policy.return_stalled_days
            yield DelayKind.RETURN_STALLED, heard + timedelta(days=limit), {"limit_days": limit}
        return
    if milestone is Milestone.AVAILABLE_FOR_PICKUP and at:
        last = _pickup_ends(shipment, policy)
        yield DelayKind.PICKUP_EXPIRING, start_of_day(last - timedelta(days=policy.pickup_reminder_days), zone), {}
    if milestone is Milestone.LOST and at and heard:
        yield DelayKind.PRESUMED_LOST, at, {}
    if not is_coming(shipment):
        return
    if promised:
        yield DelayKind.PROMISE_MISSED, end_of_day(promised, zone), {}
        yield from _predicted(shipment, policy, now, outlook, promised)
    if heard and milestone in SCANNED:
        silence = _silence(policy, outlook)
        yield DelayKind.STALLED, heard + silence, {"limit_hours": int(silence.total_seconds() // 3600)}
        yield DelayKind.PRESUMED_LOST, heard + timedelta(days=policy.lost_days), {"limit_days": policy.lost_days}
    if milestone in ANNOUNCED and shipment.shipped_at and not shipment.backfilled:
        limit = policy.first_scan_working_days
        last = add_working_days(local_day(shipment.shipped_at, zone), limit)
        yield DelayKind.LABEL_NEVER_SCANNED, end_of_day(last, zone), {"limit_working_days": limit}
    if at and milestone is Milestone.DELIVERY_ATTEMPTED:
        limit = policy.retry_working_days
        again = end_of_day(add_working_days(local_day(at, zone), limit), zone)
        yield DelayKind.ATTEMPT_FAILED, again, {"limit_working_days": limit}
    if at and milestone in TROUBLES and heard:
        limit = policy.exception_working_days
        kind = DelayKind.CUSTOMS_HOLD if shipment.reason is Reason.CUSTOMS else DelayKind.EXCEPTION_UNRESOLVED
        yield kind, working_days_after(at, limit, zone), {"limit_working_days": limit}


def _predicted(
    shipment: Shipment, policy: DelayPolicy, now: datetime, outlook: Outlook, promised: date
) -> Iterator[tuple[DelayKind, datetime, Facts]]:
    """The promise still holds, but the carrier names a later day, or history says that it will be missed.

    On the last mile an estimate from before it counts no more, and neither does history. After a delay only an estimate
    that was made since says that its range will be missed too.
    """
    zone = zone_of_shipment(shipment)
    today = local_day(now, zone)
    if promised < today:
        return
    estimate = shipment.estimate.local_day() if shipment.estimate else None
    known, delay = shipment.estimate_at, shipment.delay
    near = shipment.milestone in LAST_MILE
    overtaken = (near and not is_fresh(shipment)) or (delay and known and known <= delay.declared_at)
    if estimate and known and not overtaken and promised < estimate <= today + FARTHEST_ESTIMATE:
        yield DelayKind.PREDICTED_LATE, known, {"carrier_estimate": estimate.isoformat()}
    if outlook.crossing and outlook.crossing <= promised and not near and not delay:
        numbers: Facts = {"threshold": policy.late_probability}
        if outlook.late is not None:
            numbers["late_probability"] = round(outlook.late, 3)
        yield DelayKind.PREDICTED_LATE, start_of_day(outlook.crossing, zone), numbers


def _silence(policy: DelayPolicy, outlook: Outlook) -> timedelta:
    """The lane's P95, within half and double of what the policy says."""
    usual = timedelta(days=policy.no_scan_days)
    return min(max(outlook.silence, usual / 2), usual * 2) if outlook.silence else usual


def _heard_at(shipment: Shipment) -> datetime | None:
    """The last event; None for one that an import brought long after it happened: its silence is not the carrier's."""
    at = shipment.last_event_at
    return None if at is None or (shipment.backfilled and at < shipment.created_at) else at


def _pickup_ends(shipment: Shipment, policy: DelayPolicy) -> date:
    """The last day at the pickup point."""
    assert shipment.milestone_at is not None
    return local_day(shipment.milestone_at, zone_of_shipment(shipment)) + timedelta(days=policy.pickup_days)


def _fault(shipment: Shipment, kind: DelayKind) -> Party | None:
    """Whose fault it is: the carrier's reason says so, or a hand-over after the day of shipping."""
    if kind in BY_REASON and shipment.at_fault:
        return shipment.at_fault
    handed = shipment.handed_at
    if kind in (DelayKind.PREDICTED_LATE, DelayKind.PROMISE_MISSED) and shipment.ship_by:
        packed_late = handed is None or local_day(handed, zone_of_shipment(shipment)) > shipment.ship_by
        return Party.RETAILER if packed_late else FAULT[kind]
    return FAULT[kind]


def _facts(shipment: Shipment, kind: DelayKind, since: datetime, outlook: Outlook) -> Facts:
    """The numbers that every decision carries."""
    facts: Facts = {
        "since": since.isoformat(),
        "milestone": shipment.milestone.value,
        "reason": shipment.reason.value if shipment.reason else None,
        "last_event_at": shipment.last_event_at.isoformat() if shipment.last_event_at else None,
        "events": shipment.event_count,
        "zone": zone_of_shipment(shipment),
    }
    if outlook.forecast:
        facts |= {"p50": outlook.forecast.p50.isoformat(), "p90": outlook.forecast.p90.isoformat()}
    return facts
