"""SEKO: every OmniCode beside the carriers' own, batches, places in three forms."""

import json
from typing import Any

import pytest

from porchlight.carriers.seko import CONNECTOR
from porchlight.carriers.seko import statuses as seko
from porchlight.connectors import Account
from porchlight.domain.milestones import Milestone as M
from tests.connectors.readings import agrees, kind, read


def _consignment(code: Any, theirs: Any = "3.0", **fields: Any) -> dict[str, Any]:
    event = {"EventDT": "2026-01-05T09:55:23.043", "OmniCode": code, "Code": theirs, "Location": "NL", **fields}
    return {"ConsignmentNo": "NB1", "Events": [event]}


def test_codes() -> None:
    for code, reading in seko.CODES.items():
        event = read("seko", [_consignment(code)])[0].events[0]
        assert agrees(event, reading), code
        assert (event.raw_code, event.raw_codes) == (code, (code, "3.0"))
    assert not read("seko", [_consignment("OP-999", Description="Out for delivery")])[0].events[0].recognised


def test_the_status_of_a_consignment_without_events() -> None:
    for status, milestone in (("DELIVERED", M.DELIVERED), ("Sideways", M.UNKNOWN), (None, M.UNKNOWN)):
        assert read("seko", [{"ConsignmentNo": "NB1", "Status": status, "Events": []}])[0].status is milestone


def test_words_where_there_is_no_omnicode() -> None:
    event = read("seko", [_consignment(None, "11.0", Description="Out for delivery")])[0].events[0]
    assert (event.milestone, event.raw_code, event.raw_codes) == (M.OUT_FOR_DELIVERY, "11.0", ("", "11.0"))
    assert not read("seko", [_consignment("", "", Description="A word nobody has met")])[0].events[0].recognised


def test_the_table_has_no_gap() -> None:
    numbers = {int(code.removeprefix("OP-")) for code in seko.CODES}
    assert numbers == set(range(1, 95)) - {93}


def test_a_locker_is_not_the_receiver() -> None:
    assert seko.CODES["OP-76"].milestone is M.AVAILABLE_FOR_PICKUP


@pytest.mark.parametrize(
    ("printed", "city", "country"),
    [
        ("LONDON,EGHAM,GB", "LONDON", "GB"),
        ("Egham, Surrey,GB", "Egham", "GB"),
        ("Essen, DE", "Essen", "DE"),
        ("NL", None, "NL"),
        ("Zwolle", "Zwolle", None),
        ("", None, None),
    ],
)
def test_places(printed: str, city: str | None, country: str | None) -> None:
    place = read("seko", [_consignment("OP-1", Location=printed)])[0].events[0].place
    assert (place.city, place.country) == (city, country)


def test_answers_without_consignments() -> None:
    for body, said in (([], "no_result"), ({"Errors": [{"Message": "x"}]}, "not_tracking")):
        assert read("seko", body) == []
        assert kind("seko", body) == said


def test_the_question() -> None:
    account = Account(account="a", brand="larkspur", credentials={"access_key": "k"})
    (call,) = CONNECTOR.client.ask(["NB1", "NB2"], account, "")
    assert json.loads(call.body) == ["NB1", "NB2"]
    assert call.headers["access_key"] == "k"
