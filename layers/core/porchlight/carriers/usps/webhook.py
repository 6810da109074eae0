"""The proof of a USPS push: ``X-HMAC`` (older: ``hmac-header``) = base64 HMAC-SHA256(secret, timestamp + payload).

Both are strings of the envelope, joined without a delimiter, as they stand after decoding the outer JSON and before
decoding the inner. A subscription without a secret is sent without the header, and is refused.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from porchlight.bodies import load_json, signed_base64
from porchlight.connectors import InboundRequest
from porchlight.errors import UnreadableBodyError

HEADERS = ("x-hmac", "hmac-header")


def verified(request: InboundRequest, secret: str, now: datetime, tolerance: timedelta) -> bool:
    """True if the envelope is signed with ``secret`` and its timestamp is within ``tolerance`` of now."""
    given = next((found for header in HEADERS if (found := request.headers.get(header))), "")
    if not secret or not given:
        return False
    try:
        envelope = load_json(request.body)
    except UnreadableBodyError:
        return False
    stamp, payload = _strings(envelope)
    if stamp is None or payload is None:
        return False
    signed = (stamp.encode("utf-8", "surrogatepass"), payload.encode("utf-8", "surrogatepass"))
    return signed_base64(given, secret, signed) and _is_fresh(stamp, now, tolerance)


def _strings(envelope: Any) -> tuple[str | None, str | None]:
    if not isinstance(envelope, dict):
        return None, None
    stamp, payload = envelope.get("timestamp"), envelope.get("payload")
    if isinstance(stamp, int) and not isinstance(stamp, bool):
        stamp = str(stamp)
    return (stamp if isinstance(stamp, str) else None, payload if isinstance(payload, str) else None)


def _is_fresh(stamp: str, now: datetime, tolerance: timedelta) -> bool:
    """ISO 8601 (UTC where no zone is printed) or epoch seconds or milliseconds."""
    try:
        if stamp.isascii() and stamp.isdigit():
            seconds = int(stamp)
            sent = datetime.fromtimestamp(seconds / 1000 if seconds > 10**11 else seconds, UTC)
        else:
            sent = datetime.fromisoformat(stamp)
            sent = sent if sent.tzinfo else sent.replace(tzinfo=UTC)
        return abs(now - sent) <= tolerance
    except (ValueError, OverflowError, OSError):
        return False
