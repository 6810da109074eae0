"""Inspections and repairs: what differs, what is taken off, what goes back, what the shopper hears."""

from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from porchlight.domain import ids
from porchlight.domain.facts import Scene
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.return_events import return_changes
from porchlight.domain.returns import Return, ReturnState
from porchlight.domain.rma.goods import ItemFound
from porchlight.domain.rma.names import (
    Discrepancy,
    Disposition,
    Grade,
    RepairState,
    Resolution,
    ReturnKind,
    SettlementKind,
    SettlementState,
)
from porchlight.domain.rma.settlements import Parts, Settlement
from porchlight.errors import ConflictError, InvalidInputError
from tests.unit.receiving import PARTS, YES, World, approved, in_repair, item
from tests.unit.stories import NOW, after, brand, order, parcel, scan, usd

ROOT = Path(__file__).parents[2]


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


def test_no_more_is_said_of_a_return_than_the_table_can_keep() -> None:
    """An item of the table has 400 KB; a return that is full can never be written, nor paid, again."""
    world = World()
    said = [item("shirt", grade=Grade.OPENED, note="ü" * 500)] * 150
    for number in range(2):
        world.inspect(*said, inspection_id=f"i{number}", complete=False)
    with pytest.raises(ConflictError) as caught:
        world.inspect(*said, inspection_id="i2", complete=False)
    assert caught.value.problem == "too-much-told"
    # When it is said in few words, Then it is taken
    found = world.inspect(item("shirt", 2, grade=Grade.NEW), inspection_id="i2")
    assert found.state is ReturnState.INSPECTED


def test_the_same_inspection_again_takes_off_nothing_more() -> None:
    world = World()
    first = world.inspect(item("shirt", 2, grade=Grade.WORN, deduct_minor=1_500))
    assert world.inspect(item("shirt", 2, grade=Grade.WORN, deduct_minor=1_500)) == first
    with pytest.raises(ConflictError):
        world.inspect(item("shirt", 2, grade=Grade.WORN, deduct_minor=1_400))


# -------------------------------------------------------------------------------------------------------------- repairs
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
