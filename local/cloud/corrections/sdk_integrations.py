"""A state machine may call any AWS API.

Stock: `aws-sdk:` integrations exist for some services; others (sesv2, scheduler, firehose, some of s3) fail.
AWS: every SDK call is an integration.
Why: single writes need no function; what is missing goes through boto3, to the emulator itself.
"""

import json
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from local.cloud.emulator import module, own_client

# Names in the state machine's resource that boto3 spells differently.
_BOTO3_NAMES = {
    "sfn": "stepfunctions",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "cognitoidentityprovider": "cognito-idp",
}
_ERROR_PREFIXES = {
    "sesv2": "SesV2",
    "sfn": "Sfn",
    "cloudwatchlogs": "CloudWatchLogs",
    "eventbridge": "EventBridge",
}


def apply() -> None:
    """Call through boto3 what the emulator says it does not have."""
    machines = module("services.stepfunctions")
    stock = machines._invoke_aws_sdk_integration

    def invoke(resource: str, data: Any) -> Any:
        try:
            return stock(resource, data)
        except machines._ExecutionError as error:
            if error.error != "States.Runtime" or "MiniStack" not in str(error.cause):
                raise
        service, action = resource.replace(".waitForTaskToken", "").split(":")[6:8]
        client = own_client(_BOTO3_NAMES.get(service, service), machines.get_region(), machines.get_account_id())
        parameters = dict(data or {})
        if service == "s3" and not isinstance(parameters.get("Body", ""), str | bytes):
            parameters["Body"] = json.dumps(parameters["Body"])
        try:
            answer = client._make_api_call(action[0].upper() + action[1:], parameters)
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
            raise machines._ExecutionError(_error_name(service, code), message) from error
        except ParamValidationError as error:
            raise machines._ExecutionError("States.Runtime", str(error)) from error
        answer.pop("ResponseMetadata", None)
        return json.loads(json.dumps(answer, default=_plain))

    machines._invoke_aws_sdk_integration = invoke


def _error_name(service: str, code: str) -> str:
    """As AWS names it, after the Java SDK's exception classes."""
    prefix = _ERROR_PREFIXES.get(service, service[0].upper() + service[1:])
    return f"{prefix}.{code if code.endswith('Exception') else code + 'Exception'}"


def _plain(value: Any) -> Any:
    if hasattr(value, "read"):
        return value.read().decode()
    return value.isoformat() if isinstance(value, datetime) else str(value)
