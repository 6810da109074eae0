"""Small signed tokens: tracking links, bearer tokens that we issue. They need no table to be checked, and they expire.

``<payload>.<signature>``, both base64url: the payload is compact JSON ``[expiry in epoch seconds, {...}]``, the
signature the first 128 bits of its HMAC-SHA256. Whoever holds the key decides what a token is for: put a word for the
use into the payload where one key signs tokens of several kinds.
"""

import hmac
import json
from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any

_SIGNATURE_BYTES = 16
_MAX_LENGTH = 2_000


def sign(payload: dict[str, Any], key: str, expires_at: datetime) -> str:
    """A token for ``payload`` that ``read`` takes until ``expires_at``."""
    if not key:
        raise ValueError("a token needs a key")
    body = _encode(json.dumps([int(expires_at.timestamp()), payload], separators=(",", ":")).encode())
    return f"{body}.{_encode(_mac(body.encode(), key))}"


def read(token: str, key: str, now: datetime) -> dict[str, Any] | None:
    """The payload of a token of ours that has not expired; None for everything else. Never raises."""
    if not key or len(token) > _MAX_LENGTH or not token.isascii():
        return None
    body, _, signature = token.partition(".")
    if not hmac.compare_digest(signature.encode(), _encode(_mac(body.encode(), key)).encode()):
        return None
    try:
        expires, payload = json.loads(b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True))
        alive = expires > now.timestamp()
    except (ValueError, TypeError, RecursionError):
        return None
    return payload if alive and isinstance(payload, dict) else None


def _mac(body: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), body, "sha256")[:_SIGNATURE_BYTES]


def _encode(raw: bytes) -> str:
    return b64encode(raw, altchars=b"-_").rstrip(b"=").decode("ascii")
