"""`porchlight explain`: why was this sent, and why was that not."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.options import Brand, Json, Region, Stage, brands, opened
from local.console import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from porchlight.services.explain_messages import MessageExplainer

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
    from porchlight.services.explain_messages import MessageExplainer

    output = Output(json)
    with opened(output, stage, region) as stack:
        app = stack.app()
        told = _find(MessageExplainer(app.orders, app.shipments, app.catalogues), brands(brand), subject)
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


def _find(explainer: MessageExplainer, of: Sequence[str], subject: str) -> dict[str, Any] | None:
    from porchlight.errors import NotFoundError

    kind = "order" if subject.startswith("ord_") else "shipment"
    for brand in of:
        for key in _keys(brand, subject):
            try:
                return {"brand": brand, **explainer.ask(brand, **{kind: key})}
            except NotFoundError:
                continue
    return None


def _keys(brand: str, subject: str) -> Sequence[str]:
    """Ids of ours that it may mean."""
    from porchlight.carriers.registry import carrier_ids
    from porchlight.domain.ids import shipment_id

    if subject.startswith(("ord_", "shp_")):
        return [subject]
    return [shipment_id(brand, carrier, subject) for carrier in carrier_ids()]


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
