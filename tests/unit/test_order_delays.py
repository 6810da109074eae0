"""An order that does not ship: found by the sweep, declared once, told anew, mended by what stores say."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from porchlight.domain.changes import order_changes
from porchlight.domain.delays import DelayChange
from porchlight.domain.dispatch import LOOK_AGAIN
from porchlight.domain.moments import Moment
from porchlight.domain.money import Money
from porchlight.domain.orders import Destination, OrderLine, OrderWithdrawn, StoreChange
from porchlight.ports import Wait
from porchlight.services.delays import DelayWatch
from porchlight.services.order_delays import OrderWatch
from porchlight.services.resume_workflows import NewsDesk, news_in
from porchlight.services.sweep_due import Sweep
from tests.fakes import NO_HISTORY, FakeCases, FakeDue, FakeMessages, FakeWorkflows, no_surges
from tests.unit import keeping
from tests.unit.keeping import ORDER, packed, placed, refunded, shipped
from tests.unit.stories import DAY, NOW, usd

LATE = datetime(2026, 3, 5, 5, tzinfo=UTC)
"""Wednesday, 4 March, is over in New York."""
TWO = (
    OrderLine(line_id="1", title="Mug", quantity=1, unit_price=usd(2450)),
    OrderLine(line_id="2", title="Jug", quantity=1, unit_price=usd(2450)),
)


class World(keeping.World):
    """Stores, and the sweep over the orders that they tell of."""

    def __init__(self) -> None:
        super().__init__()
        self.workflows = FakeWorkflows()
        ports = (self.shipments, self.orders, self.brands, self.metrics, NO_HISTORY)
        self.watch = OrderWatch(*ports)
        due = FakeDue(self.shipments, FakeMessages())
        self.sweep = Sweep(due, DelayWatch(*ports, no_surges()), self.workflows, self.metrics)
        self.desk = NewsDesk(self.shipments, self.orders, FakeCases(), self.workflows)

    @property
    def due_at(self) -> datetime | None:
        return self.orders.due_at.get(("larkspur", ORDER))

    @property
    def changes(self) -> list[DelayChange]:
        found = self.orders.decisions["larkspur", ORDER].values()
        return [decision.change for decision in sorted(found, key=lambda one: one.at)]

    def declare(self, at: datetime = LATE) -> str:
        self.sweep.run(at)
        (name,) = (name for _, name in self.workflows.started)
        assert self.watch.assess_and_declare("larkspur", ORDER, at, name)["outcome"] == "late"
        return name


@pytest.fixture
def world() -> World:
    return World()


class TestTheSweep:
    def test_an_order_is_due_when_it_would_be_late_and_not_before(self, world: World) -> None:
        world.say(placed())
        assert world.due_at == LATE
        assert world.sweep.run(LATE - timedelta(minutes=1)) == {}

    def test_a_late_order_starts_its_workflow_under_the_delays_id(self, world: World) -> None:
        world.say(placed())
        assert world.sweep.run(LATE) == {"delay_started": 1}
        ((machine, name), payload), *_ = world.workflows.started.items()
        assert machine == "delay_detection"
        assert payload == {"brand": "larkspur", "shipment_id": "", "order_id": ORDER, "delay_id": name}
        assert world.changes == [DelayChange.SUSPECTED]
        assert world.due_at == LATE + LOOK_AGAIN
        assert world.sweep.run(LATE + timedelta(minutes=1)) == {}

    def test_a_workflow_that_died_before_declaring_leaves_nobody_untold(self, world: World) -> None:
        world.say(placed())
        world.sweep.run(LATE)
        assert world.sweep.run(LATE + LOOK_AGAIN) == {"declared_without_workflow": 1}
        assert world.order.delay

    def test_an_order_that_has_left_leaves_the_index_for_good(self, world: World) -> None:
        world.say(placed(), shipped())
        assert world.sweep.run(LATE)["order_left"] == 1
        assert world.due_at is None
        # When: the store changes something else about it, Then: it is not looked at again
        world.say(placed(hours=99, tier="elite"), refunded())
        assert world.due_at is None
        assert world.changes == []

    def test_a_parcel_alone_costs_the_order_no_write(self, world: World) -> None:
        world.say(placed())
        version = world.order.version
        world.say(shipped())
        assert world.order.version == version

    @pytest.mark.parametrize("placed_long_ago", [True, False])
    def test_nobody_is_told_of_what_was_old_when_we_heard_of_it(self, world: World, *, placed_long_ago: bool) -> None:
        world.say(placed(), at=NOW + (3 * DAY if placed_long_ago else DAY))
        assert (world.due_at is None) == placed_long_ago

    def test_one_that_is_to_be_sent_again_is_looked_at_again(self, world: World) -> None:
        world.say(placed(), shipped())
        world.sweep.run(LATE)
        # When: the store takes the parcel back on Thursday
        world.say(shipped(cancelled=True, hours=1), at=LATE + timedelta(hours=12))
        # Then: it has until Friday evening in New York
        assert world.due_at == datetime(2026, 3, 7, 5, tzinfo=UTC)

    def test_so_is_one_that_got_another_line(self, world: World) -> None:
        world.say(placed(), packed(("1", 1)))
        world.sweep.run(LATE)
        world.say(placed(hours=80, lines=TWO), at=LATE + timedelta(hours=12))
        assert world.due_at == datetime(2026, 3, 7, 5, tzinfo=UTC)
        world.sweep.run(datetime(2026, 3, 7, 5, tzinfo=UTC))
        assert world.changes == [DelayChange.SUSPECTED]


class TestDeclaring:
    def test_declared_once_whatever_is_repeated(self, world: World) -> None:
        world.say(placed())
        name = world.declare()
        assert world.watch.assess_and_declare("larkspur", ORDER, LATE + DAY, name)["outcome"] == "late"
        assert world.watch.assess_and_declare("larkspur", ORDER, LATE + DAY, "dly_other")["outcome"] == "superseded"
        assert world.changes == [DelayChange.SUSPECTED, DelayChange.DECLARED]
        assert world.metrics.total("DelaysDeclared", kind="not_dispatched") == 1

    def test_the_shopper_hears_of_it_once_and_not_that_it_left(self, world: World) -> None:
        world.say(placed())
        world.declare()
        world.say(shipped(), at=LATE + DAY)
        told = [event for old, new in world.orders.history for event in order_changes(old, new) if event.moment]
        assert [event.moment for event in told] == [Moment.ORDER_CONFIRMED, Moment.DELAY_DECLARED]

    def test_news_between_the_sweep_and_the_workflow_clears_the_suspicion(self, world: World) -> None:
        world.say(placed())
        world.sweep.run(LATE)
        world.say(shipped(), at=LATE + timedelta(seconds=5))
        assert world.watch.assess_and_declare("larkspur", ORDER, LATE + timedelta(seconds=9))["outcome"] == "not_late"
        assert world.changes == [DelayChange.SUSPECTED, DelayChange.CLEARED]
        assert world.due_at is None

    def test_an_order_that_is_not_there_is_not_late(self, world: World) -> None:
        assert world.watch.assess_and_declare("larkspur", "ord_none", LATE)["outcome"] == "not_late"

    def test_a_parcel_that_comes_while_it_is_declared_mends_it(self, world: World) -> None:
        world.say(placed())
        world.sweep.run(LATE)
        original, contents = world.orders.save, world.orders.contents
        assert contents("larkspur", ORDER).shipment_ids == ()

        def parcel_first(*args: object, **options: object) -> None:
            world.orders.save = original  # type: ignore[method-assign]
            world.say(shipped(), at=LATE)
            original(*args, **options)  # type: ignore[arg-type]

        world.orders.save = parcel_first  # type: ignore[method-assign]
        world.watch.assess_and_declare("larkspur", ORDER, LATE)
        assert world.order.delay is None or not world.order.delay.is_open


class TestMending:
    def test_in_parts_only_the_last_part_mends_it(self, world: World) -> None:
        world.say(placed(lines=TWO))
        world.declare()
        world.say(packed(("1", 1)), at=LATE + DAY)
        assert world.order.delay
        assert world.order.delay.is_open
        world.say(packed(("2", 1), tracking_numbers=("1Z000",), fulfillment_id="f2"), at=LATE + 2 * DAY)
        assert world.order.delay.recovered_at == LATE + 2 * DAY
        assert world.due_at is None

    def test_what_left_without_a_number_mends_it_too(self, world: World) -> None:
        world.say(placed())
        world.declare()
        world.say(shipped(carrier=None), at=LATE + DAY)
        assert world.changes[-1] is DelayChange.RECOVERED

    @pytest.mark.parametrize("how", ["cancelled", "withdrawn", "refunded"])
    def test_nobody_waits_any_more(self, world: World, how: str) -> None:
        world.say(placed())
        world.declare()
        news: dict[str, StoreChange] = {
            "cancelled": placed(hours=90, cancelled_at=NOW + 4 * DAY),
            "withdrawn": OrderWithdrawn(external_order_id="1001"),
            "refunded": refunded(amount=4900),
        }
        world.say(news[how], at=LATE + DAY)
        assert world.changes[-1] is DelayChange.RESOLVED
        assert world.due_at is None

    def test_a_cancelled_fulfilment_mends_nothing(self, world: World) -> None:
        world.say(placed())
        world.declare()
        world.say(shipped(cancelled=True), at=LATE + DAY)
        assert world.order.delay
        assert world.order.delay.is_open

    def test_another_day_of_shipping_is_told_and_kept(self, world: World) -> None:
        world.say(placed(ship_by=date(2026, 3, 4), destination=Destination(country="NO", zone="Europe/Oslo")))
        world.declare()
        news = placed(hours=90, ship_by=date(2026, 3, 20), destination=Destination(country="NO", zone="Europe/Oslo"))
        world.say(news, at=LATE + DAY)
        assert [said.day for said in world.order.ship_days] == [date(2026, 3, 4), date(2026, 3, 20)]
        assert world.changes[-1] is DelayChange.UPDATED
        assert world.order.delay
        assert world.order.delay.expected
        assert world.order.delay.expected.earliest > date(2026, 3, 20)


class TestWaiting:
    def wait(self, name: str) -> Wait:
        return Wait(brand="larkspur", shipment_id="", order_id=ORDER, purpose="delay", token=name, created_at=LATE)

    def resumed(self, world: World, seen: int) -> int:
        """What the stream brings to those who wait, of all changes after ``seen``."""
        events = [event for old, new in world.orders.history[seen:] for event in order_changes(old, new)]
        return sum(
            world.desk.resume(event.brand, event.shipment_id or "", event.order_id or "")
            for event in events
            if event.waiting
        )

    def test_the_order_that_leaves_resumes_its_workflow(self, world: World) -> None:
        world.say(placed())
        world.declare()
        known = news_in(world.order)
        assert not world.desk.await_news(self.wait("t1"), known)
        seen = len(world.orders.history)
        world.say(shipped(), at=LATE + DAY)
        assert self.resumed(world, seen) == 1
        assert "t1" in world.workflows.answered

    def test_news_that_was_quicker_than_the_wait_is_not_missed(self, world: World) -> None:
        world.say(placed())
        world.declare()
        known = news_in(world.order)
        world.say(placed(hours=90, ship_by=date(2026, 3, 20)), at=LATE + DAY)
        assert world.desk.await_news(self.wait("t1"), seen=known)

    def test_other_changes_of_the_order_wake_nobody(self, world: World) -> None:
        world.say(placed())
        world.declare()
        world.desk.await_news(self.wait("t1"), seen=99)
        seen = len(world.orders.history)
        world.say(placed(hours=90, tier="elite"), refunded(), at=LATE + DAY)
        assert self.resumed(world, seen) == 0


class TestAnyOrder:
    def test_orders_fulfilments_and_what_has_no_number_commute(self) -> None:
        said: list[StoreChange] = [
            placed(lines=TWO, ship_by=date(2026, 3, 4)),
            placed(hours=5, lines=TWO, ship_by=date(2026, 3, 6)),
            packed(("1", 1)),
            packed(("2", 1), carrier=None, fulfillment_id="f2"),
            packed(("2", 1), carrier=None, fulfillment_id="f2", cancelled=True, hours=3),
        ]
        ends = []
        for changes in permutations(said):
            world = World()
            world.say(*changes)
            contents = world.orders.contents("larkspur", ORDER)
            told = world.order.model_dump(exclude={"version", "updated_at"})
            ends.append((told, contents.untracked, contents.shipment_ids, world.due_at))
        assert all(end == ends[0] for end in ends)
        # Then: an order to the United States is due as soon as a later day was named
        assert ends[0][-1] == NOW + timedelta(hours=5)

    def test_refunds_in_another_currency_end_nothing(self, world: World) -> None:
        world.say(placed(), refunded(amount=1).model_copy(update={"amount": Money(amount=4900, currency="EUR")}))
        assert world.due_at == LATE
