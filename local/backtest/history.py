"""Histories of parcels: CSV files in the layout of docs/dates.md."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import IO, NamedTuple

from porchlight.domain.forecast.lives import Route

REQUIRED = ("id", "created", "handed", "delivered")
"""Columns that have to be there; ``handed`` and ``delivered`` may be empty in a row, as all others may."""
SUFFIXES = (".csv", ".csv.gz")
_NOON = 12


class HistoryError(Exception):
    """A history that cannot be read at all, in words."""


class Past(NamedTuple):
    """One parcel of a history; days as they are written there."""

    parcel_id: str
    split: str
    route: Route
    placed: date
    hour: int
    promised: date | None
    handed: date | None
    delivered: date | None


@dataclass
class History:
    """All parcels of a folder, and what was wrong with its rows."""

    parcels: list[Past] = field(default_factory=list)
    country: str = ""
    """Which country regions without one were taken to lie in."""
    rows: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """Rows that were passed over, by reason."""
    odd: Counter[str] = field(default_factory=Counter)
    """Rows that say what cannot be, and were kept as far as they go."""
    example: dict[str, str] = field(default_factory=dict)
    """Where each reason was met first."""

    def note(self, counter: Counter[str], reason: str, where: str) -> None:
        counter[reason] += 1
        self.example.setdefault(reason, where)


def read(folder: Path, country: str | None = None) -> History:
    """Every ``*.csv`` and ``*.csv.gz`` of the folder. Raises ``HistoryError``."""
    if not folder.is_dir():
        raise HistoryError(f"{folder} is no folder")
    files = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES) and path.is_file())
    if not files:
        raise HistoryError(f"there is no *.csv and no *.csv.gz in {folder}")
    history = History()
    known: set[str] = set()
    rows = [row for file in files for row in _rows(file, history, known)]
    if not rows:
        raise HistoryError(f"not one row of {folder} can be used: {_counted(history.skipped) or 'the files are empty'}")
    places = {row[column].upper() for row in rows for column in ("o_state", "d_state") if row[column]}
    history.country = country.upper() if country else guessed_country(places)
    history.parcels = [_past(row, history) for row in rows]
    return history


def stem(file: Path) -> str:
    """``train`` of ``train.csv.gz``: how ``--split`` calls it."""
    return file.name.removesuffix(".gz").removesuffix(".csv")


def guessed_country(places: set[str]) -> str:
    """The country whose regions all of these are (the one with the fewest others); "" where they name theirs, are
    countries, or belong together in no way.
    """
    import holidays

    if not places or any("-" in place for place in places):
        return ""
    regions = holidays.list_supported_countries(include_aliases=False)
    fitting = sorted((len(codes), country) for country, codes in regions.items() if places <= set(codes))
    return fitting[0][1] if fitting else ""


def _rows(file: Path, history: History, known: set[str]) -> Iterator[dict[str, str]]:
    try:
        with _opened(file) as text:
            reader = csv.DictReader(text)
            heading = reader.fieldnames or []
            if missing := [name for name in REQUIRED if name not in heading]:
                raise HistoryError(f"{file}: there is no column {', '.join(missing)}")
            for row in reader:
                history.rows += 1
                where = f"{file.name} line {reader.line_num}"
                if None in row or None in row.values():
                    history.note(history.skipped, "not as many cells as columns", where)
                elif not row["id"].strip():
                    history.note(history.skipped, "no id", where)
                elif (reason := _unreadable(row)) is not None:
                    history.note(history.skipped, reason, where)
                elif row["id"] in known:
                    history.note(history.skipped, "an id that was there before", where)
                else:
                    known.add(row["id"])
                    yield {**dict.fromkeys(_OPTIONAL, ""), **row, "_split": stem(file), "_where": where}
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise HistoryError(f"{file} cannot be read: {error}") from None


_OPTIONAL = ("promised", "o_state", "o_zip5", "d_state", "d_zip5", "seller", "carrier", "service")
_STAMPS = ("created", "handed", "delivered", "promised")


def _opened(file: Path) -> IO[str]:
    if file.name.endswith(".gz"):
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")


def _unreadable(row: dict[str, str]) -> str | None:
    """Which stamp cannot be read, if any."""
    if not row["created"].strip():
        return "created is empty"
    for name in _STAMPS:
        try:
            _stamp(row.get(name) or "")
        except ValueError:
            return f"{name} is no date"
    return None


def _stamp(text: str) -> datetime | None:
    """A day or an instant, as it is written: its own clock counts, an offset is not applied."""
    text = text.strip()
    return datetime.fromisoformat(text) if text else None


def _day(text: str) -> date | None:
    stamp = _stamp(text)
    return stamp.date() if stamp else None


def _past(row: dict[str, str], history: History) -> Past:
    created = datetime.fromisoformat(row["created"].strip())
    placed, handed, delivered = created.date(), _day(row["handed"]), _day(row["delivered"])
    promised = _day(row["promised"])
    if handed is not None and handed < placed:
        history.note(history.odd, "handed over before the order", row["_where"])
    if delivered is not None and delivered < (handed or placed):
        history.note(history.odd, "delivered before it was handed over", row["_where"])
    if promised is not None and promised < placed:
        history.note(history.odd, "promised for before the order", row["_where"])
    route = Route(
        carrier=row["carrier"].strip(),
        service=row["service"].strip(),
        origin=_place(row["o_state"], history.country),
        origin_prefix=row["o_zip5"].strip(),
        destination=_place(row["d_state"], history.country),
        prefix=row["d_zip5"].strip(),
        sender=row["seller"].strip(),
    )
    hour = created.hour if len(row["created"].strip()) > len("2026-03-07") else _NOON
    return Past(row["id"], row["_split"], route, placed, hour, promised, handed, delivered)


def _place(code: str, country: str) -> str:
    code = code.strip().upper()
    return f"{country}-{code}" if country and code and "-" not in code else code


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} x {reason}" for reason, count in counts.most_common())


def splits(parcels: Iterable[Past]) -> list[str]:
    return sorted({parcel.split for parcel in parcels})
