"""USPS: how it is asked and subscribed to, its clocks, and the rarer shapes of its bodies."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from porchlight.carriers.usps import CONNECTOR
from porchlight.connectors import Account, Answer, BodyKind
from porchlight.domain.events import TrackingReport
from porchlight.domain.milestones import Milestone as M
from porchlight.errors import UnreadableBodyError

CREDENTIALS = {"client_id": "key", "client_secret": "s3cret", "secret": "x" * 32, "admin_email": "ops@larkspur.example"}
ACCOUNT = Account(account="main", brand="larkspur", credentials=CREDENTIALS)
NUMBER = "9400100000000000000093"
SUBSCRIPTION = "019f0000-1111-7222-8333-444444444444"


def _read(body: Any) -> list[TrackingReport]:
    return CONNECTOR.parse(json.dumps(body).encode())


def _piece(**more: Any) -> TrackingReport:
    (report,) = _read({"trackingNumber": NUMBER, **more})
    return report


def _occurred(**entry: Any) -> str:
    return _piece(trackingEvents=[{"eventCode": "10", **entry}]).events[0].occurred_at.isoformat()


def test_a_token_is_asked_for_in_json() -> None:
    call = CONNECTOR.client.token(ACCOUNT)
    assert (call.method, call.url) == ("POST", "https://apis.usps.com/oauth2/v3/token")
    assert json.loads(call.body) == {
        "grant_type": "client_credentials",
        "client_id": "key",
        "client_secret": "s3cret",
    }


def test_thirty_five_numbers_are_one_request_or_one_each_in_the_older_version() -> None:
    numbers = [f"94001{index:017}" for index in range(35)]
    (call,) = CONNECTOR.client.ask(numbers, ACCOUNT, "tok")
    assert (call.method, call.url) == ("POST", "https://apis.usps.com/tracking/v3r2/tracking")
    assert json.loads(call.body) == [{"trackingNumber": number} for number in numbers]
    assert call.headers["Authorization"] == "Bearer tok"
    older = replace(ACCOUNT, credentials={**CREDENTIALS, "api_version": "v3"})
    calls = CONNECTOR.client.ask([*numbers[:2], "A/B?c"], older, "tok")
    assert [call.url for call in calls] == [
        f"https://apis.usps.com/tracking/v3/tracking/{number}?expand=DETAIL" for number in (*numbers[:2], "A%2FB%3Fc")
    ]
    assert [call.method for call in calls] == ["GET"] * 3


def test_a_subscription_names_its_number_our_address_and_the_secret() -> None:
    subscriptions = CONNECTOR.subscriptions
    (call,) = subscriptions.subscribe([NUMBER], ACCOUNT, "tok", "https://track.example/webhooks/usps")
    assert (call.method, call.url) == ("POST", "https://apis.usps.com/subscriptions-tracking/v3/subscriptions")
    assert json.loads(call.body) == {
        "listenerURL": "https://track.example/webhooks/usps",
        "secret": "x" * 32,
        "adminNotification": [{"email": "ops@larkspur.example"}],
        "filterProperties": {"trackingNumber": NUMBER},
    }
    assert call.numbers == (NUMBER,)
    assert (subscriptions.batch, subscriptions.lifetime) == (1, timedelta(days=30))
    assert not subscriptions.keeps_history


@pytest.mark.parametrize(
    ("status", "body", "found"),
    [
        (201, {"subscriptionId": SUBSCRIPTION, "status": "ENABLED"}, SUBSCRIPTION),
        (200, {}, ""),
        (400, {"error": {"message": f"A double of subscriptionId : {SUBSCRIPTION} exists"}}, SUBSCRIPTION),
        (400, {"error": {"errors": [{"title": f'Duplicate, subscriptionId: "{SUBSCRIPTION}".'}]}}, SUBSCRIPTION),
        (400, {"error": {"errors": [{"detail": "subscriptionId : too short"}]}}, None),
        (400, {"error": {"message": "the secret is too short"}}, None),
        (401, {"error": {"message": f"subscriptionId : {SUBSCRIPTION}"}}, None),
        (500, {"error": "broken"}, None),
        (400, [], None),
    ],
)
def test_answers_to_a_subscription(status: int, body: Any, found: str | None) -> None:
    """USPS refuses a double and names the subscription that there is already: that is as good as a new one."""
    answer = Answer(status=status, headers={}, body=json.dumps(body).encode())
    assert CONNECTOR.subscriptions.subscribed(answer) == found
    assert CONNECTOR.subscriptions.subscribed(Answer(status=502, headers={}, body=b"<html>")) is None


def test_a_suspended_subscription_is_enabled_again() -> None:
    call = CONNECTOR.subscriptions.revive(SUBSCRIPTION, ACCOUNT, "tok")
    assert call is not None
    assert call.method == "PATCH"
    assert call.url == f"https://apis.usps.com/subscriptions-tracking/v3/subscriptions/{SUBSCRIPTION}"
    assert json.loads(call.body) == {"status": "ENABLED"}
    assert call.headers["If-Match"] == "*"
    strange = CONNECTOR.subscriptions.revive("a/b?c", ACCOUNT, "tok")
    assert strange is not None
    assert strange.url.endswith("/a%2Fb%3Fc")
    assert CONNECTOR.subscriptions.revive("", ACCOUNT, "tok") is None


@pytest.mark.parametrize(
    ("body", "resumed"),
    [
        ({"subscriptionId": SUBSCRIPTION, "subscriptionStatus": "SUSPENDED", "payload": None}, True),
        ({"subscriptionId": SUBSCRIPTION, "payload": json.dumps({"subscriptionStatus": "suspended"})}, True),
        ({"subscriptionId": SUBSCRIPTION, "status": "SUSPENDED"}, True),
        ({"subscriptionId": SUBSCRIPTION, "status": "ENABLED"}, False),
        ({"subscriptionStatus": "SUSPENDED"}, False),
        ({"subscriptionId": SUBSCRIPTION, "payload": "{"}, False),
        ([], False),
    ],
)
def test_news_of_a_suspension_calls_for_its_end(body: Any, resumed: bool) -> None:
    call = CONNECTOR.client.errand(json.dumps(body).encode(), ACCOUNT, "tok")
    assert call == (CONNECTOR.subscriptions.revive(SUBSCRIPTION, ACCOUNT, "tok") if resumed else None)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"code": "404", "message": "no record"}}, BodyKind.NO_RESULT),
        ({"apiVersion": "/tracking/v3", "error": {"code": "400", "errors": [{"code": "150001"}]}}, BodyKind.NO_RESULT),
        ([{"statusCode": "404", "error": {"code": "404"}}], BodyKind.NO_RESULT),
        ([], BodyKind.NO_RESULT),
        ({"error": "invalid_client", "error_description": "no"}, BodyKind.NOT_TRACKING),
        ({"error": {"code": "429"}}, BodyKind.NOT_TRACKING),
        ({"error": {"code": "400", "errors": ["text", {"code": "010005"}]}}, BodyKind.NOT_TRACKING),
        ({"subscriptionId": SUBSCRIPTION, "status": "ENABLED"}, BodyKind.LIFECYCLE),
        ({"subscriptionId": SUBSCRIPTION, "timestamp": "x", "payload": ""}, BodyKind.LIFECYCLE),
        (
            {"subscriptionId": SUBSCRIPTION, "payload": json.dumps({"subscriptionStatus": "SUSPENDED"})},
            BodyKind.LIFECYCLE,
        ),
    ],
)
def test_bodies_without_a_piece(body: Any, kind: BodyKind) -> None:
    assert _read(body) == []
    assert CONNECTOR.classify(json.dumps(body).encode()) is kind


def test_one_unknown_piece_does_not_cost_the_others() -> None:
    body = [
        {"statusCode": "404", "error": {"code": "404"}},
        {"trackingNumber": NUMBER, "trackingEvents": [{"eventCode": "OF", "eventTimestamp": "2026-02-14T07:10:00"}]},
        {"trackingNumber": "94", "errors": [{"code": "404"}]},
    ]
    reports = _read(body)
    assert [(report.tracking_number, report.status) for report in reports] == [
        (NUMBER, M.OUT_FOR_DELIVERY),
        ("94", M.UNKNOWN),
    ]
    assert _read({"trackingInformation": body}) == reports
    assert _read({"subscriptionId": "s", "timestamp": "x", "payload": json.dumps(body)}) == reports


@pytest.mark.parametrize(
    ("entry", "iso"),
    [
        (
            {"eventTimestamp": "2026-02-13T19:40:00", "GMTTimestamp": "2026-02-13T02:40:10Z", "GMTOffset": "-07:00"},
            "2026-02-13T19:40:00-07:00",
        ),
        ({"eventTimestamp": "2026-02-13T19:40:00", "GMTOffset": "-7:00"}, "2026-02-13T19:40:00-07:00"),
        ({"eventTimestamp": "2026-02-13T19:40:00", "GMTOffset": "+10:00"}, "2026-02-13T19:40:00+10:00"),
        ({"eventTimestamp": "2026-02-13T19:40:00", "GMTOffset": "-7"}, "2026-02-13T19:40:00"),
        (
            {"eventTimestamp": "2026-02-13T19:40:00", "GMTTimestamp": "2026-02-13T02:40:10Z"},
            "2026-02-13T19:40:00-07:00",
        ),
        ({"eventTimestamp": "2026-02-13T19:40:00"}, "2026-02-13T19:40:00"),
        ({"eventTimestamp": "2026-02-13T19:40:00Z"}, "2026-02-13T19:40:00+00:00"),
        (
            {"eventTimestamp": "2026-02-13T19:40:00Z", "GMTTimestamp": "2026-02-13T02:40:10Z", "GMTOffset": "-07:00"},
            "2026-02-13T19:40:00-07:00",
        ),
        (
            {"eventTimestamp": "2026-02-13T02:40:00Z", "GMTTimestamp": "2026-02-13T02:40:10Z", "GMTOffset": "-07:00"},
            "2026-02-13T02:40:00+00:00",
        ),
        ({"GMTTimestamp": "2026-02-13T02:40:10Z", "GMTOffset": "-07:00"}, "2026-02-13T19:40:10-07:00"),
        ({"GMTTimestamp": "2026-02-13T14:40:10Z"}, "2026-02-13T14:40:10+00:00"),
    ],
)
def test_clocks(entry: dict[str, str], iso: str) -> None:
    """``GMTTimestamp`` keeps the local date; a ``Z`` beside an offset is believed only where GMT has the same clock."""
    assert _occurred(**entry) == iso


@pytest.mark.parametrize(
    ("piece", "printed"),
    [
        ({"predictedDeliveryDate": "2026-02-14"}, {"day": "2026-02-14"}),
        ({"expectedDeliveryTimeStamp": "2026-02-14T00:00:00"}, {"day": "2026-02-14"}),
        ({"deliveryDateExpectation": {"guaranteedDeliveryDate": "2026-02-14"}}, {"day": "2026-02-14"}),
        ({"expectedDeliveryDate": "2026-02-15", "predictedDeliveryDate": "2026-02-14"}, {"day": "2026-02-14"}),
        (
            {
                "deliveryDateExpectation": {
                    "predictedDeliveryDate": "2026-02-14",
                    "predictedDeliveryWindowStartTime": "12:05 pm",
                    "predictedDeliveryWindowEndTime": "2026-02-14T16:00:00",
                }
            },
            {"from": "2026-02-14T12:05:00", "to": "2026-02-14T16:00:00"},
        ),
        (
            {
                "predictedDeliveryDate": "2026-02-14",
                "predictedDeliveryWindowStartTime": "noon",
                "predictedDeliveryWindowEndTime": "16:00",
            },
            {"day": "2026-02-14"},
        ),
        (
            {
                "predictedDeliveryDate": "2026-02-14",
                "predictedDeliveryWindowStartTime": "18:00",
                "predictedDeliveryWindowEndTime": "16:00Z",
            },
            {"day": "2026-02-14"},
        ),
        ({"status": "Delivered, In/At Mailbox", "predictedDeliveryDate": "2026-02-14"}, {"day": "2026-02-14"}),
        ({"expectedDeliveryDate": "3 business days"}, None),
    ],
)
def test_estimates(piece: dict[str, Any], printed: dict[str, str] | None) -> None:
    estimate = _piece(**piece).estimate
    assert (estimate and estimate.model_dump(mode="json", exclude_none=True, by_alias=True)) == printed


@pytest.mark.parametrize(
    ("piece", "status"),
    [
        ({"status": "Delivered, PO Box", "statusCategory": "Alert"}, M.DELIVERED),
        ({"status": "Something new", "statusCategory": "Delivered"}, M.DELIVERED),
        ({"eventSummaries": ["Out for Delivery, 06/17/2026, 6:10 am, FAIRFAX, VA 22032"]}, M.OUT_FOR_DELIVERY),
        ({"eventSummaries": []}, M.UNKNOWN),
        ({"eventSummaries": "text"}, M.UNKNOWN),
    ],
)
def test_the_summary_of_a_piece_without_events(piece: dict[str, Any], status: M) -> None:
    assert _piece(**piece).status is status


def test_words_that_say_more_than_their_code() -> None:
    for code, text, milestone in (
        ("NT", "In Transit to Next Facility, Arriving Late", M.DELAYED),
        ("NT", "In Transit to Next Facility", M.IN_TRANSIT),
        ("14", "Held at Post Office, At Customer Request", M.AVAILABLE_FOR_PICKUP),
        ("01", "Delivered, To Original Sender", M.RETURNED_TO_SENDER),
        ("??", "Notice Left (Receptacle Full/Item Oversized)", M.DELIVERY_ATTEMPTED),
        ("??", "Processing Exception, Local Weather Delay", M.DELAYED),
        ("DX", "Delivery Exception, Local Weather Delay", M.DELAYED),
        ("DX", "Delivery Exception, Delivery Status Not Updated", M.EXCEPTION),
        ("??", "Reminder to Schedule Redelivery of your item", M.UNKNOWN),
        ("??", "Arrived at LINDENAU ISC", M.IN_TRANSIT),
    ):
        entry = {"eventCode": code, "eventType": text, "eventTimestamp": "2026-02-14T07:10:00"}
        assert _piece(trackingEvents=[entry]).events[0].milestone is milestone, text


XML = """<?xml version="1.0" encoding="UTF-8"?>
<TrackResponse><TrackInfo ID="9400100000000000000017"><PredictedDeliveryDate>March 9, 2015</PredictedDeliveryDate>
<Status>Arrived at Post Office</Status>
<TrackSummary><EventTime>12:24 pm</EventTime><EventDate>March 7, 2015</EventDate><Event>Arrived at Post Office</Event>
<EventCity>OMAHA</EventCity><EventState>NE</EventState><EventZIPCode>68102</EventZIPCode><EventCountry/>
<Name>HALVORSEN</Name><EventCode>07</EventCode></TrackSummary>
<TrackDetail><EventTime/><EventDate>March 5, 2015</EventDate><Event>Electronic Shipping Info Received</Event>
<EventCity/><EventCode>MA</EventCode></TrackDetail></TrackInfo>
<TrackInfo ID="9400100000000000000024"><Error><Number>-2147219283</Number></Error></TrackInfo></TrackResponse>"""


def test_the_retired_web_tools() -> None:
    first, second = CONNECTOR.parse(XML.encode())
    assert [(event.occurred_at.isoformat(), event.raw_code, event.milestone) for event in first.events] == [
        ("2015-03-07T12:24:00", "07", M.IN_TRANSIT),
        ("2015-03-05T00:00:00", "MA", M.PRE_TRANSIT),
    ]
    assert first.events[0].place.label() == "Omaha, NE"
    assert (first.tracking_number, first.status) == ("9400100000000000000017", M.IN_TRANSIT)
    assert first.estimate is not None
    assert first.estimate.model_dump(mode="json", exclude_none=True) == {"day": "2015-03-09"}
    assert (second.tracking_number, second.events, second.status) == ("9400100000000000000024", (), M.UNKNOWN)
    assert "HALVORSEN" not in first.model_dump_json()


def test_the_retired_web_tools_in_json() -> None:
    sentence = "USPS is now in possession of your item."
    scan = {"EventTime": "1:12 am", "EventDate": "May 1, 2023", "Event": "Acceptance", "EventCode": "03"}
    body = {"TrackResults": {"RequestSeqNumber": None, "TrackInfo": {"@ID": NUMBER, "TrackSummary": sentence}}}
    (report,) = _read(body)
    assert (report.tracking_number, report.events, report.status) == (NUMBER, (), M.UNKNOWN)
    for details, count in (([scan, scan], 3), (scan, 2), (None, 1)):
        (report,) = _read({"TrackInfo": [{"ID": NUMBER, "TrackSummary": scan, "TrackDetail": details}]})
        assert [event.occurred_at.isoformat() for event in report.events] == ["2023-05-01T01:12:00"] * count
        assert report.status is M.ACCEPTED


@pytest.mark.parametrize(
    "body",
    [
        b"<",
        b"<html/>",
        b"<TrackResponse><TrackInfo/></TrackResponse>",
        XML.replace("March 7, 2015", "07/03/2015").encode(),
        XML.replace("March 7, 2015", "March 7, 99999").encode(),
        XML.replace("12:24 pm", "25:61").encode(),
        XML.replace("12:24 pm", "12:24 xm").encode(),
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><TrackResponse/>",
    ],
)
def test_xml_that_is_no_answer(body: bytes) -> None:
    with pytest.raises(UnreadableBodyError) as caught:
        CONNECTOR.parse(body)
    assert "could not cope" not in caught.value.detail


def test_an_error_of_the_web_tools_is_no_piece() -> None:
    body = b"<Error><Number>80040B1A</Number><Description>Authorization failure.</Description></Error>"
    assert CONNECTOR.parse(body) == []
    assert CONNECTOR.classify(body) is BodyKind.NOT_TRACKING


def test_names_are_not_taken() -> None:
    report = _piece(trackingEvents=[{"eventTimestamp": "2026-02-14T07:10:00", "eventCode": "01", "name": "HALVORSEN"}])
    assert "HALVORSEN" not in report.model_dump_json()
