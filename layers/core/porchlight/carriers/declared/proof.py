"""The proof of a declared carrier: a signature of the body, a shared header, or a token in the address."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from porchlight.bodies import same
from porchlight.connectors import Account, InboundRequest
from porchlight.proofs import from_networks, path_token


def verified(proof: Mapping[str, Any], request: InboundRequest, account: Account, now: datetime) -> bool:
    """True if the request proves itself as ``proof`` (compiled) demands, with the account's credential."""
    networks = tuple(proof.get("networks", ()))
    if proof["kind"] == "token":
        return path_token(request, account, networks)
    secret = account.credentials.get("secret", "")
    given = request.headers.get(proof["header"], "").strip()
    prefix = proof.get("prefix", "")
    if not secret or not given.startswith(prefix) or not from_networks(request, account, networks):
        return False
    given = given.removeprefix(prefix).strip()
    if proof["kind"] == "header":
        return same(given, secret)
    return _signed(proof, given, request, secret, now)


def _signed(proof: Mapping[str, Any], given: str, request: InboundRequest, secret: str, now: datetime) -> bool:
    before, _, after = proof["signed"].partition("{body}")
    if timestamp := proof.get("timestamp"):
        stamp = request.headers.get(timestamp["header"], "").strip()
        if not _is_fresh(stamp, timestamp["format"], timedelta(seconds=timestamp["tolerance_seconds"]), now):
            return False
        before, after = before.replace("{timestamp}", stamp), after.replace("{timestamp}", stamp)
    signed = b"".join((before.encode("utf-8", "replace"), request.body, after.encode("utf-8", "replace")))
    digest = hmac.digest(secret.encode(), signed, proof["algorithm"])
    if proof["encoding"] == "hex":
        return same(given.lower(), digest.hex())
    return same(given, b64encode(digest))


def _is_fresh(stamp: str, kind: str, tolerance: timedelta, now: datetime) -> bool:
    """True for a moment (epoch seconds or milliseconds, or ISO 8601 with a zone) within ``tolerance`` of now."""
    try:
        if kind == "iso":
            sent = datetime.fromisoformat(stamp)
        elif stamp.isascii() and stamp.isdigit():
            sent = datetime.fromtimestamp(int(stamp) / (1000 if kind == "epoch_ms" else 1), UTC)
        else:
            return False
        return sent.tzinfo is not None and abs(now - sent) <= tolerance
    except (ValueError, OverflowError, OSError):
        return False
