"""What ``/v1/returns`` answers, as a schema: what ``show_return`` makes is of this form (a test compares them)."""

from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from porchlight.domain.money import Money
from porchlight.domain.returns import Decision, ReturnLine, ReturnState, Review
from porchlight.domain.rma.goods import Inspection, Receipt, RepairStep
from porchlight.domain.rma.names import Payer, RefundTrigger, Resolution, ReturnKind, ReturnMethod
from porchlight.domain.rma.settlements import Settlement
from porchlight.domain.rma.terms import Risk, Terms

_STRICT = ConfigDict(frozen=True, extra="forbid")


class LabelAnswer(BaseModel):
    """What it is sent with. ``code`` is what a QR code says."""

    model_config = _STRICT

    carrier: str
    tracking_number: str
    shipment_id: str
    reference: str
    provider: str = ""
    code: str = ""
    instructions: str = ""
    cost: Money | None = None
    made_at: AwareDatetime | None = None
    voided_at: AwareDatetime | None = None


class PartsAnswer(BaseModel):
    """What an amount is made of, in minor units; fee, deduction and what is capped are below zero. ``tax`` is in items
    and shipping.
    """

    model_config = _STRICT

    currency: str
    items: int
    shipping: int
    fee: int
    deduction: int
    capped: int
    bonus: int
    tax: int
    by_line: dict[str, int] = {}
    total: int


class RefundAnswer(BaseModel):
    """The first refund to the means that it was paid with."""

    model_config = _STRICT

    key: str
    amount: Money
    requested_at: AwareDatetime
    executed_at: AwareDatetime | None
    provider_reference: str | None


class ReturnAnswer(BaseModel):
    """A return. What has not happened is null; who got a gift is told nothing from ``terms`` on."""

    model_config = _STRICT

    return_id: str
    order_id: str
    order_ids: list[str]
    kind: ReturnKind
    state: ReturnState
    problem: str | None = Field(description="Of a refused one: the problem type of its reason")
    resolution: Resolution
    method: ReturnMethod
    source: str
    requested_at: AwareDatetime
    closed_at: AwareDatetime | None
    lines: list[ReturnLine]
    refused_lines: dict[str, str] = Field(description="Lines that cannot come back while the others can, with the code")
    label: LabelAnswer | None
    scanned_at: AwareDatetime | None
    delivered_at: AwareDatetime | None
    replacement_order_id: str | None
    replacement_shipment_id: str | None
    terms: Terms | None = None
    risk: Risk | None = None
    decisions: list[Decision] = []
    review: Review | None = None
    parts: PartsAnswer | None = None
    refund_amount: Money | None = None
    refund: RefundAnswer | None = None
    settlements: list[Settlement] = []
    receipts: list[Receipt] = []
    inspections: list[Inspection] = []
    repairs: list[RepairStep] = []
    difference_minor: int = Field(default=0, description="Of an exchange: above zero it was paid, below paid back")
    recipient_id: str | None = None
    failure: str | None = None


class ReturnsAnswer(BaseModel):
    """A page of returns. ``next``: the ``after`` of the page that follows."""

    model_config = _STRICT

    returns: list[ReturnAnswer]
    next: str | None


class LineOffered(BaseModel):
    """What is said of one line. ``refused``: a code."""

    model_config = _STRICT

    order_id: str
    line_id: str
    refused: str | None
    closes_on: date | None


class OfferAnswer(BaseModel):
    """One thing that can be had. Who got a gift is told no amounts."""

    model_config = _STRICT

    resolution: Resolution
    method: ReturnMethod
    pays: Payer
    refund_on: RefundTrigger
    review: bool
    amount: Money | None = None
    parts: PartsAnswer | None = None


class OffersAnswer(BaseModel):
    """What can be had for what was named; nothing was written."""

    model_config = _STRICT

    outcome: str
    rule: str
    lines: list[LineOffered]
    offers: list[OfferAnswer]


class GiftReceipt(BaseModel):
    """The page on which whoever got an order as a gift may give it back."""

    model_config = _STRICT

    order_id: str
    gift_page: str


class OrderAnswer(BaseModel):
    """Our id of an order, and its tracking page."""

    model_config = _STRICT

    order_id: str
    tracking_page: str


class UploadForm(BaseModel):
    """A form for one PDF: post its ``fields`` and the file, as ``file``, to ``url``."""

    model_config = _STRICT

    url: str
    fields: dict[str, str]
    seconds: int


class Fault(BaseModel):
    """An entry that was refused, by its place in the body."""

    model_config = _STRICT

    index: int
    problem: str
    detail: str


class GoodsAnswer(BaseModel):
    """How many bookings were taken, were known already, and belong to no return."""

    model_config = _STRICT

    booked: int
    known: int
    unmatched: int
    errors: list[Fault]


class Problem(BaseModel):
    """RFC 9457. ``type`` is stable; ``detail`` is for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str = ""
