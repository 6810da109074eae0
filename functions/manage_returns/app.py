"""/v1/returns: ask for a return, look at it, decide where a person is asked."""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response
from porchlight.services import request_return as returns
from porchlight.services.api_keys import authorize


def ask(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """202: written, to be decided. The same ``idempotency-key`` again: 200 with the return as it is now."""
    key, body = authorize(request, "returns:write", app.secrets), returns.read_body(returns.ReturnBody, request.body)
    once = request.headers.get("idempotency-key", "")
    found, new = returns.RequestDesk(app.returns, app.orders).request(key.brand, body, once, app.clock())
    return json_response(202 if new else 200, returns.show(found), {"location": f"/v1/returns/{found.return_id}"})


def look(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The return with its decisions."""
    key = authorize(request, "returns:write", app.secrets)
    return json_response(200, returns.show(returns.get_return(app.returns, key.brand, path["return_id"])))


def decide(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Approve or refuse; 409 where nobody is asked."""
    key, body = authorize(request, "returns:decide", app.secrets), returns.read_body(returns.DecisionBody, request.body)
    desk = returns.ReviewDesk(app.returns, app.workflows)
    return json_response(200, returns.show(desk.decide(key.brand, path["return_id"], body, key.id, app.clock())))


look_up, decision = "GET /v1/returns/{return_id}", "POST /v1/returns/{return_id}/decision"
handler = http_handler({"POST /v1/returns": ask, look_up: look, decision: decide})
