"""Declaring a delay once and closing it, over the ports."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from porchlight.domain.changes import shipment_changes
from porchlight.domain.milestones import Milestone
from porchlight.domain.shipments import Shipment, fold
from porchlight.errors import ConflictError, TransientError
from porchlight.ports import Wait
from porchlight.services.delays import DelayWatch
from porchlight.services.resume_workflows import NewsDesk
from tests.fakes import (
    NO_HISTORY,
    FakeBrands,
    FakeCases,
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
        self.orders, self.metrics, self.workflows = FakeOrders(), FakeMetrics(), FakeWorkflows()
        self.shipments = FakeShipments(self.orders)
        self.orders.save(order())
        self.put(after(parcel(), [scan(Milestone.IN_TRANSIT, NOW)]))
        self.watch = DelayWatch(self.shipments, self.orders, FakeBrands(brand()), self.metrics, NO_HISTORY, no_surges())
        self.desk = NewsDesk(self.shipments, self.orders, FakeCases(), self.workflows)

    def put(self, shipment: Shipment) -> None:
        self.shipments.save(shipment, due_at=None)

    @property
    def shipment(self) -> Shipment:
        return self.shipments.records["larkspur", "shp_1"]

    def news(self, milestone: Milestone, at: datetime) -> None:
        """A scan, recorded without mending."""
        events = [scan(Milestone.IN_TRANSIT, NOW), scan(milestone, at)]
        self.put(fold(self.shipment, events).model_copy(update={"version": self.shipment.version + 1}))

    def wait(self, token: str = "t1", purpose: str = "delay") -> Wait:
        return Wait(brand="larkspur", shipment_id="shp_1", purpose=purpose, token=token, created_at=LATE)

    def told(self) -> list[str]:
        return [event.type for old, new in self.shipments.history for event in shipment_changes(old, new)]


@pytest.fixture
def world() -> World:
    return World()


def test_a_late_parcel_is_declared_once_and_told_once(world: World) -> None:
    first = world.watch.assess_and_declare("larkspur", "shp_1", LATE)
    again = world.watch.assess_and_declare("larkspur", "shp_1", LATE + DAY)
    assert first["outcome"] == again["outcome"] == "late"
    assert first["delay_id"] == world.shipment.delay.delay_id  # type: ignore[union-attr]
    assert world.told().count("DeliveryDelayed") == 1
    assert world.metrics.total("DelaysDeclared", kind="stalled") == 1


def test_a_suspicion_that_has_become_another_keeps_its_workflow(world: World) -> None:
    # Given a parcel that is suspected to be stalled, and whose workflow is on its way
    settled, suspicion = world.watch.look(world.shipment, brand(), LATE)
    assert suspicion
    delay_id = world.watch.note(settled, suspicion, brand(), LATE + DAY, LATE)
    # When news of a trouble comes between
    world.news(Milestone.EXCEPTION, NOW + DAY)
    found = world.watch.assess_and_declare("larkspur", "shp_1", NOW + 15 * DAY, delay_id)
    # Then what is declared is another kind, and the workflow's own delay
    assert found == {"outcome": "late", "delay_id": delay_id}
    assert world.shipment.delay
    assert world.shipment.delay.kind is not suspicion.kind


def test_news_that_came_first_leaves_nothing_to_declare(world: World) -> None:
    world.news(Milestone.DELIVERED, LATE)
    assert world.watch.assess_and_declare("larkspur", "shp_1", LATE)["outcome"] == "not_late"
    assert world.watch.assess_and_declare("larkspur", "shp_0", LATE)["outcome"] == "not_late"
    assert world.shipment.delay is None


def test_a_cancelled_order_waits_for_nothing(world: World) -> None:
    world.orders.save(order(cancelled_at=NOW, version=2))
    assert world.watch.assess_and_declare("larkspur", "shp_1", LATE)["outcome"] == "not_late"


def test_a_write_that_was_overtaken_starts_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[[str, str], Shipment | None] = world.shipments.get
    overtake = [True]

    def get(brand_id: str, shipment_id: str) -> Shipment | None:
        found = real(brand_id, shipment_id)
        if overtake.pop() if overtake else False:
            world.news(Milestone.EXCEPTION, LATE)
        return found

    monkeypatch.setattr(world.shipments, "get", get)
    assert world.watch.assess_and_declare("larkspur", "shp_1", LATE)["outcome"] == "late"
    assert world.shipment.milestone is Milestone.EXCEPTION
    assert world.shipment.delay


def test_a_record_that_never_rests_is_tried_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def overtaken(*_: object, **__: object) -> None:
        raise ConflictError

    monkeypatch.setattr(world.shipments, "save", overtaken)
    with pytest.raises(TransientError):
        world.watch.assess_and_declare("larkspur", "shp_1", LATE)


def test_a_wait_is_answered_by_news_and_forgotten(world: World) -> None:
    world.watch.assess_and_declare("larkspur", "shp_1", LATE)
    assert world.desk.await_news(world.wait(), seen=1) is False
    assert world.desk.resume("larkspur", "shp_1") == 1
    assert "t1" in world.workflows.answered
    assert world.desk.resume("larkspur", "shp_1") == 0


def test_news_between_two_steps_is_found_by_the_wait_itself(world: World) -> None:
    world.watch.assess_and_declare("larkspur", "shp_1", LATE)
    world.news(Milestone.EXCEPTION, LATE)
    assert world.desk.await_news(world.wait(), seen=1) is True
    assert "t1" in world.workflows.answered
    assert world.shipments.wait_records == {}


def test_a_delay_that_the_ingest_closed_is_news(world: World) -> None:
    assert world.desk.await_news(world.wait(), seen=1) is True


def test_a_token_that_nobody_waits_on_is_forgotten(world: World) -> None:
    world.workflows.gone.add("t1")
    world.shipments.put_wait(world.wait())
    assert world.desk.resume("larkspur", "shp_1") == 0
    assert world.shipments.wait_records == {}


def test_each_purpose_has_its_own_wait_and_the_newer_token_counts(world: World) -> None:
    for token, purpose in (("t1", "delay"), ("t2", "delay"), ("t3", "return")):
        world.shipments.put_wait(world.wait(token, purpose))
    assert world.desk.resume("larkspur", "shp_1") == 2
    assert set(world.workflows.answered) == {"t2", "t3"}
