"""Which replies were dealt with: topics deliver some of them twice."""

from datetime import datetime, timedelta

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item

KEPT = timedelta(days=14)
"""Longer than anything is tried again."""


class DynamoReplies:
    """``reaching.Replies`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def is_done(self, brand: str, reply_id: str) -> bool:
        """One read."""
        return self._table.get(keys.reply_pk(brand, reply_id), keys.REPLY) is not None

    def done(self, brand: str, reply_id: str, now: datetime) -> None:
        """One write."""
        new = item(keys.reply_pk(brand, reply_id), keys.REPLY, "reply", None)
        new["ttl"] = {"N": str(int((now + KEPT).timestamp()))}
        self._table.put(new)
