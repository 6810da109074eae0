"""Quiet hours: never inside of them, never later than need be, whatever the clocks do."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.domain.channels import LOUD, Channel, Purpose
from porchlight.domain.countries import CountryProfile, QuietRule
from porchlight.domain.preferences import QuietHours
from porchlight.domain.quiet import LONGEST, next_allowed

NINE_TO_EIGHT = QuietHours(start=time(21), end=time(8))
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana", "Asia/Tokyo")
MINUTE = timedelta(minutes=1)


def country(**update: object) -> CountryProfile:
    return CountryProfile.model_validate({"country": "FR", "zone": "Europe/Paris", **update})


def asked(
    now: datetime,
    profile: CountryProfile,
    *,
    purpose: Purpose = Purpose.MARKETING,
    channel: Channel = Channel.SMS,
    region: str | None = None,
    own: QuietHours | None = None,
    zone: str | None = None,
) -> datetime | None:
    return next_allowed(now, purpose, channel, profile, region, own, zone)


def at(text: str, zone: str = "Europe/Paris") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def is_quiet(instant: datetime, rule: QuietRule, country: str, own: QuietHours | None, zone: str) -> bool:
    """The rules once more, as a reader would apply them: by the day and the wall clock."""
    local = instant.astimezone(ZoneInfo(zone))
    wall = local.time()
    if local.isoweekday() in rule.quiet_weekdays:
        return True
    if rule.holidays and local.date() in holidays.country_holidays(country, years=local.year):
        return True
    for hours in filter(None, (own, rule.weekdays.get(local.isoweekday(), rule.hours))):
        inside = hours.start <= wall < hours.end
        if hours.start > hours.end:
            inside = wall >= hours.start or wall < hours.end
        if inside:
            return True
    return False


quarters = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
hours = st.builds(QuietHours, start=quarters, end=quarters)
rules = st.builds(
    QuietRule,
    hours=hours,
    weekdays=st.dictionaries(st.integers(1, 7), hours, max_size=2),
    quiet_weekdays=st.frozensets(st.integers(1, 7), max_size=2),
    holidays=st.booleans(),
)
instants = st.one_of(
    st.integers(0, 4 * 365 * 1440).map(lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + minutes * MINUTE),
    # Nights in which clocks change, and the days with the most holidays.
    st.sampled_from(
        ["2026-03-28T12:00", "2026-10-24T12:00", "2026-11-01T03:00", "2026-03-08T03:00", "2026-12-24T12:00"]
    )
    .map(lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC))
    .flatmap(lambda base: st.integers(0, 1500).map(lambda minutes: base + minutes * MINUTE)),
)


@settings(max_examples=300)
@given(instants, rules, st.sampled_from(ZONES), st.sampled_from(["FR", "DE", "JP", "US"]))
def test_it_is_never_heard_in_quiet_hours_and_never_held_longer(
    now: datetime, rule: QuietRule, zone: str, code: str
) -> None:
    found = asked(now, CountryProfile(country=code, marketing=rule), zone=zone)
    if found is None:
        assert not is_quiet(now, rule, code, None, zone)
        return
    assert now < found <= now + LONGEST
    assert found.tzinfo is UTC
    assert not is_quiet(found, rule, code, None, zone)
    # Rules are whole quarters of an hour: every one before it is quiet, down to the minute before the end.
    step = now
    while step < found:
        assert is_quiet(step, rule, code, None, zone) or _in_a_jump(step, found, zone)
        step += timedelta(minutes=15)
    assert is_quiet(found - MINUTE, rule, code, None, zone) or _in_a_jump(found - MINUTE, found, zone)


def _in_a_jump(instant: datetime, found: datetime, zone: str) -> bool:
    """True within the hour that a clock leaves out: an end that no wall shows comes that much later."""
    place = ZoneInfo(zone)
    before, after = instant - timedelta(hours=1), found + timedelta(hours=1)
    return before.astimezone(place).utcoffset() != after.astimezone(place).utcoffset()


@settings(max_examples=40)
@given(instants, rules, hours, st.sampled_from(ZONES))
def test_the_shoppers_own_hours_are_kept_too_where_any_hour_is_left(
    now: datetime, rule: QuietRule, own: QuietHours, zone: str
) -> None:
    found = asked(now, CountryProfile(country="FR", marketing=rule), own=own, zone=zone) or now
    assert now <= found <= now + LONGEST
    assert not is_quiet(found, rule, "FR", None, zone)
    if is_quiet(found, rule, "FR", own, zone):  # then no half an hour is free of both
        step = now
        while step <= now + LONGEST:
            assert is_quiet(step, rule, "FR", own, zone)
            step += timedelta(minutes=30)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-02T20:59:59", None),
        ("2026-03-02T21:00", "2026-03-03T08:00"),
        ("2026-03-02T23:59", "2026-03-03T08:00"),
        ("2026-03-03T00:00", "2026-03-03T08:00"),
        ("2026-03-03T07:59:59", "2026-03-03T08:00"),
        ("2026-03-03T08:00", None),
    ],
)
def test_the_boundaries_are_exact(now: str, expected: str | None) -> None:
    assert asked(at(now), country()) == (at(expected) if expected else None)


def test_sundays_and_holidays_are_quiet_altogether_where_the_country_says_so() -> None:
    france = country(marketing={"quiet_weekdays": [7], "holidays": True})
    # Saturday evening → Monday morning, and over Easter Monday (6 April 2026) → Tuesday
    assert asked(at("2026-03-07T21:30"), france) == at("2026-03-09T08:00")
    assert asked(at("2026-04-04T22:00"), france) == at("2026-04-07T08:00")
    # Labour Day 2026 is a Friday
    assert asked(at("2026-05-01T10:00"), france) == at("2026-05-02T08:00")


def test_hours_of_a_weekday_begin_at_its_midnight() -> None:
    rule = {"hours": {"start": "21:00", "end": "08:00"}, "weekdays": {"7": {"start": "21:00", "end": "12:00"}}}
    sunday = country(marketing=rule)
    assert asked(at("2026-03-07T23:00"), sunday) == at("2026-03-08T12:00")
    assert asked(at("2026-03-08T11:59"), sunday) == at("2026-03-08T12:00")
    assert asked(at("2026-03-08T22:00"), sunday) == at("2026-03-09T08:00")


def test_a_state_may_be_stricter_and_its_rule_is_about_what_is_not_service() -> None:
    florida = country(
        country="US", zones=("America/New_York",), regions={"FL": {"hours": {"start": "20:00", "end": "08:00"}}}
    )
    evening = at("2026-03-02T20:30", "America/New_York")
    assert asked(evening, florida, region="FL", zone="America/New_York") == at("2026-03-03T08:00", "America/New_York")
    assert asked(evening, florida, region="GA", zone="America/New_York") is None
    assert asked(evening, florida, region="FL", zone="America/New_York", purpose=Purpose.SERVICE) is None


def test_where_the_zone_is_not_known_the_hour_is_allowed_in_all_that_it_may_be() -> None:
    states = country(country="US", zones=("America/New_York", "America/Los_Angeles"))
    # Nine in New York is six in California
    assert asked(at("2026-03-02T09:00", "America/New_York"), states) == at("2026-03-02T08:00", "America/Los_Angeles")
    assert asked(at("2026-03-02T12:00", "America/New_York"), states) is None
    assert asked(at("2026-03-02T19:00", "America/Los_Angeles"), states, zone="America/Los_Angeles") is None
    assert asked(at("2026-03-02T09:00", "America/New_York"), states, zone="America/New_York") is None
    assert asked(at("2026-03-02T03:00"), country(), zone="Mars/Olympus") == at("2026-03-02T08:00")


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("channel", Channel)
def test_only_service_news_by_email_makes_no_sound(purpose: Purpose, channel: Channel) -> None:
    night = at("2026-03-02T23:00")
    heard = asked(night, country(), purpose=purpose, channel=channel, own=NINE_TO_EIGHT)
    assert (heard is None) == (purpose is Purpose.SERVICE and channel not in LOUD)


def test_urgent_news_passes_the_countrys_hours_and_not_the_shoppers_own() -> None:
    urgent = country().model_copy(update={"service": None})
    night = at("2026-03-02T23:00")
    assert asked(night, urgent, purpose=Purpose.SERVICE) is None
    own = QuietHours(start=time(22), end=time(6))
    assert asked(night, urgent, purpose=Purpose.SERVICE, own=own) == at("2026-03-03T06:00")


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-03-29T01:30", "2026-03-29T01:00+00:00"),  # the end, 02:30, is left out: an hour is no longer than it is
        ("2026-10-25T01:30", "2026-10-25T00:30+00:00"),  # it comes twice: the first one counts
    ],
)
def test_an_end_that_the_clock_leaves_out_or_shows_twice(now: str, end: str) -> None:
    night = country(marketing={"hours": {"start": "22:00", "end": "02:30"}})
    found = asked(at(now), night)
    assert found is not None
    assert timedelta(0) <= found - datetime.fromisoformat(end) <= timedelta(minutes=30)


def test_hours_that_leave_none_free_yield_to_the_countrys() -> None:
    own = QuietHours(start=time(7), end=time(22))
    assert asked(at("2026-03-02T12:00"), country(), own=own) is None
    assert asked(at("2026-03-02T23:00"), country(), own=own) == at("2026-03-03T08:00")
