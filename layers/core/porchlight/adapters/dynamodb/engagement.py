"""What shoppers did with messages: counters by day, moment and channel, in shards that are added up when asked for."""

import random
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table, item
from porchlight.domain.channels import Channel
from porchlight.domain.moments import Moment
from porchlight.domain.receipts import ReceiptKind
from porchlight.reaching import Engaged

KEPT = timedelta(days=400)


class DynamoEngagement:
    """``reaching.Engagement`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, brand: str, moment: Moment, channel: Channel, kind: ReceiptKind, at: datetime) -> None:
        """One update."""
        sk = keys.engagement_sk(at.date(), moment.value, channel.value)
        pk = keys.engagement_pk(brand, random.randrange(keys.ENGAGEMENT_SHARDS))  # noqa: S311 - spread, not secret
        self._table.count(item(pk, sk, "engaged", None), kind.value, 1, ttl=at + KEPT)

    def days(self, brand: str, first: date, last: date) -> list[Engaged]:
        """A query for each shard."""
        start, end = keys.engagement_sk(first), keys.engagement_sk(last + timedelta(days=1))
        sums: dict[str, Counter[ReceiptKind]] = defaultdict(Counter)
        for shard in range(keys.ENGAGEMENT_SHARDS):
            for stored in self._table.query(keys.engagement_pk(brand, shard), start=start, end=end):
                sums[stored["sk"]["S"]].update(_counts(stored))
        return [_engaged(sk, counts) for sk, counts in sorted(sums.items())]


def _counts(stored: Item) -> dict[ReceiptKind, int]:
    return {kind: int(stored[kind.value]["N"]) for kind in ReceiptKind if kind.value in stored}


def _engaged(sk: str, counts: Counter[ReceiptKind]) -> Engaged:
    _, day, moment, channel = sk.split("#")
    return Engaged(day=date.fromisoformat(day), moment=Moment(moment), channel=Channel(channel), counts=dict(counts))
