"""What orders and returns add to what is known of a shopper. Each counts once, however often it is told."""

from porchlight.domain.orders import Order
from porchlight.domain.returns import Return
from porchlight.domain.segments import Traits

KEPT = 300
"""Ids that are kept to tell a repeat: the newest. The stream repeats what is minutes old."""


def with_order(traits: Traits, order: Order) -> Traits:
    """One more order, and what was spent on it. One that is known as cancelled from the first counts for nothing."""
    if order.cancelled_at or order.order_id in traits.counted:
        return traits
    code, placed = order.currency, order.placed_at
    newest = traits.last_order_at is None or placed >= traits.last_order_at
    return traits.model_copy(
        update={
            "tier": order.tier if newest else traits.tier,
            "orders": traits.orders + 1,
            "spent": {**traits.spent, code: traits.spent.get(code, 0) + order.total.amount},
            "marked_down": traits.marked_down + _reduced(order),
            "first_order_at": min(placed, traits.first_order_at or placed),
            "last_order_at": max(placed, traits.last_order_at or placed),
            "counted": _also(traits, order.order_id),
        }
    )


def without_order(traits: Traits, order: Order) -> Traits:
    """One order less: it was cancelled after it had counted."""
    key = f"{order.order_id}#cancelled"
    if key in traits.counted or traits.orders == 0:
        return traits
    left = max(traits.spent.get(order.currency, 0) - order.total.amount, 0)
    return traits.model_copy(
        update={
            "orders": traits.orders - 1,
            "spent": {**traits.spent, order.currency: left},
            "marked_down": max(traits.marked_down - _reduced(order), 0),
            "counted": _also(traits, key),
        }
    )


def with_return(traits: Traits, request: Return) -> Traits:
    """One more return, whatever becomes of it."""
    if request.return_id in traits.counted:
        return traits
    return traits.model_copy(update={"returns": traits.returns + 1, "counted": _also(traits, request.return_id)})


def _reduced(order: Order) -> int:
    """1 for an order in which more than half of the pieces were bought below their usual price."""
    pieces = sum(line.quantity for line in order.lines)
    return int(2 * sum(line.quantity for line in order.lines if line.is_reduced) > pieces)


def _also(traits: Traits, key: str) -> tuple[str, ...]:
    return (*traits.counted, key)[-KEPT:]
