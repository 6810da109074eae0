"""17TRACK hashes the raw body with its API key (version 2)."""

import hashlib
from datetime import datetime

from tests.connectors.scheme import Scheme, Signed


def _signed(body: bytes, credentials: dict[str, str], now: datetime) -> Signed:
    digest = hashlib.sha256(b"%s/%s" % (body, credentials["api_key"].encode())).hexdigest()
    return body, {"Content-Type": "application/json", "sign": digest}


SCHEMES = (Scheme("17track", "17track", "sign", {"api_key": "17TRACK0KEY0OF0THIS0ACCOUNT"}, _signed),)
