"""What is in which parcel, orders that are taken back, refunds without a currency, and orders that were old already."""

from datetime import date
from typing import Any

import pytest

from porchlight.domain import ids
from porchlight.domain.changes import DomainEvent, order_changes, shipment_changes
from porchlight.domain.dates import DateRange
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.money import Money
from porchlight.domain.orders import OrderLine, OrderRefunded, OrderWithdrawn
from porchlight.domain.packing import quantities, still_to_ship
from porchlight.domain.pages import tracking_view
from porchlight.errors import InvalidInputError
from tests.unit.keeping import BODY, HOUR, LATER, ORDER, World, packed, placed, put, refunded, shipped
from tests.unit.stories import DAY, NOW, ZONE, usd


@pytest.fixture
def world() -> World:
    return World()


class TestPacking:
    TWO = (
        OrderLine(line_id="1", title="Mug", quantity=2, unit_price=usd(1000), supplier="Potters"),
        OrderLine(line_id="2", title="Lamp", quantity=1, unit_price=usd(2900)),
    )

    def left(self, world: World) -> dict[str, int]:
        ordered = {line.line_id: line.quantity for line in world.order.lines}
        return still_to_ship(ordered, [parcel.packed for parcel in world.shipments.records.values()])

    def test_each_parcel_knows_its_lines_and_its_supplier(self, world: World) -> None:
        world.say(placed(lines=self.TWO), packed(("1", 1), supplier="Potters"))
        assert quantities(world.parcel.packed) == {"1": 1}
        assert world.parcel.packed["f1"].supplier == "Potters"
        assert self.left(world) == {"1": 1, "2": 1}
        rest = packed(("1", 1), ("2", 1), fulfillment_id="f2", tracking_numbers=("1Z888",))
        world.say(rest)
        assert self.left(world) == {}

    def test_two_fulfilments_in_one_parcel_are_in_it_together(self, world: World) -> None:
        world.say(placed(lines=self.TWO), packed(("1", 2)), packed(("2", 1), fulfillment_id="f2"))
        assert quantities(world.parcel.packed) == {"1": 2, "2": 1}

    def test_one_fulfilment_in_two_parcels_counts_once(self, world: World) -> None:
        world.say(placed(lines=self.TWO), packed(("1", 1), tracking_numbers=("1Z999", "1Z888")))
        assert [parcel.packed["f1"].parcels for parcel in world.shipments.records.values()] == [2, 2]
        assert self.left(world) == {"1": 1, "2": 1}

    def test_a_parcel_of_unknown_contents_leaves_open_what_is_still_to_come(self, world: World) -> None:
        world.say(placed(lines=self.TWO), packed(("1", 1)), shipped("1Z888", fulfillment_id="f2"))
        assert self.left(world) == {}

    def test_so_does_one_that_only_its_carrier_knows(self) -> None:
        assert still_to_ship({"1": 1}, [{}]) == {}

    def test_the_stores_last_word_counts(self, world: World) -> None:
        late, soon = NOW + 2 * HOUR, NOW + HOUR
        world.say(placed(), packed(("1", 2), updated_at=late), packed(("1", 1), updated_at=soon))
        assert quantities(world.parcel.packed) == {"1": 2}

    def test_a_cancelled_fulfilment_empties_its_parcel_and_its_lines_are_to_be_shipped_again(
        self, world: World
    ) -> None:
        world.say(placed(lines=self.TWO), packed(("1", 2)))
        assert not world.parcel.is_void
        world.say(packed(("1", 2), cancelled=True, updated_at=NOW + HOUR))
        assert world.parcel.is_void
        assert not world.parcel.is_open
        assert self.left(world) == {"1": 2, "2": 1}
        world.say(packed(("1", 2), ("2", 1), fulfillment_id="f2", tracking_numbers=("1Z888",)))
        assert self.left(world) == {}

    def test_a_cancelled_fulfilment_stays_so_when_its_first_body_comes_late(self, world: World) -> None:
        world.say(placed(), packed(("1", 1), cancelled=True, updated_at=NOW + HOUR), packed(("1", 1)))
        assert world.parcel.is_void
        assert world.shipments.due_at == {}

    def test_a_parcel_that_moves_was_not_cancelled(self, world: World) -> None:
        world.say(placed(), packed(("1", 1), cancelled=True, updated_at=NOW + HOUR))
        world.scan(Milestone.IN_TRANSIT, 5)
        assert not world.parcel.is_void

    def test_cancelling_takes_no_parcel_from_the_order_that_has_it_now(self, world: World) -> None:
        world.say(placed(external_id="1002"), packed(("1", 1)), packed(("1", 1), fulfillment_id="f2", order="1002"))
        world.say(packed(("1", 1), cancelled=True, updated_at=NOW + HOUR))
        assert world.parcel.order_id == ids.order_id("larkspur", "1002")
        assert not world.parcel.is_void

    def test_the_order_api_says_what_is_in_a_parcel(self, world: World) -> None:
        body = BODY.replace(b'"unit_price": "49.00"', b'"unit_price": "49.00", "supplier": "Potters"').replace(
            b'"shipped_at"', b'"lines": [{"id": "1", "quantity": 1}], "supplier": "Potters", "shipped_at"'
        )
        put(world, body)
        assert world.order.lines[0].supplier == world.parcel.packed["1Z999"].supplier == "Potters"
        assert quantities(world.parcel.packed) == {"1": 1}
        writes = len(world.shipments.history)
        put(world, body)
        assert len(world.shipments.history) == writes

    def test_a_parcel_that_was_cancelled_in_the_order_api(self, world: World) -> None:
        put(world)
        put(
            world,
            BODY.replace(b'"shipped_at"', b'"cancelled": true, "shipped_at"').replace(
                b'"updated_at": "2026-03-02T12', b'"updated_at": "2026-03-02T13'
            ),
        )
        assert world.parcel.is_void

    def test_a_parcel_with_a_line_that_nobody_ordered_is_refused(self, world: World) -> None:
        body = BODY.replace(b'"shipped_at"', b'"lines": [{"id": "9", "quantity": 1}], "shipped_at"')
        with pytest.raises(InvalidInputError) as caught:
            put(world, body)
        assert caught.value.problem == "unknown-line"
        assert not world.orders.records


class TestWithdrawn:
    def test_an_order_that_the_store_removed_is_cancelled_once(self, world: World) -> None:
        world.say(placed(), OrderWithdrawn(external_order_id="1001"), at=NOW + DAY)
        assert world.order.cancelled_at == NOW + DAY
        world.say(OrderWithdrawn(external_order_id="1001"), at=NOW + 2 * DAY)
        assert world.order.cancelled_at == NOW + DAY

    def test_a_body_from_before_does_not_bring_it_back_and_a_restored_one_does(self, world: World) -> None:
        world.say(placed(), OrderWithdrawn(external_order_id="1001"), at=NOW + DAY)
        world.say(placed(5))
        assert world.order.cancelled_at
        world.say(placed(30))
        assert world.order.cancelled_at is None

    def test_of_an_order_that_nobody_knows_nothing_is_said(self, world: World) -> None:
        world.say(OrderWithdrawn(external_order_id="1001"))
        assert not world.orders.records


class TestRefundWithoutCurrency:
    UNNAMED = OrderRefunded(external_order_id="1001", refund_id="r1", amount=Money.of("5.00", "XXX"), refunded_at=NOW)

    @pytest.mark.parametrize("order_first", [True, False])
    def test_it_is_in_the_orders(self, world: World, order_first: bool) -> None:
        changes = [placed(), self.UNNAMED]
        world.say(*(changes if order_first else reversed(changes)))
        assert world.order.refunded == usd(500)
        writes = len(world.orders.history)
        world.say(self.UNNAMED, refunded())
        assert len(world.orders.history) == writes

    def test_minor_units_are_those_of_the_order(self, world: World) -> None:
        world.say(self.UNNAMED, placed(currency="JPY", total=Money(amount=4900, currency="JPY")))
        assert world.order.refunded == Money(amount=5, currency="JPY")


class TestBackfilled:
    """An order that is old when we first hear of it (an import): nobody is told what had happened by then."""

    def changes(self, world: World) -> list[DomainEvent]:
        return [
            *(event for old, new in world.orders.history for event in order_changes(old, new)),
            *(event for old, new in world.shipments.history for event in shipment_changes(old, new)),
        ]

    @pytest.mark.parametrize(("hours", "moment"), [(47, Moment.ORDER_CONFIRMED), (49, None)])
    def test_it_is_published_and_not_told(self, world: World, hours: int, moment: Moment | None) -> None:
        world.say(placed(), at=NOW + hours * HOUR)
        (event,) = self.changes(world)
        assert (event.type, event.moment) == ("OrderConfirmed", moment)

    def test_the_brand_says_what_is_old(self) -> None:
        world = World(old_after_hours=12)
        world.say(placed(), at=NOW + 13 * HOUR)
        assert world.order.backfilled
        assert [event.moment for event in self.changes(world)] == [None]

    def test_it_stays_so_when_the_order_changes(self, world: World) -> None:
        world.say(placed(), at=NOW + 3 * DAY)
        world.say(placed(80), at=NOW + 4 * DAY)
        assert world.order.backfilled

    def test_and_an_order_that_was_news_stays_news(self, world: World) -> None:
        world.say(placed())
        world.say(placed(80), at=NOW + 4 * DAY)
        assert not world.order.backfilled

    def test_a_promise_that_was_over_is_none(self, world: World) -> None:
        world.say(placed(), shipped(), at=LATER)
        assert world.order.promise is world.parcel.promise is None
        assert not world.shipments.due_at
        world.say(placed(1), at=LATER + DAY)
        assert world.order.promise is None

    def test_a_promise_still_to_come_counts_also_when_it_is_over(self, world: World) -> None:
        coming = DateRange(earliest=date(2026, 3, 6), latest=date(2026, 3, 6), zone=ZONE)
        world.say(placed(promise=coming), shipped(), at=NOW + 3 * DAY)
        assert world.parcel.promise == coming
        assert world.shipments.due_at
        world.say(placed(100, promise=coming), at=NOW + 8 * DAY)
        assert world.order.promise == world.parcel.promise == coming

    def test_what_its_parcel_had_done_is_not_told_and_what_it_does_is(self, world: World) -> None:
        world.say(placed(), shipped(), at=NOW + 5 * DAY)
        world.scan(Milestone.IN_TRANSIT, 24)
        world.scan(Milestone.DELIVERED, 6 * 24)
        told = {event.type: event.moment for event in self.changes(world)}
        assert told["ShipmentShipped"] is None
        assert told["ShipmentDelivered"] is Moment.DELIVERED

    def test_its_silence_counts_from_the_first_news_on(self, world: World) -> None:
        world.say(placed(), shipped(), at=LATER)
        world.scan(Milestone.IN_TRANSIT, 24)
        assert not world.shipments.due_at
        world.scan(Milestone.IN_TRANSIT, 11 * 24)
        assert world.shipments.due_at


class TestPage:
    """The tracking page shows what is in each parcel of an order that comes in parts, and what is still to come."""

    LINES = TestPacking.TWO

    def view(self, world: World) -> Any:
        contents = world.orders.contents("larkspur", ORDER)
        found = [world.shipments.with_events("larkspur", parcel) for parcel in contents.shipment_ids]
        parcels = [(parcel, events) for parcel, events in found if parcel]
        return tracking_view(world.brands.get("larkspur"), world.order, parcels, [], NOW, {})

    @staticmethod
    def titles(part: Any) -> Any:
        return [(line["title"], line["quantity"]) for line in part["lines"]] if part else None

    def test_two_parcels_and_the_rest(self, world: World) -> None:
        second = packed(("2", 1), fulfillment_id="f2", tracking_numbers=("1Z888",))
        world.say(placed(lines=self.LINES), packed(("1", 1)), second)
        view = self.view(world)
        assert sorted(self.titles(parcel["contents"]) for parcel in view["parcels"]) == [[("Lamp", 1)], [("Mug", 1)]]
        assert {parcel["contents"]["label"]["say"] for parcel in view["parcels"]} == {"contents.parcel"}
        assert self.titles(view["left"]) == [("Mug", 1)]

    def test_one_parcel_with_a_part_of_the_order(self, world: World) -> None:
        world.say(placed(lines=self.LINES), packed(("1", 2)))
        view = self.view(world)
        assert self.titles(view["parcels"][0]["contents"]) == [("Mug", 2)]
        assert self.titles(view["left"]) == [("Lamp", 1)]

    def test_one_parcel_with_all_of_it_repeats_nothing(self, world: World) -> None:
        world.say(placed(lines=self.LINES), packed(("1", 2), ("2", 1)))
        view = self.view(world)
        assert view["parcels"][0]["contents"] is None
        assert view["left"] is None

    def test_lines_spread_over_two_parcels_are_in_both_together(self, world: World) -> None:
        world.say(placed(lines=self.LINES), packed(("1", 2), ("2", 1), tracking_numbers=("1Z999", "1Z888")))
        labels = [parcel["contents"]["label"] for parcel in self.view(world)["parcels"]]
        assert [(label["say"], label["facts"]) for label in labels] == [("contents.together", {"count": 2})] * 2

    def test_nothing_is_claimed_where_the_store_does_not_say(self, world: World) -> None:
        world.say(placed(lines=self.LINES), shipped("1Z999", "1Z888"))
        view = self.view(world)
        assert [parcel["contents"] for parcel in view["parcels"]] == [None, None]
        assert view["left"] is None

    def test_a_void_parcel_is_not_shown(self, world: World) -> None:
        world.say(placed(lines=self.LINES), packed(("1", 2), cancelled=True, updated_at=NOW + HOUR))
        assert self.view(world)["parcels"] == []

    def test_nothing_is_still_to_come_of_a_cancelled_order(self, world: World) -> None:
        world.say(placed(lines=self.LINES, cancelled_at=NOW), packed(("1", 1)))
        assert self.view(world)["left"] is None

    def test_a_supplier_is_nowhere_on_the_page(self, world: World) -> None:
        world.say(placed(lines=self.LINES), packed(("1", 1), supplier="Potters"))
        assert "Potters" not in str(self.view(world))
