"""What shoppers got lately, and messages that wait together: under the shopper."""

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item, load
from porchlight.reaching import TOUCH_KEPT, Bundle, TouchLog


class DynamoTouches:
    """``reaching.Touches`` on the table: one item a shopper."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, brand: str, shopper_id: str) -> TouchLog:
        """One read."""
        found = self._table.get(keys.shopper_pk(brand, shopper_id), keys.TOUCHES)
        return load(TouchLog, found) if found else TouchLog(brand=brand, shopper_id=shopper_id)

    def save(self, log: TouchLog) -> None:
        """One write."""
        new = item(keys.shopper_pk(log.brand, log.shopper_id), keys.TOUCHES, "touches", log)
        if log.touches:
            new["ttl"] = {"N": str(int((log.touches[-1].at + TOUCH_KEPT).timestamp()))}
        self._table.replace(new, log.version)


class DynamoBundles:
    """``reaching.Bundles`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, brand: str, shopper_id: str, bundle_id: str) -> Bundle | None:
        """One read."""
        found = self._table.get(keys.shopper_pk(brand, shopper_id), keys.BUNDLE + bundle_id)
        return load(Bundle, found) if found else None

    def save(self, bundle: Bundle) -> None:
        """One write."""
        new = item(keys.shopper_pk(bundle.brand, bundle.shopper_id), keys.BUNDLE + bundle.bundle_id, "bundle", bundle)
        new["ttl"] = {"N": str(int(bundle.kept_until.timestamp()))}
        self._table.replace(new, bundle.version)
