"""GET /v1/delivery-promise: when would it arrive? For product pages and checkouts, with a snippet for either."""

from collections.abc import Mapping
from pathlib import Path

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import public_handler
from porchlight.runtime.http import Response, cached_response
from porchlight.services.promise_delivery import Offer, PromiseDesk

ELEMENT = Offer(Path(__file__).with_name("snippet.js").read_text(encoding="utf-8"), 86_400)


def desk() -> PromiseDesk:
    return PromiseDesk(app.brands, app.dates, app.renderer)


def promise(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The days and the words for them."""
    del path
    offer = desk().offer(request.query, app.clock())
    return cached_response(request, "application/json", offer)


def snippet(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The words as a piece of HTML."""
    del path
    offer = desk().snippet(request.query, app.clock())
    return cached_response(request, "text/html; charset=utf-8", offer)


def script(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The custom element that asks."""
    del path
    return cached_response(request, "text/javascript; charset=utf-8", ELEMENT)


snippets = {"GET /v1/delivery-promise/snippet.html": snippet, "GET /v1/delivery-promise/snippet.js": script}
handler = public_handler({"GET /v1/delivery-promise": promise, **snippets})
