"""The journal of the dates engine: a page for each day, in a few partitions."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.domain.journal import JournalEntry
from porchlight.errors import ConflictError

KEPT = timedelta(days=400)
"""Long enough for a year of history to be exported, and for the engine to learn anew what it has lost."""


class DynamoJournal:
    """``predicting.Journal`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, entries: Sequence[JournalEntry]) -> None:
        """One write for each parcel and day."""
        newest: dict[tuple[str, str, date], JournalEntry] = {}
        for entry in entries:
            key = (entry.brand, entry.shipment_id, entry.recorded_on)
            if key not in newest or newest[key].version < entry.version:
                newest[key] = entry
        for entry in newest.values():
            try:
                self._table.put_newer(_item(entry))
            except ConflictError:
                continue  # it is there already, or a newer one is

    def read(self, brand: str, day: date) -> Iterator[JournalEntry]:
        """One query for each partition."""
        for number in range(keys.JOURNAL_SHARDS):
            for stored in self._table.query(keys.journal_pk(brand, day, number)):
                yield load(JournalEntry, stored)


def _item(entry: JournalEntry) -> Item:
    pk = keys.journal_pk(entry.brand, entry.recorded_on, keys.journal_shard(entry.shipment_id))
    gone = datetime.combine(entry.recorded_on, time(), UTC) + KEPT
    return {
        **item(pk, entry.shipment_id, "journal", entry),
        "ttl": {"N": str(int(gone.timestamp()))},
    }
