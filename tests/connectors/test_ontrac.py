"""OnTrac and LaserShip: two code lists, UTC without its Z, orders of several pieces."""

from typing import Any

import pytest

from porchlight.carriers.ontrac import CONNECTOR
from porchlight.carriers.ontrac import statuses as ontrac
from porchlight.connectors import Account
from porchlight.domain.milestones import Milestone as M
from tests.connectors.readings import agrees, kind, known, read


def _order(kind_: str, text: str = "", **fields: Any) -> dict[str, Any]:
    entry = {"EventType": kind_, "EventShortText": text, "UTCDateTime": "2026-01-06T19:02:11", **fields}
    return {"Pieces": [{"TrackingNumber": "1LS1", "Weight": "2"}], "Events": [entry]}


def _services(code: str, text: str = "") -> str:
    event = f"<Status>{code}</Status><Description>{text}</Description><EventTime>2026-03-05T16:20:07.45</EventTime>"
    return (
        f"<OnTracTrackingResult><Shipments><Shipment><Events><Event>{event}</Event></Events><Tracking>D1</Tracking>"
        "</Shipment></Shipments></OnTracTrackingResult>"
    )


def test_codes_of_the_services() -> None:
    for code, reading in ontrac.CODES.items():
        assert agrees(read("ontrac", _services(code))[0].events[0], reading), code
    assert not read("ontrac", _services("??"))[0].events[0].recognised
    assert read("ontrac", _services("??", "Delivery attempted"))[0].events[0].milestone is M.DELIVERY_ATTEMPTED


def test_event_types_and_labels_of_lasership() -> None:
    for name, reading in ontrac.TYPES.items():
        assert agrees(read("ontrac", _order(name))[0].events[0], reading), name
    for label, reading in ontrac.LABELS.items():
        assert agrees(read("ontrac", _order("NewType", label))[0].events[0], reading), label
    assert read("ontrac", _order("OutForDelivery", "Delivered"))[0].events[0].milestone is M.OUT_FOR_DELIVERY
    assert read("ontrac", _order("New", "Out for Delivery: ETA 8pm"))[0].events[0].milestone is M.OUT_FOR_DELIVERY
    assert not read("ontrac", _order("New", "Whatever"))[0].events[0].recognised
    held = read("ontrac", _order("Exception", "Held in customs", Country="USA"))[0].events[0]
    assert (held.milestone, held.place.country) == (M.EXCEPTION, "US")


def test_the_tables_hold_every_known_code() -> None:
    assert known("ontrac") <= set(ontrac.CODES) | set(ontrac.TYPES)
    assert set(ontrac.TYPES) <= known("ontrac")


def test_utc_it_is_even_without_saying_so() -> None:
    printed = [
        read("ontrac", _order("Arrived", UTCDateTime=utc, DateTime="2026-01-06T14:02:11"))[0].events[0].occurred_at
        for utc in ("2026-01-06T19:02:11", "2026-01-06T19:02:11Z", None)
    ]
    assert [moment.isoformat() for moment in printed] == [
        "2026-01-06T19:02:11+00:00",
        "2026-01-06T19:02:11+00:00",
        "2026-01-06T14:02:11",
    ]


def test_a_parcel_that_was_scanned_is_on_its_way() -> None:
    assert read("ontrac", _order("Received"))[0].status is M.IN_TRANSIT
    assert read("ontrac", _order("OrderCreated"))[0].status is M.PRE_TRANSIT


def test_an_order_without_numbers_is_about_the_one_that_was_asked_for() -> None:
    (report,) = read("ontrac", {**_order("Arrived"), "Pieces": []})
    assert report.tracking_number == ""


def test_who_signed_is_not_taken() -> None:
    (report,) = read("ontrac", _order("Delivered", Signature="J NOBODY", Location="Front Door"))
    assert "NOBODY" not in report.model_dump_json()


def test_a_number_that_is_not_known() -> None:
    shipment = "<Shipment><Events/><Tracking>D9</Tracking><Error>Invalid Tracking Number</Error></Shipment>"
    (report,) = read("ontrac", f"<OnTracTrackingResult><Shipments>{shipment}</Shipments></OnTracTrackingResult>")
    assert (report.tracking_number, report.events, report.status) == ("D9", (), M.UNKNOWN)


def test_answers_without_parcels() -> None:
    for body, said in (
        ({"Error": True, "ErrorMessage": "none"}, "no_result"),
        ("<OnTracTrackingResult><Error>Invalid Username or Password</Error></OnTracTrackingResult>", "not_tracking"),
        (
            "<OnTracTrackingResult><Shipments><Shipment><Error>Invalid</Error></Shipment></Shipments>"
            "</OnTracTrackingResult>",
            "no_result",
        ),
    ):
        assert read("ontrac", body) == []
        assert kind("ontrac", body) == said


def test_the_question() -> None:
    account = Account(account="a", brand="larkspur", credentials={"account": "37", "password": "p&w"})
    (call,) = CONNECTOR.client.ask(["D1", "D2"], account, "")
    assert call.url.endswith("/V7/37/shipments?pw=p%26w&tn=D1,D2&requestType=track")


@pytest.mark.parametrize("name", ["account", "password"])
def test_what_stands_in_the_address_is_declared(name: str) -> None:
    assert name in CONNECTOR.client.public_credentials
