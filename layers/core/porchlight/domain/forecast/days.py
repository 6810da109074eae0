"""Days as a network works them: what kind of day each is, and how much of a weekday it counts."""

from bisect import bisect_right
from itertools import accumulate

SATURDAY, SUNDAY, HOLIDAY = 5, 6, 7
KINDS = 8
"""Monday to Sunday are 0 to 6; a holiday is its own kind, whatever its weekday."""


class Days:
    """The days of one place. Days are ordinals (``date.toordinal``)."""

    __slots__ = ("_free", "holidays")

    def __init__(self, holidays: tuple[int, ...] = ()) -> None:
        """``holidays`` in ascending order."""
        self.holidays = holidays
        self._free = frozenset(holidays)

    def kind(self, day: int) -> int:
        """0 to 6 for Monday to Sunday, ``HOLIDAY`` for a holiday."""
        return HOLIDAY if day in self._free else (day - 1) % 7


class Clock:
    """Adds up what days count: about 1 for a weekday, next to nothing for a Sunday, whatever was learned of them."""

    __slots__ = ("at", "days", "weights")

    def __init__(self, weights: tuple[float, ...], days: Days) -> None:
        """``weights`` by kind of day."""
        self.weights, self.days = weights, days
        self.at = _Sums(weights, days.holidays).__getitem__
        """What has been worked by the end of a day, since the beginning of the calendar."""

    def weight(self, day: int) -> float:
        return self.weights[self.days.kind(day)]


class _Sums(dict[int, float]):
    """Sums by day; each is reckoned once."""

    def __init__(self, weights: tuple[float, ...], holidays: tuple[int, ...]) -> None:
        super().__init__()
        self._week = (0.0, *accumulate(weights[:HOLIDAY]))
        self._holidays = holidays
        self._lost = (0.0, *accumulate(weights[(day - 1) % 7] - weights[HOLIDAY] for day in holidays))

    def __missing__(self, day: int) -> float:
        weeks, rest = divmod(day, 7)
        lost = self._lost[bisect_right(self._holidays, day)]
        result = self[day] = weeks * self._week[-1] + self._week[rest] - lost
        return result
