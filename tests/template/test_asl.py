"""What every state machine has to keep to, whatever it does."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from porchlight import errors

ROOT = Path(__file__).parents[2]
MACHINES = sorted((ROOT / "statemachines").glob("*.asl.json"))
RETRYABLE = [
    "TransientError",
    "ConflictError",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
]
RETRY = [
    {
        "ErrorEquals": RETRYABLE,
        "IntervalSeconds": 2,
        "MaxAttempts": 5,
        "BackoffRate": 2.0,
        "MaxDelaySeconds": 30,
        "JitterStrategy": "FULL",
    }
]
PERSONAL = re.compile(r"e?mail|phone|name|address|postal|street|city|tracking_number|customer|shopper", re.IGNORECASE)
OUR_NAMES = {"FunctionName", "$states.context.Execution.Name"}
"""Names of functions and executions, which are nobody's."""

Named = tuple[str, dict[str, Any]]


def load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def states(machine: dict[str, Any]) -> Iterator[Named]:
    """All states, those of Maps and Parallels included."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])
        for branch in state.get("Branches", []):
            yield from states(branch)


def of_type(path: Path, kind: str) -> list[Named]:
    return [(name, state) for name, state in states(load(path)) if state["Type"] == kind]


every_machine = pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.name.partition(".")[0])


def test_there_are_three_machines() -> None:
    names = [path.name for path in MACHINES]
    assert names == ["delay_detection.asl.json", "notification_fanout.asl.json", "returns_authorization.asl.json"]


@every_machine
def test_a_machine_is_jsonata_says_what_it_does_and_ends(path: Path) -> None:
    machine = load(path)
    assert machine["QueryLanguage"] == "JSONata"
    assert len(machine["Comment"]) > 80
    assert machine["TimeoutSeconds"] > 0


@every_machine
def test_states_are_verb_phrases_and_choices_are_questions(path: Path) -> None:
    for name, state in states(load(path)):
        ending = r"\?" if state["Type"] == "Choice" else ""
        assert re.fullmatch(rf"([A-Z][a-z]+){{2,}}{ending}", name), name


@every_machine
def test_states_that_are_not_obvious_are_explained(path: Path) -> None:
    """Tasks always; the rest where there is more to say than the name does."""
    for name, state in of_type(path, "Task"):
        assert len(state.get("Comment", "")) > 40, name


@every_machine
def test_every_task_has_a_timeout_the_retry_and_a_way_to_fail(path: Path) -> None:
    for name, state in of_type(path, "Task"):
        timeout = state["TimeoutSeconds"]
        waits = state["Resource"].endswith(".waitForTaskToken")
        assert isinstance(timeout, str) if waits else 0 < timeout <= 60, name
        assert state["Retry"] == RETRY, name
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


@every_machine
def test_there_is_one_failure_path_and_it_is_recorded(path: Path) -> None:
    """What is not caught by name goes to one state, which keeps the step and the error's name, never its text."""
    machine = load(path)
    tasks = {name: state for name, state in machine["States"].items() if state["Type"] in ("Task", "Map")}
    ways = {state["Catch"][-1]["Next"] for name, state in tasks.items() if "failedStep" in str(state["Catch"])}
    assert len(ways) == 1
    recorded = machine["States"][ways.pop()]
    assert recorded["Type"] == "Task"
    assert "$failedStep" in json.dumps(recorded["Arguments"])
    assert machine["States"][recorded["Next"]]["Type"] == "Fail"
    for name, state in tasks.items():
        step = state["Catch"][-1].get("Assign", {}).get("failedStep")
        assert step in (name, None), name
    assert "errorOutput.Cause" not in path.read_text()


@every_machine
def test_errors_that_are_named_exist(path: Path) -> None:
    for name, state in states(load(path)):
        for rule in state.get("Retry", []) + state.get("Catch", []):
            for error in rule["ErrorEquals"]:
                known = isinstance(getattr(errors, error, None), type)
                assert known or error.split(".")[0] in ("States", "Lambda", "Sandbox"), f"{name}: {error}"


def test_what_is_retried_is_what_our_errors_call_retryable_and_what_a_fresh_read_mends() -> None:
    ours = [name for name in RETRYABLE if "." not in name]
    retryable = [
        name for name, kind in vars(errors).items() if isinstance(kind, type) and getattr(kind, "retryable", False)
    ]
    assert ours == [*retryable, "ConflictError"]


@every_machine
def test_nothing_personal_is_in_a_machine(path: Path) -> None:
    """References only: executions are kept for 90 days and are read by operators."""

    def texts(value: Any, key: str = "") -> Iterator[str]:
        if isinstance(value, dict):
            for name, inner in value.items():
                if name not in ("Comment", "States", "StartAt", "Next", "Default", "Resource"):
                    yield from texts(inner, name)
                    yield name
                elif name == "States":
                    for state in inner.values():
                        yield from texts(state)
        elif isinstance(value, list):
            for inner in value:
                yield from texts(inner, key)
        elif isinstance(value, str) and not value.startswith("${"):
            yield value

    for text in texts(load(path)):
        for ours in OUR_NAMES:
            text = text.replace(ours, "")
        assert not PERSONAL.search(text), text


@every_machine
def test_statelint_finds_nothing_but_timeouts_that_are_expressions(path: Path) -> None:
    """statelint knows TimeoutSeconds as a number only; Step Functions takes a JSONata expression there as well."""
    command = [sys.executable, "-m", "statelint", str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [line.strip() for line in (result.stdout + result.stderr).splitlines() if "State Machine." in line]
    waiting = [name for name, state in of_type(path, "Task") if isinstance(state["TimeoutSeconds"], str)]
    allowed = {
        f'State Machine.States.{name}.TimeoutSeconds is "{load(path)["States"][name]["TimeoutSeconds"]}"'
        " but should be an Integer"
        for name in waiting
    }
    assert set(found) == allowed, result.stdout + result.stderr
    assert result.returncode == bool(allowed)


@every_machine
def test_variables_of_an_inner_scope_have_names_of_their_own(path: Path) -> None:
    """AWS refuses a definition whose Map assigns a name that the machine assigns, too; the local cloud does not."""

    def assigned(machine: dict[str, Any]) -> set[str]:
        rules = [rule for state in machine["States"].values() for rule in [state, *state.get("Catch", [])]]
        return {name for rule in rules for name in rule.get("Assign", {})}

    machine = load(path)
    for _, state in of_type(path, "Map"):
        assert not assigned(machine) & assigned(state["ItemProcessor"])


@every_machine
def test_functions_and_queues_are_substitutions(path: Path) -> None:
    for name, state in of_type(path, "Task"):
        target = state["Arguments"].get("FunctionName") or state["Arguments"].get("QueueUrl")
        assert re.fullmatch(r"\$\{[A-Z][A-Za-z]+\}", target), name
