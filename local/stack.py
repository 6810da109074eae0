"""A running stack of Porchlight and how to reach it: the local cloud's, or one in an AWS account.

`porchlight up` and `demo` save the local one to `.local/stack.json` and remove it when they end; every other
command finds it there. With a stage, a command goes to AWS instead: the outputs of the CloudFormation stack
`porchlight-STAGE` are read with the caller's own credentials.

    stack = Stack.open(stage=None, region=None)
    stack.app().quarantine.list("larkspur")
    stack.client("cloudwatch").list_metrics()
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from porchlight.runtime.bootstrap import App

LOCAL = "local"
REGION = "us-east-1"
_ROOT = Path(__file__).resolve().parents[1]
STACK_FILE = Path(os.environ.get("PORCHLIGHT_STACK_FILE") or _ROOT / ".local" / "stack.json")
_BRANDS = _ROOT / "brand"
_BUILT_PACK = _ROOT / ".aws-sam" / "build" / "BrandLayer" / "python"


class StackError(Exception):
    """The stack is not there or cannot be reached; says what to do about it."""


@dataclass(frozen=True)
class Stack:
    """A deployed stack."""

    stage: str
    outputs: Mapping[str, str]
    endpoint: str | None = None
    """Of the local cloud; None: AWS."""
    region: str | None = REGION
    """None: the one that the caller's profile names."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Where people look: `inbox`, `ops` …"""

    @property
    def name(self) -> str:
        """The CloudFormation stack's name."""
        return f"porchlight-{self.stage}"

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine's local cloud."""
        return self.endpoint is not None

    # ------------------------------------------------------------------------------------------- kept and found again
    def save(self, path: Path | None = None) -> None:
        """Keep it for the commands that follow; never half written."""
        path = path or STACK_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {
            "stage": self.stage,
            "endpoint": self.endpoint,
            "region": self.region,
            "outputs": dict(self.outputs),
            "links": dict(self.links),
        }
        new = path.with_suffix(".new")
        new.write_text(json.dumps(document, indent=2) + "\n")
        new.replace(path)

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """The local stack that was saved last, whether or not it still answers; StackError where there is none."""
        path = path or STACK_FILE
        try:
            document = json.loads(path.read_text())
            return cls(
                stage=document["stage"],
                outputs=document["outputs"],
                endpoint=document["endpoint"],
                region=document["region"],
                links=document.get("links", {}),
            )
        except FileNotFoundError:
            raise StackError("No local cloud is running. Start one with: porchlight up") from None
        except (ValueError, KeyError, TypeError):
            raise StackError(f"{path.name} cannot be read. Start anew: porchlight down, then porchlight up") from None

    def forget(self, path: Path | None = None) -> None:
        """This local stack is gone; another one that was saved since stays known."""
        place = path or STACK_FILE
        try:
            other = json.loads(place.read_text()).get("endpoint") != self.endpoint
        except (OSError, ValueError, AttributeError):
            other = False
        if not other:
            place.unlink(missing_ok=True)

    @classmethod
    def of_stage(cls, stage: str, region: str | None = None) -> Self:
        """A stack in AWS, as CloudFormation describes it to the caller's own credentials."""
        from botocore.exceptions import BotoCoreError, ClientError

        bare = cls(stage=stage, outputs={}, region=region)
        try:
            found = bare.client("cloudformation").describe_stacks(StackName=bare.name)["Stacks"][0]
        except ClientError as error:
            where = f" in {region}" if region else ""
            raise StackError(f"The stack {bare.name}{where} could not be read: {_said(error)}") from error
        except BotoCoreError as error:  # no credentials, no region, no such profile, no network
            raise StackError(f"AWS could not be asked for the stack {bare.name}: {error}") from error
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
        return cls(stage=stage, outputs=outputs, region=region)

    @classmethod
    def open(cls, stage: str | None = None, region: str | None = None) -> Self:
        """The stack that a command means: without a stage (or with `local`) the local one, which must answer."""
        if stage not in (None, LOCAL):
            return cls.of_stage(stage, region)
        stack = cls.load()
        if not stack.answers():
            raise StackError(
                f"The local cloud at {stack.endpoint} does not answer any more. Start it again with: porchlight up"
            )
        return stack

    # ------------------------------------------------------------------------------------------------- how to reach it
    def answers(self, timeout: float = 2) -> bool:
        """Whether the local cloud is up; True for AWS."""
        import urllib.error
        import urllib.request

        if self.endpoint is None:
            return True
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/ready", timeout=timeout):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def client(self, service: str, read_timeout: float = 60) -> Any:
        """A boto3 client: of the local cloud as its administrator, or of AWS as the caller. Who waits longer than a
        minute for an answer asks once.
        """
        if self.endpoint is not None:
            from local.cloud.launcher import client

            return client(self.endpoint, service)
        import boto3
        from botocore.config import Config

        patient = {"retries": {"total_max_attempts": 1}} if read_timeout > 60 else {}
        config = Config(read_timeout=read_timeout, **patient)  # type: ignore[arg-type]
        return boto3.client(service, region_name=self.region, config=config)  # type: ignore[call-overload]

    def app(self) -> App:
        """The ports of Porchlight on this stack, wired as in a function.

        The adapters' clients come from this process's environment, as in a function: it is set here, so one process
        works on one stack at a time.
        """
        from porchlight.runtime.bootstrap import App
        from porchlight.runtime.settings import Settings

        self._enter()
        out = self.outputs
        settings = Settings(
            stage=self.stage,
            table_name=out.get("TableName", ""),
            inbound_queue_url=out.get("InboundQueueUrl", ""),
            webhook_queue_url=out.get("WebhookQueueUrl", ""),
            bodies_bucket=out.get("BodiesBucket", ""),
            bus_name=out.get("BusName", ""),
            configuration_set=out.get("ConfigurationSetName", self.name),
            delay_machine=out.get("DelayDetectionArn", ""),
            fanout_machine=out.get("NotificationFanoutArn", ""),
        )
        if str(_BUILT_PACK) not in sys.path:
            sys.path.append(str(_BUILT_PACK))  # as the brand layer is in a function
        return App(lambda: settings)

    def _enter(self) -> None:
        """Turn the environment, from which the adapters make their clients, to this stack."""
        from porchlight.adapters import aws

        if self.endpoint is not None:
            os.environ.update(
                AWS_ENDPOINT_URL=self.endpoint,
                AWS_ACCESS_KEY_ID="test",
                AWS_SECRET_ACCESS_KEY="test",  # noqa: S106 - the emulator takes any
                AWS_REGION=self.region or REGION,
                AWS_DEFAULT_REGION=self.region or REGION,
            )
            for mine in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN"):
                os.environ.pop(mine, None)
        elif self.region:
            os.environ.update(AWS_REGION=self.region, AWS_DEFAULT_REGION=self.region)
        aws.forget()


def brand_ids() -> tuple[str, ...]:
    """The brands of this checkout's brand pack."""
    return tuple(sorted(file.parent.name for file in _BRANDS.glob("*/brand.yaml") if file.parent.name != "default"))


def _said(error: Any) -> str:
    answer = error.response.get("Error", {})
    return str(answer.get("Message") or answer.get("Code") or error)
