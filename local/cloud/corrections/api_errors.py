"""A failing function behind the API shows the caller nothing of itself.

Stock: the API answers 502 with the function's error as its body.
AWS: an HTTP API answers 500 `{"message":"Internal Server Error"}` when its function fails.
Why: pages and webhook senders must be tested against what they will really see.
"""

from typing import Any

from local.cloud.emulator import module

_INTERNAL_ERROR = {
    "statusCode": 500,
    "headers": {"Content-Type": "application/json"},
    "body": '{"message":"Internal Server Error"}',
}


def apply() -> None:
    """Replace the answer to a failed invocation."""
    functions = module("services.lambda_svc")
    stock = functions.lambda_execute_result_to_api_proxy_response

    def to_response(result: dict[str, Any]) -> Any:
        if result.get("error") and not result.get("throttle"):
            return dict(_INTERNAL_ERROR), None
        return stock(result)

    functions.lambda_execute_result_to_api_proxy_response = to_response
