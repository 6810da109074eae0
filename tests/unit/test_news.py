"""News apart from milestones and delays: as what an order's stages, parts and refunds, borders, other days and near
drivers are published, and whether the shopper may be told.
"""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.changes import DomainEvent, order_changes, shipment_changes
from porchlight.domain.dates import DateRange
from porchlight.domain.day_changes import DaysTold, moved, noticed
from porchlight.domain.delays import Delay, DelayKind
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent, TrackingReport
from porchlight.domain.forecast.lives import Route
from porchlight.domain.milestones import Milestone, Reason, Signal
from porchlight.domain.moments import Moment
from porchlight.domain.remedies import Remedy, RemedyRecord, RemedyState, refund_id
from porchlight.domain.shipments import Shipment, StoredEvent
from porchlight.domain.signals import Heard
from porchlight.domain.stages import Stage, StageName
from porchlight.ports import InboundMessage
from tests.unit.keeping import World, placed, shipped
from tests.unit.stories import DAY, NOW, ZONE, after, order, parcel, scan, usd

HOUR = timedelta(hours=1)


def told(events: list[DomainEvent]) -> dict[str, Moment | None]:
    return {event.type: event.moment for event in events}


def days(first: int, last: int) -> DateRange:
    return DateRange(earliest=date(2026, 3, first), latest=date(2026, 3, last), zone=ZONE)


# ------------------------------------------------------------------------------------------------------------- orders
def test_a_cancelled_order_is_told_once() -> None:
    before, after_ = order(), order(cancelled_at=NOW, version=2)
    assert told(order_changes(before, after_)) == {"OrderCancelled": Moment.ORDER_CANCELLED}
    assert order_changes(after_, after_.model_copy(update={"version": 3})) == []


def test_an_import_and_our_own_cancelling_tell_nobody_that_it_was_cancelled() -> None:
    """Given an order that was cancelled before we knew it, or by a remedy that is told with its refund."""
    imported = order(cancelled_at=NOW, backfilled=True)
    assert told(order_changes(None, imported)) == {"OrderConfirmed": None, "OrderCancelled": None}
    done = RemedyRecord(key="rmd_1", remedy=Remedy.CANCEL, state=RemedyState.DONE, intended_at=NOW)
    late = Delay(delay_id="dly_1", kind=DelayKind.NOT_DISPATCHED, declared_at=NOW, resolved_at=NOW, remedies=(done,))
    ours = order_changes(order(delay=late), order(delay=late, cancelled_at=NOW))
    assert told(ours) == {"OrderCancelled": None}


def test_stages_are_told_when_they_are_said_and_an_appointment_again_when_it_moves() -> None:
    making = Stage(stage=StageName.IN_PRODUCTION, at=NOW, until=NOW + 9 * DAY)
    visit = Stage(stage=StageName.INSTALLATION, at=NOW + 20 * DAY)
    both = order(stages=(making, visit))
    first = order_changes(order(), both)
    assert told(first) == {"InstallationDue": Moment.INSTALLATION_DUE, "OrderInProduction": Moment.IN_PRODUCTION}
    longer = making.model_copy(update={"until": NOW + 12 * DAY})
    assert order_changes(both, order(stages=(longer, visit))) == []
    moved_to = visit.model_copy(update={"at": NOW + 21 * DAY})
    (again,) = order_changes(both, order(stages=(making, moved_to)))
    assert again.moment is Moment.INSTALLATION_DUE
    assert again.subject_id not in {event.subject_id for event in first}
    imported = order(stages=(making,), backfilled=True)
    assert told(order_changes(None, imported))["OrderInProduction"] is None


def test_refunds_of_the_shops_own_are_told_one_by_one_and_ours_are_not() -> None:
    """Given a refund of ours and the store's echo of it: those are told by the remedy."""
    before = order(refunds={"a": usd(100)})
    (news,) = order_changes(before, order(refunds={"a": usd(100), "b": usd(250)}))
    assert (news.type, news.moment, news.subject_id) == ("OrderRefunded", Moment.REFUND_ISSUED, "b")
    ours = refund_id("rmd_x", "re_9")
    echoed = {"a": usd(100), ours: usd(4_000), "re_9": usd(4_000)}
    assert order_changes(before, order(refunds=echoed)) == []
    late_echo = order(refunds={"a": usd(100), ours: usd(4_000)})
    assert order_changes(late_echo, order(refunds=echoed)) == []
    imported = order_changes(None, order(refunds={"a": usd(1)}, backfilled=True))
    assert told(imported)["OrderRefunded"] is None


def test_an_order_in_parts_is_told_once() -> None:
    (news,) = order_changes(order(), order(split=True))
    assert (news.type, news.moment, news.subject_id) == ("OrderSplit", Moment.SPLIT_SHIPMENT, "ord_1")
    assert order_changes(order(split=True), order(split=True, version=9)) == []
    assert told(order_changes(order(), order(split=True, backfilled=True))) == {"OrderSplit": None}


# ------------------------------------------------------------------------------------------------------------- returns
def test_a_return_that_arrives_is_told_of_the_return() -> None:
    back = parcel(return_id="rma_1", promise=None)
    way = after(back, [scan(Milestone.IN_TRANSIT, NOW)])
    here = after(back, [scan(Milestone.IN_TRANSIT, NOW), scan(Milestone.DELIVERED, NOW + DAY)])
    found = [event for event in shipment_changes(way, here) if event.moment]
    assert [(event.type, event.moment, event.subject_id) for event in found] == [
        ("ReturnDelivered", Moment.RETURN_RECEIVED, "rma_1")
    ]
    assert "ReturnDelivered" not in told(shipment_changes(here, here.model_copy(update={"version": 9})))
    assert "ReturnDelivered" not in told(shipment_changes(parcel(), after(parcel(), [scan(Milestone.DELIVERED, NOW)])))


# ------------------------------------------------------------------------------------------------------------- borders
ABROAD = parcel(route=Route(destination="DE"))


def stop(hours: int, country: str | None, milestone: Milestone = Milestone.IN_TRANSIT, **more: Any) -> StoredEvent:
    at = NOW + hours * HOUR
    event = TrackingEvent(
        occurred_at=at, raw_code=f"{hours}", milestone=milestone, place=Place(city="X", country=country), **more
    )
    return StoredEvent(event_id=f"evt_{hours}", event=event, received_at=at, source="ups")


OSLO, PADBORG, HAMBURG = stop(1, "NO"), stop(20, "DK"), stop(30, "DE")
CUSTOMS = stop(25, None, reason=Reason.CUSTOMS)


@pytest.mark.parametrize(
    ("events", "at", "customs"),
    [
        ([OSLO, PADBORG, HAMBURG], 30, False),
        ([OSLO, CUSTOMS, HAMBURG], 25, True),
        ([OSLO, PADBORG], None, False),
        ([HAMBURG, stop(40, "DE")], None, False),
        ([CUSTOMS, HAMBURG], None, False),
        ([OSLO, stop(25, None, Milestone.EXCEPTION, reason=Reason.CUSTOMS)], None, False),
        ([stop(1, None), stop(2, None)], None, False),
    ],
)
def test_a_border_is_crossed_by_facts_alone(events: list[StoredEvent], at: int | None, customs: bool) -> None:
    found = after(ABROAD, events).arrival
    assert (found.at if found else None) == (NOW + at * HOUR if at else None)
    assert (found.customs if found else False) is customs


@given(st.permutations([OSLO, PADBORG, CUSTOMS, HAMBURG]))
def test_whatever_the_order_of_arrival_the_border_is_the_same(events: list[StoredEvent]) -> None:
    assert after(ABROAD, events).arrival == after(ABROAD, [OSLO, PADBORG, CUSTOMS, HAMBURG]).arrival


def test_the_border_is_told_once_and_not_where_it_is_nearly_there() -> None:
    before = after(ABROAD, [OSLO, PADBORG])
    here = after(ABROAD, [OSLO, PADBORG, HAMBURG])
    assert told(shipment_changes(before, here))["ShipmentArrivedAbroad"] is Moment.ABROAD
    assert "ShipmentArrivedAbroad" not in told(shipment_changes(here, after(ABROAD, [OSLO, HAMBURG, stop(40, "DE")])))
    van = after(ABROAD, [OSLO, HAMBURG, stop(40, "DE", Milestone.OUT_FOR_DELIVERY)])
    assert told(shipment_changes(before, van))["ShipmentArrivedAbroad"] is None
    read_anew = here.model_copy(update={"replays": 1})
    assert told(shipment_changes(before, read_anew))["ShipmentArrivedAbroad"] is None
    imported = here.model_copy(update={"backfilled": True, "created_at": NOW + 40 * HOUR})
    assert told(shipment_changes(None, imported))["ShipmentArrivedAbroad"] is None


def test_a_way_back_has_no_border() -> None:
    assert after(ABROAD.model_copy(update={"return_id": "rma_1"}), [OSLO, HAMBURG]).arrival is None


# ----------------------------------------------------------------------------------------------------------- other days
ON_ITS_WAY = after(parcel(expected=days(5, 6)), [scan(Milestone.IN_TRANSIT, NOW)])
KNOWN = ON_ITS_WAY.model_copy(update={"told": DaysTold(days=days(5, 6), at=NOW)})


def looked(shipment: Shipment, expected: DateRange | None, later: timedelta = DAY) -> Shipment:
    now = NOW + later
    fresh = shipment.model_copy(update={"expected": expected, "updated_at": now})
    return fresh.model_copy(update={"told": noticed(fresh, ZONE, now)})


def test_the_days_of_shipping_are_what_the_shopper_knows_first() -> None:
    first = looked(ON_ITS_WAY, days(5, 6))
    assert first.told == DaysTold(days=days(5, 6), at=NOW + DAY)
    assert "DeliveryDayChanged" not in told(shipment_changes(ON_ITS_WAY, first))


@pytest.mark.parametrize(
    ("expected", "news"),
    [
        *((days(6, 9), True), (days(3, 4), True), (days(4, 5), True), (days(5, 7), True)),
        *((days(5, 6), False), (days(5, 5), False), (days(6, 6), False), (days(4, 6), False)),
    ],
)
def test_another_day_is_told_where_what_was_said_is_no_longer_true(expected: DateRange, news: bool) -> None:
    after_ = looked(KNOWN, expected)
    found = [event for event in shipment_changes(KNOWN, after_) if event.type == "DeliveryDayChanged"]
    assert bool(found) is news
    if news:
        assert (found[0].moment, found[0].expected) == (Moment.DAY_CHANGED, expected)
        assert after_.told is not None
        assert after_.told.before == days(5, 6)


def test_another_day_is_told_once_a_day_and_each_time_as_another_message() -> None:
    once = looked(KNOWN, days(7, 9))
    assert looked(once, days(9, 11), DAY + HOUR).told == once.told
    again = looked(once, days(9, 11), 2 * DAY)
    subjects = [
        next(event.subject_id for event in shipment_changes(*pair) if event.type == "DeliveryDayChanged")
        for pair in ((KNOWN, once), (once, again))
    ]
    assert len(set(subjects)) == 2


def test_a_delay_has_messages_of_its_own() -> None:
    """Given a delay that is told, when its days move or it is over, then no other message says so too."""
    late = Delay(delay_id="dly_1", kind=DelayKind.STALLED, declared_at=NOW + HOUR, expected=days(9, 11))
    open_ = looked(KNOWN.model_copy(update={"delay": late}), days(9, 11))
    assert "DeliveryDayChanged" not in told(shipment_changes(KNOWN, open_))
    mended = late.model_copy(update={"recovered_at": NOW + 2 * DAY})
    over = looked(open_.model_copy(update={"delay": mended}), days(6, 7), 2 * DAY)
    assert "DeliveryDayChanged" not in told(shipment_changes(open_, over))
    later = looked(over, days(8, 9), 3 * DAY)
    assert told(shipment_changes(over, later))["DeliveryDayChanged"] is Moment.DAY_CHANGED


@pytest.mark.parametrize(
    "update",
    [{"return_id": "rma_1"}, {"shopper_id": None}, {"milestone": Milestone.OUT_FOR_DELIVERY}],
)
def test_nobody_waits_for_another_day_of_these(update: dict[str, Any]) -> None:
    parcel_ = KNOWN.model_copy(update=update)
    assert looked(parcel_, days(9, 11)).told == parcel_.told


_RANGE = st.tuples(st.integers(1, 15), st.integers(0, 5)).map(lambda pair: days(pair[0], pair[0] + pair[1]))


@given(_RANGE, _RANGE)
def test_a_range_within_the_one_that_was_told_breaks_no_word(told_: DateRange, now: DateRange) -> None:
    within = told_.earliest <= now.earliest and now.latest <= told_.latest
    assert not (within and moved(told_, now))
    if now.latest > told_.latest or now.latest < told_.earliest:
        assert moved(told_, now)


# ------------------------------------------------------------------------------------------------------------- drivers
def near(minutes: int, reached_us: int) -> Shipment:
    heard = Heard(at=NOW + timedelta(minutes=minutes), minutes=10)
    van = after(parcel(), [scan(Milestone.OUT_FOR_DELIVERY, NOW)])
    now = NOW + timedelta(minutes=reached_us)
    return van.model_copy(update={"signals": {Signal.DRIVER_NEARBY: heard}, "updated_at": now})


def test_a_near_driver_is_told_once_a_day_while_it_is_true() -> None:
    first, second = shipment_changes(near(0, 0), near(5, 6)), shipment_changes(near(5, 6), near(9, 9))
    assert told(first) == told(second) == {"DriverNearby": Moment.DRIVER_NEAR}
    assert first[0].subject_id == second[0].subject_id
    assert told(shipment_changes(near(0, 0), near(5, 50))) == {"DriverNearby": None}
    next_day = shipment_changes(near(5, 6), near(24 * 60, 24 * 60))
    assert next_day[0].subject_id != first[0].subject_id


# -------------------------------------------------------------------------------------------------- what is recorded
def reported(world: World, at: datetime, estimate: date) -> None:
    """The carrier scans the parcel and says on which day it comes."""
    event = TrackingEvent(occurred_at=at, raw_code=f"{at}", milestone=Milestone.IN_TRANSIT)
    known = DeliveryEstimate(day=estimate)
    report = TrackingReport(carrier="ups", tracking_number="1Z999", events=(event,), estimate=known)
    about = InboundMessage(kind="carriers", source="ups", account="a", brand="larkspur", received_at=at)
    world.recorder.report(world.brands.get("larkspur"), about, report, at)


def test_the_carriers_other_day_is_news_the_next_day_and_the_same_one_is_none() -> None:
    """Given a parcel that was told for Thursday, when its carrier names Wednesday, then that is told, once."""
    world = World()
    world.say(placed(promise=days(5, 6)), shipped())
    reported(world, NOW, date(2026, 3, 5))
    first = world.parcel
    assert first.told
    assert (first.told.days, first.told.revision) == (first.expected, 0)
    reported(world, NOW + DAY, date(2026, 3, 4))
    second = world.parcel
    assert told(shipment_changes(first, second))["DeliveryDayChanged"] is Moment.DAY_CHANGED
    reported(world, NOW + DAY + HOUR, date(2026, 3, 4))
    assert "DeliveryDayChanged" not in told(shipment_changes(second, world.parcel))
