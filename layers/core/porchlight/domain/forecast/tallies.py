"""Sums that fade: what was counted long ago weighs less than what was counted yesterday."""

from typing import Any

_LIMIT = 16.0
_NOTHING = 0.004


class Tally:
    """Lists of sums by key, of which a half is left after ``half_life`` days.

    Fading all of them every day would touch every number every day. Instead what is added weighs more from day to day
    (``weight``), and everything is divided by that now and then; what is nearly nothing is dropped then.
    """

    __slots__ = ("_growth", "sums", "weight", "width")

    def __init__(self, half_life: float, width: int = 2) -> None:
        self._growth: float = 2 ** (1 / half_life)
        self.width = width
        self.weight = 1.0
        self.sums: dict[str, list[float]] = {}

    def of(self, key: str) -> list[float]:
        """The sums of a key, to be added to in units of ``weight``."""
        found = self.sums.get(key)
        if found is None:
            found = self.sums[key] = [0.0] * self.width
        return found

    def add(self, key: str, index: int, amount: float, ago: int = 0) -> None:
        """Counts something of today, or of some days ago."""
        self.of(key)[index] += amount * self.weight_of(ago)

    def weight_of(self, ago: int) -> float:
        """What is counted of a day so many days ago weighs so much."""
        return self.weight / self._growth**ago if ago else self.weight

    def faded(self, key: str) -> list[float]:
        """The sums of a key as they count today, none below 0; zeros where nothing was counted."""
        found = self.sums.get(key)
        return [max(0.0, value) / self.weight for value in found] if found else [0.0] * self.width

    def total(self) -> list[float]:
        """The sums of all keys as they count today."""
        rows = [self.faded(key) for key in sorted(self.sums)]
        return [sum(column) for column in zip(*rows, strict=True)] if rows else [0.0] * self.width

    def age(self) -> None:
        """A day is over."""
        self.weight *= self._growth
        if self.weight > _LIMIT:
            kept = {key: [value / self.weight for value in sums] for key, sums in self.sums.items()}
            self.sums = {key: sums for key, sums in kept.items() if any(value > _NOTHING for value in sums)}
            self.weight = 1.0

    def state(self) -> list[Any]:
        """What ``restore`` takes, fit for JSON."""
        return [self.weight, self.sums]

    def restore(self, state: list[Any]) -> None:
        self.weight, self.sums = state
