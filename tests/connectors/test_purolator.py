"""Purolator: scan types that say little, words that say it, local times in digits."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from porchlight.bodies import load_xml
from porchlight.carriers.purolator import CONNECTOR
from porchlight.carriers.purolator.statuses import TYPES, WORDS
from porchlight.carriers.reading import Reading
from porchlight.connectors import Account, BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason
from porchlight.errors import UnreadableBodyError

KNOWN = Path(__file__).parents[3] / "shared/carriers/codes/purolator.json"


def _axes(found: TrackingEvent | Reading) -> tuple[Any, ...]:
    return found.milestone, found.reason, found.at_fault, found.recognised


def _answer(content: str) -> bytes:
    content = f"<ResponseInformation><Errors/></ResponseInformation>{content}"
    answer = f"<TrackPackagesByPinResponse>{content}</TrackPackagesByPinResponse>"
    return f"<Envelope><Body>{answer}</Body></Envelope>".encode()


def _report(*scans: str) -> TrackingReport:
    content = f"<TrackingInformation><PIN><Value>330</Value></PIN><Scans>{''.join(scans)}</Scans></TrackingInformation>"
    (report,) = CONNECTOR.parse(_answer(content))
    return report


def _scan(kind: str, text: str = "", day: str = "2026-04-02", clock: str = "164300", depot: str = "REGINA, SK") -> str:
    return (
        f"<Scan><ScanType>{kind}</ScanType><PIN><Value>331</Value></PIN><Depot><Name>{depot}</Name></Depot>"
        f"<ScanDate>{day}</ScanDate><ScanTime>{clock}</ScanTime><Description>{escape(text)}</Description>"
        "<ScanDetails><DeliverySignature>P BEARER</DeliverySignature></ScanDetails></Scan>"
    )


def _event(kind: str, text: str = "", **more: str) -> TrackingEvent:
    (event,) = _report(_scan(kind, text, **more)).events
    return event


def test_every_type_without_words() -> None:
    for kind, reading in TYPES.items():
        event = _event(kind)
        assert event.raw_code == kind
        if kind == "Other":
            assert not event.recognised
        else:
            assert _axes(event) == _axes(reading), kind
    assert not _event("Sideways").recognised


@pytest.mark.skipif(not KNOWN.exists(), reason="no reference codes")
def test_the_table_holds_every_known_type() -> None:
    assert {entry["code"] for entry in json.loads(KNOWN.read_text(encoding="utf-8"))["codes"]} <= set(TYPES)


def test_words_come_before_types() -> None:
    for words, reading in WORDS.items():
        for kind in ("Other", "Undeliverable", "Delivery"):
            assert _axes(_event(kind, words)) == _axes(reading), words


@pytest.mark.parametrize(
    ("kind", "text", "milestone", "reason"),
    [
        ("Undeliverable", "Shipment created", M.PRE_TRANSIT, None),
        (
            "Undeliverable",
            "Available for pickup for 5 business days from arrival date at the counter.",
            M.AVAILABLE_FOR_PICKUP,
            None,
        ),
        ("Undeliverable", "Attempted Delivery - Customer Closed", M.DELIVERY_ATTEMPTED, Reason.PREMISES_CLOSED),
        ("Undeliverable", "Attempted Delivery - dog", M.DELIVERY_ATTEMPTED, Reason.CONSIGNEE_ABSENT),
        ("Undeliverable", "Words of its own", M.EXCEPTION, None),
        ("Other", "Picked up by Purolator at RED DEER AB", M.ACCEPTED, None),
        ("Other", "Shipment delivered to RECEPTION at FRONT DESK", M.DELIVERED, None),
        ("Other", "New Tracking Number Assigned -", M.UNKNOWN, None),
        ("Other", "Arriv\u00e9 au centre de tri", M.IN_TRANSIT, None),
        ("OnDelivery", "Words of its own", M.OUT_FOR_DELIVERY, None),
        ("Other", "Delivered by mistake", M.UNKNOWN, None),
        ("Undeliverable", "Shipment held at depot - Customs", M.EXCEPTION, Reason.CUSTOMS),
        ("Other", "Processed through facility in LINDENAU", M.IN_TRANSIT, None),
    ],
)
def test_wordings(kind: str, text: str, milestone: M, reason: Reason | None) -> None:
    event = _event(kind, text)
    assert (event.milestone, event.reason) == (milestone, reason)


def test_scans_of_one_type_and_moment_are_told_apart_by_their_words() -> None:
    report = _report(_scan("Other", "Departed sort facility"), _scan("Other", "Arrived at sort facility"))
    assert len({event.event_id("purolator", "330") for event in report.events}) == 2


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("172300", (17, 23, 0)), ("85500", (8, 55, 0)), ("17:23:05", (17, 23, 5)), ("", (0, 0, 0))],
)
def test_local_times(clock: str, expected: tuple[int, int, int]) -> None:
    event = _event("Delivery", clock=clock)
    assert (event.occurred_at, event.zone_known) == (datetime(2026, 4, 2, *expected), False)  # noqa: DTZ001


def test_places_and_people() -> None:
    assert _event("Delivery").place.model_dump(exclude_none=True) == {"city": "REGINA", "region": "SK", "country": "CA"}
    assert _event("Delivery", depot="Purolator").place.model_dump(exclude_none=True) == {}
    assert _event("Delivery", depot="MONTREAL SORT CTR/CTR TRIE").place.city == "MONTREAL SORT CTR/CTR TRIE"
    assert "BEARER" not in _report(_scan("Delivery")).model_dump_json()


def test_strange_times_are_refused_and_scans_without_a_day_left_out() -> None:
    assert _report(_scan("Delivery", day="")).events == ()
    with pytest.raises(UnreadableBodyError, match="time of a scan"):
        _report(_scan("Delivery", clock="999999"))


def test_answers_without_scans() -> None:
    assert (_report().tracking_number, _report().status) == ("330", M.UNKNOWN)
    fault = b"<Envelope><Body><Fault><faultcode>x</faultcode></Fault></Body></Envelope>"
    for body, kind in ((_answer(""), BodyKind.NO_RESULT), (fault, BodyKind.NOT_TRACKING)):
        assert CONNECTOR.parse(body) == []
        assert CONNECTOR.classify(body) is kind
    with pytest.raises(UnreadableBodyError):
        CONNECTOR.parse(b"<Envelope/>")


def test_the_question() -> None:
    credentials = {"key": "k", "password": "p", "user_token": "u&t", "language": "fr"}
    account = Account(account="main", brand="larkspur", credentials=credentials)
    (call,) = CONNECTOR.client.ask(["330", "331"], account, "")
    assert call.url == "https://webservices.purolator.com/PWS/V1/Tracking/TrackingService.asmx"
    assert call.headers["Authorization"] == "Basic azpw"
    assert call.headers["SOAPAction"] == '"http://purolator.com/pws/service/v1/TrackPackagesByPin"'
    asked = load_xml(call.body)
    assert [pin.text for pin in asked.iter("Value")] == ["330", "331"]
    assert [asked.findtext(f"Header/RequestContext/{name}") for name in ("UserToken", "Language")] == ["u&t", "fr"]
    plain = replace(account, credentials={"key": "k", "password": "p"})
    assert load_xml(CONNECTOR.client.ask(["330"], plain, "")[0].body).find("Header/RequestContext/UserToken") is None
    assert CONNECTOR.client.token(account) is None
