"""From probabilities by day to quantiles, corrected by how often such quantiles were kept of late."""

from collections.abc import Sequence
from typing import NamedTuple

from porchlight.domain.forecast.lives import Quantiles

GRID = (0.5, 0.58, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.94, 0.97)
"""Levels of the model of which the book looks how often they were kept."""
_PRIOR = 100.0


class Levels(NamedTuple):
    """Which level of the model is to be asked for, so that what is said is kept as often as is said."""

    p10: float = 0.1
    p50: float = 0.5
    p80: float = 0.8
    p90: float = 0.9

    def quantiles(self, late: Sequence[float], wider: float = 0) -> Quantiles:
        """``late``: for day 0, 1, …, the probability that it arrives after that day. ``wider`` days are added to p80
        and p90, half of them to p50.
        """
        p10, p50 = float(day_of(late, self.p10)), float(day_of(late, self.p50))
        p80, p90 = float(nearest_day(late, self.p80)), float(nearest_day(late, self.p90))
        p50 = max(p50 + wider / 2, p10)
        p80 = max(p80 + wider, p50)
        return Quantiles(p10, p50, p80, max(p90 + wider, p80))

    @classmethod
    def kept(cls, counts: Sequence[float]) -> "Levels":
        """From how often each level of the grid was kept, and how often looked at (one after the other)."""
        size = len(GRID)
        shares: list[float] = []
        for level, kept, looked in zip(GRID, counts[:size], counts[size:], strict=True):
            share = (kept + _PRIOR * level) / (looked + _PRIOR)
            shares.append(max(share, shares[-1] if shares else 0.0))
        return cls(p80=_asked_for(0.8, shares), p90=_asked_for(0.9, shares))


def _asked_for(wanted: float, shares: Sequence[float]) -> float:
    """The level of which the share ``wanted`` was kept, between those of the grid."""
    level, share = 0.0, 0.0
    for next_level, next_share in zip(GRID, shares, strict=True):
        if next_share >= wanted:
            return round(level + (next_level - level) * (wanted - share) / (next_share - share), 4)
        level, share = next_level, next_share
    return GRID[-1]


def nearest_day(late: Sequence[float], level: float) -> int:
    """The day by which the share that has arrived is nearest to ``level``: of days that are kept now more and now less
    often than is said, not always the one that is kept more often.
    """
    left = 1.0 - level + 1e-9
    day = day_of(late, level)
    before = late[day - 1] if day > 0 else 1.0
    after = late[day] if day < len(late) else 0.0
    return day - 1 if day > 0 and (before + after) / 2 <= left else day


def day_of(late: Sequence[float], level: float) -> int:
    """The first day by which the share ``level`` has arrived."""
    left = 1.0 - level + 1e-9
    for day, after in enumerate(late):
        if after <= left:
            return day
    return len(late)
