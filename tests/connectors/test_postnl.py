"""PostNL: each code of events and statuses, objects for nothing, two ways to write a day, answers of every kind."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from porchlight.carriers.postnl import CONNECTOR
from porchlight.carriers.postnl.statuses import CODES, STATUSES, TEXTS
from porchlight.carriers.reading import Reading
from porchlight.connectors import Account, BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone as M
from porchlight.errors import UnreadableBodyError

KNOWN = Path(__file__).parents[3] / "shared/carriers/codes/postnl.json"


def _axes(found: TrackingEvent | Reading) -> tuple[Any, ...]:
    return found.milestone, found.reason, found.at_fault, found.recognised


def _shipment(**fields: Any) -> TrackingReport:
    (report,) = CONNECTOR.parse(json.dumps({"CompleteStatus": {"Shipment": {"Barcode": "3S1", **fields}}}).encode())
    return report


def _entry(code: str, text: str = "", when: str = "11-02-2026 16:31:07") -> dict[str, Any]:
    return {"Code": code, "Description": text, "TimeStamp": when}


def _status(code: str, when: str = "11-02-2026 16:31:07") -> dict[str, Any]:
    return {"StatusCode": code, "TimeStamp": when}


def _event(code: str, text: str = "") -> TrackingEvent:
    (event,) = _shipment(Event=_entry(code, text)).events
    return event


def test_every_event_code() -> None:
    for code, reading in CODES.items():
        assert _axes(_event(code, "Zending is bezorgd")) == _axes(reading), code
        assert _event(code).raw_code == code


def test_every_status_with_and_without_its_zero() -> None:
    for code, reading in STATUSES.items():
        for printed in (code, code.zfill(2)):
            report = _shipment(Status=_status(printed))
            assert report.status is reading.milestone, printed
            assert [_axes(event) for event in report.events] == ([] if code == "99" else [_axes(reading)])


@pytest.mark.skipif(not KNOWN.exists(), reason="no reference codes")
def test_the_tables_hold_every_known_code() -> None:
    known = json.loads(KNOWN.read_text(encoding="utf-8"))["codes"]
    assert set(CODES) == {entry["code"] for entry in known if entry["category"] == "event"}
    statuses = {entry["code"] for entry in known if entry["category"] == "status"}
    statuses |= {entry["status"][:2].lstrip("0") for entry in known if entry.get("status")}
    assert set(STATUSES) == statuses


def test_codes_of_the_old_form_are_read_by_their_words_first() -> None:
    assert _event("01A").milestone is M.PRE_TRANSIT
    assert _event("01B", "Zending is bij PostNL").milestone is M.ACCEPTED
    assert _event("01B", "Zending is bezorgd").milestone is M.DELIVERED
    for words, reading in TEXTS.items():
        assert _axes(_event("01B", words)) == _axes(reading), words
    assert not _event("99Q").recognised
    assert not _event("QQQ", "Zending is bezorgd onder de mat").recognised


def test_a_pickup_point_is_in_the_phase_of_deliveries_and_is_none() -> None:
    report = _shipment(Status={**_status("12"), "PhaseCode": "4", "PhaseDescription": "Afgeleverd"})
    assert report.status is M.AVAILABLE_FOR_PICKUP


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("07-03-2018 23:20:05", datetime(2018, 3, 7, 23, 20, 5)),  # noqa: DTZ001
        ("07-03-2018 23:22:56.326", datetime(2018, 3, 7, 23, 22, 56, 326000)),  # noqa: DTZ001
        ("2018-03-07T23:20:05", datetime(2018, 3, 7, 23, 20, 5)),  # noqa: DTZ001
    ],
)
def test_days_are_written_in_two_ways(printed: str, expected: datetime) -> None:
    event = _shipment(Event=[_entry("J05", when=printed)]).events[0]
    assert (event.occurred_at, event.zone_known) == (expected, False)
    with pytest.raises(UnreadableBodyError, match="time of an event"):
        _shipment(Event=[_entry("J05", when="03-2018")])


def test_nothing_is_an_object_and_a_list_of_one_may_be_the_one() -> None:
    report = _shipment(Event={}, OldStatus={}, Expectation={}, Status=_status("2"))
    assert [event.raw_code for event in report.events] == ["2"]
    assert report.estimate is None
    body = {"CurrentStatus": {"Shipment": [{"MainBarcode": "3S9", "Barcode": {}, "Status": _status("5")}]}}
    assert CONNECTOR.parse(json.dumps(body).encode())[0].tracking_number == "3S9"


def test_old_statuses_are_for_answers_without_events() -> None:
    old = [_status("99", "11-02-2026 17:00:00"), _status("12"), _status("7", "11-02-2026 08:00:00")]
    assert [event.raw_code for event in _shipment(Event=[_entry("J02")], OldStatus=old).events] == ["J02"]
    assert [event.raw_code for event in _shipment(OldStatus=old, Status=_status("12")).events] == ["12", "7"]
    assert [event.raw_code for event in _shipment(OldStatus=old[0], Status=_status("2")).events] == ["2"]


def test_the_status_speaks_where_the_latest_event_is_a_stranger() -> None:
    events = [_entry("Q99", when="12-02-2026 10:00:00"), _entry("B01")]
    assert _shipment(Event=events, Status=_status("11")).status is M.DELIVERED
    assert _shipment(Event=events, Status=_status("99")).status is M.ACCEPTED
    assert _shipment(Event=[_entry("J63")], Status=_status("11")).status is M.RETURNED_TO_SENDER
    assert _shipment().status is M.UNKNOWN


def test_people_are_not_taken() -> None:
    address = [{"AddressType": "01", "LastName": "NIEMAND", "Street": "Ergens", "Zipcode": "0000XX"}]
    report = _shipment(Address=address, Customer={"Name": "Larkspur"}, Event=[_entry("J05")])
    assert not any(word in report.model_dump_json() for word in ("NIEMAND", "Ergens", "0000XX"))


def test_lists_of_what_changed_and_answers_without_shipments() -> None:
    changed = [{"Barcode": "3S1", "Status": {"Timestamp": "2026-02-26T12:57:15", "StatusCode": "11"}}]
    assert [report.status for report in CONNECTOR.parse(json.dumps(changed).encode())] == [M.DELIVERED]
    for body, kind in (
        (b"[]", BodyKind.NO_RESULT),
        (b'{"CurrentStatus": {}, "Warnings": [{"Message": "No shipment found", "Code": "2"}]}', BodyKind.NO_RESULT),
        (b'{"Signature": {"Barcode": "3S1", "SignatureImage": "R0lG"}}', BodyKind.NOT_TRACKING),
        (b'{"fault": {"faultstring": "Invalid ApiKey"}}', BodyKind.NOT_TRACKING),
    ):
        assert CONNECTOR.parse(body) == []
        assert CONNECTOR.classify(body) is kind


def test_the_question() -> None:
    account = Account(account="main", brand="larkspur", credentials={"api_key": "k"})
    (call,) = CONNECTOR.client.ask(["3S1"], account, "")
    assert call.url == "https://api.postnl.nl/shipment/v2/status/barcode/3S1?detail=true"
    assert call.headers["apikey"] == "k"
    assert CONNECTOR.client.token(account) is None
