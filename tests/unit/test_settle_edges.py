"""Money of several payments, and of goods that were exchanged, when it comes otherwise than it was meant to."""

from datetime import timedelta

import pytest

from porchlight.domain.brands import BrandConfig
from porchlight.domain.returns import Decision, Outcome, ReturnLine, ReturnState, Wanted
from porchlight.domain.rma import answers
from porchlight.domain.rma.amounts import quote, total
from porchlight.domain.rma.names import Resolution, SettlementKind, SettlementState
from porchlight.domain.rma.next_step import Do, next_step
from porchlight.domain.rma.terms import Terms
from porchlight.errors import PermanentProviderError, TransientError
from porchlight.returning import Answer, Instruction, MoneyNews
from porchlight.services.money_news import MoneyDesk
from tests.fakes_returning import FakeSettlements
from tests.unit.settling import BRAND, NOW, Desk, eur, order

Kind, State = SettlementKind, SettlementState


def of(count: int = 1, name: str = "shirt", order_id: str = "", sku: str = "") -> ReturnLine:
    goods = Wanted(sku=sku) if sku else None
    return ReturnLine(line_id=name, quantity=count, reason="too_big", order_id=order_id, wanted=goods)


@pytest.fixture
def desk() -> Desk:
    found = Desk()
    found.order()
    return found


def hear(desk: Desk, key: str, state: State, return_id: str = "rma_1") -> None:
    news = MoneyNews(return_id=return_id, key=key, reference="", state=state, said_at=NOW)
    assert MoneyDesk(desk.settlements, desk.brands, desk.metrics).hear(BRAND, news, NOW) == "heard"


def agreed(desk: Desk, key: str) -> None:
    """A person lets it be tried again."""
    facts = {"stage": "money", "key": key}
    word = Decision(outcome=Outcome.APPROVE, rule="human_review", policy_version="p-1", decided_at=NOW, facts=facts)
    desk.change(review=None, decisions=(*desk.get().decisions, word))


def test_what_is_tried_again_is_no_more_than_what_is_still_to_be_paid(desk: Desk) -> None:
    """Given two orders, of which the second is paid back in full and reported by the shop, when the money of the first
    comes back from the bank and is sent again, then it is as much as the first time.
    """
    hat = order("ord_2", total=eur(2_000), shipping=None)
    desk.orders.save(hat.model_copy(update={"lines": hat.lines[1:]}))
    desk.approved("rma_1", of(), of(1, "hat", "ord_2"))
    assert desk.settle() == "done"
    first, second = desk.get().settlements
    hat = desk.orders.get(BRAND, "ord_2") or hat
    desk.orders.save(hat.model_copy(update={"refunds": {second.reference: eur(2_000)}, "version": 2}))
    hear(desk, first.key, State.FAILED)
    agreed(desk, first.key)
    assert desk.settle() == "done"
    assert [one.amount.amount for one in desk.get().settlements] == [5_000, 2_000, 5_000]


def test_goods_that_cannot_be_had_after_all_take_no_money_of_any_order(desk: Desk) -> None:
    """Given an exchange over two orders that was taken and is then refused, when it is paid back instead, then each
    order gives what was paid for it.
    """
    hat = order("ord_2", total=eur(2_000), shipping=None)
    desk.orders.save(hat.model_copy(update={"lines": hat.lines[1:]}))
    desk.approved("rma_1", of(sku="S-M"), of(1, "hat", "ord_2", sku="H-2"), resolution=Resolution.EXCHANGE)
    desk.provider.state = State.ACCEPTED
    assert desk.settle(kind=Kind.EXCHANGE) == "accepted"
    hear(desk, desk.get().settlements[0].key, State.FAILED)
    desk.provider.state = State.DONE
    desk.change(resolution=Resolution.REFUND, review=None)
    assert desk.settle() == "done"
    assert [(one.order_id, one.amount.amount) for one in desk.provider.done.values() if one.kind is Kind.REFUND] == [
        ("ord_1", 5_000),
        ("ord_2", 2_000),
    ]


def test_goods_for_several_orders_are_paid_for_by_all_once_they_are_sent(desk: Desk) -> None:
    desk.order("ord_2")
    desk.approved("rma_1", of(sku="S-M"), of(1, "hat", "ord_2", sku="H-2"), resolution=Resolution.EXCHANGE)
    desk.provider.state = State.ACCEPTED
    assert desk.settle(kind=Kind.EXCHANGE) == "accepted"
    hear(desk, desk.get().settlements[0].key, State.DONE)
    assert desk.settle(kind=Kind.EXCHANGE) == "done"
    assert (desk.left(), desk.left("ord_2"), len(desk.provider.done)) == (7_500, 10_500, 1)
    assert desk.get().state is ReturnState.EXCHANGED


def test_what_was_held_and_taken_frees_the_money_of_all_orders(desk: Desk) -> None:
    desk.order("ord_2")
    desk.approved("rma_1", of(sku="S-M"), of(1, "hat", "ord_2", sku="H-2"), resolution=Resolution.INSTANT_EXCHANGE)
    for kind in (Kind.HOLD, Kind.EXCHANGE, Kind.CAPTURE):
        assert desk.settle(kind=kind) == "done"
    assert desk.provider.moved(Kind.CAPTURE) == 7_000
    assert (desk.left(), desk.left("ord_2")) == (12_500, 12_500)
    # When it is taken back from us, the goods are paid for by what was paid before, as they were meant to be
    hear(desk, desk.get().settlements[-1].key, State.FAILED)
    assert (desk.left(), desk.left("ord_2")) == (7_500, 10_500)


def test_goods_that_were_paid_for_with_what_was_held_are_paid_back_when_they_come_back(desk: Desk) -> None:
    """Given other goods that were paid for with what was held, when these are returned as well, then what was taken for
    them goes back, from the first order.
    """
    desk.approved("rma_1", of(sku="S-M"), resolution=Resolution.INSTANT_EXCHANGE)
    for kind in (Kind.HOLD, Kind.EXCHANGE, Kind.CAPTURE):
        assert desk.settle(kind=kind) == "done"
    desk.change(state=ReturnState.EXCHANGED)
    sent = order("ord_2", total=eur(0), exchange_of="rma_1", shipping=None)
    sent = sent.model_copy(update={"lines": (sent.lines[0].model_copy(update={"quantity": 1}),)})
    desk.orders.save(sent)
    first = desk.orders.get(BRAND, "ord_1")
    assert first
    origins = {"rma_1": desk.get()}
    lines = (of(order_id="ord_2"),)
    parts = total(quote(lines, {"ord_2": sent, "ord_1": first}, Terms(policy_version="p"), Resolution.REFUND,
                        ahead=[desk.get()], origins=origins))  # fmt: skip
    assert parts.total == eur(5_000)
    desk.approved("rma_2", *lines, order_id="ord_2", parts=parts, refund_amount=parts.total)
    assert desk.settle("rma_2") == "done"
    assert (desk.provider.moved(), desk.left()) == (5_000, 7_500)
    # and the rest of the first order is still there to be returned
    left = quote((of(), of(1, "hat")), {"ord_1": first}, Terms(policy_version="p"), Resolution.REFUND,
                 ahead=[desk.get(), desk.get("rma_2")])  # fmt: skip
    assert total(left).total == eur(7_000)


@pytest.mark.parametrize("kind", [Kind.RELEASE, Kind.CAPTURE])
def test_what_is_refused_about_a_hold_is_tried_again_on_a_persons_word(desk: Desk, kind: Kind) -> None:
    desk.approved("rma_1", of(sku="S-M"), resolution=Resolution.INSTANT_EXCHANGE)
    for before in (Kind.HOLD, Kind.EXCHANGE):
        assert desk.settle(kind=before) == "done"
    desk.provider.fails = [PermanentProviderError("gone", code="hold-canceled")]
    assert desk.settle(kind=kind) == "review"
    agreed(desk, desk.get().settlements[-1].key)
    assert desk.settle(kind=kind) == "done"
    assert desk.provider.moved(kind) == 5_000


def test_two_returns_of_one_shopper_that_are_worth_the_same_are_told_apart(desk: Desk) -> None:
    """Given a provider that finds what it did by its amount, then it is told what is new, and what is another's."""
    desk.provider.alone = frozenset({Kind.CREDIT})
    for name in ("rma_1", "rma_2"):
        desk.approved(name, resolution=Resolution.STORE_CREDIT)
        assert desk.settle(name, Kind.CREDIT) == "done"
    first, second = desk.provider.calls
    assert (first.first, first.taken) == (True, ())
    assert (second.first, second.taken) == (True, (f"ref-{first.key}",))
    # When its answer is lost, the next one looks for it
    desk.approved("rma_3", of(1, "hat"), resolution=Resolution.STORE_CREDIT)
    desk.provider.fails = [TransientError("no answer")]
    with pytest.raises(TransientError):
        desk.settle("rma_3", Kind.CREDIT)
    assert desk.settler.settle(BRAND, "rma_3", Kind.CREDIT, NOW + timedelta(minutes=2)) == "done"
    assert [one.first for one in desk.provider.calls[2:]] == [True, False]


def test_an_order_that_the_shop_ends_before_the_money_moves_is_a_question_for_people(desk: Desk) -> None:
    """Given an approved return, when the shop cancels its order and says only later that it has paid it back, then
    nothing is paid before; and on a person's word what is left then.
    """
    desk.approved("rma_1", of(2))
    desk.orders.save(order(cancelled_at=NOW, version=2))
    assert desk.settle() == "review"
    assert (desk.get().review.why, desk.provider.calls) == ("order_cancelled", [])  # type: ignore[union-attr]
    desk.orders.save(order(cancelled_at=NOW, refunds={"re_1": eur(12_000)}, version=3))
    agreed(desk, desk.get().settlements[-1].key)
    assert desk.settle() == "done"
    assert desk.provider.moved() == 500


class Half(FakeSettlements):
    """A provider that does nothing for the second order."""

    error: Exception = PermanentProviderError("no", code="account-closed")

    def carry_out(self, brand: BrandConfig, wanted: Instruction) -> Answer:
        if wanted.order_id == "ord_2":
            raise self.error
        return super().carry_out(brand, wanted)


@pytest.mark.parametrize(
    ("resolution", "kind", "state"),
    [
        (Resolution.REFUND, Kind.REFUND, ReturnState.REFUNDED),
        (Resolution.STORE_CREDIT, Kind.CREDIT, ReturnState.FAILED),
    ],
)
def test_what_half_of_was_paid_is_not_refused_and_not_paid_again(
    desk: Desk, resolution: Resolution, kind: Kind, state: ReturnState
) -> None:
    """Given two orders, of which one is paid back and the other cannot be, when a person leaves it at that, then the
    return holds its goods, and nothing is paid a second time.
    """
    desk.order("ord_2")
    desk.provider = Half()
    desk.approved("rma_1", of(), of(1, "hat", "ord_2"), resolution=resolution)
    assert desk.settle(kind=kind) == "review"
    left = answers.answer(desk.get(), False, "human_review", "key-cx", NOW)
    assert (left.state, left.resolution) == (state, resolution)
    assert next_step(left, NOW).do is Do.CLOSE
    if state is ReturnState.REFUNDED:
        assert left.refund_amount == eur(5_000)


def test_what_may_have_been_paid_is_not_refused(desk: Desk) -> None:
    """Given a refund that was asked for, and of which nobody knows whether it was made, when people say no to the
    return, then it is theirs, and its goods are not free for another one.
    """
    desk.approved("rma_1")
    desk.provider.fails = [TransientError("no answer")]
    with pytest.raises(TransientError):
        desk.settle()
    failed = desk.get().model_copy(update={"state": ReturnState.FAILED, "failure": "SettleReturn: TransientError"})
    asked = answers.reopen(failed, "key-cx", NOW)
    refused = answers.answer(asked, False, "human_review", "key-cx", NOW)
    assert (refused.state, refused.failure) == (ReturnState.FAILED, "money: asked_for")
