"""UPS: Track Alert pushes, answers of the Track API, and the retired XML interface."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from porchlight.carriers.ups import webhook
from porchlight.connectors import Account, BodyKind, InboundRequest

if TYPE_CHECKING:
    from porchlight.carriers.ups.client import UpsClient, UpsSubscriptions
    from porchlight.domain.events import TrackingReport


class Ups:
    """Bearer token of our own making, or the older shared header.

    An account holds ``client_id``, ``client_secret`` and ``token_key`` for the first, ``credential`` for the second,
    or all; ``api_client_id`` and ``api_client_secret`` for asking and subscribing.
    """

    id: Final = "ups"
    name: Final = "UPS"
    answers_with: Final = 200
    credentials: Final = ("token_key", "credential")

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """See ``webhook``."""
        return webhook.verified(request, account, now)

    def issue_token(
        self, client_id: str, client_secret: str, account: Account, now: datetime
    ) -> tuple[str, int] | None:
        """The token that UPS's client-credentials request asks for; None where it is not this account's client."""
        return webhook.issue_token(client_id, client_secret, account, now)

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """The parcels of a push or of an answer."""
        from porchlight.carriers.ups.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """What a body without parcels is."""
        from porchlight.carriers.ups.parse import kind

        return kind(body)

    @property
    def client(self) -> "UpsClient":
        """The Track API."""
        from porchlight.carriers.ups.client import CLIENT

        return CLIENT

    @property
    def subscriptions(self) -> "UpsSubscriptions":
        """Track Alert."""
        from porchlight.carriers.ups.client import SUBSCRIPTIONS

        return SUBSCRIPTIONS


CONNECTOR = Ups()
