"""GET /v1/messages?shipment=… or ?order=…: every message decision, explained; GET /v1/engagement and
/v1/experiments: what shoppers did with messages, and what difference it makes to get them.
"""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response
from porchlight.services.api_keys import authorize
from porchlight.services.engagement import EngagementReport
from porchlight.services.explain_messages import MessageExplainer


def explain(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """200 with what was sent, held, merged and suppressed, each with its reason and what was asked on the way."""
    brand = authorize(request, "messages:read", app.secrets).brand
    asked = {name: request.query.get(name, "") for name in ("shipment", "order")}
    return json_response(200, MessageExplainer(app.orders, app.shipments, app.catalogues).ask(brand, **asked))


def engagement(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """200 with the counts of the last ``days`` (28 where nothing is said) by moment and channel."""
    brand = authorize(request, "messages:read", app.secrets).brand
    told = EngagementReport(app.engagement).ask(brand, request.query.get("days", ""), app.clock().date())
    return json_response(200, told)


def experiments(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """200 with each experiment of brand.yaml: counts by part, differences with their intervals."""
    brand = authorize(request, "messages:read", app.secrets).brand
    return json_response(200, {"experiments": app.laboratory.report(app.brands.get(brand))})


routes = {"GET /v1/messages": explain, "GET /v1/engagement": engagement, "GET /v1/experiments": experiments}
handler = http_handler(routes)
