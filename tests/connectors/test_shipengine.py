"""ShipEngine: codes and details, older shapes, published keys; what is asked, started and fetched."""

import json
from dataclasses import replace
from typing import Any

import pytest

from porchlight.carriers.shipengine import CONNECTOR
from porchlight.carriers.shipengine import statuses as shipengine
from porchlight.connectors import Account, Answer, InboundRequest
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party
from porchlight.errors import ForbiddenError, UnreadableBodyError
from tests.connectors.readings import agrees, kind, known, read
from tests.connectors.scheme import NOW, Scheme
from tests.connectors.sources import SCHEMES

ACCOUNT = Account(account="main", brand="larkspur", credentials={"api_key": "se-key"})
SCHEME: Scheme = next(scheme for scheme in SCHEMES if scheme.name == "shipengine")
BODY = b'{"resource_type": "API_TRACK"}'


def _scan(**more: Any) -> dict[str, Any]:
    return {"occurred_at": "2026-01-01T12:00:00Z", "description": "", **more}


def _parcel(*scans: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"tracking_number": "1", "status_code": "IT", "carrier_code": "ups", "events": [*scans], **more}


def _event(carrier: str = "seko", **more: Any) -> Any:
    return read("shipengine", _parcel(_scan(**more), carrier_code=carrier))[0].events[0]


def test_codes() -> None:
    for code, reading in shipengine.STATUSES.items():
        assert agrees(_event(status_code=code), reading), code
    for code, reading in shipengine.DETAILS.items():
        assert agrees(_event(status_detail_code=code), reading), code


def test_the_tables_are_complete() -> None:
    assert {*shipengine.STATUSES, *shipengine.DETAILS} == known("shipengine")


def test_detail_then_status_then_the_carriers_code_then_words() -> None:
    assert _event(status_code="EX", status_detail_code="HELD_BY_CUSTOMS").milestone is M.EXCEPTION
    assert _event(status_code="IT", status_detail_code="OUT_FOR_DELIVERY").milestone is M.OUT_FOR_DELIVERY
    assert _event(status_code="IT", status_detail_code="COINED_TODAY").milestone is M.IN_TRANSIT
    assert _event(status_code="EX", status_detail_code="DUTY_NOT_PAID").at_fault is Party.CONSIGNEE
    assert _event("stamps_com", status_code="IT", event_code="OF").milestone is M.OUT_FOR_DELIVERY
    assert _event("stamps_com", status_code="", event_code="OF").milestone is M.OUT_FOR_DELIVERY
    assert _event(status_code="IT", description="Out for Delivery, by 9pm").milestone is M.OUT_FOR_DELIVERY
    assert _event(status_code=None, description="Delivered, In/At Mailbox").milestone is M.DELIVERED
    assert _event(status_code="EX", description="Delivery attempted").milestone is M.DELIVERY_ATTEMPTED
    assert not _event(event_code="ZZ", description="A word nobody has met").recognised
    assert not _event(status_code="XX").recognised


def test_the_code_is_the_carriers_where_there_is_one_and_placeholders_are_none() -> None:
    found = _event(status_code="IT", event_code="AR", status_detail_code="HUB_SCAN_IN")
    assert (found.raw_code, found.raw_codes) == ("AR", ("IT", "AR", "HUB_SCAN_IN"))
    assert _event(status_code="IT", status_detail_code="HUB_SCAN_IN").raw_code == "HUB_SCAN_IN"
    assert _event(status_code="IT").raw_code == "IT"
    assert _event(event_code="string", description="Delivered").raw_code == ""


@pytest.mark.parametrize(
    ("parcel", "address", "carrier"),
    [
        ({"carrier_code": "stamps_com"}, "", "usps"),
        ({}, "https://api.shipengine.com/v1/tracking/ups/1", "ups"),
        ({}, "https://api.shipengine.com/v1/tracking?carrier_code=fedex_walleted&tracking_number=1", "fedex"),
        ({}, "https://api.shipengine.com/v1/labels/se-1/track", ""),
        ({"links": {"self": {"href": "https://api.shipengine.com/v1/tracking/dhl_express/1"}}}, "", "dhl_express"),
        ({"events": [_scan(company_name="Stamps.com")]}, "", "usps"),
        ({"events": [_scan(company_name="Odd Lot Ltd")]}, "", ""),
        ({"tracking_number": "1Z0000W10300000018"}, "http://[", "ups"),
    ],
)
def test_the_carrier_is_found_wherever_it_stands(parcel: dict[str, Any], address: str, carrier: str) -> None:
    data = {"tracking_number": "1", "status_code": "IT", **parcel}
    body = {"resource_type": "API_TRACK", "resource_url": address, "data": data}
    assert read("shipengine", body)[0].carrier == carrier


def test_times_and_estimates() -> None:
    local = _scan(occurred_at=None, carrier_occurred_at="2026-01-01T12:00:00")
    older = {"event_date": "2026-01-01T12:00:00.5Z", "description": "Accepted"}
    report = read("shipengine", _parcel(local, older, _scan(occurred_at=None)))[0]
    assert [event.zone_known for event in report.events] == [False, True]
    same = read(
        "shipengine",
        _parcel(estimated_delivery_date="2026-01-02T10:00:00Z", actual_delivery_date="2026-01-02T10:00:00Z"),
    )
    assert same[0].estimate is None
    naive = read("shipengine", _parcel(estimated_delivery_date="2026-04-30T00:00:00"))[0].estimate
    assert naive is not None
    assert str(naive.day) == "2026-04-30"


def test_the_head_and_the_events_make_the_summary() -> None:
    scan = _scan(status_code="IT", status_detail_code="OUT_FOR_DELIVERY")
    assert read("shipengine", _parcel(scan))[0].status is M.OUT_FOR_DELIVERY
    assert read("shipengine", _parcel(scan, status_code="DE"))[0].status is M.DELIVERED
    assert read("shipengine", _parcel(scan, status_code="UN"))[0].status is M.OUT_FOR_DELIVERY
    assert read("shipengine", _parcel(status_code="NY"))[0].status is M.PRE_TRANSIT


def test_what_a_body_without_parcels_is() -> None:
    assert kind("shipengine", {"resource_type": "API_TRACK", "resource_url": "https://api.shipengine.com/x"}) == "thin"
    assert kind("shipengine", {"resource_type": "API_BATCH"}) == "not_tracking"
    assert kind("shipengine", {"request_id": "1", "errors": []}) == "no_result"
    assert read("shipengine", {"request_id": "1", "error": {"message": "no"}}) == []
    with pytest.raises(UnreadableBodyError):
        read("shipengine", {"resource_type": "API_TRACK", "data": []})


def _signed(**headers: str) -> InboundRequest:
    request = SCHEME.request(BODY, SCHEME.account())
    return replace(request, headers={**request.headers, **headers})


def test_the_key_that_signed_is_named_and_is_the_one_that_is_tried() -> None:
    assert CONNECTOR.key_id(_signed()) == "key-of-march"
    assert CONNECTOR.key_id(InboundRequest(headers={}, body=b"")) == ""
    assert CONNECTOR.jwks_url == "https://api.shipengine.com/jwks"
    assert CONNECTOR.verify(_signed(), SCHEME.account(), NOW)
    assert not CONNECTOR.verify(_signed(**{"x-shipengine-rsa-sha256-key-id": "key-of-april"}), SCHEME.account(), NOW)


def test_keys_that_may_not_sign_are_refused() -> None:
    good = json.loads(SCHEME.credentials["jwk"])
    without_kid = {key: value for key, value in good.items() if key != "kid"}
    assert CONNECTOR.verify(_signed(), SCHEME.account(jwk=json.dumps(without_kid)), NOW)
    for changed in (
        {**good, "kty": "EC"},
        {**good, "use": "enc"},
        {**good, "n": good["n"][:40]},
        {**good, "n": 7},
        {**good, "n": "é"},
        {**good, "e": "AA"},
        {key: value for key, value in good.items() if key != "n"},
        [good],
        "text",
    ):
        assert not CONNECTOR.verify(_signed(), SCHEME.account(jwk=json.dumps(changed)), NOW), changed
    assert not CONNECTOR.verify(_signed(), SCHEME.account(jwk="[" * 100_000), NOW)


def _stamped(stamp: str) -> InboundRequest:
    """A request that is signed with the scheme's own key at any time."""
    sign: Any = SCHEME.sign
    headers = sign.__globals__["signed_with"]("key-of-march", BODY, stamp)
    return InboundRequest(headers={name.lower(): value for name, value in headers.items()}, body=BODY)


@pytest.mark.parametrize(
    "stamp", ["2026-03-06T19:13:00Z", "2026-03-06T20:15:00+01:00", "2026-03-06T19:13:00", "1772824380", "1772824380000"]
)
def test_times_in_every_spelling(stamp: str) -> None:
    assert CONNECTOR.verify(_stamped(stamp), SCHEME.account(), NOW)


@pytest.mark.parametrize(
    "stamp", ["", "yesterday", "9" * 30, "-5", "0001-01-01T00:00:00+14:00", "2026-03-06T19:20:00Z"]
)
def test_a_time_that_is_none_or_not_now_is_refused(stamp: str) -> None:
    assert not CONNECTOR.verify(_stamped(stamp), SCHEME.account(), NOW)


def test_an_account_with_a_token_has_to_be_addressed() -> None:
    """Everybody's webhooks are signed with the same keys: the token says whose this one is."""
    account = SCHEME.account(path_token="t0ken-that-nobody-guesses")
    request = _signed()
    assert not CONNECTOR.verify(request, account, NOW)
    assert CONNECTOR.verify(replace(request, token="t0ken-that-nobody-guesses"), account, NOW)
    unsigned = InboundRequest(headers={}, body=BODY, token="t0ken-that-nobody-guesses")
    assert not CONNECTOR.verify(unsigned, account, NOW)


def test_an_account_without_a_token_takes_nothing_that_is_addressed_to_another() -> None:
    request = _signed()
    assert CONNECTOR.verify(request, SCHEME.account(), NOW)
    assert not CONNECTOR.verify(replace(request, token="t0ken-that-nobody-guesses"), SCHEME.account(), NOW)
    assert not CONNECTOR.verify(replace(request, query={"token": "t0ken"}), SCHEME.account(), NOW)


def test_asking_and_starting_name_the_carrier() -> None:
    (call,) = CONNECTOR.client.ask(["9400100000000000000031"], ACCOUNT, "")
    assert call.url == (
        "https://api.shipengine.com/v1/tracking?carrier_code=stamps_com&tracking_number=9400100000000000000031"
    )
    assert call.headers["API-Key"] == "se-key"
    (call,) = CONNECTOR.subscriptions.subscribe(["dhl_express:55"], ACCOUNT, "", "https://us.example")
    assert call.method == "POST"
    assert call.url == "https://api.shipengine.com/v1/tracking/start?carrier_code=dhl_express&tracking_number=55"
    assert call.numbers == ("dhl_express:55",)
    assert CONNECTOR.subscriptions.subscribed(Answer(204, {}, b"")) == ""
    assert CONNECTOR.subscriptions.subscribed(Answer(400, {}, b"{}")) is None


def test_a_thin_webhook_is_followed_to_shipengines_hosts_only() -> None:
    def thin(url: Any, **more: Any) -> bytes:
        return json.dumps({"resource_type": "TRACK_EVENT_V2", "resource_url": url, **more}).encode()

    call = CONNECTOR.client.errand(thin("https://api.shipstation.com/v2/labels/se-1/track"), ACCOUNT, "")
    assert call is not None
    assert call.headers["API-Key"] == "se-key"
    assert CONNECTOR.client.errand(thin("https://evil.example/", data=_parcel()), ACCOUNT, "") is None
    assert (
        CONNECTOR.client.errand(b'{"resource_type": "API_BATCH", "resource_url": "https://evil.example"}', ACCOUNT, "")
        is None
    )
    for url in (
        "https://evil.example/v1",
        "http://api.shipengine.com/v1",
        "https://api.shipengine.com.evil.example/",
        None,
    ):
        with pytest.raises(ForbiddenError):
            CONNECTOR.client.errand(thin(url), ACCOUNT, "")
