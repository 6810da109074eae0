"""GET and POST /p/{token}: what a shopper hears, where, how often and when; POST /t/{token}/sms: news by SMS, asked for
on the tracking page.
"""

from collections.abc import Mapping
from urllib.parse import parse_qs

from porchlight.connectors import InboundRequest
from porchlight.errors import NotFoundError
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, html_response, see_other, wished
from porchlight.services.pages import not_found


def show(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The form; a GET changes nothing."""
    note = request.query.get("done", "")
    return html_response(app.preference_centre.show(path["token"], note, app.clock(), wished(request)))


def save(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Keep it and lead back to the form, or say what is wrong."""
    form = parse_qs(request.body.decode(errors="replace"))
    saved = app.preference_centre.save(path["token"], form, app.clock(), wished(request))
    return html_response(saved.page) if saved.page else see_other(f"?done={saved.note}")


def sign_up(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Lead back to the tracking page, which says what came of it; or a 404 that tells nothing."""
    form = parse_qs(request.body.decode(errors="replace"))
    number, agreed = form.get("mobile", [""])[0], form.get("agreed") == ["yes"]
    try:
        state = app.sms_sign_up.sign_up(path["token"], number, agreed, app.clock(), wished(request))
    except NotFoundError:
        return html_response(not_found(app.renderer, wished(request)))
    return see_other(f"../{path['token']}?sms={state}#sms")


handler = http_handler({"GET /p/{token}": show, "POST /p/{token}": save, "POST /t/{token}/sms": sign_up})
