"""ShipStation, version 1 of its API: webhooks that say only where to read what changed (what was shipped, what voided).

Version 2 is ShipEngine's, and has its connector.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from porchlight.connectors import Account, BodyKind, InboundRequest
from porchlight.proofs import path_token

if TYPE_CHECKING:
    from porchlight.carriers.shipstation.client import ShipStationClient
    from porchlight.domain.events import TrackingReport


class ShipStation:
    """Signs nothing: a ``path_token`` in the address proves its webhooks."""

    id: Final = "shipstation"
    name: Final = "ShipStation (v1)"
    credentials: Final = ("path_token",)

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """See ``proofs.path_token``. The proof has no time: repeats are met by the ids of the events."""
        return path_token(request, account)

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """The parcels in an answer; [] for a webhook, which has none."""
        from porchlight.carriers.shipstation.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """A webhook that points to parcels, an empty answer, or something else."""
        from porchlight.carriers.shipstation.parse import kind

        return kind(body)

    @property
    def client(self) -> "ShipStationClient":
        """Follows webhooks. There is no asking for a number: version 1 does not know how a parcel travels."""
        from porchlight.carriers.shipstation.client import CLIENT

        return CLIENT


CONNECTOR = ShipStation()
