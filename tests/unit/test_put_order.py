"""What ``PUT /v1/orders/{id}`` makes of what dates need: service, origin, the day of shipping, the place it goes to."""

import json
from datetime import date
from typing import Any, cast

import pytest

from porchlight.domain.brands import BrandConfig
from porchlight.domain.orders import Destination, Order, OrderPlaced
from porchlight.errors import InvalidInputError
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.put_order import put_order, read_body
from tests.unit.keeping import ORDER, World, put
from tests.unit.stories import NOW, brand, usd

BODY = {
    **{"number": "#1", "placed_at": "2026-03-02T09:30:00+01:00", "currency": "USD", "total": "49.00"},
    "lines": [{"id": "1", "title": "Mug", "quantity": 1, "unit_price": "49.00"}],
    "shopper": {"email": "ada@x.example"},
}


class Keeper:
    """Takes what it is given."""

    def __init__(self) -> None:
        self.placed: list[OrderPlaced] = []

    def order(self, brand: BrandConfig, source: str, placed: OrderPlaced, now: object) -> Order:
        del brand, source, now
        self.placed.append(placed)
        return cast("Order", None)


def placed(**more: Any) -> OrderPlaced:
    keeper = Keeper()
    put_order(brand(), "1001", read_body(json.dumps(BODY | more).encode()), cast("OrderKeeper", keeper), NOW)
    return keeper.placed[0]


def test_service_origin_and_the_day_of_shipping_are_taken() -> None:
    found = placed(service="ground", origin="portland", ship_by="2026-03-04")
    assert (found.service, found.origin, found.ship_by) == ("ground", "portland", date(2026, 3, 4))


def test_why_it_ships_late_and_what_never_ships_are_taken() -> None:
    card = {"id": "2", "title": "Gift card", "quantity": 1, "unit_price": "5.00", "ships": False}
    found = placed(ship_by="2026-03-20", ship_note="The kiln broke.", lines=[*BODY["lines"], card])
    assert (found.ship_note, [line.ships for line in found.lines]) == ("The kiln broke.", [True, False])


def test_what_left_without_a_number_is_taken_with_its_lines() -> None:
    world = World()
    left = {"id": "van-7", "shipped_at": "2026-03-03T09:00:00Z", "lines": [{"id": "1", "quantity": 1}]}
    body = {**BODY, "updated_at": "2026-03-02T12:00:00Z", "untracked": [left]}
    for _ in range(2):
        put(world, json.dumps(body).encode())
    contents = world.orders.contents("larkspur", ORDER)
    assert contents.shipment_ids == ()
    (packing,) = contents.untracked.values()
    assert [(line.line_id, line.quantity) for line in packing.lines] == [("1", 1)]


def test_stages_and_usual_prices_are_taken() -> None:
    stages = [
        {"stage": "in_production", "at": "2026-03-03T09:00:00Z", "until": "2026-03-20T17:00:00Z"},
        {"stage": "installation", "at": "2026-04-01T08:00:00Z"},
    ]
    lines = [{**BODY["lines"][0], "list_price": "60.00"}]
    found = placed(stages=stages, lines=lines)
    assert [(one.stage, one.until is None) for one in found.stages] == [
        ("in_production", False),
        ("installation", True),
    ]
    assert found.lines[0].list_price == usd(6_000)
    assert found.lines[0].is_reduced
    assert placed().stages == ()
    assert placed().lines[0].list_price is None


def test_it_holds_lines_of_the_order_only() -> None:
    left = {"id": "van-7", "shipped_at": "2026-03-03T09:00:00Z", "lines": [{"id": "9", "quantity": 1}]}
    with pytest.raises(InvalidInputError, match="not of this order"):
        placed(untracked=[left])


def test_an_order_says_none_of_it() -> None:
    found = placed()
    assert (found.service, found.origin, found.ship_by, found.destination) == (None, None, None, Destination())


@pytest.mark.parametrize(
    ("given", "zone"),
    [
        ({"country": "US", "region": "CA", "postal_prefix": "941"}, "America/Los_Angeles"),
        ({"country": "DE"}, "Europe/Berlin"),
        ({"country": "US", "region": "TX"}, None),
        ({"country": "US"}, None),
        ({"country": "US", "region": "CA", "zone": "America/Phoenix"}, "America/Phoenix"),
    ],
)
def test_the_zone_is_the_places_where_it_has_one_and_none_is_given(given: dict[str, str], zone: str | None) -> None:
    days = {"earliest": "2026-03-05", "latest": "2026-03-06"}
    found = placed(destination=given, promise=days)
    assert found.destination == Destination(**given | {"zone": zone})
    assert found.promise
    assert found.promise.zone == zone


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"service": "Ground Advantage (2-day)"}, "service: string_pattern_mismatch"),
        ({"origin": ""}, "origin: string_pattern_mismatch"),
        ({"stages": [{"stage": "painting", "at": "2026-03-03T09:00:00Z"}]}, "stages.0.stage: enum"),
        (
            {"stages": [{"stage": "installation", "at": "2026-03-03T09:00:00Z", "until": "2026-03-02T09:00:00Z"}]},
            "stages.0: value_error",
        ),
        ({"ship_by": "soon"}, "ship_by: date_from_datetime_parsing"),
        ({"ship_by": "1999-12-31"}, "ship_by: greater_than_equal"),
        ({"destination": {"country": "US", "region": "California"}}, "destination.region: string_pattern_mismatch"),
        ({"destination": {"country": "US", "postal_prefix": "94110"}}, "destination.postal_prefix: string_too_long"),
    ],
)
def test_faults_are_named_and_values_are_not(more: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_body(json.dumps(BODY | more).encode())
    assert caught.value.detail == fault


# ---------------------------------------------------------------------------------------------------- what returns need
OF_RETURNS = {
    **{"shipping": "6.90", "standard_shipping": "4.90", "shipping_tax": "1.10", "channel": "store", "gift": True},
    **{"exchange_of": "rma_" + "a2" * 10, "fingerprints": ["ab" * 16], "payment_reference": "pi_3P7xYz"},
}
LINE = {
    **BODY["lines"][0],
    **{"quantity": 3, "unit_price": "16.33", "paid": "49.00", "tax": "7.82", "category": "mugs", "tags": ["new"]},
    **{"hazmat": True, "weight_grams": 450, "no_withdrawal": "custom_made"},
}


def test_what_returns_need_is_taken_and_kept_with_the_order() -> None:
    world = World()
    body = json.dumps(BODY | OF_RETURNS | {"lines": [LINE]}).encode()
    for _ in range(2):
        put(world, body)
    order = world.orders.get("larkspur", ORDER)
    assert order
    assert (order.shipping, order.standard_shipping, order.shipping_tax) == (usd(690), usd(490), usd(110))
    assert (order.channel, order.gift, order.exchange_of) == ("store", True, OF_RETURNS["exchange_of"])
    assert (order.fingerprints, order.payment_reference) == (("ab" * 16,), "pi_3P7xYz")
    (line,) = order.lines
    assert (line.paid, line.tax, line.category, line.tags) == (usd(4_900), usd(782), "mugs", ("new",))
    assert (line.hazmat, line.weight_grams, line.no_withdrawal) == (True, 450, "custom_made")


def test_an_order_that_says_nothing_of_it_is_one_of_the_web() -> None:
    found = placed()
    assert (found.channel, found.gift, found.shipping, found.exchange_of, found.fingerprints) == (
        *("web", False, None),
        *("", ()),
    )


@pytest.mark.parametrize(
    "more",
    [
        {"fingerprints": ["Elm Street 1, Springfield"]},
        {"fingerprints": ["ab" * 16] * 9},
        {"payment_reference": "4242424242424242"},
        {"payment_reference": "a b"},
        {"exchange_of": "rma_1"},
        {"channel": "Kiosk 7!"},
        {"shipping": "-1"},
    ],
)
def test_digests_references_and_returns_are_what_they_are_called(more: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        placed(**more)
    assert next(iter(more)) in caught.value.detail
    assert "4242" not in caught.value.detail
