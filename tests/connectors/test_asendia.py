"""Asendia: the codes of two interfaces, words for the rest, problems, the login of its own."""

import json
from typing import Any

from porchlight.carriers.asendia import statuses as asendia
from porchlight.carriers.asendia.client import CLIENT
from porchlight.connectors import Account, Answer
from porchlight.domain.milestones import Milestone as M
from tests.connectors.readings import agrees, kind, read

ACCOUNT = Account(account="a", brand="larkspur", credentials={"username": "u", "password": "p", "customer_id": "C/1"})


def _sync(code: str, text: str = "") -> dict[str, Any]:
    event = {"code": code, "time": "2026-01-08T15:00:00Z", "carrierEventDescription": text}
    return {"trackingNumber": "NB1", "trackingEvents": [event]}


def _usa(code: str, text: str = "") -> dict[str, Any]:
    event = {"eventCode": code, "eventOn": "2026-01-24T13:00:15.85088+00:00", "eventDescription": text}
    return {"data": [{"trackingNumberVendor": "NB1", "trackingMilestoneEvents": [event]}]}


def test_codes() -> None:
    for code, reading in asendia.CODES.items():
        assert agrees(read("asendia", _sync(code))[0].events[0], reading), code
    for code, reading in asendia.MILESTONES.items():
        assert agrees(read("asendia", _usa(code))[0].events[0], reading), code


def test_words_read_what_no_table_has() -> None:
    for text, reading in asendia.WORDS.items():
        for body in (_sync("X1", text), _usa("s99", text)):
            assert agrees(read("asendia", body)[0].events[0], reading), text
    assert read("asendia", _sync("X1", "Notice Left (Business Closed)"))[0].events[0].milestone is M.DELIVERY_ATTEMPTED
    assert not read("asendia", _sync("X1", "Neues"))[0].events[0].recognised


def test_answers_without_parcels() -> None:
    for body, said in (
        ({"title": "Not Found", "status": 404}, "no_result"),
        ({"title": "Unauthorized", "status": 401}, "not_tracking"),
        ({"data": [], "responseStatus": {"responseStatusCode": 200}}, "no_result"),
        ({"responseStatusCode": 401}, "not_tracking"),
    ):
        assert read("asendia", body) == []
        assert kind("asendia", body) == said


def test_the_login_and_the_question() -> None:
    login = CLIENT.token(ACCOUNT)
    assert json.loads(login.body) == {"username": "u", "password": "p"}
    assert CLIENT.granted(Answer(200, {}, b'{"id_token": "tok"}')) == ("tok", 23 * 3600)
    for bad in (b"", b"[]", b'{"id_token": null}', b'{"title": "Unauthorized", "status": 401}'):
        assert CLIENT.granted(Answer(401, {}, bad)) is None
    (call,) = CLIENT.ask(["NB1"], ACCOUNT, "tok")
    assert call.url == "https://www.asendia-sync.com/api/customers/C%2F1/tracking/NB1"
    assert call.headers["Authorization"] == "Bearer tok"
