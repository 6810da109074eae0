"""Canpar: each code and its English words, answers of both generations, local times."""

from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest

from porchlight.bodies import load_xml
from porchlight.carriers.canpar import CONNECTOR
from porchlight.carriers.canpar.statuses import CODES, WORDS
from porchlight.carriers.reading import Reading
from porchlight.connectors import Account, BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason
from porchlight.errors import UnreadableBodyError


def _axes(found: TrackingEvent | Reading) -> tuple[Any, ...]:
    return found.milestone, found.reason, found.at_fault, found.recognised


def _answer(content: str) -> bytes:
    answer = f"<trackByBarcodeV2Response><return>{content}</return></trackByBarcodeV2Response>"
    return f"<Envelope><Body>{answer}</Body></Envelope>".encode()


def _report(events: str, more: str = "") -> TrackingReport:
    (report,) = CONNECTOR.parse(_answer(f"<error/><result><barcode>D1</barcode>{events}{more}</result>"))
    return report


def _events(code: str, words: str = "", when: str = "20260415 152209") -> str:
    return (
        "<events><address><address_line_1>2 DEPOT RD</address_line_1><city>TIMMINS</city><country>CA</country>"
        "<postal_code>P4N0A1</postal_code><province>ON</province></address>"
        f"<code>{code}</code><code_description_en>{escape(words)}</code_description_en>"
        f"<code_description_fr>LIVR\u2026</code_description_fr><local_date_time>{when}</local_date_time></events>"
    )


def _event(code: str, words: str = "") -> TrackingEvent:
    (event,) = _report(_events(code, words)).events
    return event


def test_every_code() -> None:
    for code, reading in CODES.items():
        assert _axes(_event(code, "whatever")) == _axes(reading), code
        assert _event(code).raw_code == code


def test_words_read_codes_that_no_table_has() -> None:
    for words, reading in WORDS.items():
        assert _axes(_event("WZZ", words)) == _axes(reading), words
    assert not _event("WZZ", "whatever").recognised
    assert _event("WZZ", "Delivery attempted at the dock").milestone is M.DELIVERY_ATTEMPTED
    assert _event("DEL", "DAMAGED").milestone is M.DELIVERED
    assert _event("XCP", "REFUSED BY CONSIGNEE").reason is Reason.CONSIGNEE_REFUSED
    assert _event("ATT", "BUSINESS CLOSED").reason is Reason.PREMISES_CLOSED
    assert _event("ATT", "DELIVERED").milestone is M.DELIVERY_ATTEMPTED


def test_the_events_say_whether_it_is_delivered() -> None:
    assert _report(_events("DEL"), "<delivered>false</delivered>").status is M.DELIVERED
    assert _report(_events("ARR"), "<delivered>true</delivered>").status is M.IN_TRANSIT


def test_times_places_people() -> None:
    more = "<signed_by>S IGNED</signed_by><consignee_address><name>N BODY</name></consignee_address>"
    report = _report(_events("DEL"), more)
    (event,) = report.events
    assert (event.occurred_at, event.zone_known) == (datetime(2026, 4, 15, 15, 22, 9), False)  # noqa: DTZ001
    assert event.place.model_dump() == {"city": "TIMMINS", "region": "ON", "postal_code": "P4N0A1", "country": "CA"}
    assert not any(word in report.model_dump_json() for word in ("IGNED", "BODY", "DEPOT", "LIVR"))


def test_estimates_and_strange_times() -> None:
    def estimate(printed: str) -> str | None:
        found = _report("", f"<estimated_delivery_date>{printed}</estimated_delivery_date>").estimate
        return str(found.day) if found else None

    assert [estimate(printed) for printed in ("20260415", "", "soon")] == ["2026-04-15", None, None]
    assert _report(_events("DEL", when="")).events == ()
    with pytest.raises(UnreadableBodyError, match="time of an event"):
        _report(_events("DEL", when="20261315 152209"))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (_answer("<error>NO SHIPMENT FOUND</error><result/>"), BodyKind.NO_RESULT),
        (b"<Envelope><Body><Fault><faultcode>x</faultcode></Fault></Body></Envelope>", BodyKind.NOT_TRACKING),
    ],
)
def test_answers_without_parcels(body: bytes, kind: BodyKind) -> None:
    assert CONNECTOR.parse(body) == []
    assert CONNECTOR.classify(body) is kind


def test_what_is_no_answer_is_refused() -> None:
    with pytest.raises(UnreadableBodyError):
        CONNECTOR.parse(b"<Envelope/>")


def test_the_question() -> None:
    account = Account(account="main", brand="larkspur", credentials={"poll": "yes"})
    (call,) = CONNECTOR.client.ask(["D<1>"], account, "")
    assert call.url == (
        "https://canship.canpar.com/canshipws/services/CanparAddonsService.CanparAddonsServiceHttpSoap12Endpoint/"
    )
    assert 'action="urn:trackByBarcodeV2"' in call.headers["Content-Type"]
    assert load_xml(call.body).findtext("Body/trackByBarcodeV2/request/barcode") == "D<1>"
    assert b"http://www.w3.org/2003/05/soap-envelope" in call.body
    assert CONNECTOR.client.token(account) is None
