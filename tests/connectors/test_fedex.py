"""FedEx: each code, the shapes of pushes and answers, times and estimates."""

import json
from pathlib import Path
from typing import Any

import pytest

from porchlight.carriers.fedex import CONNECTOR
from porchlight.carriers.fedex.statuses import DERIVED, EVENTS, EXCEPTIONS, TEXTS
from porchlight.carriers.reading import Reading
from porchlight.connectors import Account, BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party, Reason
from porchlight.errors import UnreadableBodyError

CODES = Path(__file__).parents[3] / "shared/carriers/codes/fedex.json"


def _scan(kind: str, **more: Any) -> dict[str, Any]:
    return {"date": "2026-01-01T12:00:00-05:00", "eventType": kind, **more}


def _result(*scans: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"trackingNumberInfo": {"trackingNumber": "700000000055"}, "scanEvents": list(scans), **more}


def _read(body: Any) -> list[TrackingReport]:
    return CONNECTOR.parse(json.dumps(body).encode())


def _report(*scans: dict[str, Any], **more: Any) -> TrackingReport:
    (report,) = _read({"output": {"completeTrackResults": [{"trackResults": [_result(*scans, **more)]}]}})
    return report


def _event(kind: str, **more: Any) -> TrackingEvent:
    (event,) = _report(_scan(kind, **more)).events
    return event


def _axes(event: TrackingEvent | Reading) -> tuple[Any, ...]:
    return event.milestone, event.reason, event.at_fault, event.recognised


def test_event_types() -> None:
    for code, reading in EVENTS.items():
        assert _axes(_event(code)) == _axes(reading), code
        assert _event(code).raw_code == code


def test_derived_codes_are_heard_where_there_is_no_event_type() -> None:
    for code, reading in {**EVENTS, **DERIVED}.items():
        assert _axes(_event("", derivedStatusCode=code)) == _axes(reading), code
    assert _event("HP", derivedStatusCode="IT").milestone is M.AVAILABLE_FOR_PICKUP
    assert _event("IN", derivedStatusCode="IT").milestone is M.IN_TRANSIT
    assert _event("??", derivedStatusCode="DL").milestone is M.DELIVERED
    assert not _event("??", derivedStatusCode="??").recognised


@pytest.mark.parametrize(("code", "why"), EXCEPTIONS.items())
def test_exception_codes(code: str, why: Reading) -> None:
    """A delivery or shipment exception is what its exception code says; any other trouble only gets its reason."""
    for kind in ("DE", "SE"):
        exception = _event(kind, exceptionCode=code)
        assert _axes(exception) == (_axes(why) if why.reason else (M.EXCEPTION, None, None, True))
    trouble = _event("DY", exceptionCode=code)
    assert (trouble.milestone, trouble.reason, trouble.at_fault) == (M.DELAYED, why.reason, why.at_fault)
    usual = _event("AR", exceptionCode=code)
    assert (usual.milestone, usual.reason) == (M.IN_TRANSIT, None)


def test_tables_hold_every_known_code() -> None:
    if not CODES.exists():
        pytest.skip("no reference codes")
    codes = json.loads(CODES.read_text(encoding="utf-8"))["codes"]
    known = {entry["code"]: entry["category"] for entry in codes}
    assert len(known) > 70
    ours = {"exception_code": EXCEPTIONS, "derived_code_undocumented": DERIVED}
    assert not [code for code, category in known.items() if code not in ours.get(category, EVENTS)]


def test_zeros_of_an_exception_code_count() -> None:
    """Express and Ground number differently: 07 refused, 007 nobody at home."""
    assert _event("DE", exceptionCode="07").reason is Reason.CONSIGNEE_REFUSED
    assert _event("DE", exceptionCode="007").milestone is M.DELIVERY_ATTEMPTED


def test_words_of_an_exception_stand_in_for_an_unknown_code() -> None:
    for text, reading in TEXTS.items():
        assert _axes(_event("DE", exceptionCode="?", exceptionDescription=text.upper())) == _axes(reading)
    assert _event("DE", exceptionCode="03", exceptionDescription="Weather delay").reason is Reason.ADDRESS
    assert _axes(_event("DE", exceptionDescription="Whatever else")) == (M.EXCEPTION, None, None, True)
    vague = {"exceptionCode": "84", "exceptionDescription": "Weather delay"}
    assert _axes(_event("SE", **vague)) == (M.DELAYED, Reason.WEATHER, Party.WEATHER, True)


@pytest.mark.parametrize(
    ("kind", "delay", "milestone", "reason", "party"),
    [
        ("DY", "WEATHER", M.DELAYED, Reason.WEATHER, Party.WEATHER),
        ("DD", "OPERATIONAL", M.DELAYED, Reason.NETWORK, Party.CARRIER),
        ("SE", "CLEARANCE", M.EXCEPTION, Reason.CUSTOMS, Party.CUSTOMS),
        ("SE", "WEATHER", M.DELAYED, Reason.WEATHER, Party.WEATHER),
        ("DE", "WEATHER", M.DELAYED, Reason.WEATHER, Party.WEATHER),
        ("DY", "LOCAL", M.DELAYED, Reason.OTHER, None),
        ("DY", "GENERAL", M.DELAYED, None, None),
        ("PU", "WEATHER", M.ACCEPTED, None, None),
        ("CD", "WEATHER", M.EXCEPTION, Reason.CUSTOMS, Party.CUSTOMS),
    ],
)
def test_the_kind_of_a_delay(kind: str, delay: str, milestone: M, reason: Reason | None, party: Party | None) -> None:
    event = _event(kind, delayDetail={"type": delay, "status": "DELAYED"})
    assert (event.milestone, event.reason, event.at_fault) == (milestone, reason, party)
    assert _event(kind, exceptionCode="08", delayDetail={"type": delay}).reason is not Reason.WEATHER
    if kind in ("DE", "DY", "SE") and reason:
        assert _event(kind, exceptionCode="84", delayDetail={"type": delay}).reason is reason


@pytest.mark.parametrize(
    "body",
    [
        {"output": {"completeTrackResults": [{"trackingNumber": "700000000055", "trackResults": [_result()]}]}},
        {"completeTrackResults": [{"trackResults": [_result(), _result()]}]},
        {"completeTrackResults": {"trackingNumber": "700000000055", "trackResults": _result()}},
        {"trackResults": [{"trackingNumber": "700000000055", "scanEvents": []}]},
        {"output": {"trackResults": [_result()]}},
        _result(),
        {"trackingNumber": "700000000055", "scanEvents": _scan("AR")},
        [_result(), {"trackResults": [_result()]}],
    ],
)
def test_shapes_of_pushes_and_answers(body: Any) -> None:
    reports = _read(body)
    assert reports
    assert {report.tracking_number for report in reports} == {"700000000055"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"errors": [{"code": "NOT.AUTHORIZED.ERROR"}]}, BodyKind.NOT_TRACKING),
        ({"errors": [{"code": "TRACKING.TRACKINGNUMBER.NOTFOUND"}]}, BodyKind.NO_RESULT),
        ({"output": {"alerts": "TRACKING.DATA.NOTFOUND -  Tracking data unavailable"}}, BodyKind.NO_RESULT),
        ({"output": {"alerts": [{"code": "TRACKING.DATA.NOTFOUND", "message": ""}]}}, BodyKind.NO_RESULT),
        ({"output": {"completeTrackResults": []}}, BodyKind.NO_RESULT),
        ({"output": {"completeTrackResults": [{"trackResults": [{"error": {"code": "X"}}]}]}}, BodyKind.NO_RESULT),
        ({"output": {"documentType": "SIGNATURE_PROOF_OF_DELIVERY", "documents": []}}, BodyKind.NOT_TRACKING),
    ],
)
def test_bodies_without_a_parcel(body: dict[str, Any], kind: BodyKind) -> None:
    assert _read(body) == []
    assert CONNECTOR.classify(json.dumps(body).encode()) is kind


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("<TrackDetails><Notification><Code>9080</Code></Notification></TrackDetails>", BodyKind.NO_RESULT),
        ("<Notifications><Severity>ERROR</Severity><Code>5508</Code></Notifications>", BodyKind.NO_RESULT),
        ("<Notifications><Severity>FAILURE</Severity><Code>6330</Code></Notifications>", BodyKind.NOT_TRACKING),
    ],
)
def test_old_replies_without_a_parcel(reply: str, kind: BodyKind) -> None:
    body = f'<TrackReply xmlns="http://fedex.com/ws/track/v7">{reply}</TrackReply>'.encode()
    assert CONNECTOR.parse(body) == []
    assert CONNECTOR.classify(body) is kind
    with pytest.raises(UnreadableBodyError, match="no TrackReply"):
        CONNECTOR.parse(b"<Other/>")


@pytest.mark.parametrize(
    ("fields", "status", "day"),
    [
        ("<StatusCode>OC</StatusCode>", M.PRE_TRANSIT, None),
        (
            "<DatesOrTimes><Type>ESTIMATED_DELIVERY</Type><DateOrTimestamp>2019-03-07T00:00:00</DateOrTimestamp>"
            "</DatesOrTimes>",
            M.UNKNOWN,
            "2019-03-07",
        ),
        ("<AppointmentDeliveryTimestamp>2019-03-08</AppointmentDeliveryTimestamp>", M.UNKNOWN, "2019-03-08"),
    ],
)
def test_versions_of_old_replies(fields: str, status: M, day: str | None) -> None:
    details = f"<TrackDetails><TrackingNumber>700000000116</TrackingNumber>{fields}</TrackDetails>"
    (report,) = CONNECTOR.parse(f"<TrackReply>{details}</TrackReply>".encode())
    assert report.status is status
    assert (report.estimate.day.isoformat() if report.estimate and report.estimate.day else None) == day


def test_a_parcel_without_a_number_is_unreadable() -> None:
    with pytest.raises(UnreadableBodyError, match="trackingNumber is missing"):
        _read({"scanEvents": [_scan("AR")]})


def test_the_outer_number_is_the_one_that_was_asked_for() -> None:
    (report,) = _read({"completeTrackResults": [{"trackingNumber": "700000000062", "trackResults": [_result()]}]})
    assert report.tracking_number == "700000000062"


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("2026-01-01T12:00:00-05:00", "2026-01-01T12:00:00-05:00"),
        ("2026-01-01T12:00:00 -0500", "2026-01-01T12:00:00-05:00"),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:00"),
        ("2026-01-01", "2026-01-01T00:00:00"),
    ],
)
def test_times_as_printed(printed: str, iso: str) -> None:
    assert _report(_scan("AR", date=printed)).events[0].occurred_at.isoformat() == iso


def test_a_scan_without_a_date_is_no_event() -> None:
    assert _report(_scan("AR", date=""), _scan("DP")).events[0].raw_code == "DP"


@pytest.mark.parametrize(
    ("window", "dates", "printed"),
    [
        ({"begins": "2026-01-03T09:00:00-05:00", "ends": "2026-01-03T13:00:00-05:00"}, [], ("from", "to")),
        ({"ends": "2026-01-03T00:00:00-06:00"}, [], ("day",)),
        ({"ends": "2026-01-03T20:00:00-06:00"}, [], ("at",)),
        ({"begins": "2026-01-03T09:00:00", "ends": "2026-01-04T13:00:00-05:00"}, [], ("at",)),
        ({"begins": "", "ends": ""}, [("ESTIMATED_DELIVERY", "2026-01-03T17:00:00-06:00")], ("at",)),
        ({}, [("APPOINTMENT_DELIVERY", "2026-01-03T00:00:00-06:00")], ("day",)),
        ({}, [("COMMITMENT", "2026-01-03T00:00:00-06:00"), ("SHIP", "2026-01-01T00:00:00-06:00")], ()),
        ({}, [("ESTIMATED_DELIVERY", "soon")], ()),
    ],
)
def test_estimates(window: dict[str, str], dates: list[tuple[str, str]], printed: tuple[str, ...]) -> None:
    more = {
        "estimatedDeliveryTimeWindow": {"window": window},
        "standardTransitTimeWindow": {"window": {"ends": "2026-01-09T00:00:00-06:00"}},
        "dateAndTimes": [{"type": kind, "dateTime": at} for kind, at in dates],
    }
    estimate = _report(_scan("AR"), **more).estimate
    assert set(estimate.model_dump(exclude_none=True, by_alias=True) if estimate else ()) == set(printed)
    assert _report(_scan("DL"), **more).estimate == estimate


def test_its_own_summary_counts_where_there_are_no_scans() -> None:
    assert _report(latestStatusDetail={"code": "OC", "derivedCode": "IN"}).status is M.PRE_TRANSIT
    assert _report(latestStatusDetail={"code": "IN", "derivedCode": "IN"}).status is M.PRE_TRANSIT
    assert _report(latestStatusDetail={"code": "??", "derivedCode": "RL"}).status is M.DELAYED
    assert _report(latestStatusDetail={"eventType": "DL", "derivedStatusCode": "DL"}).status is M.DELIVERED
    absent = {"code": "DE", "derivedCode": "DE", "ancillaryDetails": [{"reason": "007"}]}
    assert _report(latestStatusDetail=absent).status is M.DELIVERY_ATTEMPTED
    assert _report(error={"code": "X"}).status is M.UNKNOWN
    assert _report(_scan("AR"), latestStatusDetail={"code": "DL"}).status is M.IN_TRANSIT


def test_the_words_are_the_exceptions_where_there_is_one_and_never_an_address() -> None:
    words = {"eventDescription": "Delivery exception", "exceptionDescription": "Incorrect address"}
    assert _event("DE", exceptionCode="03", **words).description == "Incorrect address"
    held = {"eventDescription": "Ready for pickup", "exceptionDescription": "Package available at: 9 INVENTED PLAZA"}
    assert _event("HP", **held).description == "Ready for pickup"


def test_names_and_addresses_are_not_taken() -> None:
    body = (Path(__file__).parent / "fixtures/fedex/aiv_attempted_then_held.json").read_bytes()
    printed = "".join(report.model_dump_json() for report in CONNECTOR.parse(body))
    assert "TACOMA" in printed
    for personal in ("Halvorsen", "5550100", "PLAZA"):
        assert personal in body.decode()
        assert personal not in printed


def test_thirty_numbers_are_one_request_in_their_order() -> None:
    account = Account(account="main", brand="larkspur", credentials={"client_id": "key", "client_secret": "s&cret"})
    numbers = [f"7000000{index:05}" for index in range(30)]
    (call,) = CONNECTOR.client.ask(numbers, account, "tok")
    assert call.url == "https://apis.fedex.com/track/v1/trackingnumbers"
    assert call.headers["Authorization"] == "Bearer tok"
    asked = json.loads(call.body)
    assert asked["includeDetailedScans"] is True
    assert [entry["trackingNumberInfo"]["trackingNumber"] for entry in asked["trackingInfo"]] == numbers
    token = CONNECTOR.client.token(account)
    assert (token.method, token.url) == ("POST", "https://apis.fedex.com/oauth/token")
    assert token.body == b"grant_type=client_credentials&client_id=key&client_secret=s%26cret"
