"""What the services need from the outside world. Adapters implement these protocols; tests have fakes in memory.

All repositories are scoped by brand. ``ConflictError`` means that the version seen is no longer the version stored.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.connectors import Account, InboundMessage
from porchlight.domain.brands import BrandConfig
from porchlight.domain.changes import DomainEvent
from porchlight.domain.codes import Code, Meaning, Meanings
from porchlight.domain.delays import DelayDecision
from porchlight.domain.ids import body_id
from porchlight.domain.messages import MessageRecord
from porchlight.domain.money import Money
from porchlight.domain.orders import Order, Shopper
from porchlight.domain.packing import Packing
from porchlight.domain.returns import Return
from porchlight.domain.shipments import Shipment, StoredEvent

if TYPE_CHECKING:  # not for every function: one that takes webhooks asks nobody
    from porchlight.domain.speech import Speech
    from porchlight.domain.watching import Watch


class ArchivedBody(BaseModel):
    """A raw body as it is kept for replays: the message that brought it, and the body as text (base64 where it is
    none).
    """

    model_config = ConfigDict(frozen=True)

    body_id: str
    message: InboundMessage
    text: str | None = None
    base64: str | None = None

    @classmethod
    def of(cls, message: InboundMessage, body: bytes) -> Self:
        """The body of a message; the message itself without it."""
        bare = replace(message, body="", body_ref=None)
        found = body_id(message.source, message.account, message.received_at, body)
        try:
            return cls(body_id=found, message=bare, text=body.decode())
        except UnicodeDecodeError:
            return cls(body_id=found, message=bare, base64=b64encode(body).decode())

    @property
    def body(self) -> bytes:
        """The bytes that arrived."""
        return b64decode(self.base64) if self.base64 is not None else (self.text or "").encode()


class Quarantined(BaseModel):
    """A body that could not be used, with the reason. The body itself is in the quarantine bucket under
    ``body_ref``.
    """

    model_config = ConfigDict(frozen=True)

    brand: str
    quarantine_id: str
    kind: str
    source: str
    account: str
    topic: str = ""
    reason: str
    received_at: AwareDatetime
    quarantined_at: AwareDatetime
    body_ref: str
    size: int
    redrives: int = 0
    number: str = ""
    carriers: Mapping[str, str] = {}
    """What was asked for, as in ``InboundMessage``."""


class Due(BaseModel):
    """An entry of the due index: which record of which brand wants to be looked at."""

    model_config = ConfigDict(frozen=True)

    brand: str
    kind: str
    """``shipment``, ``message``, ``order`` or ``webhook``; a kind that this release does not know by its sort key."""
    record_id: str
    parent_id: str | None = None
    """The order of a message, the endpoint of a webhook's delivery (which begins its id: ``{endpoint}/{id}``)."""
    due_at: AwareDatetime


class Wait(BaseModel):
    """A workflow that waits for news about a shipment, about an order that has none yet, or about a return: its task
    token, kept apart from everything else.
    """

    model_config = ConfigDict(frozen=True)

    brand: str
    shipment_id: str
    """Empty for a wait for news of ``order_id``."""
    order_id: str = ""
    return_id: str = ""
    """For a wait for news of a return; the other two are empty then."""
    purpose: str
    """``delay``, ``case`` or ``return``: one wait of each purpose for one shipment, order or return."""
    token: str
    created_at: AwareDatetime
    seen: int = 0
    """Of a return: how much of its news the workflow knows already."""


class Accounts(Protocol):
    """The accounts behind a source's secret."""

    def of(self, kind: str, source: str) -> Sequence[Account]:
        """Accounts of ``carriers/easypost`` and the like; [] where there is no secret."""
        ...


class Secrets(Protocol):
    """Named secrets: ``links`` (signing of links), ``api-keys``, ``refunds/{brand}``."""

    def get(self, name: str) -> Mapping[str, Any]:
        """The JSON object in the secret; NotFoundError where there is none."""
        ...


class Inbound(Protocol):
    """The durable queue between the front door and the parser."""

    def put(self, message: InboundMessage, body: bytes) -> None:
        """Durable when this returns. TransientError where the queue refuses."""
        ...

    def body_of(self, message: InboundMessage) -> bytes:
        """The raw body that ``put`` took."""
        ...


class ShipmentContents(NamedTuple):
    """A parcel with all that hangs on it."""

    shipment: Shipment | None
    events: list[StoredEvent]
    watch: "Watch | None"


class Shipments(Protocol):
    """Shipments with their events."""

    def get(self, brand: str, shipment_id: str) -> Shipment | None:
        """The projection alone."""
        ...

    def with_events(self, brand: str, shipment_id: str) -> tuple[Shipment | None, list[StoredEvent]]:
        """The projection and all facts, read consistently."""
        ...

    def contents(self, brand: str, shipment_id: str) -> ShipmentContents:
        """The projection, all facts and the watch, in the same read."""
        ...

    def save(
        self,
        shipment: Shipment,
        new_events: Sequence[StoredEvent] = (),
        *,
        due_at: datetime | None,
        link: bool = False,
        watch: "Watch | None" = None,
        decisions: Sequence[DelayDecision] = (),
    ) -> None:
        """Write the new facts and the projection, all or nothing; ConflictError if it is not ``version - 1`` that is
        stored.

        At most 90 new facts and decisions about its delay at once. ``due_at`` puts it into (None: takes it out of)
        the due index. ``link`` also makes it a parcel of its order. ``watch`` is written with it, under a version of
        its own.
        """
        ...

    def rewrite(
        self,
        shipment: Shipment,
        changed: Sequence[StoredEvent] = (),
        removed: Sequence[str] = (),
        *,
        due_at: datetime | None,
        unlink: str | None = None,
        watch: "Watch | None" = None,
        decisions: Sequence[DelayDecision] = (),
    ) -> None:
        """Replace and remove facts (at most 90 in all) and write the projection, all or nothing; ConflictError as in
        ``save``. ``unlink``: the order whose parcel this is no longer. ``watch`` as in ``save``.
        """
        ...

    def put_wait(self, wait: Wait) -> None:
        """Remember a waiting workflow (replaces an older wait of the same purpose)."""
        ...

    def waits(self, brand: str, shipment_id: str, order_id: str = "") -> list[Wait]:
        """Who waits for news of this parcel; without one, of this order."""
        ...

    def remove_wait(self, wait: Wait) -> None:
        """Forget a wait if it still is this token."""
        ...


class OrderContents(BaseModel):
    """Everything under one order. Parcels and refunds may be known before the order is."""

    model_config = ConfigDict(frozen=True)

    order: Order | None = None
    shipment_ids: tuple[str, ...] = ()
    untracked: dict[str, Packing] = {}
    """What left without a tracking number, by fulfilment."""
    refunds: dict[str, Money] = {}
    messages: tuple[MessageRecord, ...] = ()
    return_ids: tuple[str, ...] = ()


class Orders(Protocol):
    """Orders and shoppers."""

    def get(self, brand: str, order_id: str) -> Order | None:
        """The order alone."""
        ...

    def find(self, brand: str, number: str) -> list[Order]:
        """The orders that shoppers know by this number, however they type it; those stored under releases without this
        index from their next change on. At most five.
        """
        ...

    def contents(self, brand: str, order_id: str) -> OrderContents:
        """The order with all that hangs on it, in one read."""
        ...

    def save(
        self,
        order: Order,
        shopper: Shopper | None = None,
        *,
        due_at: datetime | None = None,
        decisions: Sequence[DelayDecision] = (),
    ) -> None:
        """Write the order (and the shopper); ConflictError if it is not ``version - 1`` that is stored.

        ``due_at`` puts it into (None: takes it out of) the due index. ``decisions`` about its delay are written with
        it, all or nothing.
        """
        ...

    def put_refund(self, brand: str, order_id: str, refund_id: str, amount: Money) -> None:
        """Remember a refund that the store reports; the same one twice is one."""
        ...

    def put_untracked(self, brand: str, order_id: str, fulfillment_id: str, packing: Packing) -> None:
        """Remember what left without a tracking number; the order itself may not be known yet."""
        ...

    def shopper(self, brand: str, shopper_id: str) -> Shopper | None:
        """The contact points."""
        ...

    def put_shopper(self, shopper: Shopper) -> None:
        """Write the contact points of somebody without an order: who got a gift. ConflictError as in ``save``."""
        ...


class Messages(Protocol):
    """Message decisions of an order."""

    def plan(self, record: MessageRecord, *, due_at: datetime | None) -> bool:
        """Write the decision if there is none under its key; False if there was."""
        ...

    def get(self, brand: str, order_id: str, message_id: str) -> MessageRecord | None:
        """One decision."""
        ...

    def update(self, record: MessageRecord, *, due_at: datetime | None) -> None:
        """Replace the record if ``version - 1`` is stored; ConflictError otherwise."""
        ...


class Returns(Protocol):
    """Returns, with a pointer under each of their orders and their shopper."""

    def create(self, request: Return) -> bool:
        """Write a new return; False if it exists already."""
        ...

    def get(self, brand: str, return_id: str) -> Return | None:
        """One return."""
        ...

    def of_order(self, brand: str, order_id: str) -> list[Return]:
        """All returns that are about an order."""
        ...

    def of_shopper(
        self, brand: str, shopper_id: str, limit: int = 100, before: tuple[datetime, str] | None = None
    ) -> list[Return]:
        """The returns of a shopper, and those of gifts that they got; the newest first. ``before``: when the last one
        of the page before was asked for, and its id.
        """
        ...

    def asked(
        self, brand: str, since: datetime, until: datetime, limit: int = 100, after: str = ""
    ) -> tuple[list[Return], str]:
        """Those asked for from ``since`` to before ``until``, the oldest first, and where to go on (``after``); empty
        where there are no more.
        """
        ...

    def in_review(self, brand: str, limit: int = 100, after: str = "") -> tuple[list[Return], str]:
        """Those that wait for a person (``review`` is set), the nearest deadline first, and where to go on; empty where
        there are no more.
        """
        ...

    def update(self, request: Return) -> None:
        """Replace the return if ``version - 1`` is stored; ConflictError otherwise."""
        ...

    def put_wait(self, wait: Wait) -> None:
        """Remember the workflow that waits for news of this return (replaces an older one)."""
        ...

    def waits(self, brand: str, return_id: str) -> list[Wait]:
        """Who waits."""
        ...

    def remove_wait(self, wait: Wait) -> None:
        """Forget a wait if it still is this token."""
        ...

    def review_token(self, brand: str, return_id: str) -> str | None:
        """The token that a review under the release before waits on; gone with the next ``update``."""
        ...


class DueIndex(Protocol):
    """The one index of what must be looked at later."""

    def due(self, shard: int, now: datetime, page: int, *, newest_first: bool = False) -> Iterator[Due]:
        """Entries of a shard that are due, the longest overdue first (or last), read ``page`` at a time as they are
        asked for.

        A place in the index is read once, whatever is written meanwhile: an entry that moves ahead may be met again,
        one that moves behind is met by the next reader.
        """
        ...


class Quarantine(Protocol):
    """Bodies that could not be used."""

    def put(self, entry: Quarantined, body: bytes) -> None:
        """Keep body and reason; the same entry twice is one."""
        ...

    def list(self, brand: str, limit: int = 100) -> list[Quarantined]:
        """The newest first."""
        ...

    def get(self, brand: str, quarantine_id: str) -> tuple[Quarantined, bytes] | None:
        """One entry with its body."""
        ...

    def remove(self, entry: Quarantined) -> None:
        """Forget an entry that has been redriven."""
        ...


class Archive(Protocol):
    """All raw bodies of carriers, for as long as the brand keeps them."""

    def put(self, bodies: Sequence[ArchivedBody]) -> None:
        """Durable when this returns. TransientError where any was refused."""
        ...

    def read(self, since: datetime, until: datetime) -> Iterator[ArchivedBody]:
        """Those that reached us from ``since`` to before ``until``, each once, in no order."""
        ...


class Codes(Protocol):
    """Codes that no table knows, and what operators say they mean."""

    def seen(self, code: Code) -> None:
        """Count a code once more (``code.seen`` times); the first sample is kept."""
        ...

    def of_brand(self, brand: str) -> list[Code]:
        """All that were met or given a meaning."""
        ...

    def give_meaning(self, code: Code, meaning: Meaning | None) -> None:
        """Say what a code means from now on; None takes it back."""
        ...

    def meanings(self, brand: str, source: str) -> Meanings:
        """The meanings given for a source's codes; may be a minute old."""
        ...


class Bus(Protocol):
    """Where domain events go."""

    def publish(self, events: Sequence[DomainEvent]) -> list[int]:
        """Publish; returns the indexes of those that the bus refused."""
        ...


class Workflows(Protocol):
    """State machines."""

    def start(self, machine: str, name: str, payload: Mapping[str, Any]) -> bool:
        """Start ``machine`` (``delay_detection`` …) under a name that makes it happen once; False if it already ran."""
        ...

    def succeed(self, token: str, output: Mapping[str, Any]) -> bool:
        """Answer a waiting task; False if nobody waits on that token any more."""
        ...


class Brands(Protocol):
    """The brand pack."""

    def get(self, brand: str) -> BrandConfig:
        """One brand; NotFoundError where the pack has no such brand."""
        ...

    def ids(self) -> Iterable[str]:
        """All brands of the pack."""
        ...


class Renderer(Protocol):
    """Words and looks: pages and messages from the brand pack, sandboxed and escaped."""

    @property
    def policy(self) -> str:
        """The content security policy that the pages work under."""
        ...

    def speech(self, brand: BrandConfig | None, *wished: str | None) -> "Speech":
        """How the brand speaks to a reader of the first of the ``wished`` languages that it has, else of its own."""
        ...

    def languages(self, brand: BrandConfig) -> list[str]:
        """The languages that the brand has words in (BCP 47)."""
        ...

    def email(self, brand: BrandConfig, moment: str, view: Mapping[str, Any]) -> tuple[str, str, str]:
        """Subject, HTML part and text part of a message."""
        ...

    def texts(self, brand: BrandConfig, view: Mapping[str, Any]) -> dict[str, str]:
        """The words of a message alone: what SMS and push are made of."""
        ...

    def page(self, brand: BrandConfig | None, name: str, view: Mapping[str, Any]) -> str:
        """An HTML page (``tracking``, ``unsubscribe``, ``not_found``), or a piece of one (``promise``), in
        ``view["language"]``.
        """
        ...

    def words(
        self, brand: BrandConfig, name: str, facts: Mapping[str, Any], language: str | None = None
    ) -> dict[str, str]:
        """The entry ``name`` of the brand's words, with these facts in it: plain text."""
        ...


class Metrics(Protocol):
    """Numbers for dashboards and alarms."""

    def count(self, name: str, value: float = 1, unit: str = "Count", **dimensions: str) -> None:
        """Add to a metric. Dimension values are ids of carriers, channels, outcomes: never personal."""
        ...
