"""The warehouse's routes, and what the workflow makes of what it says."""

from typing import Any

import pytest

from porchlight.domain import ids
from porchlight.domain.returns import ReturnState
from porchlight.domain.rma.names import (
    Grade,
    RefundTrigger,
    SettlementKind,
)
from porchlight.domain.rma.next_step import Do, next_step
from porchlight.errors import ConflictError, ForbiddenError, InvalidInputError
from porchlight.services.warehouse_bodies import BookingBody, InspectionBody, ReceiptBody, RepairBody
from tests.unit.receiving import World, approved, in_repair, item, looked_at, request, with_terms
from tests.unit.stories import NOW, parcel


# ----------------------------------------------------------------------------------------------------------------- API
def back(world: World, number: str = "1Z777") -> str:
    known = ids.shipment_id("larkspur", "ups", number)
    world.shipments.save(parcel(shipment_id=known, tracking_number=number, return_id="rma_1"), due_at=None)
    return known


def test_a_box_is_booked_by_its_tracking_number() -> None:
    world = World()
    back(world)
    receive = {"receipt_id": "r1", "carrier": "ups", "tracking_number": "1z 777"}
    answer = world.call(world.api.book, {"bookings": [{"receive": receive}]})
    assert answer == {"booked": 1, "known": 0, "unmatched": 0, "errors": []}
    assert world.now().receipts[0].tracking_number == "1Z777"


def test_a_parcel_that_nobody_took_is_booked_for_the_return_that_waits() -> None:
    # Given an order that was withdrawn from before it came, and its own parcel, which comes back
    world = World()
    known = ids.shipment_id("larkspur", "ups", "1Z999")
    world.shipments.save(parcel(shipment_id=known, tracking_number="1Z999", order_id="ord_1"), due_at=None, link=True)
    receive = {"receipt_id": "r1", "carrier": "ups", "tracking_number": "1z999"}
    answer = world.call(world.api.book, {"bookings": [{"receive": receive}]})
    assert answer == {"booked": 1, "known": 0, "unmatched": 0, "errors": []}
    # When it is told again after the money, Then it is known
    world.put(world.now().model_copy(update={"state": ReturnState.REFUNDED}))
    assert world.call(world.api.book, {"bookings": [{"receive": receive}]})["known"] == 1
    # When goods are waited for of two returns, Then people find out whose it is
    for number in (1, 2):
        world.put(approved(return_id=f"rma_{number}"))
    answer = world.call(world.api.book, {"bookings": [{"receive": receive | {"receipt_id": "r2"}}]})
    assert answer["unmatched"] == 1


def test_many_bookings_are_taken_or_refused_one_by_one_and_again_change_nothing() -> None:
    world = World()
    bookings = [
        {
            "return_id": "rma_1",
            "receive": {"receipt_id": "r1"},
            "inspect": {"inspection_id": "i1", "items": [{"line_id": "shirt", "quantity": 2, "grade": "new"}]},
        },
        {"return_id": "rma_1", "inspect": {"inspection_id": "i1"}},
        {"return_id": "rma_9", "inspect": {"inspection_id": "i1"}},
        {"return_id": "rma_1", "receive": {"receipt_id": "r2", "colour": "red"}},
        {"return_id": "rma_1"},
        {"receive": {"receipt_id": "r3", "carrier": "ups", "tracking_number": "1Z000"}},
    ]
    first = world.call(world.api.book, {"bookings": bookings})
    assert {name: first[name] for name in ("booked", "known", "unmatched")} == {"booked": 1, "known": 0, "unmatched": 1}
    assert [(one["index"], one["problem"]) for one in first["errors"]] == [
        (1, "told-otherwise"),
        (2, "not-found"),
        (3, "invalid-input"),
        (4, "invalid-input"),
    ]
    stored = world.now()
    again = world.call(world.api.book, {"bookings": bookings})
    assert (again["booked"], again["known"], again["unmatched"]) == (0, 1, 1)
    assert world.now() == stored
    assert len(world.unmatched.records) == 1


def test_what_belongs_to_no_return_is_kept_for_people_until_it_is_booked_under_one() -> None:
    world = World()
    receive = {"receipt_id": "r1", "items": [{"note": "a blue box", "quantity": 1}]}
    answer = world.call(world.api.book, {"bookings": [{"return_id": "rma_typo", "receive": receive}]})
    assert answer["unmatched"] == 1
    assert world.metrics.total("GoodsUnmatched") == 1
    (listed,) = world.api.unmatched(request({}))["goods"]
    assert (listed["receipt_id"], listed["return_id"]) == ("r1", "rma_typo")
    world.call(world.api.receive, receive, "rma_1")
    assert world.api.unmatched(request({})) == {"goods": []}


def test_one_call_for_one_return() -> None:
    world = World()
    received = world.call(world.api.receive, {"receipt_id": "r1"}, "rma_1")
    assert received["state"] == "received"
    items = [{"sku": "SKU-shirt", "quantity": 2, "grade": "worn", "deduct_minor": 500}]
    inspected = world.call(world.api.inspect, {"inspection_id": "i1", "items": items, "currency": "USD"}, "rma_1")
    assert (inspected["state"], inspected["refund_amount"]["amount"]) == ("inspected", 19_000)
    with pytest.raises(ConflictError):
        world.call(world.api.repair, {"state": "repaired"}, "rma_1")


def test_money_of_another_currency_is_refused() -> None:
    world, items = World(), [{"line_id": "shirt", "quantity": 2, "deduct_minor": 500}]
    with pytest.raises(InvalidInputError) as caught:
        world.call(world.api.inspect, {"inspection_id": "i1", "items": items, "currency": "EUR"}, "rma_1")
    assert caught.value.problem == "other-currency"
    assert world.now().inspections == ()


def test_only_a_key_for_it_may() -> None:
    world = World()
    world.secrets.values["api-keys"]["keys"][0]["scopes"] = ["returns:write", "returns:decide"]
    for route, path in ((world.api.receive, ("rma_1",)), (world.api.book, ())):
        with pytest.raises(ForbiddenError):
            world.call(route, {"receipt_id": "r1"}, *path)
    with pytest.raises(ForbiddenError):
        world.api.unmatched(request({}))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (InspectionBody, {"inspection_id": "i", "items": [{"line_id": "a", "quantity": 1, "deduct_minor": 5}]}),
        (InspectionBody, {"inspection_id": "i", "replaces": "i"}),
        (ReceiptBody, {"receipt_id": "r", "items": [{"quantity": 1}]}),
        (ReceiptBody, {"receipt_id": "r", "items": [{"note": "x", "quantity": 1, "deduct_minor": 5}]}),
        (ReceiptBody, {"receipt_id": "r", "received_at": "2026-03-02T12:00:00"}),
        (RepairBody, {"state": "repaired", "carrier": "ups"}),
        (RepairBody, {"state": "in_repair", "carrier": "ups", "tracking_number": "1Z1"}),
        (BookingBody, {"receive": {"receipt_id": "r"}}),
        (BookingBody, {"inspect": {"inspection_id": "i"}}),
    ],
)
def test_bodies_that_say_too_little_are_refused(kind: Any, body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        kind.model_validate(body)


def test_an_order_is_named_by_the_shops_id_or_by_ours() -> None:
    body = {
        "inspection_id": "i",
        "items": [{"line_id": "a", "quantity": 1, "order": name} for name in ("77", "ord_1", "")],
    }
    found = InspectionBody.model_validate(body).inspection("larkspur", "dock", NOW)
    assert [one.order_id for one in found.items] == [ids.order_id("larkspur", "77"), "ord_1", ""]


# -------------------------------------------------------------------------------------------------------- the workflow
def test_people_are_asked_about_what_is_missing_until_it_comes_in_another_box() -> None:
    world = World()
    with_terms(world, RefundTrigger.INSPECTED)
    world.inspect(item("shirt", grade=Grade.NEW))
    asked = looked_at(world).review
    assert asked
    assert (asked.stage, asked.why) == ("goods", "missing_item")
    assert next_step(world.now(), NOW).do is Do.REVIEW
    world.inspect(item("shirt", grade=Grade.NEW), inspection_id="i2")
    assert looked_at(world).review is None
    step = next_step(world.now(), NOW)
    assert (step.do, step.kind) == (Do.SETTLE, SettlementKind.REFUND)


def test_an_item_too_many_holds_up_nothing() -> None:
    world = World()
    with_terms(world, RefundTrigger.INSPECTED)
    world.inspect(item("shirt", 3, grade=Grade.NEW))
    assert looked_at(world).review is None
    assert next_step(world.now(), NOW).do is Do.SETTLE


def test_a_light_box_is_a_question_where_a_booking_pays() -> None:
    world = World()
    with_terms(world, RefundTrigger.RECEIVED)
    world.receive(weight_grams=50)
    assert getattr(looked_at(world).review, "why", "") == "weight_mismatch"
    world.inspect(item("shirt", 2, grade=Grade.NEW))
    assert looked_at(world).review is None, "somebody has counted them"


def test_a_booking_of_what_was_never_scanned_counts() -> None:
    world = World()
    with_terms(world, RefundTrigger.FIRST_SCAN)
    world.receive()
    looked_at(world)
    assert next_step(world.now(), NOW).do is Do.SETTLE


def test_what_a_workshop_repaired_unasked_is_not_ordered_from_it() -> None:
    world = in_repair()
    world.receive()
    assert next_step(world.now(), NOW).kind is SettlementKind.REPAIR
    world.repair("repaired")
    looked_at(world)
    assert next_step(world.now(), NOW).do is Do.CLOSE


def test_half_of_it_inspected_pays_nothing() -> None:
    world = World()
    with_terms(world, RefundTrigger.INSPECTED)
    world.inspect(item("shirt", grade=Grade.NEW), complete=False)
    looked_at(world)
    assert next_step(world.now(), NOW).do is Do.WAIT
