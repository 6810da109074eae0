"""An order file as orders: read once, from front to back, in constant memory."""

import csv
import hashlib
import io
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from local.importing.columns import COLUMNS, REQUIRED, Numbered, Problem, Row, blame, order_body

_MOST_IN_A_CELL = 100_000
_MOST_ROWS = 1_000
"""Rows of one order: more than the API takes, so that it says so."""


class FileError(Exception):
    """The file as a whole cannot be used; says why."""


@dataclass(frozen=True)
class Read:
    """One order of the file: its body, or what is wrong with its rows."""

    order_id: str
    first_row: int
    rows: int
    body: bytes = b""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class OrderFile:
    """A CSV file of orders. ``headings`` maps our columns to the file's own names where those differ."""

    path: Path
    zone: ZoneInfo | None = None
    headings: Mapping[str, str] = field(default_factory=dict)

    def fingerprint(self) -> tuple[str, int]:
        """What tells this content from any other, and how many lines there are (about as many as rows)."""
        digest, lines = hashlib.sha256(), 0
        with self.path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
                lines += block.count(b"\n")
        return digest.hexdigest(), lines

    def orders(self) -> Iterator[Read]:
        """Each order once: rows with one ``order_id`` stand together. A bad row never ends the reading."""
        with closing(sqlite3.connect("")) as seen:  # on disk, and gone afterwards: ids are many, memory is not
            seen.execute("CREATE TABLE orders (id TEXT PRIMARY KEY, row INTEGER) WITHOUT ROWID")
            group: list[Numbered] = []
            for number, row in self._rows():
                if isinstance(row, Problem):
                    yield Read("", number, 1, problems=(row,))
                    continue
                if group and row["order_id"] != group[0][1]["order_id"]:
                    yield self._order(group, seen)
                    group = []
                if len(group) < _MOST_ROWS:  # by then it is too long to be taken
                    group.append((number, row))
            if group:
                yield self._order(group, seen)

    def _order(self, group: list[Numbered], seen: sqlite3.Connection) -> Read:
        first, row = group[0]
        order_id = row["order_id"]
        if not order_id:
            return Read("", first, len(group), problems=tuple(Problem(n, "order_id", "is missing") for n, _ in group))
        before = seen.execute("SELECT row FROM orders WHERE id = ?", (order_id,)).fetchone()
        if before:
            what = f"comes again: the rows of an order stand together, these began at row {before[0]}"
            return Read(order_id, first, len(group), problems=(Problem(first, "order_id", what),))
        seen.execute("INSERT INTO orders VALUES (?, ?)", (order_id, first))
        try:
            return _checked(order_id, group, order_body(group, self.zone))
        except Problem as problem:
            return Read(order_id, first, len(group), problems=(problem,))

    def _rows(self) -> Iterator[tuple[int, Row | Problem]]:
        csv.field_size_limit(_MOST_IN_A_CELL)
        try:
            with self.path.open("r", encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
                yield from _parsed(file, self._places)
        except OSError as error:
            raise FileError(f"{self.path}: {error.strerror}") from None

    def _places(self, heading: list[str]) -> dict[str, int]:
        """Where each of our columns stands."""
        names = [name.strip().casefold() for name in heading]
        unknown = [name for name in self.headings if name not in COLUMNS]
        if unknown:
            raise FileError(f"there is no column {unknown[0]!r} to be mapped; there are {', '.join(COLUMNS)}")
        places = {}
        for column in COLUMNS:
            wanted = self.headings.get(column, column).strip().casefold()
            if names.count(wanted) > 1:
                raise FileError(f"the heading has {wanted!r} twice")
            if wanted in names:
                places[column] = names.index(wanted)
            elif column in self.headings:
                raise FileError(f"the heading has no {self.headings[column]!r}")
        if missing := [column for column in REQUIRED if column not in places]:
            raise FileError(f"the heading lacks {', '.join(missing)}; docs/api.md lists the columns")
        return places


def _parsed(file: io.TextIOBase | Any, places_in: Any) -> Iterator[tuple[int, Row | Problem]]:
    sample = file.readline(_MOST_IN_A_CELL)
    file.seek(0)
    delimiter = max(",;\t", key=sample.count)
    reader = csv.reader(file, delimiter=delimiter)
    number, places, width = 0, None, 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error:
            yield number, Problem(number, "", "cannot be read: a quotation mark is not closed, or a cell is endless")
            continue
        if places is None:
            places, width = places_in(cells), len(cells)
        elif any(cell.strip() for cell in cells):
            yield number, _row(number, cells, places, width)
    if places is None:
        raise FileError("the file is empty")


def _row(number: int, cells: list[str], places: Mapping[str, int], width: int) -> Row | Problem:
    if len(cells) > width:
        return Problem(number, "", "has more cells than the heading")
    row = dict.fromkeys(COLUMNS, "")
    for column, place in places.items():
        value = cells[place].strip() if place < len(cells) else ""
        if not value.isprintable():
            try:
                value.encode()
            except UnicodeEncodeError:
                return Problem(number, column, "is not UTF-8 text")
            value = " ".join("".join(char if char.isprintable() else " " for char in value).split())
        row[column] = value
    return row


def _checked(order_id: str, group: list[Numbered], body: Mapping[str, Any]) -> Read:
    """The order, as the API would check it: what it would refuse is refused here, row by row."""
    import json

    from pydantic import ValidationError

    from porchlight.services.put_order import OrderBody

    printed = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    problems: list[Problem] = []
    if len(order_id) > 128:
        problems.append(Problem(group[0][0], "order_id", "has more than 128 characters"))
    try:
        OrderBody.model_validate(body)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        inner = {fault["loc"][:1] for fault in faults if len(fault["loc"]) > 1}
        for fault in faults:
            if fault["loc"] in inner:
                continue  # a list that is too short only because one of its entries is wrong
            row, column = blame(fault["loc"], group)
            problems.append(Problem(row, column, _said(fault)))
    return Read(order_id, group[0][0], len(group), printed, tuple(problems))


def _said(fault: Mapping[str, Any]) -> str:
    """What pydantic found, without the value."""
    kind = str(fault["type"])
    if kind == "string_pattern_mismatch":
        return "is not in the expected form"
    return str(fault["msg"]).removeprefix("Value error, ")
