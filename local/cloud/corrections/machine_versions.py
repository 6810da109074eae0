"""State machines can be published and called through an alias.

Stock: CloudFormation does not know StateMachineVersion and StateMachineAlias and refuses the whole template;
StartSyncExecution takes no alias.
AWS: SAM's `AutoPublishAlias` publishes a version on each change and moves the alias to it.
Why: our machines are started through the alias `live`, so that a bad deployment can be taken back at once.

An execution runs the machine's definition of the moment it starts, whichever version is asked for. For an
alias that a deployment has just moved that is the same.
"""

import json
from typing import Any

from local.cloud.emulator import module


def apply() -> None:
    """Teach CloudFormation both types, and StartSyncExecution to take an alias."""
    machines = module("services.stepfunctions")
    handlers = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    versions, aliases = _Versions(machines), _Aliases(machines)
    handlers["AWS::StepFunctions::StateMachineVersion"] = {
        "create": versions.create,
        "update": versions.update,
        "delete": versions.delete,
    }
    handlers["AWS::StepFunctions::StateMachineAlias"] = {
        "create": aliases.create,
        "update": aliases.update,
        "delete": aliases.delete,
    }
    _start_aliases_synchronously(machines)


def _start_aliases_synchronously(machines: Any) -> None:
    stock = machines._start_sync_execution

    def start(data: dict[str, Any]) -> Any:
        base = machines._resolve_state_machine_arn(data.get("stateMachineArn", ""))
        return stock({**data, "stateMachineArn": base} if base else data)

    machines._start_sync_execution = start


class _Versions:
    """The handlers of AWS::StepFunctions::StateMachineVersion; `Ref` is the version's ARN."""

    def __init__(self, machines: Any) -> None:
        self._machines = machines

    def create(self, logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
        """Publish the machine as it is."""
        status, _, body = self._machines._publish_state_machine_version(
            {
                "stateMachineArn": properties["StateMachineArn"],
                "description": properties.get("Description", ""),
            }
        )
        arn = _answer(status, body)["stateMachineVersionArn"]
        return arn, {"Arn": arn}

    def update(self, arn: str, old: dict[str, Any], new: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
        """A new revision is a new version; SAM retains the old one."""
        return self.create(arn, new, stack)

    def delete(self, arn: str, properties: dict[str, Any]) -> None:
        """Forget the version, whoever still points to it: the stack goes."""
        self._machines._state_machine_versions.pop(arn, None)


class _Aliases:
    """The handlers of AWS::StepFunctions::StateMachineAlias; `Ref` is the alias's ARN."""

    def __init__(self, machines: Any) -> None:
        self._machines = machines

    def create(self, logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
        """Create the alias; all traffic goes to the declared version at once."""
        routing = _routing(properties)
        status, _, body = self._machines._create_state_machine_alias(
            {"name": properties["Name"], "routingConfiguration": routing}
        )
        arn = _answer(status, body)["stateMachineAliasArn"]
        return arn, {"Arn": arn}

    def update(self, arn: str, old: dict[str, Any], new: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
        """Move the alias to the new version."""
        status, _, body = self._machines._update_state_machine_alias(
            {"stateMachineAliasArn": arn, "routingConfiguration": _routing(new)}
        )
        _answer(status, body)
        return arn, {"Arn": arn}

    def delete(self, arn: str, properties: dict[str, Any]) -> None:
        """Forget the alias."""
        self._machines._state_machine_aliases.pop(arn, None)


def _routing(properties: dict[str, Any]) -> list[dict[str, Any]]:
    """Where the alias points; the version that a deployment preference names gets everything at once."""
    preference = properties.get("DeploymentPreference")
    if preference:
        return [{"stateMachineVersionArn": preference["StateMachineVersionArn"], "weight": 100}]
    return [
        {"stateMachineVersionArn": entry["StateMachineVersionArn"], "weight": int(entry["Weight"])}
        for entry in properties.get("RoutingConfiguration") or []
    ]


def _answer(status: int, body: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(body)
    if status >= 400:
        raise ValueError(answer.get("message") or answer.get("Message") or str(answer))
    return answer
