"""Surges: a lane with far more delays than usual is noticed, asked about once, and over a while after its last sign."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.cases import Case
from porchlight.domain.delays import DelayKind
from porchlight.domain.forecast.lives import Route
from porchlight.domain.remedies import Remedy
from porchlight.domain.surge import COUNTED, FEWEST, TIMES, unusual
from porchlight.services.cases import AnswerDesk, open_cases
from porchlight.services.surges import SurgeWatch
from tests.fakes import FakeCases, FakeMetrics, FakeOrders, FakeShipments, FakeSurges
from tests.unit.stories import DAY, NOW

TODAY = NOW.date()
ROUTE = Route(carrier="usps", destination="US-CA")


class Cases(FakeCases):
    @property
    def opened(self) -> list[Case]:
        return list(self.records.values())


class World:
    def __init__(self) -> None:
        self.surges, self.cases, self.metrics = FakeSurges(), Cases(), FakeMetrics()
        self.watch = SurgeWatch(self.surges, self.cases, self.metrics)

    def late(self, count: int, at: datetime = NOW, route: Route = ROUTE, kind: DelayKind = DelayKind.STALLED) -> None:
        for _ in range(count):
            self.watch.declared("larkspur", route, kind, at)


def days(*counts: int) -> dict[date, int]:
    """Delays of today, yesterday, the day before …"""
    return {TODAY - timedelta(days=back): count for back, count in enumerate(counts)}


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        (days(10), True),
        (days(5, 5), True),
        (days(9), False),
        (days(20, 0, *[3] * 28), False),  # six on two days are usual: twenty are not four times as many
        (days(25, 0, *[3] * 28), True),
        (days(300, 290, *[280] * 28), False),
        ({}, False),
    ],
)
def test_a_surge_is_many_times_the_usual_and_more_than_chance(counts: Mapping[date, int], found: bool) -> None:
    assert bool(unusual(counts, TODAY)) is found


@given(st.lists(st.integers(0, 400), min_size=30, max_size=30))
def test_more_delays_never_end_one(counts: list[int]) -> None:
    found = unusual(days(*counts), TODAY)
    more = unusual(days(counts[0] + 1, *counts[1:]), TODAY)
    assert more or not found
    if found:
        assert found[0] >= FEWEST
        assert found[0] >= TIMES * found[1]


def test_it_is_noticed_on_the_lane_and_asked_about_once() -> None:
    world = World()
    world.late(9)
    assert not world.surges.active("larkspur", NOW)
    world.late(1)
    assert set(world.surges.active("larkspur", NOW)) == {"usps|US-CA"}
    world.late(190)
    assert len(world.cases.opened) == 1
    assert world.metrics.total("LaneSurges", carrier="usps") == 1
    assert world.surges.active("larkspur", NOW)["usps|US-CA"].late == 200


def test_where_every_lane_of_a_carrier_is_late_the_carrier_is() -> None:
    world = World()
    for number in range(12):
        world.late(5, route=Route(carrier="usps", destination=f"US-{number}"))
    assert set(world.surges.active("larkspur", NOW)) == {"usps|"}
    assert world.watch.covering("larkspur", Route(carrier="usps", destination="US-NY"), NOW)
    assert len(world.cases.opened) == 1


def test_a_carrier_whose_trouble_is_on_single_lanes_is_itself_in_none() -> None:
    world, elsewhere = World(), Route(carrier="usps", destination="US-NY")
    # Given one delay elsewhere, and then more and more on two lanes
    world.late(1, route=elsewhere)
    world.late(100)
    world.late(100, route=Route(carrier="usps", destination="US-TX"))
    # When the next ones are of other lanes again, whichever of them is looked at
    world.late(8, route=elsewhere)
    # Then it is those two lanes that break down, and not the carrier
    assert set(world.surges.active("larkspur", NOW)) == {"usps|US-CA", "usps|US-TX"}


def test_killed_before_its_case_was_opened_the_next_sign_opens_it() -> None:
    world = World()
    world.late(10)
    world.cases.records.clear()
    world.late(5)
    assert len(world.cases.opened) == 1


def test_a_parcel_of_another_carrier_or_a_delay_at_one_door_has_no_part_in_it() -> None:
    world = World()
    world.late(100, kind=DelayKind.ATTEMPT_FAILED)
    assert not world.surges.active("larkspur", NOW)
    world.late(10)
    assert world.watch.covering("larkspur", ROUTE, NOW)
    assert world.watch.covering("larkspur", Route(carrier="usps", destination="US-NY"), NOW) is None
    assert world.watch.covering("larkspur", Route(carrier="ups", destination="US-CA"), NOW) is None
    assert world.watch.covering("fjordhus", ROUTE, NOW) is None
    assert world.watch.covering("larkspur", None, NOW) is None


def test_its_question_lasts_as_long_as_it_does_and_once_answered_is_not_asked_again() -> None:
    # Given a surge that goes on, day after day
    world = World()
    world.late(10)
    for day in range(1, 4):
        world.late(10, NOW + day * DAY)
    # Then its one question is still open, with what is known by now
    now = NOW + 4 * DAY
    (case,) = open_cases(world.cases, "larkspur", now, 50)
    assert (case.deadline, case.opened_at, case.facts["late"]) == (NOW + 5 * DAY, NOW, 20)
    # When somebody has answered it
    desk = AnswerDesk(world.cases, FakeShipments(), FakeOrders())
    desk.answer("larkspur", case.case_id, Remedy.KEEP_WAITING, "person:key", now)
    world.late(10, now)
    # Then it stays answered, however much longer the surge lasts
    assert not open_cases(world.cases, "larkspur", now, 50)
    assert world.surges.active("larkspur", now + DAY)


def test_it_is_over_two_days_after_its_last_sign_and_the_next_one_is_another() -> None:
    world = World()
    world.late(10)
    first = world.surges.active("larkspur", NOW)["usps|US-CA"]
    world.late(10, NOW + DAY)
    assert world.surges.active("larkspur", NOW + 2 * DAY)["usps|US-CA"].surge_id == first.surge_id
    assert not world.surges.active("larkspur", NOW + 3 * DAY)
    then = NOW + 60 * DAY
    world.late(10, then)
    again = world.surges.active("larkspur", then)["usps|US-CA"]
    assert again.surge_id != first.surge_id
    assert len(world.cases.opened) == 2


@given(st.sampled_from(list(DelayKind)), st.integers(1, 60))
def test_any_number_of_any_kind_never_fails(kind: DelayKind, count: int) -> None:
    world = World()
    world.late(count, kind=kind)
    assert bool(world.surges.active("larkspur", NOW)) is (kind in COUNTED and count >= FEWEST)
