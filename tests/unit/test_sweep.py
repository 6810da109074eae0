"""The sweep looks at what is due, starts what is late, and puts the rest back."""

from datetime import UTC, datetime, timedelta

import pytest

from porchlight.adapters.dynamodb import keys
from porchlight.domain.messages import MessageRecord, MessageState
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.shipments import Shipment
from porchlight.ports import Due
from porchlight.services.delays import DelayWatch
from porchlight.services.sweep_due import LOOK_AGAIN, PAGE, SHARDS, Sweep
from tests.fakes import (
    NO_HISTORY,
    FakeBrands,
    FakeDue,
    FakeMessages,
    FakeMetrics,
    FakeOrders,
    FakeShipments,
    FakeWorkflows,
    no_surges,
)
from tests.unit.stories import DAY, NOW, after, brand, order, parcel, scan

LATE = datetime(2026, 3, 7, 5, tzinfo=UTC)


class World:
    def __init__(self) -> None:
        self.orders, self.messages, self.metrics = FakeOrders(), FakeMessages(), FakeMetrics()
        self.shipments, self.workflows = FakeShipments(self.orders), FakeWorkflows()
        self.orders.save(order())
        self.index = FakeDue(self.shipments, self.messages)
        watch = DelayWatch(self.shipments, self.orders, FakeBrands(brand()), self.metrics, NO_HISTORY, no_surges())
        self.sweep = Sweep(self.index, watch, self.workflows, self.metrics)

    def put(self, shipment: Shipment, due_at: datetime) -> None:
        self.shipments.save(shipment, due_at=due_at)

    def due_at(self, shipment_id: str = "shp_1") -> datetime | None:
        return self.shipments.due_at.get(("larkspur", shipment_id))


@pytest.fixture
def world() -> World:
    return World()


def test_the_sweep_knows_every_shard() -> None:
    assert SHARDS == keys.SHARDS


def test_a_late_parcel_starts_its_workflow_under_the_delays_id(world: World) -> None:
    world.put(parcel(), LATE)
    assert world.sweep.run(LATE) == {"delay_started": 1}
    ((machine, name), payload), *_ = world.workflows.started.items()
    assert (machine, name) == ("delay_detection", payload["delay_id"])
    assert payload == {"brand": "larkspur", "shipment_id": "shp_1", "order_id": "", "delay_id": name}
    assert world.due_at() == LATE + LOOK_AGAIN
    assert world.sweep.run(LATE + timedelta(minutes=1)) == {}
    assert world.metrics.total("DueSwept", outcome="delay_started") == 1


def test_a_workflow_that_died_before_declaring_leaves_nobody_untold(world: World) -> None:
    world.put(parcel(), LATE)
    world.sweep.run(LATE)
    assert world.sweep.run(LATE + LOOK_AGAIN) == {"declared_without_workflow": 1}
    delay = world.shipments.records["larkspur", "shp_1"].delay
    assert delay
    assert ("delay_detection", f"{delay.delay_id}-again") in world.workflows.started, "for its playbook"
    due = world.due_at()
    assert due
    assert due > LATE + DAY


def test_a_graver_kind_is_taken_up_by_another_workflow_where_the_first_has_ended(world: World) -> None:
    # Given a stalled parcel whose playbook is over
    world.put(after(parcel(), [scan(Milestone.IN_TRANSIT, NOW)]), LATE)
    world.sweep.run(LATE)
    watch = world.sweep.delays
    delay_id = watch.assess_and_declare("larkspur", "shp_1", LATE)["delay_id"]
    found = world.shipments.records["larkspur", "shp_1"]
    assert found.delay
    idle = found.delay.model_copy(update={"step": 3, "idle_since": LATE})
    world.put(found.model_copy(update={"delay": idle, "version": found.version + 1}), NOW + 14 * DAY)
    # When it is silent beyond the loss horizon, and the sweep dies before it has started anything
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.workflows, "start", lambda *_: 1 / 0)
        assert world.sweep.run(NOW + 14 * DAY) == {"failed": 1}
    # Then the next one starts it, once
    for hours in (1, 2, 3):
        world.sweep.run(NOW + 14 * DAY + hours * LOOK_AGAIN)
    names = [name for _, name in world.workflows.started]
    assert names == [delay_id, f"{delay_id}-1"]


def test_a_graver_kind_is_taken_up_by_another_workflow_where_the_first_has_died(world: World) -> None:
    # Given a stalled parcel whose workflow failed in the middle of its playbook
    world.put(after(parcel(), [scan(Milestone.IN_TRANSIT, NOW)]), LATE)
    world.sweep.run(LATE)
    delay_id = world.sweep.delays.assess_and_declare("larkspur", "shp_1", LATE)["delay_id"]
    found = world.shipments.records["larkspur", "shp_1"]
    assert found.delay
    waiting = found.delay.model_copy(update={"step": 1, "begun": "ask_shopper", "case_id": "cse_1"})
    world.put(found.model_copy(update={"delay": waiting, "version": found.version + 1}), NOW + 14 * DAY)
    # When it is presumed lost, and no workflow has begun that playbook an hour later
    for hours in range(4):
        world.sweep.run(NOW + 14 * DAY + hours * LOOK_AGAIN)
        started = [name for _, name in world.workflows.started]
        # Then another one does, once; a workflow that lives has its hour
        assert started == [delay_id] + [f"{delay_id}-1"] * (hours >= 1)


def test_news_since_puts_the_parcel_back(world: World) -> None:
    moved = after(parcel(), [scan(Milestone.IN_TRANSIT, NOW + DAY)])
    world.put(moved, NOW + 2 * DAY)
    assert world.sweep.run(NOW + 2 * DAY) == {"rearmed": 1}
    assert world.due_at() == LATE - DAY  # the promised day begins
    assert world.workflows.started == {}


def test_a_delivered_parcel_leaves_the_index(world: World) -> None:
    world.put(after(parcel(), [scan(Milestone.DELIVERED, NOW)]), NOW)
    assert world.sweep.run(LATE) == {"rearmed": 1}
    assert world.due_at() is None


def test_a_cancelled_orders_parcel_leaves_the_index(world: World) -> None:
    world.orders.save(order(cancelled_at=NOW, version=2))
    world.put(parcel(), LATE)
    assert world.sweep.run(LATE) == {"not_awaited": 1}
    assert world.due_at() is None


def test_a_range_that_is_over_is_no_longer_said(world: World) -> None:
    world.put(parcel(expected=parcel().promise), LATE)
    world.sweep.run(LATE)
    assert world.shipments.records["larkspur", "shp_1"].expected is None


def test_one_that_fails_keeps_no_other_from_being_looked_at(world: World) -> None:
    world.put(parcel(brand="unheard-of"), NOW)
    world.put(parcel(shipment_id="shp_2"), LATE)
    assert world.sweep.run(LATE) == {"failed": 1, "delay_started": 1}


def test_a_write_that_came_between_is_left_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put(parcel(), LATE)
    stale = world.shipments.records["larkspur", "shp_1"]
    world.put(after(parcel(version=2), [scan(Milestone.DELIVERED, LATE)]), LATE)
    monkeypatch.setattr(world.shipments, "get", lambda *_: stale)
    assert world.sweep.run(LATE) == {"changed_meanwhile": 1}


def test_a_message_in_doubt_goes_to_the_fanout_again(world: World) -> None:
    record = MessageRecord(
        brand="larkspur",
        message_id="msg_1",
        order_id="ord_1",
        shopper_id="cus_1",
        moment=Moment.SHIPPED,
        subject_id="shp_1",
        state=MessageState.PLANNED,
        planned_at=NOW,
        event_at=NOW,
    )
    world.messages.plan(record, due_at=NOW)
    assert world.sweep.run(NOW) == {"message_redriven": 1}
    ((machine, name), payload), *_ = world.workflows.started.items()
    assert (machine, name) == ("notification_fanout", "msg_1-20260302T120000")
    assert payload == {"messages": [{"brand": "larkspur", "order_id": "ord_1", "message_id": "msg_1"}]}


def test_everything_due_is_swept_page_by_page_and_nothing_twice(world: World) -> None:
    for number in range(PAGE * 2 + 5):
        world.put(parcel(shipment_id=f"shp_{number}"), LATE)
    assert world.sweep.run(LATE) == {"delay_started": PAGE * 2 + 5}


def test_an_index_that_lags_behind_does_not_keep_the_sweep_busy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put(parcel(), LATE)
    stale = [Due(brand="larkspur", kind="shipment", record_id="shp_1", due_at=LATE)] * PAGE
    monkeypatch.setattr(world.index, "due", lambda shard, *_, **__: iter([] if shard else stale))
    assert sum(world.sweep.run(LATE).values()) == 1


def test_a_sweep_out_of_time_leaves_the_rest_due(world: World) -> None:
    world.put(parcel(), LATE)
    assert world.sweep.run(LATE, keep_going=lambda: False) == {}
    assert world.due_at() == LATE
