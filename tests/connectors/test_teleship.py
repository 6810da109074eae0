"""Teleship: codes in both cases, words, its own form of a token."""

import json
from typing import Any
from urllib.parse import parse_qs

import pytest

from porchlight.carriers.teleship import CONNECTOR
from porchlight.carriers.teleship import statuses as teleship
from porchlight.connectors import Account, Answer
from porchlight.domain.milestones import Milestone as M
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import agrees, kind, read

ACCOUNT = Account(account="main", brand="larkspur", credentials={"client_id": "me", "client_secret": "s&cret"})


def _parcel(*events: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"trackingNumber": "T1", "events": [*events], **more}


def _event(code: str, words: str = "") -> Any:
    entry = {
        "timestamp": "2026-01-01T12:00:00.000Z",
        "code": code,
        "description": words,
        "location": "Ebonford, ID, US",
    }
    return read("teleship", _parcel(entry))[0].events[0]


def test_codes_in_both_cases() -> None:
    for code, reading in teleship.CODES.items():
        assert agrees(_event(code), reading), code
        assert agrees(_event(code.upper()), reading), code
        assert _event(code.upper()).raw_code == code.upper()


def test_words() -> None:
    assert _event("IN_TRANSIT", "Out for delivery").milestone is M.OUT_FOR_DELIVERY
    assert _event("WARPED", "Package delivered").milestone is M.DELIVERED
    assert not _event("WARPED", "Entered the tunnel").recognised
    assert _event("delivered", "Out for delivery").milestone is M.DELIVERED


def test_the_summary() -> None:
    assert read("teleship", _parcel(status="returned"))[0].status is M.RETURNED_TO_SENDER
    assert read("teleship", _parcel(status="warped"))[0].status is M.UNKNOWN


def test_what_a_body_without_parcels_is() -> None:
    label = {"eventName": "label.generated", "data": {"trackingNumber": "T1"}}
    assert read("teleship", label) == []
    assert kind("teleship", label) == "not_tracking"
    assert kind("teleship", {"messages": []}) == "no_result"
    for body in ({"eventName": "shipment.updated"}, {"trackingNumber": "T1"}):
        with pytest.raises(UnreadableBodyError):
            read("teleship", body)


def test_a_token_in_its_own_form() -> None:
    call = CONNECTOR.client.token(ACCOUNT)
    assert call is not None
    assert call.url == "https://api.teleship.com/oauth/token"
    assert parse_qs(call.body.decode()) == {
        "grant_type": ["client_credentials"],
        "clientId": ["me"],
        "clientSecret": ["s&cret"],
    }

    def granted(status: int = 200, **answer: Any) -> tuple[str, int] | None:
        return CONNECTOR.client.granted(Answer(status, {}, json.dumps(answer).encode()))

    assert granted(accessToken="t", expiresIn=3600) == ("t", 3600)
    for answer in (
        {"accessToken": "", "expiresIn": 3600},
        {"accessToken": "t"},
        {"accessToken": "t", "expiresIn": True},
    ):
        assert granted(**answer) is None
    assert granted(accessToken="t", expiresIn=-1) is None
    assert granted(401, accessToken="t", expiresIn=3600) is None
    (asked,) = CONNECTOR.client.ask(["T1"], ACCOUNT, "the-token")
    assert (asked.url, asked.headers["Authorization"]) == (
        "https://api.teleship.com/api/tracking/T1",
        "Bearer the-token",
    )
