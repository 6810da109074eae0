"""/v1/cases: what waits for a person, and the answer; /v1/…/{id}/delay: every decision, explained."""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response
from porchlight.services import cases
from porchlight.services.api_keys import authorize


def listed(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Open cases, the nearest deadline first."""
    key = authorize(request, "cases:read", app.secrets)
    return json_response(200, cases.page(app.cases, key.brand, request.query.get("after", ""), app.clock()))


def look(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """One case with what was decided before, and the shopper's page."""
    key = authorize(request, "cases:read", app.secrets)
    return json_response(200, app.explainer.case(key.brand, path["case_id"]))


def decide(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The first answer counts; 409 for another one, or a late one."""
    key, desk = authorize(request, "cases:decide", app.secrets), cases.AnswerDesk(app.cases, app.shipments, app.orders)
    return json_response(200, desk.from_person(key.brand, path["case_id"], request.body, key.id, app.clock()))


def explain(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The delay of a parcel, or of an order that did not leave, and every decision about it with its numbers."""
    key = authorize(request, "cases:read", app.secrets)
    return json_response(200, app.explainer.delay(key.brand, **path))


one, answer = "GET /v1/cases/{case_id}", "POST /v1/cases/{case_id}/decision"
parcel, order = "GET /v1/shipments/{shipment_id}/delay", "GET /v1/orders/{order_id}/delay"
handler = http_handler({"GET /v1/cases": listed, one: look, answer: decide, parcel: explain, order: explain})
