"""Pages of returns: /returns finds an order, /r/{token} asks for returns and shows them, /g/{token} those of gifts."""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from porchlight.connectors import InboundRequest
from porchlight.errors import NotFoundError
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Handler, Response, file_response, html_response, see_other, wished

type Path = Mapping[str, str]
type Step = Callable[[InboundRequest, Path, str], Response]


def shops(request: InboundRequest, path: Path) -> Response:
    """The choice of a shop, or the form of the only one."""
    del path
    found = app.find_desk.shops(wished(request))
    return see_other(f"returns/{found}") if isinstance(found, str) else html_response(found)


def form(request: InboundRequest, path: Path) -> Response:
    """The form that finds an order."""
    return html_response(app.find_desk.form(path["brand"], wished(request)))


def find(request: InboundRequest, path: Path) -> Response:
    """Lead to the order's returns; or the form once more, the same whatever was wrong."""
    sent = fields(request)
    number, proof = sent.get("number", ""), sent.get("proof", "")
    found = app.find_desk.find(path["brand"], number, proof, request.source_ip, app.clock(), wished(request))
    return see_other(f"../r/{found}") if isinstance(found, str) else html_response(found)


def fields(request: InboundRequest) -> dict[str, str]:
    """The fields of a form, each once."""
    return {name: values[0] for name, values in parse_qs(request.body.decode(errors="replace")).items()}


def items(request: InboundRequest, path: Path, kind: str) -> Response:
    """What comes back, and why."""
    return html_response(app.returns_portal.items(kind, path["token"], app.clock(), wished(request)))


def choose(request: InboundRequest, path: Path, kind: str) -> Response:
    """What can be had for it."""
    return html_response(app.returns_portal.choose(kind, path["token"], request.query, app.clock(), wished(request)))


def ask(request: InboundRequest, path: Path, kind: str) -> Response:
    """Write the request and lead to its page."""
    made = app.returns_portal.ask(kind, path["token"], fields(request), app.clock(), wished(request))
    return html_response(made.page) if made.page else see_other(made.location)


def show(request: InboundRequest, path: Path, kind: str) -> Response:
    """Where a return is."""
    asked = request.query.get("ask", "")
    page = app.returns_portal.show(kind, path["token"], path["return_id"], asked, app.clock(), wished(request))
    return html_response(page)


def label(request: InboundRequest, path: Path, kind: str) -> Response:
    """The label, to print."""
    del request
    body, type_ = app.returns_portal.label(kind, path["token"], path["return_id"], app.clock())
    return file_response(body, type_, f"{path['return_id']}.{type_.rpartition('/')[2]}")


def act(request: InboundRequest, path: Path, kind: str) -> Response:
    """Cancel it, or have a person look at it; lead back to its page."""
    action = fields(request).get("action", "")
    said = app.returns_portal.act(kind, path["token"], path["return_id"], action, app.clock())
    return see_other(f"{path['return_id']}?ask={said}" if said else path["return_id"])


def guarded(step: Step, kind: str) -> Handler:
    """A page that tells nothing for links that are not valid (any more), and for returns of others."""

    def answer(request: InboundRequest, path: Path) -> Response:
        try:
            return step(request, path, kind)
        except NotFoundError:
            return html_response(app.find_desk.expired(wished(request)))

    return answer


routes: dict[str, Handler] = {"GET /returns": shops, "GET /returns/{brand}": form, "POST /returns/{brand}": find}
for kind in ("r", "g"):
    routes |= {
        f"GET /{kind}/{{token}}": guarded(items, kind),
        f"POST /{kind}/{{token}}": guarded(ask, kind),
        f"GET /{kind}/{{token}}/choose": guarded(choose, kind),
        f"GET /{kind}/{{token}}/{{return_id}}": guarded(show, kind),
        f"POST /{kind}/{{token}}/{{return_id}}": guarded(act, kind),
        f"GET /{kind}/{{token}}/{{return_id}}/label": guarded(label, kind),
    }
handler = http_handler(routes)
