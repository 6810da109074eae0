"""How returns end: called off, expired, too late; exchanged, repaired, kept; when money or a label cannot be had."""

from typing import Any

import pytest

from porchlight.domain.brands import BrandConfig
from porchlight.domain.milestones import Milestone
from porchlight.domain.returns import ReturnState
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.errors import ConflictError, InvalidInputError, PermanentProviderError, TransientError
from porchlight.returning import Answer, Instruction
from porchlight.services.warehouse import RepairBody
from tests.fakes_returning import FakeSettlements
from tests.unit.returning import BRAND, ONE, World, wanted, world
from tests.unit.stories import DAY, NOW, usd

WARRANTY = {"kind": "warranty", "resolution": "repair"}

# -------------------------------------------------------------------------------------------- called off, expired, late


def test_what_is_called_off_ends_with_its_label_taken_back() -> None:
    here = world(provider="shop")
    rma = here.ask()
    for _ in range(2):
        here.cancellation.cancel(BRAND, rma, "shopper", NOW)
    here.run()
    request = here.get(rma)
    assert (request.state, request.label, len(set(here.labels.voided))) == (ReturnState.CANCELLED, None, 1)
    assert request.closed_at
    assert here.told.count("ReturnCancelled") == 1


def test_it_is_too_late_to_call_off_what_was_scanned_or_settled() -> None:
    # Given a scan of which the workflow has not heard yet
    here = world()
    rma = here.ask()
    here.carrier(rma, hear=False)
    with pytest.raises(ConflictError) as caught:
        here.cancellation.cancel(BRAND, rma, "shopper", here.now)
    assert caught.value.problem == "cannot-cancel"
    instant = world(refund_on="instant")
    with pytest.raises(ConflictError):
        instant.cancellation.cancel(BRAND, instant.ask(), "shopper", NOW)


def test_a_parcel_that_is_never_scanned_expires() -> None:
    here = world()
    rma = here.ask()
    here.later(days=29)
    here.carrier(rma, Milestone.PRE_TRANSIT)
    here.later(days=1)
    assert (here.get(rma).state, here.rules(rma)[-1]) == (ReturnState.EXPIRED, "scan_deadline")
    assert here.moved() == {}


@pytest.mark.parametrize("approve", [True, False])
def test_a_box_that_comes_after_the_end_is_put_before_people(approve: bool) -> None:
    here = world()
    rma = here.ask()
    here.later(days=30)
    here.receive(rma, ONE)
    review = here.get(rma).review
    assert review
    assert (review.stage, review.why) == ("goods", "arrived_late")
    here.decide(rma, approve)
    assert here.get(rma).state is (ReturnState.REFUNDED if approve else ReturnState.EXPIRED)
    assert here.moved() == ({"refund": 10_000} if approve else {})
    assert not any(one.token for one in here.executions.values())


def test_a_box_for_what_was_refused_changes_nothing_by_itself() -> None:
    here = world(review="look")
    rma = here.ask()
    here.decide(rma, False)
    here.receive(rma, ONE)
    assert here.get(rma).review
    here.later(days=3)
    assert (here.get(rma).state, here.moved()) == (ReturnState.REFUSED, {})


def test_what_comes_while_people_look_for_it_goes_on_by_itself() -> None:
    here = world(refund_on="received")
    rma = here.ask()
    here.carrier(rma)
    here.later(days=21)
    assert here.get(rma).review
    here.receive(rma, ONE)
    assert (here.get(rma).review, here.moved()) == (None, {"refund": 10_000})


def test_a_return_that_lasts_longer_than_an_execution_may_is_handed_over() -> None:
    # Given a repair under a guarantee that takes its time
    days = {"scan_days": 120, "receive_days": 120, "repair_days": 180, "review_default": "approve"}
    here = world(deadlines=days)
    rma = here.ask(**WARRANTY)
    here.later(days=119)
    here.carrier(rma)
    here.later(days=119)
    here.receive(rma)
    here.later(days=61)
    assert here.get(rma).state is ReturnState.IN_REPAIR
    assert all(one.until is None or one.until <= NOW + 300 * DAY for one in here.executions.values() if one.token)
    # When its execution is 300 days old, another one goes on
    here.later(days=1)
    assert [one.outcome for one in here.executions.values()] == ["handed_over", ""]
    _repaired(here, rma, "repaired")
    assert (here.get(rma).state, here.told.count("ReturnReopened")) == (ReturnState.REPAIRED, 1)


def test_a_voided_label_that_is_used_all_the_same_brings_the_return_back() -> None:
    here = world(provider="shop")
    rma = here.ask()
    here.cancellation.cancel(BRAND, rma, "shopper", NOW)
    here.run()
    (old,) = here.get(rma).old_labels
    here.carrier(rma, Milestone.ACCEPTED, old.shipment_id)
    assert here.get(rma).review is None  # on its way is not here
    here.carrier(rma, Milestone.DELIVERED, old.shipment_id)
    assert here.get(rma).review
    here.decide(rma, True)
    assert here.moved() == {"refund": 10_000}


def test_a_scan_after_an_instant_refund_is_noted_and_moves_nothing() -> None:
    here = world(refund_on="instant")
    rma = here.ask()
    here.later(days=3)
    here.carrier(rma)
    assert here.get(rma).scanned_at == here.now
    assert here.get(rma).state is ReturnState.REFUNDED
    assert here.moved() == {"refund": 10_000}
    assert len(here.executions) == 1


# --------------------------------------------------------------------------------------------------------- resolutions


@pytest.mark.parametrize("method", ["keep", "donate"])
def test_what_does_not_come_back_is_settled_at_once(method: str) -> None:
    here = world(refund_on="inspected")
    rma = here.ask(method=method)
    assert (here.get(rma).state, here.get(rma).label) == (ReturnState.REFUNDED, None)
    assert here.moved() == {"refund": 10_000}


@pytest.mark.parametrize("method", ["own", "in_store"])
def test_what_needs_no_label_is_approved_at_once_and_waits_for_the_goods(method: str) -> None:
    here = world()
    rma = here.ask(method=method)
    assert (here.get(rma).state, here.get(rma).label, here.moved()) == (ReturnState.APPROVED, None, {})
    here.receive(rma)
    assert here.moved() == {"refund": 10_000}


def test_store_credit_comes_with_its_bonus() -> None:
    here = world(credit_bonus_percent=10)
    rma = here.ask(resolution="store_credit")
    here.carrier(rma)
    assert (here.get(rma).state, here.moved()) == (ReturnState.CREDITED, {"credit": 11_000})


@pytest.mark.parametrize(
    ("price", "moved"),
    [
        (None, {"exchange": 10_000}),
        (8_000, {"exchange": 8_000, "refund": 2_000}),
        (13_000, {"charge": 3_000, "exchange": 10_000}),
    ],
)
def test_an_exchange_settles_its_difference(price: int | None, moved: dict[str, int]) -> None:
    here = world()
    rma = here.ask(**wanted(price))
    assert here.moved() == {}
    here.carrier(rma)
    assert (here.get(rma).state, here.moved()) == (ReturnState.EXCHANGED, moved)
    assert here.get(rma).replacement_order_id


def test_an_instant_exchange_goes_out_at_once_and_is_let_go_when_theirs_is_seen() -> None:
    here = world()
    rma = here.ask(**(wanted() | {"resolution": "instant_exchange"}))
    assert here.get(rma).state is ReturnState.EXCHANGED
    assert list(here.moved()) == ["hold", "exchange"]
    assert here.get(rma).closed_at is None
    here.later(days=5)
    here.carrier(rma)
    assert list(here.moved()) == ["hold", "exchange", "release"]
    assert here.get(rma).closed_at


def test_what_is_held_is_taken_when_nothing_comes() -> None:
    here = world()
    rma = here.ask(**(wanted() | {"resolution": "instant_exchange"}))
    here.later(days=30)
    assert list(here.moved()) == ["hold", "exchange", "capture"]
    assert (here.get(rma).state, here.rules(rma)[-1]) == (ReturnState.EXCHANGED, "scan_deadline")


def test_a_hold_that_cannot_be_had_makes_an_ordinary_exchange_of_it() -> None:
    here = world()
    here.provider.fails.append(PermanentProviderError("declined", code="card-declined"))
    rma = here.ask(**(wanted() | {"resolution": "instant_exchange"}))
    assert (here.get(rma).state, here.moved()) == (ReturnState.APPROVED, {})
    assert here.rules(rma)[-1] == "hold_failed"
    here.carrier(rma)
    assert here.moved() == {"exchange": 10_000}


def test_goods_that_cannot_be_had_are_paid_back_and_what_was_held_is_let_go() -> None:
    here = world()
    here.provider = RefusesGoods()
    rma = here.ask(**(wanted() | {"resolution": "instant_exchange"}))
    assert here.get(rma).review
    here.decide(rma, False)
    assert list(here.moved()) == ["hold", "release"]
    here.carrier(rma)
    assert (here.get(rma).state, here.moved()["refund"]) == (ReturnState.REFUNDED, 10_000)


def test_a_replacement_for_what_never_came_goes_out_without_goods() -> None:
    here = world()
    rma = here.ask(kind="claim", resolution="replace", method="keep")
    assert (here.get(rma).state, list(here.moved())) == (ReturnState.EXCHANGED, ["replace"])


def test_a_repair_goes_in_and_out() -> None:
    here = world()
    rma = here.ask(**WARRANTY)
    here.carrier(rma)
    assert here.moved() == {}
    here.receive(rma)
    assert (here.get(rma).state, here.moved()) == (ReturnState.IN_REPAIR, {"repair": 0})
    here.later(days=10)
    _repaired(here, rma, "repaired", carrier="ups", tracking_number="1Z123")
    request = here.get(rma)
    assert (request.state, bool(request.replacement_shipment_id)) == (ReturnState.REPAIRED, True)
    assert request.closed_at


def test_a_repair_that_is_rejected_ends_and_is_no_late_box() -> None:
    here = world()
    rma = here.ask(**WARRANTY)
    here.receive(rma)
    _repaired(here, rma, "rejected", note="water damage")
    assert (here.get(rma).state, here.get(rma).review) == (ReturnState.REFUSED, None)
    assert here.moved() == {"repair": 0}


def test_what_is_not_repaired_in_time_is_paid_back_or_given_more_time() -> None:
    here = world()
    rma = here.ask(**WARRANTY)
    here.receive(rma)
    here.later(days=21)
    assert here.get(rma).review
    here.decide(rma, False)  # a part is still to come
    assert here.get(rma).state is ReturnState.IN_REPAIR
    here.later(days=21)
    here.later(days=3)
    assert here.get(rma).state is ReturnState.REFUNDED
    assert here.moved() == {"repair": 0, "refund": 10_000}


def test_what_is_repaired_while_people_are_asked_is_not_paid_back() -> None:
    here = world()
    rma = here.ask(**WARRANTY)
    here.receive(rma)
    here.later(days=21)
    assert here.get(rma).review
    _repaired(here, rma, "repaired", carrier="ups", tracking_number="1Z123")
    here.later(days=3)
    assert (here.get(rma).state, here.get(rma).review) == (ReturnState.REPAIRED, None)
    assert here.moved() == {"repair": 0}


def _repaired(here: World, rma: str, state: str, **more: Any) -> None:
    here.warehouse.repair(BRAND, rma, RepairBody.model_validate({"state": state, **more}), "wh", here.now)
    here.run()


# --------------------------------------------------------------------------------------------------------------- money


def test_money_that_fails_is_tried_again_under_another_key_when_a_person_says_so() -> None:
    here = world()
    rma = here.ask()
    here.provider.fails.append(PermanentProviderError("closed", code="account-closed"))
    here.carrier(rma)
    review = here.get(rma).review
    assert review
    assert (review.stage, review.why) == ("money", "account-closed")
    here.decide(rma, True)
    first, second = here.get(rma).settlements
    assert (first.state, second.state, here.moved()) == (
        *(SettlementState.FAILED, SettlementState.DONE),
        {"refund": 10_000},
    )
    assert second.key == f"{first.key}-2"
    assert here.get(rma).state is ReturnState.REFUNDED


def test_a_person_may_pay_less_or_leave_it() -> None:
    less, left = world(), world()
    for here, approve, amount in ((less, True, 4_000), (left, False, None)):
        rma = here.ask()
        here.provider.fails.append(PermanentProviderError("no"))
        here.carrier(rma)
        here.decide(rma, approve, **({"amount_minor": amount} if amount else {}))
        assert here.get(rma).closed_at
    assert less.moved() == {"refund": 4_000}
    assert left.moved() == {}
    assert [one.state for one in left.returns.records.values()] == [ReturnState.REFUSED]


def test_credit_that_cannot_be_given_is_paid_back_instead() -> None:
    here = world(credit_bonus_percent=10)
    rma = here.ask(resolution="store_credit")
    here.provider.fails.append(PermanentProviderError("no"))
    here.carrier(rma)
    here.decide(rma, False)
    assert (here.get(rma).state, here.moved()) == (ReturnState.REFUNDED, {"refund": 10_000})


def test_money_that_keeps_failing_ends_with_people_and_can_be_taken_up() -> None:
    here = world()
    rma = here.ask()
    here.provider.fails += [PermanentProviderError("no") for _ in range(4)]
    here.carrier(rma)
    for _ in range(4):
        here.later(days=3)
    assert (here.get(rma).state, here.get(rma).failure) == (ReturnState.FAILED, "money: provider-refused")
    assert here.metrics.total("ReturnsFailed", step="money") == 1
    here.reviews.reopen(BRAND, rma, "key-cx", here.now)
    here.run()
    here.decide(rma, True)
    assert (here.get(rma).state, here.moved()) == (ReturnState.REFUNDED, {"refund": 10_000})


def test_what_was_taken_is_asked_about_each_day_until_it_is_done() -> None:
    here = world()
    here.provider.state = SettlementState.ACCEPTED
    rma = here.ask()
    here.carrier(rma)
    assert here.get(rma).state is ReturnState.IN_TRANSIT
    here.later(days=1)
    here.provider.state = SettlementState.DONE
    here.later(hours=23)
    assert here.get(rma).state is ReturnState.IN_TRANSIT
    here.later(hours=1)
    assert (here.get(rma).state, len(here.provider.done)) == (ReturnState.REFUNDED, 1)


def test_what_was_taken_and_never_comes_to_an_end_is_put_before_people() -> None:
    here = world()
    here.provider.state = SettlementState.ACCEPTED
    rma = here.ask()
    here.carrier(rma)
    for _ in range(14):
        here.later(days=1)
    review = here.get(rma).review
    assert review
    assert (review.stage, review.why) == ("money", "no_answer")
    here.provider.state = SettlementState.DONE
    here.decide(rma, True)
    assert here.get(rma).state is ReturnState.REFUNDED


def test_money_that_went_elsewhere_meanwhile_is_not_paid_twice() -> None:
    here = world()
    rma = here.ask()
    order = here.orders.records[BRAND, "ord_1"]
    here.orders.records[BRAND, "ord_1"] = order.model_copy(update={"refunds": {"r": usd(20_000)}})
    here.carrier(rma)
    assert here.get(rma).review
    assert here.moved() == {}
    here.decide(rma, True)
    assert here.moved() == {"refund": 4_000}


def test_a_provider_that_is_down_is_asked_again_under_the_same_key() -> None:
    here = world()
    rma = here.ask()
    here.provider.fails += [TransientError("down")]
    here.carrier(rma)
    assert here.moved() == {}
    here.later(hours=1)
    assert len(here.provider.calls) == 2
    assert len({one.key for one in here.provider.calls}) == 1
    assert here.get(rma).state is ReturnState.REFUNDED


# -------------------------------------------------------------------------------------------------------------- labels


def test_a_label_that_cannot_be_had_is_a_question_for_people_and_in_the_end_the_shopper_sends_it() -> None:
    here = world(provider="shop")
    here.labels.fails += [PermanentProviderError("no such street")] * 2
    rma = here.ask()
    review = here.get(rma).review
    assert review
    assert (review.stage, review.why) == ("request", "label_refused")
    here.decide(rma, True)  # try again: it is refused again
    assert here.get(rma).review
    here.later(days=3)
    request = here.get(rma)
    assert (request.state, request.method, request.label) == (ReturnState.APPROVED, "own", None)
    here.receive(rma)
    assert here.moved() == {"refund": 10_000}


def test_a_failed_step_is_recorded_once_and_leaves_alone_what_has_ended() -> None:
    here = world()
    rma = here.ask()
    (mine,) = here.executions
    for outcome in ("failed", "left_alone"):
        step = here.steps.fail(BRAND, rma, mine, "SettleReturn", "PermanentProviderError", NOW)
        assert step["outcome"] == outcome
    assert here.get(rma).failure == "SettleReturn: PermanentProviderError"
    assert here.get(rma).state is ReturnState.FAILED
    assert here.metrics.total("ReturnsFailed", step="SettleReturn") == 1
    # And a person who takes it up brings it to its end
    here.reviews.reopen(BRAND, rma, "key-cx", NOW)
    here.run()
    here.decide(rma, True)
    here.carrier(rma)
    assert here.moved() == {"refund": 10_000}
    assert here.steps.fail(BRAND, rma, list(here.executions)[1], "X", "Y", NOW) == {"outcome": "left_alone"}
    assert here.get(rma).state is ReturnState.REFUNDED


def test_a_workflow_is_not_woken_by_what_it_wrote_itself() -> None:
    here = world()
    rma = here.ask()
    (one,) = here.executions.values()
    token, waits = one.token, here.returns.waits(BRAND, rma)
    assert [wait.token for wait in waits] == [token]
    assert here.news.resume(BRAND, rma, NOW) == 0
    assert here.returns.waits(BRAND, rma) == waits
    assert here.get(rma).version == here.returns.waits(BRAND, rma)[0].seen


def test_news_that_was_faster_than_the_wait_is_answered_at_once() -> None:
    here = world()
    rma = here.ask()
    (wait,) = here.returns.waits(BRAND, rma)
    here.returns.remove_wait(wait)
    here.carrier(rma)
    assert here.news.await_news(wait.model_copy(update={"token": "late"})) is True
    assert "late" in here.workflows.answered


class RefusesGoods(FakeSettlements):
    """A provider that is out of stock."""

    def carry_out(self, brand: BrandConfig, wanted: Instruction) -> Answer:
        if wanted.kind is SettlementKind.EXCHANGE:
            raise PermanentProviderError("out of stock")
        return super().carry_out(brand, wanted)


class SettlesNothing:
    """A desk that says what is not so."""

    def settle(self, *_: object) -> str:
        return "done"


def test_a_settlement_that_settles_nothing_fails_the_step_rather_than_go_round_for_ever() -> None:
    here = world()
    rma = here.ask()
    here.settler = SettlesNothing()  # type: ignore[assignment]
    with pytest.raises(InvalidInputError) as caught:
        here.carrier(rma)
    assert caught.value.problem == "nothing-settles"
