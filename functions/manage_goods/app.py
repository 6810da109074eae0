"""What the warehouse says of goods that come back: bookings, inspections, repairs, and what belongs to no return."""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response


def receive(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """A parcel was booked: nothing is refunded by that alone."""
    return json_response(200, app.warehouse_api.receive(request, path["return_id"], app.clock()))


def inspect(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """What was in it, and in which state."""
    return json_response(200, app.warehouse_api.inspect(request, path["return_id"], app.clock()))


def repair(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """How far a repair is, and in which parcel it goes back."""
    return json_response(200, app.warehouse_api.repair(request, path["return_id"], app.clock()))


handler = http_handler(
    {
        "POST /v1/returns/{return_id}/receive": receive,
        "POST /v1/returns/{return_id}/inspect": inspect,
        "POST /v1/returns/{return_id}/repair": repair,
        "POST /v1/goods": lambda request, _: json_response(200, app.warehouse_api.book(request, app.clock())),
        "GET /v1/goods/unmatched": lambda request, _: json_response(200, app.warehouse_api.unmatched(request)),
    }
)
