"""What shoppers did with messages: counters by day, moment and channel."""

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
        self._table.count(item(keys.engagement_pk(brand), sk, "engaged", None), kind.value, 1, ttl=at + KEPT)

    def days(self, brand: str, first: date, last: date) -> list[Engaged]:
        """One query."""
        start, end = keys.engagement_sk(first), keys.engagement_sk(last + timedelta(days=1))
        return [_engaged(one) for one in self._table.query(keys.engagement_pk(brand), start=start, end=end)]


def _engaged(stored: Item) -> Engaged:
    _, day, moment, channel = stored["sk"]["S"].split("#")
    counts = {kind: int(stored[kind.value]["N"]) for kind in ReceiptKind if kind.value in stored}
    return Engaged(day=date.fromisoformat(day), moment=Moment(moment), channel=Channel(channel), counts=counts)
