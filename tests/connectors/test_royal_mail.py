"""Royal Mail: each code, names for strangers, events and summaries, estimates with a window."""

import json
from pathlib import Path
from typing import Any

import pytest

from porchlight.carriers.reading import Reading
from porchlight.carriers.royal_mail import CONNECTOR
from porchlight.carriers.royal_mail.statuses import CODES, NAMES
from porchlight.connectors import Account, BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone as M
from porchlight.errors import UnreadableBodyError

KNOWN = Path(__file__).parents[3] / "shared/carriers/codes/royal_mail.json"


def _axes(found: TrackingEvent | Reading) -> tuple[Any, ...]:
    return found.milestone, found.reason, found.at_fault, found.recognised


def _piece(*events: dict[str, Any], **more: Any) -> TrackingReport:
    body = {"mailPieces": {"mailPieceId": "QQ1GB", "events": list(events), **more}}
    (report,) = CONNECTOR.parse(json.dumps(body).encode())
    return report


def _event(code: str, name: str = "") -> TrackingEvent:
    given = {"eventCode": code, "eventName": name, "eventDateTime": "2026-01-01T10:00:00Z", "locationName": "Leeds MC"}
    (event,) = _piece(given).events
    return event


def test_every_code() -> None:
    for code, reading in CODES.items():
        assert _axes(_event(code, "whatever")) == _axes(reading), code
    assert _event("EVKSP").place.city == "Leeds MC"


@pytest.mark.skipif(not KNOWN.exists(), reason="no reference codes")
def test_the_table_holds_every_known_code() -> None:
    known = {entry["code"] for entry in json.loads(KNOWN.read_text(encoding="utf-8"))["codes"]}
    assert known <= set(CODES)


def test_names_read_codes_that_no_table_has() -> None:
    for name, reading in NAMES.items():
        assert _axes(_event("EVZZZ", name)) == _axes(reading), name
    assert not _event("EVZZZ", "A stranger").recognised
    assert _event("EVKOP", "Return to sender").milestone is M.DELIVERED


def test_a_collection_point_is_no_delivery() -> None:
    assert _event("EVKLS").milestone is M.AVAILABLE_FOR_PICKUP
    assert _event("EVPLC").milestone is M.DELIVERED


def test_a_summary_stands_for_the_last_event() -> None:
    last = {"lastEventCode": "EVKSF", "lastEventName": "Delivered", "lastEventDateTime": "2026-01-01T10:00:00+01:00"}
    report = _piece(summary={**last, "lastEventLocationName": "Leeds DO", "statusCategory": "DELIVERED"})
    assert [(event.raw_code, event.place.city) for event in report.events] == [("EVKSF", "Leeds DO")]
    assert report.status is M.DELIVERED
    several = {
        "mailPieces": [{"mailPieceId": "A", "summary": last}, {"mailPieceId": "B", "error": {"errorCode": "E1142"}}]
    }
    first, second = CONNECTOR.parse(json.dumps(several).encode())
    assert (first.status, second.status, second.events) == (M.DELIVERED, M.UNKNOWN, ())


def test_events_come_before_the_summary_and_its_category_is_for_strangers() -> None:
    last = {"lastEventCode": "EVZZZ", "lastEventDateTime": "2026-01-02T10:00:00Z", "statusCategory": "IN TRANSIT"}
    assert [
        event.raw_code
        for event in _piece({"eventCode": "EVKOP", "eventDateTime": "2026-01-01T10:00:00Z"}, summary=last).events
    ] == ["EVKOP"]
    assert _piece(summary=last).status is M.IN_TRANSIT
    assert _piece(summary={"oneDBarcode": "X"}, mailPieceId=None).tracking_number == "X"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"date": "2026-02-20"}, {"day": "2026-02-20"}),
        (
            {
                "date": "2026-02-20",
                "startOfEstimatedWindow": "08:00:00+01:00",
                "endOfEstimatedWindow": "11:00:00+01:00",
            },
            {"from": "2026-02-20T08:00:00+01:00", "to": "2026-02-20T11:00:00+01:00"},
        ),
        (
            {
                "date": "2026-02-20T00:00:00+00:00",
                "startOfEstimatedWindow": "2026-02-20T08:00:00Z",
                "endOfEstimatedWindow": "2026-02-20T11:00:00Z",
            },
            {"from": "2026-02-20T08:00:00Z", "to": "2026-02-20T11:00:00Z"},
        ),
        (
            {"date": "2026-02-20", "startOfEstimatedWindow": "soon", "endOfEstimatedWindow": "11:00:00"},
            {"day": "2026-02-20"},
        ),
        ({"date": "soon"}, None),
        ({}, None),
    ],
)
def test_estimates(given: dict[str, str], expected: dict[str, str] | None) -> None:
    found = _piece(estimatedDelivery=given).estimate
    assert found == (DeliveryEstimate.model_validate(expected) if expected else None)


def test_signatures_are_not_taken() -> None:
    report = _piece(signature={"recipientName": "Simon", "signatureDateTime": "2026-01-01T10:00:00Z"})
    assert "Simon" not in report.model_dump_json()


def test_errors() -> None:
    for code, kind in (("E1142", BodyKind.NO_RESULT), ("E0004", BodyKind.NOT_TRACKING)):
        body = json.dumps({"httpCode": "400", "errors": [{"errorCode": code}]}).encode()
        assert CONNECTOR.parse(body) == []
        assert CONNECTOR.classify(body) is kind
    for body in (b'{"errors": "x"}', b'{"errors": [7, {"errorCode": {}}]}', b'{"httpCode": "500"}'):
        assert CONNECTOR.parse(body) == []
        assert CONNECTOR.classify(body) is BodyKind.NOT_TRACKING
    with pytest.raises(UnreadableBodyError):
        CONNECTOR.parse(b'{"mailPieces": 7}')


def test_the_question() -> None:
    account = Account(account="main", brand="larkspur", credentials={"client_id": "i", "client_secret": "s"})
    (call,) = CONNECTOR.client.ask(["QQ1GB"], account, "")
    assert call.url == "https://api.royalmail.net/mailpieces/v2/QQ1GB/events"
    assert (call.headers["X-IBM-Client-Id"], call.headers["X-IBM-Client-Secret"]) == ("i", "s")
    assert call.headers["X-Accept-RMG-Terms"] == "yes"
    assert CONNECTOR.client.token(account) is None
