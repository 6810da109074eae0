"""When a parcel counts as late, what is honestly said then, and when silence is looked at again."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.dates import DateRange
from porchlight.domain.delays import WEIGHT, DelayKind
from porchlight.domain.events import DeliveryEstimate
from porchlight.domain.lateness import assess, next_check
from porchlight.domain.mending import declare
from porchlight.domain.mending import mend as mended_by
from porchlight.domain.milestones import TERMINAL, Milestone
from porchlight.domain.ranges import NO_DAY, expected_range
from porchlight.domain.shipments import Shipment, StoredEvent
from tests.unit.stories import DAY, NOW, ZONE, after, brand, parcel, scan

BRAND = brand()
POLICY = BRAND.delays
FRIDAY = datetime(2026, 3, 6, 5, tzinfo=UTC)  # midnight in New York
FRIDAY_OVER = datetime(2026, 3, 7, 5, tzinfo=UTC)


def moving(at: datetime = NOW, **update: object) -> Shipment:
    return after(parcel(**update), [scan(Milestone.IN_TRANSIT, at)])


def declared(shipment: Shipment, now: datetime) -> Shipment:
    suspicion = assess(shipment, POLICY, now)
    assert suspicion
    return declare(shipment, suspicion, POLICY, now)[0]


def mend(shipment: Shipment, now: datetime) -> Shipment:
    return mended_by(shipment, POLICY, now)[0]


def test_a_promise_is_broken_when_its_last_day_is_over_at_the_destination() -> None:
    shipment = moving(NOW + 3 * DAY)
    assert assess(shipment, POLICY, FRIDAY_OVER - timedelta(seconds=1)) is None
    found = assess(shipment, POLICY, FRIDAY_OVER)
    assert found
    assert (found.kind, found.promised) == (DelayKind.PROMISE_MISSED, date(2026, 3, 6))


def test_a_destination_without_zone_gets_the_whole_day_everywhere() -> None:
    promise = DateRange(earliest=date(2026, 3, 5), latest=date(2026, 3, 6))
    shipment = moving(NOW + 4 * DAY, zone=None, promise=promise)
    assert assess(shipment, POLICY, datetime(2026, 3, 7, 11, 59, tzinfo=UTC)) is None
    assert assess(shipment, POLICY, datetime(2026, 3, 7, 12, tzinfo=UTC))


def test_a_moving_parcel_without_scan_is_suspect_after_the_policys_days() -> None:
    shipment = moving(promise=None)
    assert assess(shipment, POLICY, NOW + 4 * DAY - timedelta(seconds=1)) is None
    found = assess(shipment, POLICY, NOW + 4 * DAY)
    assert found
    assert found.kind is DelayKind.STALLED
    assert found.facts["last_event_at"] == NOW.isoformat()


def test_a_parcel_without_any_event_is_late_by_its_promise_only() -> None:
    assert assess(parcel(promise=None), POLICY, NOW + 365 * DAY) is None
    assert next_check(parcel(promise=None), POLICY, NOW) is None
    assert next_check(parcel(), POLICY, NOW) == FRIDAY  # the promised day begins: all is looked at anew
    assert next_check(parcel(), POLICY, FRIDAY) == FRIDAY_OVER
    found = assess(parcel(), POLICY, FRIDAY_OVER)
    assert found
    assert found.kind is DelayKind.PROMISE_MISSED


def test_a_promise_that_was_over_at_creation_is_late_at_once() -> None:
    promise = DateRange(earliest=date(2026, 2, 20), latest=date(2026, 2, 23), zone=ZONE)
    shipment = declared(parcel(promise=promise), NOW)
    assert shipment.delay
    assert shipment.delay.expected == DateRange(earliest=date(2026, 3, 3), latest=date(2026, 3, 5), zone=ZONE)


ENDS = sorted({*TERMINAL, Milestone.RETURN_IN_TRANSIT} - {Milestone.LOST})


@pytest.mark.parametrize("milestone", ENDS)
def test_what_is_no_longer_coming_is_never_late(milestone: Milestone) -> None:
    shipment = after(parcel(), [scan(milestone, NOW)])
    assert assess(shipment, POLICY, NOW + 365 * DAY) is None
    assert next_check(shipment, POLICY, NOW) is None
    assert expected_range(shipment, BRAND, NOW) is None


def test_a_parcel_of_an_unknown_order_is_late_for_nobody() -> None:
    assert assess(moving(shopper_id=None), POLICY, NOW + 365 * DAY) is None
    assert next_check(moving(shopper_id=None), POLICY, NOW) is None


def test_a_delay_is_declared_once_and_nothing_is_asked_while_it_is_active() -> None:
    shipment = declared(moving(), FRIDAY_OVER)
    assert shipment.delay
    assert shipment.delay.policy_version == "delays-1"
    assert shipment.expected == shipment.delay.expected
    assert assess(shipment, POLICY, FRIDAY_OVER + DAY) is None
    again = assess(moving(), POLICY, FRIDAY_OVER + DAY)
    assert again
    assert declare(shipment, again, POLICY, FRIDAY_OVER + DAY)[0] == shipment


def test_a_delay_never_promises_earlier_than_the_promise() -> None:
    far = DateRange(earliest=date(2026, 3, 19), latest=date(2026, 3, 20), zone=ZONE)
    shipment = declared(moving(promise=far), NOW + 4 * DAY)
    assert shipment.delay
    assert shipment.delay.expected == DateRange(earliest=date(2026, 3, 23), latest=date(2026, 3, 25), zone=ZONE)


def test_a_new_movement_recovers_and_an_old_or_empty_one_does_not() -> None:
    first = scan(Milestone.IN_TRANSIT, NOW)
    shipment = declared(after(parcel(), [first]), FRIDAY_OVER)
    later = FRIDAY_OVER + DAY
    assert mend(shipment, later) == shipment
    assert mend(after(shipment, [first, scan(Milestone.ACCEPTED, NOW - DAY)]), later).delay == shipment.delay
    assert mend(after(shipment, [first, scan(Milestone.DELAYED, later)]), later).delay == shipment.delay
    mended = mend(after(shipment, [first, scan(Milestone.OUT_FOR_DELIVERY, later)]), later)
    assert mended.delay
    assert (mended.delay.recovered_at, mended.delay.resolved_at) == (later, None)
    assert mend(mended, later + DAY) == mended


@pytest.mark.parametrize("milestone", ENDS)
def test_an_end_resolves_without_recovering(milestone: Milestone) -> None:
    shipment = declared(moving(), FRIDAY_OVER)
    events = [scan(Milestone.IN_TRANSIT, NOW), scan(milestone, FRIDAY_OVER + DAY)]
    mended = mend(after(shipment, events), FRIDAY_OVER + DAY)
    assert mended.delay
    assert (mended.delay.recovered_at, mended.delay.resolved_at) == (None, FRIDAY_OVER + DAY)


def test_after_a_recovery_the_new_range_is_the_promise_and_a_second_delay_is_another() -> None:
    first = declared(moving(), FRIDAY_OVER)
    assert first.delay
    moved = FRIDAY_OVER + 2 * DAY
    mended = mend(after(first, [scan(Milestone.IN_TRANSIT, NOW), scan(Milestone.OUT_FOR_DELIVERY, moved)]), moved)
    over = datetime(2026, 3, 13, 4, tzinfo=UTC)  # Thursday is over; clocks went forward on Sunday
    assert next_check(mended, POLICY, moved) == over
    second = declared(mended, over)
    assert second.delay
    assert second.delay.delay_id != first.delay.delay_id
    assert second.delay.promised == first.delay.expected.latest


def test_the_range_is_the_carriers_then_the_promise_then_the_delays_and_never_over() -> None:
    estimate = DeliveryEstimate(day=date(2026, 3, 6))
    shipment = moving(estimate=estimate, estimate_at=NOW)
    assert expected_range(shipment, BRAND, NOW) == DateRange(
        earliest=date(2026, 3, 6), latest=date(2026, 3, 9), zone=ZONE
    )
    stale = moving(estimate=DeliveryEstimate(day=date(2026, 2, 20)), estimate_at=NOW)
    assert expected_range(stale, BRAND, NOW) == stale.promise
    today = expected_range(stale, BRAND, NOW + 4 * DAY)
    assert today
    assert (today.earliest, today.latest) == (date(2026, 3, 6), date(2026, 3, 6))
    assert expected_range(stale, BRAND, FRIDAY_OVER) is None
    late = declared(shipment, FRIDAY_OVER)
    assert late.delay
    assert expected_range(late, BRAND, FRIDAY_OVER) == late.delay.expected
    assert expected_range(late, BRAND, FRIDAY_OVER + 30 * DAY) is None


def test_an_estimate_made_after_a_recovery_counts_again() -> None:
    late = declared(moving(), FRIDAY_OVER)
    later = FRIDAY_OVER + DAY
    estimate = {"estimate": DeliveryEstimate(day=date(2026, 3, 10)), "estimate_at": later}
    assert late.delay
    active = late.model_copy(update=estimate)
    assert expected_range(active, BRAND, later) == late.delay.expected
    recovered = late.delay.model_copy(update={"recovered_at": later})
    found = expected_range(active.model_copy(update={"delay": recovered}), BRAND, later)
    assert found
    assert found.earliest == date(2026, 3, 10)


def test_a_carriers_placeholder_is_no_estimate() -> None:
    shipment = moving(estimate=DeliveryEstimate(day=date.max), estimate_at=NOW)
    assert expected_range(shipment, BRAND, NOW) == shipment.promise
    assert next_check(parcel(promise=DateRange(earliest=date.max, latest=date.max)), POLICY, NOW) is None


@pytest.mark.parametrize(
    ("day", "zone", "over"),
    [
        (date(2026, 3, 7), ZONE, datetime(2026, 3, 8, 5, tzinfo=UTC)),
        (date(2026, 3, 8), ZONE, datetime(2026, 3, 9, 4, tzinfo=UTC)),  # 23 hours: clocks went forward
        (date(2026, 10, 25), "Europe/Berlin", datetime(2026, 10, 25, 23, tzinfo=UTC)),  # 25 hours
        (date(2026, 12, 31), ZONE, datetime(2027, 1, 1, 5, tzinfo=UTC)),
        (date(2026, 12, 31), "Pacific/Kiritimati", datetime(2026, 12, 31, 10, tzinfo=UTC)),
        (date(2026, 12, 31), "Not/AZone", datetime(2027, 1, 1, 12, tzinfo=UTC)),
    ],
)
def test_days_end_where_the_parcel_goes(day: date, zone: str, over: datetime) -> None:
    shipment = parcel(zone=zone, promise=DateRange(earliest=day, latest=day))
    assert next_check(shipment, POLICY, over - timedelta(hours=1)) == over
    assert assess(shipment, POLICY, over - timedelta(microseconds=1)) is None
    assert assess(shipment, POLICY, over)


def test_a_range_declared_at_the_end_of_the_year_skips_to_working_days() -> None:
    promise = DateRange(earliest=date(2026, 12, 30), latest=date(2026, 12, 30), zone=ZONE)
    shipment = declared(parcel(promise=promise), datetime(2026, 12, 31, 15, tzinfo=UTC))
    assert shipment.delay
    assert shipment.delay.expected == DateRange(earliest=date(2027, 1, 1), latest=date(2027, 1, 5), zone=ZONE)


ZONES = st.sampled_from([None, ZONE, "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Kiritimati", "Not/AZone"])
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 31), timezones=st.just(ZoneInfo("UTC")))  # noqa: DTZ001
EVENTS = st.lists(
    st.builds(scan, st.sampled_from(list(Milestone)), INSTANTS), max_size=6, unique_by=lambda e: e.event_id
)


@st.composite
def parcels(draw: st.DrawFn) -> Shipment:
    day = draw(st.none() | st.dates(date(2025, 12, 20), date(2027, 1, 10)))
    zone = draw(ZONES)
    promise = DateRange(earliest=day, latest=day + timedelta(days=draw(st.integers(0, 3)))) if day else None
    estimate = draw(st.none() | st.builds(DeliveryEstimate, day=st.dates(date(2020, 1, 1), date.max)))
    shipment = parcel(zone=zone, promise=promise, estimate=estimate, estimate_at=NOW if estimate else None)
    return after(shipment, draw(EVENTS))


@given(parcels(), INSTANTS, st.timedeltas(timedelta(), 400 * DAY))
def test_more_silence_never_takes_a_suspicion_or_a_declaration_back(
    shipment: Shipment, now: datetime, silence: timedelta
) -> None:
    suspicion = assess(shipment, POLICY, now)
    if suspicion is None:
        return
    assert assess(shipment, POLICY, now + silence)
    late = declare(shipment, suspicion, POLICY, now)[0]
    assert mend(late, now + silence) == late
    again = assess(late, POLICY, now + silence)
    assert late.delay
    # The same delay, told anew: it has become graver, or its own range is over.
    assert again is None or (
        again.delay_id == late.delay.delay_id
        and (WEIGHT[again.kind] > WEIGHT[late.delay.kind] or again.kind is DelayKind.PROMISE_MISSED)
    )


@given(parcels(), INSTANTS)
def test_nothing_is_missed_before_the_next_check_and_something_is_due_after_it(
    shipment: Shipment, now: datetime
) -> None:
    at = next_check(shipment, POLICY, now)
    if at is None:
        assert assess(shipment, POLICY, now + 1000 * DAY) is None
        return
    assert assess(shipment, POLICY, min(at, now) - timedelta(microseconds=1)) is None or at <= now
    looks = 0
    while at and at > now:  # looked at when due, with nothing heard meanwhile
        assert assess(shipment, POLICY, at - timedelta(microseconds=1)) is None
        if assess(shipment, POLICY, at):
            break
        looks, at = looks + 1, next_check(shipment, POLICY, at)
    assert at
    assert looks <= 1
    assert assess(shipment, POLICY, at)


@given(parcels(), INSTANTS)
def test_what_is_said_is_never_over_and_a_delay_is_never_better_than_the_promise(
    shipment: Shipment, now: datetime
) -> None:
    today = now.astimezone(ZoneInfo(ZONE)).date() - DAY  # some zones are a day behind others
    said = expected_range(shipment, BRAND, now)
    assert said is None or said.earliest >= today
    suspicion = assess(shipment, POLICY, now)
    if suspicion:
        late = declare(shipment, suspicion, POLICY, now)[0]
        assert late.delay
        if late.delay.kind in NO_DAY:
            assert late.delay.expected is None
            return
        assert late.delay.expected
        assert late.delay.expected.earliest > today
        assert not shipment.promise or late.delay.expected.latest > shipment.promise.latest


@given(EVENTS, st.randoms(), INSTANTS)
def test_the_same_events_in_any_order_give_the_same_state(
    events: list[StoredEvent], random: object, now: datetime
) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = after(parcel(), events), after(parcel(), shuffled)
    assert assess(one, POLICY, now) == assess(other, POLICY, now)
    assert next_check(one, POLICY, now) == next_check(other, POLICY, now)
    assert expected_range(one, BRAND, now) == expected_range(other, BRAND, now)


@given(EVENTS, EVENTS, INSTANTS, INSTANTS)
def test_news_in_any_split_mends_alike(
    before: list[StoredEvent], news: list[StoredEvent], now: datetime, then: datetime
) -> None:
    shipment = after(parcel(), before)
    suspicion = assess(shipment, POLICY, now)
    if suspicion is None:
        return
    late = declare(shipment, suspicion, POLICY, now)[0]
    at_once = mend(after(late, [*before, *news]), then)
    backwards = mend(after(late, [*reversed(news), *before]), then)
    assert at_once.delay == backwards.delay
    assert mend(at_once, then + DAY) == at_once
