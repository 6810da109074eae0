"""Pitney Bowes: codes, its own statuses, returns, whose parcel it is, answers and pushes, the token."""

import json
from typing import Any

import pytest

from porchlight.carriers.newgistics.statuses import backwards
from porchlight.carriers.pitney_bowes import CONNECTOR
from porchlight.carriers.pitney_bowes.statuses import CODES, STATUSES
from porchlight.carriers.reading import Reading
from porchlight.connectors import Account, Answer, BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason
from porchlight.errors import UnreadableBodyError

WHEN = {"eventDate": "2026-03-30", "eventTime": "10:45:00", "eventTimeOffset": "-05:00"}


def _axes(found: TrackingEvent | Reading) -> tuple[Any, ...]:
    return found.milestone, found.reason, found.at_fault, found.recognised


def _read(body: Any) -> list[TrackingReport]:
    return CONNECTOR.parse(json.dumps(body).encode())


def _parcel(*scans: dict[str, Any], **more: Any) -> TrackingReport:
    (report,) = _read({"trackingNumber": "92", "carrier": "PBCS", "scanDetailsList": list(scans), **more})
    return report


def _event(**fields: Any) -> TrackingEvent:
    (event,) = _parcel({**WHEN, **fields}).events
    return event


def test_every_code_and_status_on_the_way_out_and_back() -> None:
    for kind, turned in (("FWD", lambda found: found), ("RTN", backwards)):
        for code, reading in CODES.items():
            event = _event(standardizedEventCode=code, packageStatus="Exception", eventType=kind)
            assert (_axes(event), event.raw_code) == (_axes(turned(reading)), code)
        for status, reading in STATUSES.items():
            event = _event(standardizedEventCode="??", packageStatus=status.title(), eventType=kind)
            assert _axes(event) == _axes(turned(reading)), status
    assert not _event(standardizedEventCode="??", packageStatus="Sideways").recognised
    vague = {"standardizedEventCode": "??", "packageStatus": "Exception"}
    assert _event(**vague, scanDescription="Undeliverable as Addressed").reason is Reason.ADDRESS
    assert _event(**vague, scanDescription="Out for Delivery").milestone is M.EXCEPTION
    assert _event(scanType="OF", packageStatus="OutForDelivery").raw_code == "OF"


@pytest.mark.parametrize(
    ("changed", "printed"),
    [
        ({}, "2026-03-30T10:45:00-05:00"),
        ({"eventTimeOffset": None}, "2026-03-30T10:45:00"),
        ({"eventTime": None}, "2026-03-30T00:00:00"),
    ],
)
def test_times(changed: dict[str, Any], printed: str) -> None:
    assert _event(**changed).occurred_at.isoformat() == printed
    assert _parcel({**WHEN, "eventDate": None}).events == ()
    with pytest.raises(UnreadableBodyError, match="eventDate"):
        _event(eventTime="noon")


@pytest.mark.parametrize(
    ("name", "carrier"),
    [
        ("PBCS", "pitney_bowes"),
        ("PBI", "pitney_bowes"),
        (None, "pitney_bowes"),
        ("!", "pitney_bowes"),
        ("USPS", "usps"),
        ("FedEx", "fedex"),
        ("NEWGISTICS", "newgistics"),
    ],
)
def test_a_report_names_who_moves_the_parcel(name: str | None, carrier: str) -> None:
    assert _parcel(carrier=name).carrier == carrier


def test_a_push_is_a_list_of_scans() -> None:
    scan = {"carrier": "PBCS", "standardizedEventCode": "OFD", **WHEN}
    first, second = _read(
        [{"trackingNumber": "1", **scan}, {"trackingNumber": "2", **scan, "standardizedEventCode": "DLD"}]
    )
    assert [(report.tracking_number, report.status) for report in (first, second)] == [
        ("1", M.OUT_FOR_DELIVERY),
        ("2", M.DELIVERED),
    ]
    with pytest.raises(UnreadableBodyError, match="trackingNumber"):
        _read([scan])


def test_an_answer_without_scans_has_its_status() -> None:
    assert _parcel(status="InTransit").status is M.IN_TRANSIT
    assert _parcel().status is M.UNKNOWN


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"estimatedDeliveryDate": "2026-03-31"}, {"day": "2026-03-31"}),
        (
            {
                "estimatedDeliveryDate": "2026-03-31",
                "estimatedDeliveryTime": "17:00:00",
                "estimatedDeliveryTimeOffset": "-05:00",
            },
            {"at": "2026-03-31T17:00:00-05:00"},
        ),
        ({"estimatedDeliveryDate": "soon"}, {}),
        ({"estimatedDeliveryDate": None}, {}),
    ],
)
def test_estimates(fields: dict[str, Any], expected: dict[str, str]) -> None:
    found = _parcel(**fields).estimate
    assert (found.model_dump(mode="json", exclude_none=True) if found else {}) == expected


def test_people_are_not_taken() -> None:
    report = _parcel({**WHEN, "authorizedAgent": "AN AGENT"}, signedBy="A PERSON", senderAddress={"name": "A SENDER"})
    assert not any(word in report.model_dump_json() for word in ("AGENT", "PERSON", "SENDER"))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"errors": [{"errorCode": "1118001", "message": "x"}]}, BodyKind.NO_RESULT),
        ([{"errorCode": "1118001", "message": "x"}], BodyKind.NO_RESULT),
        ({"response": {"errors": [{"code": "x"}]}}, BodyKind.NO_RESULT),
        ({"fault": {"faultstring": "Invalid access token"}}, BodyKind.NOT_TRACKING),
    ],
)
def test_errors(body: Any, kind: BodyKind) -> None:
    assert _read(body) == []
    assert CONNECTOR.classify(json.dumps(body).encode()) is kind


def _account(**more: str) -> Account:
    return Account(account="main", brand="larkspur", credentials={"api_key": "k", "api_secret": "s", **more})


def test_the_token() -> None:
    call = CONNECTOR.client.token(_account())
    assert (call.method, call.url) == ("POST", "https://shipping-api.pitneybowes.com/oauth/token")
    assert (call.headers["Authorization"], call.body) == ("Basic azpz", b"grant_type=client_credentials")

    def granted(said: Any, status: int = 200) -> Any:
        return CONNECTOR.client.granted(Answer(status, {}, json.dumps(said).encode()))

    assert granted({"access_token": "t", "expiresIn": "35999"}) == ("t", 35999)
    assert granted({"access_token": "t", "expiresIn": 600}) == ("t", 600)
    assert granted({"access_token": "t"}) == ("t", 3600)
    assert granted({"expiresIn": "35999"}) is None
    assert granted({"access_token": "t", "expiresIn": "35999"}, 401) is None


def test_the_question() -> None:
    (call,) = CONNECTOR.client.ask(["92"], _account(), "tok")
    assert call.url == (
        "https://shipping-api.pitneybowes.com/shippingservices/v1/tracking/92?packageIdentifierType=TrackingNumber&carrier=PBCS"
    )
    assert call.headers["Authorization"] == "Bearer tok"
    assert CONNECTOR.client.ask(["92"], _account(carrier="USPS"), "tok")[0].url.endswith("&carrier=USPS")
