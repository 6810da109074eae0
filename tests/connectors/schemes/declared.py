"""Carriers that a brand declares: every kind of proof that a mapping can name."""

import hmac
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Any

from porchlight.carriers.declared import DeclaredCarrier
from porchlight.carriers.declared.mapping import CarrierMapping, compiled
from tests.connectors.scheme import Scheme, Signed, by_token

MAPPING: dict[str, Any] = {
    "name": "Tern Parcel",
    "parcels": "parcels",
    "number": "number",
    "events": "scans",
    "event": {"code": "code", "time": {"value": "at"}},
    "statuses": {"DONE": "delivered"},
}
PROOFS: dict[str, dict[str, Any]] = {
    "tern_hex": {"kind": "hmac", "header": "X-Tern-Signature", "algorithm": "sha256", "encoding": "hex"},
    "tern_sha1": {
        **{"kind": "hmac", "header": "X-Tern-Signature", "algorithm": "sha1", "encoding": "hex", "prefix": "sha1="},
    },
    "tern_base64": {
        **{"kind": "hmac", "header": "X-Tern-Signature", "algorithm": "sha512", "encoding": "base64"},
        "prefix": "v1,",
        "signed": "{timestamp}.{body}!",
        "timestamp": {"header": "X-Tern-Timestamp", "tolerance_seconds": 600},
    },
    "tern_iso": {
        **{"kind": "hmac", "header": "X-Tern-Signature", "algorithm": "sha256", "encoding": "hex"},
        "signed": "{body}{timestamp}",
        "timestamp": {"header": "X-Tern-Timestamp", "format": "iso"},
    },
    "tern_header": {"kind": "header", "header": "Authorization", "prefix": "Bearer "},
    "tern_token": {"kind": "token", "networks": ["198.51.100.0/24"]},
}


def declared(proof: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The compiled mapping of a carrier with this proof."""
    return compiled(CarrierMapping.model_validate({"id": "tern_parcel", **MAPPING, "proof": proof, **changed}))


CONNECTORS = {name: DeclaredCarrier(name, {"larkspur": declared(proof)}) for name, proof in PROOFS.items()}


def _hmac(algorithm: str, secret: str, signed: bytes) -> "hmac.HMAC":
    return hmac.new(secret.encode(), signed, algorithm)


def _hex(body: bytes, given: dict[str, str], now: datetime) -> Signed:
    return body, {"X-Tern-Signature": _hmac("sha256", given["secret"], body).hexdigest()}


def _sha1(body: bytes, given: dict[str, str], now: datetime) -> Signed:
    return body, {"X-Tern-Signature": "sha1=" + _hmac("sha1", given["secret"], body).hexdigest()}


def _base64(body: bytes, given: dict[str, str], now: datetime) -> Signed:
    stamp = str(int(now.timestamp()))
    digest = _hmac("sha512", given["secret"], stamp.encode() + b"." + body + b"!").digest()
    return body, {"X-Tern-Signature": "v1," + b64encode(digest).decode(), "X-Tern-Timestamp": stamp}


def _iso(body: bytes, given: dict[str, str], now: datetime) -> Signed:
    stamp = now.isoformat()
    digest = _hmac("sha256", given["secret"], body + stamp.encode()).hexdigest()
    return body, {"X-Tern-Signature": digest, "X-Tern-Timestamp": stamp}


def _bearer(body: bytes, given: dict[str, str], now: datetime) -> Signed:
    return body, {"Authorization": f"Bearer {given['secret']}"}


SECRET = {"secret": "a-secret-that-tern-was-told"}
SCHEMES = (
    Scheme("tern_hex", "tern_hex", "x-tern-signature", SECRET, _hex),
    Scheme("tern_sha1", "tern_sha1", "x-tern-signature", SECRET, _sha1),
    Scheme(
        "tern_base64",
        "tern_base64",
        "x-tern-signature",
        SECRET,
        _base64,
        has_time=True,
        tolerance=timedelta(minutes=10),
    ),
    Scheme("tern_iso", "tern_iso", "x-tern-signature", SECRET, _iso, has_time=True),
    Scheme("tern_header", "tern_header", "authorization", SECRET, _bearer, signs_body=False),
    by_token("tern_token", source_ip="198.51.100.7"),
)
