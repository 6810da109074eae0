"""A thin webhook of a shop, all the way: noted, followed to the shop's own API, and read as order, parcels, refunds."""

import json
from pathlib import Path
from typing import Any

import pytest

from porchlight.connectors import Account, Answer, Call
from porchlight.domain.ids import order_id
from porchlight.domain.money import Money
from porchlight.domain.packing import quantities
from porchlight.ports import InboundMessage
from porchlight.services.record_events import record_store_body
from porchlight.stores.bigcommerce import CONNECTOR
from tests.unit.asking import NOW, Town

FIXTURES = Path(__file__).parents[1] / "connectors/fixtures/bigcommerce"
ORDER = order_id("larkspur", "640")
ACCOUNT = Account(
    account="main",
    brand="larkspur",
    credentials={"client_secret": "s", "store_hash": "moor7xyz01", "access_token": "t"},
)


class Shop:
    """A town with one shop at BigCommerce."""

    def __init__(self) -> None:
        self.town = Town()
        self.town.sources.lines["bigcommerce"] = ("", CONNECTOR)
        self.town.accounts.accounts = (("stores", "bigcommerce", ACCOUNT),)
        self.town.api.rule = self.answer

    @staticmethod
    def answer(call: Call) -> Answer:
        name = (
            "shipments_of_an_order"
            if "/shipments" in call.url
            else "refunds_one_declined"
            if call.url.endswith("/refunds")
            else "order_with_lines_inclusive_pricing"
        )
        return Answer(200, {}, (FIXTURES / f"{name}.json").read_bytes())

    def record(self, topic: str, body: bytes) -> None:
        message = InboundMessage(
            kind="stores", source="bigcommerce", account="main", brand="larkspur", topic=topic, received_at=NOW
        )
        town = self.town
        record_store_body(message, body, CONNECTOR, town.keeper, town.quarantine, town.metrics, town.errands, NOW)

    def hear(self, scope: str, producer: str = "stores/moor7xyz01", **data: Any) -> None:
        """A webhook arrives, is followed, and what it led to is recorded."""
        body = {"scope": scope, "store_id": "1", "producer": producer, "hash": "0", "data": {"id": 640, **data}}
        self.record("webhook", json.dumps(body).encode())
        self.town.run()
        queued, self.town.inbound.queue = self.town.inbound.queue, []
        for message, answer in queued:
            self.record(message.topic, answer)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_new_order(shop: Shop) -> None:
    shop.hear("store/order/created")
    placed = shop.town.orders.records["larkspur", ORDER]
    assert (placed.number, placed.total) == ("640", Money(amount=9000, currency="AUD"))
    assert [call.headers["X-Auth-Token"] for call in shop.town.api.calls] == ["t"]
    assert not shop.town.errands.records


def test_an_order_that_was_shipped_brings_its_parcels_with_their_lines(shop: Shop) -> None:
    shop.hear("store/order/statusUpdated", status={"previous_status_id": 11, "new_status_id": 2})
    parcels = shop.town.shipments.records.values()
    assert {parcel.order_id for parcel in parcels} == {ORDER}
    held = {parcel.tracking_number: quantities(parcel.packed) for parcel in parcels}
    assert held == {"1ZTEST000000000099": {"801": 1}, "1ZTEST000000000107": {"801": 1}, "AP000077": {"802": 2}}


def test_a_refund_without_a_currency_is_in_the_orders(shop: Shop) -> None:
    shop.hear("store/order/refund/created", refund={"refund_id": 5})
    assert shop.town.orders.records["larkspur", ORDER].refunded == Money(amount=2450, currency="AUD")


def test_of_another_shop_nothing_is_fetched(shop: Shop) -> None:
    shop.hear("store/order/created", producer="stores/somebody")
    assert not shop.town.api.calls
    assert not shop.town.orders.records
    ((entry, _),) = shop.town.quarantine.entries.values()
    assert "another shop" in entry.reason


def test_what_is_of_no_use_is_forgotten_at_once(shop: Shop) -> None:
    shop.hear("store/product/updated")
    assert not shop.town.api.calls
    assert not shop.town.errands.records
    assert not shop.town.quarantine.entries
