"""The other side of each refund provider, on this machine: it keeps what it did, and may be slow, busy or gone."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from porchlight.adapters.http import HttpCaller
from porchlight.domain.brands import BrandConfig
from porchlight.domain.orders import Order
from porchlight.domain.rma.names import SettlementKind
from porchlight.refunds.kit import RefundKit
from porchlight.refunds.registry import settlement_provider
from porchlight.returning import Instruction, SettlementProvider
from tests.fakes import FakeOrders, FakeSecrets
from tests.unit.settling import CONFIG, eur, order

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


@dataclass
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass
class Peer:
    """``mode``: ``ok``; ``busy`` and ``down`` (nothing is done); ``silent`` (done, and the answer is lost); ``locked``
    (our key is not let in); ``refused``. ``moved``: how far money is, in the provider's own words.
    """

    provider: str
    mode: str = "ok"
    moved: str = ""
    asked: list[Asked] = field(default_factory=list)
    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was done, by our key."""
    log: list[str] = field(default_factory=list)
    """What was done, each time that it was; kept by the stricter peers."""
    forgets: bool = False
    """Keys of requests are not known any more."""
    url: str = ""

    def answer(self, asked: Asked) -> tuple[int, Any]:
        self.asked.append(asked)
        early = {"busy": (429, {}), "down": (503, {}), "locked": (401, {})}
        if self.mode in early:
            return early[self.mode]
        return self.do(asked)

    def do(self, asked: Asked) -> tuple[int, Any]:
        raise NotImplementedError

    @property
    def amounts(self) -> list[str]:
        """What was paid back, as the provider writes it."""
        return [str(one["amount"]) for one in self.made.values()]

    @property
    def done(self) -> int:
        return len(self.made)


class WebhookPeer(Peer):
    def do(self, asked: Asked) -> tuple[int, Any]:
        if self.mode == "refused":
            return 422, {"error": "ada@shopper.example has no such order"}
        data = asked.json["data"]
        self.made.setdefault(data["key"], {"amount": data["amount"]})
        return 200, {"reference": f"re_{data['key']}", "state": self.moved or "done"}


class StripePeer(Peer):
    def do(self, asked: Asked) -> tuple[int, Any]:
        if asked.method == "GET" and asked.path == "/v1/refunds":
            return 200, {"object": "list", "data": [self._shown(key) for key in self.made], "has_more": False}
        if asked.method == "GET":
            return 200, self._shown(asked.path.rpartition("_")[0].rpartition("/re_")[2] or asked.path.split("/re_")[1])
        if self.mode == "refused":
            error = {
                "type": "invalid_request_error",
                "code": "charge_already_refunded",
                "message": "ada@shopper.example",
            }
            return 400, {"error": error}
        form = asked.form
        self.made.setdefault(form["metadata[key]"], {"amount": form["amount"]})
        return 200, self._shown(form["metadata[key]"])

    def _shown(self, key: str) -> dict[str, Any]:
        return {"id": f"re_{key}", "object": "refund", "status": self.moved or "succeeded", "metadata": {"key": key}}


class WooCommercePeer(Peer):
    def do(self, asked: Asked) -> tuple[int, Any]:
        if asked.method == "GET":
            return 200, [self._shown(key) for key in self.made]
        if self.mode == "refused":
            return 500, {"code": "woocommerce_rest_cannot_create_order_refund", "message": "ada@shopper.example"}
        body = asked.json
        self.made[body["meta_data"][0]["value"]] = {"amount": body["amount"], "reason": body["reason"]}
        return 201, self._shown(body["meta_data"][0]["value"])

    def _shown(self, key: str) -> dict[str, Any]:
        meta = [{"id": 1, "key": "_porchlight_key", "value": key}]
        return {"id": 725, "refunded_payment": self.moved != "failed", "reason": f"Return {key}", "meta_data": meta}


class ShopifyPeer(Peer):
    def do(self, asked: Asked) -> tuple[int, Any]:
        query, given = asked.json["query"], asked.json["variables"]
        if "refundCreate" in query:
            if self.mode == "refused":
                errors = [{"field": ["transactions"], "message": "ada@shopper.example"}]
                return 200, {"data": {"refundCreate": {"refund": None, "userErrors": errors}}}
            key = given["input"]["note"].split()[1]
            paid = sum(float(one["amount"]) for one in given["input"]["transactions"])
            self.made.setdefault(key, {"amount": f"{paid:.2f}"})
            return 200, {"data": {"refundCreate": {"refund": self._shown(key), "userErrors": []}}}
        paid = [("1", "SALE", "20.00", None), ("2", "SALE", "105.00", None)]
        transactions = [
            {
                "id": f"gid://shopify/OrderTransaction/{name}",
                "kind": kind,
                "status": "SUCCESS",
                "gateway": "cards",
                "amountSet": {"presentmentMoney": {"amount": amount, "currencyCode": "EUR"}},
                "parentTransaction": parent,
            }
            for name, kind, amount, parent in paid
        ]
        refunds = [self._shown(key) for key in self.made]
        return 200, {"data": {"order": {"id": given["id"], "transactions": transactions, "refunds": refunds}}}

    def _shown(self, key: str) -> dict[str, Any]:
        nodes = [{"id": "gid://shopify/OrderTransaction/9", "kind": "REFUND", "status": self.moved or "SUCCESS"}]
        return {"id": "gid://shopify/Refund/929361462", "note": f"rma_1 {key}", "transactions": {"nodes": nodes}}


PEERS: dict[str, Callable[[str], Peer]] = {
    "webhook": WebhookPeer,
    "stripe": StripePeer,
    "woocommerce": WooCommercePeer,
    "shopify": ShopifyPeer,
}
PENDING = {"webhook": "accepted", "stripe": "pending", "shopify": "PENDING"}
"""How a provider says that it has taken a refund whose money has not moved."""
FAILED = {"webhook": "failed", "stripe": "failed", "woocommerce": "failed", "shopify": "FAILURE"}
AMOUNT = {"webhook": "5000", "stripe": "5000", "woocommerce": "50.00", "shopify": "50.00"}
"""50.00 EUR as each of them writes it."""


@contextmanager
def served(peer: Peer) -> Iterator[Peer]:
    """The peer, listening at ``peer.url``."""

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
            status, found = peer.answer(asked)
            if peer.mode == "silent":
                self.close_connection = True
                return
            text = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _take

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    peer.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()


def brand_at(peer: Peer) -> BrandConfig:
    """A brand whose money the provider moves."""
    more = {
        "webhook": {"url": f"{peer.url}/refunds"},
        "stripe": {},
        "woocommerce": {"site": "https://shop.example"},
        "shopify": {"shop": "larkspur.myshopify.com"},
    }[peer.provider]
    given = CONFIG.model_dump(mode="json") | {"refunds": {"provider": peer.provider, **more}}
    return BrandConfig.model_validate(given)


def secret_of(peer: Peer) -> dict[str, str]:
    given = {
        "webhook": {"secret": SECRET},
        "stripe": {"api_key": "sk_test_1"},
        "woocommerce": {"consumer_key": "ck_1", "consumer_secret": "cs_1"},
        "shopify": {"access_token": "shpat_1"},
    }[peer.provider]
    return given if peer.provider == "webhook" else {**given, "base_url": peer.url}


def kit_at(peer: Peer, *orders: Order, secret: dict[str, Any] | None = None) -> RefundKit:
    """Over real HTTP, as it is wired."""
    kept = FakeOrders()
    for one in orders or (order(external_id="450789469", payment_reference="pi_1"),):
        kept.save(one)
    secrets = FakeSecrets(**{"refunds/larkspur": secret_of(peer) if secret is None else secret})
    return RefundKit(secrets, kept, lambda: HttpCaller(call_seconds=2), default_url=f"{peer.url}/refunds")


def provider_at(peer: Peer, *orders: Order, kind: SettlementKind = SettlementKind.REFUND) -> SettlementProvider:
    return settlement_provider(brand_at(peer), kind, kit_at(peer, *orders))


def wanted(**update: Any) -> Instruction:
    """50.00 EUR for a shirt."""
    values: dict[str, Any] = {
        **{"key": "rfd_1", "kind": SettlementKind.REFUND, "brand": "larkspur", "return_id": "rma_1"},
        **{"order_id": "ord_1", "amount": eur(5_000), "lines": {"shirt": 1}, "intended_at": NOW},
    }
    return Instruction(**{**values, **update})
