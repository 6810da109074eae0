"""FedEx: pushes of Advanced Integrated Visibility (AIV), and answers of the Track API v1, which have the same form."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from porchlight.bodies import signed_base64
from porchlight.connectors import Account, BodyKind, InboundRequest

if TYPE_CHECKING:
    from porchlight.carriers.fedex.client import FedexClient
    from porchlight.domain.events import TrackingReport


class Fedex:
    """``fdx-signature``: base64 HMAC-SHA256 of the raw body with the security token of the webhook project; no time."""

    id: Final = "fedex"
    name: Final = "FedEx"
    credentials: Final = ("security_token",)

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """True if the raw body is signed with the account's security token."""
        given = request.headers.get("fdx-signature", "")
        return signed_base64(given, account.credentials.get("security_token", ""), (request.body,))

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """Every track result in a push or an answer: a number that was used again has several."""
        from porchlight.carriers.fedex.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """What a body without track results is."""
        from porchlight.carriers.fedex.parse import kind

        return kind(body)

    @property
    def client(self) -> "FedexClient":
        """The Track API."""
        from porchlight.carriers.fedex.client import CLIENT

        return CLIENT


CONNECTOR = Fedex()
