"""A Succeed state has an output of its own, and an Assign reads what was before it.

Stock: `Output` of a Succeed state is ignored; within one `Assign`, later lines see what earlier ones have
assigned.
AWS: `Output` applies; all lines of an `Assign` see the variables as they were when the state was entered.
Why: our machines end in Succeed states that say how; what passes here must pass there.
"""

from typing import Any

from local.cloud.emulator import module


def apply() -> None:
    """Evaluate both as AWS does."""
    machines = module("services.stepfunctions")
    stock_output_path, stock_assign = machines._apply_output_path, machines._apply_state_assign

    def output_path(state: dict[str, Any], data: Any, context: Any = None) -> Any:
        if state.get("Type") == "Succeed" and machines._state_query_language(state, context) == "JSONata":
            return machines._apply_jsonata_output(state, data, context, default=data)
        return stock_output_path(state, data, context)

    def assign(state: dict[str, Any], raw: Any, context: Any, result: Any = None, error_output: Any = None) -> None:
        if context is None or not isinstance(state.get("Assign"), dict):
            return
        before = dict(context.get("variables", {}))
        assigned = {}
        for name, template in state["Assign"].items():
            alone = {**context, "variables": dict(before)}
            one = {"QueryLanguage": state.get("QueryLanguage"), "Assign": {name: template}}
            stock_assign(one, raw, alone, result=result, error_output=error_output)
            if name in alone["variables"]:
                assigned[name] = alone["variables"][name]
        context.setdefault("variables", {}).update(assigned)

    machines._apply_output_path, machines._apply_state_assign = output_path, assign
