"""Every branch of delay_detection."""

from pathlib import Path
from typing import Any

from tests.workflows.asl_runner import Result, TaskError, run

MACHINE = Path(__file__).parents[2] / "statemachines/delay_detection.asl.json"
INPUT = {"brand": "larkspur", "shipment_id": "shp_1", "delay_id": "dly_1"}


def status(outcome: str, seen: int = 1, wait: int = 60) -> dict[str, Any]:
    return {"Payload": {"outcome": outcome, "delay_id": "dly_1", "seen": seen, "wait_seconds": wait}}


def detect(**mocks: Any) -> Result:
    usual = {"AssessDelay": status("late"), "AwaitNews": {"purpose": "delay"}, "SettleDelay": status("recovered")}
    return run(MACHINE, INPUT, {**usual, "RecordFailure": {"MessageId": "1"}, **mocks})


def test_a_suspicion_that_news_has_refuted_ends_at_once() -> None:
    result = detect(AssessDelay=status("not_late"))
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": "not_late"})
    assert result.path == ["AssessDelay", "IsParcelLate?", "DropSuspicion"]


def test_a_declared_delay_waits_for_news_and_recovers() -> None:
    result = detect()
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": "recovered"})
    (payload,) = (call["Payload"] for call in result.arguments("AwaitNews"))
    assert payload.pop("token")
    assert payload == {"purpose": "delay", "brand": "larkspur", "shipment_id": "shp_1", "seen": 1}
    (settled,) = result.arguments("SettleDelay")
    assert settled["Payload"] == {
        "action": "settle",
        "brand": "larkspur",
        "shipment_id": "shp_1",
        "delay_id": "dly_1",
    }


def test_news_that_is_no_movement_waits_on_from_what_was_seen() -> None:
    result = detect(SettleDelay=[status("late", seen=4), status("resolved", seen=5)])
    assert result.output == {"outcome": "resolved"}
    assert [call["Payload"]["seen"] for call in result.arguments("AwaitNews")] == [1, 4]


def test_the_deadline_is_settled_too() -> None:
    result = detect(AwaitNews=TaskError("States.Timeout"), SettleDelay=status("unresolved"))
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": "unresolved"})
    assert len(result.arguments("AwaitNews")) == 1


def test_a_delay_that_another_replaced_is_left() -> None:
    assert detect(SettleDelay=status("superseded")).output == {"outcome": "superseded"}


def test_endless_chatter_is_bounded() -> None:
    result = detect(SettleDelay=status("late"))
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": "unresolved"})
    assert len(result.arguments("AwaitNews")) == 100


def test_each_step_is_retried_and_then_kept_for_operators() -> None:
    for step in ("AssessDelay", "AwaitNews", "SettleDelay"):
        again = detect(**{step: [TaskError("TransientError"), TaskError("ConflictError"), status("recovered")]})
        assert again.status == "SUCCEEDED"
        result = detect(**{step: TaskError("NotFoundError")})
        assert (result.status, result.error) == ("FAILED", "DelayDetectionFailed")
        (kept,) = result.arguments("RecordFailure")
        assert kept["QueueUrl"] == "${DelayFailureQueue}"
        assert kept["MessageBody"]["step"] == step
        assert kept["MessageBody"]["error"] == "NotFoundError"
        assert kept["MessageBody"]["input"] == INPUT
        assert result.cause == f"Step {step} failed with NotFoundError"


def test_a_queue_that_refuses_still_ends_in_failure() -> None:
    result = detect(AssessDelay=TaskError("KeyError"), RecordFailure=TaskError("SQS.SqsException"))
    assert (result.status, result.error) == ("FAILED", "DelayDetectionFailed")
