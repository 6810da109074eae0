"""Is this parcel late, what may we honestly say, and when must we look again: rules over a shipment, pure and
replayable.

``domain.delays`` has the words; the rules are here because they need the shipment, and the shipment holds a
delay.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from porchlight.domain.brands import BrandConfig, DelayPolicy
from porchlight.domain.dates import DateRange, add_working_days, end_of_day, local_day
from porchlight.domain.delays import Delay, DelayKind
from porchlight.domain.ids import stable_id
from porchlight.domain.milestones import MOVEMENT, Milestone
from porchlight.domain.shipments import Shipment

SCANNED = MOVEMENT | {Milestone.EXCEPTION, Milestone.DELAYED, Milestone.DAMAGED}
"""In the carrier's hands and still to be delivered: silence means something here."""

NOT_COMING = frozenset({Milestone.AVAILABLE_FOR_PICKUP, Milestone.RETURN_IN_TRANSIT})
"""Open, but nothing more is expected of the carrier on the way to the shopper."""

FARTHEST_ESTIMATE = timedelta(days=365)
"""Carriers write 9999-12-31 where they know nothing."""


@dataclass(frozen=True)
class Suspicion:
    """A reason to declare a delay, and since when it holds. ``facts`` are the numbers behind it."""

    delay_id: str
    kind: DelayKind
    since: datetime
    promised: date | None
    facts: dict[str, str | int | None]


def expected_range(shipment: Shipment, brand: BrandConfig, now: datetime) -> DateRange | None:
    """What we say about the day of delivery; None where we do not know or nothing is expected any more.

    The carrier's estimate is read as that day or the next working day; without one the promise counts. A
    declared delay has a range of its own, until an estimate made after it moved on. Nothing that is over is
    ever said: a range that has begun starts today, one that has ended is no longer ours to give.
    """
    if not _is_coming(shipment):
        return None
    zone = _zone(shipment) or brand.zone
    today = local_day(now, zone)
    delay = shipment.delay
    for candidate in (_estimated(shipment, zone, today), (delay.expected if delay else None) or shipment.promise):
        if candidate and candidate.latest >= today:
            return candidate.model_copy(update={"earliest": max(candidate.earliest, today)})
    return None


def assess(shipment: Shipment, policy: DelayPolicy, now: datetime) -> Suspicion | None:
    """The delay that ought to be declared now, if any. More silence never takes one back."""
    for suspicion in _suspicions(shipment, policy):
        if suspicion.since <= now:
            return suspicion
    return None


def next_check(shipment: Shipment, policy: DelayPolicy, now: datetime) -> datetime | None:
    """The earliest instant at which silence alone changes what is true of the parcel; in the past where it
    already has.

    None where only news can change anything: nothing is expected, nobody is to be told yet, or the delay's
    own workflow waits.
    """
    delay = shipment.delay
    if delay and _is_active(delay):
        over = end_of_day(delay.expected.latest, _zone(shipment)) if delay.expected else None
        return over if over and _is_coming(shipment) and over > now else None
    return min((suspicion.since for suspicion in _suspicions(shipment, policy)), default=None)


def declare(shipment: Shipment, suspicion: Suspicion, policy: DelayPolicy, now: datetime) -> Shipment:
    """The shipment with the delay declared, and a new honest range; unchanged if this delay was declared
    before.

    The range counts from today, or from the promise where that still is ahead: a delay never promises earlier
    than before.
    """
    known = shipment.delay
    if known and (known.delay_id == suspicion.delay_id or _is_active(known)):
        return shipment
    zone = _zone(shipment)
    start = max(filter(None, (local_day(now, zone), suspicion.promised)))
    likely, latest = sorted(policy.new_range_working_days)
    expected = DateRange(earliest=add_working_days(start, likely), latest=add_working_days(start, latest), zone=zone)
    delay = Delay(
        delay_id=suspicion.delay_id,
        kind=suspicion.kind,
        declared_at=now,
        promised=suspicion.promised,
        expected=expected,
        facts=suspicion.facts,
        policy_version=policy.version,
    )
    return shipment.model_copy(update={"delay": delay, "expected": expected})


def mend(shipment: Shipment, now: datetime) -> Shipment:
    """Close an active delay if the parcel's events say so, by the projection that they were folded into.

    Resolved: delivered, or no longer on its way to the shopper. Recovered: a scan that is newer than all that
    were known at the declaration, and by which the parcel moves.
    """
    delay = shipment.delay
    if delay is None or not _is_active(delay):
        return shipment
    if not shipment.is_open or shipment.milestone is Milestone.RETURN_IN_TRANSIT:
        update = {"resolved_at": now}
    elif shipment.milestone in MOVEMENT and _newer(shipment.moved_at, delay.facts.get("last_event_at")):
        update = {"recovered_at": now}
    else:
        return shipment
    return shipment.model_copy(update={"delay": delay.model_copy(update=update)})


def _suspicions(shipment: Shipment, policy: DelayPolicy) -> list[Suspicion]:
    """What silence will lead to, each with the instant from which it holds; the promise comes first.

    A parcel whose order is not known yet has made no promise to anybody. After a delay that has recovered,
    the range that was declared is the promise: a second delay is one only if that is broken too, or silence
    falls again.
    """
    delay = shipment.delay
    if shipment.is_return or shipment.shopper_id is None or not _is_coming(shipment) or _is_active(delay):
        return []
    promise = (delay.expected if delay else None) or shipment.promise
    promised = promise.latest if promise else None
    zone = _zone(shipment)
    due: list[tuple[DelayKind, datetime]] = []
    if promised and promised < date.max:
        due.append((DelayKind.PROMISE_MISSED, end_of_day(promised, zone)))
    heard_of = shipment.last_event_at and not (shipment.backfilled and shipment.last_event_at < shipment.created_at)
    if shipment.milestone in SCANNED and shipment.last_event_at and heard_of:
        due.append((DelayKind.STALLED, shipment.last_event_at + timedelta(days=policy.no_scan_days)))
    found = []
    for kind, since in due:
        key = stable_id("dly", shipment.shipment_id, kind.value, promised.isoformat() if promised else "")
        if delay and delay.delay_id == key:
            continue
        facts: dict[str, str | int | None] = {
            "since": since.isoformat(),
            "milestone": shipment.milestone.value,
            "last_event_at": shipment.last_event_at.isoformat() if shipment.last_event_at else None,
            "events": shipment.event_count,
            "no_scan_days": policy.no_scan_days,
            "zone": zone,
        }
        found.append(Suspicion(delay_id=key, kind=kind, since=since, promised=promised, facts=facts))
    return found


def _is_coming(shipment: Shipment) -> bool:
    """True while a carrier is to bring the parcel to the shopper."""
    return shipment.is_open and not shipment.is_return and shipment.milestone not in NOT_COMING


def _is_active(delay: Delay | None) -> bool:
    return delay is not None and delay.recovered_at is None and delay.resolved_at is None


def _zone(shipment: Shipment) -> str | None:
    """The destination's zone, as the shipment or its promise knows it."""
    return shipment.zone or (shipment.promise.zone if shipment.promise else None)


def _estimated(shipment: Shipment, zone: str | None, today: date) -> DateRange | None:
    """The carrier's estimate as a range; a delay overrules it until it has recovered and the estimate is newer."""
    day = shipment.estimate.local_day() if shipment.estimate else None
    if day is None or day > today + FARTHEST_ESTIMATE:
        return None
    delay = shipment.delay
    if delay and (_is_active(delay) or not shipment.estimate_at or shipment.estimate_at <= delay.declared_at):
        return None
    return DateRange(earliest=day, latest=add_working_days(day, 1), zone=zone)


def _newer(instant: datetime | None, known: str | float | None) -> bool:
    """True for a scan later than the last one that was known (any scan, where there was none)."""
    return instant is not None and (not isinstance(known, str) or instant > datetime.fromisoformat(known))
