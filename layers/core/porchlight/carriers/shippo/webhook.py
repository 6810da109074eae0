"""The proofs of a Shippo webhook: ``Shippo-Auth-Signature: t=<unix>,v1=<hex HMAC-SHA256(secret, "t.body")>`` where
support has switched it on; otherwise the addresses that Shippo publishes.
"""

from datetime import datetime, timedelta

from porchlight.connectors import InboundRequest
from porchlight.proofs import signed_hex

HEADER = "shippo-auth-signature"
TOLERANCE = timedelta(minutes=5)
"""Shippo names none; it gives up a delivery after two repeats."""

NETWORKS = (
    "52.4.41.98",
    "52.23.121.194",
    "52.44.110.80",
    "54.81.253.187",
    "54.81.255.221",
    "34.248.247.69",
    "34.253.119.130",
    "52.214.174.64",
    "54.72.179.250",
)
"""Published addresses, United States and Europe (docs.goshippo.com, WebhookSecurity)."""


def signed(request: InboundRequest, secret: str, now: datetime) -> bool:
    """True if the header signs its own time and the raw body with ``secret``, and the time is near ``now``."""
    parts = dict(part.strip().partition("=")[::2] for part in request.headers.get(HEADER, "").split(","))
    stamp = parts.get("t", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return False
    if abs(int(stamp) - now.timestamp()) > TOLERANCE.total_seconds():
        return False
    return signed_hex(parts.get("v1", ""), secret, f"{stamp}.".encode() + request.body)
