"""AfterShip signs the raw body, base64."""

import hashlib
import hmac
from base64 import b64encode
from datetime import datetime

from tests.connectors.scheme import Scheme, Signed


def _signed(body: bytes, credentials: dict[str, str], now: datetime) -> Signed:
    digest = hmac.new(credentials["webhook_secret"].encode(), body, hashlib.sha256).digest()
    return body, {"Content-Type": "application/json", "aftership-hmac-sha256": b64encode(digest).decode()}


SCHEMES = (
    Scheme("aftership", "aftership", "aftership-hmac-sha256", {"webhook_secret": "aftership-webhook-secret"}, _signed),
)
