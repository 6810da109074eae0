"""Holidays of a region, for learning (a model carries the ones that it needs) and for quiet days."""

from functools import lru_cache

import holidays


@lru_cache(maxsize=4096)
def free_days(place: str, year: int) -> tuple[int, ...]:
    """Ordinals of the public holidays of an ISO 3166-2 region or 3166-1 country; empty where they are not known."""
    found = _found(place, year, holidays.PUBLIC)
    return tuple(sorted(found or _found(place.partition("-")[0], year, holidays.PUBLIC)))


@lru_cache(maxsize=1024)
def other_days(country: str, year: int) -> tuple[tuple[int, str], ...]:
    """Days with a name that are no public holidays, such as Carnival: networks rest on some and work on others."""
    found = _found(country, year, holidays.OPTIONAL)
    public = _found(country, year, holidays.PUBLIC)
    return tuple(sorted((day, name) for day, name in found.items() if day not in public))


def _found(place: str, year: int, category: str) -> dict[int, str]:
    country, _, region = place.partition("-")
    try:
        named = holidays.country_holidays(country, subdiv=region or None, years=year, categories=(category,))
    except (NotImplementedError, ValueError):
        return {}
    return {day.toordinal(): name for day, name in named.items()}
