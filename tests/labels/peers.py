"""Providers of labels on 127.0.0.1: small worlds that remember what was bought, and may be told to misbehave."""

import json
import threading
from base64 import b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

PDF, PNG = b"%PDF-1.4\n1 0 obj\n%%EOF\n", b"\x89PNG\r\n\x1a\n" + b"0" * 20
BAD_STREET = "1 Nowhere"
"""A street that no carrier knows."""

Reply = tuple[int, Any]
"""A status, and JSON or the bytes of a document."""


class Peer:
    """A provider. ``trouble`` is what happens to the n-th request (from 0): ``lost`` (it is done, the answer never
    comes), ``silent`` (it is not done, and no answer), ``down`` (503), ``throttled`` (429), ``garbage`` (200), or any
    reply. What has no entry goes well.
    """

    provider = ""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self.trouble: dict[int, str | Reply] = {}
        self.known = True
        """The account."""
        self.rates = True
        self.codes = True
        """The carrier has codes."""
        self.used: set[str] = set()
        """References of labels that a carrier has scanned."""
        self.bought: list[str] = []
        """The key of each label that was bought."""
        self.given_back: list[str] = []
        """The reference of each that was taken back."""
        peer = self

        class Connection(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                peer.serve(self, body)

            do_GET = do_POST = do_PUT = _serve

            def log_message(self, format: str, *args: object) -> None:
                """Quietly."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Connection)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def account(self) -> dict[str, Any]:
        raise NotImplementedError

    def serve(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        parts = urlsplit(request.path)
        value = json.loads(body) if body else {}
        headers = {name.lower(): text for name, text in request.headers.items()}
        what = self.trouble.get(len(self.requests), "")
        self.requests.append((request.command, request.path, headers, value))
        if isinstance(what, tuple):
            return _answer(request, what)
        if what == "silent":
            return _broken(request)
        if what in ("down", "throttled"):
            return _answer(request, (503 if what == "down" else 429, {}))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path.startswith("/papers/"):
            reply: Reply = (200, PNG if parts.path.endswith(".png") else PDF)
        elif not self.known:
            reply = (401, {"error": "who?"})
        else:
            reply = self.reply(request.command, parts.path.strip("/").split("/"), query, value)
        if what == "lost":
            return _broken(request)
        return _answer(request, (200, b"<html>hello</html>") if what == "garbage" else reply)

    def reply(self, method: str, path: list[str], query: dict[str, str], value: Any) -> Reply:
        raise NotImplementedError

    def sent_from(self) -> tuple[str, str]:
        """The towns in the last request with addresses: where it comes from, where it goes to."""
        raise NotImplementedError


def _answer(request: BaseHTTPRequestHandler, reply: Reply) -> None:
    status, what = reply
    body = what if isinstance(what, bytes) else json.dumps(what).encode()
    request.send_response(status)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def _broken(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True


class EasyPostPeer(Peer):
    provider = "easypost"

    def __init__(self) -> None:
        super().__init__()
        self.shipments: dict[str, dict[str, Any]] = {}

    @property
    def account(self) -> dict[str, Any]:
        return {"api_key": "EZ-key", "base_url": self.url}

    def reply(self, method: str, path: list[str], query: dict[str, str], value: Any) -> Reply:
        if path[:2] != ["v2", "shipments"]:
            return 404, {"error": {"code": "NOT_FOUND"}}
        if len(path) == 2:
            return self._create(value["shipment"])
        found = self.shipments.get(path[2]) or next(
            (one for one in self.shipments.values() if one["reference"] == path[2]), None
        )
        if found is None:
            return 404, {"error": {"code": "NOT_FOUND"}}
        match path[3:]:
            case []:
                return 200, found
            case ["buy"]:
                return self._buy(found, value["rate"]["id"])
            case ["forms"]:
                if not self.codes:
                    return 422, {"error": {"code": "SHIPMENT.FORM.FAILURE"}}
                found["forms"].append({"form_type": "label_qr_code", "form_url": f"{self.url}/papers/code.png"})
                return 200, found
            case ["refund"]:
                return self._refund(found)
        return 404, {}

    def _create(self, wanted: dict[str, Any]) -> Reply:
        if wanted["to_address"]["street1"] == BAD_STREET:
            return 422, {"error": {"code": "ADDRESS.VERIFY.FAILURE", "message": f"{BAD_STREET} is not known"}}
        made = {
            "id": f"shp_{len(self.shipments)}",
            "reference": wanted["reference"],
            "rates": [
                {"id": "rate_far", "carrier": "FedEx", "service": "Ground", "rate": "5.00", "currency": "USD"},
                {"id": "rate_dear", "carrier": "UPSDAP", "service": "NextDay", "rate": "49.00", "currency": "USD"},
                {"id": "rate_best", "carrier": "UPSDAP", "service": "Ground", "rate": "7.58", "currency": "USD"},
            ]
            if self.rates
            else [],
            "forms": [],
            "messages": [],
            "tracking_code": None,
            "postage_label": None,
            "refund_status": None,
        }
        self.shipments[made["id"]] = made
        return 201, made

    def _buy(self, found: dict[str, Any], rate: str) -> Reply:
        if found["tracking_code"]:
            return 422, {"error": {"code": "SHIPMENT.POSTAGE.EXISTS"}}
        self.bought.append(found["reference"])
        found["selected_rate"] = next(one for one in found["rates"] if one["id"] == rate)
        found["tracking_code"] = f"1Z{len(self.bought):016}"
        found["postage_label"] = {"label_url": f"{self.url}/papers/label.pdf"}
        return 200, found

    def _refund(self, found: dict[str, Any]) -> Reply:
        if found["id"] in self.used:
            found["refund_status"] = "rejected"
            return 200, found
        if found["refund_status"]:
            return 422, {"error": {"code": "SHIPMENT.REFUND.UNAVAILABLE"}}
        found["refund_status"] = "submitted"
        self.given_back.append(found["id"])
        return 200, found

    def sent_from(self) -> tuple[str, str]:
        sent = next(value["shipment"] for _, _, _, value in self.requests if "shipment" in value)
        assert sent["is_return"] is True  # EasyPost turns the addresses round
        return sent["to_address"]["city"], sent["from_address"]["city"]


class ShippoPeer(Peer):
    provider = "shippo"

    def __init__(self) -> None:
        super().__init__()
        self.transactions: list[dict[str, Any]] = []
        self.wanted: dict[str, Any] = {}
        self.others = 0
        """Labels that somebody else of the account has bought meanwhile."""

    @property
    def account(self) -> dict[str, Any]:
        return {"api_token": "shippo-token", "base_url": self.url}

    def reply(self, method: str, path: list[str], query: dict[str, str], value: Any) -> Reply:
        match (method, *path):
            case ("POST", "shipments"):
                return self._create(value)
            case ("POST", "transactions"):
                return self._buy(value)
            case ("GET", "transactions"):
                return self._list(int(query["page"]), int(query["results"]))
            case ("GET", "transactions", one):
                found = next((each for each in self.transactions if each["object_id"] == one), None)
                return (200, found) if found else (404, {})
            case ("GET", "rates", "rate_best"):
                return 200, {"object_id": "rate_best", "provider": "UPS", "amount": "7.58", "currency": "USD"}
            case ("POST", "refunds"):
                return self._refund(value["transaction"])
        return 404, {}

    def _create(self, value: Any) -> Reply:
        self.wanted = value
        if value["address_to"]["street1"] == BAD_STREET:
            told = [{"source": "UPS", "text": f"Invalid address: {BAD_STREET}"}]
            return 201, {"object_id": "s", "status": "SUCCESS", "rates": [], "messages": told}
        rates = [
            {"object_id": "rate_far", "provider": "FedEx", "amount": "5.00", "currency": "USD"},
            {"object_id": "rate_dear", "provider": "UPS", "amount": "49.00", "currency": "USD"},
            {"object_id": "rate_best", "provider": "UPS", "amount": "7.58", "currency": "USD"},
        ]
        return 201, {"object_id": "s", "status": "SUCCESS", "rates": rates if self.rates else [], "messages": []}

    def _buy(self, value: Any) -> Reply:
        self.bought.append(value["metadata"])
        code = self.codes and self.wanted["extra"].get("qr_code_requested")
        made = {
            "object_id": f"tx_{len(self.transactions)}",
            "object_created": "2026-03-02T12:00:01Z",
            "status": "SUCCESS",
            "metadata": value["metadata"],
            "rate": value["rate"],
            "tracking_number": f"1Z{len(self.bought):016}",
            "label_url": f"{self.url}/papers/label.pdf",
            "qr_code_url": f"{self.url}/papers/code.png" if code else None,
            "messages": [],
        }
        self.transactions.insert(0, made)
        return 201, made

    def _list(self, page: int, results: int) -> Reply:
        other = {"object_created": "2026-03-02T12:00:02Z", "status": "SUCCESS", "metadata": "other", "rate": "r"}
        known = [*({**other, "object_id": f"o{number}"} for number in range(self.others)), *self.transactions]
        found = known[(page - 1) * results : page * results]
        following = f"{self.url}/transactions?page={page + 1}" if len(known) > page * results else None
        return 200, {"next": following, "previous": None, "results": found}

    def _refund(self, transaction: str) -> Reply:
        if transaction in self.used:
            return 201, {"object_id": "r", "status": "ERROR", "transaction": transaction}
        if transaction in self.given_back:
            return 400, {"transaction": ["a refund was requested before"]}
        self.given_back.append(transaction)
        next(one for one in self.transactions if one["object_id"] == transaction)["status"] = "REFUNDPENDING"
        return 201, {"object_id": "r", "status": "QUEUED", "transaction": transaction}

    def sent_from(self) -> tuple[str, str]:
        assert self.wanted["extra"]["is_return"] is True  # Shippo turns the addresses round
        return self.wanted["address_to"]["city"], self.wanted["address_from"]["city"]


class ShipEnginePeer(Peer):
    provider = "shipengine"

    def __init__(self) -> None:
        super().__init__()
        self.labels: dict[str, dict[str, Any]] = {}
        self.wanted: dict[str, Any] = {}

    @property
    def account(self) -> dict[str, Any]:
        services = {
            "usps": {"carrier_id": "se-1", "service_code": "usps_ground_advantage"},
            "ups": {"carrier_id": "se-2", "service_code": "ups_ground"},
        }
        return {"api_key": "se-key", "base_url": self.url, "services": services if self.rates else {}}

    def reply(self, method: str, path: list[str], query: dict[str, str], value: Any) -> Reply:
        match (method, *path):
            case ("POST", "v1", "labels"):
                return self._buy(value)
            case ("GET", "v1", "labels", "external_shipment_id", key):
                found = next((one for one in self.labels.values() if one["external_shipment_id"] == key), None)
                return (200, found) if found else (404, {"errors": [{"error_code": "not_found"}]})
            case ("PUT", "v1", "labels", label, "void"):
                return self._void(label)
        return 404, {}

    def _buy(self, value: Any) -> Reply:
        self.wanted = value
        shipment = value["shipment"]
        key = shipment["external_shipment_id"]
        if shipment["ship_from"]["address_line1"] == BAD_STREET:
            told = {"error_code": "invalid_address", "field_name": "ship_from", "message": f"{BAD_STREET}?"}
            return 400, {"request_id": "r", "errors": [told]}
        if any(one["external_shipment_id"] == key for one in self.labels.values()):
            return 409, {"errors": [{"error_code": "unspecified", "message": "external_shipment_id exists"}]}
        self.bought.append(key)
        paperless = value["display_scheme"] == "paperless" and self.codes
        made = {
            "label_id": f"se-{len(self.labels)}",
            "status": "completed",
            "external_shipment_id": key,
            "tracking_number": f"1Z{len(self.bought):016}",
            "carrier_code": "ups" if shipment["carrier_id"] == "se-2" else "stamps_com",
            "shipment_cost": {"currency": "usd", "amount": 7.58},
            "label_download": {"href": "data:application/pdf;base64," + b64encode(PDF).decode()},
            "paperless_download": {
                "href": f"{self.url}/papers/code.png",
                "instructions": "At any counter",
                "handoff_code": "A1B2",
            }
            if paperless
            else None,
            "voided": False,
        }
        self.labels[str(made["label_id"])] = made
        return 200, made

    def _void(self, label: str) -> Reply:
        found = self.labels[label]
        if label in self.used:
            return 200, {"approved": False, "message": "used", "reason_code": "label_already_used"}
        if found["voided"]:
            return 200, {"approved": False, "message": "before", "reason_code": "label_already_voided"}
        found["voided"] = True
        self.given_back.append(label)
        return 200, {"approved": True, "message": "ok"}

    def sent_from(self) -> tuple[str, str]:
        assert self.wanted["is_return_label"] is True
        shipment = self.wanted["shipment"]
        return shipment["ship_from"]["city_locality"], shipment["ship_to"]["city_locality"]


PEERS: dict[str, Callable[[], Peer]] = {one.provider: one for one in (EasyPostPeer, ShippoPeer, ShipEnginePeer)}
