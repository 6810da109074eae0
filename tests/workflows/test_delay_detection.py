"""Every branch of delay_detection."""

from pathlib import Path
from typing import Any

import pytest

from tests.workflows.asl_runner import Result, TaskError, run

MACHINE = Path(__file__).parents[2] / "statemachines/delay_detection.asl.json"
WHICH = {"brand": "larkspur", "shipment_id": "shp_1", "order_id": "", "delay_id": "dly_1"}


def assessed(outcome: str) -> dict[str, Any]:
    return {"Payload": {"outcome": outcome, "delay_id": "dly_1"}}


def todo(do: str, *, seen: int = 1, case: str = "", remedy: str = "", outcome: str = "") -> dict[str, Any]:
    payload = {"do": do, "seconds": 60, "case_id": case, "remedy": remedy, "outcome": outcome, "seen": seen}
    return {"Payload": payload}


END = todo("end", outcome="recovered")


def detect(of: dict[str, str] = WHICH, **mocks: Any) -> Result:
    usual = {
        "AssessDelay": assessed("late"),
        "TakeStep": [todo("wait"), END],
        "AwaitNews": {"purpose": "delay"},
        "AwaitDecision": {"purpose": "case"},
        "CarryOutRemedy": {"Payload": {"outcome": "done"}},
        "RecordFailure": {"MessageId": "1"},
    }
    return run(MACHINE, of, {**usual, **mocks})


@pytest.mark.parametrize("outcome", ["not_late", "superseded"])
def test_a_suspicion_that_is_none_any_more_ends_at_once(outcome: str) -> None:
    result = detect(AssessDelay=assessed(outcome))
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": outcome})
    assert result.path == ["AssessDelay", "IsParcelLate?", "DropSuspicion"]


def test_a_declared_delay_waits_for_news_and_recovers() -> None:
    result = detect()
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": "recovered"})
    assert [call["Payload"] for call in result.arguments("AssessDelay")] == [{"action": "assess", **WHICH}]
    (payload,) = (call["Payload"] for call in result.arguments("AwaitNews"))
    assert payload.pop("token")
    assert payload == {"purpose": "delay", "brand": "larkspur", "shipment_id": "shp_1", "order_id": "", "seen": 1}
    steps = [call["Payload"] for call in result.arguments("TakeStep")]
    assert steps == [{"action": "next", **WHICH, "case_id": ""}] * 2


def test_an_order_that_was_not_dispatched_takes_the_same_way() -> None:
    order = {**WHICH, "shipment_id": "", "order_id": "ord_1"}
    result = detect(order, TakeStep=[todo("wait"), todo("remedy", remedy="cancel"), END])
    assert result.status == "SUCCEEDED"
    assert [call["Payload"] for call in result.arguments("CarryOutRemedy")] == [order]
    assert [call["Payload"]["order_id"] for call in result.arguments("AwaitNews")] == ["ord_1"]


def test_news_that_is_no_movement_waits_on_from_what_was_seen() -> None:
    result = detect(TakeStep=[todo("wait"), todo("wait", seen=4), END])
    assert [call["Payload"]["seen"] for call in result.arguments("AwaitNews")] == [1, 4]


def test_the_deadline_of_a_wait_leads_to_the_next_step() -> None:
    end = todo("end", outcome="unresolved")
    result = detect(AwaitNews=TaskError("States.Timeout"), TakeStep=[todo("wait"), end])
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": "unresolved"})
    assert len(result.arguments("AwaitNews")) == 1


@pytest.mark.parametrize("answer", [{"purpose": "case"}, TaskError("States.Timeout")])
def test_a_question_waits_for_its_answer_or_its_deadline(answer: Any) -> None:
    result = detect(AwaitDecision=answer, TakeStep=[todo("case", case="cse_1"), todo("remedy", remedy="refund"), END])
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": "recovered"})
    (payload,) = (call["Payload"] for call in result.arguments("AwaitDecision"))
    assert payload.pop("token")
    assert payload == {
        **{"purpose": "case", "brand": "larkspur", "shipment_id": "shp_1", "order_id": ""},
        **{"case_id": "cse_1", "seen": 1},
    }
    # Then the next step is told which question was waited for, so that it can be closed
    assert [call["Payload"]["case_id"] for call in result.arguments("TakeStep")] == ["", "cse_1", ""]
    assert [call["Payload"] for call in result.arguments("CarryOutRemedy")] == [WHICH]


def test_a_system_that_is_down_is_asked_again_each_hour() -> None:
    down = [TaskError("TransientError")] * 7 + [{"Payload": {"outcome": "done"}}]
    result = detect(CarryOutRemedy=down, TakeStep=[todo("remedy", remedy="refund"), END])
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": "recovered"})
    assert result.path.count("WaitForProvider") == 1


def test_a_system_that_is_down_for_two_days_is_a_failure_for_operators() -> None:
    result = detect(CarryOutRemedy=TaskError("TransientError"), TakeStep=todo("remedy", remedy="refund"))
    assert (result.status, result.error) == ("FAILED", "DelayDetectionFailed")
    assert result.path.count("WaitForProvider") == 47
    (kept,) = result.arguments("RecordFailure")
    assert (kept["MessageBody"]["step"], kept["MessageBody"]["error"]) == ("CarryOutRemedy", "TransientError")


@pytest.mark.parametrize("do", ["wait", "case"])
def test_endless_chatter_is_bounded(do: str) -> None:
    result = detect(TakeStep=todo(do, case="cse_1"))
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": "unresolved"})
    assert len(result.arguments("AwaitNews") + result.arguments("AwaitDecision")) == 699


def test_each_step_is_retried_and_then_kept_for_operators() -> None:
    ways = {
        "AssessDelay": assessed("late"),
        "TakeStep": END,
        "AwaitNews": {"purpose": "delay"},
        "AwaitDecision": {"purpose": "case"},
        "CarryOutRemedy": {"Payload": {"outcome": "done"}},
    }
    leads = {"AwaitDecision": todo("case", case="cse_1"), "CarryOutRemedy": todo("remedy", remedy="refund")}
    for step, well in ways.items():
        usual = {} if step == "TakeStep" else {"TakeStep": [leads.get(step, todo("wait")), END]}
        again = detect(**{**usual, step: [TaskError("TransientError"), TaskError("ConflictError"), well]})
        assert again.status == "SUCCEEDED"
        result = detect(**{**usual, step: TaskError("NotFoundError")})
        assert (result.status, result.error) == ("FAILED", "DelayDetectionFailed")
        (kept,) = result.arguments("RecordFailure")
        assert kept["QueueUrl"] == "${DelayFailureQueue}"
        assert kept["MessageBody"]["step"] == step
        assert kept["MessageBody"]["error"] == "NotFoundError"
        assert kept["MessageBody"]["input"] == WHICH
        assert result.cause == f"Step {step} failed with NotFoundError"


def test_a_queue_that_refuses_still_ends_in_failure() -> None:
    result = detect(AssessDelay=TaskError("KeyError"), RecordFailure=TaskError("SQS.SqsException"))
    assert (result.status, result.error) == ("FAILED", "DelayDetectionFailed")
