"""/v1/webhooks: how endpoints stand, what was delivered to them and what was not; sending anew."""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response
from porchlight.services import show_webhooks as hooks
from porchlight.services.api_keys import authorize


def listed(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The endpoints of the key's brand."""
    key = authorize(request, "webhooks:read", app.secrets)
    return json_response(200, hooks.endpoints(app.webhook_deliveries, app.brands, key.brand))


def deliveries(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """The newest deliveries of an endpoint; ``state`` picks, ``before`` goes on."""
    key = authorize(request, "webhooks:read", app.secrets)
    found = hooks.page(app.webhook_deliveries, app.brands, key.brand, path["endpoint"], request.query)
    return json_response(200, found)


def redrive(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """202: it is sent once more; 409 where it is on its way."""
    key = authorize(request, "webhooks:write", app.secrets)
    return json_response(202, hooks.redrive(app.webhook_deliveries, app.webhook_desk, key.brand, **path))


def enable(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """An endpoint that was switched off is sent to again."""
    key = authorize(request, "webhooks:write", app.secrets)
    return json_response(200, hooks.enable(app.brands, app.webhook_desk, key.brand, path["endpoint"]))


everything, one = "GET /v1/webhooks", "GET /v1/webhooks/{endpoint}/deliveries"
again, on = "POST /v1/webhooks/{endpoint}/deliveries/{delivery_id}/redrive", "POST /v1/webhooks/{endpoint}/enable"
handler = http_handler({everything: listed, one: deliveries, again: redrive, on: enable})
