"""Teleship signs the JSON text, hex."""

import hashlib
import hmac
from datetime import datetime

from tests.connectors.scheme import Scheme, Signed


def _signed(body: bytes, credentials: dict[str, str], now: datetime) -> Signed:
    digest = hmac.new(credentials["webhook_secret"].encode(), body, hashlib.sha256).hexdigest()
    return body, {"Content-Type": "application/json", "X-Teleship-Signature": digest}


SCHEMES = (Scheme("teleship", "teleship", "x-teleship-signature", {"webhook_secret": "whsec_teleship"}, _signed),)
