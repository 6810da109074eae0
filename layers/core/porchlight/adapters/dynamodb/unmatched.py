"""Goods that came and belong to no return."""

from datetime import timedelta

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item, load
from porchlight.domain.rma.goods import Unmatched

KEPT = timedelta(days=400)


class DynamoUnmatchedGoods:
    """``returning.UnmatchedGoods`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, goods: Unmatched) -> None:
        """By the warehouse's own id."""
        sk = keys.unmatched_sk(goods.receipt.receipt_id)
        new = item(keys.goods_pk(goods.brand), sk, "unmatched", goods)
        self._table.put({**new, "ttl": {"N": str(int((goods.noted_at + KEPT).timestamp()))}})

    def list(self, brand: str, limit: int = 100) -> list[Unmatched]:
        """All of them are read: there are few."""
        found = [load(Unmatched, one) for one in self._table.query(keys.goods_pk(brand), keys.UNMATCHED)]
        return sorted(found, key=lambda one: (one.noted_at, one.receipt.receipt_id))[:limit]

    def remove(self, brand: str, receipt_id: str) -> None:
        """Nothing happens where there are none."""
        self._table.delete(keys.goods_pk(brand), keys.unmatched_sk(receipt_id))
