"""GET and POST /u/{token}: unsubscribe, in one click for mail programs (RFC 8058) and for people."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, html_response, wished
from porchlight.services.links import Links
from porchlight.services.stopping import Unsubscribe


def _desk() -> Unsubscribe:
    return Unsubscribe(app.consent_desk, app.brands, app.renderer, Links(app.secrets, app.public_url), app.metrics)


def show(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Ask; a GET changes nothing."""
    return html_response(_desk().show(path["token"], app.clock(), wished(request)))


def change(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Switch off, or back on with ``undo=1``."""
    undo = parse_qs(request.body.decode(errors="replace")).get("undo") == ["1"]
    return html_response(_desk().change(path["token"], undo, app.clock(), wished(request)))


handler = http_handler({"GET /u/{token}": show, "POST /u/{token}": change})
