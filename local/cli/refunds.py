"""`porchlight refunds reconcile`: what was promised, done and booked."""

from __future__ import annotations

import json as encoding

import typer

from local.cli.options import Json, Region, Stage, opened
from local.console import Output

commands = typer.Typer(
    name="refunds",
    help="Refunds, credits and exchanges of returns: compare what was promised, done and booked.",
    no_args_is_help=True,
)
_LONGEST_RUN = 310
"""Seconds: a little more than the function's own limit."""


@commands.command()
def reconcile(stage: Stage = None, region: Region = None, json: Json = False) -> None:
    """Let the hourly run come now: ask providers about what is open, compare what is due with the shop's books.

    It names what is stuck or differs. Nothing is paid by it.
    """
    output = Output(json)
    with opened(output, stage, region) as stack, output.step("Comparing"):
        answer = stack.client("lambda", read_timeout=_LONGEST_RUN).invoke(
            FunctionName=stack.outputs["ReconcileRefundsName"], Payload=b"{}"
        )
        report = encoding.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        output.fail(f"The run failed ({report.get('errorType', 'no reason given')}); its log says where.")
    if json:
        output.document(report)
    else:
        output.report(f"{report['entries']} payments of {report['ledgers']} orders", report["differences"])
