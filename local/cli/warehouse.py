"""`porchlight warehouse`: goods that come back, from a CSV file, and those that belong to no return."""

from __future__ import annotations

import csv
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.options import Brand, Json, Region, Stage, brands, opened
from local.console import Output, Row

if TYPE_CHECKING:
    from local.importing.goods import Totals
    from porchlight.domain.rma.goods import Unmatched

commands = typer.Typer(
    name="warehouse",
    help="Goods that come back: what is to come, and what a warehouse booked and inspected.",
    no_args_is_help=True,
)

_SHOWN = 20
STOPPED = 3
"""Exit code of an import that did not get to the end of its file; the same again changes nothing that is in."""


@commands.command("import")
def bring(
    file: Annotated[
        Path, typer.Argument(help="CSV with a heading; docs/warehouse.md has the columns.", dir_okay=False)
    ],
    key: Annotated[
        str, typer.Option("--key", envvar="PORCHLIGHT_API_KEY", help="API key with the scope returns:receive.")
    ] = "",
    url: Annotated[str, typer.Option(help="Where the API is, where that is not the stack's own address.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file: nothing is sent.")] = False,
    zone: Annotated[str, typer.Option(help="Where the clock stands that times without an offset are of.")] = "",
    refused: Annotated[Path | None, typer.Option(help="Where refused rows go; else FILE.refused.csv.")] = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Send the bookings and inspections of FILE, 100 a call; one row is one item.

    A booking that is refused is reported by its line and put aside with the reason, to be mended and sent again. The
    same file again changes nothing. Exit code 0: all are in; 1: some were refused; 3: it stopped before the end.
    """
    from local.importing.goods import FileError, Refused, Totals, send
    from local.importing.sending import OrderApi, Stopped
    from porchlight.domain.dates import zone as zone_of

    output, totals = Output(json), Totals()
    clock = zone_of(zone) if zone else None
    if zone and clock is None:
        raise typer.BadParameter(f"{zone} is no IANA time zone", param_hint="--zone")
    aside = Refused(refused or file.with_name(f"{file.name}.refused.csv"))
    if aside.path.resolve() == file.resolve():
        raise typer.BadParameter("what is refused would take the place of the goods", param_hint="--refused")
    if not (key or dry_run):
        output.fail("An API key is needed: --key, or PORCHLIGHT_API_KEY in the environment.", 2)
    if not (url or dry_run):
        with opened(output, stage, region) as stack:
            url = stack.links.get("api") or stack.outputs.get("ApiUrl", "")
    try:
        api = None if dry_run else OrderApi(url, key)
        with output.step("Checking goods" if dry_run else "Sending goods", total=_lines(file)) as bar:
            aside.clear()
            for rows in send(file, api, totals, aside, clock):
                bar.advance(rows)
                bar.detail(f"{totals.booked} booked, {len(totals.refused)} refused")
    except FileError as error:
        output.fail(str(error), 2)
    except Stopped as error:
        _report(output, totals, aside.path, dry_run)
        output.fail(f"Stopped: {error}. The same command may be given again.", STOPPED)
    _report(output, totals, aside.path, dry_run)
    if totals.refused:
        raise typer.Exit(1)


@commands.command()
def unmatched(
    brand: Brand = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many of each brand.")] = 100,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """What came and belongs to no return, the oldest first. Exit code 0, also where there is nothing."""
    output = Output(json)
    with opened(output, stage, region) as stack:
        port = stack.app().unmatched_goods
        found = [one for name in brands(brand) for one in port.list(name, limit)]
    if json:
        output.document({"goods": [one.model_dump(mode="json", exclude_none=True) for one in found]})
    elif not found:
        output.say("Everything that came belongs to a return.")
    else:
        output.report("Without a return", [_row(one) for one in found])
        output.say("Whose is it? Book it under that return with the same receipt id, and it is off this list.")


@commands.command()
def notices(
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Asked for on this day (UTC) or later.")],
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Asked for before this day (UTC).")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="Where the CSV goes; else it is printed.", dir_okay=False)] = None,
    brand: Brand = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Returns that were approved and are not here yet, as CSV: a row for each line, with facility, carrier, number and
    by when it is expected. Exit code 0, also where nothing is.
    """
    from porchlight.services.return_notices import Notice, NoticeDesk

    output = Output(json)
    with opened(output, stage, region) as stack:
        app = stack.app()
        desk, end = NoticeDesk(app.returns, app.orders), until.replace(tzinfo=UTC) if until else app.clock()
        found = [(name, one) for name in brands(brand) for one in desk.notices(name, since.replace(tzinfo=UTC), end)]
    rows = [{"brand": name, **one.model_dump(mode="json")} for name, one in found]
    if json:
        output.document({"notices": rows})
        return
    with file.open("w", newline="") if file else nullcontext(sys.stdout) as target:
        table = csv.DictWriter(target, ["brand", *Notice.model_fields])
        table.writeheader()
        table.writerows(rows)


def _row(one: Unmatched) -> Row:
    receipt = one.receipt
    return {
        "receipt": receipt.receipt_id,
        "brand": one.brand,
        "received": f"{receipt.received_at:%Y-%m-%d %H:%M}",
        "facility": receipt.facility,
        "return, as read": one.return_id,
        "parcel": " ".join(filter(None, (one.carrier, receipt.tracking_number))),
        "items": ", ".join(f"{item.quantity} × {item.sku or item.line_id or item.note}" for item in receipt.items),
    }


def _lines(file: Path) -> int:
    """About as many as there are rows; 1 for a file that cannot be read: that is said later."""
    try:
        with file.open("rb") as opened_file:
            return max(1, sum(block.count(b"\n") for block in iter(lambda: opened_file.read(1 << 20), b"")) - 1)
    except OSError:
        return 1


def _report(output: Output, totals: Totals, aside: Path, dry_run: bool) -> None:
    rows: list[Row] = [
        {"bookings": "good" if dry_run else "booked", "count": totals.booked, "what is wrong": ""},
        {"bookings": "known", "count": totals.known, "what is wrong": ""},
        {"bookings": "without a return", "count": totals.unmatched, "what is wrong": ""},
        {"bookings": "refused", "count": len(totals.refused), "what is wrong": ""},
        *(
            {"bookings": f"line {line}", "count": 1, "what is wrong": problem}
            for line, problem in totals.refused[:_SHOWN]
        ),
    ]
    output.report("Checked" if dry_run else "Imported", rows, {"Put aside": str(aside)} if totals.refused else None)
