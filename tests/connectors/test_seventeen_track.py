"""17TRACK: statuses, stages, words, times without a zone, wrong carriers, version 1; what is asked and registered."""

import hashlib
import json
from typing import Any

import pytest

from porchlight.carriers.seventeen_track import CONNECTOR, carriers
from porchlight.carriers.seventeen_track import statuses as track
from porchlight.connectors import Account, Answer, InboundRequest
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party, Reason
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import agrees, kind, known, read
from tests.connectors.scheme import NOW

ACCOUNT = Account(account="main", brand="larkspur", credentials={"api_key": "KEY0OF0THE0ACCOUNT"})


def _entry(stage: Any = None, sub: Any = None, words: str = "", **more: Any) -> dict[str, Any]:
    return {"time_iso": "2026-01-01T12:00:00-05:00", "description": words, "stage": stage, "sub_status": sub, **more}


def _info(*entries: dict[str, Any], key: Any = 100002, name: str = "UPS", **more: Any) -> dict[str, Any]:
    provider = {"provider": {"key": key, "name": name}, "events": [*entries]}
    return {"tracking": {"providers": [provider]}, "latest_status": {}, **more}


def _report(*entries: dict[str, Any], carrier: Any = 100002, **more: Any) -> Any:
    data = {"number": "N1", "carrier": carrier, "track_info": _info(*entries, **more)}
    return read("17track", {"event": "TRACKING_UPDATED", "data": data})[0]


def _event(stage: Any = None, sub: Any = None, words: str = "", **more: Any) -> Any:
    return _report(_entry(stage, sub, words, **more), key=190094, name="4PX").events[0]


def test_codes() -> None:
    for code, reading in track.SUBSTATUSES.items():
        assert agrees(_event(None, code), reading), code
        assert _event("Arrival", code).raw_code == code
    for stage, reading in track.STAGES.items():
        assert agrees(_event(stage), reading), stage
        assert _event(stage).raw_code == stage


def test_the_tables_are_complete() -> None:
    assert {*track.STAGES, *track.SUBSTATUSES} - {"Exception_Damaged"} == known("17track")


def test_a_stage_says_more_than_other() -> None:
    assert _event("PickedUp", "InTransit_Other").milestone is M.ACCEPTED
    assert _event("Returned", "Exception_Other").milestone is M.RETURNED_TO_SENDER
    assert _event("OutForDelivery", "InTransit_Arrival").milestone is M.IN_TRANSIT


def test_a_stage_may_be_a_substatus() -> None:
    for code, milestone in (
        ("InTransit_PickedUp", M.ACCEPTED),
        ("Exception_Returning", M.RETURN_IN_TRANSIT),
        ("InTransit_CustomsRequiringInformation", M.EXCEPTION),
    ):
        event = _event(code)
        assert (event.milestone, event.raw_code, event.raw_codes) == (milestone, code, (code, ""))
    assert _event("InTransit_Other", words="Picked up").milestone is M.ACCEPTED


def test_whose_fault_is_not_guessed() -> None:
    for code in ("DeliveryFailure_Security", "Exception_Security", "Exception_Destroyed"):
        assert (_event(None, code).reason, _event(None, code).at_fault) == (Reason.OTHER, None)
    nobody = _event(None, "Exception_NoBody")
    assert (nobody.reason, nobody.at_fault) == (Reason.ADDRESS, Party.RETAILER)


def test_new_codes_are_read_by_their_main_status_and_strangers_by_nothing() -> None:
    assert _event(None, "InTransit_Tunnelling").milestone is M.IN_TRANSIT
    assert _event("Departure", "Wobble_Tunnelling").milestone is M.IN_TRANSIT
    assert not _event("Wobble", "Wobble_Tunnelling").recognised


def test_words_where_there_is_no_code() -> None:
    assert _event(words="Out For Delivery Today").milestone is M.OUT_FOR_DELIVERY
    assert _event("InTransit", "InTransit_Other", "Picked up").milestone is M.ACCEPTED
    assert not _event(words="A word nobody has met").recognised
    usps = _report(_entry(words="Notice Left (Business Closed)"), key=21051, name="USPS")
    assert usps.events[0].milestone is M.DELIVERY_ATTEMPTED
    assert _event(None, "InTransit_CustomsRequiringInformation").reason is Reason.CUSTOMS


def test_two_events_without_code_at_one_minute_are_two() -> None:
    first, second = _report(_entry(words="Arrived at Facility"), _entry(words="Departed from Facility")).events
    assert first.event_id("ups", "1") != second.event_id("ups", "1")


def test_times() -> None:
    raw = {"date": "2026-01-01", "time": "12:00:00", "timezone": None}
    utc = _entry(time_iso=None, time_utc="2026-01-01T17:00:00Z")
    local, bare = _entry(time_iso=None, time_raw=raw), _entry(time_iso=None, time_raw={**raw, "time": None})
    zoned = _entry(time_iso=None, time_raw={**raw, "timezone": "+08:00"})
    events = _report(_entry(), utc, local, zoned, bare, _entry(time_iso=None)).events
    assert [event.occurred_at.isoformat() for event in events] == [
        "2026-01-01T12:00:00-05:00",
        "2026-01-01T17:00:00+00:00",
        "2026-01-01T12:00:00",
        "2026-01-01T12:00:00+08:00",
        "2026-01-01T00:00:00",
    ]


def test_the_provider_is_trusted() -> None:
    assert _report(_entry(), carrier=3011).carrier == "ups"
    assert _report(_entry(), carrier=3011, key="21051", name="").carrier == "usps"
    assert _report(_entry(), carrier=190094, key=190094, name="4PX").carrier == "4px"
    assert _report(_entry(), key=None, name="", carrier=None).carrier == ""


def test_keys_of_carriers_are_told_both_ways() -> None:
    for key, carrier in carriers._IDS.items():
        assert carriers.carrier_of(key) == carrier
    for carrier in set(carriers._IDS.values()):
        assert carriers.carrier_of(carriers.key_of(carrier)) == carrier
    assert carriers.key_of("pigeon") is None


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ({"from": "2026-01-05", "to": "2026-01-05"}, {"day": "2026-01-05"}),
        ({"from": None, "to": "2026-01-05T20:00:00-05:00"}, {"at": "2026-01-05T20:00:00-05:00"}),
        (
            {"from": "2026-01-04T08:00:00-05:00", "to": "2026-01-05T20:00:00-05:00"},
            {"from_": "2026-01-04T08:00:00-05:00", "to": "2026-01-05T20:00:00-05:00"},
        ),
        ({"from": "2026-01-07T08:00:00-05:00", "to": "2026-01-05T20:00:00-05:00"}, {"day": "2026-01-05"}),
        ({"from": None, "to": None}, None),
        ("soon", None),
    ],
)
def test_estimates(expected: Any, printed: Any) -> None:
    found = _report(time_metrics={"estimated_delivery_date": expected}).estimate
    assert (found.model_dump(mode="json", exclude_none=True) if found else None) == printed


def test_the_summary() -> None:
    assert _report(latest_status={"status": "NotFound", "sub_status": "NotFound_Other"}).status is M.UNKNOWN
    assert _report(_entry("OutForDelivery"), latest_status={"status": "InTransit"}).status is M.OUT_FOR_DELIVERY
    assert _report(_entry("Arrival"), latest_status={"status": "Wobble"}).status is M.IN_TRANSIT


def test_only_the_latest_event() -> None:
    data = {"number": "N1", "carrier": 21051, "track_info": {"latest_event": _entry("Delivered")}}
    report = read("17track", {"event": "TRACKING_UPDATED", "data": data})[0]
    assert (report.carrier, [event.milestone for event in report.events]) == ("usps", [M.DELIVERED])


def test_version_1_has_states_and_words() -> None:
    for number, reading in track.NUMBERS.items():
        body = {
            "event": "TRACKING_UPDATED",
            "data": {"number": "N1", "track": {"w1": 100003, "e": int(number), "z1": []}},
        }
        report = read("17track", body)[0]
        assert (report.carrier, report.status) == ("fedex", reading.milestone)


def test_what_a_body_without_parcels_is() -> None:
    assert kind("17track", {"event": "TRACKING_STOPPED", "data": {"number": "N1"}}) == "subscription_lifecycle"
    assert read("17track", {"event": "TRACKING_STOPPED", "data": {"number": "N1"}}) == []
    assert (
        kind("17track", {"code": 0, "data": {"accepted": [{"number": "N1", "origin": 1}]}}) == "subscription_lifecycle"
    )
    assert kind("17track", {"code": -18010002, "data": {"errors": []}}) == "no_result"
    assert kind("17track", {"event": "TRACKING_UPDATED", "data": {"number": "N1"}}) == "not_tracking"
    with pytest.raises(UnreadableBodyError):
        read("17track", {"event": "TRACKING_UPDATED", "data": [1]})


def _v1(data: str, event: str = "TRACKING_UPDATED", key: str = "KEY0OF0THE0ACCOUNT", template: str = "") -> bytes:
    sign = hashlib.sha256(f"{event}/{data}/{key}".encode()).hexdigest()
    return (template or '{"sign":"%(sign)s","event":"%(event)s","data":%(data)s}').encode() % {
        b"sign": sign.encode(),
        b"event": event.encode(),
        b"data": data.encode(),
    }


def _takes(body: bytes, **headers: str) -> bool:
    return CONNECTOR.verify(InboundRequest(headers=headers, body=body), ACCOUNT, NOW)


def test_version_1_signs_inside_the_body() -> None:
    data = '{"number": "N1",  "track": {"data": {"sign": "x"}, "z": "K\u00f6ln \\u00fc"}}'
    assert _takes(_v1(data))
    assert _takes(
        _v1(data, template=' { "data" : %(data)s , "event":"%(event)s","more":[{"data":1}],"sign":"%(sign)s" } ')
    )
    assert not _takes(_v1(data).replace(b"N1", b"N2"))
    assert not _takes(_v1(data).replace(b"  ", b" "))
    assert not _takes(_v1(data, key="another"))
    assert not _takes(_v1(data).replace(b"UPDATED", b"STOPPED"))
    assert not _takes(_v1(data), sign="0" * 64), "a header that is there is the one that counts"
    empty = Account(account="main", brand="larkspur", credentials={"api_key": ""})
    assert not CONNECTOR.verify(InboundRequest(headers={}, body=_v1(data, key="")), empty, NOW)


@pytest.mark.parametrize(
    "body",
    [
        b'{"sign": 7, "event": "x", "data": 1}',
        b'"sign"',
        b'["sign"]',
        b'{"sign": "x"',
        b'{"sign": "x", "event": "y"}',
        b"\xff",
    ],
)
def test_version_1_survives_anything(body: bytes) -> None:
    assert not _takes(body)


def test_asking_for_many_at_once() -> None:
    (call,) = CONNECTOR.client.ask(["N1", "ups:1Z2", "pigeon:3"], ACCOUNT, "")
    assert (call.method, call.url) == ("POST", "https://api.17track.net/track/v2.2/gettrackinfo")
    assert call.headers["17token"] == "KEY0OF0THE0ACCOUNT"
    assert json.loads(call.body) == [{"number": "N1"}, {"number": "1Z2", "carrier": 100002}, {"number": "3"}]


def test_registering() -> None:
    subscriptions = CONNECTOR.subscriptions
    first, second = subscriptions.subscribe(["N1", "N2"], ACCOUNT, "", "https://us.example")
    assert (first.url, json.loads(second.body)) == (
        "https://api.17track.net/track/v2.2/register",
        [{"number": "N2"}],
    )

    def said(status: int = 200, **data: Any) -> str | None:
        return subscriptions.subscribed(Answer(status, {}, json.dumps({"code": 0, "data": data}).encode()))

    assert said(accepted=[{"number": "N1", "carrier": 3011}], rejected=[]) == "N1"
    assert said(accepted=[], rejected=[{"number": "N1", "error": {"code": -18019901}}]) == "N1"
    assert said(accepted=[], rejected=[{"number": "N1", "error": {"code": -18019903}}]) is None
    assert said(accepted=None, rejected=[None, 7]) is None
    assert said(401) is None
    assert subscriptions.subscribed(Answer(200, {}, b'{"code": -18010002, "data": {}}')) is None
    again = subscriptions.revive("N1", ACCOUNT, "")
    assert again is not None
    assert again.url.endswith("/retrack")
    assert subscriptions.revive("", ACCOUNT, "") is None
