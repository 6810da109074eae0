"""Which days may honestly be named for a parcel: what the shopper is told, and the new range of a delay."""

from datetime import date, datetime, timedelta

from porchlight.domain.brands import BrandConfig, DelayPolicy
from porchlight.domain.dates import DateRange, add_working_days, local_day
from porchlight.domain.delays import DelayKind
from porchlight.domain.forecast.lives import Forecast
from porchlight.domain.milestones import Milestone
from porchlight.domain.shipments import Shipment

NOT_COMING = frozenset({Milestone.AVAILABLE_FOR_PICKUP, Milestone.RETURN_IN_TRANSIT})
"""Open, but nothing more is expected of the carrier on the way to the shopper."""

FARTHEST_ESTIMATE = timedelta(days=365)
"""Carriers write 9999-12-31 where they know nothing."""

NO_DAY = frozenset({DelayKind.PRESUMED_LOST, DelayKind.PICKUP_EXPIRING, DelayKind.RETURN_STALLED})
"""Delays for which no honest day can be named."""

COLD = "cold_start"
"""The reason of a forecast that no history stands behind."""


def is_coming(shipment: Shipment) -> bool:
    """True while a carrier is to bring the parcel to the shopper."""
    return shipment.is_open and not shipment.is_return and shipment.milestone not in NOT_COMING


def zone_of_shipment(shipment: Shipment) -> str | None:
    """The destination's zone, as the shipment or its promise knows it."""
    return shipment.zone or (shipment.promise.zone if shipment.promise else None)


def promised_range(shipment: Shipment) -> DateRange | None:
    """The range whose end breaks our word: the promise; after a delay that delay's range, or what the shop has promised
    since where that ends later. None where no day was named.
    """
    delay, promise = shipment.delay, shipment.promise
    if delay is None:
        return promise
    if delay.expected is None:
        return None if delay.is_open else promise
    newest = shipment.promises[-1].made_at if shipment.promises else None
    since = newest is not None and newest > (delay.updated_at or delay.declared_at)
    return promise if promise and since and promise.latest > delay.expected.latest else delay.expected


def expected_range(
    shipment: Shipment, brand: BrandConfig, now: datetime, forecast: Forecast | None = None
) -> DateRange | None:
    """What we say about the day of delivery; None where we do not know or nothing is expected any more.

    The carrier's estimate is read as that day or the next working day; without one our own ``forecast`` counts (the
    likely day, and the day by which 80 of 100 arrive), and without history the promise. A declared delay has a range
    of its own, until an estimate made after it moved on. Nothing that is over is ever said: a range that has begun
    starts today, one that has ended is no longer ours to give.
    """
    delay = shipment.delay
    if not is_coming(shipment) or (delay and delay.remedied):
        return None
    zone = zone_of_shipment(shipment) or brand.zone
    today = local_day(now, zone)
    candidates = [promised_range(shipment)]
    if not (delay and delay.is_open):
        candidates = [estimated_range(shipment, zone, today), _ours(forecast, zone), *candidates]
    for candidate in candidates:
        if candidate and candidate.latest >= today:
            return candidate.model_copy(update={"earliest": max(candidate.earliest, today)})
    return None


def new_range(
    shipment: Shipment,
    kind: DelayKind,
    promised: date | None,
    policy: DelayPolicy,
    forecast: Forecast | None,
    now: datetime,
    again: int = 0,
) -> tuple[DateRange | None, str]:
    """The range that is honest for a late parcel, and where it comes from: ``carrier``, a model's version, ``policy``;
    (None, "") where no day can be named.

    It begins after today and ends after the promise that is broken: a delay never promises earlier than before. Of our
    own forecast it takes the day by which 90 of 100 arrive, not 80: a second broken word weighs more than the first.
    ``again``: so many ranges of this delay did not hold. Each makes the next one wider, so that a parcel that nobody
    hears of is not told anew every other day.
    """
    if kind in NO_DAY:
        return None, ""
    zone = zone_of_shipment(shipment)
    today = local_day(now, zone)
    known = promised if promised and promised <= today + FARTHEST_ESTIMATE else today
    after, times = max(today, known) + timedelta(days=1), 2 ** min(again, 5)
    estimate = shipment.estimate.local_day() if shipment.estimate else None
    if estimate and after <= estimate <= today + FARTHEST_ESTIMATE and is_fresh(shipment):
        until = add_working_days(estimate, 1 + min(again, 10))
        return DateRange(earliest=estimate, latest=until, zone=zone), "carrier"
    if forecast and COLD not in forecast.reasons:
        earliest = max(forecast.p50, after)
        least = add_working_days(earliest, times) if again else earliest
        return DateRange(earliest=earliest, latest=max(forecast.p90, least), zone=zone), forecast.version
    likely, latest = sorted(policy.new_range_working_days)
    start = after - timedelta(days=1)
    first, last = add_working_days(start, likely), add_working_days(start, latest * times)
    return DateRange(earliest=first, latest=last, zone=zone), "policy"


def is_fresh(shipment: Shipment) -> bool:
    """An estimate that was made with the newest news, or after: an older one has been overtaken by silence."""
    return not shipment.last_event_at or not shipment.estimate_at or shipment.estimate_at >= shipment.last_event_at


def _ours(forecast: Forecast | None, zone: str | None) -> DateRange | None:
    if forecast is None or COLD in forecast.reasons:
        return None
    return DateRange(earliest=forecast.p50, latest=forecast.p80, zone=zone)


def estimated_range(shipment: Shipment, zone: str | None, today: date) -> DateRange | None:
    """The carrier's estimate as a range; after a delay only one that was made since."""
    day = shipment.estimate.local_day() if shipment.estimate else None
    if day is None or day > today + FARTHEST_ESTIMATE:
        return None
    delay = shipment.delay
    if delay and (not shipment.estimate_at or shipment.estimate_at <= delay.declared_at):
        return None
    return DateRange(earliest=day, latest=add_working_days(day, 1), zone=zone)
