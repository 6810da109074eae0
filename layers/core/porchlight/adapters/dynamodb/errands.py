"""What webhooks ask us to do."""

from datetime import datetime, timedelta

from porchlight.adapters.aws import client, translated
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.asking import Errand
from porchlight.errors import ConflictError

KEPT = timedelta(days=14)
"""As long as dead letters."""


class DynamoErrands:
    """``asking.Errands`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @staticmethod
    def _item(errand: Errand) -> Item:
        pk, sk = keys.asking_pk(errand.brand), keys.ERRAND + errand.errand_id
        new = item(pk, sk, "errand", errand, due_at=errand.due_at, shard=keys.errand_shard(errand.brand))
        new["ttl"] = {"N": str(int((errand.received_at + KEPT).timestamp()))}
        return new

    def put(self, errand: Errand) -> None:
        """Write it if it is new."""
        try:
            self._table.put_new(self._item(errand))
        except ConflictError:
            return

    def due(self, brand: str, now: datetime, limit: int) -> list[Errand]:
        """One query of the brand's shard, then each."""
        with translated():
            page = client("dynamodb").query(
                TableName=self._table.name,
                IndexName=keys.DUE_INDEX,
                KeyConditionExpression="due_shard = :shard AND due_at <= :now",
                ExpressionAttributeValues={
                    ":shard": {"S": keys.errand_shard(brand)},
                    ":now": {"S": keys.instant(now)},
                },
                Limit=limit,
            )
        found = (self._table.get(one["pk"]["S"], one["sk"]["S"]) for one in page.get("Items", []))
        return [load(Errand, stored) for stored in found if stored]

    def update(self, errand: Errand) -> None:
        """Replace the version before."""
        self._table.replace(self._item(errand), errand.version)

    def remove(self, errand: Errand) -> None:
        """The same errand may come again later, and is then a new one."""
        self._table.delete(keys.asking_pk(errand.brand), keys.ERRAND + errand.errand_id)
