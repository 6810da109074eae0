"""A function may answer the tasks of the machines that its role names.

Stock: SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat are authorized on no resource (`*`): every role that names
machines is refused.
AWS: on the machine that waits for the token.
Why: our roles name the machines, and are enforced (`auth=True`).
"""

import json
import threading
from typing import Any

from local.cloud.emulator import module

_running = threading.local()


def apply() -> None:
    """Remember whose each token is, and name that machine where the stock look-up finds nothing."""
    machines, actions = module("services.stepfunctions"), module("core.iam_actions")
    stock_task, stock_invoke = machines._execute_task, machines._invoke_with_callback
    stock_extract = actions.extract_resource_arn
    owners: dict[str, str] = {}

    def execute_task(state: Any, data: Any, execution: Any, context: Any) -> Any:
        before = getattr(_running, "machine", None)
        _running.machine = (execution or {}).get("stateMachineArn")
        try:
            return stock_task(state, data, execution, context)
        finally:
            _running.machine = before

    def invoke(resource: str, data: Any, token: str, state: Any) -> Any:
        if machine := getattr(_running, "machine", None):
            owners[token] = machine
        return stock_invoke(resource, data, token, state)

    def extract(service: str, method: str, path: str, headers: Any, body: bytes, *others: Any) -> Any:
        found = stock_extract(service, method, path, headers, body, *others)
        return owners.get(_token(body), found) if service == "states" and found == "*" else found

    machines._execute_task, machines._invoke_with_callback = execute_task, invoke
    actions.extract_resource_arn = extract


def _token(body: bytes) -> str:
    """The task token in a request; "" where it has none."""
    try:
        return str(json.loads(body).get("taskToken") or "")
    except (ValueError, AttributeError):
        return ""
