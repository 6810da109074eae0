"""Hermes Germany: event codes of four and of nine digits, three shapes of answers, forecasts."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from porchlight.carriers.hermes_de import CONNECTOR
from porchlight.carriers.hermes_de import statuses as hermes
from porchlight.connectors import Account
from porchlight.domain.milestones import Milestone as M
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import agrees, kind, known, read

NUMBER = "H0000000000000000091"


def _answer(*codes: str, **fields: Any) -> dict[str, Any]:
    status = [{"timestamp": "2026-03-04T08:30:00+01:00", "code": code, "description": "Words"} for code in codes]
    return {"shipmentinfo": [{"shipmentID": NUMBER, "status": status, **fields}]}


def _event(code: str) -> Any:
    return read("hermes_de", _answer(code))[0].events[0]


def test_codes() -> None:
    assert not set(hermes.CODES) & set(hermes.SEEN)
    for code, reading in {**hermes.CODES, **hermes.SEEN}.items():
        assert agrees(_event(code), reading), code
    for code in ("8888", "", "099999999", "1-2-3-4"):
        assert not _event(code).recognised, code


def test_the_tables_hold_the_reference_list() -> None:
    assert known("hermes_de") <= {*hermes.CODES, *hermes.SEEN}


def test_a_long_code_is_the_short_one_scanned_somewhere() -> None:
    assert set(hermes._SHORT.values()) <= set(hermes.CODES)
    for long, short in hermes._SHORT.items():
        for place in ("002", "003"):
            assert agrees(_event(long + place), hermes.CODES[short]), long
        printed = f"{int(long[:3])}-{int(long[3:])}-2"
        assert agrees(_event(printed), hermes.CODES[short]), printed


def test_what_is_said_on_the_tour_is_an_attempt() -> None:
    """The same cause counts once: in the depot it is a delay."""
    assert (_event("060003001").milestone, _event("060003002").milestone) == (M.DELIVERY_ATTEMPTED, M.DELAYED)
    assert _event("60-3-1").milestone is M.DELIVERY_ATTEMPTED
    assert _event("060-003-003").milestone is M.DELAYED


def test_why_it_is_kept() -> None:
    for long, reading in hermes.STORED.items():
        assert agrees(_event(f"{long}003"), reading), long
    assert agrees(_event("080001003"), hermes.CODES["4100"])
    assert agrees(_event("045001008"), hermes.CODES["2400"])


def test_the_older_lists_print_local_time() -> None:
    entry = {"statusDate": "2026-01-12", "statusTime": "16:05:12", "statusCode": "1900", "description": "Words"}
    history = {"listOfShipmentHistoryStatus": [{"shipmentID": NUMBER, "listOfStatus": [entry]}]}
    current = {"listOfCurrentShipmentStatus": [{"shipmentID": NUMBER, "statusInformation": entry}]}
    for body in (history, current):
        (report,) = read("hermes_de", body)
        assert [event.occurred_at.isoformat() for event in report.events] == ["2026-01-12T16:05:12"]
        assert not report.events[0].zone_known
        assert report.status is M.ACCEPTED


def test_the_place_is_that_of_the_scan() -> None:
    unit = {"name": "Depot", "city": "Porzellanstadt", "countryCode": "DEU"}
    body = _answer("2000", receiverAddress={"city": "Lindenau", "zipCode": "00001"})
    body["shipmentinfo"][0]["status"][0]["scanningUnit"] = unit
    (report,) = read("hermes_de", body)
    place = report.events[0].place
    assert (place.city, place.country, place.postal_code) == ("Porzellanstadt", "DE", None)
    assert "Lindenau" not in report.model_dump_json()


@pytest.mark.parametrize(
    ("forecast", "wanted"),
    [
        ({"date": "2026-03-06"}, ["2026-03-06"]),
        (
            {"date": "2026-03-06", "timeSlot": {"from": "14:00", "to": "16:00"}},
            ["2026-03-06T14:00:00", "2026-03-06T16:00:00"],
        ),
        ({"date": "2026-03-06", "timeSlot": {"from": "16:00", "to": "14:00"}}, ["2026-03-06"]),
        ({"date": "2026-03-06", "timeSlot": {"from": "early"}}, ["2026-03-06"]),
        ({"date": ""}, []),
        ({}, []),
    ],
)
def test_forecasts(forecast: dict[str, Any], wanted: list[str]) -> None:
    estimate = read("hermes_de", _answer("2000", deliveryForecast=forecast))[0].estimate
    given = [estimate.day, estimate.from_, estimate.to] if estimate else []
    assert [value.isoformat() for value in given if value] == wanted


def test_answers_without_shipments() -> None:
    for code, wanted in (("e001", "no_result"), ("e903", "not_tracking")):
        body = {"listOfResultCodes": [{"code": code, "message": "…"}]}
        assert read("hermes_de", body) == []
        assert kind("hermes_de", body) == wanted
    assert read("hermes_de", {"shipmentinfo": []}) == []
    assert kind("hermes_de", {"shipmentinfo": []}) == "no_result"
    assert kind("hermes_de", b"nothing") == "not_tracking"
    unknown = {"shipmentID": NUMBER, "result": {"code": "e001"}}
    (report,) = read("hermes_de", {"shipmentinfo": [unknown]})
    assert (report.tracking_number, report.events, report.status) == (NUMBER, (), M.UNKNOWN)


@pytest.mark.parametrize("body", [{"shipmentinfo": {}}, {"shipmentinfo": [{}]}, {"error": "invalid_token"}])
def test_what_is_no_answer_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(UnreadableBodyError):
        read("hermes_de", body)


def test_it_asks_with_a_token_that_a_password_buys() -> None:
    given = {"username": "u", "password": "p&w", "client_id": "id", "client_secret": "secret"}
    account = Account(account="a", brand="larkspur", credentials=given)
    bought = CONNECTOR.client.token(account)
    assert bought is not None
    assert bought.url == "https://authme.myhermes.de/authorization-facade/oauth2/access_token"
    wanted = {"grant_type": ["password"], **{name: [value] for name, value in given.items()}}
    assert parse_qs(bought.body.decode()) == wanted
    (call,) = CONNECTOR.client.ask(["1", "2"], account, "tok")
    assert call.url == "https://de-api.hermesworld.com/services/hsi/shipmentinfo?shipmentID=1&shipmentID=2"
    assert call.headers["authorization"] == "Bearer tok"
    assert CONNECTOR.client.batch == 100
