"""What a function could not process comes back to it soon.

Stock and AWS: a failed message stays invisible for its queue's visibility timeout, minutes on our queues,
before the next of its three tries.
Why: locally a person or a test waits for the dead letter queue. This is a matter of pace, not of behaviour:
with `LOCAL_RETRY_SECONDS` set, failed messages become visible after that long; the number of tries stays the
queue's.
"""

import os
import time
from typing import Any

from local.cloud.emulator import module


def apply() -> None:
    """Shorten the wait of the messages that are left over when a batch is done."""
    setting = os.environ.get("LOCAL_RETRY_SECONDS")
    if setting is None:
        return
    seconds = float(setting)
    functions, queues = module("services.lambda_svc"), module("services.sqs")
    functions._ESM_BACKOFF_SECONDS = min(functions._ESM_BACKOFF_SECONDS, seconds)
    stock = functions._run_sqs_batch

    def run(esm: Any, func: Any, event: Any, batch: list[dict[str, Any]], url: str, name: str) -> None:
        stock(esm, func, event, batch, url, name)
        taken = {message["receipt_handle"] for message in batch}
        with queues._queues_lock:
            for message in queues._get_q(url)["messages"]:
                if message.get("receipt_handle") in taken:
                    message["visible_at"] = min(message["visible_at"], time.time() + seconds)

    functions._run_sqs_batch = run
