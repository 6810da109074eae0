"""Run a state machine in this process, with mocked tasks and without waiting: about 10 ms a run.

    result = run(         Path("statemachines/returns_authorization.asl.json"),         {"return_id": "R1"},
{             "EvaluatePolicy": {"Payload": {"decision": "review"}},          # the task's result
"AskReviewer": TaskError("States.Timeout"),                     # it fails             "CreateLabel":
[TaskError("TransientError"), {"Payload": {}}],  # one after the other; the last repeats             "Refund":
lambda arguments: {"Payload": {"id": arguments["Payload"]["return_id"]}},         },     )     assert
result.status == "SUCCEEDED"     assert result.path == ["EvaluatePolicy", "AskReviewer", ...]

A mock stands for the whole task, whatever its resource; of a `.waitForTaskToken` task it is what
SendTaskSuccess would bring. Retry and Catch, JSONata, Map and Parallel are the local cloud's, corrections
included. Substitutions such as `${PlanFunction}` stay as they are written.
"""

import functools
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from local.cloud import corrections
from local.cloud.emulator import module

type Mock = Any | TaskError | Callable[[Any], Any] | Sequence[Mock]

_CORRECTIONS = ("retry_delay", "succeed_jsonata", "parallel_jsonata", "task_timeouts")
_ONE_AT_A_TIME = threading.Lock()  # the emulator's functions are replaced while a machine runs


class TaskError(Exception):
    """What a mocked task fails with: a class name of ours, or one of States.*, e.g. States.Timeout."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.cause = cause


class UnmockedTaskError(AssertionError):
    """The machine came to a task for which the test has no mock."""


@dataclass(frozen=True)
class Call:
    """One call of a task, retries included."""

    state: str
    resource: str
    arguments: Any


@dataclass(frozen=True)
class Result:
    """How an execution ended, and how it came there."""

    status: str
    output: Any
    error: str | None
    cause: str | None
    calls: list[Call]
    path: list[str]

    def arguments(self, state: str) -> list[Any]:
        """The arguments of each call of one task."""
        return [call.arguments for call in self.calls if call.state == state]


def run(
    definition: Mapping[str, Any] | str | Path,
    input: Any = None,  # called that everywhere in Step Functions
    mocks: Mapping[str, Mock] | None = None,
    *,
    name: str = "test",
    start_time: str = "2026-01-01T00:00:00.000Z",
) -> Result:
    """Run a definition (parsed, as text, or from a file) to its end.

    `path` has the states in the order in which they were entered; branches of a Map or Parallel run at the same
    time and may take turns.
    """
    execution = _Execution(_parse(definition), {} if input is None else input, dict(mocks or {}))
    with _ONE_AT_A_TIME:
        return execution.run(name, start_time)


@functools.cache
def _machines() -> Any:
    corrections.apply(_CORRECTIONS)
    return module("services.stepfunctions")


def _parse(definition: Mapping[str, Any] | str | Path) -> dict[str, Any]:
    if isinstance(definition, Path):
        definition = definition.read_text()
    parsed: dict[str, Any] = json.loads(definition) if isinstance(definition, str) else dict(definition)
    return parsed


@dataclass
class _Execution:
    definition: dict[str, Any]
    input: Any
    mocks: dict[str, Mock]
    calls: list[Call] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    unmocked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._running = threading.local()  # the task that this thread is in: branches run on threads of their own
        self._turn: dict[str, int] = {}
        self._lock = threading.Lock()

    def run(self, name: str, start_time: str) -> Result:
        machines = _machines()
        record, context = self._surroundings(name, start_time)
        output, error, cause = None, None, None
        with ExitStack() as patches:
            for function, replacement in self._replacements(machines).items():
                patches.enter_context(patch.object(machines, function, replacement))
            try:
                output = machines._run_sub_machine(
                    self.definition["States"], self.definition["StartAt"], self.input, record, context
                )
            except machines._ExecutionError as failure:
                error, cause = failure.error, failure.cause
        if self.unmocked:  # a Map or Parallel has made an ordinary failure of it
            raise self._unmocked_error()
        status = "SUCCEEDED" if error is None else "FAILED"
        return Result(status, output, error, cause, self.calls, self.path)

    def _unmocked_error(self) -> UnmockedTaskError:
        return UnmockedTaskError(f"no mock for {', '.join(sorted(self.unmocked))}; the path was {self.path}")

    def _surroundings(self, name: str, start_time: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The execution's record and the context object, as far as a machine can see them."""
        prefix = "arn:aws:states:us-east-1:000000000000"
        machine = f"{prefix}:stateMachine:{name}"
        execution = f"{prefix}:execution:{name}:{name}-1"
        record = {
            "executionArn": execution,
            "stateMachineArn": machine,
            "name": f"{name}-1",
            "status": "RUNNING",
            "events": [],
        }
        context = {
            "QueryLanguage": self.definition.get("QueryLanguage", "JSONPath"),
            "Execution": {
                "Id": execution,
                "Input": self.input,
                "Name": f"{name}-1",
                "RoleArn": "arn:aws:iam::000000000000:role/test",
                "StartTime": start_time,
                "RedriveCount": 0,
            },
            "StateMachine": {"Id": machine, "Name": name},
            "variables": {},
        }
        return record, context

    def _replacements(self, machines: Any) -> dict[str, Any]:
        """The emulator's functions that are others while this machine runs."""

        def noting(function: Any) -> Any:
            """Note that the state was entered. The context is the last argument of all these functions."""

            def enter(*arguments: Any) -> Any:
                if self.unmocked:  # whatever the machine caught: this run is over
                    raise self._unmocked_error()
                self.path.append(arguments[-1]["State"]["Name"])
                return function(*arguments)

            return enter

        def task(state: dict[str, Any], raw: Any, record: Any, context: dict[str, Any]) -> Any:
            self._running.state = context["State"]["Name"]
            # A real timeout would run the mock on another thread; mocks time out by TaskError.
            timeless = {key: value for key, value in state.items() if key != "TimeoutSeconds"}
            return stock_task(timeless, raw, record, context)

        stock_task = machines._execute_task
        kinds = ("pass", "choice", "wait", "parallel", "map")
        noted = {f"_execute_{kind}": noting(getattr(machines, f"_execute_{kind}")) for kind in kinds}
        return noted | {
            "_execute_task": noting(task),
            "_fail_state_error": noting(machines._fail_state_error),
            "_apply_output_path": self._noting_success(machines._apply_output_path),
            "_invoke_resource": self._call,
            "_invoke_with_callback": lambda resource, arguments, token, state: self._call(resource, arguments),
            "_scaled_sleep": lambda seconds: None,
        }

    def _noting_success(self, function: Any) -> Any:
        """Succeed states have no function of their own; their output has."""

        def apply(state: dict[str, Any], data: Any, context: Any = None) -> Any:
            if state.get("Type") == "Succeed":
                self.path.append(context["State"]["Name"])
            return function(state, data, context)

        return apply

    def _call(self, resource: str, arguments: Any) -> Any:
        state = self._running.state
        with self._lock:
            self.calls.append(Call(state, resource, arguments))
            if state not in self.mocks:
                self.unmocked.add(state)
                raise self._unmocked_error()
            mock: Any = self.mocks[state]
            if isinstance(mock, list | tuple):
                turn = self._turn.get(state, 0)
                self._turn[state] = turn + 1
                mock = mock[min(turn, len(mock) - 1)]
        try:
            if isinstance(mock, TaskError):
                raise mock
            return mock(arguments) if callable(mock) else mock
        except TaskError as failure:
            raise _machines()._ExecutionError(failure.error, failure.cause) from failure
