"""Inbound queue → facts and projections (or quarantine); then the raw bodies of carriers into the archive."""

from collections.abc import Mapping
from typing import Any

from porchlight.connectors import InboundMessage
from porchlight.errors import NotFoundError
from porchlight.ports import ArchivedBody
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import batch_handler
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.money_news import record_money_body
from porchlight.services.record_events import Recorder, record_store_body
from porchlight.stores.registry import store


def record(item: Mapping[str, Any]) -> ArchivedBody | None:
    """One queued webhook; returns what is to be archived: carriers' bodies, never those that name shoppers."""
    message = InboundMessage.of_json(item["body"])
    body = app.inbound.body_of(message)
    if message.kind == "carriers" and (connector := app.carrier(message.source, message.brand)):
        kept = (app.shipments, app.quarantine, app.brands, app.codes, app.metrics, app.lookout, app.errands, app.dates)
        Recorder(*kept).carrier_body(message, body, connector, app.clock())
        return ArchivedBody.of(message, body)
    if message.kind == "stores" and (shop := store(message.source)):
        keeper = OrderKeeper(app.orders, app.shipments, app.brands, app.lookout, app.dates)
        record_store_body(message, body, shop, keeper, app.quarantine, app.metrics, app.errands, app.clock())
        return None
    if message.kind == "refund-news" and (teller := app.refund_news(message.source)):
        record_money_body(message, body, teller, app.money_desk, app.quarantine, app.metrics, app.clock())
        return None
    raise NotFoundError("a queued message of a source without connector")


def archive(bodies: list[ArchivedBody]) -> None:
    """After recording: news does not wait for the archive, and bodies that are not archived come again."""
    app.archive.put(bodies)


handler = batch_handler(record, lambda item: str(item["messageId"]), archive, reserve_seconds=15)
