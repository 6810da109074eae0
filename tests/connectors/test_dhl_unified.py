"""DHL Unified: codes of ten divisions, words where there are none, five coarse codes; the handshake; subscriptions."""

import json
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from local.cli.parse import read_payload
from porchlight.carriers.dhl_unified import CONNECTOR
from porchlight.carriers.dhl_unified import statuses as unified
from porchlight.carriers.reading import Reading
from porchlight.connectors import Account, Answer, InboundRequest
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R
from porchlight.errors import ForbiddenError, UnreadableBodyError
from tests.connectors.readings import CODES, agrees, kind, read
from tests.connectors.sources import NOW

AT = "2026-03-05T08:41:00+01:00"
SUBSCRIPTION = "https://api-eu.dhl.com/tracking/push/v1/subscription/6b2f0c1e-3a4d"
ACCOUNT = Account(
    account="main",
    brand="larkspur",
    credentials={"api_key": "the-key", "service": "parcel-de", "hook_token": "the-hook-token"},
)


def _shipment(**fields: Any) -> dict[str, Any]:
    return {"id": "4417093120", "service": "express", "status": {"timestamp": AT, "statusCode": "transit"}, **fields}


def _one(service: str, code: str, status: str = "", said: str = "") -> Any:
    entry = {"timestamp": AT, "statusCode": code, "status": status, "description": said}
    return read("dhl_unified", {"shipments": [_shipment(service=service, status=entry)]})[0].events[0]


def _tables() -> list[tuple[str, dict[str, Reading]]]:
    return [
        (service, getattr(import_module(f"porchlight.carriers.{module}"), name))
        for service, tables in unified._SERVICES.items()
        for module, name in tables
    ]


@pytest.mark.parametrize(("service", "codes"), _tables())
def test_codes_of_every_division(service: str, codes: dict[str, Reading]) -> None:
    assert codes
    for status, reading in codes.items():
        assert agrees(_one(service, "", status), reading), (service, status)
        assert agrees(_one(service.upper(), "", status.lower()), reading), (service, status)


def test_the_tables_hold_every_code_of_the_reference_list() -> None:
    file = CODES / "dhl_unified.json"
    if not file.exists():
        pytest.skip("no reference codes (dhl_unified.json)")
    for entry in json.loads(file.read_text(encoding="utf-8"))["codes"]:
        service = entry["category"].partition(":")[2]
        tables = [codes for name, codes in _tables() if name == service] if service else [unified.UNIFIED]
        assert any(entry["code"] in codes for codes in tables), entry


def test_one_code_means_other_things_in_other_divisions() -> None:
    assert _one("ecommerce", "transit", "100").milestone is M.ACCEPTED
    assert _one("ecommerce-europe", "transit", "100").milestone is M.RETURN_IN_TRANSIT
    assert _one("ecommerce-ppl", "transit", "100").milestone is M.IN_TRANSIT
    assert _one("a-new-division", "transit", "100").milestone is M.IN_TRANSIT


@pytest.mark.parametrize(
    ("code", "milestone"),
    [
        ("pre-transit", M.PRE_TRANSIT),
        ("PRE_TRANSIT", M.PRE_TRANSIT),
        ("transit", M.IN_TRANSIT),
        ("Delivered", M.DELIVERED),
        ("failure", M.EXCEPTION),
        ("unknown", M.UNKNOWN),
    ],
)
def test_the_five_codes_for_what_has_no_other(code: str, milestone: M) -> None:
    found = _one("parcel-uk", code)
    assert (found.milestone, found.recognised) == (milestone, True)


@pytest.mark.parametrize("words", unified.TEXTS)
def test_words_alone(words: str) -> None:
    assert agrees(_one("", "", "", f"{words.capitalize()}."), unified.TEXTS[words])


@pytest.mark.parametrize("words", unified.STARTS)
def test_words_before_a_place(words: str) -> None:
    assert agrees(_one("", "", "", f"{words.upper()} LINDENAU"), unified.STARTS[words])


@pytest.mark.parametrize(
    ("code", "said", "milestone"),
    [
        ("transit", "Shipment is out with courier for delivery", M.OUT_FOR_DELIVERY),
        ("transit", "Processed at LINDENAU", M.IN_TRANSIT),
        ("transit", "Words of no table", M.IN_TRANSIT),
        ("transit", "Delivery attempted; recipient not home", M.DELIVERY_ATTEMPTED),
        ("delivered", "The shipment is ready for pick-up at the PACKSTATION", M.AVAILABLE_FOR_PICKUP),
        ("failure", "Recipient refused delivery", M.EXCEPTION),
        ("failure", "Returned to shipper", M.RETURNED_TO_SENDER),
        ("failure", "In transit", M.EXCEPTION),
        ("unknown", "Delayed", M.DELAYED),
        ("failure", "Die Sendung konnte nicht zugestellt werden, der Empfänger weiß Bescheid", M.DELIVERY_ATTEMPTED),
        ("transit", "NOTICE LEFT", M.DELIVERY_ATTEMPTED),
        ("transit", "AVAILABLE FOR PICKUP AT POST OFFICE", M.AVAILABLE_FOR_PICKUP),
        ("transit", "DELIVERED TO AGENT FOR FINAL DELIVERY", M.IN_TRANSIT),
        ("unknown", "Notice left", M.DELIVERY_ATTEMPTED),
    ],
)
def test_words_refine_the_five(code: str, said: str, milestone: M) -> None:
    assert _one("parcel-uk", code, "", said).milestone is milestone


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("pre-transit", "DELIVERED"),
        ("transit", "Delivered"),
        ("delivered", "Out for delivery"),
        ("failure", "DELIVERED"),
    ],
)
def test_words_against_the_code_are_left_to_a_person(code: str, said: str) -> None:
    found = _one("parcel-uk", code, said)
    assert (found.milestone, found.recognised) == (M.UNKNOWN, False)


def test_reason_and_fault_come_with_the_code() -> None:
    found = _one("express", "transit", "CA")
    assert (found.milestone, found.reason, found.at_fault) == (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, P.CONSIGNEE)


def test_strangers_services_are_not_remembered() -> None:
    """Bodies are others' words: what is kept between them must not grow with them."""
    for number in range(20):
        _one(f"division-{number}", "transit", "OK")
    assert set(unified._TABLES) <= set(unified._SERVICES)


def test_the_status_alone_is_the_event_and_the_summary() -> None:
    (report,) = read("dhl_unified", {"shipments": [_shipment(id=4417093120)]})
    assert (report.carrier, report.tracking_number, report.status) == ("dhl", "4417093120", M.IN_TRANSIT)
    assert [event.occurred_at.isoformat() for event in report.events] == [AT]
    (report,) = read("dhl_unified", {"shipments": [_shipment(status={"statusCode": "delivered"})]})
    assert (report.events, report.status) == ((), M.DELIVERED)
    assert read("dhl_unified", _shipment())[0].status is M.IN_TRANSIT


def test_the_event_that_is_the_status_is_read_with_its_codes() -> None:
    status = {"timestamp": AT, "statusCode": "transit", "status": "WC", "description": "With courier"}
    before = {"timestamp": "2026-03-04T08:41:00+01:00", "description": "Words of no table"}
    (report,) = read(
        "dhl_unified", {"shipments": [_shipment(status=status, events=[{"timestamp": AT, "description": "X"}, before])]}
    )
    first, second = report.events
    assert (first.milestone, first.raw_code, first.raw_codes) == (M.OUT_FOR_DELIVERY, "transit", ("transit", "WC"))
    assert first.description == "X"
    assert (second.milestone, second.recognised) == (M.UNKNOWN, False)


@pytest.mark.parametrize(
    "said", ["Delivered - Signed for by: T FERNWOOD", "Delivered : T FERNWOOD", "Delivered, signed by T FERNWOOD"]
)
def test_nobody_is_named(said: str) -> None:
    assert _one("express", "delivered", "OK", said).description == "Delivered"


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"estimatedTimeOfDelivery": "2026-03-09"}, {"date": "2026-03-09"}),
        ({"estimatedTimeOfDelivery": "2026-03-09T00:00:00"}, {"date": "2026-03-09"}),
        ({"estimatedTimeOfDelivery": "2026-03-09T23:59:00Z"}, {"at": "2026-03-09T23:59:00Z"}),
        ({"estimatedTimeOfDelivery": "soon"}, None),
        (
            {"estimatedDeliveryTimeFrame": {"estimatedFrom": "2026-03-09T09:00:00", "estimatedThrough": "2026-03-09"}},
            {"date": "2026-03-09"},
        ),
        (
            {
                "estimatedTimeOfDelivery": "2026-03-09T10:30:00",
                "estimatedDeliveryTimeFrame": {
                    "estimatedFrom": "2026-03-09T09:00:00",
                    "estimatedThrough": "2026-03-09T12:00:00",
                },
            },
            {"from": "2026-03-09T09:00:00", "to": "2026-03-09T12:00:00", "zone": "local"},
        ),
    ],
)
def test_estimates(fields: dict[str, Any], wanted: dict[str, str] | None) -> None:
    body = json.dumps({"shipments": [_shipment(**fields)]}).encode()
    assert read_payload("dhl_unified", body)["estimated_delivery"] == wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"scope": "subscription.validate", "self": SUBSCRIPTION, "secret": "once"}, "subscription_lifecycle"),
        ({"scope": "subscription.activate", "self": SUBSCRIPTION}, "subscription_lifecycle"),
        ({"scope": "subscription.expire", "self": SUBSCRIPTION}, "subscription_lifecycle"),
        ({"self": SUBSCRIPTION, "secret": "once", "hook": {"uri": "https://x.example"}}, "subscription_lifecycle"),
        ({"scope": "subscription.push", "shipments": []}, "no_result"),
        ({"shipments": []}, "no_result"),
        ({"title": "No result found", "detail": "…", "status": 404}, "no_result"),
        ({"title": "Too Many Requests", "detail": "…", "status": 429}, "not_tracking"),
        ({"status": 401, "title": "Unauthorized", "detail": "…"}, "not_tracking"),
    ],
)
def test_bodies_without_shipments(body: dict[str, Any], wanted: str) -> None:
    assert read("dhl_unified", body) == []
    assert kind("dhl_unified", body) == wanted


def test_what_is_no_body_of_dhl_is_refused() -> None:
    for body in (
        {"status": "ok"},
        {"shipments": {}},
        {"shipments": [{}]},
        {"shipments": [_shipment(status={"timestamp": "?"})]},
    ):
        with pytest.raises(UnreadableBodyError):
            read("dhl_unified", body)
    assert kind("dhl_unified", b"nothing") == "not_tracking"


def test_the_header_may_have_another_name() -> None:
    account = replace(ACCOUNT, credentials={**ACCOUNT.credentials, "hook_header": "X-Lamp"})
    for name, right in (("x-lamp", True), ("x-porchlight-hook", False)):
        request = InboundRequest(headers={name: "the-hook-token"}, body=b"{}")
        assert CONNECTOR.verify(request, account, NOW) is right


def test_it_asks_for_one_number_in_english() -> None:
    first, second = CONNECTOR.client.ask(["A 1", "2"], ACCOUNT, "")
    assert first.url == "https://api-eu.dhl.com/track/shipments?trackingNumber=A%201&language=en&service=parcel-de"
    assert first.headers["DHL-API-Key"] == "the-key"
    assert (first.numbers, second.numbers) == (("A 1",), ("2",))
    bare = Account(account="main", brand="larkspur", credentials={"api_key": "the-key"})
    assert "service" not in CONNECTOR.client.ask(["1"], bare, "")[0].url


def _errand(**body: Any) -> Any:
    given = {"scope": "subscription.validate", "self": SUBSCRIPTION, "secret": "a-secret-for-once", **body}
    return CONNECTOR.client.errand(json.dumps(given).encode(), ACCOUNT, "")


def test_the_handshake_is_answered() -> None:
    call = _errand()
    assert (call.method, call.url, call.body) == ("POST", SUBSCRIPTION, b"")
    assert call.headers["DHL-API-Hook-Secret"] == "a-secret-for-once"
    assert call.headers["DHL-API-Key"] == "the-key"


def test_the_handshake_is_answered_at_the_base_only() -> None:
    """The body says which subscription, not where: its sender is not proven to be DHL."""
    assert _errand(self="https://api-test.dhl.com/tracking/push/v1/subscription/6b2f0c1e-3a4d/").url == SUBSCRIPTION
    peer = replace(ACCOUNT, credentials={**ACCOUNT.credentials, "base_url": "http://127.0.0.1:9/peer"})
    body = {"scope": "subscription.validate", "secret": "s", "self": "http://127.0.0.1:9/subscription/abc"}
    call = CONNECTOR.client.errand(json.dumps(body).encode(), peer, "")
    assert call is not None
    assert call.url == "http://127.0.0.1:9/peer/tracking/push/v1/subscription/abc"


@pytest.mark.parametrize(
    "address",
    [
        "",
        None,
        "https://api-eu.dhl.com.evil.example/tracking/push/v1/subscription/abc",
        "https://evil-dhl.com/tracking/push/v1/subscription/abc",
        "https://api-eu.dhl.com@evil.example/tracking/push/v1/subscription/abc",
        "https://api-eu.dhl.com/tracking/push/v1/subscription/",
        "https://api-eu.dhl.com/tracking/push/v1/abc",
        "https://api-eu.dhl.com/tracking/push/v1/subscription/..%2fabc",
        "https://api-eu.dhl.com/tracking/push/v1/subscription/a b",
        "https://[/subscription/abc",
    ],
)
def test_a_handshake_about_something_else_is_refused(address: str | None) -> None:
    with pytest.raises(ForbiddenError):
        _errand(self=address)


def test_other_bodies_ask_for_nothing() -> None:
    assert _errand(scope="subscription.push") is None
    assert _errand(scope="subscription.activate") is None
    assert _errand(secret="") is None
    assert CONNECTOR.client.errand(b"[]", ACCOUNT, "") is None
    assert CONNECTOR.client.errand(b"no json", ACCOUNT, "") is None


def test_it_subscribes_to_ten_shipments_under_our_token() -> None:
    numbers = [str(number) for number in range(10)]
    (call,) = CONNECTOR.subscriptions.subscribe(numbers, ACCOUNT, "", "https://track.example/webhooks/dhl_unified")
    assert (call.method, call.url) == ("POST", "https://api-eu.dhl.com/tracking/push/v1/subscription")
    assert call.headers["DHL-API-Key"] == "the-key"
    assert call.numbers == tuple(numbers)
    wanted = json.loads(call.body)
    assert wanted["hook"] == {
        "uri": "https://track.example/webhooks/dhl_unified",
        "authentication": {
            "type": "ApiKeyAuthentication",
            "header": "x-porchlight-hook",
            "token": "the-hook-token",
        },
    }
    assert (wanted["shipmentIDs"], wanted["service"], wanted["type"]) == (numbers, "parcel-de", "Shipment")
    assert len(wanted["events"]) == 5
    assert CONNECTOR.subscriptions.batch == 10


@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        (201, {"self": SUBSCRIPTION}, "6b2f0c1e-3a4d"),
        (200, {"subscriptionId": "sub-1"}, "sub-1"),
        (202, {}, ""),
        (400, {"title": "Bad Request", "status": 400}, None),
        (429, {}, None),
    ],
)
def test_what_it_answers_to_a_subscription(status: int, body: dict[str, Any], wanted: str | None) -> None:
    answer = Answer(status=status, headers={}, body=json.dumps(body).encode())
    assert CONNECTOR.subscriptions.subscribed(answer) == wanted
