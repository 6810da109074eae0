"""The import itself: a few orders on their way at a time, their outcomes in the order of the file, a checkpoint."""

import csv
import json
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.importing.columns import Problem
from local.importing.reading import OrderFile, Read
from local.importing.sending import OrderApi

EVERY = 100
"""Orders between two checkpoints: at most so many are sent again after a crash, which changes nothing."""


@dataclass
class Totals:
    """How far the import is. ``done`` counts orders of the file, good or bad."""

    done: int = 0
    sent: int = 0
    refused: int = 0
    rows: int = 0
    reported: int = 0
    """Bytes of the report that belong to ``done``."""


@dataclass(frozen=True)
class Checkpoint:
    """How far the import of a file's very content has come, beside the file."""

    path: Path
    fingerprint: str

    def load(self) -> Totals | None:
        """None where there is no checkpoint, or one of other content."""
        try:
            found = json.loads(self.path.read_text())
            if found.pop("file") != self.fingerprint:
                return None
            return Totals(**{name: int(value) for name, value in found.items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def save(self, totals: Totals) -> None:
        """Never half written."""
        new = self.path.with_name(f"{self.path.name}.new")
        new.write_text(json.dumps({"file": self.fingerprint, **vars(totals)}) + "\n")
        new.replace(self.path)

    def remove(self) -> None:
        """The import is over."""
        self.path.unlink(missing_ok=True)


class Report:
    """The rows that were refused, as CSV: row, column, problem. There is no file where there is no problem."""

    def __init__(self, path: Path, size: int = 0) -> None:
        """Goes on after ``size`` bytes; what an import that died had written beyond its checkpoint is written again."""
        self.path = path
        if size and path.exists():
            with path.open("r+b") as file:
                file.truncate(size)
        else:
            path.unlink(missing_ok=True)

    def add(self, problems: tuple[Problem, ...]) -> int:
        """Written at once: whatever happens next, it stands there. Returns the size of the report."""
        begins = not self.path.exists()
        with self.path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if begins:
                writer.writerow(["row", "column", "problem"])
            writer.writerows([problem.row, problem.column, problem.what] for problem in problems)
            file.flush()
            return file.tell()


def import_orders(
    file: OrderFile,
    api: OrderApi | None,
    checkpoint: Checkpoint | None,
    report: Report,
    totals: Totals,
    workers: int,
    tell: Callable[[Totals], None],
) -> Totals:
    """Send what is left of the file; without an ``api`` only check it. Raises what stops it, after a last checkpoint.

    Memory holds a few orders only, however long the file is. A bad order is written down and passed over.
    """
    skip = totals.done
    with _at_work(workers) as pool:
        under_way: deque[tuple[Read, Future[str] | None]] = deque()
        try:
            for index, read in enumerate(file.orders()):
                if index < skip:
                    continue
                sending = pool.submit(api.put, read.order_id, read.body) if api and not read.problems else None
                under_way.append((read, sending))
                if len(under_way) > workers * 2:
                    _settle(*under_way.popleft(), report, totals)
                    tell(totals)
                    if checkpoint and totals.done % EVERY == 0:
                        checkpoint.save(totals)
            while under_way:
                _settle(*under_way.popleft(), report, totals)
                tell(totals)
        finally:
            if checkpoint:
                checkpoint.save(totals)
    if checkpoint:
        checkpoint.remove()
    return totals


def _settle(read: Read, sending: Future[str] | None, report: Report, totals: Totals) -> None:
    problems = read.problems
    if sending:
        refused = sending.result()
        problems = (Problem(read.first_row, "", refused),) if refused else ()
    totals.done += 1
    totals.rows += read.rows
    if problems:
        totals.reported = report.add(problems)
        totals.refused += 1
    elif sending:
        totals.sent += 1


@contextmanager
def _at_work(workers: int) -> Iterator[Any]:
    """Threads that drop what has not begun when the import stops."""
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
