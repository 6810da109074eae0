"""Past returns out of the table, one after the other, each with the prices of its orders and its law."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from porchlight.domain.orders import Order
    from porchlight.domain.policy.replay import Past
    from porchlight.domain.returns import Return

_PAGE = 100


def past_returns(app: Any, brand: str, since: datetime, until: datetime) -> Iterator[Past]:
    """Those of a brand asked for from ``since`` to before ``until``, the oldest first. Of each, its orders are read;
    its other returns only where there were some by then.
    """
    after = ""
    while True:
        page, after = app.returns.asked(brand, since, until, _PAGE, after)
        for request in page:
            yield _past(app, request)
        if not after:
            return


def _past(app: Any, request: Return) -> Past:
    from porchlight.domain.policy.replay import Past

    orders = {key: order for key in request.order_ids if (order := app.orders.get(request.brand, key))}
    sent = [order.exchange_of for order in orders.values() if order.exchange_of]
    origins = {key: origin for key in sent if (origin := app.returns.get(request.brand, key))}
    payers: dict[str, Order] = {
        one.order_id: order
        for origin in origins.values()
        for one in origin.settlements
        if one.order_id not in orders and (order := app.orders.get(request.brand, one.order_id))
    }
    country = orders[request.order_id].destination.country if request.order_id in orders else None
    return Past(request, {**orders, **payers}, _ahead(app, request), origins, app.laws.of(request.brand, country))


def _ahead(app: Any, request: Return) -> tuple[Return, ...]:
    """The returns of the same orders that were there when this one was asked for."""
    from porchlight.domain.policies import ahead_of

    earlier = [key for key, order in (request.facts.orders if request.facts else {}).items() if order.returns]
    others = {one.return_id: one for key in earlier for one in app.returns.of_order(request.brand, key)}
    place = request.requested_at, request.return_id
    return tuple(one for one in ahead_of(request, others.values()) if (one.requested_at, one.return_id) < place)
