"""How often somebody has tried something: a counter an hour, which expires."""

from datetime import UTC, datetime, timedelta

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item

_KEPT = timedelta(hours=2)


class DynamoTries:
    """``reaching.Tries`` on the table; who tried is kept as a digest."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, brand: str, place: str, who: str, now: datetime) -> int:
        """One write."""
        hour = now.astimezone(UTC).strftime("%Y-%m-%dT%H")
        new = item(keys.tries_pk(brand, place, who), hour, "tries", None)
        return self._table.count(new, "tries", 1, ttl=now + _KEPT)
