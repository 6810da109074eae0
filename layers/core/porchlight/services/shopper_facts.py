"""What a brand knows of a shopper when they ask for a return: traits, segments, the history of their returns, risk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from porchlight.domain.brands import BrandConfig
from porchlight.domain.dates import local_day
from porchlight.domain.policy.facts import RequestFacts, ShopperFacts
from porchlight.domain.return_history import History
from porchlight.domain.risk import score
from porchlight.domain.rma.terms import Risk
from porchlight.domain.segments import Traits, names_of
from porchlight.reaching import Profiles
from porchlight.returning import Histories

_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Person:
    """What is kept under one shopper."""

    brand: BrandConfig
    traits: Traits
    history: History
    histories: Histories

    def facts(self, currency: str, now: datetime, today: date) -> ShopperFacts:
        """What rules can ask about. ``currency``: of the order, in which values are compared."""
        traits, history, zone = self.traits, self.history, self.brand.zone
        first = local_day(traits.first_order_at, zone) if traits.first_order_at else None
        since = min((day for day in (first, history.first_order_on) if day), default=today)
        bought, returned = history.bought_minor.get(currency, 0), history.returned_minor.get(currency, 0)
        return ShopperFacts(
            segments=tuple(names_of(self.brand.outreach.segments, traits, now)),
            orders=max(traits.orders, history.orders),
            returns=max(traits.returns, history.returns),
            returned_share=min(1.0, returned / bought) if bought else 0.0,
            claims=_lately(history.claims, today),
            kept=_lately(history.kept, today),
            account_days=max(0, (today - since).days),
        )

    def risk(self, fingerprints: Sequence[str], facts: RequestFacts, today: date) -> Risk:
        """The explained score."""
        known = self.histories.sharing(self.brand.brand_id, fingerprints) if fingerprints else {}
        return score(self.history, max(known.values(), default=0), facts, self.brand.returns, today)


@dataclass(frozen=True)
class ShopperBook:
    """Reads what is kept under shoppers."""

    profiles: Profiles
    histories: Histories

    def of(self, brand: BrandConfig, shopper_id: str) -> Person:
        """What is known of somebody; nothing of a stranger ("")."""
        if not shopper_id:
            nobody = History(brand=brand.brand_id, shopper_id="")
            return Person(brand, Traits(), nobody, self.histories)
        traits = self.profiles.get(brand.brand_id, shopper_id).traits
        return Person(brand, traits, self.histories.get(brand.brand_id, shopper_id), self.histories)


def _lately(days: Sequence[date], today: date) -> int:
    return sum(today - _YEAR < day <= today for day in days)
