"""Signs bodies as EasyPost, USPS, UPS, Shopify and a declared courier would: for the demo, the end-to-end tests and
the connector tests.

Written from the vendors' descriptions without the connectors' own code: a mistake in one shows in the other.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from unicodedata import normalize

JSON = {"Content-Type": "application/json"}


def compact(value: Any) -> bytes:
    """JSON as senders print it: one line, UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def easypost(body: bytes, secret: str) -> dict[str, str]:
    """The headers of an EasyPost webhook."""
    digest = hmac.new(normalize("NFKD", secret).encode(), body, hashlib.sha256).hexdigest()
    return {**JSON, "User-Agent": "EasyPost/v2", "X-Hmac-Signature": f"hmac-sha256-hex={digest}"}


def usps(
    piece: dict[str, Any] | str, secret: str, sent_at: datetime, *, subscription_id: str = "demo-subscription"
) -> tuple[bytes, dict[str, str]]:
    """The envelope around a mail piece (or around a given inner text), with its headers."""
    payload = piece if isinstance(piece, str) else compact(piece).decode()
    timestamp = sent_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    digest = hmac.new(secret.encode(), (timestamp + payload).encode(), hashlib.sha256).digest()
    envelope = {
        "subscriptionId": subscription_id,
        "subscriptionType": "TRACKING",
        "timestamp": timestamp,
        "payload": payload,
        "links": [],
    }
    return compact(envelope), {**JSON, "X-HMAC": b64encode(digest).decode()}


def ups_bearer(token: str) -> dict[str, str]:
    """The headers of a Track Alert push with the token that UPS fetched from our token endpoint."""
    return {**JSON, "User-Agent": "UPSPubSubTrackingService", "Authorization": f"Bearer {token}"}


def ups_credential(credential: str) -> dict[str, str]:
    """The headers of a Track Alert push of the first version."""
    return {**JSON, "User-Agent": "UPSPubSubTrackingService", "credential": credential}


def ups_token_request(client_id: str, client_secret: str) -> tuple[bytes, dict[str, str]]:
    """The request that UPS sends to our token endpoint: client credentials by HTTP Basic."""
    basic = b64encode(f"{client_id}:{client_secret}".encode()).decode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {basic}"}
    return b"grant_type=client_credentials", headers


def millrace(body: bytes, secret: str, sent_at: datetime) -> dict[str, str]:
    """The headers of a webhook of Millrace Couriers (brand/larkspur/carriers)."""
    timestamp = str(int(sent_at.timestamp()))
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {**JSON, "X-Millrace-Timestamp": timestamp, "X-Millrace-Signature": f"v1={digest}"}


def shopify(
    body: bytes,
    secret: str,
    topic: str,
    *,
    shop: str = "demo.myshopify.com",
    webhook_id: str = "00000000-0000-4000-8000-000000000000",
) -> dict[str, str]:
    """The headers of a Shopify webhook."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {
        **JSON,
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-Webhook-Id": webhook_id,
        "X-Shopify-Hmac-Sha256": b64encode(digest).decode(),
    }
