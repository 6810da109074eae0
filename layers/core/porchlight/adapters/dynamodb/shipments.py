"""Shipments with their events and waits."""

from collections.abc import Sequence
from datetime import datetime

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.decisions import decision_writes
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.adapters.dynamodb.watches import watch_item
from porchlight.domain.delays import DelayDecision
from porchlight.domain.shipments import Shipment, StoredEvent
from porchlight.domain.watching import Watch
from porchlight.ports import ShipmentContents, Wait

MAX_NEW_EVENTS = 90
"""A transaction holds 100 writes; some are left for the projection and its links."""


class DynamoShipments:
    """``ports.Shipments`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, brand: str, shipment_id: str) -> Shipment | None:
        """The projection alone."""
        found = self._table.get(keys.shipment_pk(brand, shipment_id), keys.SHIPMENT)
        return load(Shipment, found) if found else None

    def with_events(self, brand: str, shipment_id: str) -> tuple[Shipment | None, list[StoredEvent]]:
        """The projection and all facts, in one consistent read of the partition."""
        found = self.contents(brand, shipment_id)
        return found.shipment, found.events

    def contents(self, brand: str, shipment_id: str) -> ShipmentContents:
        """The same read, with the watch."""
        shipment: Shipment | None = None
        events: list[StoredEvent] = []
        watch: Watch | None = None
        for found in self._table.query(keys.shipment_pk(brand, shipment_id)):
            sk: str = found["sk"]["S"]
            if sk == keys.SHIPMENT:
                shipment = load(Shipment, found)
            elif sk.startswith(keys.EVENT):
                events.append(load(StoredEvent, found))
            elif sk == keys.WATCH:
                watch = load(Watch, found)
        return ShipmentContents(shipment, events, watch)

    def save(
        self,
        shipment: Shipment,
        new_events: Sequence[StoredEvent] = (),
        *,
        due_at: datetime | None,
        link: bool = False,
        watch: Watch | None = None,
        decisions: Sequence[DelayDecision] = (),
    ) -> None:
        """Facts, projection, decisions and watch in one transaction."""
        if len(new_events) + len(decisions) > MAX_NEW_EVENTS:
            raise ValueError("too many new events for one transaction")
        pk = keys.shipment_pk(shipment.brand, shipment.shipment_id)
        projection = self._table.guarded(item(pk, keys.SHIPMENT, "shipment", shipment, due_at=due_at), shipment.version)
        if not new_events and not link and not watch and not decisions:
            self._table.replace(item(pk, keys.SHIPMENT, "shipment", shipment, due_at=due_at), shipment.version)
            return
        writes = [{"Put": projection}]
        for event in new_events:
            fact = item(pk, keys.EVENT + event.event_id, "event", event)
            writes.append({"Put": self._table.guarded(fact, version=0)})
        if link and shipment.order_id:
            parcel = item(
                keys.order_pk(shipment.brand, shipment.order_id),
                keys.PARCEL + shipment.shipment_id,
                "parcel",
                None,
            )
            writes.append({"Put": {"TableName": self._table.name, "Item": parcel}})
        if watch:
            writes.append({"Put": self._table.guarded(watch_item(watch), watch.version)})
        writes += decision_writes(self._table, pk, decisions)
        self._table.transact(writes)

    def rewrite(
        self,
        shipment: Shipment,
        changed: Sequence[StoredEvent] = (),
        removed: Sequence[str] = (),
        *,
        due_at: datetime | None,
        unlink: str | None = None,
        watch: Watch | None = None,
        decisions: Sequence[DelayDecision] = (),
    ) -> None:
        """Facts, projection, watch and the order's pointer in one transaction."""
        if len(changed) + len(removed) + len(decisions) > MAX_NEW_EVENTS:
            raise ValueError("too many facts for one transaction")
        pk, name = keys.shipment_pk(shipment.brand, shipment.shipment_id), self._table.name
        projection = item(pk, keys.SHIPMENT, "shipment", shipment, due_at=due_at)
        writes: list[Item] = [{"Put": self._table.guarded(projection, shipment.version)}]
        for event in changed:
            writes.append({"Put": {"TableName": name, "Item": item(pk, keys.EVENT + event.event_id, "event", event)}})
        gone = [(pk, keys.EVENT + event_id) for event_id in removed]
        if unlink:
            gone.append((keys.order_pk(shipment.brand, unlink), keys.PARCEL + shipment.shipment_id))
        for one, sk in gone:
            writes.append({"Delete": {"TableName": name, "Key": {"pk": {"S": one}, "sk": {"S": sk}}}})
        if watch:
            writes.append({"Put": self._table.guarded(watch_item(watch), watch.version)})
        writes += decision_writes(self._table, pk, decisions)
        self._table.transact(writes)

    def put_wait(self, wait: Wait) -> None:
        """Remember a waiting workflow."""
        pk = _waited_for(wait.brand, wait.shipment_id, wait.order_id)
        self._table.put(item(pk, keys.WAIT + wait.purpose, "wait", wait, token=wait.token))

    def waits(self, brand: str, shipment_id: str, order_id: str = "") -> list[Wait]:
        """Who waits for news of this parcel, or order."""
        found = self._table.query(_waited_for(brand, shipment_id, order_id), keys.WAIT)
        return [load(Wait, stored) for stored in found]

    def remove_wait(self, wait: Wait) -> None:
        """Forget the wait, unless a newer one has taken its place."""
        pk = _waited_for(wait.brand, wait.shipment_id, wait.order_id)
        self._table.delete(pk, keys.WAIT + wait.purpose, token=wait.token)


def _waited_for(brand: str, shipment_id: str, order_id: str) -> str:
    return keys.shipment_pk(brand, shipment_id) if shipment_id else keys.order_pk(brand, order_id)
