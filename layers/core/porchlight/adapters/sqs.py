"""The inbound queue, and that of brands' webhooks."""

import base64
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from porchlight.adapters.aws import client, translated
from porchlight.adapters.s3 import Bodies
from porchlight.connectors import InboundMessage
from porchlight.errors import PorchlightError, TransientError

if TYPE_CHECKING:  # who takes webhooks has no model of anything else
    from porchlight.announcing import WebhookTask

MAX_INLINE = 180_000
"""Larger bodies go to the bucket, so that a message stays under SQS's old and new limits and costs few 64 KB chunks."""


class SqsInbound:
    """``ports.Inbound``: the queue, with the bucket for large bodies."""

    def __init__(self, queue_url: str, bodies: Bodies) -> None:
        self._queue_url = queue_url
        self._bodies = bodies

    def put(self, message: InboundMessage, body: bytes) -> None:
        """Durable when this returns. Whatever is wrong with queue or bucket is not the sender's fault: try again."""
        try:
            self._put(message, body)
        except PorchlightError as error:
            raise TransientError(error.detail) from error

    def _put(self, message: InboundMessage, body: bytes) -> None:
        if len(body) <= MAX_INLINE:
            stored = replace(message, body=base64.b64encode(body).decode())
        else:
            digest = hashlib.sha256(body).hexdigest()
            place = f"inbound/{message.brand}/{message.received_at:%Y/%m/%d}/{digest}"
            self._bodies.put(place, body)
            stored = replace(message, body_ref=place)
        with translated():
            client("sqs").send_message(
                QueueUrl=self._queue_url,
                MessageBody=stored.as_json(),
            )

    def body_of(self, message: InboundMessage) -> bytes:
        """The raw body that ``put`` took."""
        if message.body_ref:
            return self._bodies.get(message.body_ref)
        return base64.b64decode(message.body)


class SqsWebhooks:
    """``announcing.WebhookQueue``: messages of one endpoint are one group, so that the queue serves all alike."""

    def __init__(self, queue_url: str) -> None:
        self._queue_url = queue_url

    def put(self, task: "WebhookTask", seconds: int = 0) -> None:
        """Durable when this returns."""
        with translated():
            client("sqs").send_message(
                QueueUrl=self._queue_url,
                MessageBody=task.model_dump_json(),
                MessageGroupId=f"{task.brand}.{task.endpoint}",
                DelaySeconds=seconds,
            )
