"""Australia Post: everything in words, instants of the east, articles and consignments."""

import json
from pathlib import Path
from typing import Any

import pytest

from porchlight.carriers.australia_post import CONNECTOR
from porchlight.carriers.australia_post.statuses import BEGINNINGS, STATUSES, WORDINGS
from porchlight.carriers.reading import Reading, phrase
from porchlight.connectors import Account, BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason
from porchlight.errors import UnreadableBodyError

KNOWN = Path(__file__).parents[3] / "shared/carriers/codes/australia_post.json"


def _axes(found: TrackingEvent | Reading) -> tuple[Any, ...]:
    return found.milestone, found.reason, found.at_fault, found.recognised


def _results(*results: dict[str, Any]) -> list[TrackingReport]:
    return CONNECTOR.parse(json.dumps({"tracking_results": list(results)}).encode())


def _article(*events: dict[str, Any], **more: Any) -> TrackingReport:
    (report,) = _results(
        {"tracking_id": "A1", "trackable_items": [{"article_id": "A1", "events": list(events), **more}]}
    )
    return report


def _event(text: str, location: str | None = None) -> TrackingEvent:
    (event,) = _article({"description": text, "date": "2026-02-03T15:10:00+11:00", "location": location}).events
    return event


def test_every_wording() -> None:
    for words, reading in WORDINGS.items():
        assert _axes(_event(words)) == _axes(reading), words
        assert _event(words).raw_code == ""
    for words, reading in BEGINNINGS.items():
        assert _axes(_event(f"{words} A PLACE QLD")) == _axes(reading), words


def test_what_startrack_tells_beside_the_article() -> None:
    first, second = (
        {"description": text, "date": f"2026-02-03T{hour}:10:00+11:00", "location": "NEWTOWN VIC"}
        for text, hour in (("Awaiting collection", "15"), ("In transit", "14"))
    )
    for consignment in ({"events": [first, second]}, [{"status": "Awaiting Collection", "events": [first]}]):
        article = {"article_id": "A1FPP1", "events": [second], "status": "In Transit"}
        (report,) = _results({"tracking_id": "A1", "consignment": consignment, "trackable_items": [article]})
        assert (report.tracking_number, report.status) == ("A1", M.AVAILABLE_FOR_PICKUP)
        assert [event.description for event in report.events] == ["Awaiting collection", "In transit"]
    (report,) = _results({"tracking_id": "A1", "consignment": {"status": "Despatched"}, "trackable_items": []})
    assert (report.events, report.status) == ((), M.IN_TRANSIT)


def test_wordings_that_all_carriers_share() -> None:
    assert _event("Your parcel is out for delivery").milestone is M.OUT_FOR_DELIVERY
    assert _event("Processed through facility in DARRA").milestone is M.IN_TRANSIT


def test_every_status() -> None:
    for words, reading in STATUSES.items():
        assert _article(status=words).status is reading.milestone, words


@pytest.mark.skipif(not KNOWN.exists(), reason="no reference codes")
def test_the_tables_hold_every_known_status() -> None:
    known = {phrase(entry["code"]) for entry in json.loads(KNOWN.read_text(encoding="utf-8"))["codes"]}
    assert known <= set(STATUSES)


@pytest.mark.parametrize(
    ("text", "milestone", "reason"),
    [
        ("Delivered - Left in a safe place", M.DELIVERED, None),
        ("Attempted delivery - Unable to gain access", M.DELIVERY_ATTEMPTED, Reason.OTHER),
        ("Attempted delivery - Something of its own", M.DELIVERY_ATTEMPTED, Reason.CONSIGNEE_ABSENT),
        ("Received item from Sender (Outbound)", M.ACCEPTED, None),
        ("In transit to next facility in OAKLEIGH SOUTH VIC", M.IN_TRANSIT, None),
        ("Awaiting collection at INALA HEIGHTS LPO", M.AVAILABLE_FOR_PICKUP, None),
        ("Arrived in New Zealand", M.IN_TRANSIT, None),
        ("Arrived by mistake", M.UNKNOWN, None),
        ("Not delivered", M.UNKNOWN, None),
        ("", M.UNKNOWN, None),
    ],
)
def test_wordings_with_a_tail(text: str, milestone: M, reason: Reason | None) -> None:
    event = _event(text)
    assert (event.milestone, event.reason) == (milestone, reason)
    assert event.recognised == (milestone is not M.UNKNOWN)


def test_two_events_of_one_moment_are_two_facts() -> None:
    stamp = "2026-02-03T15:10:00+11:00"
    report = _article(
        {"description": "Delivered", "date": stamp}, {"description": "Onboard for delivery", "date": stamp}
    )
    assert len({event.event_id("australia_post", "A1") for event in report.events}) == 2


def test_the_offset_is_kept_wherever_the_place_is() -> None:
    event = _event("Cleared and awaiting international departure", "CHICAGO (US)")
    assert event.occurred_at.isoformat() == "2026-02-03T15:10:00+11:00"
    assert (event.place.city, event.place.region, event.place.country) == ("CHICAGO (US)", None, None)
    assert _event("Delivered", "MOUNT ISA QLD").place.model_dump(exclude_none=True) == {
        "city": "MOUNT ISA",
        "region": "QLD",
        "country": "AU",
    }


def test_one_article_is_the_number_that_was_asked_for_and_several_are_their_own() -> None:
    item = {"article_id": "B1", "events": [], "status": "In transit"}
    alone = {"tracking_id": "CONS", "trackable_items": [{"consignment_id": "CONS", "items": [item]}]}
    two = {
        "tracking_id": "CONS",
        "trackable_items": [{"items": [item, {**item, "article_id": "B2", "status": "Delivered"}]}],
    }
    assert [(report.tracking_number, report.status) for report in _results(alone, two)] == [
        ("CONS", M.IN_TRANSIT),
        ("B1", M.IN_TRANSIT),
        ("B2", M.DELIVERED),
    ]


def test_events_say_more_than_the_status_of_an_item() -> None:
    event = {"description": "Processed by air carrier", "date": "2026-02-03T15:10:00+11:00"}
    assert _article(event, status="Unknown").status is M.IN_TRANSIT
    assert _article(status="Teleported").status is M.UNKNOWN
    assert _article({"description": "Delivered", "date": None}).events == ()


def test_numbers_that_are_not_known() -> None:
    (report,) = _results({"tracking_id": "X", "errors": [{"code": "ESB-10001", "name": "Invalid tracking ID"}]})
    assert (report.tracking_number, report.status, report.events) == ("X", M.UNKNOWN, ())
    assert _results() == []
    assert CONNECTOR.classify(b'{"tracking_results": []}') is BodyKind.NO_RESULT
    assert CONNECTOR.parse(b'{"errors": [{"code": "51101"}]}') == []
    assert CONNECTOR.classify(b'{"errors": [{"code": "51101"}]}') is BodyKind.NOT_TRACKING
    with pytest.raises(UnreadableBodyError):
        CONNECTOR.parse(b'{"tracking_results": 5}')


def test_the_question() -> None:
    credentials = {"api_key": "k", "password": "p", "account_number": "0000000001"}
    account = Account(account="main", brand="larkspur", credentials=credentials)
    (call,) = CONNECTOR.client.ask(["A1", "B/2"], account, "")
    assert call.url == "https://digitalapi.auspost.com.au/shipping/v1/track?tracking_ids=A1,B%2F2"
    assert (call.headers["Authorization"], call.headers["Account-Number"]) == ("Basic azpw", "0000000001")
    assert call.numbers == ("A1", "B/2")
    assert CONNECTOR.client.token(account) is None
