"""From probabilities by day to whole days that may be said."""

from collections.abc import Sequence

from porchlight.domain.forecast.lives import Quantiles

_EXACT = 1e-9


def quantiles(late: Sequence[float], wider: float = 0) -> Quantiles:
    """``late``: for day 0, 1, …, the probability that it arrives later. ``wider`` days are added to p80 and p90, half
    of them to p50.
    """
    p10, p50 = float(first_day(late, 0.1)), float(first_day(late, 0.5))
    p50 = max(p50 + wider / 2, p10)
    p80 = max(nearest_day(late, 0.8) + wider, p50)
    return Quantiles(p10, p50, p80, max(nearest_day(late, 0.9) + wider, p80))


def first_day(late: Sequence[float], level: float) -> int:
    """The first day by which the share ``level`` has arrived."""
    left = 1.0 - level + _EXACT
    for day, after in enumerate(late):
        if after <= left:
            return day
    return len(late)


def nearest_day(late: Sequence[float], level: float) -> int:
    """The day by which the share that has arrived is nearest to ``level``: the first one that reaches it would be kept
    more often than is said, since days are whole.
    """
    day = first_day(late, level)
    before = late[day - 1] if day > 0 else 1.0
    after = late[day] if day < len(late) else 0.0
    return day - 1 if day > 0 and (before + after) / 2 <= 1.0 - level + _EXACT else day
