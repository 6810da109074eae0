"""A Parallel state understands JSONata.

Stock: `Arguments`, `Output` and `Assign` of a Parallel state are ignored, and its branches share one context:
task tokens and variables of one overwrite another's.
AWS: each branch starts from a copy; the state's fields apply as everywhere.
Why: our machines are JSONata throughout, and branches wait for callbacks side by side.
"""

import copy
from typing import Any

from local.cloud.emulator import module


class _BranchContext(dict[str, Any]):
    """The context to be copied for each branch."""


def apply() -> None:
    """Evaluate the fields around the branches, and give each branch its own context."""
    machines = module("services.stepfunctions")
    stock_parallel, stock_sub_machine = machines._run_parallel_branches, machines._run_sub_machine

    def parallel(state: dict[str, Any], raw: Any, execution: Any, context: dict[str, Any]) -> tuple[Any, Any]:
        branches = _BranchContext(context)
        if machines._state_query_language(state, context) != "JSONata":
            result: tuple[Any, Any] = stock_parallel(state, raw, execution, branches)
            return result
        arguments = machines._apply_jsonata_arguments(state, raw, context) if "Arguments" in state else raw
        plain = {key: value for key, value in state.items() if key != "Arguments"}
        results, following = stock_parallel(plain, arguments, execution, branches)
        output = machines._apply_jsonata_output(state, raw, context, result=results, default=results)
        machines._apply_state_assign(state, raw, context, result=results)
        return output, following

    def sub_machine(states: Any, start: str, data: Any, execution: Any, context: dict[str, Any]) -> Any:
        own = copy.deepcopy(dict(context)) if isinstance(context, _BranchContext) else context
        return stock_sub_machine(states, start, data, execution, own)

    machines._run_parallel_branches, machines._run_sub_machine = parallel, sub_machine
