"""UPS: how it is asked and subscribed to, and the rarer shapes of its bodies."""

import json
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from porchlight.carriers.ups import CONNECTOR
from porchlight.connectors import Account, Answer, BodyKind
from porchlight.domain.events import TrackingReport
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason
from porchlight.errors import UnreadableBodyError

ACCOUNT = Account(
    account="main",
    brand="larkspur",
    credentials={"client_id": "shown-to-us", "api_client_id": "app", "api_client_secret": "app-secret"},
)
ALERT = {
    "trackingNumber": "1Z999AA10100000014",
    "localActivityDate": "20260305",
    "localActivityTime": "081500",
    "gmtActivityDate": "20260305",
    "gmtActivityTime": "141500",
    "activityStatus": {"type": "I", "code": "OT", "description": "Out for Delivery", "descriptionCode": "021"},
    "scheduledDeliveryDate": "20260305",
}


def _read(body: Any) -> list[TrackingReport]:
    return CONNECTOR.parse(json.dumps(body).encode())


def _alert(**changed: Any) -> TrackingReport:
    (report,) = _read({**ALERT, **changed})
    return report


def _activity(**changed: Any) -> dict[str, Any]:
    return {"date": "20260305", "time": "081500", "status": {"type": "I", "code": "AR", "statusCode": "005"}, **changed}


def _package(number: str, **more: Any) -> dict[str, Any]:
    return {"trackingNumber": number, "activity": [_activity()], **more}


def test_the_app_that_asks_is_not_the_client_that_ups_shows_to_us() -> None:
    call = CONNECTOR.client.token(ACCOUNT)
    assert (call.method, call.url) == ("POST", "https://onlinetools.ups.com/security/v1/oauth/token")
    assert call.headers["Authorization"] == "Basic " + b64encode(b"app:app-secret").decode()
    assert call.body == b"grant_type=client_credentials"


def test_one_number_a_call_each_with_an_id_of_its_own() -> None:
    first, second = (CONNECTOR.client.ask(["1Z999AA10100000014"], ACCOUNT, "tok")[0] for _ in range(2))
    assert first.url == "https://onlinetools.ups.com/api/track/v1/details/1Z999AA10100000014?locale=en_US"
    assert first.headers["Authorization"] == "Bearer tok"
    assert first.headers["transactionSrc"]
    assert first.headers["transId"] != second.headers["transId"]


def test_a_subscription_lasts_for_fourteen_days_and_tells_nothing_of_before() -> None:
    subscriptions = CONNECTOR.subscriptions
    assert (subscriptions.lifetime, subscriptions.batch) == (timedelta(days=14), 100)
    assert not subscriptions.keeps_history
    numbers = ["1Z999AA10100000014", "1Z999AA10100000021"]
    (call,) = subscriptions.subscribe(numbers, ACCOUNT, "tok", "https://track.example/webhooks/ups")
    assert call.url == "https://onlinetools.ups.com/api/track/v2/subscription/standard/package"
    assert json.loads(call.body) == {"locale": "en_US", "countryCode": "US", "trackingNumberList": numbers}
    assert call.headers["transId"]
    assert call.headers["transactionSrc"]
    assert subscriptions.revive("", ACCOUNT, "tok") is None


def test_a_number_that_is_no_parcel_of_ups_does_not_hide_in_a_batch() -> None:
    """UPS takes what it can of a batch: a number that it refuses has to be refused alone to be noticed."""
    good = ["1Z999AA10100000014", "1R12345678901234", "1R12345678901234567890123456"]
    strange = ["92748999988887777666655554", "1Z999AA1010000001", "1Z999AA1010000001$"]
    calls = CONNECTOR.subscriptions.subscribe([strange[0], *good, *strange[1:]], ACCOUNT, "tok", "https://a.example")
    assert [list(call.numbers) for call in calls] == [good, *([number] for number in strange)]
    assert [json.loads(call.body)["trackingNumberList"] for call in calls] == [list(call.numbers) for call in calls]
    assert [list(call.numbers) for call in CONNECTOR.subscriptions.subscribe(["X"], ACCOUNT, "tok", "")] == [["X"]]


@pytest.mark.parametrize(
    ("status", "body", "taken"),
    [
        (200, {"validTrackingNumbers": ["1Z999AA10100000014"]}, ""),
        (200, {"validTrackingNumbers": ["1Z999AA10100000014"], "invalidTrackingNumbers": ["1Z$"]}, ""),
        (200, {"validTrackingNumbers": [], "invalidTrackingNumbers": ["1Z$"]}, None),
        (200, {"invalidTrackingNumbers": ["1Z$"]}, None),
        (400, {"invalidTrackingNumbers": ["1Z$"], "response": {"errors": [{"code": "VSS210"}]}}, None),
        (401, {"validTrackingNumbers": ["1Z999AA10100000014"]}, None),
        (200, [], None),
    ],
)
def test_answers_to_a_subscription(status: int, body: Any, taken: str | None) -> None:
    answer = Answer(status=status, headers={}, body=json.dumps(body).encode())
    assert CONNECTOR.subscriptions.subscribed(answer) == taken
    assert CONNECTOR.subscriptions.subscribed(Answer(status=200, headers={}, body=b"<html>")) is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"trackResponse": {"shipment": [{"warnings": [{"code": "TW0001"}]}]}}, BodyKind.NO_RESULT),
        ({"trackResponse": {"shipment": []}}, BodyKind.NO_RESULT),
        ({"response": {"errors": [{"code": "TW0001", "message": "Not Found"}]}}, BodyKind.NO_RESULT),
        ({"response": {"errors": [{"code": "TV1002", "message": "Invalid inquiry number"}]}}, BodyKind.NO_RESULT),
        ({"response": {"errors": [{"code": "250002"}]}}, BodyKind.NOT_TRACKING),
        ({"response": {"errors": "broken"}}, BodyKind.NOT_TRACKING),
        ({"validTrackingNumbers": ["1Z999AA10100000014"]}, BodyKind.LIFECYCLE),
        ({"expiryDate": "9999-12-31"}, BodyKind.LIFECYCLE),
    ],
)
def test_bodies_without_a_parcel(body: dict[str, Any], kind: BodyKind) -> None:
    assert _read(body) == []
    assert CONNECTOR.classify(json.dumps(body).encode()) is kind


def test_every_package_of_every_shipment() -> None:
    shipments = [
        {"inquiryNumber": "1Z999AA10100000014", "package": [_package("1Z999AA10100000014"), _package("1Z2")]},
        {"inquiryNumber": "1Z3", "package": _package("string")},
        {"inquiryNumber": "1Z4", "warnings": [{"code": "TW0001"}]},
    ]
    reports = _read({"trackResponse": {"shipment": shipments}})
    assert [report.tracking_number for report in reports] == ["1Z999AA10100000014", "1Z2", "1Z3", "1Z4"]
    assert [report.status for report in reports] == [M.IN_TRANSIT] * 3 + [M.UNKNOWN]


def test_a_list_may_hold_alerts_and_answers() -> None:
    answer = {"trackResponse": {"shipment": [{"package": [_package("1Z2")]}]}}
    assert [report.tracking_number for report in _read([ALERT, answer])] == [ALERT["trackingNumber"], "1Z2"]


@pytest.mark.parametrize("code", ["021", 21, "21"])
def test_a_status_printed_as_a_number_has_lost_its_zeros(code: Any) -> None:
    event = _alert(activityStatus={"type": "I", "code": "OT", "descriptionCode": code}).events[0]
    assert event.raw_codes == ("I", "OT", "021")
    assert event.milestone is M.OUT_FOR_DELIVERY


@pytest.mark.parametrize(
    ("changed", "printed"),
    [
        ({}, {"day"}),
        ({"deliveryStartTime": "150000", "deliveryEndTime": "170000"}, {"from", "to"}),
        ({"deliveryEndTime": "170000", "deliveryTimeDescription": "end of day"}, {"day"}),
        ({"deliveryStartTime": "170000", "deliveryEndTime": "150000"}, {"day"}),
        ({"deliveryStartTime": "noon", "deliveryEndTime": "170000"}, {"day"}),
        ({"scheduledDeliveryDate": "20260304"}, set()),
        ({"scheduledDeliveryDate": ""}, set()),
        ({"activityStatus": {"type": "D", "code": "FS", "descriptionCode": "011"}}, set()),
    ],
)
def test_what_an_alert_estimates(changed: dict[str, Any], printed: set[str]) -> None:
    estimate = _alert(**changed).estimate
    assert set(estimate.model_dump(exclude_none=True, by_alias=True) if estimate else ()) == printed


@pytest.mark.parametrize(
    ("changed", "iso"),
    [
        ({}, "2026-03-05T08:15:00-06:00"),
        ({"gmtActivityTime": "", "gmtOffset": "-06.00"}, "2026-03-05T08:15:00-06:00"),
        ({"gmtActivityTime": ""}, "2026-03-05T08:15:00"),
        ({"localActivityTime": "81500"}, "2026-03-05T08:15:00-06:00"),
        ({"localActivityTime": "08:15:00", "gmtActivityTime": "14:15:00"}, "2026-03-05T08:15:00-06:00"),
        ({"localActivityDate": "", "localActivityTime": ""}, "2026-03-05T14:15:00+00:00"),
        (
            {"localActivityTime": "234500", "gmtActivityDate": "20260306", "gmtActivityTime": "054500"},
            "2026-03-05T23:45:00-06:00",
        ),
    ],
)
def test_times_of_an_alert(changed: dict[str, Any], iso: str) -> None:
    assert _alert(**changed).events[0].occurred_at.isoformat() == iso


@pytest.mark.parametrize("clock", ["2561", "240000", "1234567", "ab1234", "\u00b2\u00b20000"])
def test_absurd_times_are_refused(clock: str) -> None:
    with pytest.raises(UnreadableBodyError):
        _alert(localActivityTime=clock)


@pytest.mark.parametrize(
    ("package", "status"),
    [
        ({"currentStatus": {"type": "D", "code": "FS", "statusCode": "011"}}, M.DELIVERED),
        ({"currentStatus": {"code": "092", "description": "Customs Clearance in Progress"}}, M.IN_TRANSIT),
        ({"currentStatus": {}, "statusCode": "021"}, M.OUT_FOR_DELIVERY),
        ({"statusCode": "string"}, M.UNKNOWN),
        ({}, M.UNKNOWN),
    ],
)
def test_the_summary_of_a_package_without_activities(package: dict[str, Any], status: M) -> None:
    body = {"trackResponse": {"shipment": [{"package": [{"trackingNumber": "1Z2", **package}]}]}}
    assert _read(body)[0].status is status


@pytest.mark.parametrize(("kind", "milestone"), [("O", M.OUT_FOR_DELIVERY), ("RS", M.RETURNED_TO_SENDER)])
def test_types_that_mean_one_thing(kind: str, milestone: M) -> None:
    event = _alert(activityStatus={"type": kind, "code": "??"}).events[0]
    assert (event.milestone, event.recognised) == (milestone, True)


XML = """<?xml version="1.0"?>
<TrackResponse><Response><ResponseStatusCode>1</ResponseStatusCode></Response>
<Shipment><ShipmentIdentificationNumber>1Z999AA10200000013</ShipmentIdentificationNumber>
<ScheduledDeliveryDate>20120309</ScheduledDeliveryDate>
<Package><TrackingNumber>1Z999AA10200000013</TrackingNumber><RescheduledDeliveryDate>20120312</RescheduledDeliveryDate>
<Activity><ActivityLocation><Address><City>OMAHA</City><StateProvinceCode>NE</StateProvinceCode>
<CountryCode>US</CountryCode></Address><SignedForByName>HALVORSEN</SignedForByName></ActivityLocation>
<Status><StatusType><Code>X</Code><Description>SEVERE WEATHER</Description></StatusType>
<StatusCode><Code>DJ</Code></StatusCode></Status><Date>20120308</Date><Time>061500</Time></Activity>
<Activity><Status><StatusType><Code>M</Code></StatusType><StatusCode><Code>MP</Code></StatusCode></Status>
<Date>20120306</Date><Time>101042</Time></Activity></Package>
<Package><Activity><Status><StatusType><Code>D</Code></StatusType><StatusCode><Code>KM</Code></StatusCode></Status>
<Date>20120308</Date><Time>120000</Time></Activity></Package></Shipment></TrackResponse>"""


@pytest.mark.parametrize("envelope", ["{}", "\n <e:Envelope xmlns:e='urn:e'><e:Body>{}</e:Body></e:Envelope>"])
def test_the_retired_xml_interface(envelope: str) -> None:
    body = envelope.format(XML.removeprefix('<?xml version="1.0"?>') if "Envelope" in envelope else XML)
    first, second = CONNECTOR.parse(body.encode())
    assert [event.occurred_at.isoformat() for event in first.events] == ["2012-03-08T06:15:00", "2012-03-06T10:10:42"]
    assert [event.raw_code for event in first.events] == ["DJ", "MP"]
    assert (first.status, first.events[0].reason) == (M.DELAYED, Reason.WEATHER)
    assert first.events[0].place.label() == "Omaha, NE"
    assert first.estimate is not None
    assert first.estimate.local_day() is not None
    assert first.estimate.model_dump(mode="json", exclude_none=True) == {"day": "2012-03-12"}
    assert (second.tracking_number, second.status, second.estimate) == ("1Z999AA10200000013", M.DELIVERED, None)
    assert "HALVORSEN" not in first.model_dump_json()


@pytest.mark.parametrize(
    ("code", "kind"), [("151044", BodyKind.NO_RESULT), ("250003", BodyKind.NOT_TRACKING), ("", BodyKind.NOT_TRACKING)]
)
def test_an_error_of_the_xml_interface(code: str, kind: BodyKind) -> None:
    body = f"<TrackResponse><Response><Error><ErrorCode>{code}</ErrorCode></Error></Response></TrackResponse>".encode()
    assert CONNECTOR.parse(body) == []
    assert CONNECTOR.classify(body) is kind


@pytest.mark.parametrize(
    "body",
    [
        b"<",
        b"<html/>",
        b"<TrackResponse>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><TrackResponse/>",
        b"<TrackResponse><Shipment><Package/></Shipment></TrackResponse>",
        XML.replace("20120308", "99999999").encode(),
        XML.replace("061500", "noon").encode(),
        XML.replace("1Z999AA10200000013", "9" * 65).encode(),
    ],
)
def test_xml_that_is_no_answer(body: bytes) -> None:
    with pytest.raises(UnreadableBodyError) as caught:
        CONNECTOR.parse(body)
    assert "could not cope" not in caught.value.detail


def test_cut_xml_is_refused_and_never_trips_the_parser() -> None:
    whole = XML.encode()
    for end in range(0, len(whole) - 1, 7):
        with pytest.raises(UnreadableBodyError) as caught:
            CONNECTOR.parse(whole[:end])
        assert "could not cope" not in caught.value.detail


def test_names_are_not_taken_from_an_alert() -> None:
    report = _alert(receivedBy="HALVORSEN", deliveryPhoto="aGFsdm9yc2Vu")
    assert "HALVORSEN" not in report.model_dump_json()
    assert "aGFsdm9yc2Vu" not in report.model_dump_json()


def test_fixtures_are_read_with_every_optional_part_gone() -> None:
    for file in sorted((Path(__file__).parent / "fixtures/ups").glob("alert_*.json")):
        if ".expect" in file.suffixes:
            continue
        whole = json.loads(file.read_bytes())
        for key in whole.keys() - {"trackingNumber"}:
            assert _read({name: value for name, value in whole.items() if name != key})[0].tracking_number
