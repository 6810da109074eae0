"""Newgistics: codes and words in both directions, times in two fields, "null" for nothing."""

import json
from datetime import datetime
from typing import Any

import pytest

from porchlight.carriers.newgistics import CONNECTOR
from porchlight.carriers.newgistics.statuses import CODES, STATUSES, WORDS, backwards
from porchlight.carriers.reading import Reading
from porchlight.carriers.usps.statuses import CODES as POSTAL
from porchlight.connectors import Account, BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone as M
from porchlight.errors import UnreadableBodyError

DAY, CLOCK = "/Date(1469163600000-0500)/", "/Date(1484870400000-0600)/"


def _axes(found: TrackingEvent | Reading) -> tuple[Any, ...]:
    return found.milestone, found.reason, found.at_fault, found.recognised


def _package(service: str, *events: dict[str, Any], **more: Any) -> TrackingReport:
    package = {"TrackingNumber": "72", "Service": service, "PackageTrackingEvents": list(events), **more}
    (report,) = CONNECTOR.parse(json.dumps({"Packages": [package]}).encode())
    return report


def _event(service: str = "PARCEL", **fields: Any) -> TrackingEvent:
    (event,) = _package(service, {"Date": DAY, "Time": CLOCK, **fields}).events
    return event


def test_every_code_and_wording_on_the_way_out_and_back() -> None:
    for service, turned in (("PARCEL", lambda found: found), ("RETURN", backwards)):
        for code, reading in CODES.items():
            assert _axes(_event(service, EventCode=code)) == _axes(turned(reading)), code
        for words, reading in WORDS.items():
            for field in ("EventDescription", "Description"):
                assert _axes(_event(service, EventCode="??", **{field: words})) == _axes(turned(reading)), words
        for code, reading in POSTAL.items():
            assert _axes(_event(service, EventCode="??", CarrierCode=f"PTS{code}")) == _axes(turned(reading)), code
    assert not _event(EventCode="??", CarrierCode="SS").recognised


def test_back_at_the_merchant_is_no_delivery() -> None:
    assert _event("RETURN", EventCode="DRC").milestone is M.RETURNED_TO_SENDER
    assert _event("RETURN", EventCode="PUU").milestone is M.RETURN_IN_TRANSIT
    assert _event("RETURN", EventCode="??", Description="Label created").milestone is M.PRE_TRANSIT
    assert _event("PARCEL", EventCode="DRC").milestone is M.DELIVERED


def test_every_status_where_there_are_no_events() -> None:
    for status, reading in STATUSES.items():
        assert _package("PARCEL", Status=status).status is reading.milestone
        assert _package("RETURN", Status=status).status is backwards(reading).milestone
    assert _package("RETURN", Status="Sideways").status is M.UNKNOWN


@pytest.mark.parametrize(
    ("day", "clock", "expected"),
    [
        (DAY, CLOCK, datetime(2016, 7, 22, 18)),  # noqa: DTZ001
        (DAY, "null", datetime(2016, 7, 22)),  # noqa: DTZ001
        (DAY, None, datetime(2016, 7, 22)),  # noqa: DTZ001
        ("/Date(1469163600000)/", CLOCK, datetime(2016, 7, 22, 18)),  # noqa: DTZ001
        ("/Date(1469163600000+0530)/", CLOCK, datetime(2016, 7, 22, 18)),  # noqa: DTZ001
    ],
)
def test_a_time_is_the_day_of_one_field_and_the_clock_of_another(day: str, clock: Any, expected: datetime) -> None:
    event = _event(Date=day, Time=clock, EventCode="DRC")
    assert (event.occurred_at, event.zone_known) == (expected, False)


@pytest.mark.parametrize(
    "day", ["yesterday", "/Date()/", "/Date(-62135575200000-0600)/", "/Date(9e99-0500)/", "/Date(-5)/-x"]
)
def test_strange_days_are_refused(day: str) -> None:
    with pytest.raises(UnreadableBodyError, match="date of an event"):
        _event(Date=day, EventCode="DRC")


def test_null_is_nothing() -> None:
    report = _package("RETURN", {"Date": "null", "EventCode": "DRC"}, EstimatedDeliveryDate="null", Signer="A PERSON")
    assert (report.events, report.estimate) == ((), None)
    assert "PERSON" not in report.model_dump_json()
    event = _event(
        EventCode="DRC", City="null", State="WI", PostalCode="null", EventDescription="null", Description="Back"
    )
    assert (event.place.city, event.place.region, event.place.postal_code) == (None, "WI", None)
    assert event.description == "Back"
    estimate = _package("RETURN", EstimatedDeliveryDate=DAY).estimate
    assert estimate is not None
    assert str(estimate.day) == "2016-07-22"


def test_numbers_that_are_not_known() -> None:
    report = _package(
        "UNKNOWN", Status="NotFound", ErrorMessage="No tracking data available", PackageTrackingEvents="null"
    )
    assert (report.tracking_number, report.status, report.events) == ("72", M.UNKNOWN, ())
    assert CONNECTOR.parse(b'{"Packages": []}') == []
    assert CONNECTOR.classify(b'{"Packages": []}') is BodyKind.NO_RESULT
    with pytest.raises(UnreadableBodyError, match="TrackingNumber"):
        _package("RETURN", TrackingNumber="null")


def test_the_question() -> None:
    account = Account(account="main", brand="larkspur", credentials={"api_key": "k", "merchant_id": "m"})
    (call,) = CONNECTOR.client.ask(["72", "73"], account, "")
    assert (call.method, call.url) == ("POST", "https://api.newgistics.com/WebAPI/Shipment/Tracking")
    assert call.headers["X-API-Key"] == "k"
    assert json.loads(call.body) == {"merchantID": "m", "qualifier": "Barcode", "searchStrings": ["72", "73"]}
    assert call.numbers == ("72", "73")
    assert CONNECTOR.client.token(account) is None
