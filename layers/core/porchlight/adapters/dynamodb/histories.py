"""What shoppers' orders and returns add up to: under the shopper. Who has used an address or means of payment: under
its digest.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item, load
from porchlight.domain.return_history import History

KEPT = timedelta(days=400)
MOST_COUNTED = 20
"""Of shoppers who share something: more of them say nothing more."""


class DynamoHistories:
    """``returning.Histories`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, brand: str, shopper_id: str) -> History:
        """The history alone."""
        found = self._table.get(keys.shopper_pk(brand, shopper_id), keys.HISTORY)
        return load(History, found) if found else History(brand=brand, shopper_id=shopper_id)

    def save(self, history: History) -> None:
        """A plain write over the version before."""
        pk = keys.shopper_pk(history.brand, history.shopper_id)
        self._table.replace(item(pk, keys.HISTORY, "history", history), history.version)

    def share(self, brand: str, fingerprints: Sequence[str], shopper_id: str, now: datetime) -> None:
        """One small item each, renewed with each order."""
        for fingerprint in dict.fromkeys(fingerprints):
            new = item(keys.fingerprint_pk(brand, fingerprint), shopper_id, "fingerprint", None)
            self._table.put({**new, "ttl": {"N": str(int((now + KEPT).timestamp()))}})

    def sharing(self, brand: str, fingerprints: Sequence[str]) -> Mapping[str, int]:
        """One page of each partition. What has expired and is not deleted yet counts for a day or two more."""
        return {
            one: sum(1 for _ in self._table.query(keys.fingerprint_pk(brand, one), limit=MOST_COUNTED))
            for one in dict.fromkeys(fingerprints)
        }

    def erase(self, brand: str, shopper_id: str, at: datetime) -> None:
        """The fingerprints first, for which the history is needed."""
        history = self.get(brand, shopper_id)
        for fingerprint in history.fingerprints:
            self._table.delete(keys.fingerprint_pk(brand, fingerprint), shopper_id)
        if history.erased_at is None:
            self.save(history.forgotten(at))
