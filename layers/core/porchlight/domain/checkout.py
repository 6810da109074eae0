"""What may be promised before an order is placed: until when to order, when it leaves, on which days it arrives.

Everybody who orders before the same cut-off is promised the same: what holds for the last of them.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from porchlight.domain.brands import Origin, ServiceLevel
from porchlight.domain.dates import DateRange, local_day, start_of_day, zone
from porchlight.domain.facts import View, forms
from porchlight.domain.forecast.days import HOLIDAY, SATURDAY, SUNDAY, Days
from porchlight.domain.forecast.lives import Route
from porchlight.domain.ranges import COLD
from porchlight.domain.speech import Speech

if TYPE_CHECKING:
    from porchlight.domain.forecast.model import Model

ZONE_UNKNOWN = "zone_unknown"
"""The destination has several clocks: days are read in the brand's zone."""
BY_THE_TABLE = "service-level"
"""In the place of a model's version: nothing is known but the brand's table of services."""
LONGEST_AHEAD = timedelta(days=370)
"""No basket is ready later than that."""
_LOOK_BACK = 3
"""Working days; no model finds that an order is overtaken by one that is placed so much later."""
type Free = Callable[[date], bool]
"""Whether nobody works at a place on a day, beyond weekends."""


class Departure(NamedTuple):
    """When an order that is placed now leaves."""

    order_by: datetime
    """Who orders later is promised later; an instant, in the origin's zone."""
    packed_by: datetime
    """The instant from which on it waits for the carrier, in the origin's zone."""
    before: tuple[datetime, ...]
    """The cut-offs of the last working days before that."""
    likely: date
    """The day on which it leaves most likely, local to the origin."""
    ship_by: date
    """The day by which it has left, local to the origin."""


class Promise(NamedTuple):
    """What may be said of an order that is placed now. Days are local at the destination."""

    range: DateRange
    """From P50 to P80."""
    p10: date
    p50: date
    p80: date
    p90: date
    order_by: datetime | None
    """None where the shop said itself when it leaves."""
    ship_by: date
    doubts: tuple[str, ...]
    """Why it is less sure than usual: the reasons of a ``Forecast``, and ``zone_unknown``."""
    version: str
    """Of the model."""


def days_at(model: "Model | None", place: str, today: date) -> Days:
    """The days of a place. A model knows the holidays of places that parcels came from or went to; those of others are
    looked up: the first order of a shop leaves on no holiday either.
    """
    known = model.days(place) if model else Days()
    if known.holidays or not place:
        return known
    from porchlight.domain.forecast.free_days import free_days  # brings the calendars of holidays: only now

    return Days(tuple(day for year in range(today.year - 1, today.year + 3) for day in free_days(place, year)))


def free_at(model: "Model | None", place: str, now: datetime) -> Free:
    """The public holidays of a place."""
    return partial(_is_holiday, days_at(model, place, now.date()))


def departure(
    origin: Origin, now: datetime, free: Free, *, ready_at: datetime | None = None, ready_in_days: int = 0
) -> Departure:
    """When it leaves. ``ready_at``: goods that cannot be packed before; ``ready_in_days``: working days that they take
    to be made.
    """
    begun = (max(now, ready_at) if ready_at else now).astimezone(UTC)
    clock = zone(origin.zone) or UTC
    day = begun.astimezone(clock).date()
    while _rests(day, free) or _cutoff(origin, day) < begun:
        day += timedelta(days=1)
    packed = _later(day, ready_in_days, free)
    likely, latest = (_later(packed, days, free) for days in origin.handling_working_days)
    order_by, packed_by, *before = (
        _cutoff(origin, one).astimezone(clock) for one in (day, packed, *_days_before(packed, free))
    )
    return Departure(order_by, packed_by, tuple(before), likely, latest)


def promise(
    model: "Model",
    route: Route,
    leaves: Departure | date,
    level: ServiceLevel,
    now: datetime,
    where: str | None,
    *,
    wider: float = 0,
    doubts: tuple[str, ...] = (),
) -> Promise:
    """What may be promised. ``leaves``: as the origin works, or the day on which the shop says that it leaves.
    ``level``: the brand's word for the service, until the model has history. ``where``: the zone in which days are
    read; ``wider``: days more, while a lane breaks down; ``doubts``: why it is less sure, besides the model's own.
    """
    today, doubts = local_day(now, where), (*model.confidence(route), *doubts)
    there = days_at(model, route.destination, today)
    order_by, ship_by = (leaves.order_by, leaves.ship_by) if isinstance(leaves, Departure) else (None, leaves)
    if COLD in doubts:
        days = _by_the_table(level, route, leaves, today, there, wider)
    elif isinstance(leaves, Departure):
        # A model may find that a later order is a little quicker: what was promised before is the least, all the same.
        moments = (at.astimezone(zone(where) or UTC) for at in (leaves.packed_by, *leaves.before))
        asked = (model.purchase(route, at.date(), hour=at.hour, wider=wider).days(at.date()) for at in moments)
        p10, p50, p80, p90 = (max(column) for column in zip(*asked, strict=True))
        days = p10, p50, p80, p90
    else:
        since = max(leaves, today)
        days = model.handover(route, since, placed=today, wider=wider).days(since)
    said = _said(days, there, where)
    return Promise(said, *days, order_by, ship_by, doubts, BY_THE_TABLE if COLD in doubts else model.version)


def usual_promise(
    model: "Model | None",
    route: Route,
    origin: Origin,
    level: ServiceLevel,
    placed_at: datetime,
    ship_by: date | None,
    where: str | None,
) -> DateRange:
    """What is promised with an order of which the shop names no day of arrival: the brand's word for the service, as
    ``promise`` says it without history. History is no word: of its days 20 of 100 orders are to come later.
    ``ship_by``: where the shop says itself that it leaves later than its origin usually works.
    """
    works = departure(origin, placed_at, free_at(model, route.origin, placed_at))
    leaves = ship_by if ship_by and ship_by > works.ship_by else works
    today = local_day(placed_at, where)
    there = days_at(model, route.destination, today)
    return _said(_by_the_table(level, route, leaves, today, there, 0), there, where)


def valid_until(made: Promise, now: datetime, *zones: str | None) -> datetime:
    """The instant from which on the promise may be another, or be said in other words: the cut-off, or midnight in one
    of ``zones``.
    """
    nights = (start_of_day(local_day(now, name) + timedelta(days=1), name or "UTC") for name in zones)
    ends = [*nights, *([made.order_by.astimezone(UTC)] if made.order_by else [])]
    return min(ends)


def facts(made: Promise, now: datetime, speech: Speech, where: str | None, origin_zone: str) -> View:
    """What words are made of, for a page that is shown now. Times are the shopper's own where ``where`` is the
    destination's zone, else the origin's, which is then named.
    """
    today, abroad = local_day(now, where), ZONE_UNKNOWN in made.doubts
    said: View = {
        "expected": speech.range(made.range, today, relative=True),
        "expected_bare": speech.range(made.range, today, relative=True, bare=True),
        "expected_date": speech.range_date(made.range, today),
        **dict.fromkeys(("order_time", "order_day", "order_on", "order_by", "order_zone"), ""),
        "order_is_today": False,
    }
    if made.order_by:
        clock_zone = origin_zone if abroad else where
        until = made.order_by.astimezone(zone(clock_zone) or UTC)
        day, there = until.date(), local_day(now, clock_zone)
        said |= {"order_time": speech.clock(until), "order_is_today": day == there}
        said |= forms("order_day", speech.day(day, there, relative=True))
        said["order_zone"] = origin_zone.rpartition("/")[2].replace("_", " ") if abroad else ""
    return said


def _cutoff(origin: Origin, day: date) -> datetime:
    """The UTC instant of a day's cut-off; where clocks jump over it, as long after midnight as it says."""
    return datetime.combine(day, origin.cutoff, tzinfo=zone(origin.zone) or UTC).astimezone(UTC)


def _rests(day: date, free: Free) -> bool:
    return day.weekday() >= SATURDAY or free(day)


def _days_before(day: date, free: Free) -> Iterator[date]:
    for _ in range(_LOOK_BACK):
        day -= timedelta(days=1)
        while _rests(day, free):
            day -= timedelta(days=1)
        yield day


def _later(day: date, working_days: int, free: Free) -> date:
    for _ in range(working_days):
        day += timedelta(days=1)
        while _rests(day, free):
            day += timedelta(days=1)
    return day


def _by_the_table(
    level: ServiceLevel, route: Route, leaves: Departure | date, today: date, there: Days, wider: float
) -> tuple[date, date, date, date]:
    """Without history: likely where handling and transit take their likely time, P80 where both take their longest."""
    likely, longest = level.countries.get(route.destination[:2], level.working_days)
    ships = (leaves.likely, leaves.ship_by) if isinstance(leaves, Departure) else (leaves, leaves)
    shipped = max(ships[0], today), max(ships[1], today)
    free = partial(_is_holiday, there)
    p50 = _later(shipped[0], likely, free)
    p80 = _later(shipped[1], longest, free) + timedelta(days=ceil(wider))
    return _later(shipped[0], max(likely - 1, 0), free), p50, max(p50, p80), _later(max(p50, p80), 1, free)


def _said(days: tuple[date, date, date, date], there: Days, where: str | None) -> DateRange:
    """From P50, which is no Sunday or holiday where a later day is left, to P80."""
    _, earliest, latest, _ = days
    while earliest < latest and there.kind(earliest.toordinal()) >= SUNDAY:
        earliest += timedelta(days=1)
    return DateRange(earliest=earliest, latest=latest, zone=where)


def _is_holiday(days: Days, day: date) -> bool:
    return days.kind(day.toordinal()) == HOLIDAY
