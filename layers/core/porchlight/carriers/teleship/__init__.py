"""Teleship, which hands parcels to other carriers and reports under its own number: signed webhooks, and its API."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from porchlight.connectors import Account, BodyKind, InboundRequest
from porchlight.proofs import signed_hex

if TYPE_CHECKING:
    from porchlight.carriers.teleship.client import TeleshipClient
    from porchlight.domain.events import TrackingReport

HEADER = "x-teleship-signature"


class Teleship:
    """``X-Teleship-Signature``: hex HMAC-SHA256 of the JSON text, with the secret that came with the webhook.

    No time is signed: repeats are met by the ids of the events.
    """

    id: Final = "teleship"
    name: Final = "Teleship"
    credentials: Final = ("webhook_secret",)

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """True if the raw body is signed with the account's secret."""
        secret = account.credentials.get("webhook_secret", "")
        return signed_hex(request.headers.get(HEADER, ""), secret, request.body)

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """The parcel in a webhook or in an answer; [] for news about labels and the like."""
        from porchlight.carriers.teleship.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """An answer that knows nothing, or something else."""
        from porchlight.carriers.teleship.parse import kind

        return kind(body)

    @property
    def client(self) -> "TeleshipClient":
        """Asks for one number a call."""
        from porchlight.carriers.teleship.client import CLIENT

        return CLIENT


CONNECTOR = Teleship()
