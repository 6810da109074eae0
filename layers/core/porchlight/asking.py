"""What asking carriers needs from the outside world, beside ``ports``: where watches are kept, and who makes calls."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.connectors import Answer, BodyKind, Call, InboundMessage
from porchlight.domain.exchange import Exchange
from porchlight.domain.ids import stable_id
from porchlight.domain.shipments import Shipment
from porchlight.domain.watching import Watch

MAX_ERRAND = 8192
"""Bytes. Handshakes and thin webhooks have a few hundred."""


class Errand(BaseModel):
    """What a webhook asks us to do: answer a handshake, fetch what a thin body points to. ``body`` is base64."""

    model_config = ConfigDict(frozen=True)

    brand: str
    errand_id: str
    kind: str
    """``carriers`` or ``stores``."""
    source: str
    account: str
    what: BodyKind
    topic: str = ""
    body: str
    received_at: AwareDatetime
    attempts: int = 0
    due_at: AwareDatetime
    version: int = 1

    @classmethod
    def of(cls, message: InboundMessage, body: bytes, what: BodyKind) -> Self:
        """The errand of a webhook; the same body again is the same errand."""
        text = b64encode(body).decode()
        return cls(
            brand=message.brand,
            errand_id=stable_id("run", message.kind, message.source, message.account, message.topic, text),
            kind=message.kind,
            source=message.source,
            account=message.account,
            what=what,
            topic=message.topic,
            body=text,
            received_at=message.received_at,
            due_at=message.received_at,
        )

    @property
    def raw(self) -> bytes:
        """The bytes that arrived."""
        return b64decode(self.body)

    def message(self) -> InboundMessage:
        """The message that brought it, without its body."""
        return InboundMessage(
            kind=self.kind,
            source=self.source,
            account=self.account,
            brand=self.brand,
            topic=self.topic,
            received_at=self.received_at,
        )


class Watches(Protocol):
    """How parcels are asked about, beside the parcels. They are first written by ``Shipments.save``."""

    def due(self, brand: str, source: str, until: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
        """Ids of the parcels of a brand that a source is to be asked about, and since when: the urgent ones, then the
        others, the longest due first.
        """
        ...

    def get(self, brand: str, shipment_id: str) -> tuple[Shipment | None, Watch | None]:
        """A parcel with its watch, in one read."""
        ...

    def save(self, watch: Watch) -> None:
        """Replace the watch; ConflictError if it is not ``version - 1`` that is stored."""
        ...


class Errands(Protocol):
    """What webhooks ask us to do."""

    def put(self, errand: Errand) -> None:
        """Remember an errand; one that is known already stays as it is."""
        ...

    def due(self, brand: str, now: datetime, limit: int) -> Sequence[Errand]:
        """Errands of a brand that are due, the longest due first."""
        ...

    def update(self, errand: Errand) -> None:
        """Replace the errand; ConflictError if it is not ``version - 1`` that is stored."""
        ...

    def remove(self, errand: Errand) -> None:
        """Forget an errand that is done."""
        ...


class Exchanges(Protocol):
    """How brands stand with the sources that they ask."""

    def get(self, brand: str, kind: str, source: str) -> Exchange:
        """As it stands; a new one (version 0) where nothing is known."""
        ...

    def save(self, exchange: Exchange) -> None:
        """Replace it; ConflictError if it is not ``version - 1`` that is stored."""
        ...


class Caller(Protocol):
    """Who makes the calls that connectors build."""

    def make(self, call: Call) -> Answer:
        """Make the call; any answer is one, whatever its status.

        TransientError where nobody answered in time; PermanentProviderError for an address that may not be called, a
        request that cannot be made, or an answer that is too large. Neither quotes anything of the call.
        """
        ...


class Sources(Protocol):
    """Which sources there are, and what each can do."""

    def abilities(self, source: str) -> frozenset[str]:
        """The words of the carrier's line in the registry."""
        ...

    def askable(self) -> Sequence[str]:
        """All sources that can be asked or told to push."""
        ...

    def covers(self, source: str, carrier_id: str) -> bool:
        """True if the source is the carrier's own; an aggregator covers nobody."""
        ...

    def connector(self, kind: str, source: str) -> Any:
        """The connector of a carrier or store; None where there is none."""
        ...
