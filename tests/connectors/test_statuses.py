"""Every code yields what its table says, the tables hold every code that is known, and strangers are UNKNOWN."""

import json
from pathlib import Path
from typing import Any

import pytest

from porchlight.carriers.easypost import statuses as easypost
from porchlight.carriers.reading import UNRECOGNISED, Reading, phrase, summary, table
from porchlight.carriers.registry import carrier
from porchlight.carriers.ups import codes as ups
from porchlight.carriers.ups import codes_other as ups_other
from porchlight.carriers.ups import statuses as ups_statuses
from porchlight.carriers.usps import statuses as usps
from porchlight.domain.events import TrackingEvent
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party, Reason

CODES = Path(__file__).parents[3] / "shared/carriers/codes"


def _known(source: str, *categories: str | None) -> set[str]:
    file = CODES / f"{source}.json"
    if not file.exists():
        pytest.skip(f"no reference codes ({file.name})")
    codes = json.loads(file.read_text(encoding="utf-8"))["codes"]
    return {entry["code"] for entry in codes if entry.get("category") in categories}


def _first_event(source: str, body: dict[str, Any]) -> TrackingEvent:
    parser = carrier(source)
    assert parser is not None
    return parser.parse(json.dumps(body).encode())[0].events[0]


def _agrees(event: TrackingEvent, reading: Reading) -> bool:
    found = (event.milestone, event.reason, event.at_fault, event.recognised)
    return found == (reading.milestone, reading.reason, reading.at_fault, reading.recognised)


def _ups(kind: str, code: str, status: str, service: str = "") -> TrackingEvent:
    activity = {
        "status": {"type": kind, "code": code, "statusCode": status},
        "date": "20260101",
        "time": "120000",
    }
    package = {"trackingNumber": "1ZTEST", "service": {"description": service}, "activity": [activity]}
    return _first_event("ups", {"trackResponse": {"shipment": [{"package": [package]}]}})


def _usps(code: str, text: str = "") -> TrackingEvent:
    event = {"eventCode": code, "eventType": text, "eventTimestamp": "2026-01-01T12:00:00"}
    return _first_event("usps", {"trackingNumber": "94", "trackingEvents": [event]})


def _easypost(status: str, detail: str = "", message: str = "", code: str = "", by: str = "DPD") -> TrackingEvent:
    entry = {
        "status": status,
        "status_detail": detail,
        "message": message,
        "carrier_code": code,
        "datetime": "2026-01-01T12:00:00Z",
    }
    return _first_event(
        "easypost", {"object": "Tracker", "tracking_code": "1", "carrier": by, "tracking_details": [entry]}
    )


def test_usps_codes() -> None:
    for code, reading in usps.CODES.items():
        assert _agrees(_usps(code), reading), code


def test_usps_table_is_complete() -> None:
    assert set(usps.CODES) == _known("usps", None)


def test_usps_words() -> None:
    for text, reading in {**usps.TEXTS, **usps.SPLITS}.items():
        assert _agrees(_usps("??", text), reading), text


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("M", ups.MANIFEST),
        ("I", ups.MOVEMENT),
        ("P", ups.MOVEMENT),
        ("U", ups.UPDATE),
        ("D", ups.DELIVERY),
        ("X", ups.EXCEPTIONS),
    ],
)
def test_ups_codes(kind: str, codes: dict[str, Reading]) -> None:
    for code, reading in codes.items():
        assert _agrees(_ups(kind, code, ""), reading), (kind, code)


def test_ups_statuses() -> None:
    for status, reading in ups.STATUS.items():
        assert _agrees(_ups("I", "", status), reading), status


def test_ups_mail_and_freight() -> None:
    for code, reading in ups_other.MAIL.items():
        assert _agrees(_ups("I", code, "", "UPS Mail Innovations"), reading), code
    for code, reading in {**ups_other.FREIGHT_EXCEPTIONS, **ups_other.FREIGHT_ACTIVITY}.items():
        assert _agrees(_ups("I", code, "", "UPS Freight LTL"), reading), code


@pytest.mark.parametrize(
    ("codes", "category", "seen_live"),
    [
        (ups.STATUS, "status_or_description_code", set()),
        (ups.MANIFEST, "manifest", set()),
        (ups.MOVEMENT, "movement_scan", set()),
        (ups.UPDATE, "update", set()),
        (ups.DELIVERY, "delivery", {"F4", "FS", "FT", "KM"}),
        (ups.EXCEPTIONS, "package_exception", {"SR"}),
        (ups_other.MAIL, "mail_innovations", set()),
        (ups_other.FREIGHT_ACTIVITY, "freight_activity", set()),
        (ups_other.FREIGHT_EXCEPTIONS, "freight_exception", set()),
    ],
)
def test_ups_tables_are_complete(codes: dict[str, Reading], category: str, seen_live: set[str]) -> None:
    assert set(codes) - seen_live == _known("ups", category) - seen_live


@pytest.mark.parametrize(
    ("kind", "code", "status", "milestone", "reason"),
    [
        ("X", "RZ", "012", M.IN_TRANSIT, None),
        ("X", "RZ", "014", M.IN_TRANSIT, None),
        ("I", "OR", "005", M.ACCEPTED, None),
        ("I", "DP", "005", M.IN_TRANSIT, None),
        ("M", "DP", "003", M.PRE_TRANSIT, None),
        ("P", "PU", "038", M.ACCEPTED, None),
        ("D", "FS", "011", M.DELIVERED, None),
        ("D", "2Q", "", M.AVAILABLE_FOR_PICKUP, None),
        ("D", "50", "", M.EXCEPTION, Reason.ADDRESS),
        ("X", "55", "060", M.DELIVERY_ATTEMPTED, Reason.PREMISES_CLOSED),
        ("X", "7W", "046", M.DELAYED, Reason.WEATHER),
        ("X", "RD", "124", M.EXCEPTION, Reason.CUSTOMS),
        ("X", "SR", "003", M.IN_TRANSIT, None),
        ("X", "Q8", "", M.UNKNOWN, None),
        ("X", "nonsense", "013", M.EXCEPTION, None),
        ("X", "nonsense", "", M.UNKNOWN, None),
        ("I", "nonsense", "999", M.UNKNOWN, None),
        ("I", "", "", M.IN_TRANSIT, None),
        ("Q", "", "", M.UNKNOWN, None),
        ("U", "UP", "154", M.UNKNOWN, None),
    ],
)
def test_ups_type_code_and_status_together(
    kind: str, code: str, status: str, milestone: M, reason: Reason | None
) -> None:
    event = _ups(kind, code, status)
    assert (event.milestone, event.reason) == (milestone, reason)


def test_ups_words_read_only_codes_that_no_table_has() -> None:
    assert ups_statuses.reading("D", "KB", "", "DELIVERED").milestone is M.DELIVERED
    assert ups_statuses.reading("D", "50", "", "DELIVERED").milestone is M.EXCEPTION
    assert ups_statuses.reading("X", "KB", "", "UPS INTERNAL ACTIVITY CODE") is UNRECOGNISED


def test_easypost_statuses() -> None:
    for status, reading in easypost.STATUSES.items():
        assert _agrees(_easypost(status), reading), status
    assert set(easypost.STATUSES) == _known("easypost", "status")
    assert set(easypost.DETAILS) == _known("easypost", "status_detail")


@pytest.mark.parametrize(
    ("event", "milestone", "reason"),
    [
        (_easypost("in_transit", "weather_delay"), M.DELAYED, Reason.WEATHER),
        (_easypost("in_transit", "arrived_at_destination"), M.IN_TRANSIT, None),
        (
            _easypost("failure", "delayed", "Delivery attempted - no access"),
            M.DELIVERY_ATTEMPTED,
            Reason.CONSIGNEE_ABSENT,
        ),
        (_easypost("failure", "refused", "Delivery exception"), M.EXCEPTION, Reason.CONSIGNEE_REFUSED),
        (_easypost("in_transit", "delayed", "", "DJ", "UPSDAP"), M.DELAYED, Reason.WEATHER),
        (_easypost("in_transit", "arrived_at_facility", "Weather delay"), M.DELAYED, Reason.WEATHER),
        (_easypost("in_transit", "unknown", "Returning package to shipper"), M.RETURN_IN_TRANSIT, None),
        (
            _easypost("failure", "delayed", "Notice Left (No Secure Location)"),
            M.DELIVERY_ATTEMPTED,
            Reason.CONSIGNEE_ABSENT,
        ),
        (_easypost("failure", "lost"), M.LOST, Reason.NETWORK),
        (_easypost("delivered", "arrived_at_destination", "Delivery attempted"), M.DELIVERED, None),
        (_easypost("delivered", "return"), M.RETURNED_TO_SENDER, None),
        (_easypost("in_transit", "unknown", "", "PU", "FedEx"), M.ACCEPTED, None),
        (_easypost("in_transit", "unknown", "", "PU", "DPD"), M.IN_TRANSIT, None),
        (_easypost("in_transit", "unknown", "", "03", "USPS"), M.ACCEPTED, None),
        (_easypost("failure", "unknown", "", "55", "UPSDAP"), M.EXCEPTION, None),
        (_easypost("in_transit", "unknown", "ORIGIN SCAN"), M.ACCEPTED, None),
        (
            _easypost(
                "in_transit",
                "received_at_origin_facility",
                "Picked Up by Shipping Partner, USPS Awaiting Item",
                "",
                "USPS",
            ),
            M.IN_TRANSIT,
            None,
        ),
        (_easypost("", ""), M.UNKNOWN, None),
        (_easypost("IN_TRANSIT", ""), M.UNKNOWN, None),
    ],
    ids=str,
)
def test_easypost_refinements(event: TrackingEvent, milestone: M, reason: Reason | None) -> None:
    assert (event.milestone, event.reason) == (milestone, reason)


@pytest.mark.parametrize("event", [_usps("??", "whatever"), _ups("X", "??", ""), _easypost("teleported")])
def test_strangers_are_unknown_and_say_so(event: TrackingEvent) -> None:
    assert event.milestone is M.UNKNOWN
    assert not event.recognised


def test_a_table_refuses_two_readings_of_a_code() -> None:
    with pytest.raises(ValueError, match="two readings"):
        table((M.DELIVERED, None, "01 02"), (M.LOST, None, "02"))
    assert table((M.EXCEPTION, Reason.OTHER, Party.RETAILER, "9"))["9"].at_fault is Party.RETAILER


def test_phrases_are_words_only() -> None:
    assert phrase("  Delivered, In/At  Mailbox! ") == "delivered in at mailbox"
    assert phrase("\u2014") == ""


def test_summary_keeps_what_was_reached() -> None:
    def at(hour: int, milestone: M) -> TrackingEvent:
        return TrackingEvent.model_validate(
            {"occurred_at": f"2026-01-01T{hour:02}:00:00Z", "raw_code": "x", "milestone": milestone}
        )

    assert summary([]) is None
    assert summary([at(1, M.UNKNOWN)]) is None
    assert summary([at(3, M.DELIVERED), at(1, M.ACCEPTED), at(4, M.IN_TRANSIT)]) is M.DELIVERED
    assert summary([at(3, M.DELIVERED), at(4, M.RETURN_IN_TRANSIT)]) is M.RETURN_IN_TRANSIT
    assert summary([at(1, M.IN_TRANSIT), at(2, M.PRE_TRANSIT)]) is M.IN_TRANSIT
    assert summary([at(1, M.OUT_FOR_DELIVERY), at(2, M.UNKNOWN)]) is M.OUT_FOR_DELIVERY
