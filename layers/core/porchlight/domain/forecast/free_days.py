"""Public holidays of a region. Only learning asks for them: a model carries the ones it needs."""

from functools import lru_cache

import holidays


@lru_cache(maxsize=4096)
def free_days(place: str, year: int) -> tuple[int, ...]:
    """Ordinals of the public holidays of an ISO 3166-2 region or 3166-1 country; empty where they are not known."""
    country, _, region = place.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=region or None, years=year)
    except NotImplementedError:
        if not region:
            return ()
        return free_days(country, year)
    return tuple(sorted(day.toordinal() for day in found))
