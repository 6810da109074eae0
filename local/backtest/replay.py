"""The replay itself: each day is predicted with what the days before it have taught, and then learned."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from local.backtest.history import Past
from porchlight.domain.forecast.book import Book
from porchlight.domain.forecast.lives import Life
from porchlight.domain.forecast.model import Model

FILES = ("purchase.csv", "handover.csv", "sweep.csv")
_QUANTILES = ("id", "p10", "p50", "p80", "p90")
_SWEEP = ("id", "day", "late_probability")


class _Table(Protocol):
    def writerow(self, row: Sequence[object], /) -> object: ...


@dataclass
class Outcome:
    """What a replay wrote, and with which models."""

    purchase: int = 0
    handover: int = 0
    sweep: int = 0
    first_day: date | None = None
    last_day: date | None = None
    first_version: str = ""
    last_version: str = ""


def replay(
    parcels: Sequence[Past], wanted: Callable[[Past], bool], folder: Path, tell: Callable[[date, int, int], None]
) -> Outcome:
    """Replays ``parcels`` and writes predictions of those that are ``wanted`` into ``folder``.

    A prediction of a day sees stamps of the days before it only: of other parcels because a day is learned after it
    was predicted, of its own because what is later is not told. ``tell``: the day, and how many are done of how many.
    """
    days = _stamps(parcels)
    first = min(days)
    last = max(map(_last_day, filter(wanted, parcels)))
    outcome = Outcome(first_day=first, last_day=last)
    book, followed = Book("backtest"), dict[str, _Followed]()
    with _tables(folder) as (purchase, handover, sweep):
        day = first
        while day <= last:
            model = book.model()
            outcome.sweep += _watch(model, followed, day, sweep)
            for past, stamp in days.get(day, ()):
                book.record(_life(past, day))
                if not wanted(past):
                    continue
                if stamp == "placed":
                    if outcome.purchase == 0:
                        outcome.first_version = model.version
                    said = model.purchase(past.route, past.placed, hour=past.hour, promised=past.promised)
                    purchase.writerow((past.parcel_id, *(f"{days:g}" for days in said)))
                    outcome.purchase += 1
                    if past.promised is not None and past.promised > day:
                        followed[past.parcel_id] = _Followed(past, None)
                elif stamp == "handed":
                    said = model.handover(past.route, day, placed=past.placed, promised=past.promised)
                    handover.writerow((past.parcel_id, *(f"{days:g}" for days in said)))
                    outcome.handover += 1
                    if past.parcel_id in followed:
                        followed[past.parcel_id] = _Followed(past, day)
                else:
                    followed.pop(past.parcel_id, None)
            book.close(day)
            tell(day, (day - first).days + 1, (last - first).days + 1)
            day += timedelta(days=1)
    outcome.last_version = book.model().version
    return outcome


@dataclass(frozen=True)
class _Followed:
    """A parcel whose promise has not passed, and what is known of it."""

    past: Past
    handed: date | None


def _watch(model: Model, followed: dict[str, _Followed], day: date, sweep: _Table) -> int:
    """How probable it is this morning that each parcel will be late."""
    written = 0
    for parcel_id, one in list(followed.items()):
        past = one.past
        assert past.promised is not None  # only such are followed
        if day > past.promised:
            del followed[parcel_id]
            continue
        chance = model.late(
            past.route, placed=past.placed, handed=one.handed, today=day, promised=past.promised, hour=past.hour
        )
        sweep.writerow((parcel_id, day.isoformat(), f"{chance:.6f}"))
        written += 1
    return written


def _stamps(parcels: Sequence[Past]) -> dict[date, list[tuple[Past, str]]]:
    """What happened on each day: orders, then handovers, then deliveries."""
    days: dict[date, list[tuple[Past, str]]] = defaultdict(list)
    for stamp in ("placed", "handed", "delivered"):
        for past in parcels:
            day = getattr(past, stamp)
            if day is not None:
                days[day].append((past, stamp))
    return days


def _life(past: Past, today: date) -> Life:
    """What is known of a parcel by the end of a day."""
    handed = past.handed if past.handed and past.handed <= today else None
    delivered = past.delivered if past.delivered and past.delivered <= today else None
    return Life(past.parcel_id, past.route, past.placed, past.promised, handed, delivered, placed_hour=past.hour)


def _last_day(past: Past) -> date:
    """The last day on which something is predicted of a parcel."""
    watched = min(filter(None, (past.promised, past.delivered)), default=past.placed) if past.promised else past.placed
    return max(past.placed, past.handed or past.placed, watched)


@contextmanager
def _tables(folder: Path) -> Iterator[tuple[_Table, _Table, _Table]]:
    with ExitStack() as files:
        tables: list[_Table] = []
        for name, heading in zip(FILES, (_QUANTILES, _QUANTILES, _SWEEP), strict=True):
            table = csv.writer(files.enter_context((folder / name).open("w", encoding="utf-8", newline="")))
            table.writerow(heading)
            tables.append(table)
        purchase, handover, sweep = tables
        yield purchase, handover, sweep
