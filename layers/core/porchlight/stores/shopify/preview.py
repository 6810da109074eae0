"""Shopify bodies in plain words, for ``porchlight parse``."""

from decimal import Decimal
from typing import Any

from porchlight.bodies import clean, only_unreadable, optional_object
from porchlight.domain.milestones import Milestone
from porchlight.stores import reading
from porchlight.stores.reading import amount, as_printed, count
from porchlight.stores.shopify.parse import WRAPPERS, kind_of
from porchlight.stores.shopify.statuses import STATUSES

_TOPICS = {"order": "orders/create", "fulfillment": "fulfillments/create", "refund": "refunds/create"}


@only_unreadable
def preview(body: bytes) -> tuple[str, dict[str, Any]]:
    """The topic that the body looks like, and what it is."""
    data = reading.bare(body, WRAPPERS)
    kind = kind_of(data)
    if kind is None:
        return "", {"kind": "not_tracking", "id": as_printed(data.get("id"))}
    words = {"order": _order, "fulfillment": _fulfillment, "refund": _refund, "fulfillment_event": _event}[kind]
    return _TOPICS.get(kind, ""), {"kind": kind, **words(data)}


def _order(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "order_id": as_printed(data.get("id")),
        "order_number": as_printed(data.get("name")) or as_printed(data.get("order_number")),
        "created_at": as_printed(data.get("created_at")),
        "currency": as_printed(data.get("currency")),
        "total": as_printed(data.get("total_price")),
        "financial_status": as_printed(data.get("financial_status")),
        "fulfillment_status": as_printed(data.get("fulfillment_status")),
        "line_items": count(data.get("line_items")),
        "cancelled_at": as_printed(data.get("cancelled_at")),
    }


def _fulfillment(data: dict[str, Any]) -> dict[str, Any]:
    status = as_printed(data.get("shipment_status"))
    return {
        "order_id": as_printed(data.get("order_id")),
        "fulfillment_id": as_printed(data.get("id")),
        "tracking_numbers": list(reading.numbers(data.get("tracking_numbers"), data.get("tracking_number"))),
        "tracking_company": as_printed(data.get("tracking_company")),
        "created_at": as_printed(data.get("created_at")),
        "status": as_printed(data.get("status")),
        "shipment_status": status,
        "canonical_status": _milestone(status) if status else None,
    }


def _refund(data: dict[str, Any]) -> dict[str, Any]:
    listed = data.get("transactions")
    moves = [optional_object(entry) for entry in listed] if isinstance(listed, list) else []
    statuses = {clean(entry.get("status")) for entry in moves}
    meant = [entry for entry in moves if clean(entry.get("kind")) == "refund"]
    return {
        "order_id": as_printed(data.get("order_id")),
        "refund_id": as_printed(data.get("id")),
        "created_at": as_printed(data.get("created_at")) or as_printed(data.get("processed_at")),
        "amount": _sum(meant),
        "currency": as_printed(meant[0].get("currency")) if meant else None,
        "refund_line_items": count(data.get("refund_line_items")),
        "transaction_status": statuses.pop() if len(statuses) == 1 else None,
    }


def _sum(moves: list[dict[str, Any]]) -> str | None:
    """What was to be paid back, whether or not it has been."""
    return str(sum((amount(entry.get("amount"), "amount") for entry in moves), Decimal(0))) if moves else None


def _event(data: dict[str, Any]) -> dict[str, Any]:
    """A scan as the store retells it. It has no tracking number: the fulfilment has."""
    status = clean(data.get("status"))
    event = {
        "occurred_at": as_printed(data.get("happened_at")) or as_printed(data.get("created_at")),
        "raw_code": status,
        "canonical": _milestone(status),
    }
    return {
        "order_id": as_printed(data.get("order_id")),
        "fulfillment_id": as_printed(data.get("fulfillment_id")),
        "events": [event],
        "canonical_status": event["canonical"],
        "estimated_delivery": {"at": estimate} if (estimate := as_printed(data.get("estimated_delivery_at"))) else None,
    }


def _milestone(status: str) -> str:
    return STATUSES.get(status.lower(), Milestone.UNKNOWN).value
