"""How the `porchlight` command talks: progress while it works, then one table with links.

On a terminal: progress bars, colours, clickable links. In a pipe or a log: plain lines, nothing that moves.
With `--json`: one document on stdout, all else on stderr.

    output = Output(as_json)
    with output.step("Sending webhooks", total=240) as step:
        step.advance()
    output.report("What happened", [{"what": "accepted", "count": 240}], links={"Inbox": "http://127.0.0.1:4566/…"})
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:  # rich takes 0.1 s to import: only a command that writes something pays for it
    from rich.console import Console
    from rich.progress import Progress, TaskID

type Row = Mapping[str, object]


class Step:
    """A piece of work in progress."""

    def __init__(self, progress: Progress | None = None, task: TaskID | None = None) -> None:
        self._progress = progress
        self._task = task

    def advance(self, by: float = 1) -> None:
        if self._progress and self._task is not None:
            self._progress.advance(self._task, by)

    def detail(self, text: str) -> None:
        """What is being done just now."""
        if self._progress and self._task is not None:
            self._progress.update(self._task, detail=text)


class Output:
    """Where a command writes to."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json

    @property
    def _people(self) -> Console:
        """stdout; with `--json` that is the document's, and people read stderr."""
        return _console(self.as_json)

    def say(self, text: str) -> None:
        """A line for people."""
        self._people.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, description: str, total: float | None = None) -> Iterator[Step]:
        """Shows that something takes its time, and afterwards how long it took."""
        console, begun = self._people, time.monotonic()
        if console.is_terminal:
            with _progress(console) as progress:
                yield Step(progress, progress.add_task(description, total=total, detail=""))
        else:
            self.say(f"{description} …")
            yield Step()
        seconds = time.monotonic() - begun
        if seconds >= 1 or console.is_terminal:
            self.say(f"{description}: {seconds:.1f} s")

    def report(
        self,
        title: str,
        rows: Sequence[Row],
        links: Mapping[str, str] | None = None,
        more: Mapping[str, Sequence[Row]] | None = None,
    ) -> None:
        """The one table at the end, and where to look next. ``more``: tables below it, by title."""
        links, more = links or {}, more or {}
        if self.as_json:
            tables = {"more": {name: list(table) for name, table in more.items()}} if more else {}
            self.document({"title": title, "rows": list(rows), "links": dict(links), **tables})
            return
        for name, table in {title: rows, **more}.items():
            self._draw(name, table)
        width = max(map(len, links), default=0)
        for name, address in links.items():
            from rich.text import Text

            shown = Text(f"{name:<{width}}  ").append(address, style=f"link {address}")
            self._people.print(shown, soft_wrap=True)

    def _draw(self, title: str, rows: Sequence[Row]) -> None:
        from rich.table import Table
        from rich.text import Text

        console = self._people
        table = Table(title=title, title_justify="left", title_style="bold")
        columns = list(dict.fromkeys(column for row in rows for column in row))
        for column in columns:
            numeric = all(isinstance(row.get(column), int | float) for row in rows)
            table.add_column(column.replace("_", " "), justify="right" if numeric else "left")
        for row in rows:
            table.add_row(*(Text(_text(row.get(column))) for column in columns))
        if console.is_terminal:
            console.print(table)
        else:  # never cut at the width of a terminal that is not there
            self.say(_plain(title, columns, rows))

    def document(self, data: object) -> None:
        """One JSON document on stdout."""
        sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, default=str) + "\n")

    def fail(self, message: str, code: int = 1) -> NoReturn:
        """Ends the command with an error: one paragraph, no traceback."""
        if self.as_json:
            self.document({"error": message})
        _console(to_stderr=True).print(message, style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(code)


def _console(to_stderr: bool) -> Console:
    from rich.console import Console

    return Console(stderr=to_stderr)


def _progress(console: Console) -> Progress:
    from rich import progress as rich

    return rich.Progress(
        rich.SpinnerColumn(),
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.TaskProgressColumn(show_speed=False),
        rich.TimeElapsedColumn(),
        rich.TextColumn("{task.fields[detail]}", style="dim", markup=False),
        console=console,
        transient=True,
    )


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "" if value is None else str(value)


def _plain(title: str, columns: Sequence[str], rows: Sequence[Row]) -> str:
    """The table as text: columns side by side, two spaces between."""
    cells = [[column.replace("_", " ") for column in columns]]
    cells += [[_text(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in cells)
    return "\n".join([title, *("  ".join(line).rstrip() for line in padded)])
