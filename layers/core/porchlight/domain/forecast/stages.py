"""One stage of a parcel's life: handling (order to first scan), transit (to delivery), the last mile (on the van).

The time that a stage has taken is counted in worked days (``Clock``) and divided by the parcel's scale (its effects);
one life table over that says how probable its end is.
"""

from collections.abc import Mapping
from math import exp, log
from typing import Any, NamedTuple

from porchlight.domain.forecast.days import HOLIDAY, KINDS, SATURDAY, SUNDAY, Clock, Days
from porchlight.domain.forecast.effects import HANDLING, LAST_MILE, TRANSIT, Kind, Named
from porchlight.domain.forecast.hazards import Curve

LONGEST, SHORTEST = log(500.0), log(0.02)
"""No parcel is taken to need more or fewer worked days, whatever its effects add up to."""


class Nature(NamedTuple):
    """What a stage is before anything was learned, and how it learns."""

    effects: Mapping[str, Kind]
    usual: float
    """Worked days that half of the parcels take."""
    shape: float
    """How alike they are: of a log-logistic distribution."""
    stuck: float
    """The same of those that take more than twice as long as usual."""
    grip: float
    """The same as it is taken for the steps of effects: less, so that what is rare does not move them far."""
    half_life: float
    """Of the life table, in days."""
    prior: float
    """What the usual table counts for in each bin at most, in units of time at risk."""
    weekend: tuple[float, float, float]
    """What Saturdays, Sundays and holidays count."""
    named: float
    """What days with a name count, that are no public holidays."""

    @property
    def weights(self) -> tuple[float, ...]:
        special = dict(zip((SATURDAY, SUNDAY, HOLIDAY), self.weekend, strict=True))
        return tuple(special.get(kind, 1.0) for kind in range(KINDS))


NATURES = {
    "handling": Nature(HANDLING, 2.0, 3.0, 3.0, 3.0, 30.0, 500.0, (0.15, 0.02, 0.1), 0.3),
    "transit": Nature(TRANSIT, 9.0, 3.0, 1.5, 2.0, 45.0, 200.0, (0.4, 0.1, 0.2), 0.4),
    "last_mile": Nature(LAST_MILE, 0.5, 3.0, 3.0, 2.0, 45.0, 60.0, (0.6, 0.1, 0.2), 0.4),
}


_LONGEST = 600
"""Half worked days that are looked at."""


def share_of(hour: int) -> float:
    """How much of the day of the order is left for handling it: less, the later it comes."""
    return 0.2 + 1.2 * (24 - hour) / 24


class Stage:
    """What is known of one stage; read only."""

    __slots__ = ("_clocks", "curve", "effects", "named", "weights")

    def __init__(
        self,
        curve: Curve,
        effects: Mapping[str, float],
        weights: Mapping[str, tuple[float, ...]],
        named: Mapping[str, float],
    ) -> None:
        """``weights`` of the kinds of day, by group (a carrier's service); "" for all. ``named``: of days by name; ""
        for those that nothing was learned of.
        """
        self.curve, self.effects, self.weights, self.named = curve, effects, weights, named
        self._clocks: dict[tuple[str, int], Clock] = {}

    def scale(self, named: Named) -> float:
        """How many worked days such a parcel takes, about."""
        effects = self.effects
        total = sum(effects.get(name, 0.0) * value for name, value in named)
        return exp(min(LONGEST, max(SHORTEST, total)))

    def clock(self, group: str, days: Days) -> Clock:
        found = self._clocks.get((group, id(days)))
        if found is None:
            weights = self.weights.get(group) or self.weights[""]
            named = {day: self.named.get(name, self.named[""]) for day, name in days.named.items()}
            found = self._clocks[group, id(days)] = Clock(weights, days, named)
        return found

    def state(self) -> dict[str, Any]:
        return {
            "hazards": self.curve.hazards,
            "effects": self.effects,
            "weights": self.weights,
            "named": self.named,
        }

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "Stage":
        weights = {group: tuple(row) for group, row in state["weights"].items()}
        return cls(Curve(state["hazards"]), state["effects"], weights, state["named"])


class Way:
    """One parcel in one stage: how much hazard has passed by the end of a day. ``exp(-passed)`` is still in it."""

    __slots__ = ("_clock", "_scale", "_share", "_total")

    def __init__(self, stage: Stage, named: Named, group: str, days: Days, share: float = 1.0) -> None:
        """``share``: how much of the day on which it begins is left."""
        self._scale = 1 / stage.scale(named)
        self._clock = stage.clock(group, days)
        self._share = share
        self._total = stage.curve.total

    def begin(self, day: int) -> float:
        """Where on the clock the stage begins, if it begins on ``day``."""
        clock = self._clock
        return clock.at(day) - self._share * clock.weight(day)

    def passed(self, begin: float, day: int) -> float:
        """The hazard from the beginning to the end of ``day``."""
        worked = self._clock.at(day) - begin
        return self._total(worked * self._scale) if worked > 0 else 0.0

    def fading(self, rest: float) -> list[float]:
        """The share that is still in it after 0, 1, 2, … half worked days, until less than ``rest`` is."""
        shares, total, step = [1.0], self._total, 0.5 * self._scale
        while shares[-1] >= rest and len(shares) < _LONGEST:
            shares.append(exp(-total(len(shares) * step)))
        return shares

    def worked(self, first: int, days: int) -> list[float]:
        """What has been worked by the end of the day before ``first``, of ``first``, and of each day after it."""
        at = self._clock.at
        return [at(day) for day in range(first - 1, first + days)]
