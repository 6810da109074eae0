"""Dates before there is history: from the carrier's estimate, or the brand's table of services, both widened."""

from datetime import date, timedelta
from typing import NamedTuple

from porchlight.domain.brands import BrandConfig
from porchlight.domain.dates import add_working_days
from porchlight.domain.forecast.lives import Route
from porchlight.domain.ranges import FARTHEST_ESTIMATE

BY_ESTIMATE = "estimate"
BY_SERVICE = "service-level"
"""What stands in the place of a model's version."""


class ColdDays(NamedTuple):
    """Days of arrival, never crossing and never before ``today``, and what they come from."""

    p10: date
    p50: date
    p80: date
    p90: date
    origin: str


def without_history(
    brand: BrandConfig,
    route: Route,
    today: date,
    *,
    placed: date,
    handed: date | None,
    estimate: date | None = None,
    wider: float = 0,
) -> ColdDays:
    """The carrier's estimate as the likely day, where it names one that is still ahead; else the service's working days
    from the first scan, or from the order with the origin's working days for packing before it.

    P80 and P90 are one and two working days after the estimate; by the table they are the longest time, and a working
    day more. What is overdue is expected from today on.
    """
    more = timedelta(days=int(wider))
    if estimate and today <= estimate <= today + FARTHEST_ESTIMATE:
        days = (estimate - timedelta(days=1), estimate, add_working_days(estimate, 1), add_working_days(estimate, 2))
        return _from(today, *days[:2], days[2] + more, days[3] + more, BY_ESTIMATE)
    likely, longest = sorted(_transit(brand, route))
    soon, late = (handed, handed) if handed else _leaves(brand, route, max(placed, today))
    p50, p80 = add_working_days(soon, likely), add_working_days(late, longest)
    return _from(
        today,
        add_working_days(soon, max(likely - 1, 0)),
        p50,
        p80 + more,
        add_working_days(p80, 1) + more,
        BY_SERVICE,
    )


def _transit(brand: BrandConfig, route: Route) -> tuple[int, int]:
    level = brand.dates.services.get(route.service)
    if level is None:
        return brand.promise.working_days
    return level.countries.get(route.destination[:2], level.working_days)


def _leaves(brand: BrandConfig, route: Route, since: date) -> tuple[date, date]:
    """The likely and the last day on which it is handed over; a brand's promise without a table includes packing."""
    origin = brand.dates.origins.get(route.sender)
    if origin is None or route.service not in brand.dates.services:
        return since, since
    likely, latest = sorted(origin.handling_working_days)
    return add_working_days(since, likely), add_working_days(since, latest)


def _from(today: date, p10: date, p50: date, p80: date, p90: date, origin: str) -> ColdDays:
    p10, p50 = max(p10, today), max(p50, today)
    p50 = max(p10, p50)
    p80 = max(p80, p50, add_working_days(today, 1))
    return ColdDays(p10, p50, p80, max(p90, p80, add_working_days(today, 2)), origin)
