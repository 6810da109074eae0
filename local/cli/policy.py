"""`porchlight policy`: is a returns policy right, why was a return decided as it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.options import Brand, Json, Region, Stage, brands, opened
from local.cli.policy_replay import replay
from local.console import Output

if TYPE_CHECKING:
    from layers.brand.policy_files import Found
    from porchlight.domain.policy.conditions import Looked
    from porchlight.domain.policy.explain import Explanation, RuleSeen
    from porchlight.domain.returns import Return

commands = typer.Typer(
    name="policy",
    help="Returns policies: check one, see why a return was decided, try one on past returns.",
    no_args_is_help=True,
)

commands.command()(replay)

BRANDS = Path(__file__).resolve().parents[2] / "brand"

Files = Annotated[
    list[Path] | None, typer.Argument(metavar="[FILE]…", help="policies/returns.yaml; those of all brands without it.")
]


@commands.command()
def check(files: Files = None, json: Json = False) -> None:
    """What is wrong with policies, with line and column: unknown fields, contradictions, rules that never take effect.
    Ends with 1 where something is an error; warnings are for you to think about.
    """
    from datetime import UTC, datetime

    from layers.brand import policy_files

    output = Output(json)
    wanted = files or [_from_here(file) for file in sorted(BRANDS.glob(f"*/{policy_files.PLACE}"))]
    if missing := next((file for file in wanted if not file.is_file()), None):
        output.fail(f"There is no file {missing}.", 2)
    today = datetime.now(UTC).date()
    read = {file: policy_files.read(file, today) for file in wanted}
    found = [one for _, problems in read.values() for one in sorted(problems, key=lambda one: (one.line, one.column))]
    wrong = policy_files.errors(found)
    if json:
        output.document({"policies": [_checked(file, *one) for file, one in read.items()]})
    for one in () if json else found:
        output.say(str(one))
    if not json:
        rules = sum(len(policy.rules) for policy, _ in read.values() if policy)
        told = f"{_count(len(wanted), 'policy', 'policies')}, {_count(rules, 'rule')}"
        output.say(f"{told}: {_count(len(wrong), 'error')}, {_count(len(found) - len(wrong), 'warning')}")
    if wrong:
        raise typer.Exit(1)


@commands.command()
def explain(
    return_id: Annotated[str, typer.Argument(metavar="ID", help="The return: rma_…")],
    brand: Brand = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Why a return was decided as it was: which rule said what, on which facts, what the law added, what it is worth.

    Nobody's name or address is shown. Exit code 1 if there is no such return.
    """
    from porchlight.domain.policy.explain import explain as explained

    output = Output(json)
    with opened(output, stage, region) as stack:
        app = stack.app()
        found = next((one for name in brands(brand) if (one := app.returns.get(name, return_id))), None)
        if found is None:
            output.fail(f"There is no return {return_id}.")
        policy = app.brands.get(found.brand).returns
    told = explained(found, policy)
    if json:
        output.document(_document(found, told, policy.version))
        return
    for name, value in _facts(found, told, policy.version).items():
        output.say(f"{name:<10}  {value}")
    output.say("")
    tables: dict[str, list[dict[str, object]]] = {
        "Terms": [_aspect(one) for one in told.aspects],
        "Refused lines": [
            {"line": line, "code": code, "rule": rule or "no policy's"} for line, (code, rule) in told.refused.items()
        ],
        "Rules that held": [_rule(one, several=len(found.lines) > 1) for one in told.rules],
        "Risk": [{"signal": _words(name), "points": points} for name, points in _risk(found).items()],
        "Money": [{"part": name, "amount": amount} for name, amount in _parts(found).items()],
    }
    decisions = [
        {
            "when (UTC)": f"{one.decided_at:%Y-%m-%d %H:%M}",
            "outcome": one.outcome.value,
            "why": _words(one.rule),
            "by": one.decided_by,
            "note": one.note,
        }
        for one in found.decisions
    ]
    more = {name: rows for name, rows in tables.items() if rows}
    output.report("Decisions", decisions, more=more)


@commands.command()
def schema() -> None:
    """The JSON Schema of policies/returns.yaml, for editors."""
    from layers.brand import policy_files

    Output().document(policy_files.schema())


def _from_here(file: Path) -> Path:
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file


def _checked(file: Path, policy: Any, found: list[Found]) -> dict[str, Any]:
    return {
        "file": str(file),
        "version": policy.version if policy else None,
        "problems": [one.document() for one in found],
    }


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _facts(found: Return, told: Explanation, now: str) -> dict[str, str]:
    """What it is, in a few lines."""
    terms, facts = found.terms, found.facts
    policy = terms.policy_version if terms else found.policy_version
    if not told.aspects:
        policy = f"{policy or 'not known'}: it was asked for before terms were kept"
    elif not told.same_policy:
        policy = f"{policy}; now it is {now}, so the rules themselves are not shown"
    tiers = {order.tier for order in facts.orders.values() if order.tier} if facts else set()
    shown = {
        "return": f"{found.return_id} of {found.brand}, {found.state.value.replace('_', ' ')}",
        "order": ", ".join(found.order_ids),
        "asked": f"{found.requested_at:%Y-%m-%d %H:%M} UTC by {found.source}: {found.kind.value}, "
        f"for {_words(found.resolution.value)}, by {_words(found.method.value)}",
        "policy": policy,
        "tier": ", ".join(sorted(tiers)),
        "risk": f"{found.risk.level.value} ({found.risk.score} of 100)" if found.risk else "",
    }
    return {name: value for name, value in shown.items() if value}


def _aspect(one: Any) -> dict[str, object]:
    row = {"about": _words(one.aspect), "says": _words(one.value), "rule": one.rule}
    return {**row, "the policy said": _words(one.instead_of)} if one.instead_of else row


def _rule(one: RuleSeen, *, several: bool) -> dict[str, object]:
    facts = "; ".join(_looked(looked) for looked in one.looked) or "always"
    decides = ", ".join(_words(name) for name in one.decides) or "nothing: said before"
    line = {"line": f"{one.order_id}/{one.line_id}"} if several else {}
    return {**line, "rule": one.rule, "decides": decides, "because": facts}


def _looked(one: Looked) -> str:
    """``days since delivery is 20 (above 14)``."""
    from porchlight.domain.policy.explain import wanted_in_words

    if isinstance(one.fact, tuple):
        shown = ", ".join(one.fact) or "none"
    elif isinstance(one.fact, bool):
        shown = "yes" if one.fact else "no"
    else:
        shown = "not known" if one.fact is None else str(one.fact)
    wanted = wanted_in_words(one.wanted)
    return f"{_words(one.name)} is {shown}" + (f" ({wanted})" if wanted != shown else "")


def _risk(found: Return) -> dict[str, int]:
    return found.risk.reasons if found.risk else {}


def _parts(found: Return) -> dict[str, str]:
    from porchlight.domain.money import Money

    if not (parts := found.parts):
        return {}
    named = {name: getattr(parts, name) for name in ("items", "shipping", "fee", "deduction", "capped", "bonus")}
    shown = {name: Money(amount=minor, currency=parts.currency).label() for name, minor in named.items() if minor}
    tax = {"tax in it": Money(amount=parts.tax, currency=parts.currency).label()} if parts.tax else {}
    return {**shown, "together": parts.total.label(), **tax}


def _document(found: Return, told: Explanation, now: str) -> dict[str, Any]:
    """All of it, for programs."""
    kept = {"state", "kind", "resolution", "method", "decisions", "facts", "terms", "risk", "parts", "policy_version"}
    return {
        "return_id": found.return_id,
        "brand": found.brand,
        "orders": list(found.order_ids),
        **found.model_dump(mode="json", include=kept),
        "policy_now": now,
        "same_policy": told.same_policy,
        "aspects": [vars(one) for one in told.aspects],
        "refused": {line: {"code": code, "rule": rule} for line, (code, rule) in told.refused.items()},
        "rules": [
            {
                **{name: getattr(one, name) for name in ("rule", "note", "order_id", "line_id", "decides")},
                "facts": [
                    {"name": look.name, "fact": look.fact, "holds": look.holds} | {"wanted": _wanted(look)}
                    for look in one.looked
                ],
            }
            for one in told.rules
        ],
    }


def _wanted(one: Looked) -> str:
    from porchlight.domain.policy.explain import wanted_in_words

    return wanted_in_words(one.wanted)


def _words(text: str) -> str:
    return text.replace("_", " ")
