"""What the tests of this folder do with the deployed stack."""

import json
import uuid
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from local.cloud.deploy import deploy
from local.cloud.launcher import LocalCloud, faketime_library
from local.cloud.waiting import eventually, take_messages

STACK_DIR = Path(__file__).parent / "stack"
STACK = "lab"


class Lab:
    """The deployed stack, and what tests do with it."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.outputs: dict[str, str] = {}
        self._clients: dict[str, Any] = {}
        self._taken: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._minutes = 0

    def deploy(self, marker: str) -> None:
        """Create or update the stack; the functions and machines say `marker` from now on."""
        self.outputs = deploy(self.cloud.endpoint, STACK, STACK_DIR, {"Marker": marker})

    def client(self, service: str) -> Any:
        """A boto3 client, the same each time."""
        if service not in self._clients:
            self._clients[service] = self.cloud.client(service)
        return self._clients[service]

    def url(self, path: str) -> str:
        """The address of a path of the deployed HTTP API."""
        return self.cloud.http_api_url(self.outputs["ApiId"]) + path

    def invoke(self, function: str, event: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        """Call a function; its answer and, if it failed, how."""
        answer = self.client("lambda").invoke(FunctionName=self.outputs[function], Payload=json.dumps(event))
        return json.loads(answer["Payload"].read()), answer.get("FunctionError")

    def put_event(self, kind: str, detail: dict[str, Any]) -> None:
        """Put an event on the stack's bus."""
        entry = {"EventBusName": self.outputs["Bus"], "Source": "test", "DetailType": kind}
        self.client("events").put_events(Entries=[{**entry, "Detail": json.dumps(detail)}])

    def message(self, queue: str, *, timeout: float = 10, **body: Any) -> dict[str, Any] | None:
        """The first message on a queue whose body has these members; others are kept for those who ask."""

        def look() -> dict[str, Any] | None:
            kept = self._taken[queue]
            kept.extend(take_messages(self.client("sqs"), self.outputs[queue]))
            for message in kept:
                if isinstance(message["body"], dict) and body.items() <= message["body"].items():
                    kept.remove(message)
                    return message
            return None

        return eventually(look, timeout)

    def run_machine(
        self, definition: dict[str, Any], data: Any = None, *, wait: bool = True, name: str = "test"
    ) -> dict[str, Any]:
        """Run a definition once and describe the execution, by default when it has ended."""
        machines = self.client("stepfunctions")
        machine = machines.create_state_machine(
            name=f"{name}-{uuid.uuid4().hex}",
            definition=json.dumps({"QueryLanguage": "JSONata", **definition}),
            roleArn=self.outputs["StandardRole"],
        )["stateMachineArn"]
        execution = machines.start_execution(stateMachineArn=machine, input=json.dumps(data))["executionArn"]
        return self.ended(execution) if wait else {"executionArn": execution}

    def ended(self, execution: str, timeout: float = 10) -> dict[str, Any]:
        """The execution's description once it has ended, or as it is after `timeout`."""
        state: dict[str, Any] = {}

        def look() -> bool:
            state.update(self.client("stepfunctions").describe_execution(executionArn=execution))
            return state["status"] != "RUNNING"

        eventually(look, timeout)
        return state

    def travel(self, minutes: int) -> None:
        """Move the clock on. Never back: other tests of this server have lived through it."""
        if faketime_library() is None:
            pytest.skip("libfaketime is not installed (Debian: apt-get install libfaketime)")
        self._minutes += minutes
        self.cloud.jump(f"+{self._minutes}m")
