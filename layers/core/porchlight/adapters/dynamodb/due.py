"""The due index: sparse, sharded, keys only. What is due is read; what is merely in flight costs nothing."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from porchlight.adapters.aws import client, translated
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table
from porchlight.ports import Due


class DynamoDueIndex:
    """``ports.DueIndex`` on the index ``by_due_at``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def due(self, shard: int, now: datetime, page: int, *, newest_first: bool = False) -> Iterator[Due]:
        """One query for each page; it goes on behind the last key of the one before, however many share its instant."""
        after: dict[str, Any] = {}
        while True:
            with translated():
                answer = client("dynamodb").query(
                    TableName=self._table.name,
                    IndexName=keys.DUE_INDEX,
                    KeyConditionExpression="due_shard = :shard AND due_at <= :now",
                    ExpressionAttributeValues={
                        ":shard": {"S": keys.shard(shard)},
                        ":now": {"S": keys.instant(now)},
                    },
                    Limit=page,
                    ScanIndexForward=not newest_first,
                    **after,
                )
            yield from map(_entry, answer.get("Items", []))
            if "LastEvaluatedKey" not in answer:
                return
            after = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _entry(stored: Item) -> Due:
    brand, _, record = keys.owner(stored["pk"]["S"])
    sk: str = stored["sk"]["S"]
    at = datetime.fromisoformat(stored["due_at"]["S"])
    if sk.startswith(keys.MESSAGE):
        message = sk.removeprefix(keys.MESSAGE)
        return Due(brand=brand, kind="message", record_id=message, parent_id=record, due_at=at)
    if sk.startswith(keys.DELIVERY):
        delivery = f"{record}/{sk.removeprefix(keys.DELIVERY)}"
        return Due(brand=brand, kind="webhook", record_id=delivery, parent_id=record, due_at=at)
    kind = {keys.SHIPMENT: "shipment", keys.ORDER: "order"}.get(sk, sk)
    return Due(brand=brand, kind=kind, record_id=record, due_at=at)
