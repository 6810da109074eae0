"""The due index: sparse, sharded, keys only. What is due is read; what is merely in flight costs nothing."""

from datetime import datetime

from porchlight.adapters.aws import client, translated
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table
from porchlight.ports import Due


class DynamoDueIndex:
    """``ports.DueIndex`` on the index ``by_due_at``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def due(self, shard: int, now: datetime, limit: int) -> list[Due]:
        """One query of one shard."""
        with translated():
            page = client("dynamodb").query(
                TableName=self._table.name,
                IndexName=keys.DUE_INDEX,
                KeyConditionExpression="due_shard = :shard AND due_at <= :now",
                ExpressionAttributeValues={
                    ":shard": {"S": keys.shard(shard)},
                    ":now": {"S": keys.instant(now)},
                },
                Limit=limit,
            )
        found = []
        for stored in page.get("Items", []):
            brand, kind, record = keys.owner(stored["pk"]["S"])
            at = datetime.fromisoformat(stored["due_at"]["S"])
            if kind == "ORDER":
                message = stored["sk"]["S"].removeprefix(keys.MESSAGE)
                found.append(Due(brand=brand, kind="message", record_id=message, parent_id=record, due_at=at))
            else:
                found.append(Due(brand=brand, kind="shipment", record_id=record, due_at=at))
        return found
