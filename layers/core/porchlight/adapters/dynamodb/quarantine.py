"""Quarantined bodies: the entry in the table, the body in the bucket (it may hold personal data and expires there)."""

from datetime import timedelta

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item, load
from porchlight.adapters.s3 import Bodies
from porchlight.ports import Quarantined

KEPT = timedelta(days=30)
"""As long as the bucket keeps the body (template.yaml)."""


class DynamoQuarantine:
    """``ports.Quarantine`` on the table and the bodies bucket."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def put(self, entry: Quarantined, body: bytes) -> None:
        """The body first: an entry always has its body."""
        self._bodies.put(entry.body_ref, body)
        pk = keys.quarantine_pk(entry.brand)
        token = str(entry.redrives)
        new = item(pk, keys.QUARANTINE + entry.quarantine_id, "quarantined", entry, token=token)
        new["ttl"] = {"N": str(int((entry.quarantined_at + KEPT).timestamp()))}
        self._table.put(new)

    def list(self, brand: str, limit: int = 100) -> list[Quarantined]:
        """The newest first; ids begin with the time."""
        found = self._table.query(keys.quarantine_pk(brand), keys.QUARANTINE, newest_first=True, limit=limit)
        return [load(Quarantined, stored) for stored in found]

    def get(self, brand: str, quarantine_id: str) -> tuple[Quarantined, bytes] | None:
        """One entry with its body."""
        found = self._table.get(keys.quarantine_pk(brand), keys.QUARANTINE + quarantine_id)
        if not found:
            return None
        entry = load(Quarantined, found)
        return entry, self._bodies.get(entry.body_ref)

    def remove(self, entry: Quarantined) -> None:
        """Forget the entry, unless it has been put again since; its body expires with the bucket's lifecycle."""
        pk = keys.quarantine_pk(entry.brand)
        self._table.delete(pk, keys.QUARANTINE + entry.quarantine_id, token=str(entry.redrives))
