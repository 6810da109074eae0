"""What shoppers thought of their orders, under the order."""

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item
from porchlight.domain.ratings import Rating
from porchlight.errors import ConflictError


class DynamoRatings:
    """``reaching.Ratings`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, rating: Rating) -> bool:
        """One item for each message that asked."""
        sk = keys.RATING + rating.message_id
        new = item(keys.order_pk(rating.brand, rating.order_id), sk, "rating", rating)
        try:
            self._table.put_new(new)
        except ConflictError:
            self._table.put(new)
            return False
        return True
