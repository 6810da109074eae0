"""PUT /v1/orders/{id}: orders from any shop or OMS; POST /v1/orders/{id}/contacts: a shopper wrote about one."""

from collections.abc import Mapping

from porchlight.connectors import InboundRequest
from porchlight.errors import InvalidInputError, PayloadTooLargeError
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import Response, json_response
from porchlight.services.api_keys import authorize
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.links import Links
from porchlight.services.put_order import put_order, read_body
from porchlight.services.receive_webhook import MAX_BODY


def put(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """200 with the order's id and its tracking page."""
    key = authorize(request, "orders:write", app.secrets)
    if len(request.body) > MAX_BODY:
        raise PayloadTooLargeError(f"at most {MAX_BODY} bytes are taken")
    if not 0 < len(path["id"]) <= 128:
        raise InvalidInputError("the order id has 1 to 128 characters")
    brand = app.brands.get(key.brand)
    keeper = OrderKeeper(app.orders, app.shipments, app.brands, app.lookout, app.dates)
    order = put_order(brand, path["id"], read_body(request.body), keeper, app.clock())
    links = Links(app.secrets, app.public_url).of_order(brand, order)
    return json_response(200, {"order_id": order.order_id, "tracking_page": links["tracking"]})


def hear(request: InboundRequest, path: Mapping[str, str]) -> Response:
    """200 with whether it was counted."""
    return json_response(200, app.contact_desk.take(request, path["id"], app.clock()))


handler = http_handler({"PUT /v1/orders/{id}": put, "POST /v1/orders/{id}/contacts": hear})
