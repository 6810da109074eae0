"""TrackingMore signs its time only (webhooks of version 4); older versions prove themselves by the address."""

import hashlib
import hmac
from datetime import datetime

from tests.connectors.scheme import Scheme, Signed, by_token


def _signed(body: bytes, credentials: dict[str, str], now: datetime) -> Signed:
    stamp = f"{now.timestamp():.0f}"
    digest = hmac.new(credentials["webhook_secret"].encode(), stamp.encode(), hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "timestamp": stamp, "signature": digest}


SCHEMES = (
    Scheme(
        "trackingmore",
        "trackingmore",
        "signature",
        {"webhook_secret": "11111111-2222-3333-4444-555555555555"},
        _signed,
        signs_body=False,
        has_time=True,
    ),
    by_token("trackingmore", source_ip="47.90.206.205"),
)
