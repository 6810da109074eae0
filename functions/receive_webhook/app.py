"""POST /webhooks/{carrier}, with a token after it where that is the proof, and /webhooks/stores/{store}: verify, queue,
202 (or the 200 that some senders insist on).
"""

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
    """A carrier or aggregator calls. Of two routes that match AWS promises neither: a store is a store on both."""
    if path["carrier"] == "stores":
        return from_store(request, {"store": path.get("token", "")})
    return _receive(request, "carriers", path["carrier"], app.carrier(path["carrier"]))


def from_store(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """A store calls."""
    return _receive(request, "stores", path["store"], store(path["store"]))


routes = {"POST /webhooks/{carrier}": from_carrier, "POST /webhooks/{carrier}/{token}": from_carrier}
handler = http_handler({**routes, "POST /webhooks/stores/{store}": from_store})
