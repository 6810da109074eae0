"""What brands may write as playbooks, and what a remedy is about."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from porchlight.domain.amends import lines_of_parcel, money_back, value_of
from porchlight.domain.brands import DelayPolicy
from porchlight.domain.delays import Delay, DelayKind
from porchlight.domain.packing import Packing, ParcelLine
from porchlight.domain.playbooks import DEFAULTS, MOST_DAYS, lasts, playbook
from porchlight.domain.policies import left_to_refund
from porchlight.domain.remedies import Remedy, RemedyRecord, RemedyState
from porchlight.domain.shipments import Shipment
from tests.unit.stories import NOW, order, parcel, usd

PAGE = Path(__file__).parents[2] / "docs/branding.md"


def policy(**values: Any) -> DelayPolicy:
    return DelayPolicy.model_validate({"version": "delays-1", **values})


# ------------------------------------------------------------------------------------------------------------ playbooks
def test_the_example_of_the_branding_page_is_a_policy() -> None:
    block = re.search(r"## Playbooks\n.*?```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert block
    found = policy(**yaml.safe_load(block[1])["delays"])
    assert [step.step for step in found.playbooks[DelayKind.STALLED]] == ["wait", "credit", "ask_shopper", "open_case"]
    elite = playbook(DelayKind.STALLED, "elite", found.playbooks, found.tiers)
    assert [step.step for step in elite] == ["wait", "presume_lost"]


@pytest.mark.parametrize(
    "step",
    [
        {"step": "wait", "days": 0},
        {"step": "wait", "days": 3, "hours": 1},
        {"step": "open_case", "options": []},
        {"step": "open_case", "options": ["credit"]},
        {"step": "ask_shopper", "options": ["refund", "refund"]},
        {"step": "ask_shopper", "options": ["refund"], "default": "resend"},
        {"step": "credit", "currency": "usd", "amount_minor": 1},
        {"step": "credit", "currency": "USD", "amount_minor": -1},
        {"step": "presume_lost", "then": "keep_waiting"},
        {"step": "hope"},
    ],
)
def test_a_step_that_makes_no_sense_is_refused(step: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        policy(playbooks={"stalled": [step]})


def test_a_playbook_that_would_outlast_its_workflow_is_refused() -> None:
    waits = [{"step": "wait", "days": 60}] * 2
    policy(playbooks={"stalled": waits})
    with pytest.raises(ValidationError):
        policy(playbooks={"stalled": [*waits, {"step": "wait", "days": 1}]})


def test_the_defaults_keep_to_that_too() -> None:
    for steps in DEFAULTS.values():
        assert sum((lasts(step) or timedelta()).days for step in steps) <= MOST_DAYS


# ------------------------------------------------------------------------------------------------------------- remedies
def packed(*lines: tuple[str, int], parcels: int = 1, cancelled: bool = False) -> dict[str, Packing]:
    held = tuple(ParcelLine(line_id=line, quantity=count) for line, count in lines)
    return {"f1": Packing(lines=held, parcels=parcels, cancelled=cancelled, as_of=NOW)}


OTHER = parcel(shipment_id="shp_2")


@pytest.mark.parametrize(
    ("mine", "others", "expected"),
    [
        # Alone, it holds what the store says, else everything.
        ({}, [], {}),
        (packed(("shirt", 1)), [], {"shirt": 1}),
        (packed(("shirt", 2), ("hat", 1)), [], {}),
        # Beside others, what the store says, else nobody knows.
        (packed(("hat", 1)), [OTHER], {"hat": 1}),
        ({}, [OTHER], None),
        (packed(), [OTHER], None),
        (packed(("shirt", 2), parcels=2), [OTHER], None),
        # Parcels that are none do not count: a return's, one taken back, one under a wrong carrier.
        ({}, [OTHER.model_copy(update={"return_id": "rma_1"})], {}),
        ({}, [OTHER.model_copy(update={"packed": packed(("hat", 1), cancelled=True)})], {}),
        ({}, [OTHER.model_copy(update={"moved_to": "shp_1"})], {}),
    ],
)
def test_which_lines_are_in_a_parcel(
    mine: dict[str, Packing], others: list[Shipment], expected: dict[str, int] | None
) -> None:
    one = parcel(packed=mine)
    assert lines_of_parcel(one, order(), [one, *others], {}) == expected


def test_a_parcel_beside_what_left_without_a_number_is_not_the_whole_order() -> None:
    assert lines_of_parcel(parcel(), order(), [parcel()], packed(("hat", 1))) is None


def test_what_lines_are_worth() -> None:
    assert value_of(order(), {}) == usd(24_000)
    assert value_of(order(), {"shirt": 1, "hat": 1}) == usd(14_000)
    assert value_of(order(total=usd(9_000)), {"shirt": 2}) == usd(9_000)


def test_a_refund_of_ours_counts_on_top_of_the_stores_unless_it_is_known_to_be_the_same() -> None:
    ours = {"rmd_1:re_9": usd(10_000)}
    assert left_to_refund(order(refunds=ours), []) == usd(14_000)
    assert left_to_refund(order(refunds={**ours, "re_9": usd(10_000)}), []) == usd(14_000)
    assert left_to_refund(order(refunds={**ours, "re_8": usd(10_000)}), []) == usd(4_000)
    assert order(refunds={**ours, "re_9": usd(10_000)}).refunded == usd(10_000)


@given(st.lists(st.tuples(st.integers(0, 30_000), st.booleans()), max_size=5), st.integers(0, 30_000))
def test_no_more_than_was_paid_is_ever_given_back(asked: list[tuple[int, bool]], refunded: int) -> None:
    # Given parcels of one order that are refunded one after the other, some of them not executed yet
    found = order(refunds={"re_1": usd(refunded)} if refunded else {})
    parcels: list[Shipment] = []
    for number, (minor, executed) in enumerate(asked):
        key = f"rmd_{number}"
        worth = found.lines[0].model_copy(update={"quantity": 1, "unit_price": usd(minor)})
        priced = found.model_copy(update={"lines": (worth, *found.lines[1:])})
        amount = money_back(priced, {"shirt": 1}, [], parcels, key)
        # When the same is asked again, it is the same
        record = RemedyRecord(key=key, remedy=Remedy.REFUND, amount=amount, intended_at=NOW)
        if executed:
            record = record.model_copy(update={"state": RemedyState.DONE})
            found = found.model_copy(update={"refunds": {**found.refunds, f"{key}:ref": amount}})
        delay = Delay(delay_id=key, kind=DelayKind.STALLED, declared_at=NOW, remedies=(record,))
        parcels.append(parcel(shipment_id=f"shp_{number}", delay=delay))
        assert amount.amount >= 0
    # Then all of it together is not more than was left
    total = sum(one.delay.remedies[0].amount.amount for one in parcels)  # type: ignore[union-attr]
    assert total <= max(0, 24_000 - refunded)
