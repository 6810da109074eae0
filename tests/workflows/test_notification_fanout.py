"""Every branch of notification_fanout."""

from pathlib import Path
from typing import Any

from tests.workflows.asl_runner import Result, TaskError, run

MACHINE = Path(__file__).parents[2] / "statemachines/notification_fanout.asl.json"
EVENT = {"id": "chg_1", "type": "ShipmentShipped", "brand": "larkspur", "order_id": "ord_1", "moment": "shipped"}
MESSAGES = [{"brand": "larkspur", "order_id": "ord_1", "message_id": f"msg_{n}"} for n in range(3)]


def fanout(event: Any = EVENT, **mocks: Any) -> Result:
    planned = {"PlanMessages": {"Payload": {"messages": MESSAGES}}, "SendMessage": {"Payload": {"state": "sent"}}}
    return run(MACHINE, event, {**planned, "RecordFailure": {"MessageId": "1"}, **mocks})


def test_each_planned_message_is_sent() -> None:
    result = fanout()
    assert (result.status, result.output) == ("SUCCEEDED", {"messages": 3})
    assert result.arguments("PlanMessages")[0]["Payload"] == EVENT
    sent = sorted((call["Payload"] for call in result.arguments("SendMessage")), key=lambda p: p["message_id"])
    assert sent == [{"action": "send", **message} for message in MESSAGES]


def test_a_single_message_still_is_a_list() -> None:
    result = fanout(PlanMessages={"Payload": {"messages": MESSAGES[:1]}})
    assert (result.status, result.output) == ("SUCCEEDED", {"messages": 1})


def test_nothing_planned_is_nothing_sent() -> None:
    result = fanout(PlanMessages={"Payload": {"messages": []}})
    assert (result.status, result.output, result.arguments("SendMessage")) == ("SUCCEEDED", {"messages": 0}, [])


def test_the_sweep_brings_messages_that_are_planned_already() -> None:
    result = fanout({"messages": MESSAGES[:1]})
    assert (result.status, result.output) == ("SUCCEEDED", {"messages": 1})
    assert "PlanMessages" not in result.path
    assert len(result.arguments("SendMessage")) == 1


def test_a_provider_that_is_down_is_asked_again() -> None:
    result = fanout({"messages": MESSAGES[:1]}, SendMessage=[TaskError("TransientError")] * 3 + [{"Payload": {}}])
    assert result.status == "SUCCEEDED"
    assert len(result.arguments("SendMessage")) == 4


def test_a_message_that_fails_is_recorded_and_keeps_no_other_from_being_sent() -> None:
    def send(arguments: Any) -> Any:
        if arguments["Payload"]["message_id"] == "msg_1":
            raise TaskError("PermanentProviderError", "no such mailbox")
        return {"Payload": {"state": "sent"}}

    result = fanout(SendMessage=send, FailMessage={"Payload": {"state": "failed"}})
    assert (result.status, result.output) == ("SUCCEEDED", {"messages": 3})
    assert len(result.arguments("SendMessage")) == 3
    assert [call["Payload"] for call in result.arguments("FailMessage")] == [
        {"action": "fail", **MESSAGES[1], "error": "PermanentProviderError"}
    ]


def test_a_failure_that_cannot_be_recorded_is_left_to_the_sweep_and_kept() -> None:
    result = fanout(
        {"messages": MESSAGES[:1]}, SendMessage=TaskError("Lambda.Unknown"), FailMessage=TaskError("TransientError")
    )
    assert (result.status, result.error) == ("FAILED", "FanoutFailed")
    assert "LeaveMessageToSweep" in result.path
    (kept,) = result.arguments("RecordFailure")
    assert kept["MessageBody"]["step"] == "FailMessage"


def test_an_event_that_cannot_be_planned_is_kept_whole() -> None:
    result = fanout(PlanMessages=TaskError("InvalidInputError", "shopper@example.com"))
    assert (result.status, result.error) == ("FAILED", "FanoutFailed")
    (kept,) = result.arguments("RecordFailure")
    assert kept["QueueUrl"] == "${FanoutFailureQueue}"
    body = kept["MessageBody"]
    assert (body["step"], body["error"], body["input"]) == ("PlanMessages", "InvalidInputError", EVENT)
    assert "example.com" not in str(body)


def test_planning_is_tried_again_before_it_fails() -> None:
    result = fanout(PlanMessages=TaskError("TransientError"))
    assert len(result.arguments("PlanMessages")) == 6
    assert result.status == "FAILED"


def test_a_queue_that_refuses_still_ends_in_failure() -> None:
    result = fanout(PlanMessages=TaskError("KeyError"), RecordFailure=TaskError("SQS.SqsException"))
    assert (result.status, result.error) == ("FAILED", "FanoutFailed")


def test_a_queue_that_is_busy_is_asked_again() -> None:
    busy = [TaskError("Lambda.TooManyRequestsException")] * 2
    result = fanout(PlanMessages=TaskError("KeyError"), RecordFailure=[*busy, {"MessageId": "1"}])
    assert len(result.arguments("RecordFailure")) == 3
    assert (result.status, result.error) == ("FAILED", "FanoutFailed")


def test_recording_a_failure_is_tried_again() -> None:
    result = fanout(
        {"messages": MESSAGES[:1]},
        SendMessage=TaskError("KeyError"),
        FailMessage=[TaskError("ConflictError"), {"Payload": {"state": "failed"}}],
    )
    assert (result.status, result.output) == ("SUCCEEDED", {"messages": 1})
    assert len(result.arguments("FailMessage")) == 2


def test_a_send_that_takes_too_long_is_left_to_its_record() -> None:
    """The function may still be at it: its message says how far it came."""
    result = fanout({"messages": MESSAGES[:1]}, SendMessage=TaskError("States.Timeout"), FailMessage={"Payload": {}})
    assert len(result.arguments("SendMessage")) == 1
    assert [call["Payload"]["error"] for call in result.arguments("FailMessage")] == ["States.Timeout"]


def test_an_answer_without_messages_is_a_failure_of_planning() -> None:
    result = fanout(PlanMessages={"Payload": {}})
    (kept,) = result.arguments("RecordFailure")
    assert (result.status, kept["MessageBody"]["step"]) == ("FAILED", "PlanMessages")


def test_messages_that_are_none_are_kept() -> None:
    result = fanout({"messages": "msg_1"})
    (kept,) = result.arguments("RecordFailure")
    assert (result.status, kept["MessageBody"]["step"]) == ("FAILED", "SendMessages")
    assert kept["MessageBody"]["input"] == {"messages": "msg_1"}
