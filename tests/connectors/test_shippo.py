"""Shippo: statuses and substatuses, words, times, estimates; what is asked and registered."""

import json
from dataclasses import replace
from typing import Any

import pytest

from porchlight.carriers.shippo import CONNECTOR
from porchlight.carriers.shippo import statuses as shippo
from porchlight.connectors import Account, Answer
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party, Reason
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import agrees, kind, known, read
from tests.connectors.scheme import NOW
from tests.connectors.sources import SCHEMES

ACCOUNT = Account(account="main", brand="larkspur", credentials={"api_token": "shippo_live_1"})


def _entry(status: str, substatus: Any = None, words: str = "", at: Any = "2026-01-01T12:00:00Z") -> dict[str, Any]:
    sub = {"code": substatus, "text": "", "action_required": False} if substatus else None
    return {"status": status, "substatus": sub, "status_details": words, "status_date": at, "location": None}


def _track(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = entries[-1] if entries else None
    return {"carrier": "ups", "tracking_number": "1", "tracking_status": head, "tracking_history": [*entries], **more}


def _event(status: str, substatus: Any = None, words: str = "") -> Any:
    return read("shippo", _track(_entry(status, substatus, words)))[0].events[0]


def test_codes() -> None:
    for status, reading in shippo.STATUSES.items():
        assert agrees(_event(status), reading), status
        assert _event(status).raw_code == status
    for status, codes in shippo.SUBSTATUSES.items():
        for code, reading in codes.items():
            assert agrees(_event(status, code), reading), code
            assert _event(status, code).raw_code == code


def test_the_tables_are_complete() -> None:
    assert {code for codes in shippo.SUBSTATUSES.values() for code in codes} == known("shippo")


def test_a_substatus_of_another_status_is_not_heard() -> None:
    event = _event("DELIVERED", "information_received")
    assert (event.milestone, event.raw_codes) == (M.DELIVERED, ("DELIVERED", "information_received"))
    assert _event("TRANSIT", "package_lost").milestone is M.LOST
    assert _event("TRANSIT", "return_to_sender").milestone is M.RETURN_IN_TRANSIT
    assert _event("TRANSIT", "invented_yesterday").milestone is M.IN_TRANSIT
    assert not _event("INVENTED", "package_lost").recognised


@pytest.mark.parametrize(
    ("status", "substatus", "words", "milestone"),
    [
        ("TRANSIT", None, "Your shipment has been accepted at the USPS origin facility.", M.ACCEPTED),
        ("TRANSIT", None, "Your shipment is out for delivery.", M.OUT_FOR_DELIVERY),
        ("TRANSIT", None, "Your shipment has departed the USPS facility.", M.IN_TRANSIT),
        ("TRANSIT", "package_accepted", "Your shipment is out for delivery.", M.ACCEPTED),
        ("UNKNOWN", None, "The shipping label has been created and is waiting.", M.PRE_TRANSIT),
        ("UNKNOWN", "other", "Nobody knows.", M.UNKNOWN),
        ("RETURNED", "return_to_sender", "Your shipment has been returned to sender.", M.RETURNED_TO_SENDER),
        ("RETURNED", None, "On its way.", M.RETURN_IN_TRANSIT),
        ("DELIVERED", "delivered", "Delivered to original sender.", M.RETURNED_TO_SENDER),
        ("DELIVERED", None, "Out for delivery", M.DELIVERED),
    ],
)
def test_words_say_more_where_the_code_says_little(status: str, substatus: Any, words: str, milestone: M) -> None:
    assert _event(status, substatus, words).milestone is milestone


def test_reason_and_fault() -> None:
    assert (_event("TRANSIT", "address_issue").reason, _event("TRANSIT", "address_issue").at_fault) == (
        Reason.ADDRESS,
        Party.RETAILER,
    )
    for code in ("package_disposed", "package_undeliverable"):
        assert (_event("FAILURE", code).reason, _event("FAILURE", code).at_fault) == (Reason.OTHER, None)
    held = _event("TRANSIT", "package_held", "Your shipment is being held by customs.")
    assert (held.milestone, held.reason, held.at_fault) == (M.EXCEPTION, Reason.CUSTOMS, Party.CUSTOMS)


def test_times_are_taken_as_printed() -> None:
    aware, naive = read("shippo", _track(_entry("TRANSIT"), _entry("TRANSIT", at="2026-01-01T12:00:00")))[0].events
    assert aware.zone_known
    assert not naive.zone_known
    assert len(read("shippo", _track(_entry("TRANSIT"), _entry("TRANSIT", at=None)))[0].events) == 1


def test_estimates() -> None:
    for eta, printed in (
        ("2026-01-05T00:00:00Z", {"day": "2026-01-05"}),
        ("2026-01-05T18:30:00Z", {"at": "2026-01-05T18:30:00Z"}),
        (None, None),
        ("soon", None),
    ):
        report = read("shippo", _track(_entry("TRANSIT"), eta=eta))[0]
        found = report.estimate.model_dump(mode="json", exclude_none=True) if report.estimate else None
        assert found == printed


def test_an_only_status_is_the_only_event() -> None:
    report = read("shippo", _track(tracking_status=_entry("TRANSIT", "out_for_delivery")))[0]
    assert [event.milestone for event in report.events] == [M.OUT_FOR_DELIVERY]
    assert report.status is M.OUT_FOR_DELIVERY


def test_a_number_that_is_not_known_yet() -> None:
    (report,) = read("shippo", _track())
    assert (report.carrier, report.tracking_number, report.events, report.status) == ("ups", "1", (), M.UNKNOWN)


def test_what_a_body_without_parcels_is() -> None:
    assert kind("shippo", {"detail": "Not found."}) == "no_result"
    assert read("shippo", {"tracking_number": ["This field is required."]}) == []
    assert read("shippo", {"event": "batch_purchased", "data": {}}) == []
    assert kind("shippo", {"event": "batch_purchased", "data": {}}) == "not_tracking"
    for body in (
        {"event": "moon_landing", "data": {}},
        {"event": "track_updated"},
        {"event": "track_updated", "data": 1},
    ):
        with pytest.raises(UnreadableBodyError):
            read("shippo", body)


def test_an_account_that_has_a_signature_takes_no_token() -> None:
    scheme = next(scheme for scheme in SCHEMES if scheme.name == "shippo-token")
    both = scheme.account(hmac_secret="0123456789abcdef-shippo")
    assert CONNECTOR.verify(scheme.request(b"{}", scheme.account()), scheme.account(), NOW)
    assert not CONNECTOR.verify(scheme.request(b"{}", both), both, NOW)


def test_asking_names_the_carrier() -> None:
    client = CONNECTOR.client

    def url(number: str, **more: str) -> str:
        account = replace(ACCOUNT, credentials={**ACCOUNT.credentials, **more})
        (call,) = client.ask([number], account, "")
        assert call.numbers == (number,)
        assert call.headers["Authorization"] == "ShippoToken shippo_live_1"
        return call.url

    home = "https://api.goshippo.com/tracks"
    assert url("1Z0000W10300000018") == f"{home}/ups/1Z0000W10300000018"
    assert url("dhl_express:5500000019") == f"{home}/dhl_express/5500000019"
    assert url("evri:H0001") == f"{home}/hermes_uk/H0001"
    assert url("5500000019") == f"{home}/usps/5500000019"
    assert url("5500000019", carrier="fedex") == f"{home}/fedex/5500000019"


def test_registering_a_number() -> None:
    (call,) = CONNECTOR.subscriptions.subscribe(["ups:1Z"], ACCOUNT, "", "https://us.example/hook")
    assert (call.method, call.url) == ("POST", "https://api.goshippo.com/tracks/")
    assert json.loads(call.body) == {"carrier": "ups", "tracking_number": "1Z"}
    good = Answer(201, {}, json.dumps(_track(_entry("TRANSIT"))).encode())
    assert CONNECTOR.subscriptions.subscribed(good) == ""
    for status, body in ((400, b'{"tracking_number": ["no"]}'), (201, b"[]"), (200, b"<html>"), (401, b"{}")):
        assert CONNECTOR.subscriptions.subscribed(Answer(status, {}, body)) is None
