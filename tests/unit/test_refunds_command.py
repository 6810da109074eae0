"""`porchlight refunds reconcile`: the hourly comparison by hand."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from local.cli import app
from local.stack import Stack
from porchlight.services.reconcile_refunds import Difference, Report

STUCK = Difference(
    brand="larkspur", order_id="ord_1", return_id="rma_1", key="rfd_1", why="stuck", minor=5_000, currency="EUR"
)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the function answers with; it may be replaced."""
    report = Report(ledgers=2, entries=3, differences=(STUCK,))
    found: dict[str, Any] = {"Payload": report.model_dump_json().encode()}

    def invoke(FunctionName: str, Payload: bytes) -> dict[str, Any]:
        assert (FunctionName, Payload) == ("the-function", b"{}")
        return {**found, "Payload": io.BytesIO(found["Payload"])}

    outputs = {"ReconcileRefundsName": "the-function"}
    stack = SimpleNamespace(client=lambda *_, **__: SimpleNamespace(invoke=invoke), outputs=outputs)
    monkeypatch.setattr(Stack, "open", lambda stage, region: stack)
    return found


def test_what_is_stuck_is_named(answer: dict[str, Any]) -> None:
    told = CliRunner().invoke(app, ["refunds", "reconcile"], env={"COLUMNS": "200"})
    assert told.exit_code == 0
    assert "3 payments of 2 orders" in told.output
    assert all(word in told.output for word in ("rma_1", "ord_1", "stuck"))


def test_for_machines(answer: dict[str, Any]) -> None:
    told = CliRunner().invoke(app, ["refunds", "reconcile", "--json"])
    assert json.loads(told.stdout)["differences"] == [STUCK.model_dump()]


def test_a_run_that_fails_says_so_without_quoting(answer: dict[str, Any]) -> None:
    answer |= {"FunctionError": "Unhandled", "Payload": b'{"errorType": "TransientError", "errorMessage": "secret"}'}
    told = CliRunner().invoke(app, ["refunds", "reconcile"])
    assert told.exit_code != 0
    assert "TransientError" in told.output
    assert "secret" not in told.output
