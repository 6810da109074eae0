"""BigCommerce's webhooks: what happened (``scope``) to which order or shipment; the rest is to be fetched."""

from dataclasses import dataclass
from typing import Any

from porchlight.bodies import as_object, clean, load_json, optional_object
from porchlight.errors import UnreadableBodyError

SHIPPED = frozenset({2, 3, 10})
"""Statuses of an order whose parcels may have gone: shipped, partially shipped, completed."""
REFUNDED = frozenset({4, 14})
"""Statuses of an order with refunds: refunded, partially refunded."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook. ``subject`` is the scope without ``store/`` (and without its channel): ``order/updated``."""

    subject: str
    producer: str
    order_id: str
    shipment_id: str = ""
    new_status: int | None = None


def read(body: bytes) -> Hook:
    """The webhook in a body."""
    return hook_of(as_object(load_json(body), "the body"))


def hook_of(data: dict[str, Any]) -> Hook:
    """The webhook in an object; ids that are no whole numbers are none."""
    scope, inner = clean(data.get("scope"), 200), data.get("data")
    if not scope.startswith("store/") or not isinstance(inner, dict):
        raise UnreadableBodyError("the body does not look like a webhook")
    subject = scope.removeprefix("store/")
    if subject.startswith("channel/"):
        subject = subject.partition("/")[2].partition("/")[2]
    is_shipment = subject.startswith("shipment/")
    status = optional_object(inner.get("status")).get("new_status_id")
    return Hook(
        subject=subject,
        producer=clean(data.get("producer"), 100),
        order_id=_id(inner.get("orderId") if is_shipment else inner.get("order_id", inner.get("id"))),
        shipment_id=_id(inner.get("id")) if is_shipment else "",
        new_status=status if isinstance(status, int) else None,
    )


def is_thin(body: bytes) -> bool:
    """True for a webhook that names an order or a shipment to fetch."""
    try:
        hook = read(body)
    except UnreadableBodyError:
        return False
    return bool(hook.order_id) and wanted(hook)


def wanted(hook: Hook) -> bool:
    """Whether what happened is of use: an order's own news, a refund, a parcel that left or was changed."""
    return hook.subject in (
        "order/created",
        "order/updated",
        "order/archived",
        "order/statusUpdated",
        "order/refund/created",
        "shipment/created",
        "shipment/updated",
    )


def _id(value: Any) -> str:
    text = clean(value, 20)
    return text if text.isascii() and text.isdigit() else ""
