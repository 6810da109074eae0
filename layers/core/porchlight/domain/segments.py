"""What is known of a shopper as a customer, and the groups that a brand makes of it."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

_STRICT = ConfigDict(frozen=True, extra="forbid")


class Traits(BaseModel):
    """What orders and returns add up to. Money is minor units by currency."""

    model_config = ConfigDict(frozen=True)

    tier: str | None = None
    orders: int = 0
    spent: dict[str, int] = {}
    marked_down: int = 0
    """Orders in which most of what was bought was reduced."""
    returns: int = 0
    first_order_at: AwareDatetime | None = None
    last_order_at: AwareDatetime | None = None
    attributes: dict[str, str | int | bool] = {}
    """Whatever else the brand says (``PUT /v1/shoppers/…``)."""
    counted: tuple[str, ...] = ()
    """Ids of the newest orders and returns that are in the sums: one told twice counts once."""

    @property
    def cadence_days(self) -> float | None:
        """Days between orders on average; None before the second."""
        if self.orders < 2 or not self.first_order_at or not self.last_order_at:
            return None
        return (self.last_order_at - self.first_order_at).total_seconds() / 86_400 / (self.orders - 1)


class Segment(BaseModel):
    """A group: all that is named must be true. Empty means everybody."""

    model_config = _STRICT

    tiers: tuple[str, ...] = ()
    min_orders: int | None = Field(default=None, ge=0)
    max_orders: int | None = Field(default=None, ge=0)
    min_spent: dict[str, int] = {}
    """Minor units by currency: any of them is enough."""
    markdown_share: float | None = Field(default=None, ge=0, le=1)
    """At least so much of the orders were of reduced goods."""
    return_share: float | None = Field(default=None, ge=0)
    """At least so many returns for each order."""
    max_cadence_days: float | None = Field(default=None, gt=0)
    idle_days: int | None = Field(default=None, ge=1)
    """No order for so long."""
    attributes: dict[str, str | int | bool] = {}

    def holds(self, traits: Traits, now: datetime) -> bool:
        """True for a shopper of this group. What is not known fulfils nothing."""
        orders = max(traits.orders, 1)
        cadence, last = traits.cadence_days, traits.last_order_at
        return all(
            (
                not self.tiers or (traits.tier is not None and traits.tier in self.tiers),
                self.min_orders is None or traits.orders >= self.min_orders,
                self.max_orders is None or traits.orders <= self.max_orders,
                not self.min_spent or any(traits.spent.get(code, 0) >= least for code, least in self.min_spent.items()),
                self.markdown_share is None
                or (traits.orders > 0 and traits.marked_down / orders >= self.markdown_share),
                self.return_share is None or (traits.orders > 0 and traits.returns / orders >= self.return_share),
                self.max_cadence_days is None or (cadence is not None and cadence <= self.max_cadence_days),
                self.idle_days is None or (last is not None and (now - last).days >= self.idle_days),
                all(traits.attributes.get(name) == value for name, value in self.attributes.items()),
            )
        )


def names_of(segments: Mapping[str, Segment], traits: Traits, now: datetime) -> list[str]:
    """The groups that a shopper is in."""
    return [name for name, segment in segments.items() if segment.holds(traits, now)]
