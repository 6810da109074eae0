"""GET /t/{token}: where is my order?"""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, html_response, wished
from porchlight.services.links import Links
from porchlight.services.pages import TrackingPage


def show(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The page, or a 404 that tells nothing."""
    page = TrackingPage(
        app.orders,
        app.shipments,
        app.returns,
        app.cases,
        app.brands,
        app.renderer,
        Links(app.secrets, app.public_url),
        app.metrics,
        app.profiles,
        app.laboratory,
        app.laws,
    )
    return html_response(page.show(path["token"], app.clock(), wished(request), request.query.get("sms", "")))


handler = http_handler({"GET /t/{token}": show})
