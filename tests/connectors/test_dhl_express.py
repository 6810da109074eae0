"""DHL Express: checkpoints of MyDHL API and of XML-PI, times, pieces, who signed, batches of waybills."""

import json
from typing import Any

import pytest

from local.cli.parse import read_payload
from porchlight.carriers.dhl_express import CONNECTOR
from porchlight.carriers.dhl_express import statuses as express
from porchlight.connectors import Account
from porchlight.domain.milestones import Milestone as M
from porchlight.errors import UnreadableBodyError
from tests.connectors.readings import agrees, kind, known, read

AREA = [{"code": "AKL", "description": "AUCKLAND-NZ"}]


def _checkpoint(code: str = "PU", **fields: Any) -> dict[str, Any]:
    return {"date": "2026-03-02", "time": "06:02:00", "typeCode": code, "serviceArea": AREA, **fields}


def _answer(*events: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"shipments": [{"shipmentTrackingNumber": "4417093201", "events": list(events), **fields}]}


def _event(**fields: Any) -> Any:
    return read("dhl_express", _answer(_checkpoint(**fields)))[0].events[0]


def _xml(inside: str, number: str = "4417093245") -> str:
    return (
        '<req:TrackingResponse xmlns:req="http://www.dhl.com"><AWBInfo>'
        f"<AWBNumber>{number}</AWBNumber>{inside}</AWBInfo></req:TrackingResponse>"
    )


def _xml_event(code: str) -> str:
    return (
        "<ShipmentInfo><ShipmentEvent><Date>2026-02-16</Date><Time>15:00:00</Time>"
        f"<ServiceEvent><EventCode>{code}</EventCode><Description>Words</Description></ServiceEvent>"
        "</ShipmentEvent></ShipmentInfo>"
    )


def test_checkpoints() -> None:
    assert not set(express.CODES) & set(express.SEEN)
    for code, reading in {**express.CODES, **express.SEEN}.items():
        assert agrees(_event(typeCode=code), reading), code
        assert agrees(read("dhl_express", _xml(_xml_event(code)))[0].events[0], reading), code
    assert not _event(typeCode="ZQ").recognised


def test_words_stand_in_for_a_code_of_no_table() -> None:
    found = _event(typeCode="ZQ", description="Shipment is out with courier for delivery")
    assert (found.milestone, found.recognised) == (M.OUT_FOR_DELIVERY, True)
    assert not _event(typeCode="ZQ", description="Words").recognised
    assert _event(typeCode="PU", description="Delivered").milestone is M.ACCEPTED


@pytest.mark.parametrize(
    ("code", "printed", "wanted"),
    [
        ("WC", "2026-03-02T06:02:00", "at"),
        ("OK", "2026-03-02T06:02:00", None),
        ("OK", "2026-03-02T18:00:00", "at"),
        ("OK", "2026-03-02", "day"),
        ("WC", "soon", None),
    ],
)
def test_an_estimate_that_is_the_delivery_is_none(code: str, printed: str, wanted: str | None) -> None:
    (report,) = read("dhl_express", _answer(_checkpoint(code), estimatedTimeOfDelivery=printed))
    printed_as = [name for name in ("at", "day") if getattr(report.estimate, name, None)]
    assert printed_as == ([wanted] if wanted else [])


def test_xml_with_pieces_only() -> None:
    when = "<Date>2026-02-16</Date><Time>15:00:00</Time>"
    event = f"<PieceEvent>{when}<ServiceEvent><EventCode>{{}}</EventCode></ServiceEvent></PieceEvent>"
    pieces = "".join(f"<PieceInfo>{event.format(code)}{event.format('PU')}</PieceInfo>" for code in ("PU", "AF"))
    (report,) = read("dhl_express", _xml(f"<ShipmentInfo/><Pieces>{pieces}</Pieces>"))
    assert [found.raw_code for found in report.events] == ["PU", "AF"]


def test_the_table_is_complete() -> None:
    assert set(express.CODES) == known("dhl_express")


def test_a_part_of_the_shipment_is_not_the_shipment() -> None:
    (report,) = read("dhl_express", _answer(_checkpoint("PD")))
    assert report.status is M.EXCEPTION


@pytest.mark.parametrize(
    ("fields", "printed"),
    [
        ({}, "2026-03-02T06:02:00"),
        ({"GMTOffset": "+13:00"}, "2026-03-02T06:02:00+13:00"),
        ({"GMTOffset": ""}, "2026-03-02T06:02:00"),
        ({"time": ""}, "2026-03-02T00:00:00"),
    ],
)
def test_times_are_local_unless_the_offset_was_asked_for(fields: dict[str, str], printed: str) -> None:
    found = _event(**fields)
    assert found.occurred_at.isoformat() == printed
    assert found.zone_known == ("+" in printed)


def test_a_checkpoint_without_a_date_is_left_out() -> None:
    (report,) = read("dhl_express", _answer(_checkpoint(date=""), _checkpoint("WC")))
    assert [event.raw_code for event in report.events] == ["WC"]


@pytest.mark.parametrize(
    ("text", "city", "region", "country"),
    [
        ("AUCKLAND-NZ", "AUCKLAND", None, "NZ"),
        ("VAN NUYS,CA-USA", "VAN NUYS", "CA", "US"),
        ("LONDON-HEATHROW - UNITED KINGDOM", "LONDON-HEATHROW", None, "GB"),
        ("LONDON-HEATHROW", "LONDON-HEATHROW", None, None),
        ("", None, None, None),
    ],
)
def test_places(text: str, city: str | None, region: str | None, country: str | None) -> None:
    place = _event(serviceArea=[{"code": "X", "description": text}]).place
    assert (place.city, place.region, place.country) == (city, region, country)


def test_who_signed_is_not_taken() -> None:
    body = _answer(_checkpoint("OK", description="Delivered - Signed for by : T FERNWOOD", signedBy="T FERNWOOD"))
    (report,) = read("dhl_express", body)
    assert report.events[0].description == "Delivered"
    assert "FERNWOOD" not in report.model_dump_json()
    signed = _xml(_xml_event("OK").replace("</ServiceEvent>", "</ServiceEvent><Signatory>T FERNWOOD</Signatory>"))
    assert "FERNWOOD" not in read("dhl_express", signed)[0].model_dump_json()


def test_pieces_speak_where_the_shipment_does_not() -> None:
    pieces = [{"events": [_checkpoint(), _checkpoint("WC")]}, {"events": [_checkpoint(), _checkpoint("NH")]}]
    (report,) = read("dhl_express", _answer(pieces=pieces))
    assert [event.raw_code for event in report.events] == ["PU", "WC", "NH"]
    (report,) = read("dhl_express", _answer(_checkpoint("CC"), pieces=pieces))
    assert [event.raw_code for event in report.events] == ["CC"]


@pytest.mark.parametrize(
    ("printed", "wanted"),
    [
        ("2026-03-09", {"date": "2026-03-09"}),
        ("2026-03-09T23:59:00", {"at": "2026-03-09T23:59:00", "zone": "local"}),
        ("soon", None),
        (None, None),
    ],
)
def test_estimates(printed: str | None, wanted: dict[str, str] | None) -> None:
    body = json.dumps(_answer(estimatedDeliveryDate=printed)).encode()
    assert read_payload("dhl_express", body)["estimated_delivery"] == wanted


def test_an_estimate_of_xml_pi_has_its_offset() -> None:
    body = _xml("<ShipmentInfo><EstDlvyDate>2026-02-19 23:59:00 GMT-05:00</EstDlvyDate></ShipmentInfo>")
    (report,) = read("dhl_express", body)
    assert report.estimate is not None
    assert report.estimate.at is not None
    assert report.estimate.at.isoformat() == "2026-02-19T23:59:00-05:00"


def test_answers_without_waybills() -> None:
    missing = {"instance": "/x", "title": "Not data found", "detail": "No data found", "status": "404"}
    for body in (missing, {"shipments": []}):
        assert read("dhl_express", body) == []
        assert kind("dhl_express", body) == "no_result"
    for body in ({**missing, "status": 401}, {"title": "Internal error", "detail": "…", "status": 500}):
        assert read("dhl_express", body) == []
        assert kind("dhl_express", body) == "not_tracking"
    assert kind("dhl_express", b"nothing") == "not_tracking"


def test_xml_answers_without_waybills() -> None:
    for code, wanted in (("103", "no_result"), ("209", "no_result"), ("100", "not_tracking")):
        status = f"<Status><Condition><ConditionCode>{code}</ConditionCode></Condition></Status>"
        assert read("dhl_express", _xml(status, number="")) == []
        assert kind("dhl_express", _xml(status, number="")) == wanted
        (report,) = read("dhl_express", _xml(status))
        assert (report.tracking_number, report.events, report.status) == ("4417093245", (), M.UNKNOWN)
    refused = (
        '<res:ShipmentTrackingErrorResponse xmlns:res="http://www.dhl.com"><Response><Status><Condition>'
        "<ConditionCode>100</ConditionCode></Condition></Status></Response></res:ShipmentTrackingErrorResponse>"
    )
    assert read("dhl_express", refused) == []
    assert kind("dhl_express", refused) == "not_tracking"


@pytest.mark.parametrize("body", ["<html/>", {"shipments": [{}]}, _xml("<ShipmentInfo/>", number="")])
def test_what_is_no_answer_is_refused(body: object) -> None:
    with pytest.raises(UnreadableBodyError):
        read("dhl_express", body)


def test_it_asks_for_many_waybills_at_once() -> None:
    account = Account(account="a", brand="larkspur", credentials={"username": "lamp", "password": "shop"})
    client = CONNECTOR.client
    assert client.token(account) is None
    (call,) = client.ask(["1", "2"], account, "")
    assert call.url == (
        "https://express.api.dhl.com/mydhlapi/tracking?shipmentTrackingNumber=1&shipmentTrackingNumber=2"
        "&trackingView=all-checkpoints&levelOfDetail=shipment"
    )
    assert call.headers["authorization"] == "Basic bGFtcDpzaG9w"
    assert client.batch == 200
