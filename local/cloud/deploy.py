"""Deploy a `sam build` output to the local cloud through CloudFormation, in about a second.

`sam deploy` does the same with change sets and polling, made for a distant cloud. A template that was not
built works too, as long as its functions need no installing: tests use that.
"""

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import ClientError

from local.cloud.launcher import client

Progress = Callable[[int, int], None]

_BUCKET = "local-artifacts"
_CODE_PROPERTIES = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


class DeployError(Exception):
    """The stack could not be brought to the template's state; says which resources failed, and why."""

    def __init__(self, status: str, failures: Iterable[tuple[str, str]]) -> None:
        self.status = status
        self.failures = list(failures)
        reasons = "\n".join(f"  {resource}: {reason}" for resource, reason in self.failures)
        super().__init__(f"{status}\n{reasons}")


def deploy(
    endpoint: str,
    stack: str,
    build_dir: Path,
    parameters: Mapping[str, str] | None = None,
    *,
    progress: Progress | None = None,
    timeout: float = 300,
) -> dict[str, str]:
    """Create or update `stack` from `build_dir/template.yaml` and return its outputs.

    `progress` is called with the number of resources done and of all resources.
    """
    template = _load_template(build_dir / "template.yaml")
    s3 = client(endpoint, "s3")
    _upload_code(s3, template, build_dir)
    # By URL: a template given as such may have 51,200 characters at most.
    s3.put_object(Bucket=_BUCKET, Key=f"{stack}.json", Body=json.dumps(template, default=str).encode())
    cloudformation = client(endpoint, "cloudformation")
    _start(cloudformation, stack, f"{endpoint}/{_BUCKET}/{stack}.json", parameters or {})
    return _finish(cloudformation, stack, len(template["Resources"]), progress, time.monotonic() + timeout)


def _start(cloudformation: Any, stack: str, template_url: str, parameters: Mapping[str, str]) -> None:
    request = {
        "StackName": stack,
        "TemplateURL": template_url,
        "Capabilities": _CAPABILITIES,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    }
    status = _status(cloudformation, stack)
    if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"):
        cloudformation.delete_stack(StackName=stack)  # such a stack takes no update, on AWS neither
        status = None
    operation = cloudformation.create_stack if status is None else cloudformation.update_stack
    try:
        operation(**request)
    except ClientError as error:
        message = error.response["Error"].get("Message", "")
        if "No updates are to be performed" not in message:
            raise DeployError(error.response["Error"].get("Code", "Error"), [(stack, message)]) from error


def _status(cloudformation: Any, stack: str) -> str | None:
    try:
        return str(cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])
    except ClientError:
        return None


def _finish(cloudformation: Any, stack: str, total: int, progress: Progress | None, deadline: float) -> dict[str, str]:
    while True:
        state = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        status = state["StackStatus"]
        if progress:
            resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
            done = sum(resource["ResourceStatus"].endswith("_COMPLETE") for resource in resources)
            progress(min(done, total), total)
        if not status.endswith("IN_PROGRESS"):
            break
        if time.monotonic() > deadline:
            raise DeployError(status, [(stack, "did not finish in time")])
        time.sleep(0.05)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeployError(status, _failures(cloudformation, stack, state))
    if progress:
        progress(total, total)
    return {output["OutputKey"]: output["OutputValue"] for output in state.get("Outputs", [])}


def _failures(cloudformation: Any, stack: str, state: dict[str, Any]) -> list[tuple[str, str]]:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    failures = [
        (event["LogicalResourceId"], event.get("ResourceStatusReason", ""))
        for event in reversed(events)
        if event["ResourceStatus"].endswith("_FAILED")
    ]
    return failures or [(stack, state.get("StackStatusReason", "no reason given"))]


def _upload_code(s3: Any, template: dict[str, Any], build_dir: Path) -> None:
    """Replace local paths in the template by objects in a bucket, named after their content."""
    s3.create_bucket(Bucket=_BUCKET)
    uploaded: dict[Path, str] = {}
    for resource in template["Resources"].values():
        key = _CODE_PROPERTIES.get(resource["Type"])
        location = (resource.get("Properties") or {}).get(key) if key else None
        if not isinstance(location, str) or location.startswith("s3://"):
            continue
        path = (build_dir / location).resolve()
        if path not in uploaded:
            content = _zipped(path) if path.is_dir() else path.read_bytes()
            name = hashlib.sha256(content).hexdigest()[:32] + ("" if path.is_dir() else path.suffix)
            s3.put_object(Bucket=_BUCKET, Key=name, Body=content)
            uploaded[path] = f"s3://{_BUCKET}/{name}"
        resource["Properties"][key] = uploaded[path]


def _zipped(folder: Path) -> bytes:
    """The folder as a zip archive that depends on nothing but its content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts:
                continue
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), (2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 1)
    return buffer.getvalue()


class _TemplateLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags (`!Ref`, `!GetAtt` …), and dates left as they are written."""


def _short_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    key = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {key: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {key: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {key: loader.construct_mapping(node, deep=True)}


_TemplateLoader.add_multi_constructor("!", _short_tag)
_TemplateLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _load_template(path: Path) -> dict[str, Any]:
    template: dict[str, Any] = yaml.load(path.read_text(), Loader=_TemplateLoader)  # noqa: S506 - a SafeLoader
    return template
