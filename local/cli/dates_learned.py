"""`porchlight dates learn, calibration, export, seed`: what the deployed dates engine has learned."""

from __future__ import annotations

import json as encoding
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.options import Brand, Json, Region, Stage, brands, opened
from local.console import Output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.console import Row, Step
    from local.stack import Stack
    from porchlight.domain.journal import JournalEntry

commands = typer.Typer(
    name="dates",
    help="Our own dates: measure the engine on a history, let it learn, see how dates were kept, export the history.",
    no_args_is_help=True,
)

_LONGEST_RUN = 910
"""Seconds: a little more than the function's own limit."""
HEADING = (
    *("id", "created", "handed", "delivered", "promised"),
    *("o_state", "o_zip5", "d_state", "d_zip5", "seller", "carrier", "service"),
)
"""The columns of an exported history, as docs/dates.md has them."""


@commands.command()
def learn(stage: Stage = None, region: Region = None, json: Json = False) -> None:
    """Let the daily run come now: learn all days that are over, make the models, count how dates were kept.

    Nothing is lost or counted twice by it; the next run finds less to do.
    """
    output = Output(json)
    with opened(output, stage, region) as stack, output.step("Learning"):
        answer = stack.client("lambda", read_timeout=_LONGEST_RUN).invoke(
            FunctionName=stack.outputs["LearnDatesName"], Payload=b"{}"
        )
        lessons = encoding.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        output.fail(f"The run failed ({lessons.get('errorType', 'no reason given')}); its log says where.")
    rows = [{"brand": brand, **lesson} for brand, lesson in lessons.items()]
    if json:
        output.document({"brands": rows})
    else:
        output.report("Learned", rows)


@commands.command()
def calibration(
    brand: Brand = None,
    lanes: Annotated[bool, typer.Option("--lanes", help="A row for each lane, not only for each carrier.")] = False,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """How often our dates, promises and carriers' estimates were kept, this month and last."""
    from porchlight.domain.calibration import report

    output = Output(json)
    with opened(output, stage, region) as stack:
        app, found = stack.app(), []
        for name in brands(brand):
            calibration = app.learned.calibration(name)
            # The local cloud's clock may be ahead of ours.
            found.append(report(name, calibration, max(app.clock().date(), calibration.through or app.clock().date())))
    if json:
        output.document({"brands": found})
        return
    rows = [row for one in found for month in one["months"] for row in _kept(one["brand"], month, lanes)]
    if rows:
        output.report("How often dates were kept", rows)
    else:
        output.say("Nothing is counted yet: that is done once a day, or by porchlight dates learn.")


@commands.command()
def export(
    brand: Annotated[str, typer.Option("--brand", "-b", help="Whose history.")],
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="News from this UTC day on.")],
    until: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="… up to and with this day.")],
    out: Annotated[Path, typer.Option("--out", help="The file; .csv, or .csv.gz to compress it.")],
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Write what the journal knows of a brand's parcels as a history that `porchlight dates backtest` replays.

    The journal goes back 400 days. Ids of parcels, days, regions and beginnings of postcodes: nothing personal.
    """
    from datetime import timedelta

    output = Output(json)
    (name,) = brands(brand)
    days = [since.date() + timedelta(days=number) for number in range((until.date() - since.date()).days + 1)]
    if not days:
        raise typer.BadParameter("--to is before --from", param_hint="--to")
    parcels: dict[str, JournalEntry] = {}
    with opened(output, stage, region) as stack, output.step("Reading the journal", total=len(days)) as step:
        for entry in _entries(stack, name, days, step):
            known = parcels.get(entry.shipment_id)
            if known is None or known.version < entry.version:
                parcels[entry.shipment_id] = entry
    told = [entry for entry in parcels.values() if entry.handed or entry.delivered or not entry.ended]
    told.sort(key=lambda entry: (entry.placed, entry.placed_hour, entry.shipment_id))
    _write(out, told)
    summary = {"brand": name, "parcels": len(told), "delivered": sum(entry.delivered is not None for entry in told)}
    if json:
        output.document({**summary, "file": str(out)})
    else:
        output.report("Exported", [summary | {"file": out.name}])


@commands.command()
def seed(
    brand: Annotated[str, typer.Option("--brand", "-b", help="Whose history it is.")],
    data: Annotated[Path, typer.Option("--data", help="Folder of *.csv or *.csv.gz, as `backtest` reads it.")],
    replace: Annotated[bool, typer.Option("--replace", help="Even where something was learned before.")] = False,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Let the engine learn a brand's history of before, so that its dates do not begin without any.

    Carriers and services are called there as they are here (`ups`, and the names in brand.yaml). The daily run goes on
    after the last day of the history: leave out what the journal has already.
    """
    from datetime import timedelta

    from local.backtest.history import HistoryError, read
    from porchlight.domain.calibration import Calibration
    from porchlight.domain.forecast.book import Book
    from porchlight.domain.forecast.lives import Life

    output = Output(json)
    (name,) = brands(brand)
    try:
        history = read(data)
    except HistoryError as error:
        output.fail(str(error), 2)
    with opened(output, stage, region) as stack:
        app = stack.app()
        if not replace and (through := app.learned.load(name)[0].through):
            output.fail(f"{name} has learned up to {through} already. --replace begins anew with this history.")
        book, calibration = Book(name), Calibration()
        stamps = {day for one in history.parcels for day in (one.placed, one.handed, one.delivered) if day}
        first, last = min(stamps), min(max(stamps), app.clock().date() - timedelta(days=1))
        for one in history.parcels:
            known = (one.parcel_id, one.route, one.placed, one.promised, one.handed, one.delivered)
            book.record(Life(*known, placed_hour=one.hour))
        with output.step("Learning", total=(last - first).days + 1) as step:
            for number in range((last - first).days + 1):
                book.close(first + timedelta(days=number))
                step.advance()
                step.detail(str(book.through))
        calibration.close(last)
        app.learned.save(name, book, calibration)
    row = {
        **{"brand": name, "parcels": len(history.parcels), "rows_skipped": sum(history.skipped.values())},
        **{"first": str(first), "through": str(last), "model": calibration.version},
    }
    if json:
        output.document(row)
    else:
        output.report("Learned", [row])


def _entries(stack: Stack, brand: str, days: list[Any], step: Step) -> Iterator[JournalEntry]:
    journal = stack.app().journal
    for day in days:
        yield from journal.read(brand, day)
        step.advance()


def _write(out: Path, entries: list[JournalEntry]) -> None:
    """The whole file or none: it is put in its place when it is complete."""
    import csv
    import gzip
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADING)
    writer.writerows(_columns(entry) for entry in entries)
    body = text.getvalue().encode()
    part = out.with_name(out.name + ".part")
    part.write_bytes(gzip.compress(body, mtime=0) if out.suffix == ".gz" else body)
    part.replace(out)


def _columns(entry: JournalEntry) -> tuple[str, ...]:
    """A journal knows days only: noon stands for each, and the hour for the order's."""
    route, promised = entry.route, entry.first_promised or entry.promised
    return (
        entry.shipment_id,
        f"{entry.placed}T{entry.placed_hour:02}:00:00",
        f"{entry.handed}T12:00:00" if entry.handed else "",
        f"{entry.delivered}T12:00:00" if entry.delivered else "",
        str(promised or ""),
        route.origin,
        route.origin_prefix,
        route.destination,
        route.prefix,
        route.sender,
        route.carrier,
        route.service,
    )


def _kept(brand: str, month: dict[str, Any], lanes: bool) -> Iterator[Row]:
    for carrier in month["carriers"]:
        for part in carrier["lanes"] if lanes else (carrier,):
            where = {name: part[name] for name in ("service", "origin", "destination")} if lanes else {}
            yield {
                **{"brand": brand, "month": month["month"], "carrier": carrier["carrier"], **where},
                "parcels": part["parcels"],
                **{
                    f"{moment} {level[1:]}": _rate(part[moment], level)
                    for moment in ("purchase", "handover")
                    for level in ("p50", "p80", "p90")
                },
                "promise": _rate(part["promise"], "kept"),
                "estimate": _rate(part["estimate"], "kept"),
            }


def _rate(of: dict[str, Any], level: str) -> str:
    return f"{of[level]:.0%} of {of['n']:,}" if of["n"] else ""
