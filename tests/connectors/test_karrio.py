"""karrio: statuses and reasons, carriers' own codes, times that claim a zone; what is asked and created."""

import json
from typing import Any

import pytest

from porchlight.carriers.karrio import CONNECTOR
from porchlight.carriers.karrio import statuses as karrio
from porchlight.connectors import Account, Answer
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party, Reason
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import agrees, kind, known, read

ACCOUNT = Account(account="main", brand="larkspur", credentials={"api_key": "key"})


def _tracker(*events: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"tracking_number": "1", "carrier_name": "seko", "status": "in_transit", "events": [*events], **more}


def _report(*events: dict[str, Any], **more: Any) -> Any:
    return read("karrio", {"event": "tracker_updated", "data": _tracker(*events, **more)})[0]


def _event(carrier: str = "seko", **more: Any) -> Any:
    return _report({"date": "2026-01-01", "time": "12:00", **more}, carrier_name=carrier).events[0]


def test_codes() -> None:
    for status, reading in karrio.STATUSES.items():
        assert agrees(_event(status=status), reading), status
        assert agrees(_event(code=status), reading), status
        assert _event(status=status).raw_code == status


def test_the_table_is_complete() -> None:
    assert set(karrio.STATUSES) == known("karrio")


def test_reasons_name_their_party() -> None:
    for word, (reason, party) in karrio.REASONS.items():
        event = _event(status="delivery_failed", reason=word)
        assert (event.reason, event.at_fault) == (reason, party), word
    assert _event(status="on_hold", reason="customs_documentation").at_fault is Party.CUSTOMS
    assert _event(status="on_hold", reason="carrier_parcel_lost").milestone is M.LOST
    assert _event(status="delivered", reason="weather_delay").reason is None
    assert _event(status="on_hold", reason="coined_today").reason is None


def test_carriers_own_codes_where_karrio_says_nothing() -> None:
    assert _event("ups", code="DP").milestone is M.IN_TRANSIT
    assert _event("ups", code="MP").milestone is M.PRE_TRANSIT
    assert _event("usps", code="OF").milestone is M.OUT_FOR_DELIVERY
    assert _event("dhl_universal", code="failure").milestone is M.EXCEPTION
    assert _event("usps", status="in_transit", code="OF").milestone is M.OUT_FOR_DELIVERY
    assert _event("ups", code="KB", description="UPS INTERNAL ACTIVITY CODE").recognised is False


def test_words_where_there_is_nothing_else() -> None:
    assert _event(code="0174", description="Out for delivery").milestone is M.OUT_FOR_DELIVERY
    assert _event(status="in_transit", description="Picked up").milestone is M.ACCEPTED
    assert not _event(code="0174", description="A word nobody has met").recognised


@pytest.mark.parametrize(
    ("entry", "printed"),
    [
        ({"date": "2026-01-01"}, "2026-01-01T00:00:00"),
        ({"date": "2026-01-01", "time": ""}, "2026-01-01T00:00:00"),
        ({"date": "2026-01-01", "time": "7:53"}, "2026-01-01T07:53:00"),
        ({"date": "2026-01-01", "time": "14:30 PM"}, "2026-01-01T14:30:00"),
        ({"date": "2026-01-01", "time": "02:05 PM"}, "2026-01-01T14:05:00"),
        ({"date": "2026-01-01", "time": "12:05 PM"}, "2026-01-01T12:05:00"),
        ({"date": "2026-01-01", "time": "12:05 AM"}, "2026-01-01T00:05:00"),
        ({"date": "2026-01-01", "time": "07:58 AM", "timestamp": "2026-01-01T07:58:00.000Z"}, "2026-01-01T07:58:00"),
        ({"timestamp": "2026-01-01T07:58:00.000Z"}, "2026-01-01T07:58:00"),
    ],
)
def test_times_are_local(entry: dict[str, Any], printed: str) -> None:
    """karrio appends a Z to whatever it has read: that is no zone."""
    assert _report({"status": "in_transit", **entry}).events[0].occurred_at.isoformat() == printed


def test_nobody_learns_a_street() -> None:
    place = _event(status="in_transit", location="17 Mill Lane, WESTMERE, ON").place
    assert (place.city, place.region, place.country) == ("WESTMERE", "ON", None)


def test_the_carrier_and_the_estimate() -> None:
    assert _report(carrier_name="dhl_universal").carrier == "dhl"
    assert _report(carrier_name=None, meta={"carrier": "canadapost"}).carrier == "canada_post"
    assert _report(carrier_name=None, tracking_number="1Z0000W10300000123").carrier == "ups"
    assert str(_report(info={"expected_delivery": "2026-01-05"}).estimate.day) == "2026-01-05"
    assert (
        str(_report(estimated_delivery="2026-01-06", info={"expected_delivery": "2026-01-05"}).estimate.day)
        == "2026-01-06"
    )


def test_every_shape_of_an_answer() -> None:
    one = _tracker({"date": "2026-01-01", "status": "delivered"})
    for body in (one, {"results": [one]}, {"tracking": one, "messages": []}, {"event": "tracker.created", "data": one}):
        assert read("karrio", body)[0].events[0].milestone is M.DELIVERED


def test_what_a_body_without_parcels_is() -> None:
    assert read("karrio", {"event": "order_created", "data": {"tracking_number": "1", "status": "x"}}) == []
    assert kind("karrio", {"event": "order_created", "data": {}}) == "not_tracking"
    assert kind("karrio", {"errors": []}) == "no_result"
    assert read("karrio", {"messages": [{"message": "no"}]}) == []
    with pytest.raises(UnreadableBodyError):
        read("karrio", {"event": "tracker_updated", "data": [1]})


def test_asking_needs_no_carrier_and_creating_does() -> None:
    (call,) = CONNECTOR.client.ask(["ups:1Z2"], ACCOUNT, "")
    assert (call.url, call.headers["Authorization"]) == ("https://api.karrio.io/v1/trackers/1Z2", "Token key")
    subscriptions = CONNECTOR.subscriptions
    (call,) = subscriptions.subscribe(["canada_post:7"], ACCOUNT, "", "https://us.example")
    assert json.loads(call.body) == {"tracking_number": "7", "carrier_name": "canadapost"}
    chosen = Account(account="main", brand="larkspur", credentials={"api_key": "key", "carrier": "fedex"})
    (call,) = subscriptions.subscribe(["7"], chosen, "", "https://us.example")
    assert json.loads(call.body) == {"tracking_number": "7", "carrier_name": "fedex"}
    assert subscriptions.subscribed(Answer(202, {}, b'{"id": "trk_1"}')) == "trk_1"
    assert subscriptions.subscribed(Answer(400, {}, b'{"id": "trk_1"}')) is None
    assert subscriptions.subscribed(Answer(200, {}, b"{}")) is None


def test_a_reason_without_a_status_is_heard_too() -> None:
    event = _event(code="x", description="Delivery attempted", reason="consignee_business_closed")
    assert (event.milestone, event.reason) == (M.DELIVERY_ATTEMPTED, Reason.PREMISES_CLOSED)
