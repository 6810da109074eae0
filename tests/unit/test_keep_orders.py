"""Orders, parcels and refunds meet, whichever comes first, and nobody overwrites anybody."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.domain import ids
from porchlight.domain.dates import DateRange
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import (
    ContactDetails,
    Destination,
    StoreChange,
)
from porchlight.errors import ConflictError, InvalidInputError, NotFoundError, TransientError
from porchlight.services.put_order import read_body
from porchlight.services.retrying import until_settled
from tests.fakes_reaching import FakeProfiles
from tests.unit.keeping import BODY, HOUR, LATER, ORDER, World, linked, packed, placed, put, refunded, shipped
from tests.unit.stories import DAY, NOW, ZONE, usd


@pytest.fixture
def world() -> World:
    return World()


class TestMeeting:
    def test_an_order_then_its_parcel(self, world: World) -> None:
        world.say(placed(), shipped())
        assert linked(world)

    def test_a_parcel_then_its_order(self, world: World) -> None:
        world.say(shipped(), placed())
        assert linked(world)

    def test_the_carrier_was_first_of_all(self, world: World) -> None:
        world.scan(Milestone.IN_TRANSIT, 5)
        world.say(shipped(), placed())
        assert linked(world)
        assert world.parcel.milestone is Milestone.IN_TRANSIT

    def test_the_carrier_comes_last(self, world: World) -> None:
        world.say(placed(), shipped())
        world.scan(Milestone.IN_TRANSIT, 5)
        assert linked(world)
        assert world.shipments.due_at

    def test_a_parcel_before_its_order_promises_nothing_to_anybody(self, world: World) -> None:
        world.say(shipped())
        assert world.parcel.promise is None
        assert not world.shipments.due_at

    def test_several_parcels(self, world: World) -> None:
        world.say(shipped("A1", "B2"), placed(), shipped("C3"))
        assert len(world.orders.contents("larkspur", ORDER).shipment_ids) == 3
        assert all(parcel.shopper_id for parcel in world.shipments.records.values())

    def test_a_fulfilment_that_names_no_parcel(self, world: World) -> None:
        world.say(placed(), shipped(carrier=None))
        assert not world.shipments.records

    def test_a_new_promise_reaches_the_parcels_and_the_first_one_stays(self, world: World) -> None:
        first, second = (DateRange(earliest=date(2026, 3, day), latest=date(2026, 3, day + 1)) for day in (5, 9))
        world.say(placed(promise=first), shipped(), placed(1, promise=second))
        assert (world.parcel.first_promise, world.parcel.promise) == (first, second)
        assert (world.order.first_promise, world.order.promise) == (first, second)

    def test_two_brands_never_mix(self, world: World) -> None:
        for owner, total in (("larkspur", 4900), ("fjordhus", 100)):
            world.say(placed(total=usd(total)), shipped(), refunded(amount=total), brand_id=owner)
            world.scan(Milestone.DELIVERED if owner == "fjordhus" else Milestone.IN_TRANSIT, 5, brand_id=owner)
        assert len(world.orders.records) == len(world.shipments.records) == len(world.orders.shoppers) == 2
        assert (world.order.total, world.order.refunded) == (usd(4900), usd(4900))
        assert world.parcel.milestone is Milestone.IN_TRANSIT
        assert {parcel.brand for parcel in world.shipments.records.values()} == {"larkspur", "fjordhus"}


class TestAtOnce:
    """Two functions at the same time: at each single read or write of the one, the other does all of its work."""

    @staticmethod
    def steps(first: Callable[[World], None], second: Callable[[World], None]) -> Iterator[World]:
        for step in range(1, 40):
            world, calls = World(), [0]
            interrupted = [False]

            def between(
                real: Callable[..., Any],
                world: World = world,
                calls: list[int] = calls,
                interrupted: list[bool] = interrupted,
                step: int = step,
            ) -> Callable[..., Any]:
                def call(*arguments: Any, **options: Any) -> Any:
                    calls[0] += 1
                    if calls[0] == step and not interrupted[0]:
                        interrupted[0] = True
                        second(world)
                    return real(*arguments, **options)

                return call

            for port, names in (
                (world.orders, ("get", "contents", "save", "put_refund", "shopper")),
                (world.shipments, ("get", "with_events", "save")),
            ):
                for name in names:
                    setattr(port, name, between(getattr(port, name)))
            first(world)
            if not interrupted[0]:
                return
            yield world

    def test_an_order_and_its_parcel(self) -> None:
        def order(world: World) -> None:
            world.say(placed())

        def parcel(world: World) -> None:
            world.say(shipped())

        found = [*self.steps(order, parcel), *self.steps(parcel, order)]
        assert len(found) > 8
        assert all(linked(world) for world in found)

    def test_a_change_of_the_promise_and_a_parcel(self) -> None:
        new = DateRange(earliest=date(2026, 3, 9), latest=date(2026, 3, 10))

        def ship(world: World) -> None:
            world.say(placed(), shipped())

        def change(world: World) -> None:
            world.say(placed(1, promise=new))

        found = [*self.steps(ship, change)]
        assert len(found) > 8
        assert all(world.parcel.promise == world.order.promise == new for world in found)

    def test_a_refund_and_the_order(self) -> None:
        def order(world: World) -> None:
            world.say(placed(), placed(1))

        def refund(world: World) -> None:
            world.say(refunded())

        found = [*self.steps(order, refund), *self.steps(refund, order)]
        assert len(found) > 6
        assert all(world.order.refunded == usd(500) for world in found)

    def test_a_scan_and_a_parcel(self) -> None:
        def scan(world: World) -> None:
            world.scan(Milestone.IN_TRANSIT, 3)

        def ship(world: World) -> None:
            world.say(placed(), shipped())

        found = [*self.steps(ship, scan), *self.steps(scan, ship)]
        assert all(linked(world) and world.parcel.milestone is Milestone.IN_TRANSIT for world in found)

    def test_an_order_and_a_shopper_who_is_forgotten(self) -> None:
        def order(world: World) -> None:
            world.say(placed(), placed(1, contact=ContactDetails(customer_key="7", email="new@x.example")))

        def forget(world: World) -> None:
            FakeProfiles(world.orders).erase("larkspur", ids.shopper_id("larkspur", "7"), NOW + DAY)

        for world in self.steps(order, forget):
            assert world.shopper.erased_at == NOW + DAY
            assert world.shopper.email is None


class TestNews:
    def test_the_same_order_twice_writes_nothing(self, world: World) -> None:
        world.say(placed(), shipped())
        orders, parcels = list(world.orders.history), list(world.shipments.history)
        world.say(placed(), shipped(), at=NOW + DAY)
        assert (world.orders.history, world.shipments.history) == (orders, parcels)

    def test_an_older_state_that_comes_late_is_ignored(self, world: World) -> None:
        world.say(placed(2, number="#new"), placed(1, number="#old"))
        assert world.order.number == "#new"

    def test_also_where_the_newer_state_looked_like_the_one_before(self, world: World) -> None:
        world.say(placed(0), placed(2), placed(1, number="#between"))
        assert world.order.number == "#1001"

    def test_an_old_body_that_is_sent_again_brings_no_old_address_back(self, world: World) -> None:
        world.say(placed(0))
        moved = ContactDetails(customer_key="7", name="Ada", email="new@x.example")
        world.say(placed(5, external_id="1002", contact=moved))
        world.say(placed(0))
        assert world.shopper.email == "new@x.example"

    def test_cancelling_counts_also_within_the_same_second(self, world: World) -> None:
        world.say(placed(1, cancelled_at=NOW), placed(1))
        assert world.order.cancelled_at

    def test_who_was_forgotten_is_known_again_by_a_later_order_only(self, world: World) -> None:
        world.say(placed())
        FakeProfiles(world.orders).erase("larkspur", world.shopper.shopper_id, NOW + DAY)
        changed = ContactDetails(customer_key="7", email="new@x.example")
        world.say(placed(1, contact=changed))
        assert world.shopper.email is None
        world.say(placed(external_id="1002", placed_at=NOW + 2 * DAY, updated_at=NOW + 2 * DAY, contact=changed))
        assert world.shopper.email == "new@x.example"

    def test_a_number_is_kept_as_the_world_writes_it(self, world: World) -> None:
        found = {"07400 123456": "+447400123456", "+1 (503) 223 1234": "+15032231234", "call me": "call me"}
        for hour, (typed, kept) in enumerate(found.items(), 1):
            contact = ContactDetails(customer_key="7", phone=typed)
            world.say(placed(hour, contact=contact, destination=Destination(country="GB")))
            assert world.shopper.phone == kept

    def test_without_a_customer_the_email_is_the_shopper_and_without_both_the_order(self, world: World) -> None:
        for number, contact in enumerate(({"email": "A@x.example"}, {"email": "a@X.example"}, {}, {})):
            world.say(placed(external_id=str(number), contact=ContactDetails(**contact)))
        assert len(world.orders.shoppers) == 3

    def test_a_refund_before_the_order(self, world: World) -> None:
        world.say(refunded(), refunded(), placed(), refunded("r2", 100))
        assert world.order.refunded == usd(600)

    def test_a_refund_of_an_order_that_never_comes(self, world: World) -> None:
        world.say(refunded())
        assert not world.orders.records

    def test_a_brand_that_is_gone(self, world: World) -> None:
        with pytest.raises(NotFoundError):
            world.say(placed(), brand_id="unknown")

    def test_a_record_that_never_comes_to_rest(self) -> None:
        def attempt() -> None:
            raise ConflictError

        with pytest.raises(TransientError):
            until_settled(attempt)

    def test_an_expectation_never_looks_back(self, world: World) -> None:
        promise = DateRange(earliest=date(2026, 3, 3), latest=date(2026, 3, 9), zone=ZONE)
        world.say(placed(promise=promise))
        world.say(shipped(), at=NOW + 2 * DAY)
        assert world.parcel.expected
        assert world.parcel.expected.earliest == date(2026, 3, 4)


class TestParts:
    """An order that comes in more than one parcel at the same time is told so, once."""

    def test_a_second_parcel_while_the_first_is_on_its_way(self, world: World) -> None:
        world.say(placed(), shipped("1Z999"))
        assert not world.order.split
        world.say(shipped("1Z888", fulfillment_id="f2"))
        assert world.order.split
        written = len(world.orders.history)
        world.say(shipped("1Z777", fulfillment_id="f3"), shipped("1Z888", fulfillment_id="f2"))
        assert len(world.orders.history) == written

    def test_parcels_that_were_there_before_the_order(self, world: World) -> None:
        world.say(shipped("1Z999", "1Z888"), placed())
        assert world.order.split

    def test_a_second_parcel_after_the_first_has_come(self, world: World) -> None:
        world.say(placed(), shipped("1Z999"))
        world.scan(Milestone.DELIVERED, 3)
        world.say(shipped("1Z888", fulfillment_id="f2"))
        assert not world.order.split

    def test_one_that_was_taken_back_is_none(self, world: World) -> None:
        world.say(
            placed(), packed(("1", 1), fulfillment_id="f1", cancelled=True), shipped("1Z888", fulfillment_id="f2")
        )
        assert not world.order.split

    def test_it_stays_told_when_the_order_changes(self, world: World) -> None:
        world.say(placed(), shipped("1Z999", "1Z888"), placed(1, number="#new"))
        assert (world.order.number, world.order.split) == ("#new", True)


class TestPutOrder:
    def test_an_order_with_its_parcel_twice_is_one(self, world: World) -> None:
        first = put(world)
        assert linked(world)
        writes = len(world.orders.history), len(world.shipments.history)
        assert put(world) == first == world.order
        assert (len(world.orders.history), len(world.shipments.history)) == writes

    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            (b'"total": "49.00"', b'"total": "a lot"', "total: string_pattern_mismatch"),
            (b"ada@x.example", b"ada at x", "shopper.email: string_pattern_mismatch"),
            (b'"number": "#1"', b'"nummer": "#1"', "nummer: extra_forbidden; number: missing"),
            (b'"quantity": 1', b'"quantity": 0', "lines.0.quantity: greater_than_equal; lines: too_short"),
            (b"{", b"", "body: json_invalid"),
        ],
    )
    def test_faults_are_named_and_values_are_not(self, old: bytes, new: bytes, fault: str) -> None:
        with pytest.raises(InvalidInputError) as caught:
            read_body(BODY.replace(old, new, 1))
        assert caught.value.detail == fault


_PROMISES = st.sampled_from([None, DateRange(earliest=date(2026, 3, 9), latest=date(2026, 3, 10))])
_CHANGES: st.SearchStrategy[StoreChange] = st.one_of(
    st.builds(
        lambda hours, number, order, cancelled, promise: placed(
            hours, number=number, external_id=order, cancelled_at=NOW if cancelled else None, promise=promise
        ),
        st.integers(0, 3),
        st.sampled_from(["#a", "#b"]),
        st.sampled_from(["1001", "1002"]),
        st.booleans(),
        _PROMISES,
    ),
    st.builds(lambda hours: shipped(hours=hours), st.integers(0, 3)),
    st.builds(lambda hours: shipped("1Z888", order="1002", hours=hours), st.integers(0, 3)),
    st.builds(
        lambda fulfillment, quantity, cancelled, hours: packed(
            ("1", quantity), fulfillment_id=fulfillment, cancelled=cancelled, updated_at=NOW + hours * HOUR
        ),
        st.sampled_from(["f1", "f2"]),
        st.integers(1, 2),
        st.booleans(),
        st.integers(0, 2),
    ),
    st.builds(lambda refund, order: refunded(refund, order=order), st.sampled_from(["r1", "r2"]), st.just("1001")),
)
_SCANS = st.tuples(st.sampled_from(Milestone), st.integers(0, 40), st.sampled_from(["1Z999", "1Z888"]))
_NEWS = st.tuples(st.sampled_from(["larkspur", "fjordhus"]), st.one_of(_CHANGES, _SCANS))


def end(news: list[tuple[str, Any]]) -> Any:
    """Orders and shipments after this news, without clocks and counters (and what was promised and said first)."""
    world = World(old_after_hours=1000)
    for owner, one in news:
        if isinstance(one, tuple):
            milestone, hours, number = one
            world.scan(milestone, hours, number, owner)
        else:
            world.say(one, brand_id=owner, at=LATER)
    ours = {"version", "updated_at", "created_at", "first_promise", "told"}
    parcels = {
        key: (one.model_dump(exclude=ours), set(world.shipments.events[key]))
        for key, one in world.shipments.records.items()
    }
    orders = {
        key: (one.model_dump(exclude=ours), world.orders.contents(*key).shipment_ids)
        for key, one in world.orders.records.items()
    }
    return orders, parcels, world.shipments.due_at


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(_NEWS, min_size=1, max_size=7))
def test_any_order_and_any_repetition_of_all_news_ends_in_the_same(data: st.DataObject, news: list[Any]) -> None:
    again = data.draw(st.lists(st.sampled_from(news), max_size=5))
    assert end(news) == end(data.draw(st.permutations(news + again)))
