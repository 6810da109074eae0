"""Returns, with a pointer under their order."""

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item, load
from porchlight.domain.returns import Return
from porchlight.errors import ConflictError


class DynamoReturns:
    """``ports.Returns`` on the table. The task token of a review is an attribute beside the record, not in it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, request: Return) -> bool:
        """The return and its pointer under the order, both or neither."""
        new = item(keys.return_pk(request.brand, request.return_id), keys.RETURN, "return", request)
        pointer = item(
            keys.order_pk(request.brand, request.order_id),
            keys.ORDER_RETURN + request.return_id,
            "order_return",
            None,
        )
        try:
            self._table.transact(
                [
                    {"Put": self._table.guarded(new, version=0)},
                    {"Put": {"TableName": self._table.name, "Item": pointer}},
                ]
            )
        except ConflictError:
            if self._table.get(new["pk"]["S"], keys.RETURN) is None:
                raise
            return False
        return True

    def get(self, brand: str, return_id: str) -> Return | None:
        """One return."""
        found = self._table.get(keys.return_pk(brand, return_id), keys.RETURN)
        return load(Return, found) if found else None

    def of_order(self, brand: str, order_id: str) -> list[Return]:
        """All returns of an order, by its pointers."""
        pointers = self._table.query(keys.order_pk(brand, order_id), keys.ORDER_RETURN)
        ids = [pointer["sk"]["S"].removeprefix(keys.ORDER_RETURN) for pointer in pointers]
        return [found for return_id in ids if (found := self.get(brand, return_id))]

    def update(self, request: Return, *, token: str | None = None) -> None:
        """Replace the version before."""
        new = item(keys.return_pk(request.brand, request.return_id), keys.RETURN, "return", request)
        if token:
            new["token"] = {"S": token}
        self._table.replace_version(new, request.version)

    def review_token(self, brand: str, return_id: str) -> str | None:
        """The token that the review waits on."""
        found = self._table.get(keys.return_pk(brand, return_id), keys.RETURN)
        token: str | None = found.get("token", {}).get("S") if found else None
        return token
