"""Chronopost: each code and its words, parcels of three operations, the way back."""

from typing import Any
from xml.sax.saxutils import escape

import pytest

from porchlight.bodies import load_xml
from porchlight.carriers.chronopost import CONNECTOR
from porchlight.carriers.chronopost.statuses import CODES, LABELS
from porchlight.carriers.reading import Reading
from porchlight.connectors import Account, BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone as M
from porchlight.errors import UnreadableBodyError


def _axes(found: TrackingEvent | Reading) -> tuple[Any, ...]:
    return found.milestone, found.reason, found.at_fault, found.recognised


def _answer(content: str, error: str = "0") -> bytes:
    return f"<Envelope><Body><r><return><errorCode>{error}</errorCode>{content}</return></r></Body></Envelope>".encode()


def _parcel(*events: tuple[str, str], element: str = "listEventInfoComp", extra: str = "") -> TrackingReport:
    inner = "".join(
        f"<events><code>{code}</code><eventDate>2026-03-{day:02}T08:30:00+01:00</eventDate>"
        f"<eventLabel>{escape(label)}</eventLabel><officeLabel>ARRAS</officeLabel><zipCode>62223</zipCode>{extra}</events>"
        for day, (code, label) in enumerate(events, 1)
    )
    (report,) = CONNECTOR.parse(_answer(f"<{element}>{inner}<skybillNumber>XY1FR</skybillNumber></{element}>"))
    return report


def test_every_code() -> None:
    for code, reading in CODES.items():
        (event,) = _parcel((code, "whatever")).events
        assert (_axes(event), event.raw_code) == (_axes(reading), code)
    assert not _parcel(("Q7", "whatever")).events[0].recognised
    assert _parcel(("Q7", "Delivered at the front desk")).events[0].milestone is M.DELIVERED


def test_words_come_before_codes() -> None:
    for label, reading in LABELS.items():
        for code in ("D", "Q7"):
            assert _axes(_parcel((code, label)).events[0]) == _axes(reading), label
    assert _parcel(("SD", "Livraison report\u00e9e de 24h")).status is M.DELAYED
    assert _parcel(("SD", "Tri effectu\u00e9 dans l'agence de distribution")).status is M.IN_TRANSIT


def test_a_delivery_after_the_turn_is_the_senders() -> None:
    turned = _parcel(
        ("D", "Livraison effectu\u00e9e"), ("R", "Colis en retour exp\u00e9diteur"), ("D", "Livraison effectu\u00e9e")
    )
    assert [event.milestone for event in turned.events] == [M.DELIVERED, M.RETURN_IN_TRANSIT, M.RETURNED_TO_SENDER]
    assert turned.status is M.RETURNED_TO_SENDER


def test_times_and_places_and_people() -> None:
    extra = "<infoCompList><name>Nom du destinataire</name><value>QUELQU'UN</value></infoCompList>"
    report = _parcel(("D", "Delivered"), extra=extra)
    assert report.events[0].occurred_at.isoformat() == "2026-03-01T08:30:00+01:00"
    assert (report.events[0].place.city, report.events[0].place.postal_code) == ("ARRAS", "62223")
    assert "QUELQU" not in report.model_dump_json()


@pytest.mark.parametrize("element", ["listEventInfoComp", "listEvents", "listParcel"])
def test_parcels_of_each_operation(element: str) -> None:
    assert _parcel(("D", "x"), element=element).tracking_number == "XY1FR"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (_answer("<listEventInfoComp><skybillNumber>XY1FR</skybillNumber></listEventInfoComp>"), BodyKind.NO_RESULT),
        (_answer(""), BodyKind.NO_RESULT),
        (_answer("<errorMessage>System Error</errorMessage>", "1"), BodyKind.NOT_TRACKING),
        (b"<Envelope><Body><Fault><faultcode>x</faultcode></Fault></Body></Envelope>", BodyKind.NOT_TRACKING),
    ],
)
def test_answers_without_events(body: bytes, kind: BodyKind) -> None:
    assert CONNECTOR.parse(body) == []
    assert CONNECTOR.classify(body) is kind


def test_what_is_no_answer_is_refused() -> None:
    for body in (b"<html><title>Just a moment</title></html>", _answer("<listEvents><events/></listEvents>")):
        with pytest.raises(UnreadableBodyError):
            CONNECTOR.parse(body)


def test_the_question() -> None:
    account = Account(account="main", brand="larkspur", credentials={"language": "en_GB"})
    (call,) = CONNECTOR.client.ask(["XY<1>FR"], account, "")
    assert (call.method, call.url) == ("POST", "https://ws.chronopost.fr/tracking-cxf/TrackingServiceWS")
    asked = next(load_xml(call.body).iter("trackSkybillV2"))
    assert (asked.findtext("skybillNumber"), asked.findtext("language")) == ("XY<1>FR", "en_GB")
    assert CONNECTOR.client.token(account) is None
