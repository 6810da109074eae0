"""State machines."""

import json
from collections.abc import Mapping
from typing import Any

from porchlight.adapters.aws import client, translated
from porchlight.errors import ConflictError, NotFoundError


class StepFunctions:
    """``ports.Workflows``; ``machines`` maps our names to ARNs."""

    def __init__(self, machines: Mapping[str, str]) -> None:
        self._machines = machines

    def start(self, machine: str, name: str, payload: Mapping[str, Any]) -> bool:
        """A Standard machine runs once under a name (for 90 days); an Express one ignores names."""
        try:
            with translated():
                client("stepfunctions").start_execution(
                    stateMachineArn=self._machines[machine], name=name, input=json.dumps(payload)
                )
        except ConflictError:
            return False
        return True

    def succeed(self, token: str, output: Mapping[str, Any]) -> bool:
        """Answer a waiting task; False where it has been answered, has timed out or its execution has ended."""
        try:
            with translated():
                client("stepfunctions").send_task_success(taskToken=token, output=json.dumps(output))
        except NotFoundError:
            return False
        return True
