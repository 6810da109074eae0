"""TrackingMore: webhooks, and answers of its API, for the parcels of many carriers.

The carrier of a report is the one that moves the parcel, never "trackingmore".
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from porchlight.carriers.trackingmore.webhook import NETWORKS, signed
from porchlight.connectors import Account, BodyKind, InboundRequest
from porchlight.proofs import path_token

if TYPE_CHECKING:
    from porchlight.carriers.trackingmore.client import TrackingMoreClient, TrackingMoreSubscriptions
    from porchlight.domain.events import TrackingReport


class TrackingMore:
    """An account with a ``webhook_secret`` takes signed calls only; one without, calls from the published address that
    know the ``path_token``.

    The webhooks of versions 2 and 3 sign a time with the account's e-mail address, which is no secret: they prove
    themselves by the path token.
    """

    id: Final = "trackingmore"
    name: Final = "TrackingMore"
    credentials: Final = ("webhook_secret", "path_token")

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """See ``webhook`` and ``proofs.path_token``."""
        if account.credentials.get("webhook_secret"):
            return signed(request, account, now)
        return path_token(request, account, NETWORKS)

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """The parcels in a webhook or in an answer."""
        from porchlight.carriers.trackingmore.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """An answer that knows nothing, or something else."""
        from porchlight.carriers.trackingmore.parse import kind

        return kind(body)

    @property
    def client(self) -> "TrackingMoreClient":
        """Asks for forty numbers a call."""
        from porchlight.carriers.trackingmore.client import CLIENT

        return CLIENT

    @property
    def subscriptions(self) -> "TrackingMoreSubscriptions":
        """Creates trackings."""
        from porchlight.carriers.trackingmore.client import SUBSCRIPTIONS

        return SUBSCRIPTIONS


CONNECTOR = TrackingMore()
