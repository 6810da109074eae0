"""Inbound queue → facts and projections (or quarantine)."""

from collections.abc import Mapping
from typing import Any

from porchlight.errors import NotFoundError
from porchlight.ports import InboundMessage
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import batch_handler
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.record_events import Recorder, record_store_body
from porchlight.stores.registry import store


def record(item: Mapping[str, Any]) -> None:
    """One queued webhook."""
    message = InboundMessage.model_validate_json(item["body"])
    body = app.inbound.body_of(message)
    if message.kind == "carriers" and (connector := app.carrier(message.source, message.brand)):
        recorder = Recorder(app.shipments, app.quarantine, app.brands, app.metrics)
        recorder.carrier_body(message, body, connector, app.clock())
    elif message.kind == "stores" and (shop := store(message.source)):
        keeper = OrderKeeper(app.orders, app.shipments, app.brands)
        record_store_body(message, body, shop, keeper, app.quarantine, app.metrics, app.clock())
    else:
        raise NotFoundError("a queued message of a source without connector")


handler = batch_handler(record, lambda item: str(item["messageId"]))
