"""The brand's own system behind refunds and other remedies, pretended: checks the signature, does each key once.

It stands outside of Porchlight, as it does in life: Porchlight's exactly-once rests on the key that both sides know.
"""

import hashlib
import hmac
import json
import threading
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any, ClassVar

from local.front import Request, Response


@dataclass(frozen=True)
class Paid:
    """Money that went back."""

    key: str
    brand: str
    amount_minor: int
    currency: str
    reference: str
    order_id: str


@dataclass(frozen=True)
class Done:
    """Another remedy: a parcel sent again, an order cancelled, a credit given, a claim put to the carrier."""

    key: str
    brand: str
    kind: str
    """``reship.requested`` and the like."""
    data: dict[str, Any]


class RefundDesk:
    """Mounted into the front door."""

    PREFIX: ClassVar[str] = "/demo/refunds"

    def __init__(self, secrets: dict[str, str]) -> None:
        self._keys = {brand: b64decode(secret.removeprefix("whsec_")) for brand, secret in secrets.items()}
        self._lock = threading.Lock()
        self.paid: dict[str, Paid] = {}
        self.done: dict[str, Done] = {}
        self.calls = 0
        self.refused = 0
        self.failures: list[int] = []
        """Status codes to answer with before anything is paid: how a provider's bad day is played."""

    def __call__(self, request: Request) -> Response:
        """One refund request."""
        with self._lock:
            self.calls += 1
            if self.failures:
                return Response(self.failures.pop(0))
            brand, kind, data = self._verified(request)
            if brand is None:
                self.refused += 1
                return Response(401)
            key = request.headers["webhook-id"]
            reference = f"{kind.partition('.')[0]}-" + hashlib.sha256(key.encode()).hexdigest()[:10]
            if kind == "refund.requested":
                amount, currency = _amount(data)
                self.paid.setdefault(key, Paid(key, brand, amount, currency, reference, str(data["order_id"])))
            else:
                self.done.setdefault(key, Done(key, brand, kind, data))
            return Response.json({"reference": reference})

    def _verified(self, request: Request) -> tuple[str | None, str, Any]:
        """Standard Webhooks, but for the age: the local cloud's clock may be days away from ours."""
        signed = f"{request.headers.get('webhook-id')}.{request.headers.get('webhook-timestamp')}.".encode()
        for brand, key in self._keys.items():
            digest = b64encode(hmac.new(key, signed + request.body, hashlib.sha256).digest()).decode()
            if hmac.compare_digest(f"v1,{digest}", request.headers.get("webhook-signature", "")):
                message = json.loads(request.body)
                return brand, str(message["type"]), message["data"]
        return None, "", None


def _amount(data: dict[str, Any]) -> tuple[int, str]:
    return int(data["amount"]), str(data["currency"])
