"""The contract of each repository, over the fake and over the table."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from porchlight.adapters.aws import client
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item
from porchlight.domain.dates import DateRange
from porchlight.domain.delays import DelayChange, DelayDecision, DelayKind
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent
from porchlight.domain.messages import MessageRecord, MessageState
from porchlight.domain.milestones import Milestone, Reason
from porchlight.domain.moments import Moment
from porchlight.domain.money import Money
from porchlight.domain.orders import Order, OrderLine, Shopper
from porchlight.domain.packing import Packing, ParcelLine
from porchlight.domain.returns import Return, ReturnLine, ReturnState, Review
from porchlight.domain.shipments import Shipment, StoredEvent, fold
from porchlight.errors import ConflictError
from porchlight.ports import Due, Quarantined, Wait
from tests.adapters.conftest import TABLE, Stores
from tests.fakes import FakeReturns

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SOON = timedelta(minutes=5)


def shipment(brand: str, **update: Any) -> Shipment:
    values: dict[str, Any] = {
        **{"brand": brand, "shipment_id": "shp_1", "carrier": "ups", "tracking_number": "1Z9"},
        **{"created_at": NOW, "updated_at": NOW, "version": 1},
    }
    return Shipment(**{**values, **update})


def event(number: int, milestone: Milestone = Milestone.IN_TRANSIT, **update: Any) -> StoredEvent:
    values: dict[str, Any] = {
        **{"occurred_at": NOW + timedelta(minutes=number), "raw_code": "I", "milestone": milestone},
        **{"description": "Departed, “späť”", "place": Place(city="Kolín", country="CZ")},
    }
    fact = TrackingEvent(**{**values, **update})
    return StoredEvent(event_id=f"evt_{number:04}", event=fact, received_at=NOW, source="ups")


def order(brand: str, **update: Any) -> Order:
    values: dict[str, Any] = {
        **{"brand": brand, "order_id": "ord_1", "external_id": "1001", "number": "#1001", "source": "api"},
        **{"placed_at": NOW, "source_updated_at": NOW, "updated_at": NOW, "currency": "USD", "version": 1},
        **{"total": Money(amount=4900, currency="USD"), "shopper_id": "cus_1"},
        "lines": (OrderLine(line_id="1", title="Mug", quantity=1, unit_price=Money(amount=4900, currency="USD")),),
    }
    return Order(**{**values, **update})


def message(brand: str, message_id: str = "msg_1", **update: Any) -> MessageRecord:
    values: dict[str, Any] = {
        **{"brand": brand, "message_id": message_id, "order_id": "ord_1", "shopper_id": "cus_1"},
        **{"moment": Moment.SHIPPED, "subject_id": "shp_1", "state": MessageState.PLANNED},
        **{"planned_at": NOW, "event_at": NOW},
    }
    return MessageRecord(**{**values, **update})


def returning(brand: str, return_id: str = "rma_1", **update: Any) -> Return:
    values: dict[str, Any] = {
        **{"brand": brand, "return_id": return_id, "order_id": "ord_1", "shopper_id": "cus_1"},
        **{"lines": (ReturnLine(line_id="1", quantity=1, reason="small"),), "requested_at": NOW},
    }
    return Return(**{**values, **update})


def quarantined(brand: str, minute: int = 0, **update: Any) -> Quarantined:
    at = NOW + timedelta(minutes=minute)
    entry_id = f"q_{at:%Y%m%dT%H%M%S%f}_abc"
    values: dict[str, Any] = {
        **{"brand": brand, "quarantine_id": entry_id, "kind": "carriers", "source": "ups", "account": "main"},
        **{"reason": "not JSON", "received_at": at, "quarantined_at": at, "size": 3},
        "body_ref": f"quarantine/{brand}/{entry_id}",
    }
    return Quarantined(**{**values, **update})


class TestShipments:
    def test_what_was_saved_is_read(self, stores: Stores) -> None:
        promise = DateRange(earliest=date(2026, 3, 5), latest=date(2026, 3, 6), zone="Europe/Prague")
        estimate = DeliveryEstimate.model_validate({"from": "2026-03-05T10:00:00", "to": "2026-03-05T14:00:00"})
        events = [
            event(1),
            event(2, Milestone.EXCEPTION, reason=Reason.ADDRESS),
            event(3, occurred_at=datetime.fromisoformat("2026-03-01T08:00:00")),
        ]
        saved = fold(shipment(stores.brand, promise=promise, estimate=estimate, estimate_at=NOW), events)
        stores.shipments.save(saved, events, due_at=None)
        assert stores.shipments.get(stores.brand, "shp_1") == saved
        found, facts = stores.shipments.with_events(stores.brand, "shp_1")
        assert found == saved
        assert sorted(facts, key=lambda fact: fact.event_id) == events

    def test_nothing_is_found_where_nothing_is(self, stores: Stores) -> None:
        assert stores.shipments.get(stores.brand, "shp_1") is None
        assert stores.shipments.with_events(stores.brand, "shp_1") == (None, [])

    def test_brands_do_not_see_each_other(self, stores: Stores) -> None:
        stores.shipments.save(shipment(stores.brand), [event(1)], due_at=None)
        assert stores.shipments.with_events("another", "shp_1") == (None, [])

    @pytest.mark.parametrize("events", [[], [event(1)]])
    def test_the_first_version_is_written_once(self, stores: Stores, events: list[StoredEvent]) -> None:
        stores.shipments.save(shipment(stores.brand), events, due_at=None)
        with pytest.raises(ConflictError):
            stores.shipments.save(shipment(stores.brand), [event(2)] if events else [], due_at=None)

    @pytest.mark.parametrize("events", [[], [event(2)]])
    def test_a_version_follows_the_one_before(self, stores: Stores, events: list[StoredEvent]) -> None:
        stores.shipments.save(shipment(stores.brand), [event(1)], due_at=None)
        for version in (1, 3):
            with pytest.raises(ConflictError):
                stores.shipments.save(shipment(stores.brand, version=version), events, due_at=None)
        stores.shipments.save(shipment(stores.brand, version=2), events, due_at=None)
        assert len(stores.shipments.with_events(stores.brand, "shp_1")[1]) == 1 + len(events)

    def test_a_known_fact_stops_the_whole_write(self, stores: Stores) -> None:
        stores.shipments.save(shipment(stores.brand), [event(1)], due_at=None)
        with pytest.raises(ConflictError):
            stores.shipments.save(shipment(stores.brand, version=2), [event(1), event(2)], due_at=None)
        found, facts = stores.shipments.with_events(stores.brand, "shp_1")
        assert found
        assert (found.version, len(facts)) == (1, 1)

    def test_ninety_facts_fit_and_all_are_read(self, stores: Stores) -> None:
        for batch in range(3):
            events = [event(number) for number in range(batch * 90, batch * 90 + 90)]
            stores.shipments.save(
                shipment(stores.brand, order_id="ord_1", version=batch + 1), events, due_at=None, link=True
            )
        assert len(stores.shipments.with_events(stores.brand, "shp_1")[1]) == 270

    def test_a_link_makes_it_a_parcel_of_its_order_once(self, stores: Stores) -> None:
        stores.shipments.save(shipment(stores.brand, order_id="ord_1"), due_at=None, link=True)
        stores.shipments.save(shipment(stores.brand, order_id="ord_1", version=2), [event(1)], due_at=None, link=True)
        assert stores.orders.contents(stores.brand, "ord_1").shipment_ids == ("shp_1",)

    def test_without_link_the_order_knows_nothing(self, stores: Stores) -> None:
        stores.shipments.save(shipment(stores.brand, order_id="ord_1"), [event(1)], due_at=None)
        stores.shipments.save(shipment(stores.brand, version=2), due_at=None, link=True)
        assert stores.orders.contents(stores.brand, "ord_1").shipment_ids == ()

    def test_waits_are_one_for_a_purpose_and_apart_from_events(self, stores: Stores) -> None:
        wait = Wait(brand=stores.brand, shipment_id="shp_1", purpose="delay", token="t1", created_at=NOW)
        other = wait.model_copy(update={"purpose": "return"})
        newer = wait.model_copy(update={"token": "t2"})
        stores.shipments.put_wait(wait)
        stores.shipments.put_wait(other)
        stores.shipments.put_wait(newer)
        assert sorted(stores.shipments.waits(stores.brand, "shp_1"), key=lambda w: w.purpose) == [newer, other]
        assert stores.shipments.with_events(stores.brand, "shp_1") == (None, [])

    def test_only_the_wait_that_was_answered_is_forgotten(self, stores: Stores) -> None:
        old = Wait(brand=stores.brand, shipment_id="shp_1", purpose="delay", token="t1", created_at=NOW)
        new = old.model_copy(update={"token": "t2"})
        stores.shipments.put_wait(new)
        stores.shipments.remove_wait(old)
        assert stores.shipments.waits(stores.brand, "shp_1") == [new]
        stores.shipments.remove_wait(new)
        stores.shipments.remove_wait(new)
        assert stores.shipments.waits(stores.brand, "shp_1") == []

    def test_an_order_is_waited_for_apart_from_its_parcels(self, stores: Stores) -> None:
        of_parcel = Wait(brand=stores.brand, shipment_id="shp_1", purpose="delay", token="t1", created_at=NOW)
        of_order = of_parcel.model_copy(update={"shipment_id": "", "order_id": "ord_1", "token": "t2"})
        stores.orders.save(order(stores.brand))
        for wait in (of_parcel, of_order):
            stores.shipments.put_wait(wait)
        assert stores.shipments.waits(stores.brand, "", "ord_1") == [of_order]
        assert stores.shipments.waits(stores.brand, "shp_1", "ord_1") == [of_parcel]
        assert stores.orders.contents(stores.brand, "ord_1").order == order(stores.brand)
        stores.shipments.remove_wait(of_order)
        assert stores.shipments.waits(stores.brand, "", "ord_1") == []
        assert stores.shipments.waits(stores.brand, "shp_1") == [of_parcel]


class TestOrders:
    def test_what_was_saved_is_read(self, stores: Stores) -> None:
        shopper = Shopper(brand=stores.brand, shopper_id="cus_1", name="Ada", email="ada@x.example")
        saved = order(stores.brand, refunds={"r1": Money(amount=100, currency="USD")}, cancelled_at=NOW)
        stores.orders.save(saved, shopper)
        assert stores.orders.get(stores.brand, "ord_1") == saved
        assert stores.orders.shopper(stores.brand, "cus_1") == shopper

    def test_nothing_is_found_where_nothing_is(self, stores: Stores) -> None:
        assert stores.orders.get(stores.brand, "ord_1") is None
        assert stores.orders.shopper(stores.brand, "cus_1") is None
        contents = stores.orders.contents(stores.brand, "ord_1")
        assert (contents.order, contents.shipment_ids, contents.refunds, contents.messages) == (None, (), {}, ())

    def test_somebody_without_an_order_has_contact_points_too(self, stores: Stores) -> None:
        nora = Shopper(brand=stores.brand, shopper_id="cus_nora", name="Nora", email="nora@mail.example")
        for _ in range(2):
            stores.orders.put_shopper(nora)
        assert stores.orders.shopper(stores.brand, "cus_nora") == nora
        assert stores.orders.shopper("fjordhus", "cus_nora") is None

    def test_a_version_follows_the_one_before(self, stores: Stores) -> None:
        stores.orders.save(order(stores.brand))
        for version in (1, 3):
            with pytest.raises(ConflictError):
                stores.orders.save(order(stores.brand, version=version))
        stores.orders.save(order(stores.brand, version=2, number="#1"))
        found = stores.orders.get(stores.brand, "ord_1")
        assert found
        assert found.number == "#1"

    def test_everything_under_an_order_is_one_read(self, stores: Stores) -> None:
        late, early = message(stores.brand, "msg_1", planned_at=NOW + SOON), message(stores.brand, "msg_2")
        for record in (late, early):
            stores.messages.plan(record, due_at=None)
        for number in ("2", "1"):
            stores.shipments.save(
                shipment(stores.brand, shipment_id=f"shp_{number}", order_id="ord_1"), due_at=None, link=True
            )
            stores.orders.put_refund(stores.brand, "ord_1", number, Money(amount=int(number), currency="USD"))
            stores.returns.create(returning(stores.brand, f"rma_{number}"))
        stores.orders.save(order(stores.brand))
        contents = stores.orders.contents(stores.brand, "ord_1")
        assert contents.order == order(stores.brand)
        assert contents.shipment_ids == ("shp_1", "shp_2")
        assert contents.refunds == {n: Money(amount=int(n), currency="USD") for n in ("1", "2")}
        assert contents.messages == (early, late)
        assert contents.return_ids == ("rma_1", "rma_2")

    @pytest.mark.parametrize("typed", ["#1001-A", "1001-a", " 1001 A ", "１００１Ａ"])
    def test_an_order_is_found_by_its_number_however_it_is_typed(self, stores: Stores, typed: str) -> None:
        stores.orders.save(order(stores.brand, number="#1001-A"))
        assert [one.order_id for one in stores.orders.find(stores.brand, typed)] == ["ord_1"]
        assert stores.orders.find("another", typed) == []

    def test_an_order_is_not_found_by_another_number_or_by_none(self, stores: Stores) -> None:
        stores.orders.save(order(stores.brand, number="#1001"))
        stores.orders.save(order(stores.brand, order_id="ord_2", number=""))
        for typed in ("1002", "100", "", "#", "#1001#2"):
            assert stores.orders.find(stores.brand, typed) == []

    def test_two_orders_may_have_one_number_and_one_of_them_another_since(self, stores: Stores) -> None:
        for order_id in ("ord_1", "ord_2"):
            stores.orders.save(order(stores.brand, order_id=order_id, number="#1001"))
        stores.orders.save(order(stores.brand, order_id="ord_1", number="#1002", version=2))
        assert [one.order_id for one in stores.orders.find(stores.brand, "1001")] == ["ord_2"]
        assert [one.order_id for one in stores.orders.find(stores.brand, "1002")] == ["ord_1"]

    def test_a_refund_twice_is_one(self, stores: Stores) -> None:
        for _ in range(2):
            stores.orders.put_refund(stores.brand, "ord_1", "77", Money(amount=500, currency="USD"))
        assert stores.orders.contents(stores.brand, "ord_1").refunds == {"77": Money(amount=500, currency="USD")}

    def test_what_left_without_a_number_is_kept_as_it_was_told_last(self, stores: Stores) -> None:
        left = Packing(lines=(ParcelLine(line_id="1", quantity=1),), as_of=NOW)
        taken = left.model_copy(update={"cancelled": True})
        stores.orders.put_untracked(stores.brand, "ord_1", "f1", left)
        stores.orders.put_untracked(stores.brand, "ord_1", "f2", left)
        stores.orders.put_untracked(stores.brand, "ord_1", "f1", taken)
        assert stores.orders.contents(stores.brand, "ord_1").untracked == {"f1": taken, "f2": left}

    def test_decisions_are_written_with_the_order_or_not_at_all(self, stores: Stores) -> None:
        decision = DelayDecision(
            **{"brand": stores.brand, "decision_id": "dec_1", "delay_id": "dly_1", "order_id": "ord_1", "at": NOW},
            kind=DelayKind.NOT_DISPATCHED,
            change=DelayChange.SUSPECTED,
        )
        stores.orders.save(order(stores.brand), due_at=NOW, decisions=(decision,))
        late = decision.model_copy(update={"decision_id": "dec_2"})
        with pytest.raises(ConflictError):
            stores.orders.save(order(stores.brand, version=5), decisions=(late,))
        again = decision.model_copy(update={"change": DelayChange.DECLARED, "decision_id": "dec_3", "at": NOW + SOON})
        stores.orders.save(order(stores.brand, version=2), decisions=(again,))
        assert stores.decisions.of_order(stores.brand, "ord_1") == [decision, again]
        assert stores.orders.contents(stores.brand, "ord_1").order == order(stores.brand, version=2)

    def test_a_store_never_brings_back_who_was_forgotten_meanwhile(self, stores: Stores) -> None:
        seen = Shopper(brand=stores.brand, shopper_id="cus_1", email="old@x.example")
        stores.orders.save(order(stores.brand), seen)
        stores.profiles.erase(stores.brand, "cus_1", NOW)
        with pytest.raises(ConflictError):
            stores.orders.save(order(stores.brand, version=2), seen.model_copy(update={"email": "new@x.example"}))
        found = stores.orders.shopper(stores.brand, "cus_1")
        assert found == Shopper(brand=stores.brand, shopper_id="cus_1", erased_at=NOW)
        # When they buy again, they are known again
        stores.orders.save(order(stores.brand, version=2), found.model_copy(update={"email": "new@x.example"}))


class TestMessages:
    def test_a_message_is_planned_once(self, stores: Stores) -> None:
        assert stores.messages.plan(message(stores.brand), due_at=None)
        assert not stores.messages.plan(message(stores.brand, state=MessageState.SUPPRESSED), due_at=None)
        assert stores.messages.get(stores.brand, "ord_1", "msg_1") == message(stores.brand)

    def test_a_version_follows_the_one_before(self, stores: Stores) -> None:
        with pytest.raises(ConflictError):
            stores.messages.update(message(stores.brand, version=1), due_at=None)
        stores.messages.plan(message(stores.brand), due_at=None)
        claimed = message(stores.brand, state=MessageState.SENDING, sending_since=NOW, attempt=1, version=1)
        stores.messages.update(claimed, due_at=None)
        with pytest.raises(ConflictError):
            stores.messages.update(claimed, due_at=None)
        assert stores.messages.get(stores.brand, "ord_1", "msg_1") == claimed


class TestReturns:
    def test_a_return_is_created_once(self, stores: Stores) -> None:
        assert stores.returns.create(returning(stores.brand))
        assert not stores.returns.create(returning(stores.brand, shopper_id="cus_2"))
        assert stores.returns.get(stores.brand, "rma_1") == returning(stores.brand)
        assert stores.returns.get("another", "rma_1") is None

    def test_returns_of_an_order(self, stores: Stores) -> None:
        for number in ("1", "2"):
            stores.returns.create(returning(stores.brand, f"rma_{number}"))
        stores.returns.create(returning(stores.brand, "rma_3", order_id="ord_2"))
        assert [found.return_id for found in stores.returns.of_order(stores.brand, "ord_1")] == ["rma_1", "rma_2"]

    def test_a_version_follows_the_one_before(self, stores: Stores) -> None:
        with pytest.raises(ConflictError):
            stores.returns.update(returning(stores.brand, version=1))
        stores.returns.create(returning(stores.brand))
        approved = returning(stores.brand, state=ReturnState.APPROVED, version=1)
        stores.returns.update(approved)
        with pytest.raises(ConflictError):
            stores.returns.update(approved)
        assert stores.returns.get(stores.brand, "rma_1") == approved

    def test_one_return_may_be_about_several_orders(self, stores: Stores) -> None:
        lines = (
            ReturnLine(line_id="1", quantity=1, reason="small"),
            ReturnLine(line_id="1", quantity=2, reason="small", order_id="ord_2"),
        )
        stores.returns.create(returning(stores.brand, lines=lines))
        for order in ("ord_1", "ord_2"):
            assert [found.return_id for found in stores.returns.of_order(stores.brand, order)] == ["rma_1"]

    def test_returns_of_a_shopper_the_newest_first(self, stores: Stores) -> None:
        for number in range(3):
            at = NOW + number * timedelta(hours=1)
            stores.returns.create(returning(stores.brand, f"rma_{number}", requested_at=at))
        stores.returns.create(returning(stores.brand, "rma_gift", shopper_id="cus_giver", recipient_id="cus_1"))
        found = [one.return_id for one in stores.returns.of_shopper(stores.brand, "cus_1")]
        assert found[:2] == ["rma_2", "rma_1"]
        assert set(found[2:]) == {"rma_0", "rma_gift"}
        # And page by page, two of them at one instant
        pages, before = [], None
        while page := stores.returns.of_shopper(stores.brand, "cus_1", limit=2, before=before):
            assert len(page) <= 2
            pages += page
            before = (page[-1].requested_at, page[-1].return_id)
        assert [one.return_id for one in pages] == found
        assert [one.return_id for one in stores.returns.of_shopper(stores.brand, "cus_giver")] == ["rma_gift"]
        assert stores.returns.of_shopper(stores.brand, "cus_2") == []

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_returns_by_time_page_by_page_over_months(self, stores: Stores, limit: int) -> None:
        # Given one at each of these, two at one instant, and one of another brand
        days = [datetime(2025, 11, 30, 23, 59, 59, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)]
        days += [datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)]
        for number, day in enumerate(days):
            stores.returns.create(returning(stores.brand, f"rma_{number}", requested_at=day))
        stores.returns.create(returning(f"{stores.brand}x", "rma_x", requested_at=days[1]))
        # When they are read from the second on to before the last
        found, after, pages = [], "", 0
        while True:
            page, after = stores.returns.asked(stores.brand, days[1], days[-1], limit, after)
            found += [one.return_id for one in page]
            pages += 1
            assert len(page) <= limit
            if not after:
                break
        # Then each comes once, in order
        assert found == ["rma_1", "rma_2", "rma_3"]
        assert pages >= 3 // limit

    def test_what_waits_for_a_person_is_found_until_it_was_decided(self, stores: Stores) -> None:
        def review(hours: int) -> Review:
            return Review(stage="request", why="value", asked_at=NOW, due_at=NOW + timedelta(hours=hours))

        for number, hours in enumerate((9, 3, 6)):
            stores.returns.create(returning(stores.brand, f"rma_{number}"))
            stores.returns.update(returning(stores.brand, f"rma_{number}", review=review(hours), version=1))
        first, after = stores.returns.in_review(stores.brand, 2)
        assert [one.return_id for one in first] == ["rma_1", "rma_2"]
        assert [one.return_id for one in stores.returns.in_review(stores.brand, 2, after)[0]] == ["rma_0"]
        stores.returns.update(returning(stores.brand, "rma_1", version=2))
        assert [one.return_id for one in stores.returns.in_review(stores.brand)[0]] == ["rma_2", "rma_0"]

    def test_who_waits_for_a_return(self, stores: Stores) -> None:
        wait = Wait(brand=stores.brand, shipment_id="", return_id="rma_1", purpose="return", token="t1", created_at=NOW)
        assert stores.returns.waits(stores.brand, "rma_1") == []
        stores.returns.put_wait(wait)
        newer = wait.model_copy(update={"token": "t2"})
        stores.returns.put_wait(newer)
        assert stores.returns.waits(stores.brand, "rma_1") == [newer]
        assert stores.returns.waits(stores.brand, "rma_2") == []
        # An older one that is forgotten does not take the newer one with it
        stores.returns.remove_wait(wait)
        assert stores.returns.waits(stores.brand, "rma_1") == [newer]
        stores.returns.remove_wait(newer)
        assert stores.returns.waits(stores.brand, "rma_1") == []

    def test_a_token_of_the_release_before_is_there_until_the_next_write(self, stores: Stores) -> None:
        stores.returns.create(returning(stores.brand, "rma_1"))
        assert stores.returns.review_token(stores.brand, "rma_1") is None
        keep_token_beside(stores.returns, stores.brand, "rma_1", "old")
        assert stores.returns.review_token(stores.brand, "rma_1") == "old"
        stores.returns.update(returning(stores.brand, "rma_1", version=1))
        assert stores.returns.review_token(stores.brand, "rma_1") is None


def keep_token_beside(returns: Any, brand: str, return_id: str, token: str) -> None:
    """As releases before did: an attribute beside the record."""
    if isinstance(returns, FakeReturns):
        returns.tokens[brand, return_id] = token
        return
    client("dynamodb").update_item(
        TableName=TABLE,
        Key={"pk": {"S": keys.return_pk(brand, return_id)}, "sk": {"S": keys.RETURN}},
        UpdateExpression="SET #token = :token",
        ExpressionAttributeNames={"#token": "token"},
        ExpressionAttributeValues={":token": {"S": token}},
    )


class TestDueIndex:
    @staticmethod
    def due(stores: Stores, now: datetime, limit: int = 100) -> list[Due]:
        found = [due for shard in range(keys.SHARDS) for due in stores.due.due(shard, now, limit)]
        return sorted((due for due in found if due.brand == stores.brand), key=lambda due: due.record_id)

    def test_what_is_due_is_found_and_nothing_else(self, stores: Stores) -> None:
        stores.shipments.save(shipment(stores.brand), [event(1)], due_at=NOW)
        stores.shipments.save(shipment(stores.brand, shipment_id="shp_2"), due_at=NOW + SOON)
        stores.shipments.save(shipment(stores.brand, shipment_id="shp_3"), due_at=None)
        stores.messages.plan(message(stores.brand), due_at=NOW)
        assert self.due(stores, NOW - timedelta(microseconds=1)) == []
        of_message = Due(brand=stores.brand, kind="message", record_id="msg_1", parent_id="ord_1", due_at=NOW)
        of_shipment = Due(brand=stores.brand, kind="shipment", record_id="shp_1", due_at=NOW)
        assert self.due(stores, NOW) == [of_message, of_shipment]
        assert [due.record_id for due in self.due(stores, NOW + SOON)] == ["msg_1", "shp_1", "shp_2"]

    def test_each_write_sets_it_anew(self, stores: Stores) -> None:
        stores.shipments.save(shipment(stores.brand), due_at=NOW)
        stores.messages.plan(message(stores.brand), due_at=NOW)
        stores.shipments.save(shipment(stores.brand, version=2), due_at=NOW + SOON)
        stores.messages.update(message(stores.brand, state=MessageState.SENT, version=1), due_at=None)
        assert self.due(stores, NOW) == []
        assert [due.due_at for due in self.due(stores, NOW + SOON)] == [NOW + SOON]

    def test_the_longest_overdue_come_first(self, stores: Stores) -> None:
        twice = [shipment(stores.brand, shipment_id=f"shp_{n}") for n in range(40)]
        for number, one in enumerate(twice):
            stores.shipments.save(one, due_at=NOW - timedelta(minutes=number))
        for shard in range(keys.SHARDS):
            times = [due.due_at for due in stores.due.due(shard, NOW, 100)]
            assert times == sorted(times)
            newest = [due.due_at for due in stores.due.due(shard, NOW, 100, newest_first=True)]
            assert newest == times[::-1]

    def test_an_order_may_be_due(self, stores: Stores) -> None:
        stores.orders.save(order(stores.brand), due_at=NOW)
        stores.messages.plan(message(stores.brand), due_at=NOW)
        of_order = Due(brand=stores.brand, kind="order", record_id="ord_1", due_at=NOW)
        assert of_order in self.due(stores, NOW)
        assert len(self.due(stores, NOW)) == 2
        stores.orders.save(order(stores.brand, version=2))
        assert [due.kind for due in self.due(stores, NOW)] == ["message"]

    @pytest.mark.parametrize("newest_first", [False, True])
    def test_more_than_a_page_at_one_instant_are_read_each_once_though_they_leave_meanwhile(
        self, stores: Stores, newest_first: bool
    ) -> None:
        for number in range(60):
            stores.shipments.save(shipment(stores.brand, shipment_id=f"shp_{number}"), due_at=NOW)
        met = []
        for shard in range(keys.SHARDS):
            for due in stores.due.due(shard, NOW, 3, newest_first=newest_first):
                if due.brand == stores.brand:
                    met.append(due.record_id)
                    moved = shipment(stores.brand, shipment_id=due.record_id, version=2)
                    stores.shipments.save(moved, due_at=NOW + SOON if len(met) % 2 else None)
        assert sorted(met) == sorted(f"shp_{number}" for number in range(60))
        assert self.due(stores, NOW) == []


class TestQuarantine:
    def test_entry_and_body_are_kept_once(self, stores: Stores) -> None:
        for _ in range(2):
            stores.quarantine.put(quarantined(stores.brand), b"\x00{\xff")
        assert stores.quarantine.list(stores.brand) == [quarantined(stores.brand)]
        entry_id = quarantined(stores.brand).quarantine_id
        assert stores.quarantine.get(stores.brand, entry_id) == (quarantined(stores.brand), b"\x00{\xff")

    def test_the_newest_come_first(self, stores: Stores) -> None:
        for minute in (1, 3, 2):
            stores.quarantine.put(quarantined(stores.brand, minute), b"")
        assert stores.quarantine.list(stores.brand, 2) == [quarantined(stores.brand, 3), quarantined(stores.brand, 2)]
        assert stores.quarantine.list("another") == []

    def test_an_entry_that_is_not_there(self, stores: Stores) -> None:
        assert stores.quarantine.get(stores.brand, "q_none") is None
        stores.quarantine.remove(quarantined(stores.brand))

    def test_an_entry_that_came_back_while_it_was_redriven_stays(self, stores: Stores) -> None:
        first, again = quarantined(stores.brand), quarantined(stores.brand, redrives=1)
        stores.quarantine.put(first, b"x")
        stores.quarantine.put(again, b"x")
        stores.quarantine.remove(first)
        assert stores.quarantine.list(stores.brand) == [again]
        stores.quarantine.remove(again)
        assert stores.quarantine.list(stores.brand) == []


class TestItems:
    """What the fakes cannot show: the form of the items."""

    def test_every_item_says_what_it_is(self, real: Stores, table: Table) -> None:
        real.shipments.save(shipment(real.brand, order_id="ord_1"), [event(1)], due_at=NOW, link=True)
        for pk in (keys.shipment_pk(real.brand, "shp_1"), keys.order_pk(real.brand, "ord_1")):
            for found in table.query(pk):
                assert found["entity_type"]["S"] in {"shipment", "event", "parcel"}
                assert found["schema_version"]["N"] == "1"

    def test_only_the_shopper_holds_the_address(self, real: Stores, table: Table) -> None:
        shopper = Shopper(brand=real.brand, shopper_id="cus_1", name="Ada Unique", email="ada.unique@x.example")
        real.orders.save(order(real.brand), shopper)
        assert "unique" not in str(list(table.query(keys.order_pk(real.brand, "ord_1")))).lower()

    def test_what_a_newer_release_has_due_is_named_by_its_sort_key(self, real: Stores, table: Table) -> None:
        pk = keys.order_pk(real.brand, "ord_1")
        table.put(item(pk, "NOVELTY#1", "novelty", None, due_at=NOW))
        assert [(due.kind, due.record_id) for due in TestDueIndex.due(real, NOW)] == [("NOVELTY#1", "ord_1")]

    def test_no_more_is_read_than_is_asked_for(
        self, real: Stores, table: Table, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(10):
            one = item(keys.order_pk(real.brand, f"ord_{number}"), "X", "x", None, due_at=NOW, shard="DUE#99")
            table.put(one)
        pages = []
        query = client("dynamodb").query
        monkeypatch.setattr(
            client("dynamodb"), "query", lambda **asked: pages.append(asked["Limit"]) or query(**asked), raising=False
        )
        entries = real.due.due(99, NOW, 4)
        assert pages == []
        assert len(list(islice(entries, 4))) == 4
        assert pages == [4]
        assert len(list(entries)) == 6
        assert pages == [4] * 3

    def test_a_pointer_without_a_return_is_passed_over(self, real: Stores, table: Table) -> None:
        real.returns.create(returning(real.brand))
        table.delete(keys.return_pk(real.brand, "rma_1"), keys.RETURN)
        assert real.returns.of_order(real.brand, "ord_1") == []

    def test_instants_sort_as_text(self) -> None:
        zone = NOW.astimezone(tz=None)
        assert keys.instant(NOW) == keys.instant(zone) == "2026-03-02T12:00:00.000000Z"
        assert keys.instant(NOW) < keys.instant(NOW + timedelta(microseconds=1)) < keys.instant(NOW + SOON)
