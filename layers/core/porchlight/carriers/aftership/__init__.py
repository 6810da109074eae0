"""AfterShip Tracking: signed webhooks, and answers of its API, for the parcels of many carriers.

The carrier of a report is the one that moves the parcel, never "aftership".
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from porchlight.bodies import signed_base64
from porchlight.connectors import Account, BodyKind, InboundRequest

if TYPE_CHECKING:
    from porchlight.carriers.aftership.client import AfterShipClient, AfterShipSubscriptions
    from porchlight.domain.events import TrackingReport

HEADER = "aftership-hmac-sha256"


class AfterShip:
    """``aftership-hmac-sha256``: base64 HMAC-SHA256 of the raw body with the webhook's secret.

    No time is signed (``ts`` in the body is the time of the event, and repeats go on for days): repeats are met by the
    ids of the events. The addresses that AfterShip publishes are not asked for: the signature says more.
    """

    id: Final = "aftership"
    name: Final = "AfterShip"
    credentials: Final = ("webhook_secret",)

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """True if the raw body is signed with the account's secret."""
        return signed_base64(
            request.headers.get(HEADER, ""), account.credentials.get("webhook_secret", ""), [request.body]
        )

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """The parcels in a webhook or in an answer."""
        from porchlight.carriers.aftership.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """An answer that knows nothing, or something else."""
        from porchlight.carriers.aftership.parse import kind

        return kind(body)

    @property
    def client(self) -> "AfterShipClient":
        """Asks for fifty numbers a call."""
        from porchlight.carriers.aftership.client import CLIENT

        return CLIENT

    @property
    def subscriptions(self) -> "AfterShipSubscriptions":
        """Creates trackings."""
        from porchlight.carriers.aftership.client import SUBSCRIPTIONS

        return SUBSCRIPTIONS


CONNECTOR = AfterShip()
