"""The stream as the outbox: what changed in a record becomes domain events on the bus."""

from collections.abc import Mapping
from typing import Any

from porchlight.domain.changes import DomainEvent, order_changes, return_changes, shipment_changes
from porchlight.domain.orders import Order
from porchlight.domain.returns import Return
from porchlight.domain.shipments import Shipment
from porchlight.errors import TransientError
from porchlight.ports import Bus


def changes(entity_type: str, old: str | None, new: str) -> list[DomainEvent]:
    """Domain events of one change; ``old`` and ``new`` are the records as JSON."""
    if entity_type == "shipment":
        return shipment_changes(Shipment.model_validate_json(old) if old else None, Shipment.model_validate_json(new))
    if entity_type == "order":
        return order_changes(Order.model_validate_json(old) if old else None, Order.model_validate_json(new))
    if entity_type == "return":
        return return_changes(Return.model_validate_json(old) if old else None, Return.model_validate_json(new))
    return []


def publish(record: Mapping[str, Any], bus: Bus) -> list[DomainEvent]:
    """Publish what a stream record means. TransientError where the bus refuses any: the stream brings it again."""
    image = record["dynamodb"].get("NewImage")
    if not image or "data" not in image:
        return []
    old = record["dynamodb"].get("OldImage") or {}
    found = changes(image["entity_type"]["S"], old.get("data", {}).get("S"), image["data"]["S"])
    if found and bus.publish(found):
        raise TransientError("the bus refused some events")
    return found
