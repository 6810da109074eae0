"""`porchlight dates backtest`: how good our dates are, measured on a history; and the other commands of `dates`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.dates_learned import commands
from local.cli.options import Json
from local.console import Output

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from local.backtest.history import History, Past
    from local.backtest.replay import Outcome
    from local.console import Step


@commands.command()
def backtest(
    data: Annotated[Path, typer.Option("--data", help="Folder of *.csv or *.csv.gz; docs/dates.md has the columns.")],
    out: Annotated[Path, typer.Option("--out", help="Folder that the predictions are written into.")],
    split: Annotated[
        str, typer.Option("--split", help="Predict the rows of this file only (dev: dev.csv.gz); all without it.")
    ] = "",
    country: Annotated[
        str, typer.Option("--country", help="Where regions lie that name no country (SP): BR. Guessed without it.")
    ] = "",
    json: Json = False,
) -> None:
    """Replay a history strictly in time order through the engine, as if each of its days was today.

    All files are history; what is predicted of a day knows only what was stamped before that day. Writes purchase.csv
    and handover.csv (id,p10,p50,p80,p90: days after the order, after the handover), sweep.csv (id,day,
    late_probability: each morning until the promise or the delivery) and summary.json.
    """
    from local.backtest.history import HistoryError, read, splits
    from local.backtest.replay import replay

    output = Output(json)
    try:
        with output.step("Reading the history"):
            history = read(data, country or None)
    except HistoryError as error:
        output.fail(str(error), 2)
    known = splits(history.parcels)
    if split and split not in known:
        raise typer.BadParameter(f"there is no {split!r} in {data}; there are {', '.join(known)}", param_hint="--split")
    wanted: Callable[[Past], bool] = lambda past: not split or past.split == split  # noqa: E731 - one expression
    try:
        out.mkdir(parents=True, exist_ok=True)
        with _Timer() as timer, output.step("Replaying", total=1.0) as step:
            outcome = replay(history.parcels, wanted, out, _teller(step))
        summary = _summary(history, outcome, split, timer.seconds)
        _write(out / "summary.json", summary)
    except OSError as error:
        output.fail(f"{out} cannot be written: {error.strerror}", 2)
    if json:
        output.document(summary)
        return
    rows: list[dict[str, object]] = [
        {"file": name, "rows": count, "of": meaning}
        for name, count, meaning in (
            ("purchase.csv", outcome.purchase, "orders"),
            ("handover.csv", outcome.handover, "handovers"),
            ("sweep.csv", outcome.sweep, "mornings of open parcels"),
        )
    ]
    output.report("Predicted", rows, {"Written to": str(out)})
    for title, counts in (("skipped", history.skipped), ("odd, kept as far as they go", history.odd)):
        for reason, count in counts.most_common():
            output.say(f"{count:,} rows {title}: {reason} (first: {history.example[reason]})")


def _teller(step: Step) -> Callable[[date, int, int], None]:
    """Shows which day is replayed."""

    def tell(day: date, done: int, total: int) -> None:
        step.advance(1 / total)
        step.detail(day.isoformat())

    return tell


def _summary(history: History, outcome: Outcome, split: str, seconds: float) -> dict[str, object]:
    predictions = outcome.purchase + outcome.handover + outcome.sweep
    return {
        "rows": {"read": history.rows, "used": len(history.parcels)},
        "skipped": dict(history.skipped),
        "odd": dict(history.odd),
        "first_met": history.example,
        "split": split or None,
        "country": history.country or None,
        "days": {"first": outcome.first_day, "last": outcome.last_day},
        "written": {"purchase": outcome.purchase, "handover": outcome.handover, "sweep": outcome.sweep},
        "versions": {"first": outcome.first_version, "last": outcome.last_version},
        "seconds": round(seconds, 1),
        "predictions_per_second": round(predictions / seconds) if seconds else None,
    }


def _write(file: Path, summary: dict[str, object]) -> None:
    import json

    file.write_text(json.dumps(summary, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")


class _Timer:
    """How long something took."""

    seconds = 0.0

    def __enter__(self) -> _Timer:
        import time

        self._begun = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        import time

        self.seconds = time.monotonic() - self._begun
