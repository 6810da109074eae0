"""Functions, queues, state machines and the API have metrics.

Stock: only Invoke calls are measured: not what queues, streams, rules, schedules and the API call.
AWS: AWS/Lambda (whoever calls), AWS/SQS (messages visible and in flight, age of the oldest), AWS/States
(executions started, succeeded, failed, aborted, timed out, and their time) and AWS/ApiGateway (count, 4xx, 5xx,
latency) come by themselves.
Why: most of our alarms and half of the dashboard are made of them.

Queues are measured every `LOCAL_TICK_SECONDS`, and recorded when something changed, and in every minute of the
clock: alarms look at those.
"""

import os
import threading
import time
from collections.abc import Iterator
from typing import Any

from local.cloud.emulator import module

_OUTCOMES = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "ABORTED": "ExecutionsAborted",
}

type Recorded = dict[tuple[str, str], tuple[float, float]]
"""By queue and metric: the value that was recorded last, and when."""


def apply() -> None:
    """Measure queues on a thread; functions, machines and APIs as they are used."""
    metrics = module("services.cloudwatch")
    _measure_functions(metrics)
    _measure_machines(metrics)
    _measure_apis(metrics)
    tick = float(os.environ.get("LOCAL_TICK_SECONDS", "10"))
    threading.Thread(target=_measure_queues, args=(metrics, tick), daemon=True, name="queue-metrics").start()


def _measure_functions(metrics: Any) -> None:
    functions = module("services.lambda_svc")
    stock, stock_metrics = functions._emit_lambda_logs, functions._emit_lambda_metrics

    def emit(func: Any, request_id: str, text: str, error: bool, milliseconds: int, **options: Any) -> None:
        """Called at the end of each invocation, whoever it was for."""
        stock(func, request_id, text, error, milliseconds, **options)
        name = (func.get("config") or func).get("FunctionName", "unknown")
        stock_metrics(name, milliseconds, error=bool(error), throttle=False)

    def emit_throttles(name: str, duration_ms: float, error: bool, throttle: bool) -> None:
        if throttle:
            metrics.record_metric("AWS/Lambda", "Throttles", 1, "Count", {"FunctionName": name})

    functions._emit_lambda_logs, functions._emit_lambda_metrics = emit, emit_throttles


def _measure_queues(metrics: Any, tick: float) -> None:
    recorded: Recorded = {}
    while True:
        time.sleep(tick)
        _record_queues(metrics, recorded, time.time())


def _record_queues(metrics: Any, recorded: Recorded, now: float) -> None:
    for queue, metric, value, unit in _queue_figures(now):
        last_value, last_time = recorded.get((queue, metric), (None, 0.0))
        if value != last_value or _minute(now) != _minute(last_time):
            metrics.record_metric("AWS/SQS", metric, value, unit, {"QueueName": queue})
            recorded[queue, metric] = (value, now)


def _minute(at: float) -> int:
    """The minute of the clock, which is the shortest period of an alarm."""
    return int(at // 60)


def _queue_figures(now: float) -> Iterator[tuple[str, str, float, str]]:
    queues = module("services.sqs")
    with queues._queues_lock:
        by_name = {
            record["attributes"]["QueueArn"].rsplit(":", 1)[-1]: [
                (message["visible_at"], message["sent_at"]) for message in record["messages"]
            ]
            for record in list(queues._queues._data.values())
        }
    for name, messages in by_name.items():
        visible = sum(visible_at <= now for visible_at, _ in messages)
        age = max((now - sent_at for _, sent_at in messages), default=0.0)
        yield name, "ApproximateNumberOfMessagesVisible", visible, "Count"
        yield name, "ApproximateNumberOfMessagesNotVisible", len(messages) - visible, "Count"
        yield name, "ApproximateAgeOfOldestMessage", int(max(age, 0)), "Seconds"


def _measure_machines(metrics: Any) -> None:
    machines = module("services.stepfunctions")
    stock = machines._run_execution

    def run(execution_arn: str) -> None:
        execution = machines._executions.get(execution_arn)
        dimensions = {"StateMachineArn": execution["stateMachineArn"]} if execution else {}
        begun = time.monotonic()
        if execution:
            metrics.record_metric("AWS/States", "ExecutionsStarted", 1, "Count", dimensions)
        stock(execution_arn)
        if execution:
            took = (time.monotonic() - begun) * 1000
            metrics.record_metric("AWS/States", "ExecutionTime", took, "Milliseconds", dimensions)
            if execution["status"] == "TIMED_OUT":
                return  # counted when it happened, see machine_timeout
            for status, metric in _OUTCOMES.items():
                value = 1 if execution["status"] == status else 0
                metrics.record_metric("AWS/States", metric, value, "Count", dimensions)

    machines._run_execution = run


def _measure_apis(metrics: Any) -> None:
    apis = module("services.apigateway")
    stock = apis.handle_execute

    async def execute(api_id: str, *arguments: Any, **options: Any) -> Any:
        begun = time.monotonic()
        answer = await stock(api_id, *arguments, **options)
        took, status, dimensions = (time.monotonic() - begun) * 1000, int(answer[0]), {"ApiId": api_id}
        metrics.record_metric("AWS/ApiGateway", "Count", 1, "Count", dimensions)
        metrics.record_metric("AWS/ApiGateway", "4xx", int(400 <= status < 500), "Count", dimensions)
        metrics.record_metric("AWS/ApiGateway", "5xx", int(status >= 500), "Count", dimensions)
        metrics.record_metric("AWS/ApiGateway", "Latency", took, "Milliseconds", dimensions)
        return answer

    apis.handle_execute = execute
