"""The stream as the outbox: what changed in a record becomes domain events on the bus."""

from collections.abc import Mapping
from typing import Any

from porchlight.domain.case_events import case_changes, remedy_changes
from porchlight.domain.cases import Case
from porchlight.domain.changes import DomainEvent, order_changes, shipment_changes
from porchlight.domain.law.declared import declared
from porchlight.domain.law.statement import Statement
from porchlight.domain.orders import Order
from porchlight.domain.return_events import return_changes
from porchlight.domain.returns import Return
from porchlight.domain.shipments import Shipment
from porchlight.errors import TransientError
from porchlight.ports import Bus


def changes(entity_type: str, old: str | None, new: str) -> list[DomainEvent]:
    """Domain events of one change; ``old`` and ``new`` are the records as JSON."""
    if entity_type == "shipment":
        parcels = Shipment.model_validate_json(old) if old else None, Shipment.model_validate_json(new)
        return shipment_changes(*parcels) + remedy_changes(*parcels)
    if entity_type == "order":
        orders = Order.model_validate_json(old) if old else None, Order.model_validate_json(new)
        return order_changes(*orders) + remedy_changes(*orders)
    if entity_type == "case":
        return case_changes(Case.model_validate_json(old) if old else None, Case.model_validate_json(new))
    if entity_type == "return":
        return return_changes(Return.model_validate_json(old) if old else None, Return.model_validate_json(new))
    if entity_type == "withdrawal" and old is None:
        return [declared(Statement.model_validate_json(new))]
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
