"""WooCommerce: the guessable secret, the ping, every form of its bodies, what plugins note about parcels."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local.cli.parse import read_payload
from porchlight.connectors import InboundRequest
from porchlight.domain.orders import OrderPlaced, OrderRefunded, ParcelShipped
from porchlight.errors import UnreadableBodyError
from porchlight.stores.woocommerce import CONNECTOR
from tests.connectors.sources import FIXTURES, NOW, SCHEMES

SCHEME = next(scheme for scheme in SCHEMES if scheme.name == "woocommerce")
ORDER = json.loads((FIXTURES / "woocommerce/order_updated_two_parcels_refund.json").read_bytes())
REFUND = json.loads((FIXTURES / "woocommerce/refund_without_gateway.json").read_bytes())
PLACED = datetime(2026, 4, 3, 8, 15, 30, tzinfo=UTC)
CHANGED = datetime(2026, 4, 5, 17, tzinfo=UTC)


def read(topic: str = "orders/updated", **update: Any) -> list[Any]:
    return CONNECTOR.parse(topic, json.dumps({**ORDER, **update}).encode())


def meta(**entries: Any) -> list[dict[str, Any]]:
    return [{"id": number, "key": key, "value": value} for number, (key, value) in enumerate(entries.items())]


def parcels(**entries: Any) -> list[ParcelShipped]:
    return [change for change in read(meta_data=meta(**entries)) if isinstance(change, ParcelShipped)]


class TestProof:
    @pytest.mark.parametrize(
        "secret",
        [
            hashlib.md5(b"1|admin").hexdigest(),
            hashlib.md5(b"1|admin").hexdigest().upper(),
            f" {hashlib.md5(b'shop').hexdigest()} ",
            "",
            "   ",
        ],
    )
    def test_the_default_secret_verifies_nothing(self, secret: str) -> None:
        """Whoever knows (or guesses) the name of the webhook's author can compute it."""
        account = SCHEME.account(secret=secret)
        assert not CONNECTOR.verify(SCHEME.request(b"{}", account), account, NOW)

    @pytest.mark.parametrize("secret", ["0" * 31, "0" * 33, "g" + "0" * 31, "kx8Jq!"])
    def test_a_secret_of_ones_own_does(self, secret: str) -> None:
        account = SCHEME.account(secret=secret)
        assert CONNECTOR.verify(SCHEME.request(b"{}", account), account, NOW)

    def test_the_ping_is_not_signed_and_so_refused(self) -> None:
        headers = {"content-type": "application/x-www-form-urlencoded", "user-agent": "WooCommerce/9 Hookshot"}
        assert not CONNECTOR.verify(InboundRequest(headers=headers, body=b"webhook_id=12"), SCHEME.account(), NOW)
        assert read_payload("woocommerce", b"webhook_id=12") == {"kind": "subscription_lifecycle", "id": "12"}

    @pytest.mark.parametrize(
        ("given", "ours"),
        [
            ("order.created", "orders/create"),
            ("Order.Updated", "orders/updated"),
            ("order.deleted", "orders/deleted"),
            ("order.restored", "orders/restored"),
            ("product.updated", "product.updated"),
            ("action.woocommerce_add_to_cart", "action.woocommerce_add_to_cart"),
        ],
    )
    def test_topics_are_in_our_words(self, given: str, ours: str) -> None:
        assert CONNECTOR.topic(InboundRequest(headers={"x-wc-webhook-topic": given}, body=b"")) == ours
        if "." in ours:
            assert CONNECTOR.parse(ours, b"anything") == []


class TestOrders:
    @pytest.mark.parametrize("status", ["pending", "failed", "checkout-draft", "draft", "auto-draft", "wc-pending"])
    def test_an_order_that_nobody_has_paid_is_none_yet(self, status: str) -> None:
        assert read(status=status) == []

    @pytest.mark.parametrize(
        "status", ["processing", "on-hold", "completed", "refunded", "wc-completed", "shipped", ""]
    )
    def test_any_other_status_is_an_order(self, status: str) -> None:
        placed = read(status=status)[0]
        assert (placed.external_id, placed.cancelled_at) == ("9104", None)

    @pytest.mark.parametrize("status", ["cancelled", "trash"])
    def test_a_cancelled_one(self, status: str) -> None:
        assert read(status=status)[0].cancelled_at == CHANGED

    @pytest.mark.parametrize(("status", "left"), [("processing", []), ("completed", [()]), ("wc-completed", [()])])
    def test_a_completed_order_without_tracking_numbers_has_left(
        self, status: str, left: list[tuple[str, ...]]
    ) -> None:
        found = [change for change in read(status=status, meta_data=[]) if isinstance(change, ParcelShipped)]
        assert [parcel.tracking_numbers for parcel in found] == left
        assert {parcel.fulfillment_id for parcel in found} <= {"completed"}

    def test_prices_are_without_tax_where_the_shops_are(self) -> None:
        placed = read(prices_include_tax=False)[0]
        assert [line.unit_price.amount for line in placed.lines] == [1800, 3600]

    def test_times_are_the_gmt_ones(self) -> None:
        placed = read()[0]
        assert (placed.placed_at, placed.updated_at) == (PLACED, CHANGED)

    @pytest.mark.parametrize("missing", [{"date_created_gmt": None}, {"date_created_gmt": "soon"}])
    def test_the_sites_own_time_alone_is_no_instant(self, missing: dict[str, Any]) -> None:
        with pytest.raises(UnreadableBodyError, match="date_created_gmt"):
            read(**missing)

    def test_the_legacy_api(self) -> None:
        legacy = {
            "order": {
                "id": 645,
                "order_number": "A-645",
                "created_at": "2026-01-26T20:00:21Z",
                "updated_at": "2026-01-26T20:05:00Z",
                "status": "processing",
                "currency": "USD",
                "total": "21.99",
                "billing_address": {"first_name": "Jo", "last_name": "Doe", "country": "US", "email": "jo@x.example"},
                "shipping_address": {"first_name": "Jo", "country": "CA", "postcode": "k1a 0b1"},
                "line_items": [{"id": 5, "name": "Pen", "quantity": 1, "price": "21.99", "sku": ""}],
            }
        }
        (placed,) = CONNECTOR.parse("orders/create", json.dumps(legacy).encode())
        assert isinstance(placed, OrderPlaced)
        assert (placed.external_id, placed.number) == ("645", "A-645")
        assert placed.placed_at == datetime(2026, 1, 26, 20, 0, 21, tzinfo=UTC)
        assert placed.contact.name == "Jo Doe"
        assert (placed.destination.country, placed.destination.postal_prefix) == ("CA", "K1A")
        assert placed.lines[0].unit_price.amount == 2199

    def test_an_order_under_another_one_gives_its_parcels_to_that(self) -> None:
        """A marketplace splits an order by supplier: the shopper has ordered once."""
        changes = read(parent_id=9000, meta_data=[*ORDER["meta_data"], *meta(_dokan_vendor_id="17")])
        assert [change.kind for change in changes] == ["fulfillment", "fulfillment"]
        assert {change.external_order_id for change in changes} == {"9000"}
        assert {change.supplier for change in changes} == {"17"}
        assert all(change.lines == () for change in changes), "its lines are not the parent's"

    def test_an_order_without_lines_changes_nothing(self) -> None:
        assert read(line_items=[]) == []


class TestRefunds:
    def test_the_order_lists_them(self) -> None:
        refunds = [change for change in read() if isinstance(change, OrderRefunded)]
        assert [(refund.refund_id, refund.amount.decimal()) for refund in refunds] == [("9110", "5.50")]
        assert read(refunds=[{"id": 1, "total": "-0.00"}])[-1].kind != "refund"

    @pytest.mark.parametrize("links", [{}, {"up": [{"href": "https://x.example/wp-json/wc/v3/products/3"}]}, []])
    def test_one_that_names_no_order_is_refused(self, links: Any) -> None:
        with pytest.raises(UnreadableBodyError, match="of which order"):
            CONNECTOR.parse("refunds/create", json.dumps({**REFUND, "_links": links}).encode())

    def test_the_order_stands_in_any_of_its_links(self) -> None:
        for name in ("up", "self", "collection"):
            body = json.dumps({**REFUND, "_links": {name: REFUND["_links"][name]}}).encode()
            assert CONNECTOR.parse("refunds/create", body)[0].external_order_id == "9104"

    def test_of_nothing(self) -> None:
        assert CONNECTOR.parse("refunds/create", json.dumps({**REFUND, "amount": "0.00"}).encode()) == []


ITEM = {"tracking_provider": "usps", "tracking_number": "9400100000000000000017", "date_shipped": "1775347200"}


class TestTracking:
    def test_shipment_tracking(self) -> None:
        (parcel,) = parcels(_wc_shipment_tracking_items=[ITEM])
        assert (parcel.carrier, parcel.tracking_numbers) == ("usps", ("9400100000000000000017",))
        assert parcel.shipped_at == datetime(2026, 4, 5, tzinfo=UTC)
        assert parcel.fulfillment_id == "9400100000000000000017"
        assert parcel.lines == ()

    @pytest.mark.parametrize(
        "value",
        [{"0": ITEM, "1": "x"}, ITEM, json.dumps([ITEM]), json.dumps({"5": ITEM}), [None, ITEM, 3]],
        ids=["numbered", "single", "text", "text-numbered", "with-rubbish"],
    )
    def test_it_is_read_in_every_form_that_php_gives_it(self, value: Any) -> None:
        assert [parcel.carrier for parcel in parcels(_wc_shipment_tracking_items=value)] == ["usps"]

    @pytest.mark.parametrize("value", ["", None, 7, "[", "[" * 10_000, [], {}, {"0": {"tracking_number": "x" * 80}}])
    def test_rubbish_is_no_parcel_and_no_trouble(self, value: Any) -> None:
        assert parcels(_wc_shipment_tracking_items=value) == []

    def test_a_name_of_the_shops_own_comes_first(self) -> None:
        item = {**ITEM, "custom_tracking_provider": "Royal Mail"}
        assert parcels(_wc_shipment_tracking_items=[item])[0].carrier == "royal_mail"

    @pytest.mark.parametrize(
        ("shipped", "expected"),
        [
            ("1775260800", datetime(2026, 4, 4, tzinfo=UTC)),
            (1775174400, PLACED),  # the midnight before the order
            ("1900000000", CHANGED),  # a day that has not come
            ("", CHANGED),
            ("yesterday", CHANGED),
        ],
    )
    def test_a_day_is_within_the_life_of_the_order(self, shipped: Any, expected: datetime) -> None:
        item = {**ITEM, "date_shipped": shipped}
        assert parcels(_wc_shipment_tracking_items=[item])[0].shipped_at == expected

    @pytest.mark.parametrize(
        ("provider", "expected"),
        [
            ("royal-mail", "royal_mail"),
            ("dpd-co-uk", "dpd_uk"),
            ("tnt-express-consignment", "tnt"),
            ("fedex-sameday", "fedex"),
            ("USPS - Ground Advantage", "usps"),
            ("la-poste-colissimo", "la_poste"),
            ("ups-germany", "ups"),
            ("", None),
            ("custom", None),
        ],
    )
    def test_plugins_names_of_carriers(self, provider: str, expected: str | None) -> None:
        item = {**ITEM, "tracking_provider": provider}
        assert parcels(_wc_shipment_tracking_items=[item])[0].carrier == expected

    def test_aftership_with_lines(self) -> None:
        item = {
            "slug": "dhl",
            "tracking_number": "DHL77",
            "tracking_id": "a1",
            "line_items": [{"id": 301, "quantity": 1}],
        }
        (parcel,) = parcels(_aftership_tracking_items=[{**item, "metrics": {"created_at": "2026-04-05T03:00:00Z"}}])
        assert (parcel.carrier, parcel.fulfillment_id) == ("dhl", "a1")
        assert [(line.line_id, line.quantity) for line in parcel.lines] == [("301", 1)]
        assert parcel.shipped_at == CHANGED, "its own times are local ones that say Z"
        assert parcel.updated_at == CHANGED

    def test_the_older_single_fields(self) -> None:
        (one,) = parcels(_tracking_number="1ZTEST000000000115", _tracking_provider="ups", _date_shipped="1775347200")
        (other,) = parcels(_aftership_tracking_number="DHL78", _aftership_tracking_provider_name="dhl")
        assert (one.carrier, other.carrier) == ("ups", "dhl")

    def test_two_plugins_that_know_one_parcel(self) -> None:
        found = parcels(
            _wc_shipment_tracking_items=[ITEM],
            _aftership_tracking_items=[{"slug": "fedex", "tracking_number": "9400100000000000000017"}],
        )
        assert [parcel.carrier for parcel in found] == ["usps"]

    def test_a_parcel_without_lines_is_the_same_in_every_later_body(self) -> None:
        """Else each change of the order would write each of its parcels anew."""
        first, second = (
            next(
                change
                for change in read(meta_data=meta(_wc_shipment_tracking_items=[ITEM]), date_modified_gmt=at)
                if isinstance(change, ParcelShipped)
            )
            for at in ("2026-04-06T00:00:00", "2026-04-09T00:00:00")
        )
        assert first == second

    @pytest.mark.parametrize("lines", [[{"item_id": "301", "qty": "many"}], ["301"], [{"qty": 1}], "301"])
    def test_contents_that_cannot_be_read_are_unknown(self, lines: Any) -> None:
        assert parcels(_wc_shipment_tracking_items=[{**ITEM, "products_list": lines}])[0].lines == ()


class TestPreview:
    def test_an_order_of_the_first_api_version_says_what_is_missing(self) -> None:
        body = {key: value for key, value in ORDER.items() if not key.endswith("_gmt")}
        read = read_payload("woocommerce", json.dumps(body).encode())
        assert (read["created_at"], read["created_at_zone"]) == ("2026-04-03T09:15:30", "local")
        assert "names no zone" in read["refused"]

    def test_an_order_with_all_that_it_brings(self) -> None:
        read = read_payload("woocommerce", json.dumps(ORDER).encode())
        assert (read["kind"], read["line_items"], read["status"]) == ("order", 3, "processing")
        assert [parcel["carrier"] for parcel in read["parcels"]] == ["royal_mail", "moor_couriers"]
        assert [refund["amount"] for refund in read["refunds"]] == ["5.50"]

    def test_an_unpaid_order_changes_nothing_and_is_shown(self) -> None:
        read = read_payload("woocommerce", json.dumps({**ORDER, "status": "pending"}).encode())
        assert (read["order_id"], read["total"]) == ("9104", "86.40")
        assert read["note"] == "this changes nothing"

    def test_deleted_lists_and_strangers(self) -> None:
        assert read_payload("woocommerce", b'{"id": 5}')["deleted"] is True
        assert read_payload("woocommerce", b'{"id": 5, "sku": "x"}') == {"kind": "not_tracking", "id": "5"}
        several = read_payload("woocommerce", json.dumps([REFUND, {**REFUND, "id": 9111}]).encode())
        assert [one["refund_id"] for one in several["objects"]] == ["9110", "9111"]
