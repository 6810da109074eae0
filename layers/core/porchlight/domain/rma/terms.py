"""The terms of one return: all that a policy (or the law) says about its life, written down when it is asked for. A
policy that changes later changes nothing about it.
"""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from porchlight.domain.money import Money
from porchlight.domain.rma.names import Payer, RefundTrigger, Resolution, ReturnMethod, RiskLevel

_STORED = ConfigDict(frozen=True)


class Terms(BaseModel):
    """What holds for a return from its request to its end."""

    model_config = _STORED

    policy_version: str
    closes_on: date | None = None
    """The last day on which it may be asked for, local to ``zone``; None while nothing has arrived."""
    window_days: int = 0
    """How long the window is that ends then; a holiday may have made it longer."""
    zone: str | None = None
    resolutions: tuple[Resolution, ...] = (Resolution.REFUND,)
    methods: tuple[ReturnMethod, ...] = (ReturnMethod.LABEL,)
    refund_on: RefundTrigger = RefundTrigger.FIRST_SCAN
    pays: Payer = Payer.BRAND
    fee: Money | None = None
    """Taken off the refund for the way back."""
    refunds_shipping: bool = False
    credit_bonus_percent: int = Field(default=0, ge=0, le=100)
    facility: str = ""
    """Where the goods go."""
    review: str = ""
    """Why a person decides; empty: none does."""
    review_days: int = Field(default=3, ge=1, le=30)
    review_approves: bool = True
    """What happens when nobody decides in time."""
    scan_days: int = Field(default=30, ge=1, le=120)
    """An approved return of which nothing is seen for so long has expired."""
    receive_days: int = Field(default=21, ge=1, le=120)
    """A scanned parcel that has not come after this is looked into by a person."""
    inspect_days: int = Field(default=5, ge=1, le=30)
    """What was received and not inspected in time counts as it was asked for."""
    repair_days: int = Field(default=21, ge=1, le=180)
    refund_by: date | None = None
    """By law: the last day for the refund once it is back, or was proved to be sent, whatever ``refund_on`` says."""
    nothing_sent: bool = False
    """Of a withdrawal: there was nothing that could come back when it was declared."""
    rules: dict[str, str] = {}
    """Which rule said what: ``{"window": "elite_window"}``."""


class Risk(BaseModel):
    """An explained score, 0 to 100. ``reasons``: points by signal. For the brand's people; shoppers' pages never
    have it.
    """

    model_config = _STORED

    score: int = Field(default=0, ge=0, le=100)
    level: RiskLevel = RiskLevel.LOW
    reasons: dict[str, int] = {}
    version: str = ""
