"""What state machines do in the local cloud. Each test runs a small definition of its own."""

import json
import time
from typing import Any

from local.cloud.waiting import eventually
from tests.local.lab import Lab

State = dict[str, Any]


def task(resource: str, **fields: Any) -> State:
    """A Task state that ends the machine."""
    return {"Type": "Task", "Resource": resource, "TimeoutSeconds": 60, "End": True, **fields}


def call(lab: Lab, payload: Any, **fields: Any) -> State:
    """A Task state that calls the Probe function's alias."""
    arguments = {"FunctionName": lab.outputs["ProbeAlias"], "Payload": payload}
    return task("arn:aws:states:::lambda:invoke", Arguments=arguments, **fields)


def ask(lab: Lab, **fields: Any) -> State:
    """A Task state that puts its token on the Seen queue and waits."""
    message = {"by": "ask", "id": "{% $states.input.id %}", "token": "{% $states.context.Task.Token %}"}
    arguments = {"QueueUrl": lab.outputs["Seen"], "MessageBody": message}
    return task("arn:aws:states:::sqs:sendMessage.waitForTaskToken", Arguments=arguments, **fields)


def machine(state: State, **others: State) -> dict[str, Any]:
    """A machine that starts with `state`."""
    return {"StartAt": "First", "States": {"First": state, **others}}


CAUGHT: State = {"Type": "Pass", "Output": "{% $states.input %}", "End": True}


def catch(*errors: str) -> list[dict[str, Any]]:
    """A catcher that hands the error to the state Caught."""
    return [{"ErrorEquals": list(errors), "Output": "{% $states.errorOutput %}", "Next": "Caught"}]


def test_lambda_errors__a_machine_catches_our_error_by_its_class(lab: Lab) -> None:
    ended = lab.run_machine(machine(call(lab, {"fail": True}, Catch=catch("CarrierDown")), Caught=CAUGHT))
    caught = json.loads(ended["output"])
    assert ended["status"] == "SUCCEEDED"
    assert caught["Error"] == "CarrierDown"
    assert json.loads(caught["Cause"])["errorMessage"] == "no answer"


def test_start_execution__the_same_start_again_is_the_same_execution(lab: Lab, new_id: str) -> None:
    machines = lab.client("stepfunctions")
    definition = {"QueryLanguage": "JSONata", **machine({"Type": "Wait", "Seconds": 1, "End": True})}
    arn = machines.create_state_machine(
        name=new_id, definition=json.dumps(definition), roleArn=lab.outputs["StandardRole"]
    )["stateMachineArn"]
    first = machines.start_execution(stateMachineArn=arn, name="n", input="{}")
    assert machines.start_execution(stateMachineArn=arn, name="n", input="{}")["executionArn"] == first["executionArn"]
    with_other_input = {"stateMachineArn": arn, "name": "n", "input": '{"a": 1}'}
    try:
        machines.start_execution(**with_other_input)
    except machines.exceptions.ExecutionAlreadyExists:
        pass
    else:
        raise AssertionError("another input under the same name must be refused")


def test_start_execution__an_express_machine_takes_a_name_twice(lab: Lab, new_id: str) -> None:
    for number in ("1", "2"):
        data = json.dumps({"id": new_id + number})
        lab.client("stepfunctions").start_execution(
            stateMachineArn=lab.outputs["ExpressAlias"], name=new_id, input=data
        )
        assert lab.message("Seen", by="express", id=new_id + number)


def test_waits__start_at_once(lab: Lab) -> None:
    begun = time.perf_counter()
    ended = lab.run_machine(machine({"Type": "Pass", "End": True}))
    took = (ended["stopDate"] - ended["startDate"]).total_seconds()
    assert took < 0.1
    assert time.perf_counter() - begun < 5


def test_waits__end_when_the_clock_says_so(lab: Lab) -> None:
    running = lab.run_machine(machine({"Type": "Wait", "Seconds": 600, "End": True}), wait=False)
    history = lab.client("stepfunctions").get_execution_history
    assert eventually(lambda: "WaitStateEntered" in str(history(executionArn=running["executionArn"])))
    time.sleep(0.1)  # entered, but the clock is read a moment later
    lab.travel(15)
    assert lab.ended(running["executionArn"])["status"] == "SUCCEEDED"


def test_retry_delay__has_a_maximum(lab: Lab) -> None:
    retry = {"ErrorEquals": ["CarrierDown"], "IntervalSeconds": 30, "MaxAttempts": 2, "MaxDelaySeconds": 1}
    begun = time.perf_counter()
    ended = lab.run_machine(machine(call(lab, {"fail": True}, Retry=[{**retry, "JitterStrategy": "FULL"}])))
    assert (ended["status"], ended["error"]) == ("FAILED", "CarrierDown")
    assert time.perf_counter() - begun < 6


def test_succeed_jsonata__output_applies_and_lines_of_one_assign_do_not_see_each_other(lab: Lab) -> None:
    first = {"Type": "Pass", "Assign": {"a": 1, "b": 1}, "Next": "Swap"}
    swap = {"Type": "Pass", "Assign": {"a": "{% $b + 1 %}", "b": "{% $a + 10 %}"}, "Next": "Done"}
    ended = lab.run_machine(machine(first, Swap=swap, Done={"Type": "Succeed", "Output": "{% [$a, $b] %}"}))
    assert json.loads(ended["output"]) == [2, 11]


def test_parallel_jsonata__arguments_output_and_assign_apply(lab: Lab) -> None:
    branch: dict[str, Any] = {
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Assign": {"own": 1}, "End": True}},
    }
    state = {
        "Type": "Parallel",
        "Arguments": {"n": "{% $states.input.n + 1 %}"},
        "Branches": [branch, branch],
        "Assign": {"both": "{% $states.result %}"},
        "Output": "{% $sum($states.result.n) %}",
        "Next": "Second",
    }
    second = {"Type": "Pass", "Output": "{% {'sum': $states.input, 'both': $both} %}", "End": True}
    ended = lab.run_machine(machine(state, Second=second), {"n": 1})
    assert json.loads(ended["output"]) == {"sum": 4, "both": [{"n": 2}, {"n": 2}]}


def test_parallel_jsonata__branches_wait_for_tokens_of_their_own(lab: Lab, new_id: str) -> None:
    branches = [
        {"StartAt": name, "States": {name: ask(lab) | {"Output": f"{{% '{name}' & $states.result.said %}}"}}}
        for name in ("A", "B")
    ]
    running = lab.run_machine(
        machine({"Type": "Parallel", "Branches": branches, "End": True}), {"id": new_id}, wait=False
    )
    questions = [lab.message("Seen", by="ask", id=new_id) for _ in branches]
    tokens = {question["body"]["token"] for question in questions if question}
    assert len(tokens) == 2
    for token in tokens:
        lab.client("stepfunctions").send_task_success(taskToken=token, output='{"said": "yes"}')
    assert json.loads(lab.ended(running["executionArn"])["output"]) == ["Ayes", "Byes"]


def test_callbacks__time_out_by_the_clock_and_by_an_expression(lab: Lab, new_id: str) -> None:
    state = ask(lab, Catch=catch("States.Timeout")) | {"TimeoutSeconds": "{% $states.input.days * 86400 / 288 %}"}
    running = lab.run_machine(machine(state, Caught=CAUGHT), {"id": new_id, "days": 2}, wait=False)
    assert lab.message("Seen", by="ask", id=new_id)
    lab.travel(15)
    assert json.loads(lab.ended(running["executionArn"])["output"])["Error"] == "States.Timeout"


def test_task_timeouts__a_missing_heartbeat_fails_and_one_that_comes_keeps_it_alive(lab: Lab, new_id: str) -> None:
    state = ask(lab, Catch=catch("States.HeartbeatTimeout")) | {"HeartbeatSeconds": "{% $states.input.beat %}"}
    running = lab.run_machine(machine(state, Caught=CAUGHT), {"id": new_id, "beat": 1}, wait=False)
    question = lab.message("Seen", by="ask", id=new_id)
    assert question
    for _ in range(3):
        time.sleep(0.5)
        lab.client("stepfunctions").send_task_heartbeat(taskToken=question["body"]["token"])
    assert lab.ended(running["executionArn"], timeout=0)["status"] == "RUNNING"
    assert json.loads(lab.ended(running["executionArn"])["output"])["Error"] == "States.HeartbeatTimeout"


def test_callback_permissions__a_function_answers_the_machines_of_its_role_only(lab: Lab, new_id: str) -> None:
    runs = {
        name: lab.run_machine(machine(ask(lab)), {"id": name + new_id}, wait=False, name=name)
        for name in ("open", "shut")
    }
    questions = {name: lab.message("Seen", by="ask", id=name + new_id) for name in runs}
    answers = {
        name: lab.invoke("Answerer", {"token": question["body"]["token"]})
        for name, question in questions.items()
        if question
    }
    assert answers["open"] == ({"answered": True}, None)
    assert "AccessDenied" in answers["shut"][0]["errorMessage"]
    assert json.loads(lab.ended(runs["open"]["executionArn"])["output"]) == {"by": "answerer"}
    assert lab.ended(runs["shut"]["executionArn"], timeout=0)["status"] == "RUNNING"


def test_callbacks__a_function_that_fails_fails_the_task(lab: Lab) -> None:
    payload = {"fail": True, "token": "{% $states.context.Task.Token %}"}
    state = call(lab, payload, Catch=catch("CarrierDown"))
    state["Resource"] += ".waitForTaskToken"
    ended = lab.run_machine(machine(state, Caught=CAUGHT))
    assert json.loads(ended["output"])["Error"] == "CarrierDown"


def test_sdk_integrations__reach_services_the_emulator_lacks(lab: Lab, new_id: str) -> None:
    simple = {"Subject": {"Data": f"About {new_id}"}, "Body": {"Text": {"Data": "t"}}}
    arguments = {
        "FromEmailAddress": "hello@shop.example",
        "Destination": {"ToAddresses": ["a@people.example"]},
        "Content": {"Simple": simple},
    }
    ended = lab.run_machine(machine(task("arn:aws:states:::aws-sdk:sesv2:sendEmail", Arguments=arguments)))
    assert json.loads(ended["output"])["MessageId"]

    missing = task(
        "arn:aws:states:::aws-sdk:sesv2:getEmailTemplate",
        Arguments={"TemplateName": new_id},
        Catch=catch("SesV2.NotFoundException"),
    )
    ended = lab.run_machine(machine(missing, Caught=CAUGHT))
    assert json.loads(ended["output"])["Error"] == "SesV2.NotFoundException"


def test_map__runs_items_with_selector_and_keeps_their_order(lab: Lab) -> None:
    processor = {
        "ProcessorConfig": {"Mode": "INLINE"},
        "StartAt": "Call",
        "States": {"Call": call(lab, "{% $states.input %}", Output="{% $states.result.Payload.event %}")},
    }
    selector = {
        "channel": "{% $states.context.Map.Item.Value %}",
        "index": "{% $states.context.Map.Item.Index %}",
        "brand": "{% $states.input.brand %}",
    }
    state = {
        "Type": "Map",
        "Items": "{% $states.input.channels %}",
        "MaxConcurrency": 2,
        "ItemSelector": selector,
        "ItemProcessor": processor,
        "End": True,
    }
    ended = lab.run_machine(machine(state), {"brand": "larkspur", "channels": ["email", "sms", "push"]})
    assert json.loads(ended["output"]) == [
        {"channel": channel, "index": index, "brand": "larkspur"}
        for index, channel in enumerate(("email", "sms", "push"))
    ]


def test_direct_write__a_failed_condition_has_its_name(lab: Lab, new_id: str) -> None:
    arguments = {
        "TableName": lab.outputs["Table"],
        "Item": {"pk": {"S": "other"}, "sk": {"S": new_id}},
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    names = []
    for resource in ("arn:aws:states:::dynamodb:putItem", "arn:aws:states:::aws-sdk:dynamodb:putItem"):
        write = task(resource, Arguments=arguments, Catch=catch("States.ALL"))
        lab.run_machine(machine(write, Caught=CAUGHT))
        ended = lab.run_machine(machine(write, Caught=CAUGHT))
        names.append(json.loads(ended["output"])["Error"])
    assert names == ["DynamoDB.ConditionalCheckFailedException", "DynamoDb.ConditionalCheckFailedException"]


def test_machine_timeout__ends_the_execution_by_the_clock(lab: Lab, new_id: str) -> None:
    definition = {"TimeoutSeconds": 600, **machine(ask(lab) | {"TimeoutSeconds": 86_400})}
    running = lab.run_machine(definition, {"id": new_id}, wait=False)
    assert lab.message("Seen", by="ask", id=new_id)
    lab.travel(15)
    assert lab.ended(running["executionArn"])["status"] == "TIMED_OUT"


def test_machine_timeout__an_aborted_execution_stays_aborted(lab: Lab, new_id: str) -> None:
    running = lab.run_machine(machine(ask(lab)), {"id": new_id}, wait=False)
    question = lab.message("Seen", by="ask", id=new_id)
    assert question
    lab.client("stepfunctions").stop_execution(executionArn=running["executionArn"])
    lab.client("stepfunctions").send_task_failure(taskToken=question["body"]["token"], error="Late")
    time.sleep(0.3)
    assert lab.ended(running["executionArn"])["status"] == "ABORTED"
