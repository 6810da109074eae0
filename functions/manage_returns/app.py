"""/v1/returns: ask for a return, look at it, decide where a person is asked."""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response
from porchlight.services.api_keys import authorize
from porchlight.services.request_return import (
    DecisionBody,
    RequestDesk,
    ReturnBody,
    ReviewDesk,
    get_return,
    read_body,
    show,
)


def request_return(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """202: written, to be decided. The same ``idempotency-key`` again answers 200 with the return as it is now."""
    key = authorize(request, "returns:write", app.secrets)
    desk = RequestDesk(app.returns, app.orders)
    token = request.headers.get("idempotency-key", "")
    found, new = desk.request(key.brand, read_body(ReturnBody, request.body), token, app.clock())
    return json_response(202 if new else 200, show(found), {"location": f"/v1/returns/{found.return_id}"})


def look(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The return with its decisions."""
    key = authorize(request, "returns:write", app.secrets)
    return json_response(200, show(get_return(app.returns, key.brand, path["return_id"])))


def decide(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Approve or refuse; 409 where nobody is asked."""
    key = authorize(request, "returns:decide", app.secrets)
    desk = ReviewDesk(app.returns, app.workflows)
    body = read_body(DecisionBody, request.body)
    return json_response(200, show(desk.decide(key.brand, path["return_id"], body, key.id, app.clock())))


handler = http_handler(
    {
        "POST /v1/returns": request_return,
        "GET /v1/returns/{return_id}": look,
        "POST /v1/returns/{return_id}/decision": decide,
    }
)
