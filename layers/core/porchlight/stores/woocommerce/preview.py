"""WooCommerce bodies in plain words, for ``porchlight parse``."""

from datetime import UTC
from typing import Any

from porchlight.bodies import moment, only_unreadable
from porchlight.domain.printed import iso
from porchlight.errors import UnreadableBodyError
from porchlight.stores import reading
from porchlight.stores.reading import as_printed, count
from porchlight.stores.woocommerce.shapes import WRAPPERS, first, kind_of, order_of_refund

PING = b"webhook_id="


@only_unreadable
def preview(body: bytes) -> tuple[str, dict[str, Any]]:
    """The topic that the body looks like, and what it is."""
    if body.startswith(PING):
        return "", {"kind": "subscription_lifecycle", "id": as_printed(body[len(PING) : 40].decode("ascii", "replace"))}
    data = reading.bare(body, WRAPPERS)
    kind = kind_of(data)
    if kind == "deleted":
        return "orders/deleted", {"kind": "order", "order_id": as_printed(data.get("id")), "deleted": True}
    if kind == "refund":
        return "refunds/create", {"kind": kind, **_refund(data)}
    if kind == "order":
        return "orders/updated", {"kind": kind, **_order(data)}
    return "", {"kind": "not_tracking", "id": as_printed(data.get("id"))}


def _order(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "order_id": as_printed(data.get("id")),
        "order_number": as_printed(first(data, "number", "order_number")),
        **_created(data),
        "currency": as_printed(data.get("currency")),
        "total": as_printed(data.get("total")),
        "status": as_printed(data.get("status")),
        "line_items": count(data.get("line_items")),
    }


def _refund(data: dict[str, Any]) -> dict[str, Any]:
    paid = data.get("refunded_payment")
    return {
        "refund_id": as_printed(data.get("id")),
        "order_id": order_of_refund(data) or None,
        **_created(data),
        "amount": as_printed(data.get("amount")),
        "refunded_payment": paid if isinstance(paid, bool) else None,
    }


def _created(data: dict[str, Any]) -> dict[str, str | None]:
    """UTC where the body has it; else as printed, which is the site's own time."""
    gmt = first(data, "date_created_gmt")
    if gmt is not None:
        try:
            found = moment(gmt, "date_created_gmt")
            return {"created_at": iso(found if found.tzinfo else found.replace(tzinfo=UTC))}
        except UnreadableBodyError:
            return {"created_at": as_printed(gmt)}
    printed = as_printed(first(data, "date_created", "created_at"))
    naive = printed is not None and "created_at" not in data
    return {"created_at": printed, **({"created_at_zone": "local"} if naive else {})}
