"""What goes to brands' own endpoints, and what their people were told lately."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from porchlight.adapters.aws import client, translated
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.domain.webhooks import EndpointHealth, WebhookDelivery
from porchlight.errors import ConflictError

KEPT = timedelta(days=30)
TOLD_ONCE_IN = timedelta(minutes=10)


class DynamoWebhookDeliveries:
    """``announcing.WebhookDeliveries`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @staticmethod
    def _item(delivery: WebhookDelivery) -> Item:
        pk, sk = keys.webhook_pk(delivery.brand, delivery.endpoint), keys.DELIVERY + delivery.delivery_id
        shard = keys.delivery_shard(delivery.delivery_id)
        new = item(pk, sk, "webhook", delivery, due_at=delivery.due_at, shard=shard)
        last = delivery.attempts[-1].at if delivery.attempts else delivery.created_at
        new["ttl"] = {"N": str(int((last + KEPT).timestamp()))}
        return new

    def create(self, delivery: WebhookDelivery) -> bool:
        """Write it if it is new."""
        try:
            self._table.put_new(self._item(delivery))
        except ConflictError:
            return False
        return True

    def get(self, brand: str, endpoint: str, delivery_id: str) -> WebhookDelivery | None:
        """One delivery."""
        found = self._table.get(keys.webhook_pk(brand, endpoint), keys.DELIVERY + delivery_id)
        return load(WebhookDelivery, found) if found else None

    def update(self, delivery: WebhookDelivery) -> None:
        """Replace the version before."""
        self._table.replace_version(self._item(delivery), delivery.version)

    def of_endpoint(self, brand: str, endpoint: str, limit: int, before: str = "") -> Sequence[WebhookDelivery]:
        """One query, backwards."""
        with translated():
            page = client("dynamodb").query(
                TableName=self._table.name,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={
                    ":pk": {"S": keys.webhook_pk(brand, endpoint)},
                    ":first": {"S": keys.DELIVERY},
                    ":last": {"S": keys.DELIVERY + (before or "~")},
                },
                ScanIndexForward=False,
                Limit=limit + bool(before),
            )
        found = [load(WebhookDelivery, one) for one in page.get("Items", [])]
        return [one for one in found if one.delivery_id != before][:limit]

    def health(self, brand: str, endpoint: str) -> EndpointHealth:
        """How it stands."""
        stored = self._table.get(keys.webhook_pk(brand, endpoint), keys.HEALTH)
        return load(EndpointHealth, stored) if stored else EndpointHealth(brand=brand, endpoint=endpoint)

    def save_health(self, health: EndpointHealth) -> None:
        """Replace the version before."""
        new = item(keys.webhook_pk(health.brand, health.endpoint), keys.HEALTH, "webhook_health", health)
        self._table.replace(new, health.version)


class DynamoOpsLog:
    """``announcing.OpsLog`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, brand: str, desk: str, subject: str, event_id: str, now: datetime) -> bool:
        """Whoever dies after this may try again with the same event."""
        try:
            self._put(brand, desk, subject, event_id, now, "claimed")
        except ConflictError:
            return False
        return True

    def told(self, brand: str, desk: str, subject: str, event_id: str, now: datetime) -> None:
        """It was told."""
        self._put(brand, desk, subject, event_id, now, "told")

    def _put(self, brand: str, desk: str, subject: str, event_id: str, now: datetime, state: str) -> None:
        told_at = keys.instant(now)
        new = item(keys.ops_pk(brand), f"{keys.OPS_TOLD}{desk}#{subject[:200]}", "ops_told", None)
        new |= {"event_id": {"S": event_id}, "told_at": {"S": told_at}, "state": {"S": state}}
        new["ttl"] = {"N": str(int((now + TOLD_ONCE_IN * 6).timestamp()))}
        with translated():
            client("dynamodb").put_item(
                TableName=self._table.name,
                Item=new,
                ConditionExpression="attribute_not_exists(pk) OR told_at < :before"
                " OR (event_id = :event AND #state = :claimed)",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":before": {"S": keys.instant(now - TOLD_ONCE_IN)},
                    ":event": {"S": event_id},
                    ":claimed": {"S": "claimed"},
                },
            )
