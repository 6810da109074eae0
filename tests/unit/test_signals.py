"""What a same-day courier says of its driver: kept with the parcel, published, and shown as long as it is true."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.changes import shipment_changes
from porchlight.domain.events import TrackingEvent
from porchlight.domain.milestones import Milestone, Signal
from porchlight.domain.pages import tracking_view
from porchlight.domain.shipments import Shipment, StoredEvent, fold
from porchlight.domain.signals import Heard
from tests.unit.stories import NOW, brand, order

MINUTE = timedelta(minutes=1)


def said(signal: Signal | None, minutes: int, words: str = "", milestone: Milestone = Milestone.UNKNOWN) -> StoredEvent:
    at = NOW + minutes * MINUTE
    event = TrackingEvent(occurred_at=at, raw_code=f"{signal}", description=words, milestone=milestone, signal=signal)
    return StoredEvent(event_id=f"evt_{minutes}_{signal}", event=event, received_at=at, source="courier")


VAN = said(None, 0, milestone=Milestone.OUT_FOR_DELIVERY)
ASSIGNED = said(Signal.DRIVER_ASSIGNED, 1)
NEARBY = said(Signal.DRIVER_NEARBY, 40, "Your courier is 10 mins away")
BLANK = Shipment(
    brand="larkspur",
    shipment_id="shp_1",
    carrier="roadie",
    tracking_number="RD1",
    order_id=order().order_id,
    created_at=NOW,
    updated_at=NOW,
)


def shown(parcel: Shipment, at: datetime) -> Any:
    """What the tracking page says of the driver."""
    view = tracking_view(brand(), order(), [(parcel, [])], [], at, {})
    driver = view["parcels"][0]["driver"]
    return (driver["say"], driver["facts"]) if driver else None


def test_signals_survive_into_the_parcel() -> None:
    parcel = fold(BLANK, [VAN, ASSIGNED, NEARBY])
    assert parcel.milestone is Milestone.OUT_FOR_DELIVERY
    assert parcel.signals == {
        Signal.DRIVER_ASSIGNED: Heard(at=NOW + MINUTE),
        Signal.DRIVER_NEARBY: Heard(at=NOW + 40 * MINUTE, minutes=10),
    }
    assert Shipment.model_validate_json(parcel.model_dump_json(exclude_defaults=True)) == parcel


@given(st.permutations([VAN, ASSIGNED, NEARBY, said(Signal.DRIVER_NEARBY, 30, "5 minutes"), VAN]))
def test_whatever_the_order_the_last_of_each_counts(events: list[StoredEvent]) -> None:
    assert fold(BLANK, events).signals == fold(BLANK, [VAN, ASSIGNED, NEARBY]).signals


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("Your courier is 10 mins away", 10),
        ("1 minute away", 1),
        ("arriving in 15min", 15),
        ("Driver is nearby", None),
        ("within 2 hours", None),
        ("120 minutes", None),
        ("0 min", None),
        ("room 10 minden", None),
    ],
)
def test_minutes_are_only_the_carriers_own(words: str, minutes: int | None) -> None:
    parcel = fold(BLANK, [said(Signal.DRIVER_NEARBY, 1, words)])
    assert parcel.signals[Signal.DRIVER_NEARBY].minutes == minutes


def test_each_signal_is_published_once_and_again_when_it_is_given_again() -> None:
    first, second = fold(BLANK, [VAN, ASSIGNED]), fold(BLANK, [VAN, ASSIGNED, NEARBY])
    (assigned,) = (event for event in shipment_changes(fold(BLANK, [VAN]), first))
    assert (assigned.type, assigned.moment, assigned.waiting) == ("DriverAssigned", None, False)
    assert (assigned.occurred_at, assigned.subject_id) == (NOW + MINUTE, "shp_1")
    (nearby,) = (event for event in shipment_changes(first, second))
    assert (nearby.type, nearby.occurred_at) == ("DriverNearby", NOW + 40 * MINUTE)
    assert shipment_changes(second, second) == []
    again = fold(BLANK, [VAN, ASSIGNED, NEARBY, said(Signal.DRIVER_ASSIGNED, 90)])
    (other,) = (event for event in shipment_changes(second, again))
    assert other.type == "DriverAssigned"
    assert other.id != assigned.id


def test_one_that_comes_late_is_no_news() -> None:
    known = fold(BLANK, [VAN, said(Signal.DRIVER_NEARBY, 40)])
    late = fold(BLANK, [VAN, said(Signal.DRIVER_NEARBY, 40), said(Signal.DRIVER_NEARBY, 20)])
    assert [event.type for event in shipment_changes(known, late)] == []


def test_the_page_shows_what_is_true_now() -> None:
    parcel = fold(BLANK, [VAN, ASSIGNED, NEARBY])
    assert shown(parcel, NOW + 41 * MINUTE) == ("driver.minutes_away", {"minutes": 10})
    assert shown(parcel, NOW + 71 * MINUTE) == ("driver.assigned", {}), "nearby half an hour ago is not nearby"
    assert shown(parcel, NOW + 13 * 60 * MINUTE) is None
    vague = fold(BLANK, [VAN, said(Signal.DRIVER_NEARBY, 40, "Driver is nearby")])
    assert shown(vague, NOW + 41 * MINUTE) == ("driver.nearby", {})


@pytest.mark.parametrize("milestone", [Milestone.DELIVERED, Milestone.DELIVERY_ATTEMPTED, Milestone.EXCEPTION])
def test_what_was_said_before_something_happened_is_over(milestone: Milestone) -> None:
    happened = said(None, 42, milestone=milestone)
    parcel = fold(BLANK, [VAN, ASSIGNED, NEARBY, happened])
    assert shown(parcel, NOW + 43 * MINUTE) is None
