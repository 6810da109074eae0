"""Ledgers: one under each order whose money was ever promised to somebody."""

from datetime import datetime

from porchlight.adapters.aws import client, translated
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.returns import return_item
from porchlight.adapters.dynamodb.table import Table, item, load
from porchlight.domain.returns import Return
from porchlight.domain.rma.ledger import Ledger


class DynamoLedgers:
    """``returning.Ledgers`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, brand: str, order_id: str) -> Ledger | None:
        """The ledger, read consistently."""
        found = self._table.get(keys.order_pk(brand, order_id), keys.LEDGER)
        return load(Ledger, found) if found else None

    def due(self, brand: str, now: datetime, limit: int = 100, after: str = "") -> tuple[list[Ledger], str]:
        """A query of the brand's shard, then each."""
        first = f"{after}!" if after else " "
        with translated():
            page = client("dynamodb").query(
                TableName=self._table.name,
                IndexName=keys.DUE_INDEX,
                KeyConditionExpression="due_shard = :shard AND due_at BETWEEN :first AND :last",
                ExpressionAttributeValues={
                    ":shard": {"S": keys.ledgers_shard(brand)},
                    ":first": {"S": first},
                    ":last": {"S": f"{keys.instant(now)}~"},
                },
                Limit=limit,
            )
        places = [one["due_at"]["S"] for one in page.get("Items", [])]
        found = (self.get(brand, place.rpartition("#")[2]) for place in places)
        return [one for one in found if one], places[-1] if len(places) == limit else ""

    def save(self, ledger: Ledger, request: Return | None = None) -> None:
        """Both over the versions before, or neither."""
        new = item(keys.order_pk(ledger.brand, ledger.order_id), keys.LEDGER, "ledger", ledger)
        if ledger.check_at:
            new["due_shard"] = {"S": keys.ledgers_shard(ledger.brand)}
            new["due_at"] = {"S": keys.case_place(ledger.check_at, ledger.order_id)}
        if request is None:
            self._table.replace(new, ledger.version)
            return
        writes = [
            self._table.guarded(new, ledger.version),
            self._table.after(return_item(request), request.version - 1),
        ]
        self._table.transact([{"Put": write} for write in writes])
