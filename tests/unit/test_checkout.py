"""What may be promised before an order is placed."""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.domain.brands import Origin, ServiceLevel
from porchlight.domain.checkout import ZONE_UNKNOWN, Departure, Promise, departure, facts, promise, valid_until
from porchlight.domain.forecast.book import Book
from porchlight.domain.forecast.lives import Life, Quantiles, Route
from porchlight.domain.forecast.model import Model
from porchlight.domain.speech import Speech
from tests.unit.promising import Steady, local

PACIFIC, EASTERN, BERLIN = "America/Los_Angeles", "America/New_York", "Europe/Berlin"
PORTLAND = Origin(country="US", region="OR", zone=PACIFIC, cutoff=time(14), handling_working_days=(0, 1))
HAMBURG = Origin(country="DE", zone=BERLIN, cutoff=time(12), handling_working_days=(1, 2))
CAIRO = Origin(country="EG", zone="Africa/Cairo", cutoff=time(0, 30), handling_working_days=(0, 0))
"""Its clocks change on working days: 00:30 was no time on Friday 24 April 2026, 23:30 came twice on 29 October."""
NIGHTLY = CAIRO.model_copy(update={"cutoff": time(23, 30)})
ROUTE = Route(service="ground", origin="US-OR", destination="US-NY", prefix="100")
LEVEL = ServiceLevel(working_days=(2, 4), countries={"CA": (5, 8)})
HOLIDAYS = {date(2026, 11, 26), date(2026, 12, 25), date(2027, 1, 1)}
moments = st.timedeltas(timedelta(0), timedelta(days=730)).map(lambda since: datetime(2026, 1, 1, tzinfo=UTC) + since)
origins = st.sampled_from([PORTLAND, HAMBURG, CAIRO, NIGHTLY])
zones = st.sampled_from([PACIFIC, EASTERN, BERLIN, "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu", None])


def free(day: date) -> bool:
    return day in HOLIDAYS


def made(model: Steady, leaves: Departure | date, now: datetime, where: str | None = EASTERN, **more: Any) -> Promise:
    return promise(cast("Model", model), ROUTE, leaves, LEVEL, now, where, **more)


# ----------------------------------------------------------------------------------------------------- when it leaves
@pytest.mark.parametrize(
    ("now", "order_by", "ship_by"),
    [
        ("2026-11-23T09:00", "2026-11-23T14:00-08:00", date(2026, 11, 24)),
        ("2026-11-23T14:00", "2026-11-23T14:00-08:00", date(2026, 11, 24)),
        ("2026-11-23T14:00:01", "2026-11-24T14:00-08:00", date(2026, 11, 25)),
        # Thanksgiving is a Thursday; the Friday after it is a working day.
        ("2026-11-25T15:00", "2026-11-27T14:00-08:00", date(2026, 11, 30)),
        ("2026-11-27T15:00", "2026-11-30T14:00-08:00", date(2026, 12, 1)),
        ("2026-11-28T09:00", "2026-11-30T14:00-08:00", date(2026, 12, 1)),
        # The last day of the year, the holiday after it, and a weekend.
        ("2026-12-31T13:00", "2026-12-31T14:00-08:00", date(2027, 1, 4)),
        ("2026-12-31T23:59", "2027-01-04T14:00-08:00", date(2027, 1, 5)),
        # Clocks go forward on Sunday 8 March 2026, back on Sunday 1 November.
        ("2026-03-06T15:00", "2026-03-09T14:00-07:00", date(2026, 3, 10)),
        ("2026-10-30T15:00", "2026-11-02T14:00-08:00", date(2026, 11, 3)),
    ],
)
def test_the_cut_off_weekends_and_holidays_of_the_origin(now: str, order_by: str, ship_by: date) -> None:
    found = departure(PORTLAND, local(now), free)
    assert found.order_by.isoformat(timespec="minutes") == order_by
    assert found.ship_by == ship_by
    assert found.packed_by == found.order_by
    assert found.likely == found.order_by.date()


def test_goods_that_have_to_be_made_leave_so_many_working_days_later() -> None:
    """Given three days of making around Thanksgiving, then the cut-off of today counts, and they leave on Monday."""
    found = departure(PORTLAND, local("2026-11-24T10:00"), free, ready_in_days=3)
    assert found.order_by == local("2026-11-24T14:00")
    assert found.packed_by == local("2026-11-30T14:00")
    assert found.ship_by == date(2026, 12, 1)


def test_goods_that_are_not_there_yet_leave_when_they_are() -> None:
    """Given goods that come on a Saturday, then ordering until Monday's cut-off is early enough."""
    found = departure(PORTLAND, local("2026-11-10T10:00"), free, ready_at=local("2026-11-14T08:00"))
    assert found.order_by == found.packed_by == local("2026-11-16T14:00")
    past = departure(PORTLAND, local("2026-11-10T10:00"), free, ready_at=local("2026-11-01T08:00"))
    assert past == departure(PORTLAND, local("2026-11-10T10:00"), free)


def test_a_cut_off_that_the_clock_jumps_over_or_that_comes_twice() -> None:
    jumped = departure(CAIRO, local("2026-04-23T12:00", CAIRO.zone), lambda _: False)
    assert jumped.order_by.isoformat() == "2026-04-24T01:30:00+03:00", "half an hour after the day has begun"
    twice = departure(NIGHTLY, local("2026-10-29T20:00", NIGHTLY.zone), lambda _: False)
    assert twice.order_by.isoformat() == "2026-10-29T23:30:00+03:00", "who is told 23:30 is never too late"
    after = departure(NIGHTLY, twice.order_by + timedelta(minutes=1), lambda _: False)
    assert after.order_by.isoformat() == "2026-10-30T23:30:00+02:00"


@settings(max_examples=300)
@given(origins, moments, st.integers(0, 20), st.none() | st.timedeltas(timedelta(days=-5), timedelta(days=60)))
def test_it_never_leaves_in_the_past_and_never_when_nobody_works(
    origin: Origin, now: datetime, ready_in_days: int, ready: timedelta | None
) -> None:
    ready_at = now + ready if ready is not None else None
    found = departure(origin, now, free, ready_at=ready_at, ready_in_days=ready_in_days)
    assert now <= found.order_by <= found.packed_by
    assert ready_at is None or found.packed_by >= ready_at
    for day in (found.order_by.date(), found.packed_by.date(), found.ship_by):
        assert day.weekday() < 5
        assert not free(day)
    assert found.packed_by.date() <= found.ship_by
    assert str(found.order_by.tzinfo) == origin.zone


@settings(max_examples=300)
@given(origins, moments, st.timedeltas(timedelta(0), timedelta(days=9)), st.integers(0, 5))
def test_who_orders_later_never_leaves_earlier(
    origin: Origin, now: datetime, later: timedelta, ready_in_days: int
) -> None:
    first = departure(origin, now, free, ready_in_days=ready_in_days)
    second = departure(origin, now + later, free, ready_in_days=ready_in_days)
    assert (first.order_by, first.packed_by, first.ship_by) <= (second.order_by, second.packed_by, second.ship_by)
    if now + later <= first.order_by:
        assert second == first, "before the cut-off nothing changes"


# -------------------------------------------------------------------------------------------------- when it arrives
def test_all_who_order_before_a_cut_off_are_promised_what_holds_for_the_last() -> None:
    """Given a cut-off at 14:00 in Portland, then the model is asked for an order of 17:00 in New York, that day."""
    model, found = Steady(), []
    for now in ("2026-11-20T14:30", "2026-11-22T03:00", "2026-11-23T13:59"):
        found.append(made(model, departure(PORTLAND, local(now), free), local(now)))
    assert model.asked[::4] == [("purchase", ROUTE, date(2026, 11, 23), 17)] * 3
    assert found[0] == found[1] == found[2]
    assert found[0].range.earliest == date(2026, 11, 26)
    assert found[0].range.latest == date(2026, 11, 27)
    assert (found[0].p10, found[0].p50) == (date(2026, 11, 24), date(2026, 11, 26))
    assert (found[0].p80, found[0].p90) == (date(2026, 11, 27), date(2026, 11, 28))
    assert found[0].version == model.version


def test_a_model_that_finds_a_later_order_quicker_is_not_believed() -> None:
    """Given a model to which an order of Monday is quicker than one of the Friday before: Friday's days hold."""

    class Odd(Steady):
        def purchase(self, route: Route, placed: date, *, hour: int = 12, wider: float = 0) -> Quantiles:
            slow = placed.weekday() == 4
            return Quantiles(5, 6, 7, 8) if slow else Quantiles(0, 1, 2, 6)

    friday, monday, tuesday = (local(f"2026-11-{day}T10:00") for day in (20, 23, 24))
    promised = [made(Odd(), departure(PORTLAND, now, free), now) for now in (friday, monday, tuesday)]
    assert [(one.p10.day, one.p50.day, one.p80.day, one.p90.day) for one in promised] == [
        (25, 26, 27, 28),
        (25, 26, 27, 29),
        (25, 26, 27, 30),
    ]


def test_the_shop_may_say_itself_when_it_leaves() -> None:
    model, now = Steady(0, 1, 2, 3), local("2026-11-23T10:00")
    found = made(model, date(2026, 12, 1), now)
    assert model.asked == [("handover", ROUTE, date(2026, 12, 1), date(2026, 11, 23))]
    assert (found.order_by, found.ship_by) == (None, date(2026, 12, 1))
    assert found.range.earliest == date(2026, 12, 2)


def test_the_likely_day_is_one_on_which_parcels_are_brought() -> None:
    """Given a median on Sunday and a holiday on Monday: Tuesday is named, but never a day beyond the latest one."""
    leaves = departure(PORTLAND, local("2026-11-19T10:00"), free)
    monday = (date(2026, 11, 23),)
    assert made(Steady(1, 3, 6, 7, holidays=monday), leaves, local("2026-11-19T10:00")).range.earliest == date(
        2026, 11, 24
    )
    assert made(Steady(1, 3, 4, 7, holidays=monday), leaves, local("2026-11-19T10:00")).range.earliest == date(
        2026, 11, 23
    )
    assert made(Steady(1, 3, 3, 3), leaves, local("2026-11-19T10:00")).range.earliest == date(2026, 11, 22)


def test_doubts_are_the_models_and_ours() -> None:
    leaves = departure(PORTLAND, local("2026-11-19T10:00"), free)
    found = made(Steady(reasons=("thin_lane",)), leaves, local("2026-11-19T10:00"), doubts=(ZONE_UNKNOWN,))
    assert found.doubts == ("thin_lane", ZONE_UNKNOWN)


COLD = ("cold_start",)


@pytest.mark.parametrize(
    ("now", "destination", "wider", "likely", "latest"),
    [
        # Leaves on Monday, by Tuesday at the latest; Thursday is a holiday.
        ("2026-11-23T10:00", "US-NY", 0, date(2026, 11, 25), date(2026, 12, 1)),
        ("2026-11-23T10:00", "CA-ON", 0, date(2026, 12, 1), date(2026, 12, 7)),
        ("2026-11-23T10:00", "US-NY", 1.5, date(2026, 11, 25), date(2026, 12, 3)),
        ("2026-11-27T15:00", "US-NY", 0, date(2026, 12, 2), date(2026, 12, 7)),
    ],
)
def test_without_history_the_brands_table_counts_at_its_longest(
    now: str, destination: str, wider: float, likely: date, latest: date
) -> None:
    model = Steady(reasons=COLD, holidays=(date(2026, 11, 26),))
    route = ROUTE.model_copy(update={"destination": destination})
    leaves = departure(PORTLAND, local(now), free)
    found = promise(cast("Model", model), route, leaves, LEVEL, local(now), EASTERN, wider=wider)
    assert (found.range.earliest, found.range.latest, found.version) == (likely, latest, "service-level")
    assert (found.p50, found.p80) == (likely, latest)
    assert model.asked == []
    assert found.doubts == COLD


def test_without_history_a_day_that_the_shop_names_begins_the_table() -> None:
    found = made(Steady(reasons=COLD), date(2026, 12, 1), local("2026-11-23T10:00"))
    assert (found.range.earliest, found.range.latest) == (date(2026, 12, 3), date(2026, 12, 7))


def test_where_a_lane_breaks_down_the_latest_day_is_later() -> None:
    now = local("2026-11-23T10:00")
    leaves = departure(PORTLAND, now, free)
    usual, wider = made(Steady(), leaves, now), made(Steady(), leaves, now, wider=2)
    assert wider.range.latest == usual.range.latest + timedelta(days=2)


quantiles = st.lists(st.floats(0, 40), min_size=4, max_size=4).map(sorted)


@settings(max_examples=300)
@given(quantiles, origins, moments, zones, st.none() | st.integers(0, 40), st.booleans())
def test_days_never_cross_and_are_never_over(
    days: list[float], origin: Origin, now: datetime, where: str | None, ship_in: int | None, cold: bool
) -> None:
    today = now.astimezone(ZoneInfo(where or "UTC")).date()
    here = now.astimezone(ZoneInfo(origin.zone)).date()
    leaves = departure(origin, now, free) if ship_in is None else here + timedelta(days=ship_in)
    found = made(Steady(*days, reasons=COLD if cold else ()), leaves, now, where, wider=days[0] / 10)
    assert today <= found.p10 <= found.p50 <= found.p80 <= found.p90
    assert found.p50 <= found.range.earliest <= found.range.latest == found.p80
    until = valid_until(found, now, where, origin.zone)
    assert now <= until <= now + timedelta(days=1, hours=1)
    assert found.order_by is None or until <= found.order_by


@settings(max_examples=300)
@given(quantiles, origins, moments, st.timedeltas(timedelta(0), timedelta(days=9)), zones, st.booleans())
def test_who_orders_later_is_never_promised_earlier(
    days: list[float], origin: Origin, now: datetime, later: timedelta, where: str | None, cold: bool
) -> None:
    model = Steady(*days, reasons=COLD if cold else ())
    first, second = (made(model, departure(origin, at, free), at, where) for at in (now, now + later))
    assert first.range.earliest <= second.range.earliest
    assert first.range.latest <= second.range.latest
    assert (first.p10, first.p90) <= (second.p10, second.p90)


@pytest.fixture(scope="module")
def learned() -> Model:
    """What the engine makes of two months of a shop that ships to two states."""
    chance, book = random.Random(7), Book("larkspur")
    for day in (date(2026, 9, 1) + timedelta(days=number) for number in range(60)):
        for number in range(12):
            way = ROUTE.model_copy(update={"destination": chance.choice(("US-NY", "US-CA"))})
            handed = day + timedelta(days=chance.choice((0, 1, 1, 3)))
            came = handed + timedelta(days=chance.randint(2, 6))
            book.record(
                Life(f"{day}-{number}", way, day, handed=handed, delivered=came, placed_hour=chance.randrange(24))
            )
        book.close(day)
    return Model.load(book.model().dump())


@settings(max_examples=200, deadline=None)
@given(origins, moments, st.timedeltas(timedelta(0), timedelta(days=4)), st.sampled_from(["US-NY", "US-CA", "US-TX"]))
def test_what_is_learned_is_promised_in_the_same_order(
    learned: Model, origin: Origin, now: datetime, later: timedelta, destination: str
) -> None:
    """With a real model: days never cross, none is over, and who orders later is never promised earlier."""
    way = ROUTE.model_copy(update={"destination": destination})
    found = [promise(learned, way, departure(origin, at, free), LEVEL, at, EASTERN) for at in (now, now + later)]
    for at, one in zip((now, now + later), found, strict=True):
        assert at.astimezone(ZoneInfo(EASTERN)).date() <= one.p10 <= one.p50 <= one.p80 <= one.p90
        assert one.version == learned.version
    assert found[0].range.earliest <= found[1].range.earliest
    assert found[0].range.latest <= found[1].range.latest


# ----------------------------------------------------------------------------------------------------------- its words
@pytest.mark.parametrize(
    ("now", "where", "country", "wanted"),
    [
        # Portland's 14:00 is the shopper's 17:00.
        ("2026-11-23T09:00", EASTERN, "US", ("5:00 pm", "today", "today", "")),
        ("2026-11-22T23:00", EASTERN, "US", ("5:00 pm", "today", "today", "")),
        ("2026-11-22T13:00", EASTERN, "US", ("5:00 pm", "tomorrow", "tomorrow", "")),
        ("2026-11-20T15:00", EASTERN, "US", ("5:00 pm", "Monday", "on Monday", "")),
        ("2026-11-23T09:00", BERLIN, "DE", ("23:00", "today", "today", "")),
        ("2026-11-23T09:00", "Asia/Tokyo", "JP", ("07:00", "today", "today", "")),
    ],
)
def test_the_cut_off_is_said_in_the_shoppers_own_time(
    now: str, where: str, country: str, wanted: tuple[str, ...]
) -> None:
    found = made(Steady(), departure(PORTLAND, local(now), free), local(now), where)
    said = facts(found, local(now), Speech().at(country), where, PACIFIC)
    assert tuple(said[name] for name in ("order_time", "order_day", "order_on", "order_zone")) == wanted


def test_where_the_shoppers_time_is_not_known_the_origins_is_named() -> None:
    now = local("2026-11-23T09:00")
    found = made(Steady(), departure(PORTLAND, now, free), now, BERLIN, doubts=(ZONE_UNKNOWN,))
    said = facts(found, now, Speech().at("US"), BERLIN, PACIFIC)
    assert (said["order_time"], said["order_day"], said["order_zone"]) == ("2:00 pm", "today", "Los Angeles")


def test_the_days_are_said_as_on_any_page() -> None:
    now = local("2026-11-24T09:00")
    found = made(Steady(1, 1, 2, 3), departure(PORTLAND, now, free), now)
    said = facts(found, now, Speech().at("US"), EASTERN, PACIFIC)
    assert said["expected"] == "tomorrow, or Thursday at the latest"
    assert said["expected_date"] == "Wednesday 25 or Thursday 26 November"
    shipped = made(Steady(2, 2, 2, 2), date(2026, 11, 24), now)
    assert facts(shipped, now, Speech().at("US"), EASTERN, PACIFIC) | {"expected": ""} == {
        **{"expected": "", "expected_bare": "Thursday", "expected_date": "Thursday 26 November"},
        **dict.fromkeys(("order_time", "order_day", "order_on", "order_by", "order_zone"), ""),
        "order_is_today": False,
    }


def test_it_holds_until_the_words_change() -> None:
    """Until midnight where days are read, or at the origin, or the cut-off: whatever is first."""
    evening = local("2026-11-23T20:30")
    found = made(Steady(), departure(PORTLAND, evening, free), evening)
    assert valid_until(found, evening, EASTERN, PACIFIC) == local("2026-11-24T00:00", EASTERN)
    assert valid_until(found, evening, PACIFIC, PACIFIC) == local("2026-11-24T00:00")
    noon = local("2026-11-23T12:00")
    found = made(Steady(), departure(PORTLAND, noon, free), noon)
    assert valid_until(found, noon, EASTERN, PACIFIC) == local("2026-11-23T14:00")
