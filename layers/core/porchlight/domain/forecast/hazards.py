"""The life table: how probable an end is, by the time that has passed in units of what is usual for such a parcel."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import exp, log

BINS = 60
_FIRST, _LAST = 0.03, 25.0
_LOW = log(_FIRST)
_STEP = (log(_LAST) - _LOW) / BINS
_STEPS = 1 / _STEP
EDGES = (0.0, *(exp(_LOW + _STEP * index) for index in range(1, BINS + 1)))
"""Where bins begin, the next bin where one ends; the last bin goes on for ever."""


def bin_of(time: float) -> int:
    if time <= _FIRST:
        return 0
    index = int((log(time) - _LOW) * _STEPS)
    return index if index < BINS else BINS - 1


_OVERDUE = 2.2


def usual_hazards(shape: float, stuck: float) -> tuple[float, ...]:
    """Hazards by bin before anything was counted: log-logistic, with the median at 1. What takes more than twice as
    long as usual has a shape of its own, since there are never enough of those to count on.
    """
    middles = [(low + high) / 2 for low, high in pairwise(EDGES)]
    return tuple(_log_logistic(middle, shape if middle <= _OVERDUE else stuck) for middle in middles)


def _log_logistic(time: float, shape: float) -> float:
    return float(shape / time * time**shape / (1 + time**shape))


class Curve:
    """Hazards by bin and their sum up to any time."""

    __slots__ = ("before", "hazards")

    def __init__(self, hazards: Sequence[float]) -> None:
        self.hazards = tuple(hazards)
        widths = (high - low for low, high in pairwise(EDGES))
        self.before = (0.0, *accumulate(hazard * width for hazard, width in zip(self.hazards, widths, strict=True)))

    def total(self, time: float) -> float:
        """The hazard that has passed by ``time``, which is not negative: ``exp(-total)`` are still open."""
        if time <= _FIRST:
            return time * self.hazards[0]
        index = int((log(time) - _LOW) * _STEPS)
        if index >= BINS:
            index = BINS - 1
        return self.before[index] + (time - EDGES[index]) * self.hazards[index]
