"""States as stores print them."""

import json
from pathlib import Path
from typing import Any

import pytest

from porchlight.domain.orders import Destination, OrderPlaced
from porchlight.stores import reading
from porchlight.stores.regions import region
from porchlight.stores.registry import store

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.mark.parametrize(
    ("country", "printed", "wanted"),
    [
        ("US", "CA", "CA"),
        ("US", "ca", "CA"),
        ("US", "US-CA", "CA"),
        ("US", "California", "CA"),
        ("US", " district of  columbia ", "DC"),
        ("CA", "Québec", "QC"),
        ("AU", "New South Wales", "NSW"),
        ("AU", "WA", "WA"),
        ("DE", "DE-BY", "BY"),
        ("DE", "BY", "BY"),
        ("JP", "JP13", "13"),
        ("JP", "JP-13", "13"),
        ("IE", "D", "D"),
        ("GB", "ENG", "ENG"),
    ],
)
def test_a_code_or_a_known_name_is_a_state(country: str, printed: str, wanted: str) -> None:
    assert region(country, printed) == wanted


@pytest.mark.parametrize(
    ("country", "printed"),
    [
        ("US", "XX"),
        ("US", "Bayern"),
        ("US", "W"),
        ("CA", "CA"),
        ("NZ", "Auckland"),
        ("GB", "West Yorkshire"),
        ("DE", ""),
        ("DE", None),
        ("DE", 7.5),
        ("DE", ["BY"]),
        ("", "CA"),
    ],
)
def test_what_is_no_known_code_is_no_state(country: str, printed: Any) -> None:
    assert region(country, printed) is None


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        (
            ("US", "CA", "94110"),
            Destination(country="US", region="CA", postal_prefix="941", zone="America/Los_Angeles"),
        ),
        (("US", "Texas", "75001"), Destination(country="US", region="TX", postal_prefix="750")),
        (
            ("AU", "Queensland", "4000"),
            Destination(country="AU", region="QLD", postal_prefix="400", zone="Australia/Brisbane"),
        ),
        (("DE", "DE-BY", "80331"), Destination(country="DE", region="BY", postal_prefix="803", zone="Europe/Berlin")),
        (("us", None, ""), Destination(country="US")),
        (("Germany", "BY", "80331"), Destination(postal_prefix="803")),
        ((None, "CA", None), Destination()),
    ],
)
def test_a_state_with_one_clock_gives_the_zone(address: tuple[Any, Any, Any], wanted: Destination) -> None:
    """Texas has two clocks: no zone is invented for it."""
    assert reading.destination(*address) == wanted


@pytest.mark.parametrize(
    ("source", "file", "key", "state"),
    [
        ("shopify", "order_cancelled_jpy", "province_code", "CA"),
        ("woocommerce", "order_updated_two_parcels_refund", "state", "CA"),
        ("bigcommerce", "order_with_lines_inclusive_pricing", "state", "California"),
    ],
)
def test_every_store_says_the_state_in_its_own_field(source: str, file: str, key: str, state: str) -> None:
    """Given the store's own golden body with an address in California."""
    body = json.loads((FIXTURES / source / f"{file}.json").read_text())
    address = {
        "shopify": lambda: body["shipping_address"],
        "woocommerce": lambda: body["shipping"],
        "bigcommerce": lambda: body["consignments"]["shipping"][0],
    }[source]()
    address |= {"country": "US", "country_code": "US", "country_iso2": "US", key: state}
    shop = store(source)
    assert shop is not None
    topic = json.loads((FIXTURES / source / f"{file}.expect.json").read_text())["topic"]
    (order, *_) = shop.parse(topic, json.dumps(body).encode())
    assert isinstance(order, OrderPlaced)
    assert (order.destination.country, order.destination.region) == ("US", "CA")
    assert order.destination.zone == "America/Los_Angeles"
