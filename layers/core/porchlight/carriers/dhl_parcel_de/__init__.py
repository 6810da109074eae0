"""DHL Paket (Post & Parcel Germany): XML answers of the Parcel DE tracking API."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from porchlight.connectors import Account, BodyKind, InboundRequest
from porchlight.proofs import path_token

if TYPE_CHECKING:
    from porchlight.domain.events import TrackingReport


class DhlParcelDe:
    """Read only: its API takes the password in the address, so these parcels are asked for through DHL Unified."""

    id: Final = "dhl_parcel_de"
    name: Final = "DHL Paket"
    credentials: Final = ("path_token",)

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """True with the account's path token: the answers are fed by a brand's own system."""
        return path_token(request, account)

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """Every piece of an answer."""
        from porchlight.carriers.dhl_parcel_de.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """What an answer without pieces is."""
        from porchlight.carriers.dhl_parcel_de.parse import kind

        return kind(body)


CONNECTOR = DhlParcelDe()
