"""Asynchronous invocations are retried and end at their failure destination, through an alias too.

Stock: an EventBridge rule or schedule calls its function once and forgets the outcome; the
`EventInvokeConfig` of an alias (SAM writes one when `AutoPublishAlias` is set) is not found, so its OnFailure
destination never hears.
AWS: asynchronous calls are tried three times by default, then go to OnFailure or the dead letter queue.
Why: our functions are all called through `live`, and a failed sweep must end on a queue with an alarm.
"""

import json
from typing import Any

from local.cloud.emulator import module


def apply() -> None:
    """Route EventBridge's calls through the retrying path, and find the alias's configuration there."""
    functions, events = module("services.lambda_svc"), module("services.eventbridge")
    stock = functions.invoke_async_with_retry

    def invoke(func: dict[str, Any], event: Any) -> None:
        stock(_with_alias_config(functions, func), event)

    def dispatch(arn: str, payload: str) -> None:
        try:
            event = json.loads(payload)
        except ValueError:
            event = {"body": payload}
        func, config, name = functions._get_func_record_for_ref(arn)
        if not func or not config:
            raise LookupError(f"function {name} not found")
        functions.invoke_async_with_retry(functions._execution_record_for_config(func, config), event)

    functions.invoke_async_with_retry = invoke
    events._dispatch_to_lambda = dispatch


def _with_alias_config(functions: Any, func: dict[str, Any]) -> dict[str, Any]:
    """`func` with the invoke configuration of the alias that points at its version, if it has none itself."""
    config = func.get("config") or func
    if func.get("event_invoke_config") or func.get("event_invoke_configs"):
        return func
    base = functions._functions.get(config.get("FunctionName")) or {}
    by_qualifier = base.get("event_invoke_configs") or {}
    for alias, record in (base.get("aliases") or {}).items():
        if record.get("FunctionVersion") == config.get("Version") and alias in by_qualifier:
            return {**func, "event_invoke_config": by_qualifier[alias]}
    return func
