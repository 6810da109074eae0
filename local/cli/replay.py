"""`porchlight replay`: read archived bodies anew, show what would change, then apply it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.options import Json, Region, Stage, brands, opened
from local.console import Output

if TYPE_CHECKING:
    from porchlight.runtime.bootstrap import App
    from porchlight.services.replay import Replay, ShipmentDiff, Window

commands = typer.Typer()

_SHOWN = 30
"""Parcels in the table; the sum counts all, and `--json` has all."""


@commands.command("replay")
def replay_command(
    source: Annotated[str, typer.Option("--carrier", "-c", help="The carrier or aggregator whose bodies are read.")],
    since: Annotated[
        datetime, typer.Option("--from", help="Bodies that reached us from this day or instant on (UTC).")
    ],
    until: Annotated[datetime, typer.Option("--to", help="… and before this one (UTC).")],
    brand: Annotated[str | None, typer.Option("--brand", "-b", help="Only this brand; all without it.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write the changes without asking.")] = False,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Derive facts and parcels anew from the raw bodies in the archive, with this checkout's connectors.

    For after a parser was mended or a code was given a meaning. What would change is shown first, and written only when
    you say so. No message is sent for it. Doing it twice changes nothing the second time.
    """
    from porchlight.services.replay import summary

    output, names = Output(json), brands(brand)
    begin, end = _utc(since), _utc(until)
    if end <= begin:
        raise typer.BadParameter("--to has to be after --from", param_hint="--to")
    with opened(output, stage, region) as stack:
        app = stack.app()
        if not any(app.carrier(source, name) for name in names):
            raise typer.BadParameter(f"there is no carrier or aggregator {source!r}", param_hint="--carrier")
        replay, now = _replay(app), app.clock()
        with output.step("Reading the archive") as step:
            progress = lambda bodies: step.detail(f"{bodies:,} bodies")  # noqa: E731 - one expression, used once
            window = replay.read(source, begin, end, brand, progress)
        with output.step("Comparing") as step:
            found: list[ShipmentDiff] = []
            for diff in replay.diffs(window, now):
                found.append(diff)
                step.detail(f"{len(found):,} of {len(window.parcels):,} parcels would change")
        _show(output, window, found)
        if not found or not (apply or _agreed(output)):
            return
        with output.step("Writing", total=len(found)) as step:
            for diff in found:
                replay.apply(window, diff, now)
                step.advance()
    output.say(f"{len(found):,} parcels changed: {summary(found)}. Nobody was told.")


def _replay(app: App) -> Replay:
    from porchlight.services.replay import Replay

    connector = lambda brand, source: app.carrier(source, brand)  # noqa: E731 - one expression, used once
    return Replay(app.archive, app.shipments, app.brands, app.codes, app.lookout, app.dates, connector)


def _utc(moment: datetime) -> datetime:
    from datetime import UTC

    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _agreed(output: Output) -> bool:
    """Asked on a terminal; a script says `--apply`."""
    import sys

    if output.as_json or not sys.stdin.isatty():
        output.say("Nothing was written. Write it with --apply.")
        return False
    return typer.confirm("Write these changes?", err=True)


def _show(output: Output, window: Window, diffs: list[ShipmentDiff]) -> None:
    from porchlight.services.replay import summary

    bodies, unreadable = window.bodies, window.unreadable
    if output.as_json:
        output.document({"bodies": bodies, "unreadable": unreadable, **summary(diffs), "diffs": list(map(_row, diffs))})
        return
    output.say(f"{bodies:,} bodies read, {unreadable:,} of them unreadable today.")
    if not diffs:
        output.say("Nothing would change.")
        return
    output.report("What would change", [_row(diff) for diff in diffs[:_SHOWN]])
    if len(diffs) > _SHOWN:
        output.say(f"… and {len(diffs) - _SHOWN:,} more parcels.")
    output.report("In all", [summary(diffs)])


def _row(diff: ShipmentDiff) -> dict[str, object]:
    before = str(diff.before.milestone) if diff.before else "not there"
    kinds = [(change.before is None, change.after is None) for change in diff.facts]
    return {
        "brand": diff.brand,
        "shipment": diff.shipment_id,
        "before": before,
        "after": str(diff.after.milestone),
        "facts_added": kinds.count((True, False)),
        "facts_changed": kinds.count((False, False)),
        "facts_removed": kinds.count((False, True)),
    }
