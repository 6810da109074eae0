"""Roadie: events with their driver, states without events, batches."""

from typing import Any

import pytest

from porchlight.carriers.roadie import CONNECTOR
from porchlight.carriers.roadie import statuses as roadie
from porchlight.connectors import Account
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Signal
from tests.connectors.readings import agrees, kind, read


def _shipment(*names: str, state: str = "assigned", number: str = "RENB1") -> dict[str, Any]:
    events = [{"name": name, "occurred_at": f"2026-02-14T15:0{index}:00.000Z"} for index, name in enumerate(names)]
    return {"tracking_number": number, "state": state, "driver": {"name": "D. Nobody"}, "events": events}


def test_events() -> None:
    for name, reading in roadie.EVENTS.items():
        assert agrees(read("roadie", _shipment(name))[0].events[0], reading), name
    assert not read("roadie", _shipment("teleported"))[0].events[0].recognised


@pytest.mark.parametrize(
    ("name", "signal"),
    [
        ("driver_assigned", Signal.DRIVER_ASSIGNED),
        ("driver_approaching_delivery", Signal.DRIVER_NEARBY),
        ("at_delivery", Signal.DRIVER_NEARBY),
        ("at_pickup", None),
    ],
)
def test_the_driver(name: str, signal: Signal | None) -> None:
    assert read("roadie", _shipment(name))[0].events[0].signal is signal


def test_states_without_events() -> None:
    for state, reading in roadie.STATES.items():
        assert read("roadie", _shipment(state=state))[0].status is reading.milestone, state
    assert read("roadie", _shipment(state="odd"))[0].status is M.UNKNOWN
    assert read("roadie", _shipment("delivery_confirmed", state="assigned"))[0].status is M.DELIVERED


def test_shipments_that_share_a_number_stay_apart() -> None:
    assert [report.status for report in read("roadie", [_shipment("at_pickup"), _shipment("canceled")])] == [
        M.PRE_TRANSIT,
        M.CANCELLED,
    ]


def test_the_drivers_name_is_not_taken() -> None:
    assert "Nobody" not in read("roadie", _shipment("driver_assigned"))[0].model_dump_json()


def test_answers_without_shipments() -> None:
    for body, said in (([], "no_result"), ({"errors": [{"code": 1001}]}, "not_tracking")):
        assert read("roadie", body) == []
        assert kind("roadie", body) == said


def test_the_question() -> None:
    account = Account(account="a", brand="larkspur", credentials={"api_key": "k"})
    (call,) = CONNECTOR.client.ask(["1", "2"], account, "")
    assert call.url == "https://connect.roadie.com/v1/shipments?ids=1,2"
    assert call.headers["Authorization"] == "Bearer k"
