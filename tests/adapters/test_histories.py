"""The contract of histories of returns and of goods without a return, over the fakes and over the table."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.histories import DynamoHistories
from porchlight.adapters.dynamodb.table import Table
from porchlight.adapters.dynamodb.unmatched import DynamoUnmatchedGoods
from porchlight.domain.return_history import History
from porchlight.domain.rma.goods import ItemFound, Receipt, Unmatched
from porchlight.domain.rma.names import Discrepancy
from porchlight.errors import ConflictError
from porchlight.returning import Histories, UnmatchedGoods
from tests.adapters.conftest import TABLE
from tests.fakes_returning import FakeHistories, FakeUnmatchedGoods

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
_brands = count(1)


@dataclass(frozen=True)
class Side:
    brand: str
    histories: Histories
    unmatched: UnmatchedGoods

    def history(self, shopper: str = "cus_1", **update: Any) -> History:
        return History(**{"brand": self.brand, "shopper_id": shopper, "version": 1, **update})

    def stray(self, receipt_id: str, minute: int = 0) -> Unmatched:
        items = (ItemFound(sku="HAT-1", quantity=1, note="zwei Hüte – beschädigt"),)
        receipt = Receipt(receipt_id=receipt_id, received_at=NOW, items=items, discrepancies=(Discrepancy.EMPTY_BOX,))
        return Unmatched(brand=self.brand, receipt=receipt, carrier="ups", noted_at=NOW + timedelta(minutes=minute))


@pytest.fixture(params=["fake", "real"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    brand = f"history-{next(_brands)}"
    if request.param == "fake":
        yield Side(brand, FakeHistories(), FakeUnmatchedGoods())
    else:
        request.getfixturevalue("cloud")
        yield Side(brand, DynamoHistories(Table(TABLE)), DynamoUnmatchedGoods(Table(TABLE)))


class TestHistories:
    def test_nobody_has_an_empty_one(self, side: Side) -> None:
        assert side.histories.get(side.brand, "cus_1") == side.history(version=0)

    def test_what_was_saved_is_read(self, side: Side) -> None:
        known = side.history(
            orders=3,
            bought_minor={"USD": 300, "JPY": 5},
            claims=(date(2026, 1, 1),),
            last_orders=("2026-01-01T00:00:00Z#ord_1",),
            fingerprints=("aa",),
        )
        side.histories.save(known)
        assert side.histories.get(side.brand, "cus_1") == known
        assert side.histories.get("another", "cus_1").version == 0

    def test_each_version_follows_the_one_before(self, side: Side) -> None:
        side.histories.save(side.history())
        for version in (1, 3):
            with pytest.raises(ConflictError):
                side.histories.save(side.history(version=version, orders=9))
        side.histories.save(side.history(version=2, orders=2))
        assert side.histories.get(side.brand, "cus_1").orders == 2

    def test_who_shares_something_is_counted_once_and_up_to_twenty(self, side: Side) -> None:
        for shopper in ("cus_1", "cus_2", "cus_1"):
            side.histories.share(side.brand, ["aa", "bb", "aa"], shopper, NOW)
        for number in range(25):
            side.histories.share(side.brand, ["locker"], f"cus_{number}", NOW)
        assert side.histories.sharing(side.brand, ["aa", "bb", "cc", "aa"]) == {"aa": 2, "bb": 2, "cc": 0}
        assert side.histories.sharing(side.brand, ["locker"]) == {"locker": 20}
        assert side.histories.sharing("another", ["aa"]) == {"aa": 0}
        assert side.histories.sharing(side.brand, []) == {}

    def test_who_is_forgotten_shares_nothing_any_more(self, side: Side) -> None:
        side.histories.save(side.history(orders=4, fingerprints=("aa",)))
        for shopper in ("cus_1", "cus_2"):
            side.histories.share(side.brand, ["aa"], shopper, NOW)
        for day in (0, 1):
            side.histories.erase(side.brand, "cus_1", NOW + timedelta(days=day))
        assert side.histories.get(side.brand, "cus_1") == side.history(version=2, erased_at=NOW)
        assert side.histories.sharing(side.brand, ["aa"]) == {"aa": 1}

    def test_nobody_can_be_erased_too(self, side: Side) -> None:
        side.histories.erase(side.brand, "cus_1", NOW)
        assert side.histories.get(side.brand, "cus_1").erased_at == NOW


def test_what_is_shared_expires(table: Table) -> None:
    DynamoHistories(table).share("expiring", ["aa"], "cus_1", NOW)
    (found,) = table.query(keys.fingerprint_pk("expiring", "aa"))
    assert int(found["ttl"]["N"]) == int((NOW + timedelta(days=400)).timestamp())
    assert "data" not in found


def test_a_planned_message_does_not_read_the_history() -> None:
    """Given what is read with the contact points for each message, then the history lies beyond it."""
    assert not keys.CONTACT <= keys.HISTORY <= keys.PROFILE


class TestUnmatchedGoods:
    def test_they_are_listed_the_oldest_first_each_once(self, side: Side) -> None:
        for goods in (side.stray("r2", 5), side.stray("r1"), side.stray("r3", 9), side.stray("r1")):
            side.unmatched.put(goods)
        expected = [side.stray("r1"), side.stray("r2", 5), side.stray("r3", 9)]
        assert side.unmatched.list(side.brand) == expected
        assert side.unmatched.list(side.brand, 2) == expected[:2]
        assert side.unmatched.list("another") == []

    def test_what_was_booked_is_off_the_list(self, side: Side) -> None:
        side.unmatched.put(side.stray("r1"))
        side.unmatched.remove(side.brand, "r1")
        side.unmatched.remove(side.brand, "never")
        assert side.unmatched.list(side.brand) == []

    def test_a_long_receipt_id_has_its_place(self, side: Side) -> None:
        side.unmatched.put(side.stray("ü" * 700))
        assert len(side.unmatched.list(side.brand)) == 1
        side.unmatched.remove(side.brand, "ü" * 700)
        assert side.unmatched.list(side.brand) == []
