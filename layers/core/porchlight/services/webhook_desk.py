"""Deliveries to brands' endpoints, from the outside: what is due is queued, what is dead is sent anew."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from porchlight.announcing import WebhookDeliveries, WebhookQueue, WebhookTask
from porchlight.domain.webhooks import DeliveryState, Occurrence, WebhookDelivery, WebhookEndpoint
from porchlight.errors import ConflictError
from porchlight.ports import Due

QUEUED = timedelta(minutes=15)
"""What was queued and not looked at by then is queued again."""


@dataclass(frozen=True)
class WebhookDesk:
    """Where deliveries are put on their way (again)."""

    webhook_deliveries: WebhookDeliveries
    webhook_queue: WebhookQueue
    clock: Callable[[], datetime]

    def enqueue(self, delivery: WebhookDelivery, seconds: int = 0) -> None:
        """Record it as it is now, then queue it: what the queue does not get, the sweep finds."""
        self.webhook_deliveries.update(delivery)
        self.webhook_queue.put(_task(delivery), seconds)

    def due(self, entry: Due, now: datetime) -> str:
        """From the sweep: a delivery's next try is due, or whoever had it is gone."""
        endpoint = entry.parent_id or ""
        delivery = self.webhook_deliveries.get(entry.brand, endpoint, entry.record_id.removeprefix(f"{endpoint}/"))
        if delivery is None or delivery.due_at is None or delivery.due_at > now:
            return "gone"
        self.enqueue(delivery.claimed(now + QUEUED))
        return "webhook_due"

    def send_anew(self, delivery: WebhookDelivery) -> WebhookDelivery:
        """Send once more what is dead or was delivered; ConflictError where it is on its way."""
        if delivery.state is DeliveryState.PENDING:
            raise ConflictError("it is on its way")
        revived = delivery.revived(self.clock() + QUEUED)
        self.enqueue(revived)
        return revived

    def enable(self, brand: str, endpoint: str) -> bool:
        """Send to an endpoint again that was switched off; False where it was not. What died stays so until it is sent
        anew.
        """
        health = self.webhook_deliveries.health(brand, endpoint)
        if health.disabled_at is None:
            return False
        self.webhook_deliveries.save_health(health.well())
        return True

    def test(self, endpoint: WebhookEndpoint, event: Mapping[str, Any]) -> WebhookDelivery:
        """Queue an event (in the bus's envelope) for one endpoint, whatever it subscribes to."""
        now = self.clock()
        delivery = WebhookDelivery.of(Occurrence.of(event), endpoint.id, now, now + QUEUED)
        if self.webhook_deliveries.create(delivery):
            self.webhook_queue.put(_task(delivery))
        return delivery


def _task(delivery: WebhookDelivery) -> WebhookTask:
    return WebhookTask(
        brand=delivery.brand,
        endpoint=delivery.endpoint,
        delivery_id=delivery.delivery_id,
        version=delivery.version,
    )
