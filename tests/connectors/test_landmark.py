"""Landmark Global: codes, words in place of codes, two date formats, packages of one shipment."""

import pytest

from porchlight.bodies import load_xml
from porchlight.carriers.landmark import CONNECTOR
from porchlight.carriers.landmark import statuses as landmark
from porchlight.connectors import Account
from porchlight.domain.milestones import Milestone as M
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import agrees, kind, known, read


def _answer(code: str, text: str = "", at: str = "10/01/2025 08:00 AM", place: str = "", number: str = "NB1") -> str:
    fields = {"Status": text, "DateTime": at, "Location": place, "EventCode": code}
    event = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return (
        "<TrackResponse><Result><Packages><Package>"
        f"<TrackingNumber>{number}</TrackingNumber><LandmarkTrackingNumber>LTN1</LandmarkTrackingNumber>"
        f"<Events><Event>{event}</Event></Events></Package></Packages></Result></TrackResponse>"
    )


def test_codes() -> None:
    for code, reading in landmark.CODES.items():
        assert agrees(read("landmark", _answer(code, "whatever"))[0].events[0], reading), code
    assert not read("landmark", _answer("999", "whatever"))[0].events[0].recognised
    assert read("landmark", _answer("999", "Item delivered"))[0].events[0].milestone is M.DELIVERED
    assert read("landmark", _answer("300", "Item delivered"))[0].events[0].milestone is M.OUT_FOR_DELIVERY


def test_the_table_holds_every_known_code() -> None:
    assert known("landmark") <= set(landmark.CODES)
    assert set(landmark.CODES) - known("landmark") <= {"550", "570", "800"}


def test_words_stand_in_for_a_missing_code() -> None:
    for text, reading in landmark.WORDS.items():
        event = read("landmark", _answer("", text))[0].events[0]
        assert agrees(event, reading), text
        assert event.raw_code == text
    assert not read("landmark", _answer("", "Something new"))[0].events[0].recognised


@pytest.mark.parametrize(
    ("printed", "moment"),
    [
        ("10/01/2025 08:00 AM", "2025-10-01T08:00:00"),
        ("9/5/2025 12:35 AM", "2025-09-05T00:35:00"),
        ("10/01/2025 12:00 PM", "2025-10-01T12:00:00"),
        ("2025-11-03 00:35:00", "2025-11-03T00:35:00"),
    ],
)
def test_dates(printed: str, moment: str) -> None:
    event = read("landmark", _answer("275", at=printed))[0].events[0]
    assert event.occurred_at.isoformat() == moment
    assert not event.zone_known


@pytest.mark.parametrize("printed", ["13/01/2025 08:00 AM", "10/01/2025", "tomorrow", "10/01/2025 08:00 XM"])
def test_dates_that_are_none(printed: str) -> None:
    with pytest.raises(UnreadableBodyError):
        read("landmark", _answer("275", at=printed))


@pytest.mark.parametrize(
    ("printed", "parts"),
    [
        ("Toronto, ON, CA", ("Toronto", "ON", "CA")),
        ("Feltham, SRY", ("Feltham", "SRY", None)),
        ("Leeds", ("Leeds", None, None)),
        ("", (None, None, None)),
    ],
)
def test_places(printed: str, parts: tuple[str | None, ...]) -> None:
    place = read("landmark", _answer("275", place=printed))[0].events[0].place
    assert (place.city, place.region, place.country) == parts


def test_the_number_that_shops_are_told_comes_first() -> None:
    assert read("landmark", _answer("50"))[0].tracking_number == "NB1"
    assert read("landmark", _answer("50", number=""))[0].tracking_number == "LTN1"


def test_answers_without_packages() -> None:
    for code, said in (("Reference", "no_result"), ("", "no_result"), ("Login", "not_tracking")):
        body = f"<TrackResponse><Errors><Error><ErrorCode>{code}</ErrorCode></Error></Errors></TrackResponse>"
        assert read("landmark", body) == []
        assert kind("landmark", body) == said


def test_the_question() -> None:
    given = {"username": "u&1", "password": "p<", "client_id": "218"}
    calls = CONNECTOR.client.ask(["NB1", "NB2"], Account(account="a", brand="larkspur", credentials=given), "")
    sent = load_xml(calls[1].body)
    names = (".//Username", ".//Password", "ClientID", "TrackingNumber", "RetrievalType", "Test")
    assert [sent.findtext(name) for name in names] == ["u&1", "p<", "218", "NB2", "Historical", "false"]
    assert landmark.CODES["510"].milestone is M.DELIVERED
