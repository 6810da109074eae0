"""What a return is worth, to the minor unit: items, shipping, fee, deductions, bonus, and never more than was paid.

``k`` of ``n`` pieces of a line are worth ``share(paid, j + k, n) - share(paid, j, n)``, where ``j`` went back before:
however a line is split over returns, together they are worth exactly what was paid for it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from porchlight.domain.money import Money
from porchlight.domain.orders import Order, OrderLine
from porchlight.domain.policies import left_to_refund
from porchlight.domain.returns import Return, ReturnLine
from porchlight.domain.rma.names import Resolution, ReturnKind, SettlementKind
from porchlight.domain.rma.settlements import Parts, Settlement
from porchlight.domain.rma.terms import Terms

EXCHANGES = frozenset({Resolution.EXCHANGE, Resolution.INSTANT_EXCHANGE})
_NO_MONEY = frozenset({Resolution.REPLACE, Resolution.REPAIR})
_GOODS_SENT = frozenset({SettlementKind.EXCHANGE, SettlementKind.REPLACE})


def share(paid: int, count: int, of: int) -> int:
    """What ``count`` of ``of`` pieces cost that were ``paid`` for together; halves go up."""
    return (2 * paid * count + of) // (2 * of)


def paid_for(line: OrderLine) -> int:
    """Minor units that were paid for a whole line."""
    return (line.paid or line.unit_price.times(line.quantity)).amount


def line_name(order_id: str, line_id: str, payer: str) -> str:
    """What a line is called in ``Parts.by_line``. ``payer``: the order with whose payment it was paid."""
    return f"{order_id}/{line_id}" if payer == order_id else f"{order_id}/{line_id}@{payer}"


@dataclass(frozen=True)
class Payment:
    """Money that was paid for the lines of one order: with that order, or with the one for which it was exchanged."""

    order_id: str
    """The order whose payment it is."""
    currency: str
    lines: Mapping[str, int]
    """Minor units by line."""
    exchange: str = ""
    """The key of the exchange that moved it here; empty: it never moved."""

    @property
    def name(self) -> str:
        """What it is called in a quote: its order, and with which exchange the money moved where it did."""
        return f"{self.order_id}@{self.exchange}" if self.exchange else self.order_id


def payer(name: str) -> tuple[str, str]:
    """The order and the exchange (or "") in the name of a payment."""
    order_id, _, exchange = name.partition("@")
    return order_id, exchange


@dataclass
class _Draft:
    """The parts of one payment while they are being put together."""

    payment: Payment
    order: Order
    items: Counter[str] = field(default_factory=Counter)
    """By ``line_name``."""
    tax: int = 0
    shipping: int = 0
    deduction: int = 0
    fee: int = 0

    @property
    def value(self) -> int:
        return self.items.total() + self.shipping - self.deduction - self.fee


def quote(
    lines: Sequence[ReturnLine],
    orders: Mapping[str, Order],
    terms: Terms,
    resolution: Resolution,
    *,
    ahead: Sequence[Return] = (),
    kind: ReturnKind = ReturnKind.RETURN,
    deduct_minor: int = 0,
    origins: Mapping[str, Return] | None = None,
) -> Mapping[str, Parts]:
    """What comes back is worth, by the name of the ``Payment`` (mostly the order's id; see ``payer``); ``total`` adds
    them.

    ``orders``: the return's own first, then all others that its lines name, and those with which their ``origins``
    (the returns in ``Order.exchange_of``, by id) were paid. ``ahead``: returns of these orders that go before.
    Of an exchange it is what the goods are worth; ``exchanged`` says what of that goes out as goods. Replacements and
    repairs move no money. ``deduct_minor``: what the inspection takes off.
    """
    own = next(iter(orders))
    drafts: dict[str, _Draft] = {}
    if resolution in _NO_MONEY:
        return {own: Parts(currency=orders[own].currency)}
    for order_id, count_of in _by_order(lines, own).items():
        order = orders[order_id]
        before = _before(order_id, ahead)
        for payment in payments(order, orders, origins or {}):
            draft = drafts.setdefault(payment.name, _Draft(payment, orders[payment.order_id]))
            _add_items(draft, order, payment, count_of, ahead)
        if terms.refunds_shipping and resolution not in EXCHANGES and order_id in drafts:
            drafts[order_id].shipping = _shipping(order, before + count_of, ahead)
    _deduct(drafts.values(), deduct_minor)
    if kind is not ReturnKind.CLAIM:  # nothing was sent back for which a fee could be due
        room = sum(one.value for one in drafts.values())
        if resolution in EXCHANGES:
            room -= wanted_minor(lines, orders, {key: _parts(one, ahead, 0) for key, one in drafts.items()})
        _charge_fee(drafts.values(), terms.fee, room)
    bonus = terms.credit_bonus_percent if resolution is Resolution.STORE_CREDIT else 0
    return {key: _parts(one, ahead, bonus) for key, one in drafts.items()}


def total(parts: Mapping[str, Parts]) -> Parts:
    """The sum of what several payments give back; ValueError for several currencies."""
    found = list(parts.values())
    if len({one.currency for one in found}) != 1:
        raise ValueError("one amount has one currency")
    names = ("items", "shipping", "fee", "deduction", "capped", "bonus", "tax")
    by_line: Counter[str] = Counter()
    for one in found:
        by_line.update(one.by_line)
    return Parts(
        currency=found[0].currency,
        by_line=dict(by_line),
        **{name: sum(getattr(one, name) for one in found) for name in names},
    )


def payments(order: Order, orders: Mapping[str, Order], origins: Mapping[str, Return]) -> list[Payment]:
    """With what the lines of an order were paid. One that was sent in exchange was paid with the orders whose goods
    came back for it, and with the difference that was paid on top; one that was sent as a replacement, with the goods
    that it replaces.
    """
    origin = origins.get(order.exchange_of) if order.exchange_of else None
    sent = [one for one in origin.settlements if one.kind in _GOODS_SENT and one.counts] if origin else []
    if origin is None or not sent:
        return [Payment(order.order_id, order.currency, {line.line_id: paid_for(line) for line in order.lines})]
    found = [
        Payment(
            order_id=one.order_id,
            currency=one.amount.currency,
            lines=_spread(one.amount.amount, order),
            exchange=one.key if one.kind is SettlementKind.EXCHANGE and not origin.is_captured else "",
        )
        for one in sent
        if one.order_id in orders and one.amount.currency == order.currency
    ]
    added = _done(origin.settlements, SettlementKind.CHARGE)
    if added and order.total.amount:
        found.append(Payment(order.order_id, order.currency, _spread(min(added, order.total.amount), order)))
    return found


def exchanged(parts: Mapping[str, Parts], wanted: int) -> tuple[Mapping[str, int], Mapping[str, int], int]:
    """How the value of what came back is used where goods for ``wanted`` go out: what of each payment goes into them,
    what of each is paid back, and what is still to be paid.
    """
    into: dict[str, int] = {}
    rest: dict[str, int] = {}
    for order_id, one in parts.items():
        value = one.total.amount
        into[order_id] = min(value, wanted)
        rest[order_id] = value - into[order_id]
        wanted -= into[order_id]
    return into, rest, wanted


def difference(lines: Iterable[ReturnLine], orders: Mapping[str, Order], parts: Mapping[str, Parts]) -> int:
    """What goods of an exchange cost more (> 0: to be paid) or less (< 0: paid back) than those that come back are
    worth.
    """
    return wanted_minor(lines, orders, parts) - sum(one.total.amount for one in parts.values())


def own_payment(order: Order, origins: Mapping[str, Return]) -> int:
    """What was paid with an order itself: all of it, or what was charged on top where it was sent for another one."""
    origin = origins.get(order.exchange_of) if order.exchange_of else None
    if origin is None or not any(one.kind in _GOODS_SENT and one.counts for one in origin.settlements):
        return order.total.amount
    return min(order.total.amount, _done(origin.settlements, SettlementKind.CHARGE))


def wanted_minor(lines: Iterable[ReturnLine], orders: Mapping[str, Order], parts: Mapping[str, Parts]) -> int:
    """What the goods cost that take the place of others. Without a price of its own an item costs as much as the one
    that comes back. ``parts``: from ``quote``.
    """
    own = next(iter(orders))
    worth: Counter[str] = Counter()
    for one in parts.values():
        for name, minor in one.by_line.items():
            worth[name.partition("@")[0]] += minor
    counts: Counter[str] = Counter()
    priced = 0
    same: Counter[str] = Counter()
    for line in lines:
        order_id = line.order_id or own
        name = line_name(order_id, line.line_id, order_id)
        counts[name] += line.quantity
        price = line.wanted.unit_price if line.wanted else None
        if price and price.currency == orders[order_id].currency:
            priced += price.amount * line.quantity
        else:
            same[name] += line.quantity
    return priced + sum(share(worth[name], count, counts[name]) for name, count in same.items())


def _by_order(lines: Iterable[ReturnLine], own: str) -> Mapping[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for line in lines:
        found.setdefault(line.order_id or own, Counter())[line.line_id] += line.quantity
    return found


def _before(order_id: str, ahead: Iterable[Return]) -> Counter[str]:
    """How many of each line of an order went before."""
    found: Counter[str] = Counter()
    for one in ahead:
        found.update(_by_order(one.lines, one.order_id).get(order_id, {}))
    return found


def _spread(minor: int, order: Order) -> Mapping[str, int]:
    """An amount over the lines of an order, by what they cost; by number where they cost nothing. Adds up exactly."""
    weights = {line.line_id: paid_for(line) for line in order.lines}
    if not sum(weights.values()):
        weights = {line.line_id: line.quantity for line in order.lines}
    whole, so_far, found = sum(weights.values()), 0, {}
    for line_id, weight in weights.items():
        found[line_id] = share(minor, so_far + weight, whole) - share(minor, so_far, whole)
        so_far += weight
    return found


def _done(settlements: Iterable[Settlement], kind: SettlementKind) -> int:
    return sum(one.amount.amount for one in settlements if one.kind is kind and one.done_at and one.counts)


def _add_items(
    draft: _Draft, order: Order, payment: Payment, count_of: Mapping[str, int], ahead: Sequence[Return]
) -> None:
    """What the pieces of each line are worth that come back, after those that went before."""
    for line in order.lines:
        count = min(count_of.get(line.line_id, 0), line.quantity)
        if not count:
            continue
        name = line_name(order.order_id, line.line_id, payment.order_id)
        paid = payment.lines.get(line.line_id, 0)
        taken, given = _went_before(name, order.order_id, line, paid, ahead)
        left = max(0, paid - given)
        worth = left if taken + count >= line.quantity else _step(paid, taken, count, line.quantity)
        draft.items[name] += min(worth, left)
        if line.tax and paid:
            draft.tax += share(line.tax.amount, min(worth, left), paid)


def _step(paid: int, taken: int, count: int, of: int) -> int:
    return share(paid, taken + count, of) - share(paid, taken, of)


def _went_before(name: str, order_id: str, line: OrderLine, paid: int, ahead: Iterable[Return]) -> tuple[int, int]:
    """Pieces and minor units of a line in the returns before. What an earlier release did not write down is worked
    out.
    """
    taken = given = 0
    for one in sorted(ahead, key=lambda one: (one.requested_at, one.return_id)):
        count = _count(one, order_id, line.line_id)
        if not count:
            continue
        known = one.parts.by_line if one.parts else {}
        given += known[name] if name in known else _step(paid, taken, count, line.quantity)
        taken += count
    return taken, given


def _count(request: Return, order_id: str, line_id: str) -> int:
    return sum(
        one.quantity
        for one in request.lines
        if one.line_id == line_id and (one.order_id or request.order_id) == order_id
    )


def _shipping(order: Order, gone: Mapping[str, int], ahead: Sequence[Return]) -> int:
    """The outbound shipping, once, when with this all is back that was sent: at most what the cheapest would have
    cost.
    """
    if order.shipping is None or any(_has_shipping(one, order, ahead) for one in ahead):
        return 0
    if not _all_back(order, gone):
        return 0
    return max(0, min(order.shipping.amount, (order.standard_shipping or order.shipping).amount))


def _all_back(order: Order, gone: Mapping[str, int]) -> bool:
    return all(gone.get(line.line_id, 0) >= line.quantity for line in order.lines if line.ships)


def _has_shipping(one: Return, order: Order, ahead: Iterable[Return]) -> bool:
    """True for a return that gave this order's shipping back: of several orders, for those that were complete then."""
    if one.parts is None or not one.parts.shipping or order.order_id not in one.order_ids:
        return False
    until = [other for other in ahead if other.requested_at <= one.requested_at]
    return len(one.order_ids) == 1 or _all_back(order, _before(order.order_id, until))


def _deduct(drafts: Iterable[_Draft], minor: int) -> None:
    """From the items alone: what is wrong with them takes no shipping."""
    for draft in drafts:
        draft.deduction = min(minor, draft.items.total())
        minor -= draft.deduction


def _charge_fee(drafts: Iterable[_Draft], fee: Money | None, room: int) -> None:
    """One fee for the return, as far as there is money to take it from."""
    for draft in drafts:
        if fee is None or fee.currency != draft.order.currency:
            continue
        draft.fee = max(0, min(fee.amount, draft.value, room))
        fee = fee - Money(amount=draft.fee, currency=fee.currency)
        room -= draft.fee


def _parts(draft: _Draft, ahead: Sequence[Return], bonus_percent: int) -> Parts:
    """The parts, capped by what is left of the payment. Money that moved with an exchange was taken from there
    before: what is left of it stands in ``payment`` alone.
    """
    order = draft.order
    value = draft.value
    left = value if draft.payment.exchange else left_to_refund(order, ahead).amount
    bonus = share(min(value, left), bonus_percent, 100)
    tax = draft.tax
    if draft.shipping and order.shipping and order.shipping_tax and order.shipping.amount:
        tax += share(order.shipping_tax.amount, draft.shipping, order.shipping.amount)
    return Parts(
        currency=order.currency,
        items=draft.items.total(),
        shipping=draft.shipping,
        fee=-draft.fee,
        deduction=-draft.deduction,
        capped=min(0, left - value),
        bonus=bonus,
        tax=tax,
        by_line=dict(draft.items),
    )
