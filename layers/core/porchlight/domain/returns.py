"""Returns (RMAs): the record of one, from the request to its end. What it is made of: ``domain.rma``; what decides it:
``domain.policy``; what comes next: ``domain.rma.next_step``.
"""

from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from porchlight.domain.money import Money
from porchlight.domain.policy.facts import RequestFacts
from porchlight.domain.rma.goods import Inspection, Receipt, RepairStep
from porchlight.domain.rma.names import (
    MONEY_BACK,
    Resolution,
    ReturnKind,
    ReturnMethod,
    SettlementKind,
    SettlementState,
)
from porchlight.domain.rma.settlements import Parts, Settlement
from porchlight.domain.rma.terms import Risk, Terms

_STORED = ConfigDict(frozen=True)
"""What is stored is read by older releases too (a rollback, a deployment in progress): they pass over what they do
not know.
"""


class ReturnState(StrEnum):
    """Where a return is.

    requested → (in_review →) approved | refused; approved → in_transit → received → inspected → refunded | credited |
    exchanged | repaired. What is settled stays settled: with an instant refund the goods come back afterwards, and the
    record says so without another state. A return may be cancelled until it is settled, expires when nothing comes, and
    fails when a step cannot be done; people take it up from there.
    """

    REQUESTED = "requested"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REFUSED = "refused"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    IN_REPAIR = "in_repair"
    REFUNDED = "refunded"
    CREDITED = "credited"
    EXCHANGED = "exchanged"
    REPAIRED = "repaired"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


SETTLED = frozenset({ReturnState.REFUNDED, ReturnState.CREDITED, ReturnState.EXCHANGED, ReturnState.REPAIRED})
"""The shopper has what they were to get."""

GIVEN_UP = frozenset({ReturnState.REFUSED, ReturnState.EXPIRED, ReturnState.CANCELLED})
"""Nothing of the order is held by these any more."""

ENDED = SETTLED | GIVEN_UP


class Outcome(StrEnum):
    """What a policy (or a person) decided."""

    APPROVE = "approve"
    REVIEW = "review"
    REFUSE = "refuse"


class Wanted(BaseModel):
    """What takes the place of a line in an exchange. ``unit_price``: what one costs, in the order's currency."""

    model_config = _STORED

    sku: str = Field(min_length=1, max_length=128)
    title: str = Field(default="", max_length=300)
    unit_price: Money | None = None
    """None: as much as the one that comes back (another size)."""


class ReturnLine(BaseModel):
    """How many of one order line come back, and why. ``order_id``: of another order than the return's own."""

    model_config = _STORED

    line_id: str
    quantity: int = Field(ge=1)
    reason: str = Field(min_length=1, max_length=60)
    order_id: str = ""
    photos: tuple[str, ...] = ()
    """Names of pictures in the bucket; they expire with it."""
    wanted: Wanted | None = None


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

    @property
    def by_rule(self) -> bool:
        """True where the policy or the law decided, and nobody has looked."""
        return self.decided_by in ("policy", "law")


class Label(BaseModel):
    """The return parcel: which carrier and number it will be scanned under, and what the shopper needs to send it."""

    model_config = _STORED

    carrier: str
    tracking_number: str
    shipment_id: str
    reference: str
    """The provider's; a code's own text for QR and box-free drop-off."""
    provider: str = ""
    document: str = ""
    """The name of the PDF in the bucket; empty: there is none."""
    code: str = ""
    """What a QR code says; empty: there is none."""
    instructions: str = ""
    """A drop-off network's name or address, as the provider says it."""
    cost: Money | None = None
    made_at: AwareDatetime | None = None
    voided_at: AwareDatetime | None = None


class Review(BaseModel):
    """A question that waits for a person. ``stage``: ``request`` (may it come back?), ``goods`` (what came is not what
    was asked for), ``money`` (the refund cannot be made as it is).
    """

    model_config = _STORED

    stage: str
    why: str
    asked_at: AwareDatetime
    due_at: AwareDatetime
    assignee: str = ""
    notes: tuple[str, ...] = ()


class Return(BaseModel):
    """One return (RMA). ``order_id`` is its own order; ``lines`` may name others of the same shopper. ``version``
    guards every write.
    """

    model_config = ConfigDict(frozen=True)

    brand: str
    return_id: str
    order_id: str
    shopper_id: str
    kind: ReturnKind = ReturnKind.RETURN
    state: ReturnState = ReturnState.REQUESTED
    lines: tuple[ReturnLine, ...] = Field(min_length=1)
    resolution: Resolution = Resolution.REFUND
    method: ReturnMethod = ReturnMethod.LABEL
    requested_at: AwareDatetime
    source: str = "api"
    """Who asked: ``api``, ``portal``, ``gift``, ``withdrawal``."""
    policy_version: str = ""
    terms: Terms | None = None
    """None: asked for under a release before terms were kept, or not assessed yet."""
    facts: RequestFacts | None = None
    risk: Risk | None = None
    refused_lines: dict[str, str] = {}
    """Lines that were asked for and cannot come back while the others can, with the code: ``{"ord_…/1":
    "no_withdrawal"}``. They are none of ``lines``.
    """
    assessed: Outcome | None = None
    """What the policy, and the law above it, said when it was asked for; ``assessed_rule``: why. None: by a release
    before.
    """
    assessed_rule: str = ""
    decisions: tuple[Decision, ...] = ()
    review: Review | None = None
    parts: Parts | None = None
    """What the shopper is to get, and what it is made of."""
    refund_amount: Money | None = None
    """``parts.total`` for those who only want to know that."""
    difference_minor: int = 0
    """Of an exchange: what the shopper pays on top of what comes back; below zero: what is paid back of it."""
    label: Label | None = None
    label_asked_at: AwareDatetime | None = None
    """When a provider was first asked for the label that is not there yet: it may have made it."""
    label_number: int = 0
    """How many labels were taken back or refused: the next one has another key."""
    old_labels: tuple[Label, ...] = ()
    """Those that were voided: a scan of one counts as well."""
    recipient_id: str = ""
    """Of a gift: the shopper who gets the credit. The giver is ``shopper_id``."""
    scanned_at: AwareDatetime | None = None
    delivered_at: AwareDatetime | None = None
    """When the carrier said that it is with us."""
    receipts: tuple[Receipt, ...] = ()
    inspections: tuple[Inspection, ...] = ()
    repairs: tuple[RepairStep, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    replacement_order_id: str = ""
    """The order that an exchange or replacement is."""
    replacement_shipment_id: str = ""
    """The parcel in which something repaired (or refused) goes back to the shopper."""
    cancel_asked_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    """Nothing more is waited for."""
    failure: str | None = None
    version: int = 0

    @model_validator(mode="before")
    @classmethod
    def _of_before(cls, data: Any) -> Any:
        """Releases before kept one refund in a field of its own."""
        if not isinstance(data, dict) or not (old := data.get("refund")):
            return data
        done = old.get("executed_at")
        one = {
            "key": old["key"],
            "kind": SettlementKind.REFUND,
            "order_id": data["order_id"],
            "amount": old["amount"],
            "state": SettlementState.DONE if done else SettlementState.INTENDED,
            "intended_at": old["requested_at"],
            "done_at": done,
            "reference": old.get("provider_reference") or "",
        }
        kept = {name: value for name, value in data.items() if name != "refund"}
        return {**kept, "settlements": [*(data.get("settlements") or ()), one]}

    @property
    def order_ids(self) -> tuple[str, ...]:
        """All orders it is about, its own first."""
        return tuple(dict.fromkeys((self.order_id, *(line.order_id or self.order_id for line in self.lines))))

    @property
    def refunds(self) -> tuple[Settlement, ...]:
        """Money back to the means that it was paid with: asked for and not failed."""
        return tuple(one for one in self.settlements if one.kind in MONEY_BACK and one.counts)

    @property
    def is_captured(self) -> bool:
        """True once what was held is taken: with that the other goods are paid for, and no more with what was paid
        before.
        """
        return any(one.kind is SettlementKind.CAPTURE and one.done_at and one.counts for one in self.settlements)

    @property
    def is_approved(self) -> bool:
        """True once a policy or a person has said yes, whatever has happened since."""
        return any(decision.outcome is Outcome.APPROVE for decision in self.decisions)

    @property
    def approved_at(self) -> AwareDatetime | None:
        """When that was."""
        return next((one.decided_at for one in self.decisions if one.outcome is Outcome.APPROVE), None)

    @property
    def received_at(self) -> AwareDatetime | None:
        """When the warehouse booked the first of it."""
        return min((one.received_at for one in self.receipts), default=None)

    @property
    def inspected_at(self) -> AwareDatetime | None:
        """When the last of it was inspected; None while more of it is to come."""
        if not any(one.complete for one in self.inspections):
            return None
        return max(one.inspected_at for one in self.inspections)
