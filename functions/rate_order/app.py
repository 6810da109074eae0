"""GET and POST /c/{token}/{score}: what a shopper thought of an order, tapped in a message."""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, html_response, wished
from porchlight.services.links import Links
from porchlight.services.rating import RatingPage


def _page() -> RatingPage:
    links = Links(app.secrets, app.public_url)
    return RatingPage(app.orders, app.ratings, app.brands, app.renderer, links, app.metrics)


def show(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Ask; a GET changes nothing."""
    return html_response(_page().show(path["token"], path["score"], app.clock(), wished(request)))


def rate(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Store the answer."""
    return html_response(_page().rate(path["token"], path["score"], app.clock(), wished(request)))


handler = http_handler({"GET /c/{token}/{score}": show, "POST /c/{token}/{score}": rate})
