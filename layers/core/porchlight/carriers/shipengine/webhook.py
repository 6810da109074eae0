"""The proof of a ShipEngine webhook: ``X-ShipEngine-RSA-SHA256-Signature``, RSASSA-PKCS1-v1_5 with SHA-256 over
``{X-ShipEngine-Timestamp}.{raw body}``, base64, with the key that ``X-ShipEngine-RSA-SHA256-Key-ID`` names.
"""

import json
from base64 import b64decode, urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

from porchlight.connectors import InboundRequest

KEY_ID = "x-shipengine-rsa-sha256-key-id"
SIGNATURE = "x-shipengine-rsa-sha256-signature"
TIMESTAMP = "x-shipengine-timestamp"
TOLERANCE = timedelta(minutes=5)
"""As ShipEngine advises."""

_SHORTEST, _LONGEST = 2048, 8192
"""Bits of a modulus that is taken: no weak key, and none that costs a second to check."""


def signed(request: InboundRequest, jwk: str, key_id: str, now: datetime) -> bool:
    """True if the request is signed with ``jwk`` (a JSON Web Key as text) and its time is near ``now``."""
    stamp, given = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
    if not jwk or not given or not _fresh(stamp, now):
        return False
    key = _key(jwk, key_id)
    if key is None:
        return False
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.hashes import SHA256

    modulus, exponent = key
    try:
        signature = b64decode(given, validate=True)
        public = RSAPublicNumbers(exponent, modulus).public_key()
        public.verify(signature, stamp.encode() + b"." + request.body, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _key(jwk: str, key_id: str) -> tuple[int, int] | None:
    """Modulus and exponent of an RSA key, if it may sign and has the id that the request names."""
    try:
        found: Any = json.loads(jwk)
        if not isinstance(found, dict) or found.get("kty") != "RSA" or found.get("use", "sig") != "sig":
            return None
        if found.get("kid", key_id) != key_id:
            return None
        modulus, exponent = (int.from_bytes(urlsafe_b64decode(f"{found[part]}==")) for part in "ne")
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return (modulus, exponent) if _SHORTEST <= modulus.bit_length() <= _LONGEST else None


def _fresh(stamp: str, now: datetime) -> bool:
    """True for an ISO time, or seconds or milliseconds since 1970, that is near ``now``."""
    try:
        if stamp.isascii() and stamp.isdigit():
            number = int(stamp[:13])
            sent = datetime.fromtimestamp(number / 1000 if len(stamp) > 10 else number, UTC)
        else:
            sent = datetime.fromisoformat(stamp)
            sent = sent if sent.tzinfo else sent.replace(tzinfo=UTC)
        return abs(sent - now) <= TOLERANCE
    except (ValueError, OverflowError, OSError):
        return False
