"""A run of the sweep: each entry once, none missed over the runs, whatever fails, lags, dies or runs beside it."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.delays import Delay
from porchlight.domain.messages import MessageRecord, MessageState
from porchlight.domain.moments import Moment
from porchlight.ports import Due
from porchlight.services.sweep_due import LOOK_AGAIN, PAGE, Sweep
from tests.unit import test_order_delays
from tests.unit.stories import DAY, order, parcel
from tests.unit.test_sweep import LATE, World

EVEN, MINUTE = LATE, timedelta(minutes=1)
ODD = EVEN + MINUTE


@pytest.fixture
def world() -> World:
    return World()


class Index:
    """A due index of several shards, as it was written down."""

    def __init__(self, *shards: list[Due]) -> None:
        self.shards = shards
        self.read = 0

    def due(self, shard: int, now: datetime, page: int, *, newest_first: bool = False) -> Iterator[Due]:
        for due in self.shards[shard][:: -1 if newest_first else 1]:
            self.read += 1
            yield due


def entries(count: int, name: str = "msg", due_at: datetime = LATE) -> list[Due]:
    numbers = range(count)
    return [
        Due(brand="larkspur", kind="message", record_id=f"{name}_{n}", parent_id="o", due_at=due_at) for n in numbers
    ]


def over(world: World, *shards: list[Due]) -> tuple[Sweep, Index]:
    """The sweep over an index that does not change by what is done."""
    index = Index(*shards)
    return Sweep(index, world.sweep.delays, world.workflows, world.metrics), index


def redriven(world: World) -> list[str]:
    return [payload["messages"][0]["message_id"] for payload in world.workflows.started.values()]


def for_only(looks: int) -> Callable[[], bool]:
    """Time for so many looks at the clock."""
    left = iter(range(looks))
    return lambda: next(left, None) is not None


def test_each_entry_is_looked_at_once_the_longest_overdue_first(world: World) -> None:
    # Given more than two pages at one instant
    sweep, index = over(world, entries(PAGE * 2 + 5))
    assert sweep.run(EVEN, [0]) == {"message_redriven": PAGE * 2 + 5}
    assert redriven(world) == [due.record_id for due in index.shards[0]]
    assert index.read == PAGE * 2 + 5


def test_in_every_other_minute_the_newest_come_first(world: World) -> None:
    sweep, index = over(world, entries(PAGE + 5))
    assert sweep.run(ODD, [0]) == {"message_redriven": PAGE + 5}
    assert redriven(world) == [due.record_id for due in index.shards[0][::-1]]


def test_an_entry_that_is_met_again_is_not_looked_at_again(world: World) -> None:
    # Given entries that were put back to an instant which is due too, or that the index shows in both places
    again = entries(3, due_at=LATE + MINUTE)
    sweep, _ = over(world, [*entries(PAGE), *again], entries(3))
    assert sweep.run(LATE + DAY, [0, 1]) == {"message_redriven": PAGE}


def test_shards_take_turns_page_by_page(world: World) -> None:
    # Given two shards with much, and time for a page of each
    sweep, index = over(world, entries(PAGE * 9, "a"), entries(PAGE * 9, "b"))
    done = sweep.run(EVEN, [0, 1], keep_going=for_only(2 * (PAGE + 1)))
    assert done == {"message_redriven": PAGE * 2}
    assert {name[0] for name in redriven(world)} == {"a", "b"}
    assert index.read == PAGE * 2


def test_only_the_shards_of_the_run_are_swept(world: World) -> None:
    sweep, _ = over(world, entries(2, "a"), entries(2, "b"), entries(2, "c"))
    sweep.run(EVEN, [0, 2])
    assert {name[0] for name in redriven(world)} == {"a", "c"}


def test_time_that_is_up_within_a_page_leaves_the_rest_to_the_next_minute(world: World) -> None:
    # Given 50 parcels and time for 20
    for number in range(50):
        world.put(parcel(shipment_id=f"shp_{number}"), LATE)
    first = world.sweep.run(LATE, keep_going=for_only(1 + 20))
    second = world.sweep.run(LATE + MINUTE)
    assert (first, second) == ({"delay_started": 20}, {"delay_started": 30})
    assert world.sweep.run(LATE + 2 * MINUTE) == {}


def test_however_many_fail_they_do_not_keep_a_newer_one_from_being_reached(world: World) -> None:
    # Given more that fail than there is time for, all longer overdue than one that does not
    for number in range(300):
        world.put(parcel(shipment_id=f"shp_{number}", brand="unheard-of"), LATE - DAY)
    world.put(parcel(shipment_id="shp_new"), LATE)
    outcomes = [world.sweep.run(now, keep_going=for_only(200)) for now in (EVEN, ODD)]
    assert sum(one.get("delay_started", 0) for one in outcomes) == 1
    assert all(one["failed"] < 200 for one in outcomes)
    assert world.due_at("shp_new") == ODD + LOOK_AGAIN


def test_what_fails_stays_due_and_is_looked_at_once_a_run(world: World) -> None:
    world.put(parcel(brand="unheard-of"), LATE)
    assert [world.sweep.run(LATE + n * MINUTE) for n in range(3)] == [{"failed": 1}] * 3
    assert world.shipments.due_at["unheard-of", "shp_1"] == LATE


def test_a_shard_that_cannot_be_read_leaves_what_was_done_counted(world: World) -> None:
    class Broken(Index):
        def due(self, shard: int, *args: Any, **more: Any) -> Iterator[Due]:
            yield from super().due(shard, *args, **more)
            if shard:
                raise ConnectionError

    sweep = Sweep(Broken(entries(3), []), world.sweep.delays, world.workflows, world.metrics)
    with pytest.raises(ConnectionError):
        sweep.run(EVEN, [0, 1])
    assert world.metrics.total("DueSwept", outcome="message_redriven") == 3


def test_what_only_a_newer_release_knows_is_left_to_it(world: World) -> None:
    stranger = Due(brand="larkspur", kind="NOVELTY#1", record_id="x", due_at=LATE)
    sweep, _ = over(world, [stranger, *entries(1)])
    assert sweep.run(EVEN, [0]) == {"unknown": 1, "message_redriven": 1}


def test_several_threads_do_what_one_does(world: World) -> None:
    # Given every kind, some of which fail
    for number in range(PAGE * 3):
        brand = "unheard-of" if number % 50 == 0 else "larkspur"
        world.put(parcel(shipment_id=f"shp_{number}", brand=brand), LATE)
    many = Sweep(world.index, world.sweep.delays, world.workflows, world.metrics, threads=8)
    assert many.run(LATE) == {"failed": 6, "delay_started": PAGE * 3 - 6}
    assert world.metrics.total("DueSwept", outcome="delay_started") == PAGE * 3 - 6
    assert len(world.workflows.started) == PAGE * 3 - 6


def message(number: int) -> MessageRecord:
    return MessageRecord(
        **{"brand": "larkspur", "message_id": f"msg_{number}", "order_id": "ord_1", "shopper_id": "cus_1"},
        **{"moment": Moment.SHIPPED, "subject_id": "shp_1", "state": MessageState.PLANNED},
        **{"planned_at": LATE - DAY, "event_at": LATE - DAY},
    )


class Killed(BaseException):
    """The process is gone: nothing of it does anything any more."""


def dies_at(world: World, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From its ``step``-th call of a port on the process is dead."""
    calls = iter(range(step))

    def mortal(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            if next(calls, None) is None:
                raise Killed
            return function(*args, **more)

        return call

    for port, names in (
        (world.shipments, ("get", "save")),
        (world.orders, ("get",)),
        (world.workflows, ("start",)),
        (world.index, ("due",)),
        (world.metrics, ("count",)),
    ):
        for name in names:
            monkeypatch.setattr(port, name, mortal(getattr(port, name)))


def declared(world: World, shipment_id: str) -> list[str]:
    """The delays that were declared, each time one was."""
    found: list[str] = []
    for before, now in world.shipments.history:
        known: Delay | None = before.delay if before else None
        if now.shipment_id == shipment_id and now.delay and (not known or known.delay_id != now.delay.delay_id):
            found.append(now.delay.delay_id)
    return found


@given(step=st.integers(min_value=0, max_value=60), threads=st.sampled_from([1, 4]))
def test_killed_at_any_step_the_next_runs_go_on_and_nothing_is_missed_or_doubled(step: int, threads: int) -> None:
    # Given late parcels, one that has been put off meanwhile, and a message in doubt
    world = World()
    world.orders.save(order(order_id="ord_9", version=1))
    parcels = [f"shp_{number}" for number in range(8)]
    for name in parcels:
        world.put(parcel(shipment_id=name), LATE)
    world.messages.plan(message(1), due_at=LATE)
    sweep = Sweep(world.index, world.sweep.delays, world.workflows, world.metrics, threads)
    # When a run dies between any two things that it does, and others follow
    with pytest.MonkeyPatch.context() as patch:
        dies_at(world, step, patch)
        with contextlib.suppress(Killed):
            sweep.run(LATE)
    for minutes in (1, 2, 61, 62, 63, 122, 123):
        sweep.run(LATE + minutes * MINUTE)
    # Then each is as if nothing had happened
    assert redriven_messages(world) >= {"msg_1"}
    for name in parcels:
        assert len(declared(world, name)) == 1
        due = world.due_at(name)
        assert due is None or due > LATE + 123 * MINUTE


def redriven_messages(world: World) -> set[str]:
    started = world.workflows.started.items()
    return {payload["messages"][0]["message_id"] for (machine, _), payload in started if machine != "delay_detection"}


@given(turn=st.integers(min_value=0, max_value=7))
def test_two_runs_of_one_shard_declare_each_delay_once(turn: int) -> None:
    # Given a run in the middle of which another one sweeps the same shard
    world = World()
    for number in range(6):
        world.put(parcel(shipment_id=f"shp_{number}"), LATE)
    start = world.workflows.start
    calls = iter(range(100))

    def meanwhile(*args: Any) -> bool:
        if next(calls) == turn:
            world.sweep.run(LATE)
        return start(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.workflows, "start", meanwhile)
        world.sweep.run(LATE)
    world.sweep.run(LATE + MINUTE)
    assert len(world.workflows.started) == 6
    # Then each workflow has started once, and where it declares nothing each delay is declared once an hour later
    for minutes in (61, 62):
        world.sweep.run(LATE + minutes * MINUTE)
    assert [len(declared(world, f"shp_{number}")) for number in range(6)] == [1] * 6


def test_an_index_that_is_behind_takes_no_workflow_that_has_just_begun_for_one_that_died(world: World) -> None:
    # Given an index that still shows a parcel and an order whose workflows were started a minute ago
    orders = test_order_delays.World()
    orders.say(test_order_delays.placed())
    world.put(parcel(), LATE)
    of_order = Due(brand="larkspur", kind="order", record_id=test_order_delays.ORDER, due_at=test_order_delays.LATE)
    of_parcel = Due(brand="larkspur", kind="shipment", record_id="shp_1", due_at=LATE)
    for one, entry, outcome in ((orders, of_order, "order_rearmed"), (world, of_parcel, "rearmed")):
        sweep = Sweep(Index([entry]), one.sweep.delays, one.workflows, one.metrics)
        # When it is met again
        done = [sweep.run(entry.due_at + minutes * MINUTE, [0]) for minutes in (0, 1)]
        # Then it is put back to when it would have been looked at
        assert done == [{"delay_started": 1}, {outcome: 1}]
        assert len(one.workflows.started) == 1
    assert world.due_at() == LATE + LOOK_AGAIN
    assert orders.due_at == test_order_delays.LATE + LOOK_AGAIN
