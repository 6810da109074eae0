"""What returns of an order say about each other: which goes first, how much of it they hold, how much of what was paid
is left.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from porchlight.domain.milestones import TERMINAL, Milestone
from porchlight.domain.money import Money
from porchlight.domain.orders import Order
from porchlight.domain.returns import GIVEN_UP, SETTLED, Return, ReturnLine
from porchlight.domain.rma.names import FROM_WHAT_WAS_PAID, SettlementKind, SettlementState
from porchlight.domain.shipments import Shipment

REFUSALS = frozenset(
    {
        *("order_cancelled", "unknown_line", "quantity_exceeded", "nothing_to_refund", "window_closed"),
        *("final_sale", "hazmat", "too_many_returns", "not_returnable", "no_such_resolution", "goods_not_as_sent"),
        *("no_withdrawal", "withdrawal_over"),
        *("not_together", "repair_rejected"),
    }
)
"""Why a return is refused: stable codes with words of their own. A brand's policy may have further ones."""


def delivered_at(parcels: Iterable[Shipment]) -> datetime | None:
    """When the order's last parcel arrived; None while one is still coming, or none has arrived.

    Which line was in which parcel is not known, so the window opens when the last one is there: never to the
    shopper's harm.
    """
    arrived: list[datetime] = []
    for parcel in parcels:
        if parcel.is_return:
            continue
        if parcel.milestone not in TERMINAL and Milestone.DELIVERED not in parcel.reached:
            return None
        if Milestone.DELIVERED in parcel.reached:
            arrived.append(parcel.reached[Milestone.DELIVERED])
    return max(arrived, default=None)


def quantities(lines: Iterable[ReturnLine]) -> Mapping[str, int]:
    """How many of each order line."""
    total: Counter[str] = Counter()
    for line in lines:
        total[line.line_id] += line.quantity
    return total


def of_order(request: Return, order_id: str) -> Mapping[str, int]:
    """How many of each line of one order a return is about."""
    return quantities(line for line in request.lines if (line.order_id or request.order_id) == order_id)


def ahead_of(request: Return, others: Iterable[Return]) -> list[Return]:
    """The returns of the same order that go before ``request``: approved ones, and those that were asked for earlier.

    Of two requests for the same thing at once, exactly one goes before the other.
    """

    def place(one: Return) -> tuple[datetime, str]:
        return one.requested_at, one.return_id

    return [
        other
        for other in others
        if other.return_id != request.return_id
        and other.state not in GIVEN_UP
        and (place(other) < place(request) or other.is_approved)
    ]


def is_gone(request: Return, order_id: str, order: Order | None, others: Iterable[Return]) -> bool:
    """True where other returns have taken so much of an order meanwhile that a return which was given up cannot have
    its share any more.
    """
    taken = [of_order(one, order_id) for one in ahead_of(request, others)]
    bought = {line.line_id: line.quantity for line in order.lines} if order else {}
    return any(
        count + sum(one.get(line_id, 0) for one in taken) > bought.get(line_id, 0)
        for line_id, count in of_order(request, order_id).items()
    )


def left_to_refund(order: Order, others: Iterable[Return]) -> Money:
    """What was paid, less what was refunded or is promised to other returns.

    A store reports our own refunds back to us as refunds of the order. What we have executed and what the store
    reports is therefore counted once, by the larger of the two; refunds that are planned but not executed are counted
    on top. Refunds for delays stand among the order's refunds as ours, and are counted on top as well.
    """
    executed = planned = 0
    for other in others:
        mine = [
            one
            for one in other.settlements
            if one.kind in FROM_WHAT_WAS_PAID
            and one.counts
            and one.order_id == order.order_id
            and not one.over
            and not (one.kind is SettlementKind.EXCHANGE and other.is_captured)
        ]
        if mine:
            executed += sum(one.from_paid for one in mine if one.state is SettlementState.DONE)
            planned += sum(one.from_paid for one in mine if one.state is not SettlementState.DONE)
        elif other.is_captured and other.state in SETTLED:
            continue
        elif other.refund_amount and other.is_approved and other.state not in GIVEN_UP:
            planned += promised(other, order.order_id)
    told = order.refunded.amount - order.refunded_by_us
    spent = max(told, executed) + order.refunded_by_us + planned
    return Money(amount=max(0, order.total.amount - spent), currency=order.currency)


def promised(request: Return, order_id: str) -> int:
    """Minor units that an approved return will take from what was paid for an order; a bonus is given on top."""
    if request.refund_amount is None:
        return 0
    most = request.refund_amount.amount - (request.parts.bonus if request.parts else 0)
    by_line = request.parts.by_line if request.parts else {}
    mine = sum(minor for name, minor in by_line.items() if name.startswith(f"{order_id}/") and "@" not in name)
    if mine == sum(by_line.values()):  # all of it, or of an earlier release, which knew one order alone
        return most if order_id in request.order_ids and (mine or request.order_id == order_id) else 0
    return min(mine, most)
