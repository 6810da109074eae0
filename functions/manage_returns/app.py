"""/v1/returns: ask for a return, see what can be had, look, call off; and the API's own description."""

from collections.abc import Callable, Mapping
from typing import Any

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Handler, Response, json_response


def ask(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """202: written, to be decided. The same ``idempotency-key`` again: 200 with the return as it is now."""
    found, new = app.returns_api.ask(request, app.clock())
    return json_response(202 if new else 200, found, {"location": f"/v1/returns/{found['return_id']}"})


def ok(answer: Callable[[InboundRequest, Mapping[str, str]], Mapping[str, Any]]) -> Handler:
    """200 with what is answered."""
    return lambda request, path: json_response(200, answer(request, path))


handler = http_handler(
    {
        "POST /v1/returns": ask,
        "POST /v1/returns/offers": ok(lambda request, _: app.returns_api.offers(request, app.clock())),
        "GET /v1/returns": ok(lambda request, _: app.returns_api.listed(request, app.clock())),
        "GET /v1/returns/{return_id}": ok(lambda request, path: app.returns_api.look(request, path["return_id"])),
        "POST /v1/returns/{return_id}/cancel": ok(
            lambda request, path: app.returns_api.cancel(request, path["return_id"], app.clock())
        ),
        "POST /v1/orders/{id}/gift-receipt": ok(lambda request, path: app.returns_api.gift(request, path["id"])),
        "GET /v1/openapi.json": ok(lambda request, path: app.returns_api.describe()),
    }
)
