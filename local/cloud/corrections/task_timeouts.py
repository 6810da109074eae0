"""A task's timeout may be an expression.

Stock: `TimeoutSeconds` and `HeartbeatSeconds` must be numbers; a JSONata expression fails the state.
AWS: both may be JSONata.
Why: how long a return may take is the brand's policy, not the machine's.
"""

from typing import Any

from local.cloud.emulator import module


def apply() -> None:
    """Evaluate both before the task runs."""
    machines = module("services.stepfunctions")
    stock = machines._execute_task

    def execute(state: dict[str, Any], raw: Any, execution: Any, context: dict[str, Any]) -> Any:
        evaluated = {
            field: machines._apply_jsonata_template(state[field], raw, context)
            for field in ("TimeoutSeconds", "HeartbeatSeconds")
            if isinstance(state.get(field), str)
        }
        return stock({**state, **evaluated}, raw, execution, context)

    machines._execute_task = execute
