"""GET /v1/messages?shipment=… or ?order=…: every message decision, explained."""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response
from porchlight.services.api_keys import authorize
from porchlight.services.explain_messages import MessageExplainer


def explain(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """200 with what was sent, held, merged and suppressed, each with its reason and what was asked on the way."""
    del path
    brand = authorize(request, "messages:read", app.secrets).brand
    asked = {name: request.query.get(name, "") for name in ("shipment", "order")}
    return json_response(200, MessageExplainer(app.orders, app.shipments, app.catalogues).ask(brand, **asked))


handler = http_handler({"GET /v1/messages": explain})
