"""GET and POST /p/{token}: what a shopper hears, where, how often and when."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, html_response, see_other, wished


def show(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The form; a GET changes nothing."""
    note = request.query.get("done", "")
    return html_response(app.preference_centre.show(path["token"], note, app.clock(), wished(request)))


def save(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Keep it and lead back to the form, or say what is wrong."""
    form = parse_qs(request.body.decode(errors="replace"))
    saved = app.preference_centre.save(path["token"], form, app.clock(), wished(request))
    return html_response(saved.page) if saved.page else see_other(f"?done={saved.note}")


handler = http_handler({"GET /p/{token}": show, "POST /p/{token}": save})
