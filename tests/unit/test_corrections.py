"""Deliveries taken back, numbers used again, carriers put right by hand."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.carriers.reading import summary
from porchlight.domain import ids
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.lateness import assess
from porchlight.domain.mending import declare
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason
from porchlight.domain.orders import ParcelShipped
from porchlight.domain.remedies import Remedy, RemedyRecord
from porchlight.domain.shipments import Shipment
from porchlight.errors import ConflictError, InvalidInputError, NotFoundError
from porchlight.ports import InboundMessage
from porchlight.services.correct_carrier import CarrierDesk
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.record_events import Recorder
from tests.fakes import (
    NO_HISTORY,
    NOBODY,
    FakeBrands,
    FakeCodes,
    FakeErrands,
    FakeMetrics,
    FakeOrders,
    FakeQuarantine,
    FakeShipments,
)
from tests.unit.asking import Town
from tests.unit.stories import DAY, NOW, after, brand, order, parcel, scan

HOUR = timedelta(hours=1)
NUMBER = "1Z999"


# ------------------------------------------------------------------------------------------- delivered, then corrected
def _troubled(reason: Reason | None, at: datetime) -> Any:
    stored = scan(M.EXCEPTION, at)
    return stored.model_copy(update={"event": stored.event.model_copy(update={"reason": reason})})


def _both(*stored: Any) -> M:
    """The shipment's fold and the summary of a body agree, in whatever order the events come."""
    milestone = after(parcel(), stored).milestone
    assert after(parcel(), reversed(stored)).milestone is milestone
    assert summary(one.event for one in stored) is milestone
    return milestone


@pytest.mark.parametrize("milestone", [M.OUT_FOR_DELIVERY, M.DELIVERY_ATTEMPTED, M.AVAILABLE_FOR_PICKUP])
def test_a_last_mile_scan_on_the_next_day_takes_a_delivery_back(milestone: M) -> None:
    story = (scan(M.OUT_FOR_DELIVERY, NOW - HOUR), scan(M.DELIVERED, NOW), scan(milestone, NOW + 20 * HOUR))
    assert _both(*story) is milestone
    shipment = after(parcel(), story)
    assert shipment.is_open
    assert M.DELIVERED not in shipment.reached


@pytest.mark.parametrize("milestone", [M.OUT_FOR_DELIVERY, M.DELIVERY_ATTEMPTED, M.IN_TRANSIT, M.EXCEPTION, M.DELAYED])
def test_a_late_or_skewed_scan_does_not(milestone: M) -> None:
    story = (scan(M.DELIVERED, NOW), scan(milestone, NOW + 3 * HOUR))
    assert _both(*story) is M.DELIVERED
    assert after(parcel(), story).reached[M.DELIVERED] == NOW


def test_a_depot_scan_takes_nothing_back_however_late() -> None:
    assert _both(scan(M.DELIVERED, NOW), scan(M.IN_TRANSIT, NOW + 5 * DAY)) is M.DELIVERED


@pytest.mark.parametrize("reason", [Reason.ADDRESS, Reason.MISROUTED])
def test_the_carrier_says_that_it_was_the_wrong_door(reason: Reason) -> None:
    assert _both(scan(M.DELIVERED, NOW), _troubled(reason, NOW + HOUR)) is M.EXCEPTION


def test_another_trouble_after_the_delivery_is_no_correction() -> None:
    assert _both(scan(M.DELIVERED, NOW), _troubled(Reason.WEATHER, NOW + HOUR)) is M.DELIVERED


def test_delivered_at_last_counts_from_the_second_delivery() -> None:
    first, wrong = scan(M.DELIVERED, NOW), _troubled(Reason.ADDRESS, NOW + HOUR)
    van, last = scan(M.OUT_FOR_DELIVERY, NOW + 2 * DAY), scan(M.DELIVERED, NOW + 2 * DAY + HOUR)
    last = last.model_copy(update={"event_id": "evt_second"})
    assert _both(first, wrong, van, last) is M.DELIVERED
    shipment = after(parcel(), (first, wrong, van, last))
    assert shipment.reached[M.DELIVERED] == shipment.milestone_at == NOW + 2 * DAY + HOUR


# -------------------------------------------------------------------------------------------------- numbers used again
def fact(days: float, milestone: M) -> TrackingEvent:
    return TrackingEvent(occurred_at=NOW + days * DAY, raw_code=milestone.value, milestone=milestone)


class World:
    def __init__(self) -> None:
        self.orders = FakeOrders()
        self.shipments, self.metrics = FakeShipments(self.orders), FakeMetrics()
        brands = FakeBrands(brand())
        self.recorder = Recorder(
            self.shipments, FakeQuarantine(), brands, FakeCodes(), self.metrics, NOBODY, FakeErrands(), NO_HISTORY
        )
        self.keeper = OrderKeeper(self.orders, self.shipments, brands, NOBODY, NO_HISTORY)
        self.desk = CarrierDesk(self.keeper)

    def hear(self, *events: TrackingEvent, days: float, carrier: str = "ups", estimate: date | None = None) -> None:
        at = NOW + days * DAY
        message = InboundMessage(kind="carriers", source=carrier, account="main", brand="larkspur", received_at=at)
        expected = DeliveryEstimate(day=estimate) if estimate else None
        report = TrackingReport(carrier=carrier, tracking_number=NUMBER, events=events, estimate=expected)
        self.recorder.report(brand(), message, report, at)

    def ship(self, external_id: str, days: float, carrier: str = "ups") -> None:
        placed = order(external_id=external_id, order_id=ids.order_id("larkspur", external_id))
        if placed.order_id not in {key[1] for key in self.orders.records}:
            self.orders.save(placed)
        at = NOW + days * DAY
        shipped = ParcelShipped(
            **{"external_order_id": external_id, "fulfillment_id": external_id, "carrier": carrier, "shipped_at": at},
            tracking_numbers=(NUMBER,),
        )
        self.keeper.parcels(brand(), shipped, at)

    def parcel(self, use: int = 1, carrier: str = "ups") -> Shipment:
        return self.shipments.records["larkspur", ids.shipment_id("larkspur", carrier, NUMBER, use)]


@pytest.fixture
def world() -> World:
    return World()


def test_a_number_used_again_a_year_later_is_another_parcel(world: World) -> None:
    world.ship("1001", 0)
    world.hear(fact(1, M.ACCEPTED), fact(3, M.DELIVERED), days=3)
    world.ship("2002", 365)
    world.hear(fact(366, M.ACCEPTED), days=366)
    first, second = world.parcel(), world.parcel(2)
    assert (first.milestone, second.milestone) == (M.DELIVERED, M.ACCEPTED)
    assert (first.order_id, second.order_id) == (ids.order_id("larkspur", "1001"), ids.order_id("larkspur", "2002"))
    assert first.next_id == second.shipment_id
    assert first.event_count == 2


def test_the_carrier_may_speak_of_it_before_the_store_does(world: World) -> None:
    world.ship("1001", 0)
    world.hear(fact(1, M.ACCEPTED), fact(3, M.DELIVERED), days=3)
    world.hear(fact(366, M.ACCEPTED), days=366)
    world.ship("2002", 365)
    assert world.parcel(2).order_id == ids.order_id("larkspur", "2002")
    assert world.parcel().order_id == ids.order_id("larkspur", "1001")
    assert world.parcel(2).event_count == 1
    assert world.metrics.total("NumbersUsedAgain", carrier="ups") == 1


def test_an_answer_that_still_tells_the_old_parcel_is_split(world: World) -> None:
    old = (fact(1, M.ACCEPTED), fact(3, M.DELIVERED))
    world.hear(*old, days=3)
    for _ in range(2):
        world.hear(*old, fact(366, M.ACCEPTED), fact(367, M.OUT_FOR_DELIVERY), days=367)
    assert world.parcel().event_count == 2
    assert world.parcel(2).milestone is M.OUT_FOR_DELIVERY
    assert world.parcel(2).version == 1, "the same answer again writes nothing"


def test_late_news_of_the_old_parcel_stays_with_it(world: World) -> None:
    world.hear(fact(3, M.DELIVERED), days=3)
    world.hear(fact(366, M.ACCEPTED), days=366)
    world.hear(fact(2, M.OUT_FOR_DELIVERY), days=368)
    assert world.parcel().event_count == 2
    assert world.parcel(2).event_count == 1


def test_a_new_parcel_is_not_delivered_because_its_number_once_was(world: World) -> None:
    """Given a store that ships now, when the carrier's answer still holds last year's parcel, that is nobody's here."""
    world.ship("2002", 365)
    world.hear(fact(1, M.ACCEPTED), fact(3, M.DELIVERED), days=366)
    assert world.parcel().milestone is M.UNKNOWN
    world.hear(fact(1, M.ACCEPTED), fact(3, M.DELIVERED), fact(366, M.ACCEPTED), days=366)
    assert (world.parcel().milestone, world.parcel().event_count) == (M.ACCEPTED, 1)


def test_nor_is_it_expected_when_the_other_was(world: World) -> None:
    world.ship("2002", 365)
    world.hear(fact(1, M.ACCEPTED), days=366, estimate=NOW.date())
    assert world.parcel().estimate is None


def test_nor_where_no_store_has_spoken_yet(world: World) -> None:
    world.hear(fact(1, M.ACCEPTED), fact(3, M.DELIVERED), fact(366, M.ACCEPTED), days=366)
    assert (world.parcel().milestone, world.parcel().event_count) == (M.ACCEPTED, 1)


def test_one_odd_date_makes_no_other_parcel(world: World) -> None:
    world.hear(fact(-9000, M.PRE_TRANSIT), days=0)
    world.hear(fact(-9000, M.PRE_TRANSIT), fact(0, M.ACCEPTED), fact(1, M.IN_TRANSIT), days=1)
    assert world.parcel().event_count == 3
    assert world.parcel().next_id is None


def test_nor_does_a_clock_that_is_far_ahead(world: World) -> None:
    odd = fact(400, M.IN_TRANSIT)
    for days in (1, 2):
        world.hear(fact(1, M.ACCEPTED), odd, days=days)
    world.hear(fact(1, M.ACCEPTED), fact(3, M.DELIVERED), odd, days=3)
    assert world.parcel().next_id is None
    assert world.parcel().milestone is M.DELIVERED
    assert len(world.shipments.records) == 1
    assert not world.metrics.total("NumbersUsedAgain")


def test_nor_does_it_hide_the_delivery_that_stands_beside_it(world: World) -> None:
    world.hear(fact(1, M.ACCEPTED), fact(3, M.DELIVERED), fact(400, M.IN_TRANSIT), days=3)
    assert world.parcel().milestone is M.DELIVERED
    assert world.parcel().event_count == 3


def test_a_parcel_that_is_found_after_two_months_is_the_same(world: World) -> None:
    world.hear(fact(0, M.ACCEPTED), fact(1, M.IN_TRANSIT), days=1)
    world.hear(fact(70, M.OUT_FOR_DELIVERY), days=70)
    assert world.parcel().milestone is M.OUT_FOR_DELIVERY


@settings(max_examples=60, deadline=None)
@given(st.permutations([fact(1, M.ACCEPTED), fact(3, M.DELIVERED), fact(366, M.ACCEPTED), fact(368, M.DELIVERED)]))
def test_whatever_the_order_within_an_answer(events: list[TrackingEvent]) -> None:
    world = World()
    world.hear(fact(1, M.ACCEPTED), fact(3, M.DELIVERED), days=3)
    world.hear(*events, days=368)
    assert [world.parcel(use).event_count for use in (1, 2)] == [2, 2]


# ------------------------------------------------------------------------------------------------- families of carriers
@pytest.mark.parametrize("store_first", [True, False])
def test_what_dhl_tells_of_a_parcel_meets_what_the_shop_calls_dhl_express(world: World, store_first: bool) -> None:
    steps = [
        lambda: world.ship("1001", 0, carrier="dhl_express"),
        lambda: world.hear(fact(1, M.ACCEPTED), days=1, carrier="dhl"),
    ]
    for step in steps if store_first else reversed(steps):
        step()
    assert len(world.shipments.records) == 1
    assert world.parcel(carrier="dhl").milestone is M.ACCEPTED
    assert world.parcel(carrier="dhl").order_id == ids.order_id("larkspur", "1001")


# ------------------------------------------------------------------------------------------------------- wrong carrier
def test_a_wrong_carrier_is_put_right_by_hand(world: World) -> None:
    world.ship("1001", 0, carrier="fedex")
    world.hear(fact(1, M.ACCEPTED), days=1, carrier="ups")
    wrong = world.parcel(carrier="fedex")
    right = world.desk.correct("larkspur", wrong.shipment_id, "ups", NOW + DAY)
    assert right.order_id == ids.order_id("larkspur", "1001")
    assert right.shopper_id == "cus_1"
    assert right.milestone is M.ACCEPTED
    left = world.parcel(carrier="fedex")
    assert (left.order_id, left.shopper_id, left.moved_to) == (None, None, right.shipment_id)
    assert ("larkspur", left.shipment_id) not in world.shipments.due_at
    assert world.orders.parcels["larkspur", right.order_id] == [right.shipment_id]


def test_the_store_goes_on_naming_the_wrong_one_and_the_correction_stands(world: World) -> None:
    world.ship("1001", 0, carrier="fedex")
    wrong = world.parcel(carrier="fedex")
    right = world.desk.correct("larkspur", wrong.shipment_id, "ups", NOW + DAY)
    world.ship("1001", 0, carrier="fedex")
    assert world.parcel(carrier="fedex").order_id is None
    assert world.orders.parcels["larkspur", right.order_id or ""] == [right.shipment_id]


def test_a_correction_that_was_wrong_itself_is_put_right_in_turn(world: World) -> None:
    world.ship("1001", 0, carrier="fedex")
    first = world.desk.correct("larkspur", world.parcel(carrier="fedex").shipment_id, "ups", NOW)
    second = world.desk.correct("larkspur", first.shipment_id, "usps", NOW)
    world.ship("1001", 0, carrier="fedex")
    assert world.orders.parcels["larkspur", second.order_id or ""] == [second.shipment_id]


def test_or_taken_back(world: World) -> None:
    world.ship("1001", 0, carrier="fedex")
    fedex = world.parcel(carrier="fedex").shipment_id
    ups = world.desk.correct("larkspur", fedex, "ups", NOW)
    for _ in range(2):
        back = world.desk.correct("larkspur", ups.shipment_id, "fedex", NOW)
    world.ship("1001", 0, carrier="fedex")
    assert (back.shipment_id, back.moved_to) == (fedex, None)
    assert world.orders.parcels["larkspur", back.order_id or ""] == [fedex]
    world.ship("1001", 0, carrier="ups")
    assert world.orders.parcels["larkspur", back.order_id or ""] == [fedex]


def test_a_parcel_that_a_person_gave_back_is_asked_about_again() -> None:
    town = Town()
    town.ship("A1")
    desk = CarrierDesk(town.keeper)
    other = desk.correct("larkspur", town.parcel("A1").shipment_id, "regional", NOW)
    town.run()
    assert town.watch("A1").why == "carrier_corrected"
    desk.correct("larkspur", other.shipment_id, "acme", NOW)
    assert (town.watch("A1").state, town.watch("A1").due_at) == ("new", NOW)
    town.run()
    assert town.api.asked() == [("A1",)]


def test_the_right_carrier_may_have_used_the_number_before(world: World) -> None:
    world.ship("0001", 0)
    world.hear(fact(1, M.DELIVERED), days=1)
    world.ship("1001", 400, carrier="fedex")
    world.hear(fact(401, M.ACCEPTED), days=401)
    right = world.desk.correct("larkspur", world.parcel(carrier="fedex").shipment_id, "ups", NOW + 401 * DAY)
    assert right == world.parcel(2)
    assert right.milestone is M.ACCEPTED
    assert world.parcel().order_id == ids.order_id("larkspur", "0001")


def _late(world: World, at: datetime, carrier: str = "fedex") -> Shipment:
    """The parcel of the carrier, as it is when its delay was declared."""
    before = world.parcel(carrier=carrier)
    suspicion = assess(before, brand().delays, at)
    assert suspicion
    told, decisions = declare(before, suspicion, brand().delays, at)
    told = told.model_copy(update={"version": before.version + 1})
    world.shipments.save(told, due_at=None, decisions=decisions)
    return told


def test_a_delay_goes_on_with_the_right_parcel_and_is_not_declared_again(world: World) -> None:
    # Given a parcel that is late because its carrier was named wrongly, and the right one, which moves
    world.ship("1001", 0, carrier="fedex")
    world.hear(fact(1, M.ACCEPTED), fact(19, M.IN_TRANSIT), days=19)
    wrong = _late(world, NOW + 20 * DAY)
    assert wrong.delay
    # When that is put right
    right = world.desk.correct("larkspur", wrong.shipment_id, "ups", NOW + 20 * DAY + HOUR)
    # Then its news end what the shopper was told, under the same delay
    assert right.delay
    assert (right.delay.delay_id, right.delay.recovered_at) == (wrong.delay.delay_id, NOW + 20 * DAY + HOUR)
    assert assess(right, brand().delays, NOW + 20 * DAY + HOUR) is None
    records = world.shipments.decisions["larkspur", wrong.shipment_id].values()
    assert [(one.change.value, one.step, one.note) for one in records] == [
        ("declared", "", ""),
        ("step", "handed_over", right.shipment_id),
    ]


def test_where_the_right_one_stands_still_too_a_workflow_takes_up_its_playbook(world: World) -> None:
    world.ship("1001", 0, carrier="fedex")
    wrong = _late(world, NOW + 20 * DAY)
    right = world.desk.correct("larkspur", wrong.shipment_id, "ups", NOW + 20 * DAY + HOUR)
    assert wrong.delay
    assert right.delay
    assert (right.delay.delay_id, right.delay.is_open, right.delay.is_unattended(NOW + 21 * DAY)) == (
        wrong.delay.delay_id,
        True,
        True,
    )
    assert world.shipments.due_at["larkspur", right.shipment_id] == NOW + 20 * DAY + HOUR


def test_a_remedy_that_is_under_way_is_waited_for(world: World) -> None:
    world.ship("1001", 0, carrier="fedex")
    wrong = _late(world, NOW + 20 * DAY)
    assert wrong.delay
    begun = RemedyRecord(key="k", remedy=Remedy.REFUND, intended_at=NOW)
    delay = wrong.delay.model_copy(update={"remedies": (begun,)})
    stored = wrong.model_copy(update={"delay": delay, "version": wrong.version + 1})
    world.shipments.save(stored, due_at=None)
    with pytest.raises(ConflictError):
        world.desk.correct("larkspur", wrong.shipment_id, "ups", NOW + 20 * DAY + HOUR)
    assert world.parcel(carrier="fedex") == stored


def test_a_better_name_is_for_the_parcel_that_has_the_number_now(world: World) -> None:
    world.ship("0001", 0, carrier="dhl")
    world.ship("1001", 400, carrier="dhl")
    second = world.parcel(2, carrier="dhl")
    right = world.desk.correct("larkspur", second.shipment_id, "dhl_express", NOW + 400 * DAY)
    assert (right.shipment_id, right.carrier) == (second.shipment_id, "dhl_express")
    assert world.parcel(carrier="dhl").order_id == ids.order_id("larkspur", "0001")


def test_killed_between_the_two_steps_it_is_mended_by_doing_it_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.ship("1001", 0, carrier="fedex")
    wrong = world.parcel(carrier="fedex")

    def dies(*_: Any, **__: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(world.shipments, "rewrite", dies)
        with pytest.raises(RuntimeError):
            world.desk.correct("larkspur", wrong.shipment_id, "ups", NOW)
    for _ in range(2):
        right = world.desk.correct("larkspur", wrong.shipment_id, "ups", NOW)
    assert world.orders.parcels["larkspur", right.order_id or ""] == [right.shipment_id]


def test_within_a_family_it_is_the_same_parcel_under_a_better_name(world: World) -> None:
    world.ship("1001", 0, carrier="dhl")
    right = world.desk.correct("larkspur", world.parcel(carrier="dhl").shipment_id, "dhl_express", NOW)
    assert (right.carrier, right.order_id) == ("dhl_express", ids.order_id("larkspur", "1001"))
    assert list(world.shipments.records.values()) == [right]


def test_what_cannot_be_corrected_says_why(world: World) -> None:
    world.ship("1001", 0, carrier="fedex")
    wrong = world.parcel(carrier="fedex").shipment_id
    with pytest.raises(NotFoundError):
        world.desk.correct("larkspur", "shp_nobody", "ups", NOW)
    with pytest.raises(InvalidInputError):
        world.desk.correct("larkspur", wrong, "fedex", NOW)
    world.desk.correct("larkspur", wrong, "ups", NOW)
    with pytest.raises(ConflictError):
        world.desk.correct("larkspur", wrong, "usps", NOW)
    world.hear(fact(1, M.ACCEPTED), days=1, carrier="gls")
    with pytest.raises(InvalidInputError, match="no order"):
        world.desk.correct("larkspur", world.parcel(carrier="gls").shipment_id, "ups", NOW)
