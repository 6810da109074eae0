"""A carrier's estimate as sources print it: midnight is how they print a day."""

from datetime import datetime, time
from typing import Any

from porchlight.bodies import clean
from porchlight.domain.events import DeliveryEstimate

_YEARS = range(1990, 2200)


def estimate(value: Any) -> DeliveryEstimate | None:
    """The day (a date, or midnight) or the instant in ``value``; None for anything else: an estimate is an extra."""
    printed = clean(value, 60)
    if not printed:
        return None
    found = _moment(printed)
    if found is None:
        return None
    return DeliveryEstimate(day=found.date()) if found.time() == time() else DeliveryEstimate(at=found)


def window(start: Any, end: Any) -> DeliveryEstimate | None:
    """From ``start`` to ``end``; one day where both are the same date, the one of the two that is there otherwise."""
    first, last = _moment(clean(start, 60)), _moment(clean(end, 60))
    if first is None or last is None or first == last:
        return estimate(start) if first else estimate(end)
    if (first.tzinfo is None) != (last.tzinfo is None) or last < first:
        return DeliveryEstimate(day=last.date())
    return DeliveryEstimate.model_validate({"from": first, "to": last})


def _moment(printed: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(printed)
    except ValueError:
        return None
    return found if found.year in _YEARS else None
