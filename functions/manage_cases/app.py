"""/v1/cases: what waits for a person, and the answer; /v1/shipments/{id}/delay: every decision, explained."""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response
from porchlight.services import cases
from porchlight.services.api_keys import authorize
from porchlight.services.explain_delay import Explainer


def explainer() -> Explainer:
    return Explainer(app.cases, app.decisions, app.shipments, app.orders, app.brands, app.secrets, app.public_url)


def listed(request: InboundRequest, path: Mapping[str, str]) -> Response:
    key, after = authorize(request, "cases:read", app.secrets), request.query.get("after", "")
    return json_response(200, cases.page(app.cases, key.brand, after, app.clock()))


def look(request: InboundRequest, path: Mapping[str, str]) -> Response:
    key = authorize(request, "cases:read", app.secrets)
    return json_response(200, explainer().case(key.brand, path["case_id"]))


def decide(request: InboundRequest, path: Mapping[str, str]) -> Response:
    key = authorize(request, "cases:decide", app.secrets)
    desk = cases.AnswerDesk(app.cases, app.shipments, app.orders)
    return json_response(200, desk.from_person(key.brand, path["case_id"], request.body, key.id, app.clock()))


def explain(request: InboundRequest, path: Mapping[str, str]) -> Response:
    key = authorize(request, "cases:read", app.secrets)
    return json_response(200, explainer().shipment(key.brand, path["shipment_id"]))


routes = {"GET /v1/cases": listed, "GET /v1/cases/{case_id}": look, "POST /v1/cases/{case_id}/decision": decide}
handler = http_handler(routes | {"GET /v1/shipments/{shipment_id}/delay": explain})
