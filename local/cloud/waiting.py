"""Waiting for what the local cloud does in the background: for tests and for the demo."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any


def eventually[T](look: Callable[[], T], timeout: float = 10) -> T:
    """What `look` returns as soon as that is truthy; after `timeout` seconds whatever it returns last."""
    deadline = time.monotonic() + timeout
    while True:
        found = look()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def take_messages(sqs: Any, queue_url: str) -> Iterator[dict[str, Any]]:
    """The messages that are on the queue now; they are taken off it. Bodies that are JSON are parsed."""
    while messages := sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            try:
                body = json.loads(message["Body"])
            except ValueError:
                body = message["Body"]
            yield {"body": body, "attributes": message.get("MessageAttributes") or {}}
