"""The daily round of the dates engine: it learns from the journal and counts how its dates were kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from porchlight.domain.calibration import LEVELS, MOMENTS, Calibration, rate
from porchlight.ports import Brands, Metrics
from porchlight.predicting import Journal, Learned

if TYPE_CHECKING:  # it brings the calendars of holidays; whoever opens a book has them
    from porchlight.domain.forecast.book import Book

A_DAY = timedelta(days=1)
OLDEST_DAYS = 60
"""A brand without a book begins at the oldest page of so many days."""
OVER_EVERYWHERE = timedelta(hours=12)
"""A day is learned when it is over in the last zone too (UTC-12): news of its evening are then on the page of the next.
"""
RECENT_DAYS = 28
ENOUGH = 200
"""With fewer parcels a rate says nothing about drift."""
LEAST_KEPT, MOST_EARLY = 0.70, 0.90
"""Of 100 parcels of which 80 were to come by a day, more come by it, and fewer before it, while the engine knows what
it says. Where next to all come on one day, that is the honest day, and next to all keep it.
"""


class Lesson(NamedTuple):
    """What a run did for one brand."""

    days: int
    entries: int
    through: date | None
    behind: int
    """Days that are still to be learned: the time was up."""


@dataclass(frozen=True)
class Learner:
    """Learns what was written down. Killed at any moment, or run again, the end is the same."""

    journal: Journal
    learned: Learned
    brands: Brands
    metrics: Metrics
    clock: Callable[[], float]
    """Seconds that pass."""

    def run(self, now: datetime, seconds: float) -> Iterator[tuple[str, Lesson]]:
        """Every brand within its share of the time. One that fails does not hold up the others: the first error is
        raised in the end.
        """
        end, brands = self.clock() + seconds, sorted(self.brands.ids())
        failed: Exception | None = None
        for index, brand in enumerate(brands):
            share = (end - self.clock()) / (len(brands) - index)
            try:
                lesson = self.teach(brand, now, share)
            except Exception as error:
                failed = failed or error
            else:
                yield brand, lesson
        if failed:
            raise failed

    def teach(self, brand: str, now: datetime, seconds: float) -> Lesson:
        """All days that are over and not yet learned, while there is time; at least one.

        The page of the day after is read before a day is learned, be it full or not: what comes to it later is read
        with the next day.
        """
        until = self.clock() + seconds
        last = (now - OVER_EVERYWHERE).astimezone(UTC).date() - A_DAY
        book, calibration = self.learned.load(brand)
        day = book.through + A_DAY if book.through else self._first(brand, last)
        days = entries = 0
        while day <= last and (days == 0 or self.clock() < until):
            for page in (day, day + A_DAY) if days == 0 else (day + A_DAY,):
                entries += self._read(brand, page, book, calibration)
            book.close(day)
            days += 1
            day += A_DAY
        if days:
            calibration.close(day - A_DAY)
            self.learned.save(brand, book, calibration)
        self._tell(brand, calibration)
        return Lesson(days, entries, book.through, max(0, (last - day).days + 1))

    def _read(self, brand: str, page: date, book: "Book", calibration: Calibration) -> int:
        entries = 0
        for entry in self.journal.read(brand, page):
            book.record(entry.life())
            calibration.count(entry)
            entries += 1
        return entries

    def _first(self, brand: str, last: date) -> date:
        """The oldest page that there is; without any, the last day."""
        for ago in range(OLDEST_DAYS, 0, -1):
            if next(iter(self.journal.read(brand, last - ago * A_DAY)), None):
                return last - ago * A_DAY
        return last

    def _tell(self, brand: str, calibration: Calibration) -> None:
        """Gauges over the last four weeks, in percent."""
        sums = calibration.recent(RECENT_DAYS)
        if (kept := rate(sums["promise_kept"], sums["promise"])) is not None:
            self.metrics.count("PromiseKept", kept * 100, unit="Percent", brand=brand)
        for moment in MOMENTS:
            for level in LEVELS:
                if (kept := rate(sums[f"{moment}_{level}"], sums[moment])) is not None:
                    self.metrics.count(
                        "ForecastKept", kept * 100, unit="Percent", brand=brand, moment=moment, level=level
                    )
        self.metrics.count("CalibrationDrift", int(has_drifted(sums)), brand=brand)


def has_drifted(sums: dict[str, int]) -> bool:
    """True where dates that 80 of 100 parcels were to keep were kept by many fewer, or might have been earlier ones."""
    return any(
        sums[f"{moment}_p80"] < LEAST_KEPT * sums[moment] or sums[f"{moment}_early"] > MOST_EARLY * sums[moment]
        for moment in MOMENTS
        if sums[moment] >= ENOUGH
    )
