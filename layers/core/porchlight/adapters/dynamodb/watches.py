"""How parcels are asked about: one small item beside each parcel, with shards of its own in the due index."""

from datetime import datetime

from porchlight.adapters.aws import client, translated
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.domain.shipments import Shipment
from porchlight.domain.watching import Watch


def watch_item(watch: Watch) -> Item:
    """The item of a watch."""
    pk = keys.shipment_pk(watch.brand, watch.shipment_id)
    shard = keys.watch_shard(watch.brand, watch.source, urgent=watch.urgent)
    return item(pk, keys.WATCH, "watch", watch, due_at=watch.due_at, shard=shard)


class DynamoWatches:
    """``asking.Watches`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def due(self, brand: str, source: str, until: datetime, limit: int) -> list[tuple[str, datetime]]:
        """One query of the urgent shard, and one of the other."""
        found: list[tuple[str, datetime]] = []
        for urgent in (True, False):
            if len(found) < limit:
                found += self._due(keys.watch_shard(brand, source, urgent=urgent), until, limit - len(found))
        return found

    def _due(self, shard: str, until: datetime, limit: int) -> list[tuple[str, datetime]]:
        with translated():
            page = client("dynamodb").query(
                TableName=self._table.name,
                IndexName=keys.DUE_INDEX,
                KeyConditionExpression="due_shard = :shard AND due_at <= :until",
                ExpressionAttributeValues={":shard": {"S": shard}, ":until": {"S": keys.instant(until)}},
                Limit=limit,
            )
        return [
            (keys.owner(found["pk"]["S"])[2], datetime.fromisoformat(found["due_at"]["S"]))
            for found in page.get("Items", [])
        ]

    def get(self, brand: str, shipment_id: str) -> tuple[Shipment | None, Watch | None]:
        """One query over the end of the parcel's partition: its facts stand before."""
        shipment: Shipment | None = None
        watch: Watch | None = None
        for found in self._table.query(keys.shipment_pk(brand, shipment_id), start=keys.SHIPMENT):
            if found["sk"]["S"] == keys.SHIPMENT:
                shipment = load(Shipment, found)
            elif found["sk"]["S"] == keys.WATCH:
                watch = load(Watch, found)
        return shipment, watch

    def save(self, watch: Watch) -> None:
        """Replace the version before."""
        self._table.replace(watch_item(watch), watch.version)
