"""A task that waits for its token ends when its time is up, or when its function fails.

Stock: timeouts of such tasks are slept through (a jump in time does not end them), heartbeats are ignored,
and a failing function leaves the execution waiting for ever.
AWS: `States.Timeout`, `States.HeartbeatTimeout`, or the function's error.
Why: a return waits days for a person and a scan; tests travel there.

One thread watches all waiting tokens against the clock on the wall.
"""

import threading
import time
from dataclasses import dataclass
from typing import Any

from local.cloud.emulator import module

_GLANCE_SECONDS = 0.1
_NEVER = 100_000_000
_calling = threading.local()


@dataclass
class _Waiting:
    """One token's deadlines, in seconds from `since` and from `last_beat`."""

    timeout: float | None
    heartbeat: float | None
    since: float
    last_beat: float
    seen: Any = None


def apply() -> None:
    """Take timeouts out of the emulator's hands, and into the watcher's."""
    machines = module("services.stepfunctions")
    stock_invoke, stock_lambda = machines._invoke_with_callback, machines._call_lambda
    waiting: dict[str, _Waiting] = {}

    def fail(token: str, error: str, cause: str) -> None:
        record = machines._task_tokens.get(token)
        if record:
            record["error"] = {"Error": error, "Cause": cause}
            record["event"].set()

    def watch() -> None:
        while True:
            time.sleep(_GLANCE_SECONDS)
            for token, task in list(waiting.items()):
                record, now = machines._task_tokens.get(token), time.time()
                if record is None:
                    continue
                if record.get("heartbeat") != task.seen:
                    task.seen, task.last_beat = record["heartbeat"], now
                if task.timeout is not None and now - task.since > task.timeout:
                    fail(token, "States.Timeout", "Task timed out waiting for callback")
                elif task.heartbeat is not None and now - task.last_beat > task.heartbeat:
                    fail(token, "States.HeartbeatTimeout", "No heartbeat arrived in time")

    def invoke(resource: str, data: Any, token: str, state: dict[str, Any]) -> Any:
        now = time.time()
        waiting[token] = _Waiting(state.get("TimeoutSeconds"), state.get("HeartbeatSeconds"), now, now)
        _calling.token = token
        try:
            return stock_invoke(resource, data, token, {**state, "TimeoutSeconds": _NEVER})
        finally:
            _calling.token = None
            waiting.pop(token, None)

    def call_lambda(reference: str, event: Any) -> Any:
        try:
            return stock_lambda(reference, event)
        except machines._ExecutionError as error:
            token = getattr(_calling, "token", None)
            if token:  # the caller swallows this error and would go on waiting
                fail(token, error.error, error.cause)
            raise

    machines._invoke_with_callback, machines._call_lambda = invoke, call_lambda
    threading.Thread(target=watch, daemon=True, name="callback-watch").start()
