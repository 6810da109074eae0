"""Returns of one order, lived in any order: news, people, providers and time, as they come. Together they never get
more than was paid, none more than it is worth, and each comes to an end.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.domain.milestones import Milestone
from porchlight.domain.returns import ENDED, Return, ReturnState
from porchlight.domain.rma.goods import ItemFound
from porchlight.domain.rma.ledger import left
from porchlight.domain.rma.names import FROM_WHAT_WAS_PAID, Grade, SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from porchlight.errors import ConflictError, InvalidInputError, PermanentProviderError, TransientError
from porchlight.returning import MoneyNews
from porchlight.services.money_news import MoneyDesk
from tests.unit.returning import BRAND, World, world
from tests.unit.stories import usd

State, Kind = SettlementState, SettlementKind
PRICES = {"shirt": 10_000, "hat": 4_000}
WISHES = ["refund", "refund", "store_credit", "exchange", "instant_exchange", "replace", "repair"]


def _ask(here: World, draw: Callable[..., Any], key: str) -> None:
    line = {
        "line_id": draw(st.sampled_from(sorted(PRICES))),
        "quantity": draw(st.integers(1, 2)),
        "reason": "too_small",
    }
    wish = draw(st.sampled_from(WISHES))
    if "exchange" in wish:
        price = draw(st.sampled_from([5_000, 10_000, 13_000]))
        line["wanted"] = {"sku": "OTHER", "unit_price": {"amount": price, "currency": "USD"}}
    kind = {"kind": "warranty"} if wish == "repair" else {}
    here.ask(key, lines=[line], resolution=wish, method=draw(st.sampled_from(["label", "own", "keep"])), **kind)


def _goods(here: World, draw: Callable[..., Any], request: Return, key: str) -> None:
    found = ItemFound(line_id=request.lines[0].line_id, quantity=draw(st.integers(0, 2)))
    if draw(st.booleans()):
        here.receive(request.return_id, found, receipt_id=key)
    else:
        worn = found.model_copy(update={"grade": Grade.WORN, "deduct_minor": draw(st.sampled_from([0, 1_000]))})
        here.inspect(request.return_id, worn, inspection_id=key)


def _by_carrier(here: World, draw: Callable[..., Any], request: Return) -> None:
    labels = [*request.old_labels, *([request.label] if request.label else [])]
    if labels:
        what = draw(st.sampled_from([Milestone.ACCEPTED, Milestone.DELIVERED, Milestone.LOST]))
        here.carrier(request.return_id, what, draw(st.sampled_from(labels)).shipment_id)


def _by_bank(here: World, draw: Callable[..., Any], request: Return) -> None:
    """Money that had moved comes back."""
    done = [one for one in request.settlements if one.state is State.DONE and one.kind in (Kind.REFUND, Kind.CREDIT)]
    if done:
        one = draw(st.sampled_from(done))
        news = MoneyNews(
            return_id=request.return_id, key=one.key, reference=one.reference, state=State.FAILED, said_at=here.now
        )
        MoneyDesk(here.settler.settlement_book, here.brands, here.metrics).hear(BRAND, news, here.now)
        here.run()


def _by_hand(here: World, draw: Callable[..., Any], key: str) -> None:
    """The shop pays back by itself, what is left to be paid back."""
    order, book = here.orders.records[BRAND, "ord_1"], here.settler.settlement_book.ledger_book
    minor = draw(st.sampled_from([501, 9_973]))  # never what a return of ours is worth, nor a sum of such
    if left(book.open(order), order, book.paid(order)) >= minor:
        told = {**order.refunds, key: usd(minor)}
        here.orders.records[BRAND, "ord_1"] = order.model_copy(update={"refunds": told})


def _live(here: World, draw: Callable[..., Any], step: int) -> None:
    """Something happens."""
    what = draw(
        st.sampled_from(["ask", "later", "later", "provider", "hand", "goods", "carrier", "decide", "bank", "more"])
    )
    requests = list(here.returns.records.values())
    if what == "ask" or not requests:
        _ask(here, draw, f"request-key-{step}")
    elif what == "later":
        here.later(days=draw(st.sampled_from([0.1, 1, 3, 10, 31])))
    elif what == "provider":
        here.provider.state = draw(st.sampled_from([State.DONE, State.ACCEPTED, State.FAILED]))
        here.provider.fails = draw(st.sampled_from([[], [PermanentProviderError("no")], [TransientError("down")]]))[:]
    elif what == "hand":
        _by_hand(here, draw, f"re_{step}")
    else:
        request = draw(st.sampled_from(requests))
        match what:
            case "goods":
                _goods(here, draw, request, f"box-{step}")
            case "carrier":
                _by_carrier(here, draw, request)
            case "decide":
                less = {"amount_minor": draw(st.sampled_from([0, 3_000]))} if draw(st.booleans()) else {}
                here.decide(request.return_id, draw(st.booleans()), note=f"{step}", **less)
            case "bank":
                _by_bank(here, draw, request)
            case _ if draw(st.booleans()):
                here.cancel(request.return_id)
            case _:
                here.reviews.reopen(BRAND, request.return_id, "key-cx", here.now)
                here.run()


def _given(request: Return) -> int:
    """What is gone or promised of what was paid; goods that were paid for with a hold are not."""
    kinds = FROM_WHAT_WAS_PAID - ({Kind.EXCHANGE} if request.is_captured else frozenset())
    return sum(one.from_paid for one in request.settlements if one.counts and one.kind in kinds)


def _check(here: World) -> None:
    order = here.orders.records[BRAND, "ord_1"]
    given = [(request, _given(request)) for request in here.returns.records.values()]
    assert sum(minor for _, minor in given) + order.refunded.amount <= order.total.amount
    for request, minor in given:
        assert minor <= sum(PRICES[line.line_id] * line.quantity for line in request.lines)


def _done(request: Return, *kinds: SettlementKind) -> list[Settlement]:
    return [one for one in request.settlements if one.kind in kinds and one.state is State.DONE]


@settings(max_examples=120, deadline=None)
@given(
    data=st.data(),
    refund_on=st.sampled_from(["instant", "first_scan", "delivered", "received", "inspected"]),
    default=st.sampled_from(["approve", "refuse"]),
)
def test_in_whatever_order_it_is_never_too_much_and_always_comes_to_an_end(
    data: st.DataObject, refund_on: str, default: str
) -> None:
    here = world(refund_on=refund_on, credit_bonus_percent=10, deadlines={"review_default": default})
    for step in range(data.draw(st.integers(1, 16))):
        with suppress(ConflictError, InvalidInputError):  # people are told that it is too late for that
            _live(here, data.draw, step)
        _check(here)
    # When providers are well again and nobody answers any more
    here.provider.state, here.provider.fails = State.DONE, []
    for _ in range(25):
        here.later(days=20)
        _check(here)
    assert not any(one.token for one in here.executions.values())
    for request in here.returns.records.values():
        assert request.review is None
        assert request.state in {*ENDED, ReturnState.FAILED}
        ends = _done(request, Kind.RELEASE, Kind.CAPTURE)
        assert len(ends) <= 1
        if _done(request, Kind.HOLD) and request.state is not ReturnState.FAILED:
            said = [one for one in request.decisions if one.facts.get("stage") == "money" and one.outcome == "refuse"]
            assert ends or said
