"""USPS: pushes of the Subscriptions-Tracking API and answers of the Tracking API, both v3 and v3r2."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from porchlight.carriers.usps.webhook import verified
from porchlight.connectors import Account, BodyKind, InboundRequest

if TYPE_CHECKING:
    from porchlight.carriers.usps.client import UspsClient, UspsSubscriptions
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

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """The pieces in an envelope, or in a bare answer of the tracking API."""
        from porchlight.carriers.usps.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """What a body without pieces is."""
        from porchlight.carriers.usps.parse import kind

        return kind(body)

    @property
    def client(self) -> "UspsClient":
        """The Tracking API."""
        from porchlight.carriers.usps.client import CLIENT

        return CLIENT

    @property
    def subscriptions(self) -> "UspsSubscriptions":
        """The Subscriptions-Tracking API."""
        from porchlight.carriers.usps.client import SUBSCRIPTIONS

        return SUBSCRIPTIONS


CONNECTOR = Usps()
