"""POST /webhooks/…, of carriers, stores and refund providers: verify, queue, 202 (or the 200 that some insist on)."""

from collections.abc import Mapping
from typing import Any

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response
from porchlight.services.receive_webhook import FrontDoor
from porchlight.stores.registry import store


def _receive(request: InboundRequest, kind: str, source: str, connector: Any) -> Response:
    door = FrontDoor(app.accounts, app.inbound, app.metrics, app.published_keys)
    door.receive(request, kind, source, connector, app.clock())
    return json_response(getattr(connector, "answers_with", 202), {"status": "accepted"})


def from_carrier(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """A carrier or aggregator calls. Of two routes that match AWS promises neither: others are themselves on both."""
    if other := {"stores": from_store, "refunds": from_refunds}.get(path["carrier"]):
        return other(request, {"source": path.get("token", "")})
    return _receive(request, "carriers", path["carrier"], app.carrier(path["carrier"]))


def from_store(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """A store calls."""
    return _receive(request, "stores", source := "".join(path.values()), store(source))


def from_refunds(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """A refund provider calls."""
    return _receive(request, "refund-news", source := "".join(path.values()), app.refund_news(source))


carriers = dict.fromkeys(("POST /webhooks/{carrier}", "POST /webhooks/{carrier}/{token}"), from_carrier)
others = {"POST /webhooks/stores/{store}": from_store, "POST /webhooks/refunds/{provider}": from_refunds}
handler = http_handler({**carriers, **others})
