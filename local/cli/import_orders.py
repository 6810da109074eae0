"""`porchlight import orders FILE`: orders from a CSV file, through the order API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.options import Json, Region, Stage, opened
from local.console import Output, Row

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from local.importing.run import Totals
    from local.importing.sending import OrderApi

commands = typer.Typer(
    name="import",
    help="Bring in what another system knows: orders from a CSV file.",
    no_args_is_help=True,
)
commands.callback()(lambda: None)  # a group, also while it has one command

STOPPED = 3
"""Exit code of an import that did not get to the end of its file; the same command goes on from there."""


@commands.command()
def orders(
    file: Annotated[Path, typer.Argument(help="CSV with a heading; docs/api.md lists the columns.", dir_okay=False)],
    key: Annotated[
        str, typer.Option("--key", envvar="PORCHLIGHT_API_KEY", help="API key with the scope orders:write.")
    ] = "",
    url: Annotated[str, typer.Option(help="Where the API is, where that is not the stack's own address.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file: nothing is sent.")] = False,
    zone: Annotated[str, typer.Option(help="IANA zone of times that have no offset: Europe/Oslo.")] = "",
    column: Annotated[
        list[str] | None, typer.Option(help='A column that is called otherwise in the file: order_id="Order Number".')
    ] = None,
    errors: Annotated[Path | None, typer.Option(help="Where refused rows are reported; else FILE.errors.csv.")] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Begin anew, whatever the checkpoint says.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=32, help="Orders on their way at a time.")] = 4,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Send the orders of FILE to the order API; several rows with one order_id are one order.

    A row that is refused is reported and passed over. Interrupted, the same command goes on where it was. The same
    file again changes nothing; orders older than the brand's old_after_hours are taken over without a message.
    Exit code 0: all are in; 1: some rows were refused; 3: it stopped before the end.
    """
    from local.importing.reading import FileError, OrderFile
    from local.importing.run import Checkpoint, Report, Totals, import_orders
    from local.importing.sending import Stopped

    output = Output(json)
    if errors and errors.resolve() == file.resolve():
        raise typer.BadParameter("the report would take the place of the orders", param_hint="--errors")
    source = OrderFile(file, _zone(zone), _headings(column or []))
    try:
        fingerprint, lines = source.fingerprint()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from None
    checkpoint = None if dry_run else Checkpoint(file.with_name(f"{file.name}.checkpoint"), fingerprint)
    totals = (checkpoint.load() if checkpoint and not restart else None) or Totals()
    report = Report(errors or file.with_name(f"{file.name}.errors.csv"), totals.reported)
    if totals.done:
        output.say(f"Going on after {totals.done} orders; --restart begins anew.")
    api = None if dry_run else _api(output, url, key, stage, region)
    step = output.step("Checking orders" if dry_run else "Sending orders", total=max(lines - 1, 1))
    try:
        with step as bar:
            bar.advance(totals.rows)
            known = [totals.rows]

            def tell(now: Totals) -> None:
                bar.advance(now.rows - known[0])
                known[0] = now.rows
                bar.detail(f"{now.done} orders, {now.refused} refused")

            import_orders(source, api, checkpoint, report, totals, workers, tell)
    except FileError as error:
        output.fail(str(error), 2)
    except Stopped as error:
        _summary(output, totals, report.path, dry_run)
        output.fail(f"Stopped: {error}. The same command goes on from here.", STOPPED)
    except KeyboardInterrupt:
        _summary(output, totals, report.path, dry_run)
        output.fail("Interrupted. The same command goes on from here.", STOPPED)
    _summary(output, totals, report.path, dry_run)
    if totals.refused:
        raise typer.Exit(1)


def _summary(output: Output, totals: Totals, report: Path, dry_run: bool) -> None:
    good = totals.done - totals.refused if dry_run else totals.sent
    rows: list[Row] = [
        {"orders": "good" if dry_run else "sent", "count": good},
        {"orders": "refused", "count": totals.refused},
    ]
    output.report("Checked" if dry_run else "Imported", rows, {"Refused rows": str(report)} if totals.refused else None)


def _api(output: Output, url: str, key: str, stage: str | None, region: str | None) -> OrderApi:
    from local.importing.sending import OrderApi, Stopped

    if not key:
        output.fail("An API key is needed: --key, or PORCHLIGHT_API_KEY in the environment.", 2)
    if not url:
        with opened(output, stage, region) as stack:
            url = stack.links.get("api") or stack.outputs.get("ApiUrl", "")
    try:
        return OrderApi(url, key)
    except Stopped as error:
        output.fail(f"Not started: {error}.", 2)


def _zone(name: str) -> ZoneInfo | None:
    from porchlight.domain.dates import zone

    found = zone(name) if name else None
    if name and found is None:
        raise typer.BadParameter(f"{name} is no IANA time zone", param_hint="--zone")
    return found


def _headings(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        ours, separator, theirs = pair.partition("=")
        if not separator or not theirs.strip():
            raise typer.BadParameter(f"{pair!r} is not NAME=HEADING", param_hint="--column")
        found[ours.strip()] = theirs
    return found
