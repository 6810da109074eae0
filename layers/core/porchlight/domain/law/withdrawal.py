"""Until when a buyer may withdraw."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from porchlight.domain.forecast.free_days import free_days
from porchlight.domain.law.model import StatutoryProfile
from porchlight.domain.policy.facts import OrderFacts, RequestFacts

BOUGHT_IN_PERSON = frozenset({"store", "pos", "retail"})
"""Channels that are no distance contract: no right of withdrawal."""


@dataclass(frozen=True)
class WithdrawalRight:
    """By order, the last day on which a withdrawal may be sent, local to where it went; None while something is still
    to come. Orders without the right are not in it.
    """

    last_days: Mapping[str, date | None]
    asked_on: date

    def is_open(self, order_id: str) -> bool:
        """True from the order on, before anything has arrived too, to the end of the last day."""
        if order_id not in self.last_days:
            return False
        last = self.last_days[order_id]
        return last is None or self.asked_on <= last


def right(facts: RequestFacts, profile: StatutoryProfile) -> WithdrawalRight | None:
    """The right of withdrawal for the orders of a request; None where there is none: by the country's law, for what was
    bought in a shop, for who got it as a gift (the contract is the giver's).
    """
    if not profile.withdrawal_days or facts.gift:
        return None
    found = {
        order_id: last_day(received_on(order), profile, order.country, order.region)
        for order_id, order in facts.orders.items()
        if order.channel not in BOUGHT_IN_PERSON
    }
    return WithdrawalRight(found, facts.asked_on) if found else None


def received_on(order: OrderFacts) -> date | None:
    """When its last item was received; None while one is still to come, in a parcel or in none yet."""
    return None if order.to_come else order.delivered_on


def last_day(
    received: date | None, profile: StatutoryProfile, country: str | None, region: str | None = None
) -> date | None:
    """The day with whose end the period ends; None while the last item has not been received."""
    if received is None or not profile.withdrawal_days:
        return None
    return _ended(received + timedelta(days=profile.withdrawal_days), profile, country, region)


def _ended(day: date, profile: StatutoryProfile, country: str | None, region: str | None) -> date:
    if not profile.ends_on_working_day:
        return day
    place = f"{country}-{region}" if country and region else country or ""
    while day.isoweekday() > 5 or (place and day.toordinal() in free_days(place, day.year)):
        day += timedelta(days=1)
    return day
