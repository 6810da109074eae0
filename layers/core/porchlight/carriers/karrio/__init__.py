"""karrio, the open shipping gateway that brands run themselves: webhooks and answers about parcels of many carriers.

The carrier of a report is the one that moves the parcel, never "karrio".
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from porchlight.connectors import Account, BodyKind, InboundRequest
from porchlight.proofs import shared_header

if TYPE_CHECKING:
    from porchlight.carriers.karrio.client import KarrioClient, KarrioSubscriptions
    from porchlight.domain.events import TrackingReport

HEADER = "x-event-id"


class Karrio:
    """Nothing is signed: karrio repeats the webhook's secret in ``X-Event-Id``, in clear."""

    id: Final = "karrio"
    name: Final = "karrio"
    credentials: Final = ("webhook_secret",)

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """True if the header repeats the account's secret. The proof has no time: repeats are met by ids of events."""
        return shared_header(request.headers.get(HEADER, ""), account.credentials.get("webhook_secret", ""))

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """The parcels in a webhook or in an answer; [] for news about labels, orders and batches."""
        from porchlight.carriers.karrio.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """An answer that knows nothing, or something else."""
        from porchlight.carriers.karrio.parse import kind

        return kind(body)

    @property
    def client(self) -> "KarrioClient":
        """Asks for one number a call."""
        from porchlight.carriers.karrio.client import CLIENT

        return CLIENT

    @property
    def subscriptions(self) -> "KarrioSubscriptions":
        """Creates trackers."""
        from porchlight.carriers.karrio.client import SUBSCRIPTIONS

        return SUBSCRIPTIONS


CONNECTOR = Karrio()
