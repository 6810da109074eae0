"""TrackingMore: statuses and substatuses, three versions of its bodies; what is asked, created and tracked again."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from porchlight.carriers.trackingmore import CONNECTOR
from porchlight.carriers.trackingmore import statuses as trackingmore
from porchlight.connectors import Account, Answer, InboundRequest
from porchlight.domain.milestones import Milestone as M
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import agrees, kind, read
from tests.connectors.scheme import NOW

ACCOUNT = Account(account="main", brand="larkspur", credentials={"api_key": "key"})


def _point(status: str = "", sub: str = "", words: str = "", **more: Any) -> dict[str, Any]:
    return {
        "checkpoint_date": "2026-01-01T12:00:00",
        "tracking_detail": words,
        "checkpoint_delivery_status": status,
        "checkpoint_delivery_substatus": sub,
        **more,
    }


def _item(*points: dict[str, Any], **more: Any) -> dict[str, Any]:
    leg = {"trackinfo": [*points]}
    return {"tracking_number": "1", "courier_code": "ups", "delivery_status": "transit", "origin_info": leg, **more}


def _report(*points: dict[str, Any], **more: Any) -> Any:
    return read("trackingmore", {"meta": {"code": 200}, "data": _item(*points, **more)})[0]


def _event(status: str = "", sub: str = "", words: str = "", **more: Any) -> Any:
    return _report(_point(status, sub, words, **more)).events[0]


def test_codes() -> None:
    for status, reading in trackingmore.STATUSES.items():
        assert agrees(_event(status), reading), status
        assert _event(status).raw_code == status
    for sub, reading in trackingmore.SUBSTATUSES.items():
        assert agrees(_event(sub.rstrip("0123456789"), sub), reading), sub
        assert agrees(_event("", sub), reading), sub


def test_the_documented_codes_are_all_there() -> None:
    """support.trackingmore.com, "9 main statuses and sub-statuses"."""
    numbers = {
        "inforeceived": (1,),
        "transit": range(1, 8),
        "pickup": (1, 2, 3),
        "delivered": range(1, 5),
        "undelivered": range(1, 5),
        "exception": range(4, 12),
        "notfound": (2,),
        "expired": (1,),
    }
    assert set(trackingmore.STATUSES) == {*numbers, "pending"}
    documented = {f"{status}{number:03}" for status, found in numbers.items() for number in found}
    assert set(trackingmore.SUBSTATUSES) == documented | {"notfound001"}


def test_new_codes_and_old_spellings() -> None:
    assert _event("transit", "transit099").milestone is M.IN_TRANSIT
    assert _event("", "exception099").milestone is M.EXCEPTION
    assert _event("notfound", "not found001").milestone is M.PRE_TRANSIT
    assert _event("Transit").milestone is M.IN_TRANSIT
    assert not _event("teleported", "teleported001").recognised


def test_words_say_more_where_the_code_says_little() -> None:
    assert _event("transit", "transit001", "Picked up").milestone is M.ACCEPTED
    assert _event("exception", "exception007", "Shipment lost").milestone is M.LOST
    assert _event("exception", "exception007", "A word nobody has met").milestone is M.EXCEPTION
    assert _event("delivered", "delivered001", "Out for delivery").milestone is M.DELIVERED


def test_times_are_local_in_every_spelling() -> None:
    assert [
        _report({"Date": at, "checkpoint_status": "transit"}).events[0].occurred_at.isoformat()
        for at in ("2026-01-01 12:00", "2026-01-01 12:00:00", "2026-01-01T12:00:00")
    ] == ["2026-01-01T12:00:00"] * 3
    assert _report({"Date": "", "checkpoint_status": "transit"}).events == ()


def test_two_legs_in_the_order_of_the_body() -> None:
    far = {"trackinfo": [_point("delivered", "delivered001")]}
    report = _report(_point("transit", "transit002"), _point("transit", "transit001"), destination_info=far)
    assert [event.raw_code for event in report.events] == ["transit002", "transit001", "delivered001"]
    assert report.status is M.DELIVERED


def test_carriers_places_and_estimates() -> None:
    assert _report(courier_code="dhl").carrier == "dhl_express"
    assert _report(courier_code=None, carrier_code="royal-mail").carrier == "royal_mail"
    place = _event("transit", location="Vesterholm, DK").place
    assert (place.city, place.country) == ("Vesterholm", "DK")
    assert _event("transit", city="Ebonford", state="ID", country_iso2="US").place.region == "ID"
    assert str(_report(expected_delivery_date="2026-01-05").estimate.day) == "2026-01-05"


def test_every_shape_of_an_answer() -> None:
    one = _item(_point("delivered"))
    for body in (
        one,
        {"meta": {"code": 200}, "data": [one]},
        {"meta": {"code": 200}, "data": {"items": [one], "page": 1}},
        {"code": 200, "data": [one]},
        {"data": one, "verifyInfo": {}},
    ):
        assert read("trackingmore", body)[0].events[0].milestone is M.DELIVERED


def test_what_a_body_without_parcels_is() -> None:
    assert kind("trackingmore", {"meta": {"code": 4102}, "data": []}) == "no_result"
    receipt = {"meta": {"code": 200}, "data": {"success": [{"id": "1", "tracking_number": "9"}], "error": []}}
    assert read("trackingmore", receipt) == []
    for body in ({"tracking_number": "1"}, {"data": None}, {"meta": {"code": 200}, "data": [7]}):
        with pytest.raises(UnreadableBodyError):
            read("trackingmore", body)


def test_the_documented_example_of_a_signature() -> None:
    """The vendor's own numbers: the text of the timestamp is what is signed."""
    secret, stamp = "2e55b9a3-4dd1-4416-9897-c4bd1e3d738f", "1662371528"
    digest = "a37084ab68ae16b77db1f8463f31be9fcc965e2515e03efecf8139bb1e511b06"
    account = Account(account="main", brand="larkspur", credentials={"webhook_secret": secret})
    request = InboundRequest(headers={"timestamp": stamp, "signature": digest}, body=b"{}")
    then = NOW.fromtimestamp(int(stamp), NOW.tzinfo)
    assert CONNECTOR.verify(request, account, then)
    assert not CONNECTOR.verify(request, account, NOW)


def test_the_time_and_the_network_of_a_signed_call() -> None:
    secret = "11111111-2222-3333-4444-555555555555"

    def request(stamp: str) -> InboundRequest:
        digest = hmac.new(secret.encode(), stamp.encode(), hashlib.sha256).hexdigest()
        return InboundRequest(headers={"timestamp": stamp, "signature": digest}, body=b"{}", source_ip="203.0.113.9")

    def takes(stamp: str, **more: str) -> bool:
        account = Account(account="main", brand="larkspur", credentials={"webhook_secret": secret, **more})
        return CONNECTOR.verify(request(stamp), account, NOW)

    now = int(NOW.timestamp())
    assert takes(str(now))
    assert takes(str(now * 1000))
    assert not takes(str(now + 301))
    assert not takes("")
    assert not takes("soon")
    assert not takes("9" * 40)
    assert not takes(str(now), networks="198.51.100.0/24")
    assert takes(str(now), networks="203.0.113.0/24")


def test_asking_for_many_at_once() -> None:
    (call,) = CONNECTOR.client.ask(["1Z1", "ups:1Z2"], ACCOUNT, "")
    assert call.url == "https://api.trackingmore.com/v4/trackings/get?limit=200&tracking_numbers=1Z1,1Z2"
    assert call.headers["Tracking-Api-Key"] == "key"


def test_creating_names_the_carrier() -> None:
    subscriptions = CONNECTOR.subscriptions
    calls = subscriptions.subscribe(["royal_mail:AA", "1Z0000W10300000018", "dhl_express:55"], ACCOUNT, "", "")
    assert [json.loads(call.body)["courier_code"] for call in calls] == ["royal-mail", "ups", "dhl"]
    assert subscriptions.subscribed(Answer(200, {}, b'{"meta": {"code": 200}, "data": {"id": "f00d"}}')) == "f00d"
    assert subscriptions.subscribed(Answer(400, {}, b'{"meta": {"code": 4101}, "data": []}')) == ""
    for status, body in ((400, b'{"meta": {"code": 4120}, "data": []}'), (200, b"[]"), (429, b"")):
        assert subscriptions.subscribed(Answer(status, {}, body)) is None
    again = subscriptions.revive("f00d", ACCOUNT, "")
    assert again is not None
    assert again.url == "https://api.trackingmore.com/v4/trackings/retrack/f00d"
    assert subscriptions.revive("", ACCOUNT, "") is None
