"""Returns: each in a partition of its own, with pointers under its orders and its shopper. The shopper's pointer is
also in the index, by the month in which it was asked for; what waits for a person is there by its deadline.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from porchlight.adapters.aws import client, translated
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.domain.returns import Return
from porchlight.errors import ConflictError
from porchlight.ports import Wait


class DynamoReturns:
    """``ports.Returns`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, request: Return) -> bool:
        """The return and its pointers, all or none."""
        new = return_item(request)
        puts = [{"TableName": self._table.name, "Item": pointer} for pointer in _pointers(request)]
        try:
            self._table.transact([{"Put": self._table.guarded(new, version=0)}, *({"Put": put} for put in puts)])
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

    def of_shopper(
        self, brand: str, shopper_id: str, limit: int = 100, before: tuple[datetime, str] | None = None
    ) -> list[Return]:
        """The newest of a shopper, by the pointers."""
        last = keys.SHOPPER_RETURN + (keys.case_place(*before) if before else "~")
        pk = keys.shopper_pk(brand, shopper_id)
        pointers = self._table.query(pk, start=keys.SHOPPER_RETURN, end=last, newest_first=True, limit=limit + 1)
        places = [pointer["sk"]["S"] for pointer in pointers if pointer["sk"]["S"] != last]
        ids = [place.rpartition("#")[2] for place in places[:limit]]
        return [found for return_id in ids if (found := self.get(brand, return_id))]

    def asked(
        self, brand: str, since: datetime, until: datetime, limit: int = 100, after: str = ""
    ) -> tuple[list[Return], str]:
        """A query of each month between, until there are enough; then each."""
        first, last = after or keys.instant(since), keys.instant(until)
        found: dict[str, Return] = {}
        for shard in _months(brand, first, until):
            while len(found) < limit:
                wanted = limit - len(found)
                places = self._listed(shard, first, last, wanted)
                for place in places:
                    if request := self.get(brand, place.rpartition("#")[2]):
                        found[request.return_id] = request
                first = places[-1] if places else first
                if len(places) < wanted:
                    break
            else:
                return list(found.values()), first
        return list(found.values()), ""

    def in_review(self, brand: str, limit: int = 100, after: str = "") -> tuple[list[Return], str]:
        """A query of the brand's shard, then each."""
        places = self._listed(keys.reviews_shard(brand), after or " ", "~", limit)
        found = (self.get(brand, place.rpartition("#")[2]) for place in places)
        more = places[-1] if len(places) == limit else ""
        return [request for request in found if request and request.review], more

    def update(self, request: Return) -> None:
        """Replace the version before."""
        self._table.replace_version(return_item(request), request.version)

    def put_wait(self, wait: Wait) -> None:
        """Remember a waiting workflow."""
        pk = keys.return_pk(wait.brand, wait.return_id)
        self._table.put(item(pk, keys.WAIT + wait.purpose, "wait", wait, token=wait.token))

    def waits(self, brand: str, return_id: str) -> list[Wait]:
        """Who waits for news of this return."""
        return [load(Wait, stored) for stored in self._table.query(keys.return_pk(brand, return_id), keys.WAIT)]

    def remove_wait(self, wait: Wait) -> None:
        """Forget the wait, unless a newer one has taken its place."""
        self._table.delete(keys.return_pk(wait.brand, wait.return_id), keys.WAIT + wait.purpose, token=wait.token)

    def review_token(self, brand: str, return_id: str) -> str | None:
        """The attribute that releases before kept beside the record."""
        found = self._table.get(keys.return_pk(brand, return_id), keys.RETURN)
        token: str | None = found.get("token", {}).get("S") if found else None
        return token

    def _listed(self, shard: str, first: str, last: str, limit: int) -> list[str]:
        """Places of a shard after ``first`` and before ``last``."""
        with translated():
            page = client("dynamodb").query(
                TableName=self._table.name,
                IndexName=keys.DUE_INDEX,
                KeyConditionExpression="due_shard = :shard AND due_at BETWEEN :first AND :last",
                ExpressionAttributeValues={
                    ":shard": {"S": shard},
                    ":first": {"S": f"{first}!" if "#" in first else first},
                    ":last": {"S": last},
                },
                Limit=limit,
            )
        return [one["due_at"]["S"] for one in page.get("Items", [])]


def return_item(request: Return) -> Item:
    """A return as it is stored. What waits for a person is in the index, in its brand's shard."""
    new = item(keys.return_pk(request.brand, request.return_id), keys.RETURN, "return", request)
    if request.review:
        new["due_shard"] = {"S": keys.reviews_shard(request.brand)}
        new["due_at"] = {"S": keys.case_place(request.review.due_at, request.return_id)}
    return new


def _pointers(request: Return) -> Iterator[Item]:
    for order_id in request.order_ids:
        pk = keys.order_pk(request.brand, order_id)
        yield item(pk, keys.ORDER_RETURN + request.return_id, "order_return", None)
    place = keys.case_place(request.requested_at, request.return_id)
    for shopper_id in filter(None, {request.shopper_id, request.recipient_id}):
        pointer = item(keys.shopper_pk(request.brand, shopper_id), keys.SHOPPER_RETURN + place, "shopper_return", None)
        if shopper_id == request.shopper_id:
            pointer["due_shard"] = {"S": keys.returns_shard(request.brand, request.requested_at)}
            pointer["due_at"] = {"S": place}
        yield pointer


def _months(brand: str, first: str, until: datetime) -> Iterator[str]:
    """The shards from the month of ``first`` to that of ``until``."""
    year, month, end = int(first[:4]), int(first[5:7]), until.astimezone(UTC)
    while (year, month) <= (end.year, end.month):
        yield keys.returns_shard(brand, datetime(year, month, 1, tzinfo=UTC))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
