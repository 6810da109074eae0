"""Sleeping works while the clock is moved.

Stock: libfaketime either moves the monotonic clock too, so that whoever waits with a timeout while the clock
jumps may wait for days, or it leaves it alone and then breaks `time.sleep`, which fails with EINVAL.
AWS: there the clock goes its own way.
Why: tests travel by days. The launcher leaves the monotonic clock alone, and here `time.sleep` becomes a
`select` that waits as long; in the server and in the functions' workers. Only where faketime is on.
"""

import os
import time
from typing import Any

from local.cloud.emulator import module

_LONGEST_JUMP_SECONDS = 5.0

_SLEEP = """
import select, time
def _sleep(seconds):
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)
time.sleep = _sleep
"""


def apply() -> None:
    """Replace `time.sleep`, here and in each worker."""
    if "FAKETIME_TIMESTAMP_FILE" not in os.environ:
        return
    # The library has read its own settings by now, so this is for the workers. They are mostly idle, and would go by
    # the time they knew when they last looked; here the time is read once a second, for exactness costs a file read
    # each time.
    os.environ["FAKETIME_NO_CACHE"] = "1"
    exec(_SLEEP, {})  # noqa: S102 - the same text for both, so that they cannot differ
    runtime = module("core.lambda_runtime")
    runtime._PYTHON_WORKER_SCRIPT = _SLEEP + runtime._PYTHON_WORKER_SCRIPT
    _hold_calls_during_a_jump(runtime)


def _hold_calls_during_a_jump(runtime: Any) -> None:
    """While the launcher's mark is there, no call gets a worker: its clock might be days ahead of the server's."""
    mark, stock = os.environ.get("LOCAL_HOLD_FILE", ""), runtime.acquire_worker

    def acquire_worker(*arguments: Any, **named: Any) -> Any:
        give_up = time.monotonic() + _LONGEST_JUMP_SECONDS
        while os.path.exists(mark) and time.monotonic() < give_up:
            time.sleep(0.02)
        return stock(*arguments, **named)

    runtime.acquire_worker = module("services.lambda_svc").acquire_worker = acquire_worker
