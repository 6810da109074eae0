"""POST /oauth2/token: the client-credentials endpoint that UPS fetches its bearer from."""

from collections.abc import Mapping

from porchlight.carriers.registry import carrier
from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response
from porchlight.services.issue_token import issue


def token(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """RFC 6749 §4.4; credentials by Basic authentication or in the form."""
    del path
    status, body = issue(request, carrier("ups"), app.accounts.of("carriers", "ups"), app.clock())
    return json_response(status, body, {"pragma": "no-cache"})


handler = http_handler({"POST /oauth2/token": token})
