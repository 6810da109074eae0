"""Whose delay it is: orders that are cancelled, come back or are removed, and parcels that turn out to be another's."""

from datetime import date
from typing import Any

import pytest

from porchlight.domain.changes import shipment_changes
from porchlight.domain.delays import DelayChange
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import ContactDetails, OrderWithdrawn
from porchlight.domain.remedies import Remedy, RemedyRecord, RemedyState
from porchlight.domain.shipments import Shipment
from porchlight.errors import InvalidInputError
from porchlight.services.delays import DelayWatch
from porchlight.services.put_order import read_body
from tests.fakes import NO_HISTORY, no_surges
from tests.unit.keeping import BODY, HOUR, ORDER, PARCEL, World, placed, shipped
from tests.unit.stories import DAY, NOW

KEY = ("larkspur", PARCEL)
LATE = NOW + 8 * DAY


def bob(**update: Any) -> Any:
    contact = ContactDetails(customer_key="8", name="Bob", email="bob@x.example")
    return placed(**{"external_id": "1002", "contact": contact, **update})


@pytest.fixture
def world() -> World:
    """Ada's parcel, never scanned, and late."""
    world = World()
    world.say(placed(), shipped())
    watch = DelayWatch(world.shipments, world.orders, world.brands, world.metrics, NO_HISTORY, no_surges())
    assert watch.assess_and_declare("larkspur", PARCEL, LATE)["outcome"] == "late"
    return world


def changes(world: World) -> list[str]:
    return [decision.change.value for decision in world.shipments.decisions[KEY].values()]


def told(world: World, since: int) -> list[tuple[str, bool]]:
    """Events of the parcel since a point of its history, and whether a workflow is woken."""
    history = [(old, new) for old, new in world.shipments.history[since:] if new.shipment_id == PARCEL]
    return [(event.type, event.waiting) for old, new in history for event in shipment_changes(old, new)]


@pytest.mark.parametrize(
    "end", [placed(1, cancelled_at=NOW + HOUR), OrderWithdrawn(external_order_id="1001")], ids=["cancelled", "removed"]
)
def test_the_end_of_its_order_ends_a_delay_and_wakes_its_workflow(world: World, end: Any) -> None:
    before = len(world.shipments.history)
    world.say(end, end, at=LATE + HOUR)
    assert world.parcel.delay
    assert world.parcel.delay.resolved_at == LATE + HOUR
    assert changes(world) == ["declared", "resolved"]
    assert told(world, before) == [("DeliveryDelayResolved", False), ("ShipmentNews", True)]
    assert KEY not in world.shipments.due_at


def test_where_the_money_of_a_cancelled_order_was_refused_a_person_still_settles_it(world: World) -> None:
    # Given a shopper who has cancelled, which the brand's system did, but for the money
    stored = world.parcel
    assert stored.delay
    refused = RemedyRecord(key="k", remedy=Remedy.CANCEL, intended_at=LATE, state=RemedyState.REFUSED, ended_at=LATE)
    asked = stored.delay.model_copy(update={"remedies": (refused,), "begun": "by_hand", "case_id": "cse_1"})
    update = {"delay": asked, "version": stored.version + 1}
    world.shipments.save(stored.model_copy(update=update), due_at=None)
    # When the store tells that the order is cancelled
    world.say(placed(1, cancelled_at=NOW + HOUR), at=LATE + HOUR)
    # Then the delay and its question stay, until the parcel is back or has come after all
    assert world.parcel.delay == asked
    world.scan(Milestone.RETURNED_TO_SENDER, 8 * 24)
    assert changes(world) == ["declared", "resolved"]


def test_an_order_that_lives_again_is_looked_at_again() -> None:
    # Given a parcel of a cancelled order, which is due no more
    world = World()
    world.say(placed(), shipped(), placed(1, cancelled_at=NOW + HOUR))
    assert KEY not in world.shipments.due_at
    # When the store takes the cancellation back
    world.say(placed(2))
    assert KEY in world.shipments.due_at


def test_a_parcel_that_is_another_shoppers_does_not_bring_the_delay_of_the_first(world: World) -> None:
    world.say(bob(placed_at=LATE), shipped(order="1002", fulfillment_id="f2"), at=LATE + HOUR)
    assert world.parcel.shopper_id != world.order.shopper_id
    assert world.parcel.delay is None
    assert changes(world) == ["declared", "resolved"]
    assert KEY in world.shipments.due_at


def test_nor_while_the_other_order_is_not_known_yet(world: World) -> None:
    world.say(shipped(order="1002", fulfillment_id="f2"), at=LATE + HOUR)
    assert (world.parcel.shopper_id, world.parcel.promise, world.parcel.delay) == (None, None, None)
    world.say(bob(), at=LATE + 2 * HOUR)
    assert world.parcel.shopper_id
    assert changes(world) == ["declared", "resolved"]


def test_two_orders_of_one_shopper_in_one_parcel_are_told_of_one_delay(world: World) -> None:
    before: Shipment = world.parcel
    world.say(placed(external_id="1002"), shipped(order="1002", fulfillment_id="f2"), at=LATE + HOUR)
    assert world.parcel.order_id != ORDER
    assert world.parcel.delay == before.delay
    assert DelayChange.RESOLVED.value not in changes(world)


def test_a_delivery_after_the_cancellation_is_no_news_of_the_delay(world: World) -> None:
    world.say(placed(1, cancelled_at=NOW + HOUR), at=LATE + HOUR)
    world.scan(Milestone.DELIVERED, 8 * 24)
    assert changes(world) == ["declared", "resolved"]


@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_placeholder_is_no_promise(day: date) -> None:
    promise = b'"promise": {"earliest": "%s", "latest": "%s"},' % ((day.isoformat().encode(),) * 2)
    with pytest.raises(InvalidInputError):
        read_body(BODY.replace(b'"lines"', promise + b'"lines"'))
