"""`porchlight engagement` and `porchlight experiments`: what shoppers do with messages, and what messages do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.options import Brand, Json, Region, Stage, brands, opened
from local.console import Output

if TYPE_CHECKING:
    from collections.abc import Mapping

commands = typer.Typer()

MOST_DAYS = 366
_GOOD = ("delivered", "opened", "clicked")
_BAD = ("bounced", "undelivered", "complained", "rejected", "opted_out")


@commands.command()
def engagement(
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="So many days, up to today.")] = 28,
    brand: Brand = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """For each moment and channel: how many were delivered, opened, clicked, and what went wrong."""
    from porchlight.services.engagement import EngagementReport

    output = Output(json)
    with opened(output, stage, region) as stack:
        app = stack.app()
        report, today = EngagementReport(app.engagement), app.clock().date()
        found = {name: report.of(name, days, today) for name in brands(brand)}
    if json:
        output.document({"brands": found})
        return
    rows = [{"brand": name, **_counts(one)} for name, told in found.items() for one in told["moments"]]
    if rows:
        output.report(f"Messages of {days} days", rows)
    else:
        output.say(f"No provider has reported on a message in {days} days.")


@commands.command()
def experiments(brand: Brand = None, stage: Stage = None, region: Region = None, json: Json = False) -> None:
    """For each experiment of brand.yaml: what shoppers did who got the moment, and who did not."""
    output = Output(json)
    with opened(output, stage, region) as stack:
        app = stack.app()
        found = {name: app.laboratory.report(app.brands.get(name)) for name in brands(brand)}
    if json:
        output.document({"brands": found})
        return
    told = [(name, one) for name, report in found.items() for one in report]
    if not told:
        output.say("No brand has an experiment (outreach.experiments in brand.yaml).")
    for name, one in told:
        title = f"{name}: {one['experiment']} ({one['version']}), {one['hold_out']:.0%} do not get {one['moment']}"
        output.report(title.replace("_", " "), [_compared(one, effect) for effect in one["differences"]])


def _counts(one: Mapping[str, Any]) -> dict[str, object]:
    """Shares are of those delivered, which is said beside each."""
    delivered = one.get("delivered", 0)
    shares = {name: _share(one.get(name, 0), delivered) for name in _GOOD[1:]}
    bad = {name.replace("_", " "): one.get(name, 0) for name in _BAD}
    return {"moment": one["moment"].replace("_", " "), "channel": one["channel"], "delivered": delivered} | shares | bad


def _share(count: int, of: int) -> str:
    return f"{count / of:.1%} ({count:,} of {of:,})" if of else f"{count:,}"


def _compared(one: Mapping[str, Any], effect: Mapping[str, Any]) -> dict[str, object]:
    """One effect in both parts, each for every shopper in it, and what can be said of the difference."""
    apart = "too few shoppers"
    if effect["difference"] is not None:
        sure = "certain" if effect["certain"] else "may be chance"
        apart = f"{effect['difference']:+.3f} ({effect['low']:+.3f} to {effect['high']:+.3f}): {sure}"
    parts = {arm.replace("_", " "): _rate(one["arms"].get(arm, {}), effect, arm) for arm in ("told", "held_out")}
    return {"effect": effect["effect"].replace("_", " "), **parts, "difference (95 %)": apart}


def _rate(counts: Mapping[str, int], effect: Mapping[str, Any], arm: str) -> str:
    shoppers, count = counts.get("assigned", 0), counts.get(effect["effect"], 0)
    return f"{effect[arm]:.3f} ({count:,} of {shoppers:,} shoppers)" if shoppers else "nobody yet"
