"""EasyPost: one webhook for the trackers of many carriers, signed with a secret of our choosing.

The carrier of a report is the one that moves the parcel (``ups``, ``usps`` …), never "easypost": the parcel is the same
whoever reports it.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from porchlight.carriers.easypost.webhook import verified
from porchlight.connectors import Account, BodyKind, InboundRequest

if TYPE_CHECKING:
    from porchlight.carriers.easypost.client import EasyPostClient, EasyPostSubscriptions
    from porchlight.domain.events import TrackingReport


class EasyPost:
    """Push (webhooks) and poll (trackers) have the same tracker object."""

    id: Final = "easypost"
    name: Final = "EasyPost"
    credentials: Final = ("webhook_secret",)

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """See ``webhook``. The scheme has no time: repeats are met by the ids of the events."""
        return verified(request, account.credentials.get("webhook_secret", ""))

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """Trackers in an event, alone or in a list; [] for news about batches, payments and the like."""
        from porchlight.carriers.easypost.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """An answer that knows nothing, or news about something else."""
        from porchlight.carriers.easypost.parse import kind

        return kind(body)

    @property
    def client(self) -> "EasyPostClient":
        """Asks for one number a call."""
        from porchlight.carriers.easypost.client import CLIENT

        return CLIENT

    @property
    def subscriptions(self) -> "EasyPostSubscriptions":
        """Creates trackers."""
        from porchlight.carriers.easypost.client import SUBSCRIPTIONS

        return SUBSCRIPTIONS


CONNECTOR = EasyPost()
