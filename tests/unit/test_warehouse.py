"""The warehouse's desk: what it books is recorded whatever else has happened, once, and refunds nothing by itself."""

from datetime import timedelta
from typing import Any

import pytest

from porchlight.domain.returns import Return, ReturnLine, ReturnState
from porchlight.domain.rma.goods import Receipt
from porchlight.domain.rma.names import (
    Discrepancy,
    Grade,
)
from porchlight.errors import ConflictError, NotFoundError
from porchlight.services.warehouse_bodies import ReceiptBody
from tests.unit.receiving import PARTS, YES, World, approved, item
from tests.unit.stories import NOW, order


# -------------------------------------------------------------------------------------------------------------- booking
def test_a_booking_is_recorded_and_refunds_nothing() -> None:
    world = World()
    found = world.receive(item("shirt", 2), facility="east", by="dock")
    assert found.state is ReturnState.RECEIVED
    assert (found.received_at, found.settlements, found.parts) == (NOW, (), PARTS)
    assert found.receipts[0].items == (item("shirt", 2, order_id="ord_1"),)
    assert world.now() == found


def test_the_same_booking_again_changes_nothing_and_another_story_is_refused() -> None:
    world = World()
    first = world.receive(item("shirt", 2))
    assert world.receive(item("shirt", 2)) == first
    with pytest.raises(ConflictError) as caught:
        world.receive(item("shirt", 1))
    assert caught.value.problem == "told-otherwise"
    assert world.now() == first


def test_a_repeat_is_known_though_no_time_was_named() -> None:
    world, body = World(), {"receipt_id": "r1", "items": [{"line_id": "shirt", "quantity": 2}]}
    receipts = [ReceiptBody.model_validate(body).receipt("larkspur", "dock", NOW + timedelta(hours=n)) for n in (0, 5)]
    for receipt in receipts:
        world.desk.receive("larkspur", "rma_1", receipt, NOW)
    assert [one.received_at for one in world.now().receipts] == [NOW]


def test_no_return_of_ours_is_not_found() -> None:
    world = World()
    for known in ("rma_9", ""):
        with pytest.raises(NotFoundError):
            world.receive(to=known)
    with pytest.raises(NotFoundError):
        world.desk.receive("fjordhus", "rma_1", Receipt(receipt_id="r1", received_at=NOW), NOW)


@pytest.mark.parametrize(
    ("before", "then"),
    [
        (ReturnState.REQUESTED, ReturnState.REQUESTED),
        (ReturnState.IN_REVIEW, ReturnState.IN_REVIEW),
        (ReturnState.APPROVED, ReturnState.RECEIVED),
        (ReturnState.IN_TRANSIT, ReturnState.RECEIVED),
        (ReturnState.INSPECTED, ReturnState.RECEIVED),
        (ReturnState.IN_REPAIR, ReturnState.IN_REPAIR),
        (ReturnState.REFUNDED, ReturnState.REFUNDED),
        (ReturnState.CREDITED, ReturnState.CREDITED),
        (ReturnState.EXCHANGED, ReturnState.EXCHANGED),
        (ReturnState.EXPIRED, ReturnState.EXPIRED),
        (ReturnState.CANCELLED, ReturnState.CANCELLED),
        (ReturnState.REFUSED, ReturnState.REFUSED),
        (ReturnState.FAILED, ReturnState.FAILED),
    ],
)
def test_goods_move_the_state_only_while_it_is_under_way(before: ReturnState, then: ReturnState) -> None:
    """Before the scan, after the settlement, after the end: it is recorded, and what was settled stays settled."""
    world = World()
    decisions = () if before in (ReturnState.REQUESTED, ReturnState.IN_REVIEW) else (YES,)
    world.put(approved(state=before, decisions=decisions))
    found = world.receive(item("shirt", 2))
    assert (found.state, len(found.receipts), found.version) == (then, 1, 1)


@pytest.mark.parametrize("state", [ReturnState.EXPIRED, ReturnState.CANCELLED, ReturnState.REFUSED])
def test_a_box_that_comes_too_late_is_put_before_people(state: ReturnState) -> None:
    world = World()
    world.put(approved(state=state))
    found = world.receive(item("shirt", 2))
    assert found.review
    assert (found.review.stage, found.review.why) == ("goods", "arrived_late")


def test_two_that_write_at_once_are_both_recorded() -> None:
    """Given a booking that comes between reading and writing another, then both are there."""
    world = World()
    update, first = world.returns.update, [True]

    def overtaken(changed: Return) -> None:
        if first.pop() if first else False:
            now = world.now()
            other = Receipt(receipt_id="r2", received_at=NOW)
            update(now.model_copy(update={"receipts": (*now.receipts, other), "version": now.version + 1}))
        update(changed)

    world.returns.update = overtaken  # type: ignore[method-assign]
    world.receive(item("shirt"))
    assert {one.receipt_id for one in world.now().receipts} == {"r1", "r2"}


# ----------------------------------------------------------------------------------------------- boxes and returns
def test_a_box_with_items_of_two_returns_is_booked_under_both() -> None:
    world = World()
    world.put(approved((("hat", 1),), return_id="rma_2"))
    for _ in range(2):
        world.receive(item("hat"), item(sku="SKU-shirt", quantity=2), weight_grams=10)
    assert world.now().receipts[0].items == (item("shirt", 2, order_id="ord_1", sku="SKU-shirt"),)
    assert world.now("rma_2").receipts[0].items == (item("hat", order_id="ord_1"),)
    assert [len(world.now(key).receipts) for key in ("rma_1", "rma_2")] == [1, 1]
    assert world.now().receipts[0].discrepancies == (), "what a box of two returns weighs says nothing of either"


def test_killed_between_the_two_a_repeat_goes_on() -> None:
    world = World()
    world.put(approved((("hat", 1),), return_id="rma_2"))
    update, left = world.returns.update, [1]

    def dies(changed: Return) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        update(changed)

    world.returns.update = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        world.receive(item("hat"), item("shirt", 2))
    world.returns.update = update  # type: ignore[method-assign]
    world.receive(item("hat"), item("shirt", 2))
    assert [[i.line_id for i in world.now(key).receipts[0].items] for key in ("rma_1", "rma_2")] == [["shirt"], ["hat"]]
    assert [len(world.now(key).receipts) for key in ("rma_1", "rma_2")] == [1, 1]


def test_other_shoppers_get_nothing_of_it() -> None:
    world = World()
    world.put(approved((("hat", 1),), return_id="rma_2", shopper_id="cus_2"))
    world.receive(item("hat"), item("shirt", 2))
    assert world.now("rma_2").receipts == ()
    assert world.now().receipts[0].items[0] == item(sku="SKU-hat")


def test_a_return_in_two_boxes_is_inspected_in_two_parts() -> None:
    world = World()
    world.receive(item("shirt"), receipt_id="r1")
    half = world.inspect(item("shirt", grade=Grade.NEW), complete=False)
    assert (half.state, half.inspected_at, half.inspections[0].discrepancies) == (ReturnState.RECEIVED, None, ())
    world.receive(item("shirt"), receipt_id="r2")
    whole = world.inspect(item("shirt", grade=Grade.WORN), inspection_id="i2", complete=False)
    assert (whole.state, whole.inspected_at, whole.inspections[1].discrepancies) == (ReturnState.INSPECTED, NOW, ())


def test_a_return_of_two_orders_is_one_box() -> None:
    world = World()
    world.order(order(order_id="ord_2"))
    lines = (
        ReturnLine(line_id="shirt", quantity=1, reason="x"),
        ReturnLine(line_id="hat", quantity=1, reason="x", order_id="ord_2"),
    )
    world.put(approved().model_copy(update={"lines": lines}))
    found = world.inspect(item("hat", grade=Grade.NEW), item("shirt", grade=Grade.NEW))
    assert [one.order_id for one in found.inspections[0].items] == ["ord_2", "ord_1"]
    assert found.inspections[0].discrepancies == ()


# --------------------------------------------------------------------------------------------------- what a box weighs
@pytest.mark.parametrize(
    ("items", "grams", "wrong"),
    [
        ((), 600, ()),
        ((), 2_700, ()),
        ((), 100, (Discrepancy.WEIGHT_MISMATCH,)),
        ((), 9_000, (Discrepancy.WEIGHT_MISMATCH,)),
        ((item("shirt"),), 300, ()),
        ((item("shirt", 2),), 300, (Discrepancy.WEIGHT_MISMATCH,)),
        ((item("shirt", 0),), 300, (Discrepancy.EMPTY_BOX,)),
        ((item(note="a brick"),), 300, ()),
        ((), None, ()),
    ],
)
def test_a_box_is_weighed_against_what_should_be_in_it(items: Any, grams: int | None, wrong: Any) -> None:
    assert World().receive(*items, weight_grams=grams).receipts[0].discrepancies == wrong


def test_two_boxes_that_nobody_counted_are_weighed_together() -> None:
    world = World()
    assert world.receive(weight_grams=310).receipts[-1].discrepancies == (Discrepancy.WEIGHT_MISMATCH,)
    assert world.receive(weight_grams=300, receipt_id="r2").receipts[-1].discrepancies == ()


def test_the_tolerance_is_the_brands() -> None:
    world = World(weights={"tolerance_percent": 60})
    assert world.receive(weight_grams=250).receipts[0].discrepancies == ()
