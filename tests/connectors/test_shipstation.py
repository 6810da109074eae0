"""ShipStation v1: webhooks that point, where they may point to, and what stands there."""

import json
from base64 import b64decode
from typing import Any

import pytest

from porchlight.carriers.shipstation import CONNECTOR
from porchlight.connectors import Account
from porchlight.domain.milestones import Milestone as M
from porchlight.errors import ForbiddenError, UnreadableBodyError
from tests.connectors.readings import kind, read

KEYS = {"api_key": "key", "api_secret": "secret", "path_token": "t0ken-that-nobody-guesses"}
ACCOUNT = Account(account="main", brand="larkspur", credentials=KEYS)
LOCAL = Account(account="main", brand="larkspur", credentials={**KEYS, "base_url": "http://127.0.0.1:9/peer"})


def _thin(url: Any, kind_: str = "SHIP_NOTIFY") -> bytes:
    return json.dumps({"resource_url": url, "resource_type": kind_}).encode()


def _errand(url: Any, account: Account = ACCOUNT) -> Any:
    return CONNECTOR.client.errand(_thin(url), account, "")


@pytest.mark.parametrize(
    "url",
    [
        "https://ssapi.shipstation.com/shipments?batchId=1&includeShipmentItems=False",
        "https://ssapi6.shipstation.com/shipments?batchId=1",
        "https://SSAPI.shipstation.com/fulfillments?orderId=1",
    ],
)
def test_its_own_hosts_are_fetched_with_the_accounts_keys(url: str) -> None:
    call = _errand(url)
    assert (call.method, call.url, call.body) == ("GET", url, b"")
    assert b64decode(call.headers["Authorization"].removeprefix("Basic ")) == b"key:secret"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/shipments?batchId=1",
        "http://ssapi.shipstation.com/shipments?batchId=1",
        "ftp://ssapi.shipstation.com/shipments",
        "//ssapi.shipstation.com/shipments",
        "https://ssapi.shipstation.com:443/shipments",
        "https://ssapi.shipstation.com:8443/shipments",
        "https://ssapi.shipstation.com:/shipments",
        "https://ssapi.shipstation.com:port/shipments",
        "https://key@ssapi.shipstation.com/shipments",
        "https://ssapi.shipstation.com@evil.example/shipments",
        "https://evil.example#@ssapi.shipstation.com/shipments",
        "https://ssapi.shipstation.com.evil.example/shipments",
        "https://evilssapi.shipstation.com/shipments",
        "https://shipstation.com/shipments",
        "https://ssapi.shipstation.com\\@evil.example/shipments",
        "https://ssapi.shipstation.com%2eevil.example/shipments",
        "https://ssapi.shipstation.com /shipments",
        "https://ssapi.shipstation.com\t/shipments",
        "https://ssap\u0456.shipstation.com/shipments",
        "https://[::1/shipments",
        "https://169.254.169.254/shipments",
        "https://ssapi.shipstation.com/orders?importBatch=1",
        "https://ssapi.shipstation.com/shipments/../orders",
        "https://ssapi.shipstation.com/shipments/%2e%2e/orders",
        "https://ssapi.shipstation.com/shipments%2f..%2forders",
        "https://ssapi.shipstation.com./shipments",
        "https://ssapi.shipstation.com",
        "http://127.0.0.1:9/peer/shipments",
        "",
        None,
        7,
        ["https://ssapi.shipstation.com/shipments"],
    ],
)
def test_a_body_never_says_where_we_may_go(url: Any) -> None:
    with pytest.raises(ForbiddenError):
        _errand(url)


def test_the_accounts_own_base_address_is_home_too() -> None:
    assert (
        _errand("http://127.0.0.1:9/peer/shipments?batchId=1", LOCAL).url
        == "http://127.0.0.1:9/peer/shipments?batchId=1"
    )
    for url in (
        "http://127.0.0.1:10/peer/shipments",
        "https://127.0.0.1:9/peer/shipments",
        "http://127.0.0.1:9/else/shipments",
        "http://user@127.0.0.1:9/peer/shipments",
        "http://127.0.0.1:9/peer/orders",
    ):
        with pytest.raises(ForbiddenError):
            _errand(url, LOCAL)


def test_news_about_orders_lead_nowhere() -> None:
    for name in ("ORDER_NOTIFY", "ITEM_ORDER_NOTIFY", "FULFILLMENT_REJECTED", "", "SOMETHING_NEW"):
        assert CONNECTOR.client.errand(_thin("https://evil.example/", name), ACCOUNT, "") is None
        assert kind("shipstation", _thin("https://evil.example/", name)) == "not_tracking"
    for name in ("SHIP_NOTIFY", "ITEM_SHIP_NOTIFY", "FULFILLMENT_SHIPPED"):
        assert kind("shipstation", _thin("https://evil.example/", name)) == "thin"
        assert read("shipstation", _thin("https://evil.example/", name)) == []
    with pytest.raises(UnreadableBodyError):
        CONNECTOR.client.errand(b"not json", ACCOUNT, "")


def test_there_is_no_asking_for_numbers() -> None:
    assert CONNECTOR.client.batch == 0
    assert CONNECTOR.client.ask(["1"], ACCOUNT, "") == []


def test_times_are_pacific() -> None:
    def printed(**dates: Any) -> list[str]:
        item = {"trackingNumber": "1", "carrierCode": "fedex", **dates}
        events = read("shipstation", {"shipments": [item]})[0].events
        return [event.occurred_at.isoformat() for event in events]

    assert printed(createDate="2026-01-15T08:00:00.0000000") == ["2026-01-15T08:00:00-08:00"]
    assert printed(createDate="2026-07-15T08:00:00.0000000") == ["2026-07-15T08:00:00-07:00"]
    assert printed(createDate="2026-07-15T08:00:00Z") == ["2026-07-15T08:00:00+00:00"]
    assert printed(createDate=None) == []


def test_shipments() -> None:
    made = {"trackingNumber": "1", "carrierCode": "stamps_com", "createDate": "2026-01-15T08:00:00"}
    voided = {**made, "voidDate": "2026-01-15T09:00:00"}
    delivered = {**made, "carrierCode": "ups", "deliveryDate": "2026-01-17T09:00:00"}
    reports = read("shipstation", {"shipments": [made, voided, {**made, "trackingNumber": ""}], "total": 3})
    assert [(report.carrier, report.status) for report in reports] == [("usps", M.PRE_TRANSIT), ("usps", M.CANCELLED)]
    assert read("shipstation", {"fulfillments": [delivered]})[0].status is M.DELIVERED
    undated = {**made, "voided": True, "voidDate": None}
    assert read("shipstation", {"shipments": [undated]})[0].status is M.CANCELLED
    assert kind("shipstation", {"shipments": []}) == "no_result"
    assert read("shipstation", {"ExceptionMessage": "no"}) == []
    with pytest.raises(UnreadableBodyError):
        read("shipstation", {"shipments": [{**made, "trackingNumber": "1" * 65}]})
