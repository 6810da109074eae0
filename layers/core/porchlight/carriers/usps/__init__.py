"""USPS: pushes of the Subscriptions-Tracking API (v3, v3r2) and answers of the Tracking API v3."""

from datetime import datetime, timedelta
from typing import Final

from porchlight.carriers.usps.webhook import verified
from porchlight.connectors import Account, InboundRequest
from porchlight.domain.events import TrackingReport

TOLERANCE = timedelta(minutes=5)
"""How old or how far ahead the timestamp of a push may be. USPS names no window; integrators use this one."""


class Usps:
    """HMAC over the envelope's timestamp and its inner JSON text."""

    id: Final = "usps"
    name: Final = "USPS"
    credentials: Final = ("secret",)

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """See ``webhook``."""
        return verified(request, account.credentials.get("secret", ""), now, TOLERANCE)

    def parse(self, body: bytes) -> list[TrackingReport]:
        """The pieces in an envelope, or in a bare answer of the tracking API."""
        from porchlight.carriers.usps.parse import reports

        return reports(body)


CONNECTOR = Usps()
