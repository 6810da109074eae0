"""GET and POST /withdraw…: withdraw from a contract, in two steps."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, html_response, see_other, wished


def shops(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Which shop; where there is one, its form."""
    del path
    found = app.withdraw_page.shops(wished(request))
    return see_other(f"withdraw/{found}") if isinstance(found, str) else html_response(found)


def show(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The form; a GET changes nothing."""
    return html_response(app.withdraw_page.show(path["place"], app.clock(), wished(request)))


def send(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The next step."""
    form = parse_qs(request.body.decode(errors="replace"), keep_blank_values=True, max_num_fields=1_000)
    page = app.withdraw_page.send(path["place"], form, request.source_ip, app.clock(), wished(request))
    return html_response(page)


handler = http_handler({"GET /withdraw": shops, "GET /withdraw/{place}": show, "POST /withdraw/{place}": send})
