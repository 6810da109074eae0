"""What a return settles happens exactly once, whatever is killed, refused, or refunded elsewhere meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.domain.returns import Decision, Outcome, Return, ReturnLine, ReturnState, Review, Wanted
from porchlight.domain.rma.names import Resolution, SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from porchlight.domain.rma.terms import Terms
from porchlight.errors import ConflictError, InvalidInputError, PermanentProviderError, TransientError
from tests.unit.settling import BRAND, NOW, Desk, eur, order

Kind = SettlementKind


def of(count: int = 1, name: str = "shirt", order_id: str = "", **wanted: Any) -> ReturnLine:
    goods = Wanted(**wanted) if wanted else None
    return ReturnLine(line_id=name, quantity=count, reason="too_big", order_id=order_id, wanted=goods)


def says(request: Return, key: str, outcome: Outcome = Outcome.APPROVE) -> dict[str, Any]:
    """What a person's word about a failed settlement changes."""
    facts = {"stage": "money", "key": key}
    word = Decision(outcome=outcome, rule="human_review", policy_version="p-1", decided_at=NOW, facts=facts)
    return {"review": None, "decisions": (*request.decisions, word)}


@pytest.fixture
def desk() -> Desk:
    found = Desk()
    found.order()
    return found


def test_a_refund_is_made_and_recorded(desk: Desk) -> None:
    desk.approved("rma_1")
    assert desk.settle() == "done"
    request = desk.get()
    one = request.settlements[0]
    assert (request.state, one.state, one.amount, one.reference) == (
        ReturnState.REFUNDED, SettlementState.DONE, eur(5_000), f"ref-{one.key}",
    )  # fmt: skip
    asked = desk.provider.calls[0]
    assert (asked.order_id, asked.lines, asked.amount) == ("ord_1", {"shirt": 1}, eur(5_000))
    assert desk.left() == 7_500
    assert request.decisions[-1].rule == "refund_executed"
    assert desk.metrics.total("RefundsExecuted", provider="webhook") == 1


def test_what_is_settled_asks_for_nothing_again(desk: Desk) -> None:
    desk.approved("rma_1")
    desk.settle()
    before = desk.get()
    assert desk.settle() == "done"
    assert desk.get() == before
    assert len(desk.provider.calls) == 1


def test_nothing_is_asked_for_where_nothing_is_due(desk: Desk) -> None:
    desk.approved("rma_1", terms=Terms(policy_version="p-1", fee=eur(9_999)))
    assert desk.settle() == "done"
    assert desk.get().state is ReturnState.REFUNDED
    assert desk.provider.calls == []


def test_only_an_approved_return_is_settled(desk: Desk) -> None:
    desk.approved("rma_1", decisions=())
    with pytest.raises(InvalidInputError):
        desk.settle()
    desk.approved("rma_2", state=ReturnState.CANCELLED)
    assert desk.settle("rma_2") == "over"
    assert desk.provider.calls == []


def test_what_was_accepted_is_asked_about_and_counts_until_then(desk: Desk) -> None:
    desk.approved("rma_1")
    desk.provider.state = SettlementState.ACCEPTED
    assert desk.settle() == "accepted"
    assert (desk.get().state, desk.left()) == (ReturnState.IN_TRANSIT, 7_500)
    # When the provider is asked later, it is done
    desk.provider.state = SettlementState.DONE
    assert desk.settle() == "done"
    assert desk.get().state is ReturnState.REFUNDED
    assert (len(desk.provider.calls), len(desk.provider.looked)) == (1, 1)


def test_what_is_refused_is_put_before_people_and_its_money_is_free(desk: Desk) -> None:
    desk.approved("rma_1")
    desk.provider.fails = [PermanentProviderError("no", code="charge_disputed")]
    assert desk.settle() == "review"
    request = desk.get()
    assert request.review
    assert (request.review.stage, request.review.why) == ("money", "charge_disputed")
    assert (request.settlements[0].state, desk.left()) == (SettlementState.FAILED, 12_500)
    # Until somebody has said so nothing is tried again
    assert desk.settle() == "review"
    assert len(desk.provider.calls) == 1
    # Then it is another try, under another key
    desk.change(**says(request, request.settlements[0].key))
    assert desk.settle() == "done"
    first, second = desk.get().settlements
    assert (second.key, second.of, second.state) == (f"{first.key}-2", first.key, SettlementState.DONE)
    assert desk.left() == 7_500
    assert desk.metrics.total("RefundsFailed", kind="refund") == 1


def test_what_was_refunded_elsewhere_meanwhile_is_never_cut_silently(desk: Desk) -> None:
    """Given a promise of 50.00, when the shop pays back 100.00 by hand before, then a person is asked, and on their
    word what is left is paid.
    """
    desk.approved("rma_1")
    desk.orders.save(order(refunds={"re_1": eur(10_000)}, version=2))
    assert desk.settle() == "review"
    request = desk.get()
    assert request.review
    assert request.review.why == "less_left"
    assert desk.provider.calls == []
    desk.change(**says(request, request.settlements[0].key))
    assert desk.settle() == "done"
    assert (desk.provider.moved(), desk.get().settlements[-1].amount) == (2_500, eur(2_500))


def test_where_nothing_is_left_a_person_s_yes_ends_it_without_money(desk: Desk) -> None:
    desk.approved("rma_1")
    desk.orders.save(order(refunds={"re_1": eur(12_500)}, version=2))
    assert desk.settle() == "review"
    desk.change(**says(desk.get(), desk.get().settlements[0].key))
    assert desk.settle() == "done"
    assert (desk.get().state, desk.provider.calls) == (ReturnState.REFUNDED, [])


def test_two_returns_never_get_more_together_than_was_paid(desk: Desk) -> None:
    desk.approved("rma_1", of(2), of(1, "hat"))
    desk.approved("rma_2", of(2))  # a mistake somewhere: the same shirts
    desk.change("rma_2", parts=desk.get("rma_1").parts)
    assert [desk.settle("rma_1"), desk.settle("rma_2")] == ["done", "review"]
    assert desk.provider.moved() == 12_000


def test_two_that_want_the_last_money_at_one_moment_see_each_other(desk: Desk) -> None:
    """Given two returns of which only one can be paid, when the second is settled between what the first has read and
    what it writes, then exactly one is paid and people are asked about the other.
    """
    desk.approved("rma_1", of(2))
    desk.approved("rma_2", of(2))
    desk.change("rma_2", parts=desk.get("rma_1").parts)
    real, nested = desk.ledgers.save, []

    def save(*args: Any) -> None:
        desk.ledgers.save = real  # type: ignore[method-assign]
        nested.append(desk.settle("rma_2"))
        real(*args)

    desk.ledgers.save = save  # type: ignore[method-assign]
    assert (desk.settle("rma_1"), nested) == ("review", ["done"])
    assert desk.provider.moved() == 10_000


def test_a_refund_that_the_shop_echoes_counts_once(desk: Desk) -> None:
    desk.approved("rma_1")
    desk.settle()
    reference = desk.get().settlements[0].reference
    desk.orders.save(order(refunds={reference: eur(5_000)}, version=2))
    assert desk.left() == 7_500
    # also under another id, and in two parts, and when it comes beside one that the shop made by itself
    desk.orders.save(order(refunds={"re_1": eur(3_000), "re_2": eur(2_000)}, version=3))
    assert desk.left() == 7_500
    desk.orders.save(order(refunds={"re_1": eur(3_000), "re_2": eur(2_000), "re_3": eur(700)}, version=4))
    assert desk.left() == 6_800


def test_store_credit_has_its_bonus_on_top_of_what_was_paid(desk: Desk) -> None:
    terms = Terms(policy_version="p-1", credit_bonus_percent=10)
    desk.approved("rma_1", of(2), resolution=Resolution.STORE_CREDIT, terms=terms, recipient_id="cus_2")
    assert desk.settle(kind=Kind.CREDIT) == "done"
    asked = desk.provider.calls[0]
    assert (asked.amount, asked.shopper_id) == (eur(11_000), "cus_2")  # of a gift, whoever got it
    assert (desk.get().state, desk.left()) == (ReturnState.CREDITED, 2_500)
    # A credit is no refund of the shop's: one of the same amount by hand is another one
    desk.orders.save(order(refunds={"re_1": eur(2_500)}, version=2))
    assert desk.left() == 0


@pytest.mark.parametrize(("price", "refund", "charge"), [(None, 0, 0), (4_000, 1_000, 0), (6_500, 0, 1_500)])
def test_an_exchange_sends_goods_and_settles_the_difference(
    desk: Desk, price: int | None, refund: int, charge: int
) -> None:
    wanted = of(sku="S-M", unit_price=None if price is None else eur(price))
    desk.approved("rma_1", wanted, resolution=Resolution.EXCHANGE)
    for kind in (Kind.CHARGE, Kind.EXCHANGE, Kind.REFUND):
        assert desk.settle(kind=kind) == "done"
    request = desk.get()
    assert request.state is ReturnState.EXCHANGED
    assert request.replacement_order_id.startswith("ord_")
    assert (desk.provider.moved(Kind.REFUND), desk.provider.moved(Kind.CHARGE)) == (refund, charge)
    sent = next(one for one in desk.provider.calls if one.kind is Kind.EXCHANGE)
    assert sent.wanted == {"S-M": 1}
    assert desk.left() == 7_500


def test_an_instant_exchange_is_held_released_or_taken(desk: Desk) -> None:
    for name in ("rma_1", "rma_2"):
        desk.approved(name, of(sku="S-M"), resolution=Resolution.INSTANT_EXCHANGE)
        assert [desk.settle(name, Kind.HOLD), desk.settle(name, Kind.EXCHANGE)] == ["done", "done"]
    assert desk.left() == 2_500
    held = desk.get("rma_1").settlements[0]
    assert held.amount == eur(5_000)
    # One comes back: what was held is let go
    assert desk.settle("rma_1", Kind.RELEASE) == "done"
    assert desk.provider.calls[-1].of == held.reference
    # The other never does: what was held is taken, and its own price was not given back
    assert desk.settle("rma_2", Kind.CAPTURE) == "done"
    assert (desk.provider.moved(Kind.CAPTURE), desk.left()) == (5_000, 7_500)


def test_a_hold_that_fails_is_no_question_for_people(desk: Desk) -> None:
    desk.approved("rma_1", of(sku="S-M"), resolution=Resolution.INSTANT_EXCHANGE)
    desk.provider.fails = [PermanentProviderError("no", code="no-means")]
    assert desk.settle(kind=Kind.HOLD) == "review"
    assert desk.get().review is None


def test_a_replacement_moves_no_money(desk: Desk) -> None:
    desk.approved("rma_1", resolution=Resolution.REPLACE)
    assert desk.settle(kind=Kind.REPLACE) == "done"
    request = desk.get()
    assert (request.state, request.settlements[0].amount, desk.left()) == (ReturnState.EXCHANGED, eur(5_000), 12_500)


def test_a_repair_is_asked_for_and_the_return_goes_on(desk: Desk) -> None:
    desk.approved("rma_1", resolution=Resolution.REPAIR)
    assert desk.settle(kind=Kind.REPAIR) == "done"
    assert desk.get().state is ReturnState.IN_TRANSIT


def test_what_was_sent_in_exchange_is_paid_back_within_what_it_was_exchanged_for(desk: Desk) -> None:
    """Given a shirt that was exchanged, when the other one comes back as well, then its price goes back from the first
    order, once: the money that moved with the exchange is not there twice.
    """
    desk.approved("rma_1", of(sku="S-M"), resolution=Resolution.EXCHANGE)
    desk.settle(kind=Kind.EXCHANGE)
    sent = order("ord_2", total=eur(0), exchange_of="rma_1", shipping=None)
    lines = (sent.lines[0].model_copy(update={"quantity": 1}),)
    desk.orders.save(sent.model_copy(update={"lines": lines}))
    worth = desk.get().parts
    desk.approved("rma_2", of(order_id="ord_2"), order_id="ord_2", parts=worth)
    assert desk.settle("rma_2") == "done"
    one = desk.get("rma_2").settlements[0]
    assert (one.order_id, one.amount, one.over) == ("ord_1", eur(5_000), desk.get().settlements[0].key)
    assert desk.left() == 7_500
    # A mistake somewhere, there was one shirt: nothing is left of what moved with the exchange
    desk.approved("rma_3", of(order_id="ord_2"), order_id="ord_2", parts=worth)
    assert desk.settle("rma_3") == "review"
    assert desk.provider.moved() == 5_000


def test_several_orders_are_paid_back_each_from_its_own(desk: Desk) -> None:
    desk.order("ord_2")
    desk.approved("rma_1", of(2), of(1, "hat", "ord_2"))
    assert desk.settle() == "done"
    assert [(one.order_id, one.amount) for one in desk.provider.calls] == [
        ("ord_1", eur(10_000)),
        ("ord_2", eur(2_000)),
    ]
    assert (desk.left(), desk.left("ord_2")) == (2_500, 10_500)
    assert desk.get().state is ReturnState.REFUNDED


def test_a_return_of_an_earlier_release_is_paid_what_it_was_promised(desk: Desk) -> None:
    desk.approved("rma_1", terms=None, parts=None, refund_amount=eur(4_500))
    assert desk.settle() == "done"
    assert desk.provider.moved() == 4_500


def test_an_intent_of_an_earlier_release_is_carried_out_under_its_key(desk: Desk) -> None:
    """Given a refund that was intended before there were ledgers, when it is settled, then it has the same key."""
    desk.approved("rma_0", of(1, "hat"))
    desk.settle("rma_0")
    key = desk.get("rma_0").settlements[0].key
    assert key.startswith("rfd_")
    desk.ledgers.records.clear()
    known = Settlement(key="rfd_x", kind=Kind.REFUND, order_id="ord_1", amount=eur(9_000), intended_at=NOW)
    desk.approved("rma_2", settlements=(known,))
    assert desk.left() == 1_500  # both are in the new ledger


# ------------------------------------------------------------------------------------------------------- killed between


class Killed(BaseException):
    """The process is gone."""


@contextmanager
def killed_at(desk: Desk, step: int, *, after: bool) -> Iterator[list[int]]:
    """Whatever leaves the process is counted; at ``step`` the process is killed, before or after it happened."""
    seen, inside = [0], [False]

    def counted(target: Any, name: str) -> tuple[Any, str, Callable[..., Any]]:
        real = getattr(target, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            if inside[0]:  # a transaction is one step
                return real(*args, **kwargs)
            seen[0] += 1
            if seen[0] == step and not after:
                raise Killed
            inside[0] = True
            try:
                answer = real(*args, **kwargs)
            finally:
                inside[0] = False
            if seen[0] == step:
                raise Killed
            return answer

        setattr(target, name, call)
        return target, name, real

    wrapped = [
        counted(desk.returns, "update"),
        counted(desk.ledgers, "save"),
        counted(desk.provider, "carry_out"),
        counted(desk.provider, "look"),
    ]
    try:
        yield seen
    finally:
        for target, name, real in wrapped:
            setattr(target, name, real)


PATHS: dict[str, tuple[dict[str, Any], tuple[Kind, ...]]] = {
    "refund": ({}, (Kind.REFUND,)),
    "credit": ({"resolution": Resolution.STORE_CREDIT}, (Kind.CREDIT,)),
    "exchange": ({"resolution": Resolution.EXCHANGE}, (Kind.CHARGE, Kind.EXCHANGE, Kind.REFUND)),
    "released": ({"resolution": Resolution.INSTANT_EXCHANGE}, (Kind.HOLD, Kind.EXCHANGE, Kind.RELEASE)),
    "captured": ({"resolution": Resolution.INSTANT_EXCHANGE}, (Kind.HOLD, Kind.EXCHANGE, Kind.CAPTURE)),
    "replace": ({"resolution": Resolution.REPLACE}, (Kind.REPLACE,)),
    "repair": ({"resolution": Resolution.REPAIR}, (Kind.REPAIR,)),
}


def _begin(path: str, price: int, state: SettlementState) -> Desk:
    desk = Desk()
    desk.order()
    desk.order("ord_2")
    update, _ = PATHS[path]
    desk.approved("rma_1", of(sku="S-M", unit_price=eur(price)), of(1, "hat", "ord_2", sku="H-2"), **update)
    desk.provider.state = state
    return desk


def _finish(desk: Desk, path: str) -> None:
    for kind in PATHS[path][1]:
        outcome = desk.settle(kind=kind)
        if outcome == "accepted":
            desk.provider.state = SettlementState.DONE
            outcome = desk.settle(kind=kind)
            desk.provider.state = SettlementState.ACCEPTED
        assert outcome == "done"


@pytest.mark.parametrize("price", [4_000, 6_000])
@pytest.mark.parametrize("state", [SettlementState.DONE, SettlementState.ACCEPTED])
@pytest.mark.parametrize("path", PATHS)
def test_killed_between_any_two_steps_all_of_it_happens_exactly_once(
    path: str, state: SettlementState, price: int
) -> None:
    whole = _begin(path, price, state)
    with killed_at(whole, 0, after=False) as seen:
        _finish(whole, path)
    assert seen[0] >= 3
    for step in range(1, seen[0] + 1):
        for after in (False, True):
            desk = _begin(path, price, state)
            with killed_at(desk, step, after=after), pytest.raises(Killed):
                _finish(desk, path)
            desk.provider.state = state
            _finish(desk, path)
            assert desk.provider.done.keys() == whole.provider.done.keys(), (step, after)
            for kind in Kind:
                assert desk.provider.moved(kind) == whole.provider.moved(kind), (step, after)
            assert desk.left() == whole.left()
            assert desk.get().state == whole.get().state
            assert {one.key for one in desk.get().settlements} == {one.key for one in whole.get().settlements}


def test_two_that_settle_at_one_moment_make_one_refund(desk: Desk) -> None:
    """Given a second task that does it all while the first is between intent and call, then there is one refund."""
    desk.approved("rma_1")
    real = desk.provider.carry_out
    nested: list[str] = []

    def carry_out(*args: Any) -> Any:
        desk.provider.carry_out = real  # type: ignore[method-assign]
        nested.append(desk.settle())
        return real(*args)

    desk.provider.carry_out = carry_out  # type: ignore[method-assign]
    assert desk.settle() == "done"
    assert nested == ["done"]
    assert len(desk.provider.done) == 1
    assert len(desk.get().settlements) == 1


def test_a_provider_that_knows_no_keys_is_asked_by_one_at_a_time(desk: Desk) -> None:
    """Given one that would do it twice, when a second task asks while the first one does, then it is sent away."""
    desk.approved("rma_1")
    desk.provider.alone = frozenset({Kind.REFUND})
    real = desk.provider.carry_out
    nested: list[str] = []

    def carry_out(*args: Any) -> Any:
        desk.provider.carry_out = real  # type: ignore[method-assign]
        with pytest.raises(TransientError):
            desk.settle()
        nested.append("sent away")
        return real(*args)

    desk.provider.carry_out = carry_out  # type: ignore[method-assign]
    assert desk.settle() == "done"
    assert (nested, len(desk.provider.calls)) == (["sent away"], 1)


def test_whoever_was_killed_while_asking_is_followed_by_the_next(desk: Desk) -> None:
    desk.approved("rma_1")
    desk.provider.alone = frozenset({Kind.REFUND})
    desk.provider.fails = [TransientError("no answer", code="no-answer")]
    with pytest.raises(TransientError):
        desk.settle()
    with pytest.raises(TransientError):
        desk.settle()
    later = NOW + timedelta(minutes=2)
    assert desk.settler.settle(BRAND, "rma_1", Kind.REFUND, later) == "done"
    assert desk.provider.moved() == 5_000


def test_where_nobody_knows_it_is_asked_again_under_the_same_key(desk: Desk) -> None:
    desk.approved("rma_1")
    desk.provider.fails = [TransientError("no answer", code="no-answer")]
    with pytest.raises(TransientError):
        desk.settle()
    assert desk.left() == 7_500  # promised until it is known
    assert desk.settle() == "done"
    assert len({one.key for one in desk.provider.calls}) == 1


def test_a_ledger_that_keeps_changing_is_read_again(desk: Desk) -> None:
    desk.approved("rma_1")
    real, tries = desk.ledgers.save, []

    def save(*args: Any) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise ConflictError("ledger changed")
        real(*args)

    desk.ledgers.save = save  # type: ignore[method-assign]
    assert desk.settle() == "done"
    assert desk.provider.moved() == 5_000


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_happens_in_whatever_order_never_more_goes_back_than_was_paid(data: st.DataObject) -> None:
    """Given returns, refunds by hand that the shop reports, echoes, failures and second tries in any order, then what
    left us and what the shop gave by hand is together never more than what was paid, as long as the shop reports what
    it does before it is asked.
    """
    desk = Desk()
    desk.order()
    numbers = list(range(1, 6))
    by_hand: dict[str, int] = {}
    for number in numbers:
        kind = data.draw(st.sampled_from([Resolution.REFUND, Resolution.STORE_CREDIT]))
        desk.approved(f"rma_{number}", of(data.draw(st.integers(1, 2))), of(1, "hat"), resolution=kind)
    for step in range(data.draw(st.integers(1, 12))):
        number = data.draw(st.sampled_from(numbers))
        request = desk.get(f"rma_{number}")
        what = data.draw(st.sampled_from(["settle", "settle", "hand", "echo", "fail", "word"]))
        known = desk.orders.get(BRAND, "ord_1")
        assert known
        if what == "hand":
            minor = data.draw(st.integers(1, 4_000))
            if desk.left() >= minor:
                by_hand[f"re_{step}"] = minor
        elif what == "fail":
            desk.provider.fails = [PermanentProviderError("no")]
        elif what == "word" and request.review:
            desk.change(request.return_id, **says(request, request.settlements[-1].key))
        else:
            principal = Kind.CREDIT if request.resolution is Resolution.STORE_CREDIT else Kind.REFUND
            desk.settle(request.return_id, principal)
        echoes = {
            one.reference: one.amount
            for one in (s for n in numbers for s in desk.get(f"rma_{n}").settlements)
            if what == "echo" and one.state is SettlementState.DONE and one.kind is Kind.REFUND
        }
        told = known.refunds | echoes
        told |= {name: eur(minor) for name, minor in by_hand.items()}
        desk.orders.save(known.model_copy(update={"refunds": told, "version": known.version + 1}))
        gone = desk.provider.moved(Kind.REFUND) + desk.provider.moved(Kind.CREDIT)
        assert gone + sum(by_hand.values()) <= 12_500


def test_a_question_of_another_kind_is_left_as_it_is(desk: Desk) -> None:
    asked = Review(stage="goods", why="empty_box", asked_at=NOW, due_at=NOW + timedelta(days=3))
    desk.approved("rma_1", review=asked)
    desk.provider.fails = [PermanentProviderError("no")]
    assert desk.settle() == "review"
    assert desk.get().review == asked
