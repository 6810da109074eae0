"""Shippo: one webhook for the parcels of many carriers, unsigned unless its support has switched the signature on.

The carrier of a report is the one that moves the parcel, never "shippo".
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from porchlight.carriers.shippo.webhook import NETWORKS, signed
from porchlight.connectors import Account, BodyKind, InboundRequest
from porchlight.proofs import path_token

if TYPE_CHECKING:
    from porchlight.carriers.shippo.client import ShippoClient, ShippoSubscriptions
    from porchlight.domain.events import TrackingReport


class Shippo:
    """An account with an ``hmac_secret`` takes signed calls only; one without, calls from Shippo's published addresses
    that know the ``path_token``.
    """

    id: Final = "shippo"
    name: Final = "Shippo"
    credentials: Final = ("hmac_secret", "path_token")

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """See ``webhook`` and ``proofs.path_token``."""
        secret = account.credentials.get("hmac_secret", "")
        return signed(request, secret, now) if secret else path_token(request, account, NETWORKS)

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """The parcel in an event or in an answer; [] for news about labels and batches."""
        from porchlight.carriers.shippo.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """An answer that knows nothing, or news about something else."""
        from porchlight.carriers.shippo.parse import kind

        return kind(body)

    @property
    def client(self) -> "ShippoClient":
        """Asks for one number of one carrier."""
        from porchlight.carriers.shippo.client import CLIENT

        return CLIENT

    @property
    def subscriptions(self) -> "ShippoSubscriptions":
        """Registers a number for webhooks."""
        from porchlight.carriers.shippo.client import SUBSCRIPTIONS

        return SUBSCRIPTIONS


CONNECTOR = Shippo()
