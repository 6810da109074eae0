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


handler = http_handler(
    {
        "POST /v1/returns/{return_id}/decision": ok(
            lambda request, rma: app.reviews_api.decide(request, rma, app.clock())
        ),
        "POST /v1/returns/{return_id}/assign": ok(
            lambda request, rma: app.reviews_api.assign(request, rma, app.clock())
        ),
        "POST /v1/returns/{return_id}/notes": ok(lambda request, rma: app.reviews_api.note(request, rma, app.clock())),
        "POST /v1/returns/{return_id}/reopen": ok(
            lambda request, rma: app.reviews_api.reopen(request, rma, app.clock())
        ),
        "POST /v1/returns/{return_id}/posted": ok(
            lambda request, rma: app.reviews_api.posted(request, rma, app.clock())
        ),
        "POST /v1/returns/{return_id}/label": ok(lambda request, rma: app.reviews_api.label(request, rma, app.clock())),
        "POST /v1/returns/{return_id}/label/upload": ok(lambda request, rma: app.reviews_api.label_form(request, rma)),
    }
)
