"""POST /t/{token}/sms: news by SMS, asked for on the tracking page."""

from collections.abc import Mapping
from urllib.parse import parse_qs

from porchlight.connectors import InboundRequest
from porchlight.errors import NotFoundError
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, html_response, see_other, wished
from porchlight.services.pages import not_found


def sign_up(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """Lead back to the page, which says what came of it; or a 404 that tells nothing."""
    form = parse_qs(request.body.decode(errors="replace"))
    number, agreed = form.get("mobile", [""])[0], form.get("agreed") == ["yes"]
    try:
        state = app.sms_sign_up.sign_up(path["token"], number, agreed, app.clock(), wished(request))
    except NotFoundError:
        return html_response(not_found(app.renderer, wished(request)))
    return see_other(f"../{path['token']}?sms={state}#sms")


handler = http_handler({"POST /t/{token}/sms": sign_up})
