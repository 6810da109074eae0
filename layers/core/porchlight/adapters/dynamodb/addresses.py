"""Where shoppers send from: under the shopper, forgotten with them."""

from datetime import datetime, timedelta

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item, load
from porchlight.returning import SenderAddress

KEPT = timedelta(days=90)
"""As long as a return may take until its label is made anew."""


class DynamoAddresses:
    """``returning.Addresses`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, brand: str, shopper_id: str, return_id: str, address: SenderAddress, now: datetime) -> None:
        """One write; a corrected address takes the place of the one before."""
        new = item(keys.shopper_pk(brand, shopper_id), keys.SENDER + return_id, "sender", address)
        new["ttl"] = {"N": str(int((now + KEPT).timestamp()))}
        self._table.put(new)

    def get(self, brand: str, shopper_id: str, return_id: str) -> SenderAddress | None:
        """One read."""
        found = self._table.get(keys.shopper_pk(brand, shopper_id), keys.SENDER + return_id)
        return load(SenderAddress, found) if found else None
