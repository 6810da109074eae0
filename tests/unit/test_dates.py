"""Our own dates on parcels: what the model says, as days that may be said; and nothing lost while it cannot be read."""

from datetime import date, timedelta
from typing import Any

from porchlight.domain.dates import DateRange
from porchlight.domain.forecast.lives import Quantiles, Route
from porchlight.domain.lateness import assess
from porchlight.domain.mending import declare
from porchlight.domain.milestones import Milestone
from porchlight.errors import TransientError
from porchlight.services.dates import Dates
from tests.fakes import FakeModels, FakeSurges
from tests.unit.stories import DAY, NOW, after, brand, order, parcel, scan

BRAND = brand()
ROUTE = Route(carrier="ups", destination="US")


class Learned:
    """A model with history: what it is asked is kept."""

    version = "larkspur-2026-03-01-abcd"

    def __init__(self, late: float = 0.2, crossing: date | None = None, reasons: tuple[str, ...] = ()) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.hours: set[int] = set()
        self._late, self._crossing, self._reasons = late, crossing, reasons

    def confidence(self, route: Route) -> tuple[str, ...]:
        del route
        return self._reasons

    def purchase(self, route: Route, placed: date, **about: Any) -> Quantiles:
        self.asked.append(("purchase", placed, about["hour"]))
        return Quantiles(1.9, 3.5, 5.1, 6.0)

    def handover(self, route: Route, handed: date, **about: Any) -> Quantiles:
        self.asked.append(("handover", handed, about["promised"]))
        return Quantiles(1, 2, 3, 4)

    def remaining(self, route: Route, **about: Any) -> Quantiles:
        self.asked.append(("remaining", about["today"], about["handed"]))
        self.hours.add(about["hour"])
        return Quantiles(0.5, 1.5, 2.5, 3.5)

    def late(self, route: Route, **about: Any) -> float:
        self.hours.add(about["hour"])
        return self._late

    def crossing(self, route: Route, **about: Any) -> date | None:
        self.hours.add(about["hour"])
        return self._crossing

    def silence(self, route: Route) -> timedelta:
        return timedelta(hours=60)


def dates(model: Any) -> Dates:
    return Dates(FakeModels(model), FakeSurges())


def test_a_parcel_carries_what_its_model_says() -> None:
    model = Learned()
    shipment = after(parcel(route=ROUTE, placed_at=NOW - DAY), [scan(Milestone.ACCEPTED, NOW)])
    told = dates(model).settled(shipment, BRAND, NOW).shipment
    forecast, first = told.forecast, told.forecasts["handover"]
    assert forecast
    assert [forecast.p10, forecast.p50, forecast.p80, forecast.p90] == [date(2026, 3, day) for day in (2, 4, 5, 6)]
    assert (forecast.moment, forecast.version, forecast.zone) == ("in_flight", model.version, "America/New_York")
    assert (first.moment, first.p50) == ("handover", date(2026, 3, 4))
    assert told.expected
    assert (told.expected.earliest, told.expected.latest) == (forecast.p50, forecast.p80)
    assert ("remaining", date(2026, 3, 2), date(2026, 3, 2)) in model.asked
    later = dates(model).settled(told, BRAND, NOW + DAY).shipment
    assert later.forecasts["handover"] == first  # the first word is what is counted


def test_what_was_ordered_late_in_the_evening_is_not_expected_as_if_at_noon() -> None:
    """Given an order at 9 in the evening in New York, then all that is asked of its parcel is asked for that hour."""
    model = Learned()
    evening = NOW.replace(hour=2)
    assert dates(model).outlook(parcel(route=ROUTE, placed_at=evening), BRAND, NOW).late == 0.2
    assert model.hours == {21}


def test_an_order_has_one_when_it_is_placed_in_the_destinations_hour() -> None:
    model = Learned()
    found = dates(model).at_purchase(BRAND, order(), NOW)
    assert found
    assert [found.p10, found.p50, found.p80, found.p90] == [date(2026, 3, day) for day in (3, 6, 8, 8)]
    assert model.asked == [("purchase", date(2026, 3, 2), 7)]


def test_history_wakes_a_parcel_before_its_promise_is_broken() -> None:
    shipment = after(parcel(route=ROUTE, placed_at=NOW - DAY), [scan(Milestone.ACCEPTED, NOW)])
    settled = dates(Learned(0.4, date(2026, 3, 4))).settled(shipment, BRAND, NOW)
    assert settled.due_at
    assert settled.due_at.date() == date(2026, 3, 4)
    then = settled.due_at
    late = dates(Learned(0.7, date(2026, 3, 4))).settled(settled.shipment, BRAND, then)
    suspicion = assess(late.shipment, BRAND.delays, then, late.outlook)
    assert suspicion
    assert suspicion.kind == "predicted_late"


def test_once_a_delay_was_told_history_is_not_asked_for_another() -> None:
    shipment = after(parcel(route=ROUTE, placed_at=NOW - DAY), [scan(Milestone.ACCEPTED, NOW)])
    model = dates(Learned(0.7, date(2026, 3, 2)))
    settled = model.settled(shipment, BRAND, NOW)
    suspicion = assess(settled.shipment, BRAND.delays, NOW, settled.outlook)
    assert suspicion
    told, _ = declare(settled.shipment, suspicion, BRAND.delays, NOW, settled.outlook)
    moving = [scan(Milestone.ACCEPTED, NOW), scan(Milestone.OUT_FOR_DELIVERY, NOW + DAY)]
    after_all = model.settled(after(told, moving), BRAND, NOW + DAY)
    assert [decision.change.value for decision in after_all.decisions] == ["recovered"]
    assert assess(after_all.shipment, BRAND.delays, NOW + DAY, after_all.outlook) is None
    assert after_all.due_at
    assert after_all.due_at > NOW + DAY


def test_a_placeholder_for_a_promise_is_nothing_to_reckon_with() -> None:
    model = Learned()
    far = DateRange(earliest=date.max, latest=date.max)
    shipment = after(parcel(route=ROUTE, placed_at=NOW, promise=far), [scan(Milestone.ACCEPTED, NOW)])
    found = dates(model).settled(shipment, BRAND, NOW)
    assert found.outlook.late is None
    assert [asked for asked in model.asked if asked[0] == "handover"] == [("handover", date(2026, 3, 2), None)]


def test_a_lane_that_is_thin_has_no_silence_of_its_own() -> None:
    shipment = after(parcel(route=ROUTE, placed_at=NOW - DAY), [scan(Milestone.ACCEPTED, NOW)])
    assert dates(Learned()).outlook(shipment, BRAND, NOW).silence == timedelta(hours=60)
    assert dates(Learned(reasons=("thin_lane",))).outlook(shipment, BRAND, NOW).silence is None


def test_without_a_model_nothing_is_lost() -> None:
    class Gone:
        def current(self, brand: str) -> Any:
            raise TransientError("the bucket does not answer")

    shipment = after(parcel(route=ROUTE, placed_at=NOW - DAY), [scan(Milestone.ACCEPTED, NOW)])
    settled = Dates(Gone(), FakeSurges()).settled(shipment, BRAND, NOW)
    assert settled.shipment.forecast is None
    assert settled.shipment.expected == shipment.promise
    assert settled.due_at
    assert Dates(Gone(), FakeSurges()).at_purchase(BRAND, order(), NOW) is None


def test_what_is_delivered_or_unknown_is_asked_about_by_nobody() -> None:
    model = Learned()
    for shipment in (
        after(parcel(route=ROUTE, placed_at=NOW), [scan(Milestone.DELIVERED, NOW)]),
        after(parcel(placed_at=NOW), [scan(Milestone.ACCEPTED, NOW)]),
        after(parcel(route=ROUTE, placed_at=NOW, shopper_id=None), [scan(Milestone.ACCEPTED, NOW)]),
    ):
        assert dates(model).settled(shipment, BRAND, NOW).shipment.forecast is None
    assert all(asked[0] != "remaining" for asked in model.asked)
