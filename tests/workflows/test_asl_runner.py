"""The runner itself, on machines made for it."""

from typing import Any

import pytest

from tests.workflows.asl_runner import TaskError, UnmockedTaskError, run

CALL = "arn:aws:states:::lambda:invoke"


def machine(start: str, **states: Any) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", "StartAt": start, "States": states}


def task(**fields: Any) -> dict[str, Any]:
    arguments = {"FunctionName": "${Function}", "Payload": "{% $states.input %}"}
    return {"Type": "Task", "Resource": CALL, "TimeoutSeconds": 5, "Arguments": arguments, **fields}


def test_a_task_gets_its_arguments_and_substitutions_stay() -> None:
    result = run(machine("A", A=task(End=True)), {"n": 1}, {"A": lambda arguments: {"got": arguments}})
    assert result.output == {"got": {"FunctionName": "${Function}", "Payload": {"n": 1}}}
    assert [(call.state, call.resource) for call in result.calls] == [("A", CALL)]


def test_a_retried_task_takes_its_mocks_in_turn() -> None:
    retry = [{"ErrorEquals": ["TransientError"], "MaxAttempts": 2, "IntervalSeconds": 60}]
    mocks = {"A": [TaskError("TransientError"), TaskError("TransientError"), {"ok": True}]}
    result = run(machine("A", A=task(Retry=retry, End=True)), mocks=mocks)
    assert result.output == {"ok": True}
    assert len(result.calls) == 3


def test_a_caught_error_goes_its_way_and_an_uncaught_one_ends_the_machine() -> None:
    catch = [{"ErrorEquals": ["States.Timeout"], "Assign": {"why": "{% $states.errorOutput.Error %}"}, "Next": "C"}]
    caught = {"Type": "Succeed", "Output": "{% $why %}"}
    definition = machine("A", A=task(Resource=CALL + ".waitForTaskToken", Catch=catch, End=True), C=caught)
    result = run(definition, mocks={"A": TaskError("States.Timeout", "nobody answered")})
    assert (result.status, result.output, result.path) == ("SUCCEEDED", "States.Timeout", ["A", "C"])
    result = run(definition, mocks={"A": TaskError("InvalidInputError", "no")})
    assert (result.status, result.error, result.cause) == ("FAILED", "InvalidInputError", "no")


def test_waits_choices_and_fail_states_are_on_the_path() -> None:
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.bad %}", "Next": "F"}], "Default": "P"}
    definition = machine(
        "W",
        W={"Type": "Wait", "Seconds": 86400, "Next": "C"},
        C=choice,
        P={"Type": "Pass", "End": True},
        F={"Type": "Fail", "Error": "Bad", "Cause": "as asked"},
    )
    assert run(definition, {"bad": False}).path == ["W", "C", "P"]
    result = run(definition, {"bad": True})
    assert (result.path, result.error, result.cause) == (["W", "C", "F"], "Bad", "as asked")


def test_items_of_a_map_fail_alone_when_they_catch() -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Error %}", "Next": "Done"}]
    states = {"Send": task(Catch=catch, Next="Done"), "Done": {"Type": "Pass", "End": True}}
    processor = {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Send", "States": states}
    items = {"Type": "Map", "Items": "{% $states.input %}", "ItemProcessor": processor, "End": True}

    def send(arguments: Any) -> Any:
        if arguments["Payload"] == "sms":
            raise TaskError("PermanentProviderError")
        return arguments["Payload"]

    result = run(machine("M", M=items), ["email", "sms", "push"], {"Send": send})
    assert result.output == ["email", "PermanentProviderError", "push"]
    assert sorted(result.arguments("Send"), key=str)[0]["Payload"] == "email"


def test_succeed_jsonata__lines_of_one_assign_do_not_see_each_other() -> None:
    first = {"Type": "Pass", "Assign": {"a": 1, "b": 1}, "Next": "B"}
    second = {"Type": "Pass", "Assign": {"a": "{% $b + 1 %}", "b": "{% $a + 10 %}"}, "Next": "C"}
    definition = machine("A", A=first, B=second, C={"Type": "Pass", "Output": "{% [$a, $b] %}", "End": True})
    assert run(definition).output == [2, 11]


def test_a_task_without_a_mock_fails_the_test() -> None:
    with pytest.raises(UnmockedTaskError, match="no mock for A"):
        run(machine("A", A=task(End=True, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "A"}])))
