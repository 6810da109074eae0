"""What returns need of an order, as each store says it: what was really paid, tax, shipping, gifts, exchanges."""

import json
from typing import Any

import pytest

from porchlight.domain.money import Money
from porchlight.domain.orders import OrderPlaced
from porchlight.stores.registry import store
from tests.connectors.sources import FIXTURES

RMA = "rma_" + "a2" * 10
SHOPIFY = json.loads((FIXTURES / "shopify/order_create_eur.json").read_bytes())
WOO = json.loads((FIXTURES / "woocommerce/order_updated_two_parcels_refund.json").read_bytes())
BIG = json.loads((FIXTURES / "bigcommerce/order_with_lines_inclusive_pricing.json").read_bytes())


def placed(source: str, topic: str, body: dict[str, Any]) -> OrderPlaced:
    shop = store(source)
    assert shop
    found = shop.parse(topic, json.dumps(body).encode())[0]
    assert isinstance(found, OrderPlaced)
    return found


def shopify(line: dict[str, Any] | None = None, **update: Any) -> OrderPlaced:
    first = SHOPIFY["line_items"][0] | (line or {})
    return placed("shopify", "orders/create", {**SHOPIFY, **update, "line_items": [first]})


def eur(minor: int) -> Money:
    return Money(amount=minor, currency="EUR")


class TestShopify:
    def test_where_prices_are_without_tax_it_belongs_to_what_was_paid(self) -> None:
        taxes = [{"price": "5.40", "rate": 0.06}, {"price": "1.81", "rate": 0.02}]
        (line,) = shopify({"tax_lines": taxes}, taxes_included=False).lines
        assert (line.unit_price, line.paid, line.tax) == (eur(4_500), eur(9_721), eur(721))

    def test_where_prices_have_their_tax_it_is_in_them(self) -> None:
        (line,) = shopify({"tax_lines": [{"price": "14.37"}]}, taxes_included=True).lines
        assert (line.unit_price, line.paid, line.tax) == (eur(4_500), None, eur(1_437))

    def test_a_line_that_cannot_be_divided_says_what_was_paid_for_all_of_it(self) -> None:
        (line,) = shopify({"quantity": 3, "price": "10.00", "discount_allocations": [{"amount": "0.01"}]}).lines
        assert (line.unit_price, line.paid) == (eur(1_000), eur(2_999))

    def test_shipping_less_its_discounts_with_its_tax(self) -> None:
        lines = [
            {"price": "9.90", "discount_allocations": [{"amount": "5.00"}], "tax_lines": [{"price": "0.98"}]},
            {"price": "1.00", "tax_lines": []},
        ]
        order = shopify(shipping_lines=lines, taxes_included=False)
        assert (order.shipping, order.shipping_tax) == (eur(688), eur(98))
        assert shopify(shipping_lines=lines, taxes_included=True).shipping == eur(590)
        assert shopify(shipping_lines=[]).shipping is None

    def test_what_the_shop_notes_of_lines_and_the_order(self) -> None:
        properties = [
            {"name": "_category", "value": "lighting"},
            {"name": "_hazmat", "value": "true"},
            {"name": "_no_withdrawal", "value": "custom_made"},
        ]
        notes = [
            {"name": "gift", "value": "true"},
            {"name": "exchange_of", "value": RMA},
            {"name": "standard_shipping", "value": "4.90"},
        ]
        order = shopify({"properties": properties, "grams": 1200}, note_attributes=notes, source_name="pos")
        (line,) = order.lines
        assert (line.category, line.hazmat, line.no_withdrawal) == ("lighting", True, "custom_made")
        assert line.weight_grams == 1200
        assert (order.gift, order.exchange_of, order.channel) == (True, RMA, "store")
        assert order.standard_shipping == eur(490)

    @pytest.mark.parametrize("worse", ["rma_1", "<script>", 7, None, {"a": 1}])
    def test_what_is_no_return_of_ours_is_none(self, worse: Any) -> None:
        assert shopify(note_attributes=[{"name": "exchange_of", "value": worse}]).exchange_of == ""

    @pytest.mark.parametrize("worse", ["none", {"a": 1}, [1], True, "1e400", [{"price": "x"}], [7, None]])
    def test_the_order_does_not_hang_on_any_of_it(self, worse: Any) -> None:
        order = shopify(
            {"tax_lines": worse, "grams": worse, "product_type": worse if isinstance(worse, str) else None},
            shipping_lines=worse,
            source_name=worse,
            note_attributes=[{"name": "standard_shipping", "value": worse}],
        )
        assert order.lines[0].unit_price == eur(4_500)
        assert order.channel == "web"


class TestWooCommerce:
    def woo(self, line: dict[str, Any], **update: Any) -> OrderPlaced:
        first = WOO["line_items"][0] | line
        return placed("woocommerce", "orders/updated", {**WOO, **update, "line_items": [first]})

    def test_tax_is_paid_whether_prices_have_it_or_not(self) -> None:
        line = {"quantity": 2, "total": "36.00", "total_tax": "7.20"}
        without = self.woo(line, prices_include_tax=False).lines[0]
        assert (without.unit_price.amount, without.paid and without.paid.amount) == (1_800, 4_320)
        having = self.woo(line, prices_include_tax=True).lines[0]
        assert (having.unit_price.amount, having.paid) == (2_160, None)
        assert without.tax == having.tax == Money(amount=720, currency="GBP")

    def test_shipping_tills_gifts_and_exchanges(self) -> None:
        meta = [{"key": "gift", "value": "1"}, {"key": "exchange_of", "value": RMA}]
        order = self.woo({}, shipping_total="5.00", shipping_tax="1.00", created_via="pos-rest-api", meta_data=meta)
        assert (order.shipping, order.shipping_tax) == (
            Money(amount=600, currency="GBP"),
            Money(amount=100, currency="GBP"),
        )
        assert (order.channel, order.gift, order.exchange_of) == ("store", True, RMA)
        assert self.woo({}, shipping_total="x").shipping is None


class TestBigCommerce:
    def test_shipping_and_tax(self) -> None:
        order = placed("bigcommerce", "orders/updated", {**BIG, "shipping_cost_inc_tax": "11", "shipping_cost_tax": 1})
        assert order.shipping == Money(amount=1_100, currency="AUD")
        assert order.shipping_tax == Money(amount=100, currency="AUD")
        assert placed("bigcommerce", "orders/updated", {**BIG, "shipping_cost_inc_tax": "-1"}).shipping is None
