"""The proof of a TrackingMore webhook (version 4): ``signature``, hex HMAC-SHA256 of the text of ``timestamp``, with
the webhook's secret.

The body is not signed: whoever sees one call could send others with its time. So the time has to be near, and the
address is asked for too where the account names it (``networks``).
"""

from datetime import datetime, timedelta

from porchlight.connectors import Account, InboundRequest
from porchlight.proofs import from_networks, signed_hex

SIGNATURE = "signature"
TIMESTAMP = "timestamp"
TOLERANCE = timedelta(minutes=5)
"""TrackingMore names none."""

NETWORKS = ("47.90.206.205",)
"""The published address (support.trackingmore.com, "Webhook IP Addresses")."""


def signed(request: InboundRequest, account: Account, now: datetime) -> bool:
    """True if the request's time is near ``now`` and signed with the account's ``webhook_secret``."""
    stamp = request.headers.get(TIMESTAMP, "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) in (10, 13)):
        return False
    seconds = int(stamp) / (1000 if len(stamp) == 13 else 1)
    if abs(seconds - now.timestamp()) > TOLERANCE.total_seconds():
        return False
    secret = account.credentials.get("webhook_secret", "")
    return signed_hex(request.headers.get(SIGNATURE, ""), secret, stamp.encode()) and from_networks(
        request, account, ()
    )
