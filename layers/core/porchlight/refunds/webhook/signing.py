"""Signatures by the Standard Webhooks specification: HMAC-SHA256 over ``id.timestamp.body``."""

import base64
import binascii
import hashlib
import hmac

PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The bytes of a ``whsec_<base64>`` secret; ValueError where it is none (24 to 64 bytes)."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is not base64") from error
    if not 24 <= len(key) <= 64:
        raise ValueError("the secret has 24 to 64 bytes")
    return key


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """``v1,<base64>``."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
