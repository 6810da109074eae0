"""/v1/shoppers and /v1/consents: what a brand's own systems know and say about shoppers."""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response


def update(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Preferences, attributes, devices."""
    return json_response(200, app.shopper_api.update(request, path["id"], app.clock()))


def erase(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Forget the person."""
    return json_response(200, app.shopper_api.erase(request, path["id"], app.clock()))


handler = http_handler(
    {
        "POST /v1/shoppers/find": lambda request, _: json_response(200, app.shopper_api.find(request)),
        "GET /v1/shoppers/{id}": lambda request, path: json_response(200, app.shopper_api.show(request, path["id"])),
        "PUT /v1/shoppers/{id}": update,
        "DELETE /v1/shoppers/{id}": erase,
        "GET /v1/shoppers/{id}/consents": lambda request, path: json_response(
            200, app.shopper_api.ledger(request, path["id"])
        ),
        "POST /v1/consents": lambda request, _: json_response(200, app.shopper_api.consents(request, app.clock())),
    }
)
