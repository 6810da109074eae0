"""Shippo signs time and body where its support has switched that on; otherwise a path token and its addresses."""

import hashlib
import hmac
from datetime import datetime

from tests.connectors.scheme import Scheme, Signed, by_token


def _signed(body: bytes, credentials: dict[str, str], now: datetime) -> Signed:
    stamp = str(int(now.timestamp()))
    digest = hmac.new(credentials["hmac_secret"].encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "Shippo-Auth-Signature": f"t={stamp},v1={digest}"}


SCHEMES = (
    Scheme(
        "shippo-hmac",
        "shippo",
        "shippo-auth-signature",
        {"hmac_secret": "0123456789abcdef-shippo"},
        _signed,
        has_time=True,
    ),
    by_token("shippo", source_ip="54.81.255.221"),
)
