"""`porchlight consents import FILE`: consents that a brand has already, from a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.options import Json, Region, Stage, opened
from local.console import Output, Row

if TYPE_CHECKING:
    from local.importing.consents import Totals

commands = typer.Typer(name="consents", help="Consents: bring in what you have already.", no_args_is_help=True)
commands.callback()(lambda: None)  # a group, also while it has one command

_SHOWN = 20
STOPPED = 3
"""Exit code of an import that did not get to the end of its file; the same again changes nothing that is in."""


@commands.command("import")
def bring(
    file: Annotated[Path, typer.Argument(help="CSV with a heading; docs/api.md lists the columns.", dir_okay=False)],
    key: Annotated[
        str, typer.Option("--key", envvar="PORCHLIGHT_API_KEY", help="API key with the scope consents:write.")
    ] = "",
    url: Annotated[str, typer.Option(help="Where the API is, where that is not the stack's own address.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only read the file: nothing is sent.")] = False,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Send the consents of FILE, each with its own time, wording and proof; 500 a call.

    A row that is refused is reported by its line and passed over. The same file again changes nothing, and no row
    undoes a withdrawal that is newer. Exit code 0: all are in; 1: some rows were refused; 3: it stopped before the end.
    """
    from local.importing.consents import FileError, Totals, send
    from local.importing.sending import OrderApi, Stopped

    output, totals = Output(json), Totals()
    if not (key or dry_run):
        output.fail("An API key is needed: --key, or PORCHLIGHT_API_KEY in the environment.", 2)
    if not (url or dry_run):
        with opened(output, stage, region) as stack:
            url = stack.links.get("api") or stack.outputs.get("ApiUrl", "")
    try:
        api = None if dry_run else OrderApi(url, key)
        for _ in send(file, api, totals):
            pass
    except FileError as error:
        output.fail(str(error), 2)
    except Stopped as error:
        _report(output, totals, dry_run)
        output.fail(f"Stopped: {error}. The same command may be given again.", STOPPED)
    _report(output, totals, dry_run)
    if totals.refused:
        raise typer.Exit(1)


def _report(output: Output, totals: Totals, dry_run: bool) -> None:
    rows: list[Row] = [
        {"consents": "read" if dry_run else "imported", "count": totals.imported, "what is wrong": ""},
        {"consents": "known", "count": totals.known, "what is wrong": ""},
        {"consents": "refused", "count": len(totals.refused), "what is wrong": ""},
        *(
            {"consents": f"line {line}", "count": 1, "what is wrong": problem}
            for line, problem in totals.refused[:_SHOWN]
        ),
    ]
    output.report("Read" if dry_run else "Imported", rows)
