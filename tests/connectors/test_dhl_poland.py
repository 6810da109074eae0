"""DHL24: statuses, envelopes, faults; asked by SOAP."""

from typing import Any

import pytest

from porchlight.bodies import load_xml
from porchlight.carriers.dhl_poland import CONNECTOR
from porchlight.carriers.dhl_poland import statuses as poland
from porchlight.connectors import Account
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import agrees, kind, read

NAME = "https://dhl24.com.pl/webapi2/provider/service.html?ws=1"


def _item(code: str, at: str = "2026-03-04 17:20:11") -> str:
    return (
        f"<item><status>{code}</status><description>Words</description><terminal>Zielonka</terminal>"
        f"<timestamp>{at}</timestamp></item>"
    )


def _answer(*items: str, number: str = "20000000077") -> str:
    return (
        f'<ns1:getTrackAndTraceInfoResponse xmlns:ns1="{NAME}"><getTrackAndTraceInfoResult>'
        f"<shipmentId>{number}</shipmentId><receivedBy>Kowalczyk</receivedBy><events>{''.join(items)}</events>"
        "</getTrackAndTraceInfoResult></ns1:getTrackAndTraceInfoResponse>"
    )


def _event(code: str) -> Any:
    return read("dhl_poland", _answer(_item(code)))[0].events[0]


def test_statuses() -> None:
    for code, reading in poland.CODES.items():
        assert agrees(_event(code), reading), code
    assert not _event("NOWY").recognised


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("DOR", (M.DELIVERED, None, None)),
        ("DOR_SP", (M.AVAILABLE_FOR_PICKUP, None, None)),
        ("SP_DOR", (M.DELIVERED, None, None)),
        ("OP_COD", (M.EXCEPTION, R.CONSIGNEE_REFUSED, P.RETAILER)),
        ("ZWN", (M.RETURNED_TO_SENDER, None, None)),
        ("ZWR_AN", (M.RETURN_IN_TRANSIT, R.ADDRESS, P.RETAILER)),
    ],
)
def test_the_circumstance_decides(code: str, wanted: tuple[Any, ...]) -> None:
    found = _event(code)
    assert (found.milestone, found.reason, found.at_fault) == wanted


def test_times_are_local_and_people_stay_out() -> None:
    (report,) = read("dhl_poland", _answer(_item("DOR"), _item("LK", ""), _item("LP", "2026-03-02 09:00:00")))
    assert [event.occurred_at.isoformat() for event in report.events] == ["2026-03-04T17:20:11", "2026-03-02T09:00:00"]
    assert not report.events[0].zone_known
    assert report.events[0].place.city == "Zielonka"
    assert "Kowalczyk" not in report.model_dump_json()


def test_a_shipment_without_events() -> None:
    (report,) = read("dhl_poland", _answer())
    assert (report.tracking_number, report.events, report.status) == ("20000000077", (), M.UNKNOWN)


def test_a_fault_says_nothing_of_parcels() -> None:
    fault = "<s:Fault><faultcode>100</faultcode><faultstring>x</faultstring></s:Fault>"
    space = 'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    body = f"<s:Envelope {space}><s:Body>{fault}</s:Body></s:Envelope>"
    for found in (body, fault.replace("<s:Fault>", f"<s:Fault {space}>", 1)):
        assert read("dhl_poland", found) == []
        assert kind("dhl_poland", found) == "not_tracking"


@pytest.mark.parametrize("body", ["<html/>", _answer(number=""), _answer(_item("DOR", "soon"))])
def test_what_is_no_answer_is_refused(body: str) -> None:
    with pytest.raises(UnreadableBodyError):
        read("dhl_poland", body)


def test_it_asks_by_soap() -> None:
    account = Account(account="a", brand="larkspur", credentials={"username": "l&mp", "password": "<s>"})
    client = CONNECTOR.client
    assert client.token(account) is None
    first, second = client.ask(["20000000077", "20000000084"], account, "")
    assert (first.method, first.url, second.numbers) == ("POST", NAME, ("20000000084",))
    asked = load_xml(first.body).find("Body/getTrackAndTraceInfo")
    assert asked is not None
    texts = [asked.findtext(path) for path in ("shipmentId", "authData/username", "authData/password")]
    assert texts == ["20000000077", "l&mp", "<s>"]
    assert first.headers["soapaction"] == f'"{NAME}#getTrackAndTraceInfo"'
