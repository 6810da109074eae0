"""Dates without history: the carrier's estimate or the brand's table, widened, never crossing, never over."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.brands import DatesPolicy
from porchlight.domain.cold import without_history
from porchlight.domain.events import DeliveryEstimate
from porchlight.domain.forecast.lives import Route
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import Destination
from porchlight.services.dates import Dates, route_of
from tests.fakes import NO_HISTORY, FakeModels, FakeSurges
from tests.unit.stories import NOW, ZONE, after, brand, order, parcel, scan

MONDAY = date(2026, 3, 2)
TABLE = DatesPolicy.model_validate(
    {
        "origins": {"portland": {"country": "US", "region": "OR", "zone": ZONE, "handling_working_days": [0, 1]}},
        "services": {"ground": {"working_days": [3, 5], "countries": {"CA": [5, 8]}, "carrier": "usps"}},
    }
)
BRAND = brand().model_copy(update={"dates": TABLE})
ROUTE = route_of(BRAND, order(destination=Destination(country="US", region="CA", postal_prefix="941")), "")


def test_a_route_takes_what_the_brand_says_first() -> None:
    assert (
        Route(carrier="usps", service="ground", origin="US-OR", destination="US-CA", prefix="941", sender="portland")
        == ROUTE
    )
    assert route_of(BRAND, order(), "ups").carrier == "ups"
    assert route_of(brand(), order(), "ups") == Route(carrier="ups", destination="US")


def test_by_the_table_from_the_order_and_from_the_first_scan() -> None:
    days = without_history(BRAND, ROUTE, MONDAY, placed=MONDAY, handed=None)
    assert days == (date(2026, 3, 4), date(2026, 3, 5), date(2026, 3, 10), date(2026, 3, 11), "service-level")
    scanned = without_history(BRAND, ROUTE, MONDAY, placed=MONDAY, handed=MONDAY)
    assert scanned[1:4] == (date(2026, 3, 5), date(2026, 3, 9), date(2026, 3, 10))
    abroad = ROUTE.model_copy(update={"destination": "CA-ON"})
    assert without_history(BRAND, abroad, MONDAY, placed=MONDAY, handed=MONDAY).p50 == date(2026, 3, 9)


def test_the_carriers_estimate_is_the_likely_day_while_it_is_ahead() -> None:
    thursday = date(2026, 3, 5)
    days = without_history(BRAND, ROUTE, MONDAY, placed=MONDAY, handed=MONDAY, estimate=thursday)
    assert days == (date(2026, 3, 4), thursday, date(2026, 3, 6), date(2026, 3, 9), "estimate")
    over = without_history(BRAND, ROUTE, date(2026, 3, 6), placed=MONDAY, handed=MONDAY, estimate=thursday)
    assert (over.origin, over.p50) == ("service-level", date(2026, 3, 6))
    never = without_history(BRAND, ROUTE, MONDAY, placed=MONDAY, handed=MONDAY, estimate=date.max)
    assert never.origin == "service-level"


def test_a_parcel_carries_it_and_says_where_it_comes_from() -> None:
    update = {"route": ROUTE, "placed_at": NOW, "estimate": DeliveryEstimate(day=date(2026, 3, 5)), "estimate_at": NOW}
    shipment = after(parcel(**update), [scan(Milestone.ACCEPTED, NOW)])
    told = NO_HISTORY.settled(shipment, BRAND, NOW).shipment
    assert told.forecast
    assert (told.forecast.version, told.forecast.p50) == ("estimate", date(2026, 3, 5))
    assert told.forecast.reasons == ("cold_start",)
    assert told.forecasts["handover"].p80 == date(2026, 3, 6)
    bare = NO_HISTORY.settled(after(parcel(route=ROUTE, placed_at=NOW), []), BRAND, NOW).shipment
    assert bare.forecast
    assert bare.forecast.version == "service-level"
    assert bare.forecasts == {}


def test_while_a_lane_breaks_down_it_ends_later() -> None:
    usual = without_history(BRAND, ROUTE, MONDAY, placed=MONDAY, handed=MONDAY)
    wider = without_history(BRAND, ROUTE, MONDAY, placed=MONDAY, handed=MONDAY, wider=2)
    assert (wider.p50, wider.p80 - usual.p80) == (usual.p50, timedelta(days=2))


def test_an_order_has_its_forecast_when_it_is_placed() -> None:
    found = Dates(FakeModels(), FakeSurges()).at_purchase(BRAND, order(), datetime(2026, 3, 2, 13, tzinfo=UTC))
    assert found
    assert (found.moment, found.version, found.p50) == ("purchase", "service-level", date(2026, 3, 5))


DATES = st.dates(date(2026, 1, 1), date(2027, 1, 10))


@given(DATES, DATES, st.none() | DATES, st.none() | st.dates(), st.floats(0, 9), st.booleans())
def test_they_never_cross_and_are_never_over(
    today: date, placed: date, handed: date | None, estimate: date | None, wider: float, table: bool
) -> None:
    days = without_history(
        BRAND if table else brand(), ROUTE, today, placed=placed, handed=handed, estimate=estimate, wider=wider
    )
    assert today <= days.p10 <= days.p50 <= days.p80 <= days.p90
    assert days.p80 > today
