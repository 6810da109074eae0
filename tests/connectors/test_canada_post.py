"""Canada Post: each number in both of its senses, times with abbreviations, details, summaries and messages."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from porchlight.carriers.canada_post import CONNECTOR
from porchlight.carriers.canada_post.statuses import CODES, TWO_WAYS, TYPES, WORDINGS
from porchlight.carriers.reading import Reading
from porchlight.connectors import Account, BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party, Reason
from porchlight.errors import UnreadableBodyError

KNOWN = Path(__file__).parents[3] / "shared/carriers/codes/canada_post.json"


def _axes(found: TrackingEvent | Reading) -> tuple[Any, ...]:
    return found.milestone, found.reason, found.at_fault, found.recognised


def _details(*occurrences: dict[str, str], **more: str) -> TrackingReport:
    inner = "".join(
        "<occurrence>"
        + "".join(f"<event-{name}>{escape(text)}</event-{name}>" for name, text in fields.items())
        + "</occurrence>"
        for fields in occurrences
    )
    fields = "".join(f"<{name.replace('_', '-')}>{text}</{name.replace('_', '-')}>" for name, text in more.items())
    body = f"<tracking-detail><pin>4000</pin>{fields}<significant-events>{inner}</significant-events></tracking-detail>"
    (report,) = CONNECTOR.parse(body.encode())
    return report


def _event(code: str, text: str = "", zone: str = "EST", **more: str) -> TrackingEvent:
    given = {"identifier": code, "date": "2026-07-01", "time": "12:00:00", "time-zone": zone, "description": text}
    (event,) = _details({**given, **more}).events
    return event


def test_every_number_with_and_without_its_zeros() -> None:
    for code, reading in CODES.items():
        for printed in (code, code.zfill(4)):
            assert _axes(_event(printed)) == _axes(reading), printed
            assert _event(printed).raw_code == printed


@pytest.mark.skipif(not KNOWN.exists(), reason="no reference codes")
def test_the_table_holds_every_known_number() -> None:
    assert set(CODES) == {entry["code"] for entry in json.loads(KNOWN.read_text(encoding="utf-8"))["codes"]}


@pytest.mark.parametrize(
    ("code", "text", "milestone"),
    [
        ("1496", "Item successfully delivered", M.DELIVERED),
        ("1496", "Item successfully returned to the sender", M.RETURNED_TO_SENDER),
        ("1498", "Article retourn\u00e9 \u00e0 l'exp\u00e9diteur", M.RETURNED_TO_SENDER),
        ("1498", "Article livr\u00e9 avec succ\u00e8s", M.DELIVERED),
        ("0174", "Item out for delivery", M.OUT_FOR_DELIVERY),
        ("0174", "Item out for return to sender", M.RETURN_IN_TRANSIT),
        ("1412", "Returned item arrived at facility", M.RETURN_IN_TRANSIT),
        ("1412", "Verifying recipient's address; possible delay", M.EXCEPTION),
        ("1479", "Attempt to return item to sender", M.RETURN_IN_TRANSIT),
        ("1703", "Article renvoy\u00e9 au bureau de poste", M.RETURN_IN_TRANSIT),
        ("4700", "Item on hold", M.EXCEPTION),
        ("4450", "Item returned to Post from Customs", M.IN_TRANSIT),
        ("4450", "Import refused", M.EXCEPTION),
        ("0100", "Return", M.IN_TRANSIT),
    ],
)
def test_words_tell_a_way_back_where_the_number_does_not(code: str, text: str, milestone: M) -> None:
    assert _event(code, text).milestone is milestone


def test_only_numbers_with_two_senses_hear_the_words() -> None:
    for code, reading in CODES.items():
        if code not in TWO_WAYS:
            assert _axes(_event(code, "returned to sender, refused, retour")) == _axes(reading), code


def test_signatures_and_photos_are_no_delivery() -> None:
    assert [_event(code).milestone for code in ("20", "21", "2001")] == [M.UNKNOWN] * 3
    assert _event("20").recognised
    assert not _event("7").recognised
    assert _event("1497", "Item successfully delivered").milestone is M.DELIVERED
    assert _event("7", "Delivery attempted at the side door").milestone is M.DELIVERY_ATTEMPTED
    assert _event("174", "Item successfully delivered").milestone is M.OUT_FOR_DELIVERY


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("NST", "-03:30"),
        ("NDT", "-02:30"),
        ("AST", "-04:00"),
        ("ADT", "-03:00"),
        ("EST", "-05:00"),
        ("EDT", "-04:00"),
        ("CST", "-06:00"),
        ("CSTNO", "-06:00"),
        ("CDT", "-05:00"),
        ("MST", "-07:00"),
        ("MSTNO", "-07:00"),
        ("MDT", "-06:00"),
        ("PST", "-08:00"),
        ("pdt", "-07:00"),
    ],
)
def test_an_abbreviation_is_a_fixed_offset_in_summer_too(zone: str, offset: str) -> None:
    assert _event("100", zone=zone).occurred_at == datetime.fromisoformat(f"2026-07-01T12:00:00{offset}")


@pytest.mark.parametrize("zone", ["", "ISRAEL", "EASTERN", "XST"])
def test_no_offset_is_invented(zone: str) -> None:
    event = _event("100", zone=zone)
    assert event.occurred_at == datetime(2026, 7, 1, 12)  # noqa: DTZ001
    assert not event.zone_known


def test_places_and_people() -> None:
    event = _event("100", site="GANDER", province="NL", **{"retail-name": "A SHOP"})
    assert (event.place.city, event.place.region, event.place.country) == ("GANDER", "NL", "CA")
    assert _event("100", site="HAIFA,Israel").place.country is None
    report = _details({"identifier": "20", "date": "2026-07-01", "description": "x"}, signatory_name="SOMEBODY")
    assert "SOMEBODY" not in report.model_dump_json()


def test_a_changed_date_comes_before_the_first_one() -> None:
    first = _details(expected_delivery_date="2026-07-01", changed_expected_date="")
    later = _details(expected_delivery_date="2026-07-01", changed_expected_date="2026-07-03")
    assert [report.estimate and str(report.estimate.day) for report in (first, later, _details())] == [
        "2026-07-01",
        "2026-07-03",
        None,
    ]


def test_an_event_without_a_time_is_at_the_start_of_its_day_and_one_without_a_day_is_none() -> None:
    assert _event("100", time="").occurred_at.hour == 0
    assert _details({"identifier": "100", "date": ""}).events == ()
    with pytest.raises(UnreadableBodyError, match="time of an event"):
        _event("100", date="tomorrow")


def _summary(**fields: str) -> TrackingReport:
    inner = "".join(f"<{name.replace('_', '-')}>{text}</{name.replace('_', '-')}>" for name, text in fields.items())
    (report,) = CONNECTOR.parse(f"<tracking-summary><pin-summary>{inner}</pin-summary></tracking-summary>".encode())
    return report


def test_a_summary_reads_its_wording_then_its_type() -> None:
    for words, number in WORDINGS.items():
        event = _summary(pin="1", event_date_time="20260107:142501", event_type="??", event_description=words).events[0]
        assert _axes(event) == _axes(CODES[number]), words
    for kind, reading in TYPES.items():
        event = _summary(pin="1", event_date_time="20260107:142501", event_type=kind, event_description="new").events[0]
        assert (_axes(event), event.raw_code) == (_axes(reading), kind)
        assert event.occurred_at == datetime(2026, 1, 7, 14, 25, 1)  # noqa: DTZ001


def test_a_summary_knows_the_day_of_delivery() -> None:
    given = {"pin": "1", "event_date_time": "20260107:142501", "event_type": "INFO"}
    assert _summary(**given, actual_delivery_date="2026-01-07").status is M.DELIVERED
    assert _summary(**given).status is M.UNKNOWN
    back = _summary(**given, event_description="Item being returned to sender", actual_delivery_date="2026-01-07")
    assert back.status is M.RETURN_IN_TRANSIT
    assert _summary(pin="1", expected_delivery_date="2026-01-09").events == ()


def test_messages_say_nothing_about_a_parcel() -> None:
    body = b"<messages><message><code>%s</code><description>x</description></message></messages>"
    for code, kind in ((b"004", BodyKind.NO_RESULT), (b"E002", BodyKind.NOT_TRACKING)):
        assert CONNECTOR.parse(body % code) == []
        assert CONNECTOR.classify(body % code) is kind
    assert CONNECTOR.parse(b"<tracking-summary/>") == []
    assert CONNECTOR.classify(b"<tracking-summary/>") is BodyKind.NO_RESULT
    with pytest.raises(UnreadableBodyError):
        CONNECTOR.parse(b"<html/>")


def test_reasons_name_who_is_at_fault() -> None:
    assert _axes(_event("0117"))[1:3] == (Reason.CUSTOMS, Party.RETAILER)
    assert _axes(_event("0810"))[1:3] == (Reason.CUSTOMS, Party.CUSTOMS)
    assert _axes(_event("0159"))[1:3] == (Reason.WEATHER, Party.WEATHER)


def test_the_question() -> None:
    account = Account(
        account="main", brand="larkspur", credentials={"username": "u", "password": "p", "language": "fr"}
    )
    (call,) = CONNECTOR.client.ask(["4000 1"], account, "")
    assert call.url == "https://soa-gw.canadapost.ca/vis/track/pin/4000%201/detail"
    assert call.headers["Authorization"] == "Basic dTpw"
    assert call.headers["Accept"] == "application/vnd.cpc.track-v2+xml"
    assert call.headers["Accept-Language"] == "fr-CA"
    assert CONNECTOR.client.token(account) is None
