"""/v1/returns: ask for a return, see what can be had, look, call off."""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response


def ask(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """202: written, to be decided. The same ``idempotency-key`` again: 200 with the return as it is now."""
    found, new = app.returns_api.ask(request, app.clock())
    return json_response(202 if new else 200, found, {"location": f"/v1/returns/{found['return_id']}"})


def cancel(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Called off; 409 where it is too late."""
    return json_response(200, app.returns_api.cancel(request, path["return_id"], app.clock()))


def look(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The return with its decisions."""
    return json_response(200, app.returns_api.look(request, path["return_id"]))


handler = http_handler(
    {
        "POST /v1/returns": ask,
        "POST /v1/returns/offers": lambda request, _: json_response(200, app.returns_api.offers(request, app.clock())),
        "GET /v1/returns": lambda request, _: json_response(200, app.returns_api.listed(request, app.clock())),
        "GET /v1/returns/{return_id}": look,
        "POST /v1/returns/{return_id}/cancel": cancel,
        "POST /v1/orders/{id}/gift-receipt": lambda request, path: json_response(
            200, app.returns_api.gift_receipt(request, path["id"])
        ),
    }
)
