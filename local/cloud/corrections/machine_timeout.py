"""A state machine's own timeout ends it.

Stock: `TimeoutSeconds` at the top of a definition is ignored; a task that fails after StopExecution turns
ABORTED into FAILED.
AWS: the execution ends as TIMED_OUT; what has ended stays as it ended.
Why: every machine of ours has a last deadline, and an alarm on ExecutionsTimedOut.

What the execution is waiting for is not interrupted, but comes to nothing.
"""

import json
import threading
import time
from typing import Any

from local.cloud.emulator import module

_GLANCE_SECONDS = 0.2


def apply() -> None:
    """Watch the deadlines of running executions against the clock on the wall."""
    machines = module("services.stepfunctions")
    stock_run, stock_fail = machines._run_execution, machines._fail_execution
    deadlines: dict[str, float] = {}

    def run(execution_arn: str) -> None:
        execution = machines._executions.get(execution_arn) or {}
        machine = machines._state_machines.get(execution.get("stateMachineArn")) or {}
        seconds = _timeout(machine.get("definition", "{}"))
        if seconds is not None:
            deadlines[execution_arn] = time.time() + seconds
        try:
            stock_run(execution_arn)
        finally:
            deadlines.pop(execution_arn, None)

    def fail(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            stock_fail(execution, error, cause)

    def watch() -> None:
        while True:
            time.sleep(_GLANCE_SECONDS)
            for arn, deadline in list(deadlines.items()):
                # The store is by account and region, which this thread has none of.
                execution = next(
                    (e for e in list(machines._executions._data.values()) if e["executionArn"] == arn), None
                )
                if execution and execution["status"] == "RUNNING" and time.time() > deadline:
                    deadlines.pop(arn, None)
                    _time_out(machines, execution)

    machines._run_execution, machines._fail_execution = run, fail
    threading.Thread(target=watch, daemon=True, name="machine-timeout-watch").start()


def _timeout(definition: str) -> float | None:
    try:
        seconds = json.loads(definition).get("TimeoutSeconds")
    except ValueError:
        return None
    return float(seconds) if seconds is not None else None


def _time_out(machines: Any, execution: dict[str, Any]) -> None:
    dimensions = {"StateMachineArn": execution["stateMachineArn"]}
    # Counted here: what the execution waits for may last for ever, and with it the execution's thread.
    module("services.cloudwatch").record_metric("AWS/States", "ExecutionsTimedOut", 1, "Count", dimensions)
    machines._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {"error": "States.Timeout"}})
    execution |= {
        "stopDate": machines.now_iso(),
        "error": "States.Timeout",
        "cause": "The execution timed out",
        "status": "TIMED_OUT",
    }
