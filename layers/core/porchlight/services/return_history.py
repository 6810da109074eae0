"""The stream as the source of what a shopper's returns were like: orders that appear or are cancelled, and returns."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from porchlight.domain.orders import Order
from porchlight.domain.return_history import History, says_something, with_order, with_return, without_order
from porchlight.domain.returns import Return
from porchlight.returning import Histories
from porchlight.services.retrying import until_settled
from porchlight.services.traits import is_cancelled


def remember(record: Mapping[str, Any], histories: Histories, now: datetime) -> None:
    """Count what a stream record says, once. Of orders only the first and the cancelling news are read."""
    change = record["dynamodb"]
    image, before = change.get("NewImage") or {}, (change.get("OldImage") or {}).get("data", {}).get("S")
    if "data" not in image:
        return
    kind, new = image["entity_type"]["S"], image["data"]["S"]
    if kind == "order" and before is None:
        order = Order.model_validate_json(new)
        if _keep(order.brand, order.shopper_id, lambda history: with_order(history, order), histories):
            histories.share(order.brand, order.fingerprints, order.shopper_id, now)
    elif kind == "order" and before is not None and is_cancelled(new) and not is_cancelled(before):
        order = Order.model_validate_json(new)
        _keep(order.brand, order.shopper_id, lambda history: without_order(history, order), histories)
    elif kind == "return":
        request, was = Return.model_validate_json(new), Return.model_validate_json(before) if before else None
        if says_something(was, request):
            _keep(request.brand, request.shopper_id, partial(_returned, was, request), histories)


def _returned(before: Return | None, after: Return, history: History) -> History:
    return with_return(history, before, after)


def _keep(brand: str, shopper_id: str, count: Callable[[History], History], histories: Histories) -> bool:
    """Write the history, unless it says so already; False where the shopper was forgotten."""

    def attempt() -> bool:
        history = histories.get(brand, shopper_id)
        if history.erased_at:
            return False
        counted = count(history)
        if counted != history:
            histories.save(counted.model_copy(update={"version": history.version + 1}))
        return True

    return until_settled(attempt)
