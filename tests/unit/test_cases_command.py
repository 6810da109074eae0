"""`porchlight cases`: what waits for people, with its reasons, and the answer."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from local.cli import app
from local.stack import Stack
from porchlight.domain.cases import CaseState
from porchlight.domain.remedies import Remedy
from tests.fakes import FakeDecisions
from tests.unit.late import LATE, World, with_playbooks

ASKS = {"step": "open_case", "days": 3, "options": ["keep_waiting", "refund"], "default": "refund"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A stalled parcel about which a person is asked."""
    made = World(with_playbooks(stalled=[ASKS]))
    made.declare()
    made.next(LATE)
    ports = SimpleNamespace(
        cases=made.cases,
        shipments=made.shipments,
        orders=made.orders,
        decisions=FakeDecisions(made.shipments),
        clock=lambda: LATE + timedelta(hours=1),
    )
    monkeypatch.setattr(Stack, "open", lambda stage, region: SimpleNamespace(app=lambda: ports))
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["cases", *arguments])


def document(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def test_what_waits_is_listed_with_its_deadline_and_default(world: World) -> None:
    said = run("list")
    assert said.exit_code == 0, said.output
    assert world.open_case.case_id in said.stdout
    (listed,) = document("list", "--brand", "larkspur")["cases"]
    assert (listed["brand"], listed["default"], listed["state"]) == ("larkspur", "refund", "open")


def test_a_case_is_shown_with_the_numbers_and_decisions_behind_it(world: World) -> None:
    case = world.open_case
    said = run("show", case.case_id).stdout
    assert "limit_hours 96" in said
    assert f"porchlight shipment show {case.shipment_id}" in said
    told = document("show", case.case_id)
    assert [decision["change"] for decision in told["decisions"]] == ["declared", "step"]


def test_it_is_decided_once(world: World) -> None:
    case = world.open_case
    for _ in range(2):
        said = run("decide", case.case_id, "refund", "--note", "gone")
        assert said.exit_code == 0, said.output
    decided = world.cases.records["larkspur", case.case_id]
    assert (decided.state, decided.decision, decided.decided_by, decided.note) == (
        CaseState.DECIDED,
        Remedy.REFUND,
        "person:console",
        "gone",
    )
    assert run("decide", case.case_id, "keep_waiting").exit_code == 1
    assert run("list").stdout.strip() == "No case waits for a person."
    assert "refund by person:console" in run("show", case.case_id).stdout


def test_what_is_not_there_or_not_offered_is_refused(world: World) -> None:
    assert run("show", "cse_none").exit_code == 1
    assert run("decide", "cse_none", "refund").exit_code == 1
    assert run("decide", world.open_case.case_id, "resend").exit_code == 2
    assert world.open_case.state is CaseState.OPEN
