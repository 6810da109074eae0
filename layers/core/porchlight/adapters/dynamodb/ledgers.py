"""Ledgers: one under each order whose money was ever promised to somebody."""

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

    def save(self, ledger: Ledger, request: Return | None = None) -> None:
        """Both over the versions before, or neither."""
        new = item(keys.order_pk(ledger.brand, ledger.order_id), keys.LEDGER, "ledger", ledger)
        if request is None:
            self._table.replace(new, ledger.version)
            return
        writes = [self._table.guarded(new, ledger.version), self._table.after(return_item(request), request.version - 1)]
        self._table.transact([{"Put": write} for write in writes])
