"""template.yaml as CloudFormation gets it: translated by SAM's own translator, its intrinsic functions resolved."""

import copy
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "template.yaml").read_text()
REGION, ACCOUNT = "us-east-1", "111122223333"
STAGE = "some-stage"
PARAMETERS = {"Target": "aws", "Stage": STAGE}
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
_CODE = ("CodeUri", "ContentUri", "DefinitionUri")

Resource = dict[str, Any]


@cache
def raw() -> dict[str, Any]:
    """The template as it is written; short forms of intrinsic functions in their long form."""
    found: dict[str, Any] = yaml_parse(TEXT)
    return found


def translate(changed: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The template after `sam package` and the transform; ``changed`` gives resources' code another key in S3."""
    template = copy.deepcopy(raw())
    for name, resource in template["Resources"].items():
        for key in _CODE:
            if isinstance(path := resource.get("Properties", {}).get(key), str):
                key_in_s3 = path + (changed or {}).get(name, "")
                location = {"Bucket": "b", "Key": key_in_s3} if key == "DefinitionUri" else f"s3://b/{key_in_s3}"
                resource["Properties"][key] = location
    before = os.environ.get("AWS_DEFAULT_REGION")
    os.environ["AWS_DEFAULT_REGION"] = REGION  # the translator looks nowhere else
    try:
        translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
        done: dict[str, Any] = translator.translate(template, dict(PARAMETERS))
    finally:
        if before is None:
            del os.environ["AWS_DEFAULT_REGION"]
        else:
            os.environ["AWS_DEFAULT_REGION"] = before
    return done


@cache
def whole() -> dict[str, Any]:
    """The translated template."""
    return translate()


def resources() -> dict[str, Resource]:
    """The resources of the translated template."""
    found: dict[str, Resource] = whole()["Resources"]
    return found


def of_type(kind: str) -> dict[str, Resource]:
    """Properties of the resources of a type, by logical id."""
    return {name: one.get("Properties", {}) for name, one in resources().items() if one["Type"] == f"AWS::{kind}"}


def functions() -> dict[str, Resource]:
    """Properties of the functions as they are written, globals left out."""
    return {
        name: one["Properties"]
        for name, one in raw()["Resources"].items()
        if one["Type"] == "AWS::Serverless::Function"
    }


def folder(function: str) -> str:
    """The folder of a function: ``PutOrder`` is in ``put_order``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", function).lower()


def arn(name: str) -> str:
    """A stand-in for a resource's ARN; a machine's is its real one, since policies spell it out."""
    resource = resources()[name]
    if resource["Type"] == "AWS::StepFunctions::StateMachine":
        machine = resolve(resource["Properties"]["StateMachineName"])
        return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{machine}"
    return f"arn:aws:{resource['Type'].split('::')[1].lower()}:{REGION}:{ACCOUNT}:{name}"


_ARNS = ("StepFunctions::StateMachine", "StepFunctions::StateMachineAlias", "Lambda::Alias", "SNS::Topic")


def resolve(value: Any) -> Any:
    """A value with its intrinsic functions carried out."""

    def named(name: str) -> str:
        if "." in name:
            owner, attribute = name.split(".", 1)
            return arn(owner) if attribute.endswith("Arn") else owner if attribute == "QueueName" else name
        if name in PSEUDO:
            return PSEUDO[name]
        if name in whole()["Parameters"]:
            return str(PARAMETERS.get(name, whole()["Parameters"][name].get("Default", "")))
        resource = resources()[name]  # KeyError: it refers to nothing
        return arn(name) if resource["Type"].removeprefix("AWS::") in _ARNS else name

    if isinstance(value, list):
        return [resolve(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        function, argument = next(iter(value.items()))
        if function == "Ref":
            return named(argument)
        if function == "Fn::GetAtt":
            return named(argument if isinstance(argument, str) else ".".join(argument))
        if function == "Fn::Sub":
            text, own = (argument, {}) if isinstance(argument, str) else argument
            own = resolve(own)
            return re.sub(r"\$\{([^!}]+)\}", lambda found: own.get(found[1]) or named(found[1]), text)
        if function == "Fn::If":
            return resolve(argument[1])
    return {name: resolve(one) for name, one in value.items()}


def statements(role: str) -> Iterator[dict[str, Any]]:
    """The statements of a role's inline policies, resolved; actions and resources as lists."""
    for policy in resources()[role]["Properties"].get("Policies", []):
        for statement in resolve(policy["PolicyDocument"]["Statement"]):
            given = {key: statement[key] for key in _LISTS if key in statement}
            both = {key: value if isinstance(value, list) else [value] for key, value in given.items()}
            yield {**statement, **both}


_LISTS = ("Action", "Resource", "NotResource")


def roles() -> dict[str, Resource]:
    """Properties of all roles."""
    return of_type("IAM::Role")
