"""What returns need from the outside world: who makes labels, who moves money, the ledger of each order's money, the
shopper's history. Beside ``ports.py``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from porchlight.domain.brands import BrandConfig
from porchlight.domain.law.model import StatutoryProfile
from porchlight.domain.law.statement import Statement
from porchlight.domain.money import Money
from porchlight.domain.policy.model import Facility
from porchlight.domain.return_history import History
from porchlight.domain.returns import Return
from porchlight.domain.rma.goods import Unmatched
from porchlight.domain.rma.ledger import Ledger
from porchlight.domain.rma.names import ReturnMethod, SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Parts

_FROZEN = ConfigDict(frozen=True)


class Laws(Protocol):
    """What the law gives buyers, from the brand pack."""

    def of(self, brand: str, country: str | None) -> StatutoryProfile:
        """The law of the country that an order goes to; the default where it has no entry, or is not known."""
        ...


# ------------------------------------------------------------------------------------------------------------- labels


class SenderAddress(BaseModel):
    """Where the shopper sends from. Personal: kept under the shopper, for the label alone, and expires."""

    model_config = _FROZEN

    name: str = Field(min_length=1, max_length=100)
    street: str = Field(min_length=1, max_length=200)
    more: str = Field(default="", max_length=200)
    city: str = Field(min_length=1, max_length=100)
    region: str = Field(default="", max_length=10)
    postcode: str = Field(default="", max_length=20)
    country: str = Field(pattern=r"^[A-Z]{2}$")


class LabelRequest(BaseModel):
    """A label that is wanted. ``key`` is the same for each try: one label."""

    model_config = _FROZEN

    key: str
    brand: str
    return_id: str
    carrier: str
    """Whose label is wanted; a provider may give another's."""
    method: ReturnMethod
    sender: SenderAddress | None
    to: Facility | None
    """None: the policy names no facility."""
    weight_grams: int | None = None
    value: Money | None = None
    since: AwareDatetime | None = None
    """When it was first asked for: it may be there already. None: it was never asked for."""


class LabelMade(BaseModel):
    """What a provider gave. ``carrier`` is one of our ids."""

    model_config = _FROZEN

    carrier: str
    tracking_number: str
    reference: str
    document: bytes = b""
    """A label as PDF, or a picture of a code; b"": there is none."""
    kind: str = "application/pdf"
    """The document's type."""
    code: str = ""
    """What a QR code is to say; empty: there is none."""
    instructions: str = ""
    cost: Money | None = None


class LabelProvider(Protocol):
    """Who makes labels. One folder each under ``porchlight/labels``."""

    methods: frozenset[ReturnMethod]
    needs_address: bool

    def make(self, brand: BrandConfig, wanted: LabelRequest) -> LabelMade:
        """The label under its key: the same key twice is one label. PermanentProviderError or TransientError where it
        cannot be had.
        """
        ...

    def void(self, brand: BrandConfig, reference: str) -> bool:
        """Take a label back; False where it was used, or cannot be taken back. Twice is once."""
        ...


class Documents(Protocol):
    """Labels and pictures in the bucket."""

    def put(self, name: str, body: bytes, kind: str) -> None:
        """Keep a document; the same name again replaces it."""
        ...

    def get(self, name: str) -> bytes:
        """Its bytes; NotFoundError where there is none (any more)."""
        ...

    def upload_form(
        self, name: str, kind: str, most_bytes: int, seconds: int, back: str = ""
    ) -> tuple[str, Mapping[str, str]]:
        """Address and fields of a form by which a browser may post this one document, of this type and at most this
        size. ``back``: where the browser is led then.
        """
        ...

    def exists(self, name: str, kind: str, most_bytes: int) -> bool:
        """True where a document of that type and size is there."""
        ...

    def remove(self, name: str) -> None:
        """Forget a document; one that is not there is no error."""
        ...


class Addresses(Protocol):
    """Where shoppers send from: under the shopper, forgotten with them, expires after 90 days."""

    def put(self, brand: str, shopper_id: str, return_id: str, address: SenderAddress, now: datetime) -> None:
        """Keep it for a return."""
        ...

    def get(self, brand: str, shopper_id: str, return_id: str) -> SenderAddress | None:
        """None where none was given, or it was forgotten."""
        ...


# -------------------------------------------------------------------------------------------------------------- money


class Instruction(BaseModel):
    """What a provider is to do, under a key that makes it happen once."""

    model_config = _FROZEN

    key: str
    kind: SettlementKind
    brand: str
    return_id: str
    order_id: str
    """The order whose payment it is about, or whose goods."""
    amount: Money
    parts: Parts | None = None
    lines: dict[str, int] = {}
    """How many of which lines come back."""
    shopper_id: str = ""
    """Who gets a credit: of a gift, whoever got the gift."""
    wanted: dict[str, int] = {}
    """For exchanges and replacements: how many of which SKU go out."""
    of: str = ""
    """For releases and captures: the hold's reference."""
    intended_at: AwareDatetime
    first: bool = False
    """True where it is known that it was never asked for: there is nothing to be found of it."""
    taken: tuple[str, ...] = ()
    """For ``alone`` kinds: references of what the same shopper was given before. It is none of those."""


class Answer(BaseModel):
    """What became of it."""

    model_config = _FROZEN

    state: SettlementState
    """``accepted``, ``done`` or ``failed``."""
    reference: str = ""
    why: str = ""
    order: str = ""
    """For exchanges and replacements: the shop's own id of the new order, where it says so."""


class SettlementProvider(Protocol):
    """Who moves money and sends other goods. One folder each under ``porchlight/refunds``."""

    kinds: frozenset[SettlementKind]
    """What it can be asked for; a brand's other kinds go to the signed webhook."""
    alone: frozenset[SettlementKind]
    """What it may do twice where two ask at one moment, though never where one asks after the other."""
    looks: bool
    """True where ``look`` only looks; False where it is the same request once more."""

    def carry_out(self, brand: BrandConfig, wanted: Instruction) -> Answer:
        """Ask for it under its key: the same key twice is one. PermanentProviderError where it is refused for good,
        TransientError where it is to be asked again (under the same key).
        """
        ...

    def look(self, brand: BrandConfig, wanted: Instruction, reference: str) -> Answer:
        """What has become of it since. TransientError where that cannot be known now."""
        ...


class MoneyNews(BaseModel):
    """What a provider says by itself (a webhook) about something we asked for."""

    model_config = _FROZEN

    return_id: str
    """From the metadata that we gave; empty where the provider does not repeat it."""
    key: str = ""
    reference: str
    state: SettlementState
    why: str = ""
    said_at: AwareDatetime


class Ledgers(Protocol):
    """The ledgers of orders."""

    def get(self, brand: str, order_id: str) -> Ledger | None:
        """Read consistently; None where nothing was ever promised."""
        ...

    def due(self, brand: str, now: datetime, limit: int = 100, after: str = "") -> tuple[list[Ledger], str]:
        """Those that the reconciliation is to look at by now, the longest due first, and where to go on; empty where
        there are no more.
        """
        ...

    def save(self, ledger: Ledger, request: Return | None = None) -> None:
        """Write the ledger, and the return with it, all or nothing; ConflictError if either is not ``version - 1`` that
        is stored.
        """
        ...


# -------------------------------------------------------------------------------------------------------------- goods


class UnmatchedGoods(Protocol):
    """Goods without a return."""

    def put(self, goods: Unmatched) -> None:
        """Remember them for 400 days; the same receipt again is one."""
        ...

    def list(self, brand: str, limit: int = 100) -> list[Unmatched]:
        """The oldest first."""
        ...

    def remove(self, brand: str, receipt_id: str) -> None:
        """They were booked under a return; no error where there are none."""
        ...


# ------------------------------------------------------------------------------------------------------------ history


class Histories(Protocol):
    """Under the shopper, and forgotten with them."""

    def get(self, brand: str, shopper_id: str) -> History:
        """An empty one of version 0 where there is none."""
        ...

    def save(self, history: History) -> None:
        """ConflictError if it is not ``version - 1`` that is stored."""
        ...

    def share(self, brand: str, fingerprints: Sequence[str], shopper_id: str, now: datetime) -> None:
        """The shopper has used these addresses and means of payment (digests); the same again is one."""
        ...

    def sharing(self, brand: str, fingerprints: Sequence[str]) -> Mapping[str, int]:
        """How many shoppers have used each of them in the last 400 days; counted up to 20."""
        ...

    def erase(self, brand: str, shopper_id: str, at: datetime) -> None:
        """Forget it all; nothing is counted for the shopper from then on. Twice is once."""
        ...


# --------------------------------------------------------------------------------------------------------- withdrawal


class Statements(Protocol):
    """Statements of withdrawal."""

    def put(self, statement: Statement) -> bool:
        """Durable when this returns, and to be answered; False where it is there already."""
        ...

    def get(self, brand: str, statement_id: str) -> Statement | None:
        """Read consistently."""
        ...

    def save(self, statement: Statement, *, due_at: datetime | None) -> None:
        """Replace it; it is looked at again at ``due_at`` (None: no more). ConflictError if it is not ``version - 1``
        that is stored.
        """
        ...

    def due(self, now: datetime, limit: int = 100) -> Sequence[tuple[str, str]]:
        """Brand and id of those that are to be looked at, the longest waiting first."""
        ...
