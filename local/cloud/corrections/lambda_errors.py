"""A function's error keeps its class name, and its worker.

Stock: `errorType` is always `Runtime.HandlerError`, there is no `stackTrace`, and the worker is killed, so
that the next call starts cold.
AWS: `errorType` is the exception's class name; the environment stays warm after an exception.
Why: the state machines' `ErrorEquals` name our error classes, and a retried call should not pay a cold start.

The worker reports an exception as a result under a key of its own; the server turns it into the error AWS
shows.
"""

from typing import Any

from local.cloud.emulator import module, replace_once

_KEY = "porchlight:handler-error"

_STOCK = (
    "        except Exception as e:\n"
    '            _real_stdout.write(json.dumps({"status": "error", "error": str(e), '
    '"trace": traceback.format_exc()}) + "\\n")'
)
_CORRECTED = f"""        except Exception as e:
            _error = {{
                "errorMessage": str(e),
                "errorType": type(e).__name__,
                "requestId": context.aws_request_id,
                "stackTrace": traceback.format_tb(e.__traceback__)[1:],
            }}
            sys.stderr.write("[ERROR] " + type(e).__name__ + ": " + str(e) + "\\n" + traceback.format_exc())
            _real_stdout.write(json.dumps({{"status": "ok", "result": {{{_KEY!r}: _error}}}}) + "\\n")"""


def apply() -> None:
    """Carry the exception's class, message and stack from the worker to the caller."""
    runtime, functions = module("core.lambda_runtime"), module("services.lambda_svc")
    runtime._PYTHON_WORKER_SCRIPT = replace_once(runtime._PYTHON_WORKER_SCRIPT, _STOCK, _CORRECTED)
    stock = functions._execute_function_warm

    def execute(func: Any, event: Any, request_id: str) -> dict[str, Any]:
        result: dict[str, Any] = stock(func, event, request_id)
        body = result.get("body")
        if isinstance(body, dict) and _KEY in body:
            return {**result, "body": body[_KEY], "error": True, "function_error": "Unhandled"}
        if result.get("error") and isinstance(body, dict):
            body["errorType"] = _platform_error(body.get("errorType", ""), body.get("errorMessage", ""))
        return result

    functions._execute_function_warm = execute


def _platform_error(error_type: str, message: str) -> str:
    """The name AWS gives to what is not the handler's own exception."""
    if message == "Worker process died":
        return "Runtime.ExitError"
    if "Worker init failed" in message or "exited immediately" in message:
        return "Runtime.ImportModuleError"
    return error_type
