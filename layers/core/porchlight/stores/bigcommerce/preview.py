"""BigCommerce bodies in plain words, for ``porchlight parse``."""

from typing import Any

from porchlight.bodies import only_unreadable
from porchlight.domain.printed import iso
from porchlight.errors import UnreadableBodyError
from porchlight.stores import reading
from porchlight.stores.bigcommerce.hooks import hook_of
from porchlight.stores.bigcommerce.parse import entries_of, instant, kind_of, order_lines
from porchlight.stores.reading import as_printed

_TOPICS = {"order": "orders/updated", "fulfillment": "fulfillments/update", "refund": "refunds/create"}


@only_unreadable
def preview(body: bytes) -> tuple[str, dict[str, Any]]:
    """The topic that the body looks like, and what it is (the first, of several)."""
    entries = entries_of(body)
    if not entries:
        return "", {"kind": "no_result"}
    data = entries[0]
    kind = kind_of(data)
    if kind == "webhook":
        hook = hook_of(data)
        ids = {"order_id": hook.order_id or None, "shipment_id": hook.shipment_id or None}
        return "webhook", {"kind": "thin", "scope": as_printed(data.get("scope")), **ids}
    if kind is None:
        return "", {"kind": "not_tracking", "id": as_printed(data.get("id"))}
    words = {"order": _order, "fulfillment": _shipment, "refund": _refund}[kind]
    return _TOPICS[kind], {"kind": kind, **words(data)}


def _order(data: dict[str, Any]) -> dict[str, Any]:
    lines = sum(1 for _ in order_lines(data))
    return {
        "order_id": as_printed(data.get("id")),
        "order_number": as_printed(data.get("id")),
        "created_at": _when(data.get("date_created")),
        "currency": as_printed(data.get("default_currency_code") or data.get("currency_code")),
        "total": as_printed(data.get("total_inc_tax")),
        "status": as_printed(data.get("status")),
        "payment_status": as_printed(data.get("payment_status")),
        "line_items": lines or None,
    }


def _shipment(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "order_id": as_printed(data.get("order_id")),
        "fulfillment_id": as_printed(data.get("id")),
        "tracking_numbers": list(reading.numbers(data.get("tracking_number"))),
        "tracking_company": as_printed(data.get("tracking_carrier")) or as_printed(data.get("shipping_provider")),
        "created_at": _when(data.get("date_created")),
    }


def _refund(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "order_id": as_printed(data.get("order_id")),
        "refund_id": as_printed(data.get("id")),
        "created_at": _when(data.get("created")),
        "amount": as_printed(data.get("total_amount")),
    }


def _when(value: Any) -> str | None:
    try:
        return iso(instant(value, "a date"))
    except UnreadableBodyError:
        return as_printed(value)
