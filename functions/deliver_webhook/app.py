"""Queue of events and tasks → signed posts to the brand's endpoints; a batch is tried at the same time."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from porchlight.domain.webhooks import WebhookDelivery
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import batch_handler


def take(item: Mapping[str, Any]) -> list[WebhookDelivery] | None:
    """Record the event, or claim what is due."""
    return app.webhook_sender.open(item["body"]) or None


def attempt(claimed: list[list[WebhookDelivery]]) -> None:
    """After all are recorded: whoever dies now is followed by the sweep."""
    app.webhook_sender.attempt_all(chain.from_iterable(claimed))


handler = batch_handler(take, lambda item: str(item["messageId"]), attempt)
