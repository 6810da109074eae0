"""What the emulator does differently from AWS, mended: one module, one reason, one test each.

Every module says what stock `ministack` does, what AWS does and why Porchlight needs it, and has one public
function, `apply()`. They reach into the emulator's private functions, which is only safe for the exact
version they were measured against: that is checked here, once. To find out what a new version no longer
needs, leave corrections out by name (`LOCAL_CLOUD_WITHOUT=embedded_metrics,waits`) and run tests/local.
"""

import importlib
from collections.abc import Collection, Iterable
from importlib.metadata import version

SUPPORTED_VERSION = "1.5.33"

# In this order: some build on what an earlier one changed.
NAMES = (
    "time_travel",
    "python_runtime",
    "runtime_packages",
    "worker_limit",
    "layer_cache",
    "lambda_logs",
    "lambda_errors",
    "sam_parameters",
    "snapstart",
    "lambda_async",
    "api_errors",
    "http_api_body",
    "queue_retries",
    "stream_failures",
    "table_ttl",
    "ttl_stream",
    "embedded_metrics",
    "service_metrics",
    "alarms",
    "schedules",
    "event_targets",
    "machine_versions",
    "start_execution",
    "machine_timeout",
    "waits",
    "retry_delay",
    "succeed_jsonata",
    "parallel_jsonata",
    "callbacks",
    "task_timeouts",
    "sdk_integrations",
    "email_raw",
    "email_events",
    "email_permissions",
    "secure_transport",
    "callback_permissions",
)


class WrongVersionError(RuntimeError):
    """The installed emulator is not the one the corrections were measured against."""


def apply_all(without: Collection[str] = ()) -> None:
    """Apply every correction except those named in `without`. Call once, before the server starts."""
    unknown = set(without) - set(NAMES)
    if unknown:
        raise ValueError(f"no such correction: {', '.join(sorted(unknown))}")
    apply(name for name in NAMES if name not in without)


def apply(names: Iterable[str]) -> None:
    """Apply the named corrections, in the given order."""
    installed = version("ministack")
    if installed != SUPPORTED_VERSION:
        raise WrongVersionError(
            f"ministack {installed} is installed; the corrections are measured against {SUPPORTED_VERSION}. "
            "Install that version, or re-run tests/local against the new one and change SUPPORTED_VERSION."
        )
    for name in names:
        importlib.import_module(f"{__name__}.{name}").apply()
