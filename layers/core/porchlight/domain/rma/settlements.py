"""Money and goods that leave us for a return, each under a key that makes it happen once."""

from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, model_validator

from porchlight.domain.money import Money
from porchlight.domain.rma.names import SettlementKind, SettlementState

_STORED = ConfigDict(frozen=True)


class Parts(BaseModel):
    """What an amount is made of, in minor units of one currency. ``total`` is always the sum of the parts.

    ``items`` and ``shipping`` contain their tax; ``tax`` says how much of the two it is, and is no part of its own.
    """

    model_config = _STORED

    currency: str
    items: int = 0
    shipping: int = 0
    """Of the outbound parcel."""
    fee: int = 0
    """For the way back; ≤ 0."""
    deduction: int = 0
    """For what was found at the inspection; ≤ 0."""
    capped: int = 0
    """What had been paid back before, or was never paid; ≤ 0."""
    bonus: int = 0
    """On top of store credit."""
    tax: int = 0
    by_line: dict[str, int] = {}
    """``items`` by order line (``amounts.line_name``): later returns of the same line begin where this one ended."""

    @property
    def total(self) -> Money:
        """Never negative: fee, deduction and cap take no more than there is."""
        return Money(amount=self._sum, currency=self.currency)

    @property
    def _sum(self) -> int:
        return self.items + self.shipping + self.fee + self.deduction + self.capped + self.bonus

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self._sum < 0 or max(self.fee, self.deduction, self.capped) > 0 or min(self.items, self.shipping) < 0:
            raise ValueError("the parts do not add up to an amount")
        return self


class Settlement(BaseModel):
    """One thing that was asked of somebody else. ``order_id``: the order whose payment it is about."""

    model_config = _STORED

    key: str
    kind: SettlementKind
    order_id: str
    amount: Money
    parts: Parts | None = None
    lines: dict[str, int] = {}
    """How many of which lines of that order."""
    state: SettlementState = SettlementState.INTENDED
    intended_at: AwareDatetime
    asked_at: AwareDatetime | None = None
    """When the provider last took it or was last asked what became of it."""
    done_at: AwareDatetime | None = None
    reference: str = ""
    """The provider's."""
    why: str = ""
    """For ``failed``: a word."""
    of: str = ""
    """For releases and captures: the key of the hold. For another try: the key of the one that failed."""

    over: str = ""
    """The key of the exchange with which its money had moved: it counts within that, not on top."""

    @property
    def due(self) -> str:
        """What it is a try of: the key of the first."""
        return self.key.partition("-")[0]

    @property
    def counts(self) -> bool:
        """True while its money is gone or may go."""
        return self.state is not SettlementState.FAILED

    @property
    def from_paid(self) -> int:
        """Minor units of it that are taken from what was paid: a bonus is given on top."""
        return self.amount.amount - (self.parts.bonus if self.parts else 0)
