"""Days as a network works them: what kind of day each is, and how much of a weekday it counts."""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate

SATURDAY, SUNDAY, HOLIDAY = 5, 6, 7
KINDS = 8
"""Monday to Sunday are 0 to 6; a holiday is its own kind, whatever its weekday."""


class Days:
    """The days of one place. Days are ordinals (``date.toordinal``)."""

    __slots__ = ("_free", "holidays", "named")

    def __init__(self, holidays: tuple[int, ...] = (), named: Mapping[int, str] | None = None) -> None:
        """``holidays`` in ascending order; ``named``: other days with a name, on which work may rest or not."""
        self.holidays, self.named = holidays, named or {}
        self._free = frozenset(holidays)

    def kind(self, day: int) -> int:
        """0 to 6 for Monday to Sunday, ``HOLIDAY`` for a holiday."""
        return HOLIDAY if day in self._free else (day - 1) % 7


class Clock:
    """Adds up what days count: about 1 for a weekday, next to nothing for a Sunday, whatever was learned of them."""

    __slots__ = ("_named", "at", "days", "weights")

    def __init__(self, weights: tuple[float, ...], days: Days, named: Mapping[int, float] | None = None) -> None:
        """``weights`` by kind of day; ``named``: those of days with a name."""
        self.weights, self.days, self._named = weights, days, named or {}
        special = {**dict.fromkeys(days.holidays, weights[HOLIDAY]), **self._named}
        self.at = _Sums(weights, special).__getitem__
        """What has been worked by the end of a day, since the beginning of the calendar."""

    def weight(self, day: int) -> float:
        named = self._named.get(day)
        return self.weights[self.days.kind(day)] if named is None else named


class _Sums(dict[int, float]):
    """Sums by day; each is reckoned once."""

    def __init__(self, weights: tuple[float, ...], special: Mapping[int, float]) -> None:
        super().__init__()
        self._week = (0.0, *accumulate(weights[:HOLIDAY]))
        self._special = sorted(special)
        self._lost = (0.0, *accumulate(weights[(day - 1) % 7] - special[day] for day in self._special))

    def __missing__(self, day: int) -> float:
        weeks, rest = divmod(day, 7)
        lost = self._lost[bisect_right(self._special, day)]
        result = self[day] = weeks * self._week[-1] + self._week[rest] - lost
        return result
