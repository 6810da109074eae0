"""Money of returns at their edges: what is held and charged together, what comes after it was taken, what is refused
after it was done, what expires while it is on its way.
"""

from datetime import datetime

import pytest

from porchlight.domain.brands import BrandConfig
from porchlight.domain.returns import ReturnState
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from porchlight.errors import PermanentProviderError, TransientError
from porchlight.returning import Answer, Instruction, MoneyNews
from porchlight.services.money_news import MoneyDesk
from porchlight.services.warehouse import RepairBody
from tests.unit.returning import BRAND, ONE, World, wanted, world
from tests.unit.stories import usd

INSTANT = {"resolution": "instant_exchange"}


def _hear(here: World, rma: str, one: Settlement, state: SettlementState) -> None:
    """The provider tells by itself what became of a settlement."""
    news = MoneyNews(return_id=rma, key=one.key, reference=one.reference, state=state, said_at=here.now)
    MoneyDesk(here.settler.settlement_book, here.brands, here.metrics).hear(BRAND, news, here.now)
    here.run()


@pytest.mark.parametrize("price", [8_000, 10_000, 13_000])
def test_goods_that_were_never_returned_cost_what_they_cost_and_no_more(price: int) -> None:
    """Given other goods that went out at once, when theirs never come, then what was charged before and what is taken
    are together the price of the goods that went out.
    """
    here = world()
    here.ask(**(wanted(price) | INSTANT))
    here.later(days=30)
    moved = here.moved()
    assert moved["capture"] + moved.get("charge", 0) == price
    assert moved["hold"] == moved["capture"]


@pytest.mark.parametrize("approve", [True, False])
def test_a_box_that_comes_after_what_was_held_was_taken_is_put_before_people(approve: bool) -> None:
    here = world()
    rma = here.ask(**(wanted() | INSTANT))
    here.later(days=30)
    assert here.moved()["capture"] == 10_000
    here.later(days=5)
    here.receive(rma, ONE)
    review = here.get(rma).review
    assert review
    assert (review.stage, review.why) == ("goods", "arrived_late")
    here.decide(rma, approve)
    assert here.moved().get("refund") == (10_000 if approve else None)
    assert "release" not in here.moved()
    assert here.get(rma).state is (ReturnState.REFUNDED if approve else ReturnState.EXCHANGED)
    assert not any(one.token for one in here.executions.values())


@pytest.mark.parametrize("approve", [True, False])
def test_what_came_back_from_the_bank_is_paid_again_only_where_a_person_says_so(approve: bool) -> None:
    here = world()
    rma = here.ask()
    here.carrier(rma)
    assert here.moved() == {"refund": 10_000}
    _hear(here, rma, here.get(rma).settlements[0], SettlementState.FAILED)
    assert here.get(rma).review
    here.decide(rma, approve)
    assert len(here.get(rma).settlements) == (2 if approve else 1)
    assert not any(one.token for one in here.executions.values())


def test_an_instant_refund_that_is_on_its_way_does_not_expire() -> None:
    here = world(refund_on="instant")
    here.provider.state = SettlementState.ACCEPTED
    rma = here.ask()
    for _ in range(31):
        here.later(days=1)
        if here.get(rma).review:
            here.decide(rma, True)
    assert here.get(rma).state is ReturnState.APPROVED
    here.provider.state = SettlementState.DONE
    here.later(days=1)
    assert (here.get(rma).state, here.moved()) == (ReturnState.REFUNDED, {"refund": 10_000})


def test_an_exchange_of_which_less_is_counted_costs_the_rest() -> None:
    """Given a shirt that came back worn, when a person counts 40.00 of its 100.00, then the other one costs 60.00."""
    here = world(refund_on="received")
    rma = here.ask(**wanted())
    here.carrier(rma)
    here.later(days=21)
    here.decide(rma, True, amount_minor=4_000)
    assert here.moved() == {"charge": 6_000, "exchange": 4_000}


def test_what_others_have_taken_is_not_revived_by_a_deadline() -> None:
    """Given a return that expired, and another one that was refunded for both shirts, when a box comes under the first
    and nobody answers, then nothing is paid for it.
    """
    here = world(window={"days": 90})
    rma = here.ask()
    here.later(days=30)
    assert here.get(rma).state is ReturnState.EXPIRED
    second = here.ask("request-key-2", lines=[{"line_id": "shirt", "quantity": 2, "reason": "too_small"}])
    here.carrier(second)
    assert here.moved() == {"refund": 20_000}
    here.receive(rma, ONE)
    assert here.get(rma).review
    here.later(days=3)
    assert (here.get(rma).state, here.moved()) == (ReturnState.EXPIRED, {"refund": 20_000})


def test_a_refund_that_is_gone_at_the_provider_is_not_paid_again_by_a_deadline() -> None:
    """Given a refund that was taken, and that the provider does not know any more, then only people may pay it again:
    its money may have moved.
    """
    here = world()
    here.provider.state = SettlementState.ACCEPTED
    rma = here.ask()
    here.carrier(rma)
    here.provider.state, here.provider.why = SettlementState.FAILED, "refund-gone"
    here.later(days=1)
    assert here.get(rma).review
    here.provider.state, here.provider.why = SettlementState.DONE, ""
    here.later(days=3)
    assert (here.get(rma).state, len(here.provider.done)) == (ReturnState.FAILED, 1)
    here.reviews.reopen(BRAND, rma, "key-cx", here.now)
    here.run()
    here.decide(rma, True)
    assert (here.get(rma).state, len(here.provider.done)) == (ReturnState.REFUNDED, 2)


class CalledOff:
    """A return that is called off between the step that has it settled and that task."""

    def __init__(self, here: World) -> None:
        self.here, self.settler = here, here.settler

    def settle(self, brand: str, return_id: str, kind: SettlementKind, now: datetime) -> str:
        self.here.cancellation.cancel(brand, return_id, "shopper", now)
        return self.settler.settle(brand, return_id, kind, now)


def test_what_is_called_off_just_before_it_is_settled_ends_with_its_label_taken_back() -> None:
    here = world(provider="shop", refund_on="instant")
    here.settler = CalledOff(here)  # type: ignore[assignment]
    request = here.get(here.ask())
    assert (request.state, here.moved(), len(here.labels.voided)) == (ReturnState.CANCELLED, {}, 1)
    assert request.closed_at
    assert not any(one.token for one in here.executions.values())


@pytest.mark.parametrize(("price", "wish", "owed"), [(10_000, INSTANT, "release"), (8_000, {}, "refund")])
def test_what_fails_after_other_goods_went_out_can_be_taken_up(price: int, wish: dict[str, str], owed: str) -> None:
    """Given an exchange whose rest, or whose hold, could not be settled for two days, when a person takes it up, then
    it is.
    """
    here = world()
    rma = here.ask(**(wanted(price) | wish))
    fails = [TransientError("down")]
    carry_out = here.provider.carry_out

    def down(brand: BrandConfig, asked: Instruction) -> Answer:
        if fails and asked.kind.value == owed:
            raise fails[0]
        return carry_out(brand, asked)

    here.provider.carry_out = down  # type: ignore[method-assign]
    here.carrier(rma)
    (mine,) = here.executions
    assert here.steps.fail(BRAND, rma, mine, "SettleReturn", "TransientError", here.now) == {"outcome": "failed"}
    here.executions[mine].token = ""
    fails.clear()
    for _ in range(2):  # two clicks are one
        here.reviews.reopen(BRAND, rma, "key-cx", here.now)
    here.run()
    request = here.get(rma)
    assert (request.state, request.failure) == (ReturnState.EXCHANGED, None)
    assert here.moved()[owed] == {"release": 10_000, "refund": 2_000}[owed]
    assert request.closed_at


def test_a_question_whose_execution_is_gone_is_not_left_to_nobody() -> None:
    """Given a box that came late, about which people are asked, when its execution fails, then people see that, and can
    take it up.
    """
    here = world()
    rma = here.ask()
    here.later(days=30)
    here.receive(rma, ONE)
    assert here.get(rma).review
    mine = next(one for one in here.executions.values() if one.token)
    assert here.steps.fail(BRAND, rma, mine.name, "RequestReview", "States.Runtime", here.now) == {"outcome": "failed"}
    mine.token = ""
    assert (here.get(rma).state, here.get(rma).review) == (ReturnState.FAILED, None)
    here.reviews.reopen(BRAND, rma, "key-cx", here.now)
    here.run()
    here.decide(rma, True)
    assert here.moved() == {"refund": 10_000}


def test_what_comes_back_from_the_bank_is_paid_again_though_nobody_ever_looked_at_the_goods() -> None:
    """Given a refund on inspection that was paid because nobody inspected in time, when the bank sends it back and a
    person says yes, then it is paid at once.
    """
    here = world(refund_on="inspected")
    rma = here.ask()
    here.carrier(rma)
    here.receive(rma, ONE)
    here.later(days=5)
    assert here.moved() == {"refund": 10_000}
    _hear(here, rma, here.get(rma).settlements[0], SettlementState.FAILED)
    here.decide(rma, True)
    assert (len(here.provider.done), bool(here.get(rma).closed_at)) == (2, True)


def test_a_hold_that_is_refused_after_it_was_looked_for_makes_an_ordinary_exchange_of_it() -> None:
    """Given a hold that was taken and of which nothing was heard, when people let it be asked for longer and it is then
    refused, then the other goods go out once theirs are there.
    """
    here = world()
    here.provider.state = SettlementState.ACCEPTED
    rma = here.ask(**(wanted() | INSTANT))
    for _ in range(14):
        here.later(days=1)
    assert here.get(rma).review
    here.provider.state = SettlementState.FAILED
    here.decide(rma, True)
    assert here.rules(rma)[-1] == "hold_failed"
    here.provider.state = SettlementState.DONE
    here.carrier(rma)
    assert (here.get(rma).state, here.provider.moved(SettlementKind.EXCHANGE)) == (ReturnState.EXCHANGED, 10_000)


@pytest.mark.parametrize("approve", [True, False])
def test_a_hold_that_is_lost_after_the_goods_went_out_is_a_question_and_the_return_ends(approve: bool) -> None:
    """Given cheaper goods that went out at once, when what was held is gone and theirs never come, then nothing is paid
    back, and nobody waits for ever.
    """
    here = world()
    rma = here.ask(**(wanted(8_000) | INSTANT))
    _hear(here, rma, here.get(rma).settlements[0], SettlementState.FAILED)
    assert here.get(rma).review
    here.decide(rma, approve)
    here.later(days=31)
    request = here.get(rma)
    assert (request.state, here.moved().get("refund"), bool(request.closed_at)) == (ReturnState.EXCHANGED, None, True)
    assert here.provider.moved(SettlementKind.CAPTURE) == (8_000 if approve else 0)
    assert not any(one.token for one in here.executions.values())


def test_what_was_paid_after_all_is_no_question_any_more_and_is_not_paid_again() -> None:
    here = world()
    rma = here.ask()
    here.carrier(rma)
    one = here.get(rma).settlements[0]
    _hear(here, rma, one, SettlementState.FAILED)
    order = here.orders.records[BRAND, "ord_1"]
    here.orders.records[BRAND, "ord_1"] = order.model_copy(update={"refunds": {"re_1": usd(18_000)}})
    here.provider.fails.append(PermanentProviderError("no"))
    for _ in range(2):
        here.decide(rma, True)
        assert here.get(rma).settlements[-1].why in ("less_left", "provider-refused")
    _hear(here, rma, one, SettlementState.DONE)
    assert here.get(rma).review is None
    here.later(days=5)
    assert (here.moved(), here.get(rma).state) == ({"refund": 10_000}, ReturnState.REFUNDED)


def test_a_repair_that_the_workshop_begins_on_a_return_that_failed_is_not_forgotten() -> None:
    here = world()
    rma = here.ask(kind="warranty", resolution="repair")
    here.receive(rma)
    (mine,) = here.executions
    here.steps.fail(BRAND, rma, mine, "AwaitNews", "States.Runtime", here.now)
    here.executions[mine].token = ""
    body = RepairBody.model_validate({"state": "in_repair"})
    here.warehouse.repair(BRAND, rma, body, "wh", here.now)
    here.run()
    assert here.get(rma).state is ReturnState.FAILED
    here.reviews.reopen(BRAND, rma, "key-cx", here.now)
    here.run()
    here.decide(rma, True)
    assert here.get(rma).state is ReturnState.IN_REPAIR
    here.later(days=22)
    assert here.get(rma).review


def test_goods_that_are_refused_after_they_were_paid_for_with_a_hold_are_a_question_and_nothing_is_let_go() -> None:
    here = world()
    rma = here.ask(**(wanted() | INSTANT))
    here.later(days=30)
    assert here.moved()["capture"] == 10_000
    sent = next(one for one in here.get(rma).settlements if one.kind is SettlementKind.EXCHANGE)
    _hear(here, rma, sent, SettlementState.FAILED)
    review = here.get(rma).review
    assert review
    assert review.stage == "money"
    here.decide(rma, True)
    assert here.provider.moved(SettlementKind.EXCHANGE) == 20_000  # once more
    assert "release" not in here.moved()
    assert here.get(rma).closed_at
