"""Consents of a CSV file, as the API takes them."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.importing.sending import OrderApi

NEEDED = ("purpose", "channel", "at")
_PLAIN = ("purpose", "channel", "address", "action", "wording", "language", "proof", "source", "at")
_A_CALL = 500
_YES = frozenset({"1", "true", "yes", "y"})


class FileError(Exception):
    """The file cannot be read; says why."""


@dataclass
class Totals:
    """What became of the rows."""

    imported: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    """Line of the file, and what is wrong: never a value."""


def rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row with the line that it ends on. FileError where the file is none of consents."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened)
            heading = {name.strip().lower() for name in reader.fieldnames or ()}
            missing = [name for name in NEEDED if name not in heading]
            if not heading & {"shopper_id", "email"}:
                missing.append("shopper_id or email")
            if missing:
                raise FileError(f"{file} has no column {', '.join(missing)}")
            for row in reader:
                plain = {str(name).strip().lower(): (value or "").strip() for name, value in row.items() if name}
                yield reader.line_num, _consent(plain)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(f"{file} cannot be read: {type(error).__name__}") from None


def send(file: Path, api: OrderApi | None, totals: Totals) -> Iterator[int]:
    """Send the file, up to 500 a call (None: only read it); yields how many rows were dealt with."""
    batch: list[tuple[int, dict[str, Any]]] = []
    for row in rows(file):
        batch.append(row)
        if len(batch) == _A_CALL:
            yield _call(batch, api, totals)
            batch = []
    if batch:
        yield _call(batch, api, totals)


def _call(batch: list[tuple[int, dict[str, Any]]], api: OrderApi | None, totals: Totals) -> int:
    if api is None:
        totals.imported += len(batch)
        return len(batch)
    body = json.dumps({"consents": [row for _, row in batch]}).encode()
    wrong, answer = api.post("/v1/consents", body)
    if wrong:
        totals.refused += [(line, wrong) for line, _ in batch]
        return len(batch)
    said = json.loads(answer)
    totals.imported += said["imported"]
    totals.known += said["known"]
    totals.refused += [(batch[one["index"]][0], f"{one['problem']}: {one['detail']}") for one in said["errors"]]
    return len(batch)


def _consent(row: dict[str, str]) -> dict[str, Any]:
    shopper = {name: row[column] for name, column in (("id", "shopper_id"), ("email", "email")) if row.get(column)}
    found: dict[str, Any] = {name: row[name] for name in _PLAIN if row.get(name)}
    if row.get("confirmed", "").lower() in _YES:
        found["confirmed"] = True
    return {"shopper": shopper, **found}
