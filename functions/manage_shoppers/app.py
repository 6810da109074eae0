"""/v1/shoppers and /v1/consents: what a brand's own systems know and say about shoppers."""

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import http_handler
from porchlight.runtime.http import json_response

one = "/v1/shoppers/{id}"
handler = http_handler(
    {
        "POST /v1/shoppers/find": lambda request, _: json_response(200, app.shopper_api.find(request)),
        "POST /v1/consents": lambda request, _: json_response(200, app.shopper_api.consents(request, app.clock())),
        f"GET {one}": lambda request, path: json_response(200, app.shopper_api.show(request, path["id"])),
        f"GET {one}/consents": lambda request, path: json_response(200, app.shopper_api.ledger(request, path["id"])),
        f"PUT {one}": lambda request, path: json_response(
            200, app.shopper_api.update(request, path["id"], app.clock())
        ),
        f"DELETE {one}": lambda request, path: json_response(
            200, app.shopper_api.erase(request, path["id"], app.clock())
        ),
    }
)
