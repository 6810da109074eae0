"""Bookings and inspections of a CSV file, as the API takes them: one row an item, the rows of one booking together."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from local.importing.sending import OrderApi
from porchlight.domain.money import Money
from porchlight.services.receive_webhook import MAX_BODY
from porchlight.services.warehouse_bodies import MOST_BOOKINGS, BookingBody

COLUMNS: dict[str, str] = {
    "return_id": "booking",
    "receipt_id": "receipt",
    "received_at": "receipt",
    "facility": "receipt",
    "carrier": "receipt",
    "tracking_number": "receipt",
    "weight_grams": "receipt",
    "inspection_id": "inspection",
    "inspected_at": "inspection",
    "complete": "inspection",
    "replaces": "inspection",
    "currency": "inspection",
    "order": "item",
    "line_id": "item",
    "sku": "item",
    "quantity": "item",
    "grade": "item",
    "disposition": "item",
    "deduct": "item",
    "note": "item",
}
"""Each column, and what it says something about; others are passed over."""
PROBLEM = ("line", "problem")
"""What stands behind the rows of the file of those that were refused."""
_MOST_BYTES = MAX_BODY - 1_000
"""Of one call, with what is around the bookings."""
_ONE_BOOKING = ("return_id", "receipt_id", "inspection_id", "carrier", "tracking_number")
"""A row that says something else of one of these begins another booking; one that says nothing goes on with it."""
_NO = frozenset({"0", "false", "no", "n"})

type Row = tuple[int, dict[str, str]]
"""With the line that it ends on."""


class FileError(Exception):
    """The file cannot be read; says why."""


class RowError(Exception):
    """What is wrong with a row; never quotes a value."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line, self.what = line, what


@dataclass
class Totals:
    """What became of the bookings."""

    booked: int = 0
    known: int = 0
    unmatched: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    """Line of the file, and what is wrong."""
    rows: int = 0


@dataclass(frozen=True)
class Refused:
    """The file with the rows of bookings that were refused, as they were and with the reason: to be mended, and
    imported again. There is none where all was taken.
    """

    path: Path

    def clear(self) -> None:
        """Nothing is refused yet."""
        self.path.unlink(missing_ok=True)

    def add(self, rows: Sequence[Row], line: int, problem: str) -> None:
        """All rows of one booking: none of them was taken."""
        begins = not self.path.exists()
        with self.path.open("a", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened)
            if begins:
                writer.writerow([*COLUMNS, *PROBLEM])
            for number, row in rows:
                said = [number, problem] if number == line else [number, ""]
                writer.writerow([*(row[name] for name in COLUMNS), *said])


def groups(file: Path) -> Iterator[list[Row]]:
    """The rows of each booking. FileError where the file is none of goods."""
    group: list[Row] = []
    for number, row in _rows(file):
        if group and any(row[name] and group[0][1][name] != row[name] for name in _ONE_BOOKING):
            yield group
            group = []
        group.append((number, row))
    if group:
        yield group


def send(file: Path, api: OrderApi | None, totals: Totals, refused: Refused, zone: ZoneInfo | None) -> Iterator[int]:
    """Send the file, up to 100 bookings a call (None: only check it); yields how many rows were dealt with."""
    batch: list[tuple[list[Row], dict[str, Any]]] = []
    size = 0
    for group in groups(file):
        try:
            made = booking(group, zone)
        except RowError as error:
            _refuse(group, error.line, error.what, totals, refused)
            yield len(group)
            continue
        more = len(json.dumps(made)) + 2
        if len(batch) == MOST_BOOKINGS or (batch and size + more > _MOST_BYTES):
            yield _call(batch, api, totals, refused)
            batch, size = [], 0
        batch.append((group, made))
        size += more
    if batch:
        yield _call(batch, api, totals, refused)


def booking(group: Sequence[Row], zone: ZoneInfo | None = None) -> dict[str, Any]:
    """The entry of ``POST /v1/goods`` that the rows of a booking make. RowError for what the API would refuse."""
    whole = {name: _whole(group, name) for name, part in COLUMNS.items() if part != "item"}
    first = group[0][0]
    items, lines = [], []
    for number, row in group:
        if any(row[name] for name in ("line_id", "sku", "note")):
            items.append(_item(number, row, whole["currency"]))
            lines.append(number)
        elif any(row[name] for name in ("quantity", "grade", "disposition", "deduct")):
            raise RowError(number, "line_id, sku or note: is missing")
    made: dict[str, Any] = {"return_id": whole["return_id"]} if whole["return_id"] else {}
    if whole["receipt_id"]:
        made["receive"] = _part(whole, "receipt", items, first, zone)
    if whole["inspection_id"]:
        made["inspect"] = _part(whole, "inspection", items, first, zone)
    try:
        BookingBody.model_validate(made)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        line, column = _blame(fault["loc"], first, lines)
        raise RowError(line, f"{column}: {str(fault['msg']).removeprefix('Value error, ')}") from None
    return made


def _part(whole: Mapping[str, str], part: str, items: list[dict[str, Any]], line: int, zone: Any) -> dict[str, Any]:
    found: dict[str, Any] = {name: whole[name] for name, of in COLUMNS.items() if of == part and whole[name]}
    for name in ("received_at", "inspected_at"):
        if name in found:
            found[name] = _instant(line, name, found[name], zone)
    if part == "receipt":
        items = [{name: value for name, value in item.items() if name != "deduct_minor"} for item in items]
    if "complete" in found:
        found["complete"] = found["complete"].lower() not in _NO
    return {**found, **({"items": items} if items else {})}


def _item(line: int, row: Mapping[str, str], currency: str) -> dict[str, Any]:
    found: dict[str, Any] = {name: row[name] for name, part in COLUMNS.items() if part == "item" and row[name]}
    found["quantity"] = row["quantity"] or "1"
    if deduct := found.pop("deduct", ""):
        try:
            found["deduct_minor"] = Money.of(deduct, currency).amount
        except ValueError:
            raise RowError(line, "deduct: is no amount in the currency of its row") from None
    return found


def _instant(line: int, name: str, text: str, zone: ZoneInfo | None) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise RowError(line, f"{name}: is not a date and time such as 2026-03-01T09:30:00+01:00") from None
    if found.tzinfo is None:
        if zone is None:
            raise RowError(line, f"{name}: has no offset; say with --zone where its clock stands")
        found = found.replace(tzinfo=zone)
    return found.isoformat()


def _whole(group: Sequence[Row], name: str) -> str:
    """What the rows say of the booking as a whole: the first that says it, and none may say otherwise."""
    found = ""
    for number, row in group:
        if found and row[name] and row[name] != found:
            raise RowError(number, f"{name}: differs from an earlier row of the same booking")
        found = found or row[name]
    return found


def _blame(location: tuple[int | str, ...], first: int, lines: Sequence[int]) -> tuple[int, str]:
    """The line and the column behind a place in the entry."""
    if len(location) > 2 and location[1] == "items" and isinstance(location[2], int):
        return lines[location[2]], str(location[3]) if len(location) > 3 else "item"
    return first, str(location[-1]) if location else "row"


def _call(batch: list[tuple[list[Row], dict[str, Any]]], api: OrderApi | None, totals: Totals, refused: Refused) -> int:
    done = sum(len(group) for group, _ in batch)
    totals.rows += done
    if api is None:
        totals.booked += len(batch)
        return done
    wrong, answer = api.post("/v1/goods", json.dumps({"bookings": [made for _, made in batch]}).encode())
    nothing: dict[str, Any] = {"booked": 0, "known": 0, "unmatched": 0, "errors": []}
    said: dict[str, Any] = nothing if wrong else json.loads(answer)
    totals.booked += said["booked"]
    totals.known += said["known"]
    totals.unmatched += said["unmatched"]
    problems = {one["index"]: f"{one['problem']}: {one['detail']}" for one in said["errors"]}
    for index, (group, _) in enumerate(batch):
        if problem := wrong or problems.get(index):
            _refuse(group, group[0][0], problem, totals, refused, counted=True)
    return done


def _refuse(
    group: Sequence[Row], line: int, problem: str, totals: Totals, refused: Refused, *, counted: bool = False
) -> None:
    totals.refused.append((line, problem))
    totals.rows += 0 if counted else len(group)
    refused.add(group, line, problem)


def _rows(file: Path) -> Iterator[Row]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            sample = opened.readline()
            opened.seek(0)
            reader = csv.DictReader(opened, delimiter=max(",;\t", key=sample.count))
            heading = {(name or "").strip().lower() for name in reader.fieldnames or ()}
            if not heading & {"receipt_id", "inspection_id"}:
                raise FileError(f"{file} has no column receipt_id or inspection_id")
            if not heading & {"return_id", "tracking_number"}:
                raise FileError(f"{file} has no column return_id or tracking_number")
            for cells in reader:
                plain = {str(name).strip().lower(): (value or "").strip() for name, value in cells.items() if name}
                if any(plain.values()):
                    yield reader.line_num, {name: plain.get(name, "") for name in COLUMNS}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(f"{file} cannot be read: {type(error).__name__}") from None
