"""17TRACK: signed webhooks, and answers of its API, for the parcels of nearly all carriers.

The carrier of a report is the one that moves the parcel, never "17track".
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from porchlight.carriers.seventeen_track.webhook import signed
from porchlight.connectors import Account, BodyKind, InboundRequest

if TYPE_CHECKING:
    from porchlight.carriers.seventeen_track.client import SeventeenTrackClient, SeventeenTrackSubscriptions
    from porchlight.domain.events import TrackingReport


class SeventeenTrack:
    """The API key signs both ways. No time is signed: repeats are met by the ids of the events."""

    id: Final = "17track"
    name: Final = "17TRACK"
    answers_with: Final = 200
    credentials: Final = ("api_key",)

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """See ``webhook``."""
        return signed(request, account.credentials.get("api_key", ""))

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """The parcels in a webhook or in an answer."""
        from porchlight.carriers.seventeen_track.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """An answer that knows nothing, the end of a tracking, or something else."""
        from porchlight.carriers.seventeen_track.parse import kind

        return kind(body)

    @property
    def client(self) -> "SeventeenTrackClient":
        """Asks for forty numbers a call."""
        from porchlight.carriers.seventeen_track.client import CLIENT

        return CLIENT

    @property
    def subscriptions(self) -> "SeventeenTrackSubscriptions":
        """Registers numbers."""
        from porchlight.carriers.seventeen_track.client import SUBSCRIPTIONS

        return SUBSCRIPTIONS


CONNECTOR = SeventeenTrack()
