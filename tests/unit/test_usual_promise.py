"""What is promised with an order of which the store names no days: what the shop's pages said before it."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from porchlight.domain.brands import BrandConfig
from porchlight.domain.dates import DateRange
from porchlight.domain.forecast.book import Book
from porchlight.domain.orders import Destination, default_promise
from porchlight.domain.zones import zone_of_place
from porchlight.errors import TransientError
from porchlight.services.dates import Dates
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.promise_delivery import PromiseDesk
from tests.fakes import NOBODY, FakeBrands, FakeModels, FakeOrders, FakeShipments, FakeSurges
from tests.packs import repository_pack
from tests.unit.keeping import ORDER, placed
from tests.unit.promising import PACIFIC, Steady, local, shop

ROOT = Path(__file__).parents[2]
NEW_YORK = "America/New_York"
SERVICES = {"ground": {"working_days": [2, 5], "countries": {"CA": [5, 8]}}, "express": {"working_days": [1, 1]}}
MONDAY = local("2026-11-23T12:00")


def promised(brand: BrandConfig, model: Any = None, **order: Any) -> DateRange:
    """What an order gets that is heard of when it is placed."""
    told = placed(
        **{"placed_at": MONDAY, "destination": Destination(country="US", region="NY", zone=NEW_YORK), **order}
    )
    orders, dates = FakeOrders(), Dates(FakeModels(model or Book("larkspur").model()), FakeSurges())
    keeper = OrderKeeper(orders, FakeShipments(orders), FakeBrands(brand), NOBODY, dates)
    keeper.apply("larkspur", "shopify", told, told.placed_at)
    found = orders.records["larkspur", ORDER].promise
    assert found
    return found


@pytest.fixture(scope="module")
def renderer() -> PackRenderer:

    return PackRenderer(BrandPack(repository_pack()))


@pytest.mark.parametrize(
    ("now", "asked"),
    [
        ("2026-11-23T12:00", {}),
        ("2026-11-23T14:30", {"service": "express"}),
        ("2026-11-28T09:00", {"destination": "CA-BC", "postcode": "V5K"}),
        ("2026-12-24T18:00", {"origin": "hamburg"}),
        ("2026-12-31T23:30", {"destination": "US-CA", "postcode": "941"}),
    ],
    ids=["before the cut-off", "after it", "a Saturday, abroad", "Christmas, from elsewhere", "New Year's Eve"],
)
def test_it_is_what_the_product_page_said(renderer: PackRenderer, now: str, asked: dict[str, str]) -> None:
    """Given no history: product page, tracking page and delay detection mean the same days."""
    brand, at, model = shop(services=SERVICES), local(now), Book("larkspur").model()
    desk = PromiseDesk(FakeBrands(brand), Dates(FakeModels(model), FakeSurges()), renderer)
    query = {"brand": "larkspur", "destination": "US-NY", "service": "ground", "origin": "portland", **asked}
    said = json.loads(desk.offer(query, at).text)
    country, _, region = query["destination"].partition("-")
    place = Destination(country=country, region=region, zone=zone_of_place(country, region))
    found = promised(brand, placed_at=at, destination=place, service=query["service"], origin=query["origin"])
    assert (f"{found.earliest}", f"{found.latest}", found.zone) == (said["earliest"], said["latest"], said["zone"])


def test_history_breaks_no_word_that_the_shop_never_gave() -> None:
    """Given a model that is sure of the day after tomorrow: one of five would be late, and nobody promised that."""
    assert promised(shop(services=SERVICES), Steady(1, 1, 2, 3, holidays=(date(2026, 11, 26),))) == promised(
        shop(services=SERVICES)
    )


def test_what_the_shop_ships_later_arrives_later() -> None:
    """Given an order of something that is not there yet, and the day on which it leaves."""
    brand = shop(services=SERVICES)
    found = promised(brand, ship_by=date(2026, 12, 14))
    assert (found.earliest, found.latest) == (date(2026, 12, 16), date(2026, 12, 21))
    assert promised(brand, ship_by=date(2026, 11, 23)) == promised(brand), "who packs sooner promises no earlier"


def test_what_the_store_names_counts() -> None:
    named = DateRange(earliest=date(2026, 12, 1), latest=date(2026, 12, 2), zone=NEW_YORK)
    assert promised(shop(services=SERVICES), promise=named) == named


@pytest.mark.parametrize(
    ("dates", "order"), [({"origins": {}}, {}), ({"services": {}}, {}), ({}, {"service": "Drone"})]
)
def test_without_a_table_the_brands_own_working_days(dates: dict[str, Any], order: dict[str, Any]) -> None:
    brand = shop(**dates)
    assert promised(brand, **order) == default_promise(MONDAY, NEW_YORK, brand.promise.working_days)


def test_a_model_that_cannot_be_read_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    brand, usual = shop(services=SERVICES), promised(shop(services=SERVICES), placed_at=MONDAY + timedelta(days=2))

    def down(self: FakeModels, brand: str) -> None:
        raise TransientError

    monkeypatch.setattr(FakeModels, "current", down)
    assert promised(brand, placed_at=MONDAY + timedelta(days=2)) == usual, "Thanksgiving is known all the same"


def test_days_are_the_brands_where_the_destination_has_no_zone() -> None:
    brand = shop(services=SERVICES).model_copy(update={"zone": PACIFIC})
    assert promised(brand, destination=Destination(country="US")).zone == PACIFIC


def test_the_page_asks_the_model_about_the_way_that_the_order_will_take(renderer: PackRenderer) -> None:
    """Given a service that one carrier has: its history and its breakdowns count for both, before there is a parcel."""
    brand = shop(services={"ground": {"carrier": "usps"}})
    desk_model, order_model = Steady(), Steady()
    desk = PromiseDesk(FakeBrands(brand), Dates(FakeModels(desk_model), FakeSurges()), renderer)
    desk.offer({"brand": "larkspur", "destination": "US-NY", "postcode": "100"}, MONDAY)
    place = Destination(country="US", region="NY", postal_prefix="100", zone=NEW_YORK)
    promised(brand, order_model, destination=place)
    routes = {asked[1] for asked in (*desk_model.asked, *order_model.asked)}
    assert [route.carrier for route in routes] == ["usps"], "one route"
