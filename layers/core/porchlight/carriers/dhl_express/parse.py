"""DHL Express bodies: JSON of MyDHL API, XML of XML-PI; one report a waybill.

Times are local to the checkpoint and printed without a zone, unless MyDHL was asked for ``GMTOffset``. Events are in
no dependable order: pieces that travel apart, and older checkpoints that were added late, stand at the end.
Descriptions of deliveries end in the name of who signed; the name is not taken.
"""

from typing import TYPE_CHECKING, Any

from porchlight.bodies import (
    as_object,
    as_objects,
    clean,
    load_json,
    load_xml,
    moment,
    only_unreadable,
    optional_day,
    optional_object,
    required_text,
    xml_text,
)
from porchlight.carriers.countries import country_code
from porchlight.carriers.dhl_express.statuses import nameless, reading
from porchlight.carriers.reading import NOWHERE, event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ROOTS = frozenset({"TrackingResponse", "ShipmentTrackingErrorResponse", "ErrorResponse"})
_NOTHING_FOUND = frozenset({"103", "209", "404"})
"""XML-PI's conditions and MyDHL's status for a waybill that is not there (yet)."""


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every waybill in the body."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _from_xml(load_xml(body))
    data = as_object(load_json(body), "the body")
    if "shipments" in data:
        return [_shipment(shipment) for shipment in as_objects(data["shipments"], "shipments")]
    if "shipmentTrackingNumber" in data:
        return [_shipment(data)]
    if "detail" in data and "status" in data:
        return []
    raise UnreadableBodyError("neither an answer of MyDHL API nor of XML-PI")


def kind(body: bytes) -> BodyKind:
    """NO_RESULT for an answer that knows no waybill, else NOT_TRACKING."""
    try:
        if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            found = load_xml(body)
            codes = {clean(code.text) for code in found.iter("ConditionCode")}
        else:
            data = optional_object(load_json(body))
            codes = {"404"} if "shipments" in data else {clean(data.get("status"))}
    except UnreadableBodyError:
        return BodyKind.NOT_TRACKING
    return BodyKind.NO_RESULT if codes & _NOTHING_FOUND else BodyKind.NOT_TRACKING


def _shipment(shipment: dict[str, Any]) -> TrackingReport:
    entries = as_objects(shipment.get("events"), "events")
    if not entries:
        entries = _of_pieces(shipment)
    events = tuple(event for entry in entries if (event := _event(entry)))
    return report(
        carrier="dhl_express",
        tracking_number=required_text(shipment.get("shipmentTrackingNumber"), "shipmentTrackingNumber", 64),
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
        estimate=_estimate(shipment.get("estimatedDeliveryDate")) or _told(shipment, events),
    )


def _told(shipment: dict[str, Any], events: tuple[TrackingEvent, ...]) -> DeliveryEstimate | None:
    """``estimatedTimeOfDelivery`` of older answers, which becomes the time of the delivery itself and is none then."""
    found = _estimate(shipment.get("estimatedTimeOfDelivery"))
    if not found or not found.at:
        return found
    clock = found.at.replace(tzinfo=None)
    came = any(one.milestone is Milestone.DELIVERED and one.occurred_at.replace(tzinfo=None) == clock for one in events)
    return None if came else found


def _of_pieces(shipment: dict[str, Any]) -> list[dict[str, Any]]:
    """The checkpoints of all pieces, each once: some answers have them at the pieces only."""
    found: list[dict[str, Any]] = []
    for piece in as_objects(shipment.get("pieces"), "pieces"):
        found += (entry for entry in as_objects(piece.get("events"), "events of a piece") if entry not in found)
    return found


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    areas = entry.get("serviceArea")
    area = areas[0] if isinstance(areas, list) and areas else areas
    where = clean(area.get("description"), 200) if isinstance(area, dict) else ""
    offset = clean(entry.get("GMTOffset"), 10)
    return _made(
        clean(entry.get("typeCode"), 20),
        clean(entry.get("description")),
        (clean(entry.get("date"), 20), clean(entry.get("time"), 20), offset),
        where,
    )


def _made(code: str, said: str, when: tuple[str, str, str], where: str) -> TrackingEvent | None:
    """An event; None without a date. ``when``: date, time, offset as printed."""
    day, clock, offset = when
    if not day:
        return None
    found = reading(code, said)
    text = nameless(said) if found.milestone is Milestone.DELIVERED else said
    return event(
        found, moment(f"{day}T{clock}{offset}" if clock else day, "date of an event"), code, text, (), _place(where)
    )


def _place(text: str) -> Place:
    """``VAN NUYS,CA-USA``, ``SYDNEY-AU``, ``LONDON-HEATHROW - UNITED KINGDOM``."""
    if not text:
        return NOWHERE
    town, dash, last = text.rpartition("-")
    country = country_code(last) if dash else None
    city, comma, region = (town if country else text).rpartition(",")
    if not comma:
        city, region = region, ""
    return place(city.strip(), region.strip(), country=country)


def _estimate(value: Any) -> DeliveryEstimate | None:
    """``2026-03-09``, ``2026-03-09T23:59:00``, or XML-PI's ``2026-03-09 23:59:00 GMT-08:00``."""
    text = clean(value, 60)
    if len(text) <= 10:
        day = optional_day(text)
        return DeliveryEstimate(day=day) if day else None
    try:
        return DeliveryEstimate(at=moment(text.replace(" GMT", ""), "estimate"))
    except UnreadableBodyError:
        return None


def _from_xml(root: "Element") -> list[TrackingReport]:
    if root.tag not in _ROOTS:
        raise UnreadableBodyError("not an answer of XML-PI")
    return [report for waybill in root.iter("AWBInfo") if (report := _waybill(waybill))]


def _waybill(waybill: "Element") -> TrackingReport | None:
    """None for an answer that found nothing and does not even repeat the number."""
    number = xml_text(waybill, "AWBNumber", 65)
    info = waybill.find("ShipmentInfo")
    if info is None and not number:
        return None
    events = tuple(event for entry in waybill.iter("ShipmentEvent") if (event := _xml_event(entry)))
    if not events:  # asked for pieces only: what happened to several at once counts once
        of_pieces = [event for entry in waybill.iter("PieceEvent") if (event := _xml_event(entry))]
        events = tuple(event for at, event in enumerate(of_pieces) if event not in of_pieces[:at])
    return report(
        carrier="dhl_express",
        tracking_number=required_text(number, "AWBNumber", 64),
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
        estimate=_estimate(xml_text(info, "EstDlvyDate")),
    )


def _xml_event(entry: "Element") -> TrackingEvent | None:
    return _made(
        xml_text(entry, "ServiceEvent/EventCode", 20),
        " ".join(xml_text(entry, "ServiceEvent/Description").split()),
        (xml_text(entry, "Date", 20), xml_text(entry, "Time", 20), ""),
        xml_text(entry, "ServiceArea/Description", 200),
    )
