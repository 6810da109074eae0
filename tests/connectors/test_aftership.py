"""AfterShip: tags and subtags, local times, text nulls, returns; what is asked, created and tracked again."""

import json
from typing import Any

import pytest

from porchlight.carriers.aftership import CONNECTOR
from porchlight.carriers.aftership import statuses as aftership
from porchlight.connectors import Account, Answer
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party, Reason
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import agrees, kind, known, read

ACCOUNT = Account(account="main", brand="larkspur", credentials={"api_key": "as-key"})
UNNAMED = {"Exception_019", "Exception_020", "Exception_021"}
"""Subtags of March 2026 that the reference list does not have yet."""


def _point(tag: str, subtag: Any = None, message: str = "", at: str = "2026-01-01T12:00:00") -> dict[str, Any]:
    return {"checkpoint_time": at, "tag": tag, "subtag": subtag, "message": message, "raw_tag": None}


def _tracking(*points: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"tracking_number": "1", "slug": "ups", "tag": "InTransit", "subtag": "", "checkpoints": [*points], **more}


def _report(*points: dict[str, Any], **more: Any) -> Any:
    return read("aftership", {"event": "tracking_update", "msg": _tracking(*points, **more)})[0]


def _event(tag: str, subtag: Any = None, message: str = "") -> Any:
    return _report(_point(tag, subtag, message)).events[0]


def test_codes() -> None:
    for tag, reading in aftership.TAGS.items():
        assert agrees(_event(tag), reading), tag
        assert _event(tag).raw_code == tag
    for subtag, reading in aftership.SUBTAGS.items():
        assert agrees(_event(subtag.partition("_")[0], subtag), reading), subtag
        assert _event("", subtag).raw_code == subtag


def test_the_tables_are_complete() -> None:
    assert {*aftership.TAGS, *aftership.SUBTAGS} - UNNAMED == known("aftership")


def test_a_new_subtag_is_read_as_its_tag() -> None:
    assert _event("InTransit", "InTransit_099").milestone is M.IN_TRANSIT
    assert _event("", "Exception_099").milestone is M.EXCEPTION
    assert _event("InTransit", "InTransit_099").recognised
    assert not _event("Teleported", "Teleported_001").recognised


def test_reasons() -> None:
    assert (_event("Exception", "Exception_017").milestone, _event("Exception", "Exception_017").reason) == (
        M.DELAYED,
        Reason.WEATHER,
    )
    assert _event("Exception", "Exception_018").at_fault is Party.RETAILER


def test_words_say_more_where_the_subtag_says_nothing() -> None:
    assert _event("InTransit", "", "Picked up").milestone is M.ACCEPTED
    assert _event("InTransit", "InTransit_001", "Out for delivery").milestone is M.OUT_FOR_DELIVERY
    assert _event("InTransit", "InTransit_003", "Out for delivery").milestone is M.IN_TRANSIT


def test_times_keep_what_is_printed() -> None:
    naive, aware = _report(_point("InTransit"), _point("InTransit", at="2026-01-01T12:00:00-05:00")).events
    assert (naive.zone_known, aware.zone_known) == (False, True)
    assert _report(_point("InTransit", at="null")).events == ()


def test_text_nulls_are_nothing() -> None:
    report = _report(
        {**_point("InTransit", "InTransit_003"), "city": "null", "raw_tag": "null"}, expected_delivery="null"
    )
    assert (report.events[0].place.city, report.events[0].raw_codes[2], report.estimate) == (None, "", None)


def test_places_in_old_and_new_words() -> None:
    old = {**_point("InTransit"), "city": "Ebonford", "zip": "83999", "country_iso3": "USA"}
    new = {**_point("InTransit"), "city": "Ebonford", "postal_code": "83999", "country_region": "USA"}
    assert _report(old).events[0].place == _report(new).events[0].place
    assert _report(new).events[0].place.country == "US"


@pytest.mark.parametrize("said", [True, "true"])
def test_a_delivery_after_the_return_began_is_one_to_the_sender(said: Any) -> None:
    first = _point("Delivered", "Delivered_001", at="2026-01-01T09:00:00Z")
    turned = _point("Exception", "Exception_010", at="2026-01-02T09:00:00Z")
    last = _point("Delivered", "Delivered_001", at="2026-01-05T09:00:00Z")
    report = _report(first, turned, last, tag="Delivered", return_to_sender=said)
    assert [event.milestone for event in report.events] == [M.DELIVERED, M.RETURN_IN_TRANSIT, M.RETURNED_TO_SENDER]
    assert report.status is M.RETURNED_TO_SENDER
    assert _report(first, tag="Delivered", return_to_sender="false").status is M.DELIVERED


@pytest.mark.parametrize(
    ("fields", "printed"),
    [
        ({"expected_delivery": "2026-01-05"}, {"day": "2026-01-05"}),
        ({"expected_delivery": "2026-01-05T17:00:00+01:00"}, {"at": "2026-01-05T17:00:00+01:00"}),
        ({"courier_estimated_delivery_date": {"estimated_delivery_date": "2026-01-05"}}, {"day": "2026-01-05"}),
        ({"latest_estimated_delivery": {"source": "Carrier EDD", "datetime": "2026-01-05"}}, {"day": "2026-01-05"}),
        (
            {
                "latest_estimated_delivery": {
                    "source": "AfterShip EDD",
                    "datetime_min": "2026-01-05",
                    "datetime_max": "2026-01-07",
                }
            },
            {"from_": "2026-01-05T00:00:00", "to": "2026-01-07T00:00:00"},
        ),
        ({"latest_estimated_delivery": {"source": "Custom EDD", "datetime": "2026-01-05"}}, None),
        ({"expected_delivery": None}, None),
    ],
)
def test_estimates(fields: dict[str, Any], printed: Any) -> None:
    found = _report(**fields).estimate
    assert (found.model_dump(mode="json", exclude_none=True) if found else None) == printed


def test_slugs() -> None:
    for slug, carrier in {
        "dhl": "dhl_express",
        "usps": "usps",
        "royal-mail": "royal_mail",
        "odd-lot": "odd_lot",
    }.items():
        assert _report(slug=slug).carrier == carrier


def test_every_shape_of_an_answer() -> None:
    one = _tracking(_point("InTransit", "InTransit_002"))
    for data in (one, {"tracking": one}, {"trackings": [one]}):
        assert read("aftership", {"meta": {"code": 200}, "data": data})[0].events[0].milestone is M.ACCEPTED
    last = {**_tracking(), "checkpoint": _point("Delivered", "Delivered_001"), "tag": "Delivered"}
    assert read("aftership", {"meta": {"code": 200}, "data": last})[0].status is M.DELIVERED


def test_what_a_body_without_parcels_is() -> None:
    assert kind("aftership", {"meta": {"code": 4004}, "data": {}}) == "no_result"
    assert kind("aftership", {"meta": {"code": 200}, "data": {"trackings": []}}) == "no_result"
    assert read("aftership", {"event": "edd_revise", "event_id": "1"}) == []
    assert kind("aftership", {"event": "edd_revise", "event_id": "1"}) == "not_tracking"
    with pytest.raises(UnreadableBodyError):
        read("aftership", {"event": "tracking_update", "msg": "text"})


def test_asking_for_many_at_once() -> None:
    (call,) = CONNECTOR.client.ask(["1Z1", "ups:1Z2"], ACCOUNT, "")
    assert call.url == "https://api.aftership.com/tracking/2026-07/trackings?limit=200&tracking_numbers=1Z1,1Z2"
    assert call.headers["as-api-key"] == "as-key"
    assert call.numbers == ("1Z1", "ups:1Z2")


def test_creating_a_tracking() -> None:
    subscriptions = CONNECTOR.subscriptions
    numbers = ["1Z1", "dhl_express:55", "odd_lot:7"]
    plain, named, strange = subscriptions.subscribe(numbers, ACCOUNT, "", "https://us.example")
    assert json.loads(plain.body) == {"tracking_number": "1Z1"}
    assert json.loads(named.body) == {"tracking_number": "55", "slug": "dhl"}
    assert json.loads(strange.body) == {"tracking_number": "7"}
    made = {"meta": {"code": 201}, "data": {"id": "abc", "tracking_number": "1Z1"}}
    assert subscriptions.subscribed(Answer(201, {}, json.dumps(made).encode())) == "abc"
    known_already = {"meta": {"code": 4003}, "data": {"tracking": {"id": "old"}}}
    assert subscriptions.subscribed(Answer(400, {}, json.dumps(known_already).encode())) == "old"
    for status, body in ((400, b'{"meta": {"code": 4005}}'), (500, b"oh"), (401, b"{}")):
        assert subscriptions.subscribed(Answer(status, {}, body)) is None
    again = subscriptions.revive("a/b", ACCOUNT, "")
    assert again is not None
    assert again.url.endswith("/trackings/a%2Fb/retrack")
    assert subscriptions.revive("", ACCOUNT, "") is None
