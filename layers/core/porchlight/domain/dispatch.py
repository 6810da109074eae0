"""Has an order left by the day on which it was to leave? Rules over an order and its parcels, pure and replayable.

``domain.mail_order`` has what the law of the United States adds; ``domain.order_delays`` what becomes of a delay.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from porchlight.domain import mail_order
from porchlight.domain.brands import BrandConfig
from porchlight.domain.dates import DateRange, add_working_days, end_of_day, local_day, zone
from porchlight.domain.delays import FAULT, DelayKind, Facts
from porchlight.domain.ids import stable_id
from porchlight.domain.lateness import Suspicion
from porchlight.domain.mail_order import zone_of_origin
from porchlight.domain.orders import Order
from porchlight.domain.packing import Packing, is_void, still_to_ship
from porchlight.domain.ranges import COLD
from porchlight.domain.shipments import Shipment

type Free = Callable[[date], bool]
"""Whether nobody works where it is packed on a day, beyond weekends."""

LOOK_AGAIN = timedelta(hours=1)
"""An order whose workflow was started is looked at again after this: the workflow may have died early."""

A_DAY = timedelta(days=1)


def no_holidays(day: date) -> bool:
    """Where holidays are not known, only weekends are free."""
    del day
    return False


def ship_by(order: Order, brand: BrandConfig, free: Free = no_holidays) -> date:
    """The day by which it is to leave, local to where it is packed: as the shop says, else so many working days after
    the order as the brand says; what comes after the cut-off counts as of the next one.
    """
    if order.ship_by:
        return order.ship_by
    origins = brand.dates.origins
    origin = origins.get(order.origin or "") or next(iter(origins.values()), None)
    placed = order.placed_at.astimezone(zone(zone_of_origin(order, brand)) or UTC)
    day = placed.date()
    late = placed.time() > (origin.cutoff if origin else time.max)
    if late or _rests(day, free):
        day = _next_working(day, free)
    for _ in range(brand.delays.ship_working_days):
        day = _next_working(day, free)
    return day


def holdings(parcels: Iterable[Shipment], untracked: Mapping[str, Packing]) -> list[Mapping[str, Packing]]:
    """What has left of an order: what each of its parcels holds, and what left without a tracking number."""
    held = [_held(parcel) for parcel in parcels if not parcel.is_return and not parcel.moved_to]
    return [*held, untracked] if untracked else held


def to_ship(order: Order, held: Sequence[Mapping[str, Packing]]) -> dict[str, int]:
    """How many of each line have not left; {} where all has, or where that cannot be known. ``held`` as ``holdings``
    gives it.
    """
    ordered = {line.line_id: line.quantity for line in order.lines if line.ships}
    return still_to_ship(ordered, held) if held else ordered


def is_to_come(order: Order, held: Sequence[Mapping[str, Packing]]) -> bool:
    """True where something of it is in no parcel yet and is still to be sent, as far as that can be known."""
    return is_awaited(order) and bool(to_ship(order, held))


def is_awaited(order: Order) -> bool:
    """True while something of it may still be expected to leave. What was over before we heard of it, and what was paid
    back in full, is expected by nobody; nor is what a delay has ended in a remedy for.
    """
    gone = order.cancelled_at or order.backfilled or order.dispatched_at or is_paid_back(order)
    ended = order.delay and (order.delay.committed or order.delay.remedied)
    return not gone and not ended and any(line.ships for line in order.lines)


def is_paid_back(order: Order) -> bool:
    """True where the store has given back all that was paid."""
    return 0 < order.total.amount <= order.refunded.amount


def assess_order(
    order: Order, held: Sequence[Mapping[str, Packing]], brand: BrandConfig, now: datetime, free: Free = no_holidays
) -> Suspicion | None:
    """The delay that ought to be declared now, or whose range is over; None where all has left, or may still leave in
    time.
    """
    since = _since(order, brand, free)
    if since is None or since > now:
        return None
    waiting = to_ship(order, held)
    if not waiting:
        return None
    delay, expected = order.delay, order_range(order, brand, now, free)
    lasting = delay if delay and delay.is_open else None
    before = delay.delay_id if delay and not lasting else ""
    broken = order.promise and expected and expected.latest > order.promise.latest
    parts = (order.order_id, DelayKind.NOT_DISPATCHED.value, since.isoformat(), before)
    return Suspicion(
        delay_id=lasting.delay_id if lasting else stable_id("dly", *parts),
        kind=DelayKind.NOT_DISPATCHED,
        since=since,
        promised=order.promise.latest if order.promise and broken else None,
        fault=FAULT[DelayKind.NOT_DISPATCHED],
        facts=_facts(order, brand, waiting, since, free),
    )


def next_look(order: Order, brand: BrandConfig, now: datetime, free: Free = no_holidays) -> datetime | None:
    """When the order is to be looked at: the instant at which its parcels would have to be known. None for one that
    nobody waits for. Its parcels are read then, not before: whoever writes an order knows the time without them.
    """
    since = _since(order, brand, free)
    if order.delay and order.delay.is_open and is_awaited(order):
        return since if since and since > now else now + A_DAY  # told, and nothing better is known
    if since is None:
        return None
    return max(since, order.suspected.at + LOOK_AGAIN) if order.suspected else since


def order_range(order: Order, brand: BrandConfig, now: datetime, free: Free = no_holidays) -> DateRange | None:
    """The range that is honest for an order that has not left: as if it left on the next working day, or when the shop
    says. None where the law asks for a definite day of shipping and the shop names none.

    Our forecast of the day of the order is moved by as many days as it leaves late; without history it is the policy's
    range, after the promise.
    """
    where = zone_of_origin(order, brand)
    leaves = _next_working(local_day(now, where), free)
    if order.ship_by and order.ship_by > leaves:
        leaves = order.ship_by
    elif _is_indefinite(order, brand, now):
        return None
    there = order.destination.zone or brand.zone
    tomorrow = local_day(now, there) + A_DAY
    forecast = order.forecast
    if forecast and COLD not in forecast.reasons:
        moved = max(leaves - _planned(order, brand, free), timedelta(0))
        earliest = max(forecast.p50 + moved, tomorrow)
        return DateRange(earliest=earliest, latest=max(forecast.p90 + moved, earliest), zone=there)
    start = max(filter(None, (leaves, order.promise.latest if order.promise else None)))
    likely, latest = sorted(brand.delays.new_range_working_days)
    return DateRange(earliest=add_working_days(start, likely), latest=add_working_days(start, latest), zone=there)


def _since(order: Order, brand: BrandConfig, free: Free) -> datetime | None:
    """From when on it is late if it has not left, or a range that was told is over; None where neither can be."""
    if not is_awaited(order):
        return None
    where = zone_of_origin(order, brand)
    delay = order.delay
    if delay and delay.is_open:
        return end_of_day(delay.expected.latest, delay.expected.zone) if delay.expected else None
    since = end_of_day(ship_by(order, brand, free), where)
    if mail_order.applies(order, brand.delays):
        notice = mail_order.notice_due(order, brand)
        since = min(since, notice) if notice else since
    if order.reopened_at:
        again = _next_working(local_day(order.reopened_at, where), free)
        since = max(since, end_of_day(again, where))
    return since


def _is_indefinite(order: Order, brand: BrandConfig, now: datetime) -> bool:
    """The time for the notice has come, and no later day of shipping is named."""
    if not mail_order.applies(order, brand.delays):
        return False
    delay = order.delay
    notice = mail_order.notice_due(order, brand, delay.agreed if delay and delay.is_open else None)
    return notice is None or notice <= now


def _planned(order: Order, brand: BrandConfig, free: Free) -> date:
    """The day of shipping that our first forecast counted on."""
    first = order.ship_days[0].day if order.ship_days else order.ship_by
    return first or ship_by(order.model_copy(update={"ship_by": None}), brand, free)


def _held(parcel: Shipment) -> Mapping[str, Packing]:
    """What a parcel holds; one that the store took back, and that moves all the same, holds nobody knows what."""
    return {} if is_void(parcel.packed) and parcel.handed_at else parcel.packed


def _facts(order: Order, brand: BrandConfig, waiting: Mapping[str, int], since: datetime, free: Free) -> Facts:
    """The numbers behind the decision."""
    facts: Facts = {
        "since": since.isoformat(),
        "ship_by": ship_by(order, brand, free).isoformat(),
        "ship_by_stated": order.ship_by is not None,
        "zone": zone_of_origin(order, brand),
        "lines_to_ship": len(waiting),
        "pieces_to_ship": sum(waiting.values()),
        "pieces_ordered": sum(line.quantity for line in order.lines if line.ships),
    }
    if mail_order.applies(order, brand.delays):
        facts |= {"rule": "16 CFR 435.2", "original_day": mail_order.original_day(order, brand).isoformat()}
    return facts


def _rests(day: date, free: Free) -> bool:
    return day.weekday() >= 5 or free(day)


def _next_working(day: date, free: Free) -> date:
    day += A_DAY
    while _rests(day, free):
        day += A_DAY
    return day
