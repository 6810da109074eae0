"""Watches, errands and exchanges: the same contract for the fakes and for DynamoDB."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table
from porchlight.asking import Errand
from porchlight.connectors import BodyKind
from porchlight.domain.exchange import Exchange, Line
from porchlight.domain.shipments import Shipment
from porchlight.domain.watching import State, Watch
from porchlight.errors import ConflictError
from porchlight.ports import InboundMessage, Wait
from tests.adapters.conftest import Stores
from tests.adapters.test_repositories import NOW, event, shipment

MINUTE = timedelta(minutes=1)


def watch(brand: str, shipment_id: str = "shp_1", **update: Any) -> Watch:
    values: dict[str, Any] = {"brand": brand, "shipment_id": shipment_id, "source": "acme", "created_at": NOW}
    return Watch(**{**values, "due_at": NOW, "version": 1, **update})


def watched(stores: Stores, number: int, due_at: datetime | None = NOW, **update: Any) -> None:
    parcel: Shipment = shipment(stores.brand).model_copy(update={"shipment_id": f"shp_{number}"})
    stores.shipments.save(parcel, due_at=None, watch=watch(stores.brand, f"shp_{number}", due_at=due_at, **update))


def errand(brand: str, body: bytes = b"{}", minute: int = 0) -> Errand:
    at = NOW + minute * MINUTE
    message = InboundMessage(kind="carriers", source="acme", account="main", brand=brand, received_at=at)
    return Errand.of(message, body, BodyKind.LIFECYCLE)


class TestWatches:
    def test_one_is_born_with_its_parcel_and_read_with_it(self, stores: Stores) -> None:
        parcel, first = shipment(stores.brand), watch(stores.brand)
        stores.shipments.save(parcel, [event(1)], due_at=None, watch=first)
        assert stores.watches.get(stores.brand, "shp_1") == (parcel, first)
        found = stores.shipments.contents(stores.brand, "shp_1")
        assert (found.shipment, found.events, found.watch) == (parcel, [event(1)], first)

    def test_it_needs_no_other_reason_to_be_written(self, stores: Stores) -> None:
        stores.shipments.save(shipment(stores.brand), due_at=None, watch=watch(stores.brand))
        assert stores.watches.get(stores.brand, "shp_1")[1] == watch(stores.brand)

    def test_waits_and_facts_are_no_watches(self, stores: Stores) -> None:
        stores.shipments.save(shipment(stores.brand), [event(1)], due_at=None)
        stores.shipments.put_wait(
            Wait(brand=stores.brand, shipment_id="shp_1", purpose="delay", token="t", created_at=NOW)
        )
        assert stores.watches.get(stores.brand, "shp_1") == (shipment(stores.brand), None)
        assert stores.shipments.contents(stores.brand, "shp_1").watch is None
        assert stores.watches.get(stores.brand, "shp_2") == (None, None)

    def test_parcel_and_watch_are_written_both_or_neither(self, stores: Stores) -> None:
        stores.shipments.save(shipment(stores.brand), due_at=None, watch=watch(stores.brand))
        stores.watches.save(watch(stores.brand, version=2))
        with pytest.raises(ConflictError):
            stores.shipments.save(shipment(stores.brand, version=2), due_at=None, watch=watch(stores.brand, version=2))
        parcel, found = stores.watches.get(stores.brand, "shp_1")
        assert parcel
        assert found
        assert (parcel.version, found.version) == (1, 2)

    def test_a_version_follows_the_one_before(self, stores: Stores) -> None:
        stores.shipments.save(shipment(stores.brand), due_at=None, watch=watch(stores.brand))
        for version in (1, 3):
            with pytest.raises(ConflictError):
                stores.watches.save(watch(stores.brand, version=version))
        changed = watch(
            stores.brand,
            version=2,
            state=State.SUBSCRIBED,
            subscription_id="",
            subscribed_until=NOW,
            quiet=3,
            answer="ans_1",
        )
        stores.watches.save(changed)
        assert stores.watches.get(stores.brand, "shp_1")[1] == changed

    def test_a_parcel_is_saved_without_touching_its_watch(self, stores: Stores) -> None:
        stores.shipments.save(shipment(stores.brand), due_at=None, watch=watch(stores.brand))
        stores.shipments.save(shipment(stores.brand, version=2), [event(1)], due_at=None)
        assert stores.watches.get(stores.brand, "shp_1")[1] == watch(stores.brand)


class TestDueWatches:
    def test_what_is_due_the_longest_first_and_no_more_than_wanted(self, stores: Stores) -> None:
        for number in (3, 1, 2, 4):
            watched(stores, number, NOW + number * MINUTE)
        found = stores.watches.due(stores.brand, "acme", NOW + 3 * MINUTE, 2)
        assert list(found) == [("shp_1", NOW + MINUTE), ("shp_2", NOW + 2 * MINUTE)]

    def test_sources_brands_and_the_sweep_do_not_see_each_others(self, stores: Stores) -> None:
        watched(stores, 1)
        assert list(stores.watches.due(stores.brand, "other", NOW, 9)) == []
        assert list(stores.watches.due("another", "acme", NOW, 9)) == []
        assert [
            due for shard in range(keys.SHARDS) for due in stores.due.due(shard, NOW, 99) if due.brand == stores.brand
        ] == []

    def test_one_that_has_ended_is_not_due_and_one_that_moves_is_due_elsewhere(self, stores: Stores) -> None:
        watched(stores, 1)
        watched(stores, 2)
        stores.watches.save(watch(stores.brand, "shp_1", version=2, due_at=None, state=State.ENDED))
        stores.watches.save(watch(stores.brand, "shp_2", version=2, source="broker"))
        assert list(stores.watches.due(stores.brand, "acme", NOW, 9)) == []
        assert [one for one, _ in stores.watches.due(stores.brand, "broker", NOW, 9)] == ["shp_2"]


class TestErrands:
    def mine(self, stores: Stores, now: datetime = NOW) -> list[Errand]:
        return list(stores.errands.due(stores.brand, now, 99))

    def test_the_same_one_twice_is_one(self, stores: Stores) -> None:
        stores.errands.put(errand(stores.brand))
        stores.errands.put(errand(stores.brand, minute=1))
        assert self.mine(stores, NOW + MINUTE) == [errand(stores.brand)]
        assert self.mine(stores)[0].raw == b"{}"

    def test_what_is_due_the_longest_first(self, stores: Stores) -> None:
        for minute in (2, 1, 9):
            stores.errands.put(errand(stores.brand, b"%d" % minute, minute))
        assert [one.raw for one in self.mine(stores, NOW + 2 * MINUTE)] == [b"1", b"2"]

    def test_those_of_another_brand_are_not_seen(self, stores: Stores) -> None:
        stores.errands.put(errand(f"{stores.brand}0"))
        assert self.mine(stores) == []

    def test_one_that_is_put_off_comes_back_and_one_that_is_done_does_not(self, stores: Stores) -> None:
        first = errand(stores.brand)
        stores.errands.put(first)
        later = first.model_copy(update={"attempts": 1, "due_at": NOW + MINUTE, "version": 2})
        stores.errands.update(later)
        with pytest.raises(ConflictError):
            stores.errands.update(later)
        assert self.mine(stores) == []
        assert self.mine(stores, NOW + MINUTE) == [later]
        stores.errands.remove(later)
        assert self.mine(stores, NOW + MINUTE) == []
        stores.errands.put(first)
        assert self.mine(stores) == [first], "it may come again"

    def test_it_is_forgotten_in_the_end(self, real: Stores, table: Table) -> None:
        real.errands.put(errand(real.brand))
        (stored,) = table.query(keys.asking_pk(real.brand), keys.ERRAND)
        assert int(stored["ttl"]["N"]) == int((NOW + timedelta(days=14)).timestamp())


class TestExchanges:
    def test_what_nobody_knows_is_new(self, stores: Stores) -> None:
        found = stores.exchanges.get(stores.brand, "carriers", "acme")
        assert found == Exchange(brand=stores.brand, kind="carriers", source="acme")

    def test_it_is_kept_and_one_of_two_writers_wins(self, stores: Stores) -> None:
        lines = {"main": Line(failures=3, shut_until=NOW, why="failing", next_call_at=NOW)}
        mine = Exchange(brand=stores.brand, kind="carriers", source="acme", lines=lines, leased_until=NOW, version=1)
        stores.exchanges.save(mine)
        assert stores.exchanges.get(stores.brand, "carriers", "acme") == mine
        assert stores.exchanges.get(stores.brand, "stores", "acme").version == 0
        with pytest.raises(ConflictError):
            stores.exchanges.save(mine)
        stores.exchanges.save(mine.model_copy(update={"version": 2, "leased_until": None}))
        assert stores.exchanges.get(stores.brand, "carriers", "acme").leased_until is None
