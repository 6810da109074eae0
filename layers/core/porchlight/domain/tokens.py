"""Small signed tokens: tracking links, bearer tokens that we issue. They need no table to be checked, and they expire.

``<payload>.<signature>``, both base64url: the payload is compact JSON ``[expiry in epoch seconds, {...}]``, the
signature the first 128 bits of its HMAC-SHA256. Whoever holds the key decides what a token is for: put a word for the
use into the payload where one key signs tokens of several kinds.

For SMS, where letters are paid for, ``sign_short`` says only a brand, an order and a day: 36 letters and the brand's.
"""

import hmac
import json
from base64 import b32decode, b32encode, b64decode, b64encode
from datetime import UTC, date, datetime
from typing import Any

_SIGNATURE_BYTES = 16
_MAX_LENGTH = 2_000
_SHORT_SIGNATURE_BYTES = 10
_ID_BYTES, _ID_LETTERS, _ID_PREFIX = 13, 20, "ord_"
_FIRST_DAY = date(2020, 1, 1)


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


def sign_short(brand: str, order_id: str, key: str, expires_at: datetime) -> str:
    """A token for the tracking page of an order that ``read_short`` takes up to the end of a day, UTC.

    ValueError for an id that is not of our making (``domain.ids.order_id``), and for a day before 2020 or after 2199.
    """
    if not key:
        raise ValueError("a token needs a key")
    letters = order_id.removeprefix(_ID_PREFIX).upper().ljust(24, "A")
    days = (expires_at.astimezone(UTC).date() - _FIRST_DAY).days
    if not 0 <= days < 2**16:
        raise ValueError("the day cannot be said")
    body = days.to_bytes(2) + b32decode(letters)[:_ID_BYTES] + brand.encode()
    return _encode(body + _mac(b"short" + body, key)[:_SHORT_SIGNATURE_BYTES])


def read_short(token: str, key: str, now: datetime) -> tuple[str, str] | None:
    """Brand and order of a short token of ours that has not expired; None for everything else. Never raises."""
    if not key or len(token) > _MAX_LENGTH or not token.isascii():
        return None
    try:
        raw = b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    body, signature = raw[:-_SHORT_SIGNATURE_BYTES], raw[-_SHORT_SIGNATURE_BYTES:]
    genuine = hmac.compare_digest(signature, _mac(b"short" + body, key)[:_SHORT_SIGNATURE_BYTES])
    if not genuine or _encode(raw) != token or len(body) <= 2 + _ID_BYTES:
        return None
    if (now.astimezone(UTC).date() - _FIRST_DAY).days > int.from_bytes(body[:2]):
        return None
    identifier = b32encode(body[2 : 2 + _ID_BYTES]).decode().lower()[:_ID_LETTERS]
    return body[2 + _ID_BYTES :].decode(errors="replace"), _ID_PREFIX + identifier


def _mac(body: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), body, "sha256")[:_SIGNATURE_BYTES]


def _encode(raw: bytes) -> str:
    return b64encode(raw, altchars=b"-_").rstrip(b"=").decode("ascii")
