"""What a rule can ask about: all facts of one request, as they were when it was made. They are stored with the return,
so that a decision can be explained, and another policy be tried on it, years later.

Nothing personal is in them. Money is in minor units of the order's currency.
"""

from datetime import date

from pydantic import BaseModel, ConfigDict

from porchlight.domain.rma.names import Resolution, ReturnKind, RiskLevel

_STORED = ConfigDict(frozen=True)


class OrderFacts(BaseModel):
    """One of the orders that the request is about."""

    model_config = _STORED

    order_id: str
    currency: str
    total_minor: int
    channel: str = "web"
    """Where it was bought: ``web``, ``store`` or what the shop calls it."""
    country: str | None = None
    region: str | None = None
    tier: str | None = None
    placed_on: date
    """Local to ``zone``."""
    delivered_on: date | None = None
    """When its last parcel arrived, local to ``zone``; None while one is still coming, or none has."""
    to_come: bool = False
    """Something of it is in no parcel yet, as far as the shop says what is in them: by law its time has not begun."""
    sent: bool = True
    """Something of it has left, as far as is known; False: it lies in no parcel, and nobody says that it left."""
    zone: str | None = None
    gift: bool = False
    cancelled: bool = False
    refunded_elsewhere: bool = False
    """The shop has paid back something that is no return of ours."""
    returns: int = 0
    """Earlier returns of this order that were not refused, cancelled or expired."""
    exchanged: bool = False
    """It was itself sent in exchange for something."""


class LineFacts(BaseModel):
    """One line of the request."""

    model_config = _STORED

    order_id: str
    line_id: str
    sku: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    quantity: int
    unit_minor: int
    """What was paid for one, tax included."""
    bought: int
    already_returning: int = 0
    """In returns that go before this one."""
    final_sale: bool = False
    hazmat: bool = False
    reduced: bool = False
    """It was bought below its usual price."""
    ships: bool = True
    known: bool = True
    """False: the order has no such line."""
    reason: str = ""
    no_withdrawal: str = ""
    """Why the law gives no right of withdrawal for it, as the order says (``domain.law.model.Exemption``)."""


class ShopperFacts(BaseModel):
    """What the brand knows of the shopper's history; a stranger has none."""

    model_config = _STORED

    segments: tuple[str, ...] = ()
    orders: int = 0
    returns: int = 0
    returned_share: float = 0.0
    """Value that was returned, of value that was bought; 0 to 1."""
    claims: int = 0
    """Parcels that were said not to have come, in a year."""
    kept: int = 0
    """Refunds without sending back, in a year."""
    account_days: int = 0
    risk: RiskLevel = RiskLevel.LOW
    risk_score: int = 0


class RequestFacts(BaseModel):
    """All of it."""

    model_config = _STORED

    kind: ReturnKind = ReturnKind.RETURN
    asked_on: date
    """Local to the first order's zone."""
    resolution: Resolution | None = None
    """What the shopper asks for; None: what can be had is asked."""
    gift: bool = False
    """It is asked for by the one who got it as a gift."""
    orders: dict[str, OrderFacts]
    lines: tuple[LineFacts, ...]
    shopper: ShopperFacts = ShopperFacts()

    def value_minor(self) -> int:
        """What was paid for all that comes back."""
        return sum(line.unit_minor * line.quantity for line in self.lines)
