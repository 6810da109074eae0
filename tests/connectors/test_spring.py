"""Spring: every code, seconds against text, errors with and without a shipment."""

import json
from typing import Any

import pytest

from porchlight.carriers.spring import CONNECTOR
from porchlight.carriers.spring import statuses as spring
from porchlight.connectors import Account
from porchlight.domain.milestones import Milestone as M
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import agrees, kind, read


def _answer(code: Any, stamp: Any = 1767258000, **fields: Any) -> dict[str, Any]:
    event = {"Timestamp": stamp, "DateTime": "2026-01-01 09:00:00", "Code": code, **fields}
    return {"ErrorLevel": 0, "Shipment": {"TrackingNumber": "NB1", "Events": [event]}}


def test_codes_as_numbers_and_as_texts() -> None:
    for code, reading in spring.CODES.items():
        for printed in (code, int(code)):
            assert agrees(read("spring", _answer(printed))[0].events[0], reading), code
    assert not read("spring", _answer(4711))[0].events[0].recognised
    assert read("spring", _answer(4711, Description="Out for delivery"))[0].events[0].milestone is M.OUT_FOR_DELIVERY


def test_delivered_to_a_country_is_not_delivered() -> None:
    assert spring.CODES["100"].milestone is M.DELIVERED
    assert spring.CODES["101"].milestone is M.IN_TRANSIT


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        (1767258000, "2026-01-01T09:00:00+00:00"),
        ("1767258000", "2026-01-01T09:00:00+00:00"),
        (0, "2026-01-01T09:00:00"),
        (None, "2026-01-01T09:00:00"),
        (-5, "2026-01-01T09:00:00"),
    ],
)
def test_times(stamp: Any, moment: str) -> None:
    assert read("spring", _answer(20, stamp))[0].events[0].occurred_at.isoformat() == moment


@pytest.mark.parametrize("stamp", [10**17, 99999999999999, 1])
def test_seconds_that_are_no_time_of_a_parcel(stamp: int) -> None:
    with pytest.raises(UnreadableBodyError):
        read("spring", _answer(20, stamp))


def test_answers_without_shipments() -> None:
    body = {"ErrorLevel": 10, "Error": "Tracking number not found"}
    assert read("spring", body) == []
    assert kind("spring", body) == "no_result"


def test_the_question() -> None:
    account = Account(account="a", brand="larkspur", credentials={"api_key": "k"})
    calls = CONNECTOR.client.ask(["NB1", "NB2"], account, "")
    assert [json.loads(call.body)["Shipment"] for call in calls] == [
        {"TrackingNumber": "NB1"},
        {"TrackingNumber": "NB2"},
    ]
    assert json.loads(calls[0].body)["Apikey"] == "k"
