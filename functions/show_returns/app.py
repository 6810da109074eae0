"""Pages of returns: /returns finds an order, /r/{token} asks for its returns and shows them."""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, answered_response, form_fields, html_response, wished

Path = Mapping[str, str]


def form(request: InboundRequest, path: Path) -> Response:
    """The form that finds an order; which shop, where there are several."""
    desk, shop = app.find_desk, path.get("brand")
    return html_response(desk.form(shop, wished(request))) if shop else answered_response(desk.shops(wished(request)))


def find(request: InboundRequest, path: Path) -> Response:
    """Lead to the order's returns; or the form once more, the same whatever was wrong."""
    sent = form_fields(request), request.source_ip
    return answered_response(app.find_desk.find(path["brand"], *sent, app.clock(), wished(request)))


def show(request: InboundRequest, path: Path) -> Response:
    """A page, or a label; a GET changes nothing."""
    where = path["token"], path.get("step", "")
    return answered_response(app.returns_portal.get(*where, request.query, app.clock(), wished(request)))


def send(request: InboundRequest, path: Path) -> Response:
    """Ask for a return, cancel it, have a person look at it: leads to its page."""
    where = path["token"], path.get("step", "")
    return answered_response(app.returns_portal.post(*where, form_fields(request), app.clock(), wished(request)))


shopping = {"GET /returns": form, "GET /returns/{brand}": form, "POST /returns/{brand}": find}
first, steps = {"GET /r/{token}": show, "POST /r/{token}": send}, {"GET /r/{token}/{step}": show}
handler = http_handler({**shopping, **first, **steps, "POST /r/{token}/{step}": send})
