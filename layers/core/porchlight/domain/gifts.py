"""Returns of gifts: who hears of them, and what they may not learn. Whoever got the present is not told what it cost,
and whoever gave it not that it comes back, unless it is their money that does.
"""

from collections.abc import Iterable

from porchlight.domain.moments import Moment
from porchlight.domain.orders import Order
from porchlight.domain.returns import Return, ReturnState
from porchlight.domain.rma.names import NOBODY

GIFT = "gift"
"""``Return.source`` of these."""


def is_for_recipient(request: Return | None, moment: Moment | None = None) -> bool:
    """True for a return of which whoever got the gift is told. Money that is paid back is the giver's all the same."""
    gift = request is not None and request.source == GIFT and bool(request.recipient_id)
    return gift and moment is not Moment.REFUNDED


def as_read(order: Order, request: Return | None, moment: Moment) -> Order:
    """The order with the shopper who is told of its return: of a gift, the one who got it, if anybody knows them.
    Whoever gave it hears of their money alone.
    """
    if request is None or request.source != GIFT or moment is Moment.REFUNDED:
        return order
    return order.model_copy(update={"shopper_id": request.recipient_id or NOBODY})


def shown_to_giver(returns: Iterable[Return]) -> list[Return]:
    """The returns of an order that its own page may show."""
    return [one for one in returns if one.source != GIFT or one.state is ReturnState.REFUNDED]
