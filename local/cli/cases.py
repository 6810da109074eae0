"""`porchlight cases`: questions that late parcels put to people: list them, look at one with its reasons, decide it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.options import Brand, Json, Region, Stage, brands, opened
from local.console import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from porchlight.domain.cases import Case
    from porchlight.domain.delays import DelayDecision
    from porchlight.runtime.bootstrap import App

commands = typer.Typer(
    name="cases",
    help="Questions that late parcels put to people of the brand: list them, look at one, decide it.",
    no_args_is_help=True,
)

CaseId = Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it: cse_…")]


@commands.command("list")
def list_cases(
    brand: Brand = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many of each brand.")] = 100,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """What waits for a person, the nearest deadline first. Exit code 0, also when nothing does."""
    from porchlight.services.cases import open_cases, show

    output = Output(json)
    with opened(output, stage, region) as stack:
        app = stack.app()
        now = app.clock()
        found = [case for name in brands(brand) for case in open_cases(app.cases, name, now, limit)]
    found.sort(key=lambda case: (case.deadline, case.case_id))
    if json:
        output.document({"cases": [{"brand": case.brand, **show(case)} for case in found]})
    elif not found:
        output.say("No case waits for a person.")
    else:
        output.report("Cases", [_row(case, now) for case in found])
        output.say("Look at one: porchlight cases show ID   Decide: porchlight cases decide ID ANSWER")


@commands.command()
def show(case_id: CaseId, brand: Brand = None, stage: Stage = None, region: Region = None, json: Json = False) -> None:
    """One case: what is asked, the numbers behind it, and all that was decided about the delay before.

    Exit code 1 if it is not there.
    """
    from porchlight.services.cases import show as shown

    output = Output(json)
    with opened(output, stage, region) as stack:
        app = stack.app()
        case = _find(app, brands(brand), case_id)
        decisions = _decisions(app, case) if case else []
        now = app.clock()
    if case is None:
        output.fail(f"There is no case {case_id}.")
    if json:
        story = [decision.model_dump(mode="json") for decision in decisions]
        output.document({"brand": case.brand, **shown(case), "decisions": story})
        return
    for name, value in {**_row(case, now), "opened": f"{case.opened_at:%Y-%m-%d %H:%M} UTC", **_answer(case)}.items():
        output.say(f"{name:<10}  {value}")
    facts = ", ".join(f"{name} {value}" for name, value in case.facts.items() if value not in (None, ""))
    output.say(f"\nKnown: {facts or 'nothing more'}\n")
    if decisions:
        output.report("Decided before (UTC)", [_decided(decision) for decision in decisions])
    if case.shipment_id:
        output.say(f"The whole story: porchlight shipment show {case.shipment_id}")


@commands.command()
def decide(
    case_id: CaseId,
    answer: Annotated[str, typer.Argument(help="One of its options: keep_waiting, cancel, resend, refund …")],
    note: Annotated[str, typer.Option("--note", "-n", help="Why; for those who read the story later.")] = "",
    brand: Brand = None,
    stage: Stage = None,
    region: Region = None,
    json: Json = False,
) -> None:
    """Answer a case; the playbook goes on with that. The first answer counts; the same one again changes nothing.

    Exit code 1 if it is not there, asks no more, or was answered otherwise.
    """
    from porchlight.domain.remedies import Remedy
    from porchlight.services.cases import AnswerDesk
    from porchlight.services.cases import show as shown

    output = Output(json)
    with opened(output, stage, region) as stack:
        app = stack.app()
        case = _find(app, brands(brand), case_id)
        if case is None:
            output.fail(f"There is no case {case_id}.")
        options = [option.value for option in case.options]
        if answer not in options:
            raise typer.BadParameter(f"it offers {', '.join(options)}", param_hint="ANSWER")
        desk = AnswerDesk(app.cases, app.shipments, app.orders)
        decided = desk.answer(case.brand, case_id, Remedy(answer), "person:console", app.clock(), note[:500])
    if json:
        output.document(shown(decided))
    else:
        output.say(f"{case_id}: {_words(answer)}. The playbook goes on within seconds.")


def _find(app: App, of: Sequence[str], case_id: str) -> Case | None:
    return next((case for brand in of if (case := app.cases.get(brand, case_id))), None)


def _decisions(app: App, case: Case) -> list[DelayDecision]:
    """What was decided about the case's delay."""
    found: list[DelayDecision] = []
    if case.shipment_id:
        found = app.decisions.of_shipment(case.brand, case.shipment_id)
    elif case.order_id:
        found = app.decisions.of_order(case.brand, case.order_id)
    return [decision for decision in found if decision.delay_id == case.delay_id]


def _row(case: Case, now: datetime) -> dict[str, object]:
    return {
        "id": case.case_id,
        "brand": case.brand,
        "about": case.shipment_id or case.order_id or case.facts.get("lane", ""),
        "kind": _words(case.kind.value),
        "options": ", ".join(option.value for option in case.options),
        "default": case.default.value,
        "deadline": f"{case.deadline:%Y-%m-%d %H:%M} UTC ({_left(case, now)})",
    }


def _left(case: Case, now: datetime) -> str:
    hours = (case.deadline - now).total_seconds() / 3600
    if hours <= 0:
        return "over"
    return f"in {hours / 24:.0f} days" if hours >= 48 else f"in {max(hours, 1):.0f} hours"


def _answer(case: Case) -> dict[str, str]:
    """What has become of it."""
    if case.decision is None or case.decided_at is None:
        return {"state": case.state.value}
    noted = f": {case.note}" if case.note else ""
    by = f"by {case.decided_by}, {case.decided_at:%Y-%m-%d %H:%M} UTC"
    return {"state": f"{_words(case.decision.value)} {by}{noted}"}


def _decided(decision: DelayDecision) -> dict[str, object]:
    facts = ", ".join(f"{name} {value}" for name, value in decision.facts.items() if value not in (None, ""))
    return {
        "when": f"{decision.at:%Y-%m-%d %H:%M}",
        "by": decision.by,
        "what": _words(decision.step or decision.change.value),
        "numbers": facts[:160],
    }


def _words(value: str) -> str:
    return value.replace("_", " ")
