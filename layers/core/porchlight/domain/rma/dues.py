"""What a return is to have settled, payment by payment, and the record once somebody has answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from porchlight.domain.ids import stable_id
from porchlight.domain.money import Money
from porchlight.domain.orders import Order
from porchlight.domain.policies import of_order
from porchlight.domain.remedies import NOTHING_DUE
from porchlight.domain.returns import GIVEN_UP, Outcome, Return, ReturnState
from porchlight.domain.rma import answers
from porchlight.domain.rma.amounts import EXCHANGES, exchanged, payer, quote, wanted_minor
from porchlight.domain.rma.moves import ask
from porchlight.domain.rma.names import Resolution, SettlementKind, SettlementState
from porchlight.domain.rma.next_step import PRINCIPAL, said_of
from porchlight.domain.rma.settlements import Parts, Settlement
from porchlight.domain.rma.standing import MONEY, terms_of

Kind = SettlementKind
LESS_LEFT = "less_left"
"""Why nothing was asked for: less is left of what was paid than was promised. Tried again on a person's word, it is
what is left.
"""
CANCELLED = "order_cancelled"
"""The same: the shop has ended the order since, and mostly pays it back itself, whenever it says so."""
MONEY_KINDS = frozenset({Kind.REFUND, Kind.CREDIT, Kind.CHARGE})
"""Of nothing there is nothing to ask for."""
GOODS_KINDS = frozenset({Kind.EXCHANGE, Kind.REPLACE})
"""Asked for once, however many payments stand behind them."""
_SETTLED_BY = {
    Kind.REFUND: ReturnState.REFUNDED,
    Kind.CREDIT: ReturnState.CREDITED,
    Kind.EXCHANGE: ReturnState.EXCHANGED,
    Kind.REPLACE: ReturnState.EXCHANGED,
}


@dataclass(frozen=True)
class Around:
    """What a return's money depends on: its orders (its own first) with those behind exchanges, the returns in
    exchange for which they were sent, by id, and the returns that go before it.
    """

    orders: Mapping[str, Order]
    origins: Mapping[str, Return] = field(default_factory=dict)
    ahead: Sequence[Return] = ()


@dataclass(frozen=True)
class Due:
    """One thing that somebody else is to do. ``key`` is that of the first try."""

    key: str
    kind: SettlementKind
    order_id: str
    amount: Money
    over: str = ""
    of: str = ""
    parts: Parts | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    asks: bool = True
    """False for what is done with another one: goods go out once, whoever paid for them."""


def dues(request: Return, kind: SettlementKind, around: Around) -> tuple[Due, ...]:
    """All that is to be settled of a kind, one for each payment."""
    own = around.orders[request.order_id]
    match kind:
        case Kind.HOLD:
            return (_due(request, kind, own.order_id, _held(request, around), own.currency),)
        case Kind.RELEASE | Kind.CAPTURE:
            held = [one for one in request.settlements if one.kind is Kind.HOLD and one.counts]
            return tuple(
                _due(request, kind, one.order_id, one.amount.amount, one.amount.currency, of=one.key)
                for one in held[-1:]
            )
        case Kind.REPAIR:
            return (_due(request, kind, own.order_id, 0, own.currency, lines=of_order(request, own.order_id)),)
    worth = worths(request, around)
    if kind is Kind.REPLACE:
        minors = {name: one.items for name, one in worth.items()}
    elif request.resolution in EXCHANGES:
        into, rest, charge = exchanged(worth, wanted_minor(request.lines, around.orders, worth))
        if kind is Kind.CHARGE:
            return (_due(request, kind, own.order_id, charge, own.currency),)
        minors = dict(into if kind is Kind.EXCHANGE else rest)
    else:
        minors = _as_promised(request, kind, worth)
    goods = kind in GOODS_KINDS
    some = [name for name in minors if minors[name]] or list(minors)[:1]
    names = list(minors) if goods else some
    return tuple(
        _due(
            request, kind, name, minors[name], worth[name].currency,
            parts=worth[name] if worth[name].total.amount == minors[name] else None,
            lines={} if payer(name)[1] else of_order(request, payer(name)[0]),
            asks=not goods or name == names[0],
        )
        for name in names
    )  # fmt: skip


def worths(request: Return, around: Around) -> Mapping[str, Parts]:
    """What comes back is worth, by payment. What was promised stands; where several payments share in it, or nothing
    was promised yet, it is worked out.
    """
    own = around.orders[request.order_id]
    alone = len(request.order_ids) == 1 and own.exchange_of not in around.origins
    if alone and request.parts and request.resolution is not Resolution.REPLACE:
        return {own.order_id: request.parts}
    if request.terms is None and request.refund_amount:
        return {own.order_id: Parts(currency=own.currency, items=request.refund_amount.amount)}
    replace = request.resolution is Resolution.REPLACE
    terms = terms_of(request)
    return quote(
        request.lines,
        around.orders,
        terms.model_copy(update={"fee": None, "refunds_shipping": False}) if replace else terms,
        Resolution.REFUND if replace else request.resolution,
        ahead=around.ahead,
        kind=request.kind,
        deduct_minor=-request.parts.deduction if request.parts else 0,
        origins=around.origins,
    )


def _as_promised(request: Return, kind: SettlementKind, worth: Mapping[str, Parts]) -> dict[str, int]:
    """The promised amount over the payments. What one of them was asked for stays as it is, whatever it has left since.
    What the others have no more is asked of the first of them: it is seen to be missing.
    """
    minors = {name: one.total.amount for name, one in worth.items()}
    if request.parts is None:
        return minors
    asked = {
        name: one.amount.amount for name in worth if (one := latest(request, _key(request, kind, name))) and one.counts
    }
    rest = request.parts.total.amount - sum(asked.values())
    for name, minor in minors.items():
        minors[name] = asked[name] if name in asked else max(0, min(minor, rest))
        rest -= 0 if name in asked else minors[name]
    first = next((name for name in minors if name not in asked), "")
    if first and rest > 0:
        minors[first] += rest
    return minors


def _held(request: Return, around: Around) -> int:
    """What other goods cost that is not paid on top: if theirs never come, both together are the price."""
    worth = worths(request, around)
    into, _, _ = exchanged(worth, wanted_minor(request.lines, around.orders, worth))
    return sum(into.values())


def _due(
    request: Return,
    kind: SettlementKind,
    name: str,
    minor: int,
    currency: str,
    *,
    of: str = "",
    parts: Parts | None = None,
    lines: Mapping[str, int] | None = None,
    asks: bool = True,
) -> Due:
    order_id, over = payer(name)
    amount = Money(amount=minor, currency=currency)
    key = _key(request, kind, name)
    return Due(key, kind, order_id, amount, over, of, parts, dict(lines or {}), asks)


def _key(request: Return, kind: SettlementKind, name: str) -> str:
    """The refund of a return's own order has the key that it had before there were others."""
    if kind is Kind.REFUND and name == request.order_id:
        return stable_id("rfd", request.brand, request.return_id)
    return stable_id("set", request.brand, request.return_id, kind.value, name)


def latest(request: Return, key: str) -> Settlement | None:
    """The last try of a due, by the key of the first; one that was done after all stands before later ones."""
    tries = [one for one in request.settlements if one.due == key]
    return next((one for one in tries if one.state is SettlementState.DONE), tries[-1] if tries else None)


def may_try_again(request: Return, failed: Settlement) -> bool:
    """True once a person (or their deadline) has said so about this very try."""
    word = said_of(request, failed)
    return request.review is None and word is not None and word.outcome is Outcome.APPROVE


def intended(
    request: Return, due: Due, now: datetime, *, state: SettlementState = SettlementState.INTENDED, why: str = ""
) -> Return:
    """The return with the intent; another try has a key of its own. ``why``: of one that fails before it is asked."""
    before = latest(request, due.key)
    tries = sum(one.due == due.key for one in request.settlements)
    one = Settlement(
        key=f"{due.key}-{tries + 1}" if tries else due.key,
        kind=due.kind,
        order_id=due.order_id,
        amount=due.amount,
        parts=due.parts,
        lines=dict(due.lines),
        state=state,
        intended_at=now,
        done_at=now if state is SettlementState.DONE else None,
        reference=NOTHING_DUE if state is SettlementState.DONE else "",
        why=why,
        of=before.key if before else due.of,
        over=due.over,
    )
    return request.model_copy(update={"settlements": (*request.settlements, one), "version": request.version + 1})


def claimed(request: Return, key: str, now: datetime) -> Return:
    """The return with a note that somebody is asking for a settlement now."""
    settlements = tuple(
        one.model_copy(update={"asked_at": now}) if one.key == key else one for one in request.settlements
    )
    return request.model_copy(update={"settlements": settlements, "version": request.version + 1})


def told(
    request: Return,
    key: str,
    state: SettlementState,
    now: datetime,
    *,
    reference: str = "",
    why: str = "",
    replacement: str = "",
) -> Return:
    """The return after an answer, or news, about a settlement. What fails is put before people; a hold that cannot be
    had is looked at by the next step.
    """
    one = next(found for found in request.settlements if found.key == key)
    changed = one.model_copy(
        update={
            "state": state,
            "asked_at": now,
            "done_at": now if state is SettlementState.DONE else None,
            "reference": reference or one.reference,
            "why": why if state is SettlementState.FAILED else "",
        }
    )
    update: dict[str, object] = {
        "settlements": tuple(changed if found.key == key else found for found in request.settlements),
        "version": request.version + 1,
    }
    if replacement:
        update["replacement_order_id"] = replacement
    request = request.model_copy(update=update)
    if state is SettlementState.FAILED and one.kind is not Kind.HOLD:
        return _failed(request, changed, now)
    return request


def executed(request: Return, due: Sequence[Due], now: datetime) -> Return | None:
    """The return with its state after all of ``due`` is done; None where that is no news. Its version stays."""
    found = [latest(request, one.key) for one in due]
    kind = due[0].kind
    done = [one for one in found if one and one.state is SettlementState.DONE]
    state = _SETTLED_BY.get(kind) if kind is PRINCIPAL[request.resolution] else None
    if len(done) < len(due) or state is None or request.state is state:
        return None
    facts: answers.Facts = {
        "key": done[0].key,
        "minor": sum(one.amount.amount for one in done),
        "currency": done[0].amount.currency,
    }
    said = answers.decision(request, Outcome.APPROVE, f"{kind.value}_executed", now, facts)
    return request.model_copy(update={"state": state, "failure": None, "decisions": (*request.decisions, said)})


def asked_about(request: Return, now: datetime) -> Return:
    """The return with its last settlement, which failed, put before people. One that fails after all had ended takes
    the return up again.
    """
    one = request.settlements[-1]
    return _failed(request, one, now)


def _failed(request: Return, one: Settlement, now: datetime) -> Return:
    if answers.is_over(request):
        request = answers.reopen(request, "provider", now)
    if request.review or request.state in GIVEN_UP:
        return request
    return ask(request, MONEY, one.why or "failed", now)
