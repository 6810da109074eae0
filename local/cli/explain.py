"""`porchlight explain`: why was this sent, and why was that not."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from local.cli.options import Brand, Json, Region, Stage, brands, opened
from local.console import Output

commands = typer.Typer()


@commands.command()
def explain(
    subject: Annotated[str, typer.Argument(metavar="ID", help="shp_… or ord_…; or a tracking number.")],
    checks: Annotated[bool, typer.Option("--checks", "-c", help="Also each rule that was asked.")] = False,
    brand: Brand = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """For every moment: sent, held, merged or suppressed, and why. Exit code 1 if there is no such parcel or order."""
    from local.explained import find
    from porchlight.services.explain_messages import MessageExplainer

    output = Output(json)
    with opened(output, stage, region) as stack:
        app = stack.app()
        told = find(MessageExplainer(app.orders, app.shipments, app.catalogues), brands(brand), subject)
    if told is None:
        output.fail(f"There is no {subject}.")
    if json:
        output.document(told)
        return
    if not told["messages"]:
        output.say("Nothing was decided yet.")
    else:
        output.report(f"Messages about {subject}", [_row(one) for one in told["messages"]])
    if checks:
        for one in told["messages"]:
            output.report(f"{one['moment']}: {one['message_id']}", [_asked(check) for check in one["checks"]])
    output.report("Moments without a decision", told["moments"])


def _row(one: dict[str, Any]) -> dict[str, object]:
    at = one.get("sent_at") or one["planned_at"]
    return {
        "moment": one["moment"].replace("_", " "),
        "outcome": one["outcome"],
        "channel": one["channel"],
        "when (UTC)": f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M}",
        "why": one["why"],
    }


def _asked(check: dict[str, Any]) -> dict[str, object]:
    detail = ", ".join(f"{name} {value}" for name, value in check.get("detail", {}).items())
    return {
        "rule": check["rule"].replace("_", " "),
        "channel": check.get("channel", ""),
        "said": check["outcome"].replace("_", " "),
        "with": detail,
    }
