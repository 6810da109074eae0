"""Sendle: every event type in any capitals, times that only look local, pushes, subscriptions."""

from typing import Any

from porchlight.carriers.sendle import CONNECTOR
from porchlight.carriers.sendle import statuses as sendle
from porchlight.connectors import Account, Answer
from porchlight.domain.milestones import Milestone as M
from tests.connectors.readings import agrees, kind, read

ACCOUNT = Account(account="a", brand="larkspur", credentials={"sendle_id": "me", "api_key": "k"})


def _event(name: str, **fields: Any) -> dict[str, Any]:
    return {"event_type": name, "scan_time": "2026-02-02T20:00:00Z", "description": "", **fields}


def test_event_types_in_any_capitals() -> None:
    for name, reading in sendle.TYPES.items():
        for printed in (name, name.upper(), name.title()):
            assert agrees(read("sendle", {"tracking_events": [_event(printed)]})[0].events[0], reading), name
    assert not read("sendle", {"tracking_events": [_event("Hovering")]})[0].events[0].recognised


def test_the_whole_list_of_types_is_read() -> None:
    listed = (
        "Pickup Attempted,Pickup,Drop Off,Dropped Off,Dropped off,Info,In Transit,Out for Delivery,Delivery Attempted,"
        "Delivered,Local Delivery,Card Left,Left with Agent,Damaged,Unable to Deliver,Expired"
    )
    assert all(sendle.reading(name).recognised for name in listed.split(","))


def test_a_failed_pickup_is_no_failed_delivery() -> None:
    assert sendle.reading("Pickup Attempted").milestone is M.UNKNOWN
    assert sendle.reading("Delivery Attempted").milestone is M.DELIVERY_ATTEMPTED


def test_only_the_scan_time_is_a_time() -> None:
    entry = _event("In Transit", local_scan_time="2026-02-02T20:00:00", display_time="2026-02-03T07:00:00+11:00")
    (report,) = read("sendle", {"tracking_events": [entry]})
    assert report.events[0].occurred_at.isoformat() == "2026-02-02T20:00:00+00:00"
    assert report.tracking_number == ""


def test_states_of_a_parcel_without_events() -> None:
    for state, reading in sendle.STATES.items():
        assert read("sendle", {"state": state, "tracking_events": []})[0].status is reading.milestone
    assert read("sendle", {"state": "Pickup", "tracking_events": [_event("Delivered")]})[0].status is M.DELIVERED


def test_states_that_the_events_do_not_tell() -> None:
    for state, milestone in (
        ("Returned", M.RETURNED_TO_SENDER),
        ("Cancelled", M.CANCELLED),
        ("Sideways", M.IN_TRANSIT),
    ):
        assert read("sendle", {"state": state, "tracking_events": [_event("In Transit")]})[0].status is milestone


def test_words_say_more() -> None:
    def milestone(name: str, words: str) -> M:
        return read("sendle", {"tracking_events": [_event(name, description=words)]})[0].events[0].milestone

    assert milestone("Unable to Deliver", "Your parcel is being returned to sender") is M.RETURN_IN_TRANSIT
    assert milestone("In Transit", "Your package is on board for delivery!") is M.OUT_FOR_DELIVERY
    assert milestone("Delivered", "Out for delivery") is M.DELIVERED


def test_a_push_names_its_parcel() -> None:
    (report,) = read("sendle", {"sendle_reference": "SNB1", **_event("Delivered")})
    assert (report.tracking_number, len(report.events)) == ("SNB1", 1)


def test_answers_without_parcels() -> None:
    for body, said in (({"error": "not_found"}, "no_result"), ({"error": "unauthorised"}, "not_tracking")):
        assert read("sendle", body) == []
        assert kind("sendle", body) == said


def test_questions_and_subscriptions() -> None:
    (asked,) = CONNECTOR.client.ask(["SNB1"], ACCOUNT, "")
    assert (asked.method, asked.url) == ("GET", "https://api.sendle.com/api/parcels/SNB1/tracking")
    assert asked.headers["Authorization"] == "Basic bWU6aw=="
    (told,) = CONNECTOR.subscriptions.subscribe(["SNB1"], ACCOUNT, "", "https://track.larkspur.example/x")
    assert (told.method, told.url) == ("POST", "https://api.sendle.com/api/parcels/SNB1/tracking/subscribe")
    assert CONNECTOR.subscriptions.subscribed(Answer(200, {}, b"{}")) == ""
    assert CONNECTOR.subscriptions.subscribed(Answer(422, {}, b"{}")) is None
