"""Whether what was said came true: levels of recent predictions, looked at on the day on which they come due."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zlib import crc32

from porchlight.domain.forecast.levels import GRID, Levels, nearest_day
from porchlight.domain.forecast.parcels import Parcel
from porchlight.domain.forecast.tallies import Tally

MOMENTS = ("purchase", "handover")
LATE_NEWS = 2
"""Days that scans may come late: so long after the day something is looked at."""
_A_DAY = 150
"""Predictions that are looked at, of each moment and day."""
_HALF_LIFE = 21.0


class Checks:
    """Predictions that wait to come due, and how often those that did were kept."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[int, ...]] = {}
        self._kept = Tally(_HALF_LIFE, 2 * len(GRID))

    def chosen(self, parcel_ids: Iterable[str]) -> list[str]:
        """The parcels of a day of which predictions are looked at: always the same ones."""
        return sorted(parcel_ids, key=lambda one: (crc32(one.encode()), one))[:_A_DAY]

    def expect(self, moment: str, parcel_id: str, today: int, late: Sequence[float]) -> None:
        """``late``: for today and each day after it, how probable it is that it arrives later."""
        self._waiting[f"{moment}:{parcel_id}"] = tuple(today + nearest_day(late, level) for level in GRID)

    def look(self, today: int, parcels: Mapping[str, Parcel]) -> None:
        """At the end of ``today``."""
        due, size, over = today - LATE_NEWS, len(GRID), []
        for name in sorted(self._waiting):
            days = self._waiting[name]
            if due in days:
                moment, _, parcel_id = name.partition(":")
                parcel = parcels.get(parcel_id)
                if parcel is not None and not (parcel.ended and parcel.handed is None):
                    for index, day in enumerate(days):
                        if day == due:
                            kept = parcel.delivered is not None and parcel.delivered <= due
                            self._kept.add(moment, index, kept)
                            self._kept.add(moment, size + index, 1)
            if days[-1] <= due:
                over.append(name)
        for name in over:
            del self._waiting[name]
        self._kept.age()

    def levels(self) -> dict[str, Levels]:
        return {moment: Levels.kept(self._kept.faded(moment)) for moment in MOMENTS}

    def state(self) -> dict[str, Any]:
        return {"waiting": self._waiting, "kept": self._kept.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._waiting = {name: tuple(days) for name, days in state["waiting"].items()}
        self._kept.restore(state["kept"])
