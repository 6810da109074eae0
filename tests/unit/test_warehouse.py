"""The warehouse's desk: what it books is recorded whatever else has happened, once, and refunds nothing by itself."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from porchlight.connectors import InboundRequest
from porchlight.domain import ids
from porchlight.domain.facts import Scene
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Order
from porchlight.domain.return_events import return_changes
from porchlight.domain.returns import Decision, Outcome, Return, ReturnLine, ReturnState
from porchlight.domain.rma.goods import Inspection, ItemFound, Receipt
from porchlight.domain.rma.moves import settle_news
from porchlight.domain.rma.names import (
    Discrepancy,
    Disposition,
    Grade,
    RefundTrigger,
    RepairState,
    Resolution,
    ReturnKind,
    SettlementKind,
    SettlementState,
)
from porchlight.domain.rma.next_step import Do, Parcels, next_step
from porchlight.domain.rma.settlements import Parts, Settlement
from porchlight.domain.rma.terms import Terms
from porchlight.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from porchlight.services.lookout import Lookout
from porchlight.services.warehouse import WarehouseDesk
from porchlight.services.warehouse_api import WarehouseApi
from porchlight.services.warehouse_bodies import BookingBody, InspectionBody, ReceiptBody, RepairBody
from tests.fakes import FakeBrands, FakeMetrics, FakeOrders, FakeReturns, FakeSecrets, FakeShipments, FakeSources
from tests.fakes_returning import FakeUnmatchedGoods
from tests.unit.stories import NOW, after, brand, order, parcel, scan, usd, wanted

ROOT = Path(__file__).parents[2]
KEY = "plk_" + "w" * 30
YES = Decision(outcome=Outcome.APPROVE, rule="standard", policy_version="returns-1", decided_at=NOW)
PARTS = Parts(currency="USD", items=20_000, fee=-500)


class World:
    """An approved return of two shirts, and the desk over fakes."""

    def __init__(self, **policy: Any) -> None:
        self.returns, self.orders, self.unmatched = FakeReturns(), FakeOrders(), FakeUnmatchedGoods()
        self.shipments, self.metrics = FakeShipments(self.orders), FakeMetrics()
        brands = FakeBrands(brand(**policy))
        lookout = Lookout(FakeSources())
        self.desk = WarehouseDesk(
            *(self.returns, self.orders, self.shipments, brands, self.unmatched, lookout, self.metrics)
        )
        key = {"id": "dock", "brand": "larkspur", "sha256": hashlib.sha256(KEY.encode()).hexdigest()}
        self.secrets = FakeSecrets(**{"api-keys": {"keys": [key | {"scopes": ["returns:receive"]}]}})
        self.api = WarehouseApi(self.desk, self.secrets)
        self.order(order())
        self.put(approved())

    def order(self, one: Order) -> None:
        lines = tuple(
            line.model_copy(update={"weight_grams": 300, "sku": f"SKU-{line.line_id}", "category": "apparel"})
            for line in one.lines
        )
        self.orders.records["larkspur", one.order_id] = one.model_copy(update={"lines": lines})

    def put(self, request: Return) -> None:
        self.returns.records["larkspur", request.return_id] = request

    def now(self, return_id: str = "rma_1") -> Return:
        return self.returns.records["larkspur", return_id]

    def receive(self, *items: ItemFound, receipt_id: str = "r1", to: str = "rma_1", **update: Any) -> Return:
        booked = Receipt(**{"receipt_id": receipt_id, "received_at": NOW, "items": items, **update})
        return self.desk.receive("larkspur", to, booked, NOW)

    def inspect(self, *items: ItemFound, inspection_id: str = "i1", to: str = "rma_1", **update: Any) -> Return:
        found = Inspection(**{"inspection_id": inspection_id, "inspected_at": NOW, "items": items, **update})
        return self.desk.inspect("larkspur", to, found, NOW)

    def repair(self, state: str, **update: Any) -> Return:
        return self.desk.repair(
            "larkspur", "rma_1", RepairBody.model_validate({"state": state, **update}), "bench", NOW
        )

    def call(self, route: Callable[..., dict[str, Any]], body: Any, *path: str) -> dict[str, Any]:
        return route(request(body), *path, NOW)


def approved(lines: tuple[tuple[str, int], ...] = (("shirt", 2),), **update: Any) -> Return:
    values = {"state": ReturnState.APPROVED, "decisions": (YES,), "parts": PARTS, "refund_amount": PARTS.total}
    return wanted(lines, **{**values, **update})


def item(line: str = "", quantity: int = 1, **update: Any) -> ItemFound:
    return ItemFound(line_id=line, quantity=quantity, **update)


def request(body: Any, key: str = KEY) -> InboundRequest:
    sent = json.dumps(body).encode()
    known: dict[str, Any] = {"method": "POST", "path": "/", "headers": {"x-api-key": key}, "query": {}, "body": sent}
    return InboundRequest(**known, token="", source_ip="")


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


# ----------------------------------------------------------------------------------------------------------- inspecting
def test_an_inspection_says_what_differs_and_where_things_go() -> None:
    world = World(dispositions=[{"grade": ["worn"], "category": ["apparel"], "to": "donate"}])
    found = world.inspect(item("shirt", grade=Grade.WORN), item(note="a brick", grade=Grade.NEW))
    assert found.state is ReturnState.INSPECTED
    assert found.inspections[0].discrepancies == (Discrepancy.WRONG_ITEM,)
    assert [one.disposition for one in found.inspections[0].items] == [Disposition.DONATE, Disposition.RESTOCK]
    assert world.metrics.total("GoodsDiffer", discrepancy="wrong_item") == 1


def test_an_inspection_without_a_booking_counts_too() -> None:
    assert World().inspect(item("shirt", 2)).state is ReturnState.INSPECTED


def test_an_empty_box_is_one() -> None:
    assert World().inspect().inspections[0].discrepancies == (Discrepancy.EMPTY_BOX,)


def test_what_is_found_is_taken_off_while_no_money_has_moved() -> None:
    found = World().inspect(item("shirt", grade=Grade.NEW), item("shirt", grade=Grade.WORN, deduct_minor=1_500))
    assert found.parts
    assert (found.parts.deduction, found.refund_amount) == (-1_500, usd(18_000))
    assert found.parts.model_copy(update={"deduction": 0}) == PARTS


def test_an_exchange_for_something_as_dear_costs_what_is_taken_off() -> None:
    world = World()
    world.put(approved(resolution=Resolution.EXCHANGE, difference_minor=0))
    assert world.inspect(item("shirt", 2, grade=Grade.WORN, deduct_minor=1_500)).difference_minor == 1_500


def test_a_correction_gives_back_what_was_taken_off() -> None:
    world = World()
    world.inspect(item("shirt", 2, grade=Grade.WORN, deduct_minor=1_500))
    found = world.inspect(item("shirt", 2, grade=Grade.OPENED), inspection_id="i2", replaces="i1")
    assert (found.parts, found.refund_amount) == (PARTS, PARTS.total)
    with pytest.raises(InvalidInputError) as caught:
        world.inspect(item("shirt", 2), inspection_id="i3", replaces="i9")
    assert caught.value.problem == "no-such-inspection"


def test_who_withdraws_pays_nothing_for_having_looked() -> None:
    world = World()
    world.put(approved(kind=ReturnKind.WITHDRAWAL))
    assert world.inspect(item("shirt", 2, grade=Grade.OPENED, deduct_minor=1_500)).refund_amount == PARTS.total


def test_no_more_is_taken_off_than_there_is() -> None:
    world = World()
    world.put(approved(parts=Parts(currency="USD", items=20_000, fee=-500, capped=-4_000, bonus=1_000)))
    found = world.inspect(item("shirt", 2, grade=Grade.WORN, deduct_minor=10**9))
    assert found.refund_amount == usd(0)


def test_what_is_left_of_a_cap_is_worth_as_much_as_before() -> None:
    """Given 155.00 left of 195.00, and 30.00 taken off, then 155.00 are still left."""
    world = World()
    world.put(approved(parts=Parts(currency="USD", items=20_000, fee=-500, capped=-4_000)))
    found = world.inspect(item("shirt", 2, grade=Grade.WORN, deduct_minor=3_000))
    assert found.refund_amount == usd(15_500)


def test_money_that_has_moved_and_amounts_that_people_named_stay() -> None:
    paid = Settlement(
        key="k",
        kind=SettlementKind.REFUND,
        order_id="ord_1",
        amount=usd(19_500),
        state=SettlementState.DONE,
        intended_at=NOW,
    )
    named = YES.model_copy(update={"facts": {"stage": "goods", "amount_minor": 19_500}})
    for update in ({"settlements": (paid,), "state": ReturnState.REFUNDED}, {"decisions": (YES, named)}):
        world = World()
        world.put(approved(**update))
        found = world.inspect(item("shirt", 2, grade=Grade.WORN, deduct_minor=1_500))
        assert (found.parts, found.refund_amount) == (PARTS, PARTS.total)
        assert found.inspections[0].items[0].deduct_minor == 1_500


def test_the_same_inspection_again_takes_off_nothing_more() -> None:
    world = World()
    first = world.inspect(item("shirt", 2, grade=Grade.WORN, deduct_minor=1_500))
    assert world.inspect(item("shirt", 2, grade=Grade.WORN, deduct_minor=1_500)) == first
    with pytest.raises(ConflictError):
        world.inspect(item("shirt", 2, grade=Grade.WORN, deduct_minor=1_400))


# -------------------------------------------------------------------------------------------------------------- repairs
def in_repair(**update: Any) -> World:
    world = World()
    world.put(approved(resolution=Resolution.REPAIR, kind=ReturnKind.WARRANTY, state=ReturnState.RECEIVED, **update))
    return world


def test_a_repair_goes_through_its_states_and_back_to_the_shopper() -> None:
    world = in_repair()
    assert world.repair("in_repair").state is ReturnState.IN_REPAIR
    found = world.repair("repaired", carrier="ups", tracking_number="1z 888")
    assert found.state is ReturnState.REPAIRED
    assert [one.state for one in found.repairs] == [RepairState.IN_REPAIR, RepairState.REPAIRED]
    back = world.shipments.get("larkspur", found.replacement_shipment_id)
    assert back
    assert (back.order_id, back.shopper_id, back.tracking_number, back.is_return) == ("ord_1", "cus_1", "1Z888", False)
    assert back.shipment_id in world.orders.contents("larkspur", "ord_1").shipment_ids
    assert world.repair("repaired", carrier="ups", tracking_number="1Z888") == found


def test_a_repair_that_is_rejected_ends_with_its_reason_and_may_name_its_parcel_later() -> None:
    world = in_repair()
    found = world.repair("rejected", note="water damage")
    assert found.state is ReturnState.REFUSED
    assert (found.decisions[-1].rule, found.decisions[-1].note) == ("repair_rejected", "water damage")
    later = world.repair("rejected", note="water damage", carrier="ups", tracking_number="1Z888")
    assert later.replacement_shipment_id
    assert len(later.decisions) == len(found.decisions)


@pytest.mark.parametrize(
    ("update", "problem"),
    [
        ({"resolution": Resolution.REFUND}, "not-a-repair"),
        ({"decisions": ()}, "not-a-repair"),
        ({"state": ReturnState.CANCELLED}, "repair-over"),
        ({"state": ReturnState.REFUNDED}, "repair-over"),
    ],
)
def test_what_is_no_repair_is_refused(update: dict[str, Any], problem: str) -> None:
    world = in_repair()
    world.put(world.now().model_copy(update=update))
    with pytest.raises(ConflictError) as caught:
        world.repair("in_repair")
    assert caught.value.problem == problem


def test_what_has_ended_does_not_begin_again() -> None:
    world = in_repair()
    world.repair("repaired")
    for state in ("in_repair", "rejected"):
        with pytest.raises(ConflictError):
            world.repair(state)


@pytest.mark.parametrize("other", [{"return_id": "rma_1"}, {"order_id": "ord_2", "shopper_id": "cus_2"}])
def test_a_number_that_something_else_has_is_refused(other: dict[str, Any]) -> None:
    world = in_repair()
    number = ids.shipment_id("larkspur", "ups", "1Z888")
    taken = parcel(shipment_id=number, tracking_number="1Z888", **other)
    world.shipments.save(taken, due_at=None)
    with pytest.raises(ConflictError) as caught:
        world.repair("repaired", carrier="ups", tracking_number="1Z888")
    assert caught.value.problem == "number-of-another-parcel"
    assert world.shipments.get("larkspur", number) == taken
    assert world.now().repairs == ()


def test_a_parcel_that_was_scanned_before_it_was_told_is_the_same_one() -> None:
    world = in_repair()
    number = ids.shipment_id("larkspur", "ups", "1Z888")
    scanned = parcel(shipment_id=number, tracking_number="1Z888", order_id=None, shopper_id=None)
    world.shipments.save(after(scanned, [scan(Milestone.IN_TRANSIT, NOW)]), due_at=None)
    world.repair("repaired", carrier="ups", tracking_number="1Z888")
    found = world.shipments.get("larkspur", number)
    assert found
    assert (found.order_id, found.event_count) == ("ord_1", 1)


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
def looked_at(world: World) -> Return:
    """What the workflow makes of the record."""
    settled = settle_news(world.now(), Parcels(), NOW)
    if settled != world.now():
        settled = settled.model_copy(update={"version": settled.version + 1})
        world.put(settled)
    return settled


def with_terms(world: World, trigger: RefundTrigger) -> None:
    terms = Terms(policy_version="1", refund_on=trigger)
    world.put(world.now().model_copy(update={"terms": terms}))


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


# --------------------------------------------------------------------------------------------- what the shopper is told
@pytest.mark.parametrize(
    ("state", "items", "update", "told"),
    [
        (ReturnState.IN_TRANSIT, [item("shirt", 2, grade=Grade.NEW)], {}, Moment.RETURN_INSPECTED),
        (ReturnState.IN_TRANSIT, [item("shirt", 3, grade=Grade.NEW)], {}, Moment.RETURN_INSPECTED),
        (ReturnState.IN_TRANSIT, [item("shirt", grade=Grade.NEW)], {"complete": False}, None),
        (ReturnState.IN_TRANSIT, [item("shirt", grade=Grade.NEW)], {}, None),
        (ReturnState.REFUNDED, [item("shirt", 2, grade=Grade.NEW)], {}, None),
        (ReturnState.EXPIRED, [item("shirt", 2, grade=Grade.NEW)], {}, None),
    ],
    ids=["whole", "one too many", "half", "one is missing: people look", "after the money", "too late"],
)
def test_the_shopper_hears_of_an_inspection_once_it_has_a_result(
    state: ReturnState, items: list[ItemFound], update: dict[str, Any], told: Moment | None
) -> None:
    world = World()
    world.put(approved(state=state))
    before = world.now()
    found = [one for one in return_changes(before, world.inspect(*items, **update)) if one.type == "ReturnInspected"]
    assert [one.moment for one in found] == [told]


def said(request: Return) -> str:
    """What the message of an inspection says, in English."""
    facts = Scene(brand(), order(), NOW, relative=False).return_facts(request, {})
    words = yaml.safe_load((ROOT / "brand/default/words/en.yaml").read_text())["moments"]["return_inspected"]
    return " ".join(jinja2.Template(words[name]).render(**facts) for name in ("meaning", "you"))


def test_the_message_says_what_is_taken_off_and_that_a_person_decides_on_objection() -> None:
    worn = World().inspect(item("shirt", 2, grade=Grade.WORN, deduct_minor=1_500))
    assert said(worn).startswith("We refund $180.00. $15.00 is taken off for the state in which it came back.")
    assert "a person will decide" in said(worn)
    assert "taken off" not in said(World().inspect(item("shirt", 2, grade=Grade.NEW)))
    world = World()
    world.put(approved(resolution=Resolution.EXCHANGE))
    assert "We refund" not in said(world.inspect(item("shirt", 2, grade=Grade.NEW)))
