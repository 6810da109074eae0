"""/v1/returns/{return_id}/…: what people decide about a return, and the labels that they bring."""

from collections.abc import Callable, Mapping
from typing import Any

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Handler, json_response


def ok(answer: Callable[[InboundRequest, str], Mapping[str, Any]]) -> Handler:
    """200 with what is answered about the return in the path."""
    return lambda request, path: json_response(200, answer(request, path["return_id"]))


one = "POST /v1/returns/{return_id}"
handler = http_handler(
    {
        f"{one}/decision": ok(lambda request, rma: app.reviews_api.decide(request, rma, app.clock())),
        f"{one}/assign": ok(lambda request, rma: app.reviews_api.assign(request, rma, app.clock())),
        f"{one}/notes": ok(lambda request, rma: app.reviews_api.note(request, rma, app.clock())),
        f"{one}/reopen": ok(lambda request, rma: app.reviews_api.reopen(request, rma, app.clock())),
        f"{one}/label": ok(lambda request, rma: app.reviews_api.label(request, rma, app.clock())),
        f"{one}/label/upload": ok(lambda request, rma: app.reviews_api.label_form(request, rma)),
    }
)
