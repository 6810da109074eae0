"""What a brand writes in ``policies/returns.yaml``: ordered rules with conditions, and what each says.

A rule speaks about one line of a request at a time. For every aspect (window, fee, resolutions …) the first rule that
holds and says something about it decides; ``otherwise`` decides what none does. A line that any holding rule refuses is
refused by the first of them, before anything else. Of several lines the terms are put together by ``assess``.
"""

from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from porchlight.domain.rma.names import (
    Disposition,
    Grade,
    Payer,
    RefundTrigger,
    Resolution,
    ReturnKind,
    ReturnMethod,
    RiskLevel,
)

_STRICT = ConfigDict(frozen=True, extra="forbid")
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]
Amounts = dict[Currency, Annotated[int, Field(ge=0)]]
"""Minor units by currency; an order in another currency is not meant."""


class Span(BaseModel):
    """A number within limits, each of which may be missing."""

    model_config = _STRICT

    above: Number | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    below: Number | None = None

    def holds(self, value: float) -> bool:
        """True for a value within all of them."""
        return (
            (self.above is None or value > self.above)
            and (self.at_least is None or value >= self.at_least)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self == Span.model_construct():
            raise ValueError("a limit is needed: above, at_least, at_most or below")
        return self


class MoneySpan(BaseModel):
    """An amount within limits, by currency."""

    model_config = _STRICT

    above: Amounts | None = None
    at_most: Amounts | None = None

    def holds(self, minor: int, currency: str) -> bool:
        """True for an amount within both; a currency that is not named is outside."""
        above, at_most = self.above, self.at_most
        return (above is None or (currency in above and minor > above[currency])) and (
            at_most is None or (currency in at_most and minor <= at_most[currency])
        )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.above is None and self.at_most is None:
            raise ValueError("a limit is needed: above or at_most")
        return self


class Days(BaseModel):
    """From one day to another, both included; either may be missing."""

    model_config = _STRICT

    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        """True for a day within."""
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)


class When(BaseModel):
    """All that is named must hold; of a list, one member. ``any``: one of several conditions; ``unless``: none of them.

    {}: always.
    """

    model_config = _STRICT

    # the order
    tier: tuple[str, ...] | None = None
    channel: tuple[str, ...] | None = None
    country: tuple[Country, ...] | None = None
    region: tuple[str, ...] | None = None
    order_value: MoneySpan | None = None
    placed: Days | None = None
    days_since_purchase: Span | None = None
    days_since_delivery: Span | None = None
    """Never holds while something has still to arrive."""
    delivered: bool | None = None
    gift: bool | None = None
    """It was bought as one."""
    exchanged: bool | None = None
    returns_of_order: Span | None = None
    refunded_elsewhere: bool | None = None
    # the item
    sku: tuple[str, ...] | None = None
    """Patterns: ``HOME-*``."""
    category: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    final_sale: bool | None = None
    hazmat: bool | None = None
    reduced: bool | None = None
    item_value: MoneySpan | None = None
    """Of one."""
    # the request
    kind: tuple[ReturnKind, ...] | None = None
    reason: tuple[Slug, ...] | None = None
    resolution: tuple[Resolution, ...] | None = None
    recipient: bool | None = None
    """It is asked for by the one who got it as a gift."""
    asked: Days | None = None
    return_value: MoneySpan | None = None
    """Of all that is asked for."""
    # the shopper
    segment: tuple[str, ...] | None = None
    orders: Span | None = None
    returns: Span | None = None
    returned_share: Span | None = None
    claims: Span | None = None
    kept: Span | None = None
    account_days: Span | None = None
    risk: tuple[RiskLevel, ...] | None = None
    risk_score: Span | None = None
    # together
    any: tuple["When", ...] | None = None
    unless: tuple["When", ...] | None = None


class Window(BaseModel):
    """How long something may be sent back: so many days after delivery (or purchase), and at least until a day."""

    model_config = _STRICT

    days: int = Field(ge=0, le=1_100)
    after: Annotated[str, Field(pattern=r"^(delivery|purchase)$")] = "delivery"
    at_least_until: date | None = None
    """For holidays: what was bought before Christmas may come back in January."""


class Say(BaseModel):
    """What a rule says; what it leaves out, others say."""

    model_config = _STRICT

    refuse: Slug | None = None
    """Why: a stable code, with words for the shopper."""
    window: Window | None = None
    resolutions: tuple[Resolution, ...] | None = Field(default=None, min_length=1)
    methods: tuple[ReturnMethod, ...] | None = Field(default=None, min_length=1)
    refund_on: RefundTrigger | None = None
    pays: Payer | None = None
    fee: Amounts | None = None
    """Taken off a refund for the way back, in minor units by currency; {}: none."""
    refunds_shipping: bool | None = None
    credit_bonus_percent: int | None = Field(default=None, ge=0, le=100)
    facility: Slug | None = None
    review: Slug | None = None
    """Why a person decides; ``none``: nobody needs to."""


class Rule(BaseModel):
    """One rule. ``id`` stands in decisions; ``note`` is for those who read the policy."""

    model_config = _STRICT

    id: Slug
    note: str = Field(default="", max_length=300)
    when: When = When()
    then: Say


class Reason(BaseModel):
    """A reason that shoppers can choose; its words stand under ``returns.reasons`` of the brand's words."""

    model_config = _STRICT

    id: Slug
    photo: bool = False
    """A picture is asked for."""
    categories: tuple[str, ...] = ()
    """Offered for these only; (): for all."""
    kind: ReturnKind = ReturnKind.RETURN
    """``warranty`` for what is defective, ``claim`` for what never came."""


class Deadlines(BaseModel):
    """How long each wait of a return may take, in days."""

    model_config = _STRICT

    review_days: int = Field(default=3, ge=1, le=30)
    review_default: Annotated[str, Field(pattern=r"^(approve|refuse)$")] = "approve"
    """When nobody decides in time. By law ``approve`` for withdrawals, whatever stands here."""
    scan_days: int = Field(default=30, ge=1, le=120)
    receive_days: int = Field(default=21, ge=1, le=120)
    inspect_days: int = Field(default=5, ge=1, le=30)
    repair_days: int = Field(default=21, ge=1, le=180)


class Facility(BaseModel):
    """Where goods come back to, as labels print it."""

    model_config = _STRICT

    name: str = Field(min_length=1, max_length=100)
    street: str = Field(default="", max_length=200)
    city: str = Field(default="", max_length=100)
    region: str = Field(default="", max_length=10)
    postcode: str = Field(default="", max_length=20)
    country: Country


class RiskThresholds(BaseModel):
    """From which score on a shopper's history is ``elevated`` or ``high``. What follows from that, rules say."""

    model_config = _STRICT

    elevated: int = Field(default=40, ge=1, le=100)
    high: int = Field(default=70, ge=1, le=100)
    usual_share: float = Field(default=0.25, ge=0, le=0.9)
    """How much of what it sells, by value, the brand usually gets back: what a shopper of whom little is known is
    taken to be like.
    """
    usual_weight: int = Field(default=8, ge=1, le=100)
    """As how many orders of their own that counts."""


class Sorting(BaseModel):
    """Where goods in such a state go; what is left out fits all."""

    model_config = _STRICT

    grade: tuple[Grade, ...] | None = None
    category: tuple[str, ...] | None = None
    to: Disposition


class Weights(BaseModel):
    """When a box weighs what it should: the goods, less ``tolerance_percent``, up to that much more and packaging."""

    model_config = _STRICT

    tolerance_percent: int = Field(default=20, ge=0, le=100)
    packaging_grams: int = Field(default=2_000, ge=0, le=100_000)


class PolicyFault(ValueError):
    """What is wrong with a policy as a whole; ``path``: at which of its fields."""

    def __init__(self, path: tuple[str | int, ...], text: str) -> None:
        super().__init__(text)
        self.path = path


class ReturnsPolicy(BaseModel):
    """The policy of one brand, versioned; each decision names the version that made it."""

    model_config = _STRICT

    version: str = Field(min_length=1, max_length=60)
    rules: tuple[Rule, ...] = ()
    otherwise: Say
    """What no rule says: window, resolutions, methods, refund_on and pays are needed here."""
    deadlines: Deadlines = Deadlines()
    facilities: dict[Slug, Facility] = {}
    """The first one is used where no rule names one."""
    reasons: tuple[Reason, ...] = Field(min_length=1)
    risk: RiskThresholds = RiskThresholds()
    dispositions: tuple[Sorting, ...] = ()
    """The first that fits; where none does: new restock, opened and worn refurbish, damaged and defective recycle."""
    weights: Weights = Weights()
    label_provider: Slug = "own"
    """Who makes labels (``porchlight.labels``)."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        last = self.otherwise
        missing = [
            name for name in ("window", "resolutions", "methods", "refund_on", "pays") if not getattr(last, name)
        ]
        if missing:
            raise PolicyFault(("otherwise",), f"has to say: {', '.join(missing)}")
        if last.refuse:
            raise PolicyFault(("otherwise", "refuse"), "otherwise cannot refuse: a rule can")
        seen: set[str] = set()
        for number, rule in enumerate(self.rules):
            if rule.id in seen:
                raise PolicyFault(("rules", number, "id"), f"two rules have the id {rule.id}")
            seen.add(rule.id)
        says: list[tuple[tuple[str | int, ...], Say]] = [(("otherwise",), last)]
        says += [(("rules", number, "then"), rule.then) for number, rule in enumerate(self.rules)]
        for path, then in says:
            if then.facility and then.facility not in self.facilities:
                raise PolicyFault((*path, "facility"), f"no such facility: {then.facility}")
        if self.risk.high <= self.risk.elevated:
            raise PolicyFault(("risk",), "high has to be above elevated")
        return self
