"""DPD: statuses against misleading labels, dates of two styles, places, faults, the login that is no OAuth."""

from datetime import datetime

import pytest

from porchlight.bodies import load_xml
from porchlight.carriers.dpd import CONNECTOR
from porchlight.carriers.dpd import statuses as dpd
from porchlight.carriers.dpd.client import CLIENT
from porchlight.connectors import Account, Answer
from porchlight.domain.milestones import Milestone as M
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import agrees, kind, known, read

ACCOUNT = Account(account="a", brand="larkspur", credentials={"delis_id": "D&1", "password": "p<w", "country": "NL"})


def _info(status: str, date: str = "8/17/2026 7:11:26 PM", place: str = "Puurs (BE)") -> str:
    return (
        f"<statusInfo><status>{status}</status><label><content>Parcel out for delivery</content></label>"
        "<description><content><content>Words,</content></content><content><content>more</content></content></description>"
        f"<location><content>{place}</content></location><date><content>{date}</content></date></statusInfo>"
    )


def _answer(*infos: str) -> str:
    return f"<Envelope><Body><trackingresult>{''.join(infos)}</trackingresult></Body></Envelope>"


def test_statuses() -> None:
    for status, reading in {**dpd.SERVICE, **dpd.PUBLIC}.items():
        assert agrees(read("dpd", _answer(_info(status)))[0].events[0], reading), status
    assert not read("dpd", _answer(_info("Levitating")))[0].events[0].recognised
    worded = _info("Levitating").replace("Words,", "Held by").replace("more", "customs.")
    assert read("dpd", _answer(worded))[0].events[0].milestone is M.EXCEPTION


def test_the_table_holds_every_known_status() -> None:
    assert set(dpd.SERVICE) == known("dpd")


@pytest.mark.parametrize(
    ("printed", "moment"),
    [
        ("8/17/2026 7:11:26 PM", "2026-08-17T19:11:26"),
        ("8/7/2026 12:00:01 AM", "2026-08-07T00:00:01"),
        ("12/31/2026 12:30:00 PM", "2026-12-31T12:30:00"),
        ("01/02/2026, 07:05 AM", "2026-01-02T07:05:00"),
        ("17.08.2026, 19:11", "2026-08-17T19:11:00"),
        ("7-8-2026 9:05:00", "2026-08-07T09:05:00"),
        ("2026-08-17T19:11:26", "2026-08-17T19:11:26"),
    ],
)
def test_dates(printed: str, moment: str) -> None:
    event = read("dpd", _answer(_info("Depot", printed)))[0].events[0]
    assert event.occurred_at == datetime.fromisoformat(moment)
    assert event.occurred_at.tzinfo is None


@pytest.mark.parametrize("printed", ["17/08/2026 19:11", "soon", "8/17/2026", "8/17/2026 25:00:00", "13:00 8/17/2026"])
def test_a_date_that_could_be_another_is_refused(printed: str) -> None:
    with pytest.raises(UnreadableBodyError):
        read("dpd", _answer(_info("Depot", printed)))


def test_places_and_words() -> None:
    event = read("dpd", _answer(_info("Depot", place="Bad Homburg (DE)")))[0].events[0]
    assert (event.place.city, event.place.country, event.description) == ("Bad Homburg", "DE", "Words, more")
    assert read("dpd", _answer(_info("Depot", place="Hub 7")))[0].events[0].place.city == "Hub 7"


def test_what_has_not_been_reached_has_not_happened() -> None:
    body = _answer(_info("Delivered").replace("<status>", "<statusHasBeenReached>false</statusHasBeenReached><status>"))
    assert read("dpd", body)[0].events == ()
    assert read("dpd", body)[0].status is M.UNKNOWN


def test_answers_without_parcels() -> None:
    login, unknown = (
        f"<Envelope><Body><Fault><detail><{tag}><errorCode>X</errorCode></{tag}></detail></Fault></Body></Envelope>"
        for tag in ("authenticationFault", "faults")
    )
    for body, said in ((login, "not_tracking"), (unknown, "no_result")):
        assert read("dpd", body) == []
        assert kind("dpd", body) == said
    nothing = {"parcellifecycleResponse": {"parcelLifeCycleData": None}}
    assert read("dpd", nothing) == []
    assert kind("dpd", nothing) == "no_result"


def test_the_login_and_its_answer() -> None:
    login = CONNECTOR.client.token(ACCOUNT)
    assert login is not None
    assert login.url == "https://wsshipper.dpd.nl/soap/services/LoginService/V2_1"
    sent = load_xml(login.body)
    assert [sent.findtext(f".//{name}") for name in ("delisId", "password")] == ["D&1", "p<w"]
    good = (
        "<Envelope><Body><answer><return><depot>0</depot><authToken>tok</authToken></return></answer></Body></Envelope>"
    )
    assert CLIENT.granted(Answer(200, {}, good.encode())) == ("tok", 23 * 3600)
    for bad in (b"", b"{}", b"<Envelope><Body><Fault/></Body></Envelope>"):
        assert CLIENT.granted(Answer(500, {}, bad)) is None


def test_each_question_carries_the_token() -> None:
    calls = CLIENT.ask(["1", "2"], ACCOUNT, "to<k")
    assert [call.numbers for call in calls] == [("1",), ("2",)]
    sent = load_xml(calls[0].body)
    assert [sent.findtext(f".//{name}") for name in ("authToken", "parcelLabelNumber")] == ["to<k", "1"]
    belgium = Account(account="a", brand="larkspur", credentials={"delis_id": "d", "password": "p"})
    assert CLIENT.ask(["1"], belgium, "t")[0].url.startswith("https://wsshipper.dpd.be/")
