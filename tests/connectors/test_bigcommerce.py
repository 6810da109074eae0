"""BigCommerce: what a thin webhook leads to, and how the answers read."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.cli.parse import read_payload
from porchlight.connectors import Account, BodyKind, Call
from porchlight.errors import ForbiddenError, UnreadableBodyError
from porchlight.stores.bigcommerce import CONNECTOR, TOLERANCE
from porchlight.stores.bigcommerce.client import CLIENT
from tests.connectors.sources import FIXTURES, NOW, SCHEMES

SIGNED = next(scheme for scheme in SCHEMES if scheme.name == "bigcommerce-signed")
HASH = "moor7xyz01"
ORDER = json.loads((FIXTURES / "bigcommerce/order_with_lines_inclusive_pricing.json").read_bytes())
SHIPMENT = json.loads((FIXTURES / "bigcommerce/shipments_of_an_order.json").read_bytes())[0]
API = f"https://api.bigcommerce.com/stores/{HASH}"
FULL_ORDER = ("orders/updated", f"{API}/v2/orders/640?include=consignments.line_items&consignment_structure=object")
SHIPMENTS = ("fulfillments/update", f"{API}/v2/orders/640/shipments?limit=200")
REFUNDS = ("refunds/create", f"{API}/v3/orders/640/payment_actions/refunds")


def account(**credentials: str) -> Account:
    given = {"client_secret": "s", "store_hash": HASH, "access_token": "the-access-token", **credentials}
    return Account(account="main", brand="larkspur", credentials=given)


def hook(scope: str, producer: str = f"stores/{HASH}", **data: Any) -> bytes:
    return json.dumps({"scope": scope, "store_id": "1", "producer": producer, "hash": "0", "data": data}).encode()


def errands(body: bytes, **credentials: str) -> list[tuple[str, Call]]:
    return CLIENT.errands(body, account(**credentials), "")


def read(value: Any, topic: str = "orders/updated") -> list[Any]:
    return CONNECTOR.parse(topic, json.dumps(value).encode())


class TestErrands:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (hook("store/order/created", type="order", id=640), [FULL_ORDER]),
            (hook("store/order/updated", type="order", id=640), [FULL_ORDER]),
            (hook("store/order/archived", type="order", id="640"), [FULL_ORDER]),
            (hook("store/channel/1/order/updated", order_id=640), [FULL_ORDER]),
            (hook("store/order/statusUpdated", id=640, status={"new_status_id": 11}), [FULL_ORDER]),
            (hook("store/order/statusUpdated", id=640, status={"new_status_id": 2}), [FULL_ORDER, SHIPMENTS]),
            (hook("store/order/statusUpdated", id=640, status={"new_status_id": 3}), [FULL_ORDER, SHIPMENTS]),
            (hook("store/order/statusUpdated", id=640, status={"new_status_id": 4}), [FULL_ORDER, REFUNDS]),
            (hook("store/order/refund/created", id=640, refund={"refund_id": 3}), [FULL_ORDER, REFUNDS]),
            (
                hook("store/shipment/created", type="shipment", id=71, orderId=640),
                [("fulfillments/update", f"{API}/v2/orders/640/shipments/71")],
            ),
            (hook("store/shipment/deleted", type="shipment", id=71, orderId=640), []),
            (hook("store/order/message/created", id=640), []),
            (hook("store/product/updated", id=640), []),
            (hook("store/customer/created", id=640), []),
        ],
        ids=lambda value: json.loads(value)["scope"] if isinstance(value, bytes) else "",
    )
    def test_a_webhook_leads_to_what_it_is_about(self, body: bytes, expected: list[tuple[str, str]]) -> None:
        assert [(topic, call.url) for topic, call in errands(body)] == expected
        assert CONNECTOR.classify("webhook", body) is (BodyKind.THIN if expected else BodyKind.NOT_TRACKING)
        assert CONNECTOR.parse("webhook", body) == []

    def test_the_token_goes_in_a_header_and_nowhere_else(self) -> None:
        for _, call in errands(hook("store/order/refund/created", id=640)):
            assert call.method == "GET"
            assert call.headers["X-Auth-Token"] == "the-access-token"
            assert "the-access-token" not in call.url
            assert CLIENT.token(account()) is None

    @pytest.mark.parametrize("producer", ["stores/another", "stores/", "", f"stores/{HASH}/../x", f"http://{HASH}"])
    def test_of_another_shop_nothing_is_fetched(self, producer: str) -> None:
        with pytest.raises(ForbiddenError):
            errands(hook("store/order/created", producer, id=640))

    @pytest.mark.parametrize("store_hash", ["", "a/b", "../../x", "moor7xyz01?", "m" * 41, "sch\u00f6n"])
    def test_a_store_hash_that_is_none_leads_nowhere(self, store_hash: str) -> None:
        with pytest.raises(ForbiddenError):
            errands(hook("store/order/created", f"stores/{store_hash}", id=640), store_hash=store_hash)

    @pytest.mark.parametrize("order_id", ["640/../../x", "640?x=1", "", None, 6.4, [640], {"id": 640}, "\u0661"])
    def test_an_id_that_is_no_number_leads_nowhere(self, order_id: Any) -> None:
        assert errands(hook("store/order/created", id=order_id)) == []
        assert errands(hook("store/shipment/created", id=71, orderId=order_id)) == []

    @pytest.mark.parametrize("base_url", ["http://evil.example", "ftp://127.0.0.1", "//x.example", "https://"])
    def test_only_https_or_this_machine_is_called(self, base_url: str) -> None:
        with pytest.raises(ForbiddenError):
            errands(hook("store/order/created", id=640), base_url=base_url)

    @pytest.mark.parametrize("base_url", ["http://127.0.0.1:9/peer", "https://proxy.example/bc/"])
    def test_the_account_may_name_another_host(self, base_url: str) -> None:
        ((_, call),) = errands(hook("store/order/created", id=640), base_url=base_url)
        assert call.url.startswith(base_url.rstrip("/") + f"/stores/{HASH}/v2/orders/640?")

    def test_whatever_address_a_body_names_we_go_to_our_own(self) -> None:
        body = json.loads(hook("store/order/created", id=640))
        body |= {"url": "https://evil.example", "resource": "/evil", "destination": "https://evil.example"}
        ((_, call),) = errands(json.dumps(body).encode())
        assert urlsplit(call.url).hostname == "api.bigcommerce.com"

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b"{}", b'{"scope": "store/order/created"}', b'{"scope": 7, "data": {}}']
    )
    def test_what_is_no_webhook_is_unreadable(self, body: bytes) -> None:
        with pytest.raises(UnreadableBodyError):
            errands(body)
        assert CONNECTOR.classify("webhook", body) is BodyKind.NOT_TRACKING

    def test_an_answer_is_not_thin(self) -> None:
        assert CONNECTOR.classify("orders/updated", hook("store/order/created", id=640)) is BodyKind.NOT_TRACKING


class TestProof:
    def test_one_of_several_signatures_is_enough(self) -> None:
        request = SIGNED.request(b"{}", SIGNED.account())
        given = f"v1,{'A' * 44} v1a,x {request.headers['webhook-signature']}"
        assert CONNECTOR.verify(SIGNED.with_proof(request, given), SIGNED.account(), NOW)

    def test_the_id_is_signed_too(self) -> None:
        request = SIGNED.request(b"{}", SIGNED.account())
        moved = replace(request, headers={**request.headers, "webhook-id": "msg_3"})
        assert not CONNECTOR.verify(moved, SIGNED.account(), NOW)

    def test_from_the_future_is_stale_too(self) -> None:
        request = SIGNED.request(b"{}", SIGNED.account(), NOW + TOLERANCE + timedelta(seconds=1))
        assert not CONNECTOR.verify(request, SIGNED.account(), NOW)

    def test_a_short_header_token_verifies_nothing(self) -> None:
        header = next(scheme for scheme in SCHEMES if scheme.name == "bigcommerce-header")
        short = header.account(header_token="short")
        assert not CONNECTOR.verify(header.request(b"{}", short), short, NOW)


class TestAnswers:
    @pytest.mark.parametrize("status", [0, 1])
    def test_an_order_whose_checkout_was_not_completed_is_none_yet(self, status: int) -> None:
        assert read({**ORDER, "status_id": status}) == []

    @pytest.mark.parametrize(
        ("status", "gone"), [(2, False), (4, False), (5, True), (6, True), (7, False), (11, False)]
    )
    def test_status(self, status: int, gone: bool) -> None:
        (placed,) = read({**ORDER, "status_id": status})
        assert (placed.cancelled_at is not None) == gone

    def test_prices_without_tax_less_their_discounts(self) -> None:
        (placed,) = read({**ORDER, "is_tax_inclusive_pricing": False})
        assert [line.unit_price.amount for line in placed.lines] == [4500, 1818]

    def test_an_order_that_only_links_its_lines_is_refused(self) -> None:
        with pytest.raises(UnreadableBodyError, match="without its lines"):
            read({**ORDER, "consignments": {"url": "https://x.example", "resource": "/x"}})

    def test_lines_are_taken_wherever_they_stand_and_once(self) -> None:
        line = ORDER["consignments"]["shipping"][0]["line_items"][0]
        groups = {"pickups": [{"line_items": [line]}], "downloads": [{"line_items": {**line, "id": 9}}]}
        groups["email"] = {"gift_certificates": [{"line_items": [{**line, "id": 10}]}]}
        (placed,) = read({**ORDER, "products": [line], "consignments": [groups]})
        assert [entry.line_id for entry in placed.lines] == ["801", "9", "10"]

    def test_what_is_collected_downloaded_or_digital_never_ships(self) -> None:
        line = ORDER["consignments"]["shipping"][0]["line_items"][0]
        sent = [{"line_items": [{**line, "id": 1}, {**line, "id": 2, "type": "digital"}]}]
        groups = {"shipping": sent, "pickups": [{"line_items": [{**line, "id": 3}]}]}
        groups["downloads"] = [{"line_items": [{**line, "id": 4}]}]
        (placed,) = read({**ORDER, "consignments": [groups]})
        assert [(entry.line_id, entry.ships) for entry in placed.lines] == [
            *(("1", True), ("2", False)),
            *(("3", False), ("4", False)),
        ]

    def test_one_shipment_by_itself(self) -> None:
        (parcel,) = read(SHIPMENT, "fulfillments/update")
        assert (parcel.fulfillment_id, parcel.carrier) == ("71", "ups")

    @pytest.mark.parametrize(
        ("provider", "carrier", "display", "expected"),
        [
            ("auspost", "", "", "australia_post"),
            ("canadapost", "", "", "canada_post"),
            ("royalmail", "", "", "royal_mail"),
            ("endicia", "", "", "usps"),
            ("upsonline", "", "", "ups"),
            ("fedex", "dpd-uk", "", "dpd_uk"),
            ("carrier_17", "", "Moor Couriers", "moor_couriers"),
            ("carrier_17", "", "", None),
            ("shipperhq", "", "", None),
            ("", "", "", None),
        ],
    )
    def test_carriers(self, provider: str, carrier: str, display: str, expected: str | None) -> None:
        names = {"shipping_provider": provider, "tracking_carrier": carrier, "shipping_provider_display_name": display}
        assert read({**SHIPMENT, **names}, "fulfillments/update")[0].carrier == expected

    @pytest.mark.parametrize("empty", [[], {"data": []}, {"data": {}}])
    def test_an_answer_without_entries_looks_like_nothing(self, empty: Any) -> None:
        with pytest.raises(UnreadableBodyError):
            read(empty, "refunds/create")

    def test_iso_dates_are_read_as_well(self) -> None:
        (placed,) = read({**ORDER, "date_created": "2026-04-05T09:30:00+00:00"})
        assert placed.placed_at == datetime(2026, 4, 5, 9, 30, tzinfo=UTC)

    @pytest.mark.parametrize(
        "date", ["Xyz, 99 Foo 2026 99:00:00 +0000", "Sun, 05 Apr 1066 09:30:00 +0000", "", None, 7]
    )
    def test_a_date_that_is_none_is_refused(self, date: Any) -> None:
        with pytest.raises(UnreadableBodyError):
            read({**ORDER, "date_created": date})


class TestPreview:
    def test_a_webhook_is_thin(self) -> None:
        printed = read_payload("bigcommerce", hook("store/shipment/created", id=71, orderId=640))
        assert (printed["kind"], printed["order_id"], printed["shipment_id"]) == ("thin", "640", "71")

    def test_answers(self) -> None:
        order = read_payload("bigcommerce", json.dumps(ORDER).encode())
        assert (order["kind"], order["total"], order["currency"]) == ("order", "90.00", "AUD")
        refunds = read_payload("bigcommerce", (FIXTURES / "bigcommerce/refunds_one_declined.json").read_bytes())
        assert (refunds["kind"], refunds["refund_id"], len(refunds["refunds"])) == ("refund", "5", 1)
        assert read_payload("bigcommerce", b'{"data": []}') == {"kind": "no_result"}
        assert read_payload("bigcommerce", b'{"id": 4, "name": "x"}')["kind"] == "not_tracking"

    def test_an_order_without_lines_is_shown_and_refused(self) -> None:
        printed = read_payload("bigcommerce", json.dumps({**ORDER, "consignments": {}}).encode())
        assert (printed["order_id"], printed["created_at"]) == ("640", "2026-04-05T09:30:00Z")
        assert "lines" in printed["refused"]
