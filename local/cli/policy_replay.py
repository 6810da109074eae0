"""`porchlight policy replay`: what another policy would have decided about past returns."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.options import Brand, Json, Region, Stage, brands, opened
from local.console import Output

if TYPE_CHECKING:
    from porchlight.domain.policy.model import ReturnsPolicy
    from porchlight.domain.policy.replay import Replay

_SHOWN = 20


def replay(
    policy: Annotated[Path, typer.Option("--policy", "-p", help="The policy to try: a returns.yaml.")],
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day (UTC).")],
    until: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day (UTC).")],
    brand: Brand = None,
    html: Annotated[Path | None, typer.Option("--html", help="Also write a page with charts into this file.")] = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """What this policy would have decided about the returns of those days: decisions, terms, money, shoppers by tier,
    rules. From the facts that were written down with each; nothing is changed.

    Without --brand: the brand in whose folder the policy lies, or all of them.
    """
    output = Output(json)
    if until < since:
        raise typer.BadParameter("ends before --from", param_hint="--to")
    tried = _read(output, policy)
    wanted = brands(brand or _owner(policy))
    begins, ends = (day.replace(tzinfo=UTC) for day in (since, until + timedelta(days=1)))
    with opened(output, stage, region) as stack:
        app = stack.app()
        found = {name: _replayed(output, app, name, tried, begins, ends) for name in wanted}
    document = _document(tried, since.date(), until.date(), found)
    if html:
        from local.policies.chart import page

        html.write_text(page(document), encoding="utf-8")
    if json:
        output.document(document)
        return
    for one in document["brands"]:
        _show(output, one, tried.version)
    if html:
        output.say(f"The charts: {html}")


def _read(output: Output, file: Path) -> ReturnsPolicy:
    from layers.brand import policy_files

    policy, found = policy_files.read(file)
    if policy is None or policy_files.errors(found):
        output.fail("\n".join(str(one) for one in policy_files.errors(found)))
    return policy


def _owner(file: Path) -> str | None:
    """The brand in whose folder the policy lies."""
    from local.stack import brand_ids

    folder = file.resolve().parent.parent
    return folder.name if folder.parent.name == "brand" and folder.name in brand_ids() else None


def _replayed(output: Output, app: Any, brand: str, policy: ReturnsPolicy, since: datetime, until: datetime) -> Replay:
    from local.policies.past import past_returns
    from porchlight.domain.policy.replay import Replay, compare

    whole = Replay()
    with output.step(f"Reading the returns of {brand}") as step:
        for number, past in enumerate(past_returns(app, brand, since, until), 1):
            whole.add(compare(past, policy))
            step.detail(f"{number:,} returns, {past.request.requested_at:%Y-%m-%d}")
    return whole


def _document(policy: ReturnsPolicy, since: date, until: date, found: dict[str, Replay]) -> dict[str, Any]:
    return {
        "policy": policy.version,
        "from": since.isoformat(),
        "to": until.isoformat(),
        "brands": [{"brand": brand, **replay.document()} for brand, replay in found.items()],
    }


def _show(output: Output, one: dict[str, Any], version: str) -> None:
    from local.policies.chart import bars

    if one["left_out"]:
        why = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in one["left_out"].items())
        output.say(f"{one['brand']}: not compared: {why}")
    if not one["compared"]:
        output.say(f"{one['brand']}: no return of these days can be compared.")
        return
    output.say("")
    output.say(f"{one['brand']}: {one['changed']:,} of {one['compared']:,} returns would be different under {version}")
    output.say("")
    for line in bars(one["decisions"], "decision"):
        output.say(line)
    output.say("")
    tables = {
        "Decisions that change": [_words(row) for row in one["moves"]],
        "Terms that change": [_words(row) for row in one["terms"]],
        "Shoppers by tier": [row | {"money": _amounts(row["money"])} for row in one["tiers"]],
        "Rules: in how many returns each decides something": one["rules"],
        f"Returns, the first {_SHOWN} of {one['changed']:,}": [_return(row) for row in one["changed_returns"][:_SHOWN]],
    }
    output.report(
        "Money", [_money(row) for row in one["money"]], more={name: rows for name, rows in tables.items() if rows}
    )


def _words(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.replace("_", " ") if isinstance(value, str) else value for name, value in row.items()}


def _money(row: dict[str, Any]) -> dict[str, object]:
    from local.policies.chart import money_label

    sides = {side: money_label(row[side], row["currency"]) for side in ("before", "after", "difference")}
    return {"money": row["money"], **sides}


def _amounts(found: dict[str, int]) -> str:
    from local.policies.chart import money_label

    return ", ".join(money_label(minor, currency) for currency, minor in found.items()) or "the same"


def _return(row: dict[str, Any]) -> dict[str, object]:
    before, after = row["before"], row["after"]
    changes = [f"{name.replace('_', ' ')}: {before[name] or 'none'} → {after[name] or 'none'}" for name in row["terms"]]
    if before["outcome"] != after["outcome"] or before["rule"] != after["rule"]:
        changes.insert(0, f"{before['outcome']} ({before['rule']}) → {after['outcome']} ({after['rule']})")
    return {
        "return": row["return"],
        "tier": row["tier"],
        "what changes": "; ".join(changes),
        "they got": _amounts(before["refund"]) if before["refund"] else "nothing",
        "they would get": _amounts(after["refund"]) if after["refund"] else "nothing",
    }
