"""Message decisions, under their order."""

from datetime import datetime

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.domain.messages import MessageRecord
from porchlight.errors import ConflictError


class DynamoMessages:
    """``ports.Messages`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @staticmethod
    def _item(record: MessageRecord, due_at: datetime | None) -> Item:
        pk = keys.order_pk(record.brand, record.order_id)
        return item(pk, keys.MESSAGE + record.message_id, "message", record, due_at=due_at)

    def plan(self, record: MessageRecord, *, due_at: datetime | None) -> bool:
        """Write the decision if there is none under its key."""
        try:
            self._table.put_new(self._item(record, due_at))
        except ConflictError:
            return False
        return True

    def get(self, brand: str, order_id: str, message_id: str) -> MessageRecord | None:
        """One decision."""
        found = self._table.get(keys.order_pk(brand, order_id), keys.MESSAGE + message_id)
        return load(MessageRecord, found) if found else None

    def update(self, record: MessageRecord, *, due_at: datetime | None) -> None:
        """Replace the version before."""
        self._table.replace_version(self._item(record, due_at), record.version)
