"""A function has no more workers than the machine can feed.

Stock: each call that finds no idle worker starts a new Python, without limit.
AWS: so does Lambda, each on a machine of its own.
Why: here they share a few cores. Ten webhooks at once start ten interpreters, and all of them wait twelve seconds
for what one would have done in two. A call waits for an idle worker instead; one that waits too long (a function
that calls itself) gets a worker of its own after all. `LOCAL_WORKERS` is the limit for each function (default: half
of the cores).
"""

import os
import threading
import time
from typing import Any

from local.cloud.emulator import module

_PATIENCE_SECONDS = 15.0


def apply() -> None:
    """Wait for an idle worker where the limit is reached."""
    runtime, services = module("core.lambda_runtime"), module("services.lambda_svc")
    limit = int(os.environ.get("LOCAL_WORKERS") or max(1, (os.cpu_count() or 2) // 2))
    stock_acquire, stock_release = runtime.acquire_worker, runtime.release_worker
    released = threading.Condition()

    def acquire_worker(
        func_name: str, config: Any, code_zip: bytes, qualifier: str = "$LATEST", max_concurrency: int | None = None
    ) -> Any:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        with released:
            while (left := deadline - time.monotonic()) > 0:
                found, reason = stock_acquire(func_name, config, code_zip, qualifier, max_concurrency or limit)
                if found is not None or max_concurrency:
                    return found, reason
                released.wait(left)
        return stock_acquire(func_name, config, code_zip, qualifier, max_concurrency)

    def release_worker(*arguments: Any, **named: Any) -> None:
        stock_release(*arguments, **named)
        with released:
            released.notify_all()

    for place in (runtime, services):
        place.acquire_worker, place.release_worker = acquire_worker, release_worker
