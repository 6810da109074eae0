"""POST /t/{token}/answer: what a shopper wants done about a late parcel."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, html_response, wished
from porchlight.services.cases import AnswerDesk
from porchlight.services.links import Links
from porchlight.services.pages import AnswerPage


def answer(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """What is done now, what was decided before, or a 404 that tells nothing."""
    form = parse_qs(request.body.decode(errors="replace"))
    case, chosen = (form.get(name, [""])[0] for name in ("case", "answer"))
    desk = AnswerDesk(app.cases, app.shipments, app.orders)
    links = Links(app.secrets, app.public_url)
    page = AnswerPage(desk, app.brands, app.renderer, links, app.metrics, app.profiles)
    return html_response(page.answer(path["token"], case, chosen, app.clock(), wished(request)))


handler = http_handler({"POST /t/{token}/answer": answer})
