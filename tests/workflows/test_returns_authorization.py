"""Every branch of returns_authorization."""

from pathlib import Path
from typing import Any

import pytest

from tests.workflows.asl_runner import Result, TaskError, run

MACHINE = Path(__file__).parents[2] / "statemachines/returns_authorization.asl.json"
INPUT = {"id": "chg_1", "type": "ReturnRequested", "brand": "larkspur", "return_id": "rma_1", "order_id": "ord_1"}
WHICH = {"brand": "larkspur", "return_id": "rma_1"}


def payload(**values: Any) -> dict[str, Any]:
    return {"Payload": values}


def decided(outcome: str) -> dict[str, Any]:
    return payload(outcome=outcome, review_seconds=60)


def scan(outcome: str, seen: int = 0) -> dict[str, Any]:
    return payload(outcome=outcome, seen=seen, wait_seconds=60)


def authorize(**mocks: Any) -> Result:
    usual = {
        "EvaluateReturn": decided("approve"),
        "RequestReview": {"purpose": "review"},
        "SettleReview": decided("approve"),
        "CreateLabel": payload(shipment_id="shp_9", seen=0, wait_seconds=60),
        "AwaitFirstScan": {"purpose": "return"},
        "RecordScan": scan("scanned"),
        "RefundReturn": payload(outcome="refunded"),
        "MarkReturnFailed": payload(outcome="failed"),
    }
    return run(MACHINE, INPUT, usual | mocks)


def test_an_approved_return_gets_its_label_its_scan_and_its_refund() -> None:
    result = authorize()
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": "refunded"})
    assert [call.state for call in result.calls] == [
        "EvaluateReturn",
        "CreateLabel",
        "AwaitFirstScan",
        "RecordScan",
        "RefundReturn",
    ]
    (evaluated,) = result.arguments("EvaluateReturn")
    assert evaluated["Payload"] == {"action": "evaluate", **WHICH, "execution": "test-1"}
    (awaited,) = result.arguments("AwaitFirstScan")
    assert awaited["Payload"].pop("token")
    assert awaited["Payload"] == {"purpose": "return", "brand": "larkspur", "shipment_id": "shp_9", "seen": 0}
    assert result.arguments("RefundReturn")[0]["Payload"] == WHICH


@pytest.mark.parametrize("outcome", ["refuse", "already_decided"])
def test_a_refusal_and_a_second_execution_end_at_the_first_step(outcome: str) -> None:
    result = authorize(EvaluateReturn=decided(outcome))
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": outcome})
    assert len(result.calls) == 1


@pytest.mark.parametrize(("outcome", "end"), [("approve", "refunded"), ("refuse", "refuse")])
def test_a_person_decides(outcome: str, end: str) -> None:
    result = authorize(EvaluateReturn=decided("review"), SettleReview=decided(outcome))
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": end})
    (settled,) = result.arguments("SettleReview")
    assert settled["Payload"] == {"action": "settle_review", **WHICH, "deadline_passed": False}


def test_nobody_decides_in_time_and_the_policy_does() -> None:
    result = authorize(EvaluateReturn=decided("review"), RequestReview=TaskError("States.Timeout"))
    assert result.output == {"outcome": "refunded"}
    assert result.arguments("SettleReview")[0]["Payload"]["deadline_passed"] is True
    assert len(result.arguments("RequestReview")) == 1


def test_a_policy_that_insists_on_a_person_asks_again() -> None:
    result = authorize(
        EvaluateReturn=decided("review"),
        RequestReview=[TaskError("States.Timeout"), {"purpose": "review"}],
        SettleReview=[decided("review"), decided("approve")],
    )
    assert result.output == {"outcome": "refunded"}
    passed = [call["Payload"]["deadline_passed"] for call in result.arguments("SettleReview")]
    assert passed == [True, False]


def test_a_label_event_is_no_scan_and_waiting_goes_on() -> None:
    result = authorize(RecordScan=[scan("waiting", seen=1), scan("scanned")])
    assert result.output == {"outcome": "refunded"}
    assert [call["Payload"]["seen"] for call in result.arguments("AwaitFirstScan")] == [0, 1]


def test_a_parcel_that_is_never_scanned_expires() -> None:
    result = authorize(AwaitFirstScan=TaskError("States.Timeout"), RecordScan=scan("expired"))
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": "expired"})
    assert result.arguments("RefundReturn") == []


def test_a_provider_that_is_down_for_hours_is_asked_again() -> None:
    down = [TaskError("TransientError")] * 13
    result = authorize(RefundReturn=[*down, payload(outcome="refunded")])
    assert result.output == {"outcome": "refunded"}
    assert result.path.count("WaitForProvider") == 2
    assert len(result.arguments("RefundReturn")) == 14


def test_a_provider_that_stays_down_fails_the_return_after_two_days() -> None:
    result = authorize(RefundReturn=TaskError("TransientError"))
    assert (result.status, result.error) == ("FAILED", "ReturnsAuthorizationFailed")
    assert result.path.count("WaitForProvider") == 47
    (marked,) = result.arguments("MarkReturnFailed")
    assert (marked["Payload"]["step"], marked["Payload"]["error"]) == ("RefundReturn", "TransientError")


def test_a_provider_that_refuses_fails_the_return_at_once() -> None:
    result = authorize(RefundReturn=TaskError("PermanentProviderError", "shopper@example.com"))
    assert (result.status, result.error) == ("FAILED", "ReturnsAuthorizationFailed")
    assert len(result.arguments("RefundReturn")) == 1
    (marked,) = result.arguments("MarkReturnFailed")
    assert marked["Payload"] == {
        "action": "fail",
        **WHICH,
        "execution": "test-1",
        "step": "RefundReturn",
        "error": "PermanentProviderError",
    }


@pytest.mark.parametrize(
    "step",
    ["EvaluateReturn", "RequestReview", "SettleReview", "CreateLabel", "AwaitFirstScan", "RecordScan", "RefundReturn"],
)
def test_a_step_that_fails_for_good_marks_the_return(step: str) -> None:
    mocks = {"EvaluateReturn": decided("review"), step: TaskError("NotFoundError")}
    result = authorize(**mocks)
    assert (result.status, result.error, result.cause) == (
        "FAILED",
        "ReturnsAuthorizationFailed",
        f"Step {step} failed with NotFoundError",
    )
    (marked,) = result.arguments("MarkReturnFailed")
    assert marked["Payload"]["step"] == step


def test_a_mark_that_cannot_be_made_still_ends_in_failure() -> None:
    result = authorize(CreateLabel=TaskError("KeyError"), MarkReturnFailed=TaskError("TransientError"))
    assert (result.status, result.error) == ("FAILED", "ReturnsAuthorizationFailed")
