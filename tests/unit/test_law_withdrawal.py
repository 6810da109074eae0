"""The period of withdrawal, as the law counts it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.dates import local_day
from porchlight.domain.forecast.free_days import free_days
from porchlight.domain.law.model import StatutoryProfile
from porchlight.domain.law.withdrawal import last_day, right
from porchlight.domain.policy.facts import OrderFacts, RequestFacts

EU = StatutoryProfile(country="DE", withdrawal_days=14, refund_days=14)
DAYS = st.dates(date(2024, 1, 1), date(2031, 12, 31))
PLACES = st.sampled_from([("DE", None), ("DE", "BY"), ("FR", None), ("NO", None), ("IE", None), ("PL", None)])


def facts(asked_on: date, **order: object) -> RequestFacts:
    gift = bool(order.pop("asked_as_gift", False))
    one = {"order_id": "ord_1", "currency": "EUR", "total_minor": 1000, "country": "DE", "placed_on": date(2026, 6, 1)}
    return RequestFacts(
        asked_on=asked_on, gift=gift, orders={"ord_1": OrderFacts.model_validate(one | order)}, lines=()
    )


def is_free(day: date, country: str, region: str | None) -> bool:
    place = f"{country}-{region}" if region else country
    return day.isoweekday() > 5 or day.toordinal() in free_days(place, day.year)


@pytest.mark.parametrize(
    ("received", "country", "region", "last"),
    [
        # Given a parcel that came on a Tuesday, Then the period ends fourteen days later: that day does not count
        (date(2026, 6, 9), "DE", None, date(2026, 6, 23)),
        # Given the fourteenth day is a Saturday, or a Sunday, Then it ends with the Monday
        (date(2026, 6, 13), "DE", None, date(2026, 6, 29)),
        (date(2026, 6, 14), "DE", None, date(2026, 6, 29)),
        # Given it is Good Friday, Then it ends after Easter Monday
        (date(2026, 3, 20), "DE", None, date(2026, 4, 7)),
        # Given it is Christmas Day, a Friday, Then with the Monday after; where 28 December is free, with the Tuesday
        (date(2026, 12, 11), "DE", None, date(2026, 12, 28)),
        (date(2026, 12, 11), "GB", None, date(2026, 12, 29)),
        # Given a holiday of one region alone (Corpus Christi, 4 June 2026), Then there alone
        (date(2026, 5, 21), "DE", "BY", date(2026, 6, 5)),
        (date(2026, 5, 21), "DE", "HH", date(2026, 6, 4)),
        # Given New Year's Day, Then it ends in the new year
        (date(2026, 12, 18), "DE", None, date(2027, 1, 4)),
    ],
)
def test_the_last_day_is_counted_as_the_law_counts(
    received: date, country: str, region: str | None, last: date
) -> None:
    assert last_day(received, EU, country, region) == last


@given(DAYS, PLACES, st.integers(1, 30))
def test_the_last_day_is_a_working_day_and_never_early(
    received: date, place: tuple[str, str | None], days: int
) -> None:
    profile = EU.model_copy(update={"withdrawal_days": days})
    last = last_day(received, profile, *place)
    # Then no day of the period is lost, it ends with a working day, and all days that it was moved by are free
    assert last is not None
    plain = received + timedelta(days=days)
    assert last >= plain
    assert not is_free(last, *place)
    assert all(is_free(plain + timedelta(days=one), *place) for one in range((last - plain).days))


@given(DAYS, st.integers(-40, 60))
def test_the_right_is_open_to_the_end_of_the_last_day(received: date, later: int) -> None:
    asked = received + timedelta(days=later)
    the = right(facts(asked, delivered_on=received), EU)
    last = last_day(received, EU, "DE")
    assert the is not None
    assert last is not None
    assert the.is_open("ord_1") is (asked <= last)


@given(
    st.integers(0, 270 * 24 * 60).map(lambda one: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=one)),
    st.sampled_from(["Europe/Berlin", "Atlantic/Azores", "Pacific/Auckland", "America/Los_Angeles"]),
)
def test_the_shoppers_own_midnight_ends_it(instant: datetime, zone: str) -> None:
    # Given a delivery at any instant, over changes of the clocks too
    received = local_day(instant, zone)
    profile = EU.model_copy(update={"ends_on_working_day": False})
    end = datetime.combine(received + timedelta(days=15), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    for asked, is_open in ((end - timedelta(microseconds=1), True), (end, False)):
        # When it is asked a moment before, or at, the midnight that ends the fourteenth day there
        the = right(facts(local_day(asked, zone), delivered_on=received), profile)
        assert the is not None
        assert the.is_open("ord_1") is is_open


def test_it_is_open_from_the_order_on() -> None:
    # Given an order of which something is still to come, long after it was placed
    the = right(facts(date(2026, 11, 1), delivered_on=None), EU)
    assert the is not None
    assert the.is_open("ord_1")
    assert the.last_days == {"ord_1": None}


def test_there_is_none_by_some_laws_in_shops_and_for_who_got_a_gift() -> None:
    day = date(2026, 6, 10)
    assert right(facts(day), StatutoryProfile(country="US")) is None
    assert right(facts(day, channel="store"), EU) is None
    assert right(facts(day, asked_as_gift=True), EU) is None
    # The giver has it all the same
    the = right(facts(day, gift=True), EU)
    assert the is not None
    assert not the.is_open("ord_other")
