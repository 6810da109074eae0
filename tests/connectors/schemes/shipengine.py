"""ShipEngine signs time and body with RSA keys that it publishes; the front door has looked the key up already."""

import json
from base64 import b64encode, urlsafe_b64encode
from datetime import datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tests.connectors.scheme import Scheme, Signed


@cache
def private_key(kid: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _number(value: int) -> str:
    return urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8)).rstrip(b"=").decode()


def jwk(kid: str) -> str:
    """The public key of that id, as ShipEngine publishes it."""
    numbers = private_key(kid).public_key().public_numbers()
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": _number(numbers.n), "e": _number(numbers.e)}
    return json.dumps(key)


def signed_with(kid: str, body: bytes, stamp: str) -> dict[str, str]:
    """The headers of a webhook."""
    text = f"{stamp}.".encode() + body
    signature = private_key(kid).sign(text, padding.PKCS1v15(), SHA256())
    return {
        "Content-Type": "application/json",
        "User-Agent": "ShipEngine/v1",
        "X-ShipEngine-RSA-SHA256-Key-ID": kid,
        "X-ShipEngine-RSA-SHA256-Signature": b64encode(signature).decode(),
        "X-ShipEngine-Timestamp": stamp,
    }


def _signed(body: bytes, credentials: dict[str, str], now: datetime) -> Signed:
    try:
        kid = json.loads(credentials["jwk"])["kid"]
    except ValueError:
        kid = "somebody-elses"
    return body, signed_with(kid, body, now.strftime("%Y-%m-%dT%H:%M:%SZ"))


SCHEMES = (
    Scheme(
        "shipengine",
        "shipengine",
        "x-shipengine-rsa-sha256-signature",
        {"jwk": jwk("key-of-march")},
        _signed,
        has_time=True,
        another=jwk("key-of-april"),
    ),
)
