"""Hold-outs: stable parts, and what difference a moment makes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.channels import Channel
from porchlight.domain.experiments import Arm, Effect, arm_of, differences
from porchlight.domain.messages import Suppression
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.outreach import Experiment
from porchlight.domain.receipts import ReceiptKind
from porchlight.errors import InvalidInputError
from porchlight.services.engagement import EngagementReport
from tests.fakes_reaching import FakeEngagement
from tests.unit.stories import NOW
from tests.unit.test_fanout_life import City

ETA = Experiment(moment=Moment.OUT_FOR_DELIVERY, hold_out=0.5)


def city(**policy: Any) -> City:
    return City(channels=(Channel.EMAIL,), experiments={"eta": ETA}, **policy)


def test_a_shopper_is_assigned_once_and_it_is_remembered() -> None:
    the = city()
    arm = arm_of("eta", ETA, "cus_1")
    for _ in range(3):
        the.tell()
    the.add_parcel(2)
    the.tell(number=2)
    assert the.profiles.get("larkspur", "cus_1").arms == {"eta/first": arm}
    assert the.experiments.arms("larkspur", "eta/first")[arm] == {Effect.ASSIGNED: 1}
    held = [one.reason is Suppression.HELD_OUT for one in the.told()]
    assert set(held) == {arm is Arm.HELD_OUT}


def test_what_they_do_afterwards_is_counted_in_their_part_and_nowhere_else() -> None:
    the = city()
    brand = the.brands.get("larkspur")
    the.laboratory.note(brand, the.profiles.get("larkspur", "cus_1"), Effect.PAGE_VIEWS, NOW)
    assert not the.experiments.counts
    the.tell()
    for effect in (Effect.PAGE_VIEWS, Effect.PAGE_VIEWS, Effect.CONTACTS):
        the.laboratory.note(brand, the.profiles.get("larkspur", "cus_1"), effect, NOW)
    arm = arm_of("eta", ETA, "cus_1")
    counts = the.experiments.arms("larkspur", "eta/first")
    assert counts[arm] == {Effect.ASSIGNED: 1, Effect.PAGE_VIEWS: 2, Effect.CONTACTS: 1}
    assert counts[Arm.TOLD if arm is Arm.HELD_OUT else Arm.HELD_OUT] == {}


def test_an_order_after_the_first_message_is_a_repeat_order_once() -> None:
    the = city()
    the.tell()
    the.add_parcel(2, "ord_2", Milestone.ACCEPTED)
    for _ in range(2):
        the.tell(Moment.ORDER_CONFIRMED, 2, "ord_2")
    assert the.experiments.counts["larkspur", "eta/first", arm_of("eta", ETA, "cus_1"), Effect.REPEAT_ORDERS] == 1


def test_a_brand_without_experiments_reads_and_writes_nothing() -> None:
    the = City(channels=(Channel.EMAIL,))
    the.tell()
    assert the.profiles.get("larkspur", "cus_1").version == 0
    assert the.laboratory.report(the.brands.get("larkspur")) == []


def test_a_report_names_counts_and_how_sure_they_are() -> None:
    the = city()
    the.tell()
    (told,) = the.laboratory.report(the.brands.get("larkspur"))
    assert (told["experiment"], told["moment"], told["hold_out"]) == ("eta", "out_for_delivery", 0.5)
    assert {one["effect"] for one in told["differences"]} == {"page_views", "contacts", "repeat_orders"}
    assert not any(one["certain"] for one in told["differences"])


def test_a_clear_difference_is_certain_and_a_small_one_is_not() -> None:
    told = {Effect.ASSIGNED: 1000, Effect.PAGE_VIEWS: 3000, Effect.CONTACTS: 30}
    held = {Effect.ASSIGNED: 1000, Effect.PAGE_VIEWS: 2000, Effect.CONTACTS: 33}
    views, contacts, repeats = differences({Arm.TOLD: told, Arm.HELD_OUT: held})
    assert (views.difference, views.is_certain) == (1.0, True)
    assert contacts.difference == pytest.approx(-0.003)
    assert not contacts.is_certain
    assert repeats.difference == 0


@given(st.lists(st.integers(0, 5_000), min_size=8, max_size=8))
def test_any_counts_have_a_report(counts: list[int]) -> None:
    arms = {
        Arm.TOLD: dict(zip(Effect, counts[:4], strict=True)),
        Arm.HELD_OUT: dict(zip(Effect, counts[4:], strict=True)),
    }
    for one in differences(arms):
        if one.difference is None:
            assert one.told is None or one.held_out is None
        else:
            assert one.low is not None
            assert one.high is not None
            assert one.low <= one.difference <= one.high


class TestEngagement:
    def test_shares_are_of_what_was_delivered(self) -> None:
        known = FakeEngagement()
        for kind in (*[ReceiptKind.DELIVERED] * 4, ReceiptKind.OPENED, ReceiptKind.BOUNCED):
            known.count("larkspur", Moment.SHIPPED, Channel.EMAIL, kind, NOW)
        (row,) = EngagementReport(known).ask("larkspur", "", NOW.date())["moments"]
        assert row == {
            **{"moment": "shipped", "channel": "email", "delivered": 4, "opened": 1, "bounced": 1},
            **{"opened_share": 0.25, "clicked_share": 0.0},
        }

    @pytest.mark.parametrize("days", ["0", "-1", "367", "x", "١"])
    def test_days_are_a_number(self, days: str) -> None:
        with pytest.raises(InvalidInputError):
            EngagementReport(FakeEngagement()).ask("larkspur", days, NOW.date())
