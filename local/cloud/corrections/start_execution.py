"""Starting an execution twice means what it means on AWS.

Stock: a second StartExecution under the same name is refused, whatever its input, for Express machines too;
Express executions announce their status on the default bus.
AWS: a Standard machine answers a repeated start (same name, same input, still running) with the first
execution; an Express machine takes any name again and announces nothing.
Why: our starts are retried; the execution's name is what makes them happen once.
"""

from typing import Any

from local.cloud.emulator import module


def apply() -> None:
    """Compare with the execution of that name, if there is one."""
    machines = module("services.stepfunctions")
    stock_start, stock_announce = machines._start_execution, machines._emit_execution_status_event

    def is_express(machine_arn: str) -> bool:
        return (machines._state_machines.get(machine_arn) or {}).get("type") == "EXPRESS"

    def start(data: dict[str, Any]) -> Any:
        machine_arn = machines._resolve_state_machine_arn(data.get("stateMachineArn", "").split("#")[0])
        name = data.get("name")
        if machine_arn and name:
            prefix, _, machine = machine_arn.rpartition(":stateMachine:")
            execution_arn = f"{prefix}:execution:{machine}:{name}"
            existing = machines._executions.get(execution_arn)
            if existing and is_express(machine_arn):
                machines._executions.pop(execution_arn)
            elif existing and existing["status"] == "RUNNING" and existing["input"] == data.get("input", "{}"):
                answer = {"executionArn": execution_arn, "startDate": existing["startDate"]}
                return machines.json_response(answer)
        return stock_start(data)

    def announce(execution: dict[str, Any]) -> None:
        if not is_express(execution["stateMachineArn"]):
            stock_announce(execution)

    machines._start_execution, machines._emit_execution_status_event = start, announce
