"""Returns: the request, the policy that decides it, and the states of its life."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from porchlight.domain.money import Money

_STRICT = ConfigDict(frozen=True, extra="forbid")
"""What brands write: a misspelt field is an error."""
_STORED = ConfigDict(frozen=True)
"""What is stored is read by older releases too (a rollback, a deployment in progress): they pass over what they do
not know.
"""


class ReturnState(StrEnum):
    """Where a return is: requested → (in_review →) approved | refused; approved → in_transit → refunded; or expired."""

    REQUESTED = "requested"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REFUSED = "refused"
    IN_TRANSIT = "in_transit"
    REFUNDED = "refunded"
    EXPIRED = "expired"
    FAILED = "failed"


class Outcome(StrEnum):
    """What a policy (or a person) decided."""

    APPROVE = "approve"
    REVIEW = "review"
    REFUSE = "refuse"


class ReturnsTier(BaseModel):
    """What shoppers of one tier get: a longer window, or a fee."""

    model_config = _STRICT

    window_days: int = Field(ge=0, le=730)
    fee_minor: int = Field(default=0, ge=0)


class ReturnsPolicy(BaseModel):
    """The policy of one brand, versioned; each decision names the version that made it."""

    model_config = _STRICT

    version: str
    window_days: int = Field(ge=0, le=730)
    fee_minor: int = Field(default=0, ge=0)
    """Taken off the refund, in minor units of the order's currency."""
    tiers: dict[str, ReturnsTier] = {}
    review_above_minor: int | None = Field(default=None, ge=0)
    """Requests worth more than this are decided by a person."""
    review_deadline_days: int = Field(default=3, ge=1, le=30)
    review_default: Outcome = Outcome.APPROVE
    """What happens when nobody decides in time."""
    scan_deadline_days: int = Field(default=30, ge=1, le=120)
    """An approved return whose parcel is never scanned expires after this."""


class ReturnLine(BaseModel):
    """How many of one order line come back, and why."""

    model_config = _STORED

    line_id: str
    quantity: int = Field(ge=1)
    reason: str = Field(min_length=1, max_length=60)


class Decision(BaseModel):
    """A recorded decision: outcome, who or what made it, and the facts it rests on."""

    model_config = _STORED

    outcome: Outcome
    rule: str
    policy_version: str
    decided_at: AwareDatetime
    decided_by: str = "policy"
    facts: dict[str, str | int | bool | None] = {}
    note: str = ""


class Label(BaseModel):
    """The reference of a return label: which carrier and number the parcel will be scanned under."""

    model_config = _STORED

    carrier: str
    tracking_number: str
    shipment_id: str
    reference: str


class Refund(BaseModel):
    """Money on its way back: ``key`` makes it happen once, whatever is retried."""

    model_config = _STORED

    key: str
    amount: Money
    requested_at: AwareDatetime
    executed_at: AwareDatetime | None = None
    provider_reference: str | None = None


class Return(BaseModel):
    """One return (RMA) of one order. ``version`` guards every write."""

    model_config = ConfigDict(frozen=True)

    brand: str
    return_id: str
    order_id: str
    shopper_id: str
    state: ReturnState = ReturnState.REQUESTED
    lines: tuple[ReturnLine, ...] = Field(min_length=1)
    requested_at: AwareDatetime
    policy_version: str = ""
    decisions: tuple[Decision, ...] = ()
    refund_amount: Money | None = None
    label: Label | None = None
    refund: Refund | None = None
    scanned_at: AwareDatetime | None = None
    failure: str | None = None
    version: int = 0
