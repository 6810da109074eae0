"""Whether a condition holds for one line of a request, and which facts it looked at."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from porchlight.domain.policy.facts import LineFacts, OrderFacts, RequestFacts, ShopperFacts
from porchlight.domain.policy.model import Days, MoneySpan, Span, When

type Fact = str | int | float | bool | date | tuple[str, ...] | None

TOGETHER = ("any", "unless")
"""Conditions that are made of others."""
PATTERNS = ("sku",)


@dataclass(frozen=True)
class Line:
    """One line of a request with all that a rule can ask about it."""

    facts: RequestFacts
    order: OrderFacts
    line: LineFacts

    @property
    def shopper(self) -> ShopperFacts:
        """Who asks."""
        return self.facts.shopper

    @cached_property
    def return_value(self) -> int:
        """What was paid for all that comes back in the currency of this line's order."""
        orders, currency = self.facts.orders, self.order.currency
        return sum(
            one.unit_minor * one.quantity
            for one in self.facts.lines
            if one.order_id in orders and orders[one.order_id].currency == currency
        )

    def days_since(self, day: date | None) -> int | None:
        """From a local day to the one of the request; None where the day has not come yet."""
        return (self.facts.asked_on - day).days if day else None


FACTS: Mapping[str, Callable[[Line], Fact]] = {
    "tier": lambda at: at.order.tier,
    "channel": lambda at: at.order.channel,
    "country": lambda at: at.order.country,
    "region": lambda at: at.order.region,
    "order_value": lambda at: at.order.total_minor,
    "placed": lambda at: at.order.placed_on,
    "days_since_purchase": lambda at: at.days_since(at.order.placed_on),
    "days_since_delivery": lambda at: at.days_since(at.order.delivered_on),
    "delivered": lambda at: at.order.delivered_on is not None,
    "gift": lambda at: at.order.gift or at.facts.gift,
    "exchanged": lambda at: at.order.exchanged,
    "returns_of_order": lambda at: at.order.returns,
    "refunded_elsewhere": lambda at: at.order.refunded_elsewhere,
    "sku": lambda at: at.line.sku,
    "category": lambda at: at.line.category,
    "tags": lambda at: at.line.tags,
    "final_sale": lambda at: at.line.final_sale,
    "hazmat": lambda at: at.line.hazmat,
    "reduced": lambda at: at.line.reduced,
    "item_value": lambda at: at.line.unit_minor,
    "kind": lambda at: at.facts.kind,
    "reason": lambda at: at.line.reason,
    "resolution": lambda at: at.facts.resolution,
    "recipient": lambda at: at.facts.gift,
    "asked": lambda at: at.facts.asked_on,
    "return_value": lambda at: at.return_value,
    "segment": lambda at: at.shopper.segments,
    "orders": lambda at: at.shopper.orders,
    "returns": lambda at: at.shopper.returns,
    "returned_share": lambda at: at.shopper.returned_share,
    "claims": lambda at: at.shopper.claims,
    "kept": lambda at: at.shopper.kept,
    "account_days": lambda at: at.shopper.account_days,
    "risk": lambda at: at.shopper.risk,
    "risk_score": lambda at: at.shopper.risk_score,
}
"""What each condition looks at, by its name in a policy."""


def named(when: When) -> list[str]:
    """The conditions that are given, in the order in which the model has them."""
    return [name for name in type(when).model_fields if getattr(when, name) is not None]


def holds(when: When, at: Line) -> bool:
    """True where all that is given holds."""
    return all(_one(name, getattr(when, name), at) for name in named(when))


@dataclass(frozen=True)
class Looked:
    """One condition that was looked at: what it wants, what the fact is, whether it holds."""

    name: str
    wanted: Any
    fact: Fact
    holds: bool


def looked_at(when: When, at: Line, path: str = "") -> Iterator[Looked]:
    """Each condition with its fact, those inside of ``any`` and ``unless`` too (``any[0].tier``)."""
    for name in named(when):
        wanted = getattr(when, name)
        if name in TOGETHER:
            for number, inner in enumerate(wanted):
                yield from looked_at(inner, at, f"{path}{name}[{number}].")
        else:
            yield Looked(path + name, wanted, FACTS[name](at), _one(name, wanted, at))


def _one(name: str, wanted: Any, at: Line) -> bool:
    if name == "any":
        return any(holds(one, at) for one in wanted)
    if name == "unless":
        return not any(holds(one, at) for one in wanted)
    fact: Any = FACTS[name](at)
    if fact is None:
        return False
    if isinstance(wanted, MoneySpan):
        return wanted.holds(fact, at.order.currency)
    if isinstance(wanted, (Span, Days)):
        return wanted.holds(fact)
    if isinstance(wanted, bool):
        return wanted is fact
    if name in PATTERNS:
        return any(fnmatchcase(fact, pattern) for pattern in wanted)
    if isinstance(fact, tuple):
        return not set(fact).isdisjoint(wanted)
    return fact in wanted
