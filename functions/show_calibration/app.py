"""GET /v1/calibration: how often dates, promises and estimates were kept."""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.domain.calibration import report
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response
from porchlight.services.api_keys import authorize


def show(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """200 with this month and last of the key's brand."""
    del path
    brand = authorize(request, "dates:read", app.secrets).brand
    return json_response(200, report(brand, app.learned.calibration(brand), app.clock().date()))


handler = http_handler({"GET /v1/calibration": show})
