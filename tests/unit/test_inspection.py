"""What came beside what was asked for: properties over any box, and the cases that warehouses meet."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.policy.model import Sorting, Weights
from porchlight.domain.returns import Return, ReturnLine, ReturnState
from porchlight.domain.rma import inspection as goods
from porchlight.domain.rma.goods import Inspection, ItemFound, Receipt
from porchlight.domain.rma.names import Discrepancy, Disposition, Grade, ReturnKind, SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from porchlight.domain.rma.terms import Terms
from tests.unit.stories import NOW, order, usd, wanted

SHIRTS = order(
    lines=tuple(
        line.model_copy(update={"weight_grams": 300, "category": "apparel", "sku": f"SKU-{line.line_id}"})
        for line in order().lines
    )
)
ORDERS = {"ord_1": SHIRTS}
LINES = {("ord_1", line.line_id): line for line in SHIRTS.lines}
BOTH = wanted((("shirt", 2), ("hat", 1)))


def item(line: str = "", quantity: int = 1, **update: Any) -> ItemFound:
    values: dict[str, Any] = {"line_id": line, "order_id": "ord_1" if line else "", "quantity": quantity}
    return ItemFound(**{**values, **update})


def found(*items: ItemFound, complete: bool = True, about: Return = BOTH) -> goods.Findings:
    return goods.compare(goods.wanted(about, ORDERS), items, complete=complete)


def inspected(*items: ItemFound, number: int = 1, **update: Any) -> Inspection:
    return Inspection(**{"inspection_id": f"i{number}", "inspected_at": NOW, "items": items, **update})


# ------------------------------------------------------------------------------------------------------ what differs
STRANGE = item(note="a brick")
CASES: list[tuple[str, Sequence[ItemFound], set[Discrepancy]]] = [
    ("as asked for", [item("shirt", 2), item("hat")], set()),
    ("in two entries", [item("shirt"), item("shirt"), item("hat")], set()),
    ("nothing at all", [], {Discrepancy.EMPTY_BOX}),
    ("counted, and none of it", [item("shirt", 0)], {Discrepancy.EMPTY_BOX}),
    ("one shirt is missing", [item("shirt"), item("hat")], {Discrepancy.MISSING_ITEM}),
    ("a third shirt", [item("shirt", 3), item("hat")], {Discrepancy.EXTRA_ITEM}),
    ("something of no order on top", [item("shirt", 2), item("hat"), STRANGE], {Discrepancy.EXTRA_ITEM}),
    ("a brick in place of the hat", [item("shirt", 2), STRANGE], {Discrepancy.WRONG_ITEM}),
    (
        "a brick in place of the hat, and a shirt is missing",
        [item("shirt"), STRANGE],
        {Discrepancy.WRONG_ITEM, Discrepancy.MISSING_ITEM},
    ),
    (
        "two bricks in place of the hat",
        [item("shirt", 2), item(quantity=2, note="bricks")],
        {Discrepancy.WRONG_ITEM, Discrepancy.EXTRA_ITEM},
    ),
    ("nothing but a brick", [STRANGE], {Discrepancy.WRONG_ITEM, Discrepancy.MISSING_ITEM}),
]


@pytest.mark.parametrize(("items", "wrong"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_what_differs(items: Sequence[ItemFound], wrong: set[Discrepancy]) -> None:
    assert set(found(*items).discrepancies) == wrong


def test_while_more_is_to_come_nothing_is_missing() -> None:
    assert found(item("shirt"), complete=False) == goods.Findings()
    assert found(item("shirt", 3), complete=False).discrepancies == (Discrepancy.EXTRA_ITEM,)


lines = st.sampled_from(["shirt", "hat", "sock"])
entries = st.lists(st.tuples(lines, st.integers(0, 4)), max_size=6)


@given(entries, entries)
def test_pieces_add_up(asked: list[tuple[str, int]], came: list[tuple[str, int]]) -> None:
    """Given any request and any box, then what is missing or too much explains the difference, piece by piece."""
    about = wanted([(line, n) for line, n in asked if n] or [("shirt", 1)])
    quantities = goods.wanted(about, ORDERS).quantities
    items = [item(line, n) for line, n in came]
    result = found(*items, about=about)
    counts = goods.counted(items)
    for line, n in quantities.items():
        assert counts[line] == n - result.missing.get(line, 0) + result.extra.get(line, 0)
        assert not (result.missing.get(line) and result.extra.get(line))
    assert result.strange == sum(n for line, n in counts.items() if line not in quantities)
    exact = counts == {line: n for line, n in quantities.items() if n}
    assert (not result.discrepancies) is exact


@given(entries)
def test_the_same_in_any_order_is_the_same(came: list[tuple[str, int]]) -> None:
    items = [item(line, n) for line, n in came]
    assert found(*items) == found(*reversed(items))


# ------------------------------------------------------------------------------------------------------------ weights
@pytest.mark.parametrize(
    ("grams", "right"), [(900, True), (720, True), (719, False), (0, False), (3_080, True), (3_081, False)]
)
def test_a_box_weighs_its_goods_and_some_packaging(grams: int, right: bool) -> None:
    expected = goods.wanted(BOTH, ORDERS).grams
    assert expected == 900
    assert goods.weighs_right(grams, expected, Weights()) is right


def test_nothing_is_said_of_goods_whose_weight_is_not_known() -> None:
    assert goods.wanted(BOTH, {}).grams is None
    assert goods.weighs_right(1, None, Weights())


@given(st.integers(0, 10**5), st.integers(0, 100), st.integers(0, 100), st.integers(0, 5_000))
def test_a_wider_tolerance_finds_no_more(grams: int, percent: int, more: int, packaging: int) -> None:
    narrow = Weights(tolerance_percent=percent, packaging_grams=packaging)
    wide = Weights(tolerance_percent=min(100, percent + more), packaging_grams=packaging + 100)
    if goods.weighs_right(grams, 900, narrow):
        assert goods.weighs_right(grams, 900, wide)
    assert goods.weighs_right(900, 900, narrow)


# -------------------------------------------------------------------------------------------------------- mixed boxes
def test_a_box_of_two_returns_is_shared_out() -> None:
    mine, other = wanted((("shirt", 1),)), wanted((("hat", 1),), return_id="rma_2")
    boxes = goods.share_out([item("hat"), item("shirt")], [mine, other], LINES, {})
    assert boxes == {"rma_1": (item("shirt"),), "rma_2": (item("hat"),)}


def test_what_belongs_to_none_stays_with_the_first() -> None:
    mine, other = wanted((("shirt", 1),)), wanted((("hat", 1),), return_id="rma_2")
    assert goods.share_out([item("sock", deduct_minor=5), STRANGE], [mine, other], LINES, {}) == {
        "rma_1": (item(sku="sock"), STRANGE)
    }


def test_pieces_of_one_line_fill_the_first_return_before_the_other() -> None:
    mine, other = wanted((("shirt", 1),)), wanted((("shirt", 1),), return_id="rma_2")
    three = [item("shirt", 3, grade=Grade.WORN, deduct_minor=300)]
    boxes = goods.share_out(three, [mine, other], LINES, {})
    assert [(one.quantity, one.deduct_minor) for one in boxes["rma_1"]] == [(1, 100), (1, 100)]
    assert [(one.quantity, one.deduct_minor) for one in boxes["rma_2"]] == [(1, 100)]


def test_what_came_in_another_box_leaves_room_for_the_others() -> None:
    mine, other = wanted((("shirt", 1),)), wanted((("shirt", 1),), return_id="rma_2")
    boxes = goods.share_out([item("shirt")], [mine, other], LINES, {"rma_1": {("ord_1", "shirt"): 1}})
    assert boxes == {"rma_1": (), "rma_2": (item("shirt"),)}


def test_an_item_is_found_by_its_sku() -> None:
    (box,) = goods.share_out([item(sku="SKU-hat"), item(sku="SKU-unknown")], [BOTH], LINES, {}).values()
    assert [one.line_id for one in box] == ["hat", ""]


def test_a_line_of_one_of_several_orders_is_found_without_its_order() -> None:
    request = Return(
        **wanted().model_dump(exclude={"lines"}),
        lines=(
            ReturnLine(line_id="1", quantity=1, reason="x"),
            ReturnLine(line_id="9", quantity=1, reason="x", order_id="ord_2"),
        ),
    )
    (box,) = goods.share_out(
        [ItemFound(line_id="9", quantity=1), ItemFound(line_id="1", quantity=1)], [request], {}, {}
    ).values()
    assert [(one.order_id, one.line_id) for one in box] == [("ord_2", "9"), ("ord_1", "1")]


@given(entries, entries, entries)
def test_nothing_is_lost_in_sharing_out(
    asked: list[tuple[str, int]], others: list[tuple[str, int]], came: list[tuple[str, int]]
) -> None:
    returns = [
        wanted([(line, n) for line, n in one if n] or [("shirt", 1)], return_id=f"rma_{number}")
        for number, one in enumerate((asked, others))
    ]
    items = [item(line, n) for line, n in came]
    boxes = goods.share_out(items, returns, LINES, {})
    assert sum(one.quantity for box in boxes.values() for one in box) == sum(one.quantity for one in items)
    first = goods.compare(goods.wanted(returns[0], {}), boxes["rma_0"], complete=False)
    rest = goods.compare(goods.wanted(returns[1], {}), boxes.get("rma_1", ()), complete=False)
    assert (dict(rest.extra), rest.strange) == ({}, 0), "another return gets only what it was waiting for"
    if first.extra or first.strange:
        wanting = goods.wanted(returns[1], {}).quantities
        left = {line: n - goods.counted(boxes.get("rma_1", ()))[line] for line, n in wanting.items()}
        assert all(not left.get(line) for line in first.extra)


# ------------------------------------------------------------------------------------------------------- where it goes
def test_each_grade_has_a_place_to_go() -> None:
    assert {grade: goods.disposition(grade, None, ()) for grade in Grade} == dict(goods.USUAL)


def test_the_first_row_that_fits_says_where() -> None:
    table = (
        Sorting(category=("hygiene",), to=Disposition.RECYCLE),
        Sorting(grade=(Grade.WORN,), to=Disposition.DONATE),
        Sorting(grade=(Grade.WORN, Grade.NEW), to=Disposition.SEND_BACK),
    )
    assert goods.disposition(Grade.NEW, "hygiene", table) is Disposition.RECYCLE
    assert goods.disposition(Grade.WORN, "apparel", table) is Disposition.DONATE
    assert goods.disposition(Grade.NEW, None, table) is Disposition.SEND_BACK
    assert goods.disposition(Grade.DAMAGED, None, table) is Disposition.RECYCLE


def test_a_person_who_said_where_is_not_overruled() -> None:
    table = (Sorting(category=("apparel",), to=Disposition.DONATE),)
    said = item("shirt", grade=Grade.NEW, disposition=Disposition.REPAIR)
    unsaid, ungraded = item("shirt", grade=Grade.NEW), item("hat")
    placed = goods.sorted_out([said, unsaid, ungraded], LINES, table)
    assert [one.disposition for one in placed] == [Disposition.REPAIR, Disposition.DONATE, None]


# -------------------------------------------------------------------------------------------------------- what it costs
def off(kind: ReturnKind, *items: ItemFound) -> dict[str, int]:
    request = BOTH.model_copy(update={"kind": kind, "inspections": (inspected(*items),)})
    return goods.deductions(request, ORDERS)


@pytest.mark.parametrize(
    ("kind", "grade", "minor"),
    [
        (ReturnKind.RETURN, Grade.WORN, 700),
        (ReturnKind.RETURN, Grade.OPENED, 700),
        (ReturnKind.WITHDRAWAL, Grade.WORN, 700),
        (ReturnKind.WITHDRAWAL, Grade.DAMAGED, 700),
        (ReturnKind.WITHDRAWAL, Grade.OPENED, 0),
        (ReturnKind.WITHDRAWAL, Grade.NEW, 0),
        (ReturnKind.WITHDRAWAL, None, 0),
        (ReturnKind.WARRANTY, Grade.WORN, 0),
        (ReturnKind.CLAIM, Grade.WORN, 0),
    ],
)
def test_the_law_says_what_may_be_taken_off(kind: ReturnKind, grade: Grade | None, minor: int) -> None:
    """Who withdraws answers for wear and damage alone, never for having looked; who complains answers for nothing."""
    assert off(kind, item("shirt", grade=grade, deduct_minor=700)) == ({"ord_1": minor} if minor else {})


@pytest.mark.parametrize(("grade", "minor"), [(Grade.OPENED, 0), (None, 0), (Grade.WORN, 700)])
def test_a_plain_return_in_the_time_of_withdrawal_is_under_the_law_as_well(grade: Grade | None, minor: int) -> None:
    terms = Terms(policy_version="1", refund_by=NOW.date())
    found = (inspected(item("shirt", grade=grade, deduct_minor=700)),)
    request = BOTH.model_copy(update={"terms": terms, "inspections": found})
    assert goods.deductions(request, ORDERS) == ({"ord_1": minor} if minor else {})


def test_no_more_is_taken_off_than_was_paid_for_it() -> None:
    assert off(ReturnKind.RETURN, item("hat", deduct_minor=10**9)) == {"ord_1": 4_000}
    assert off(ReturnKind.RETURN, item("shirt", 2, deduct_minor=10**9), item("hat", deduct_minor=1)) == {
        "ord_1": 20_001
    }
    assert off(ReturnKind.RETURN, item("sock", deduct_minor=50), item(note="?", deduct_minor=5)) == {}


def test_a_corrected_inspection_counts_no_more() -> None:
    first, second = inspected(item("shirt", deduct_minor=900)), inspected(item("shirt", deduct_minor=100), number=2)
    request = BOTH.model_copy(update={"inspections": (first, second.model_copy(update={"replaces": "i1"}))})
    assert goods.deductions(request, ORDERS) == {"ord_1": 100}
    both = BOTH.model_copy(update={"inspections": (first, second)})
    assert goods.deductions(both, ORDERS) == {"ord_1": 1_000}


@given(st.lists(st.tuples(lines, st.integers(1, 3), st.integers(0, 10**6), st.sampled_from(Grade)), max_size=6))
def test_nobody_pays_for_sending_something_back(told: list[tuple[str, int, int, Grade]]) -> None:
    items = [item(line, n, deduct_minor=minor, grade=grade) for line, n, minor, grade in told]
    for kind in ReturnKind:
        assert 0 <= sum(off(kind, *items).values()) <= 24_000
    assert sum(off(ReturnKind.WITHDRAWAL, *items).values()) <= sum(off(ReturnKind.RETURN, *items).values())


# ----------------------------------------------------------------------------------------------------- who has to look
def box(*wrong: Discrepancy) -> Receipt:
    return Receipt(receipt_id="r1", received_at=NOW, discrepancies=wrong)


def asks(state: ReturnState = ReturnState.RECEIVED, **update: Any) -> str:
    return goods.question(BOTH.model_copy(update={"state": state, **update}))


def test_a_person_looks_at_what_is_wrong_the_gravest_first() -> None:
    wrong = inspected(discrepancies=(Discrepancy.MISSING_ITEM, Discrepancy.WRONG_ITEM))
    assert asks(inspections=(wrong,)) == "wrong_item"
    assert asks(receipts=(box(Discrepancy.WEIGHT_MISMATCH),)) == "weight_mismatch"
    assert asks() == ""


def test_too_much_in_a_box_takes_nothing_from_anybody() -> None:
    assert asks(inspections=(inspected(discrepancies=(Discrepancy.EXTRA_ITEM,)),)) == ""


def test_what_was_inspected_outranks_what_was_weighed() -> None:
    assert asks(receipts=(box(Discrepancy.WEIGHT_MISMATCH),), inspections=(inspected(item("shirt", 2)),)) == ""


def test_what_came_in_a_second_box_is_no_question_any_more() -> None:
    light = box(Discrepancy.WEIGHT_MISMATCH)
    assert asks(receipts=(light, box())) == ""


def test_once_the_money_is_gone_nobody_is_asked_but_for_what_is_held() -> None:
    empty = inspected(discrepancies=(Discrepancy.EMPTY_BOX,))
    assert asks(ReturnState.REFUNDED, inspections=(empty,)) == ""
    hold = Settlement(
        key="h",
        kind=SettlementKind.HOLD,
        order_id="ord_1",
        amount=usd(1),
        state=SettlementState.DONE,
        intended_at=NOW,
    )
    assert asks(ReturnState.EXCHANGED, inspections=(empty,), settlements=(hold,)) == "empty_box"
    over = hold.model_copy(update={"key": "r", "kind": SettlementKind.RELEASE})
    assert asks(ReturnState.EXCHANGED, inspections=(empty,), settlements=(hold, over)) == ""


@pytest.mark.parametrize("state", [ReturnState.EXPIRED, ReturnState.CANCELLED, ReturnState.REFUSED])
def test_a_box_of_a_return_that_was_given_up_is_looked_at(state: ReturnState) -> None:
    assert asks(state, receipts=(box(),)) == goods.LATE
    assert asks(state) == ""
