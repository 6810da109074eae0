"""OnTrac bodies: the tracking result of the web services (XML), and LaserShip's tracking of an order (JSON).

LaserShip prints each time twice, local and as UTC without saying so: UTC it is. The web services print local time.
"""

from datetime import UTC
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
    optional_text,
    required_text,
    xml_children,
    xml_fields,
)
from porchlight.carriers.countries import country_code
from porchlight.carriers.ontrac.statuses import laser_reading, reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every parcel; one that OnTrac does not know has no events."""
    if body.lstrip()[:1] == b"<":
        return [_shipment(node) for node in _shipments(body) if clean(node.findtext("Tracking"), 65)]
    return _order(as_object(load_json(body), "the body"))


def kind(body: bytes) -> BodyKind:
    """Both say with an error that they do not know the number, which they may leave out."""
    if body.lstrip()[:1] == b"<":
        return BodyKind.NO_RESULT if _shipments(body) else BodyKind.NOT_TRACKING
    return BodyKind.NO_RESULT


def _shipments(body: bytes) -> "list[Element]":
    root = load_xml(body)
    if root.tag != "OnTracTrackingResult":
        raise UnreadableBodyError("no tracking result")
    return xml_children(root, "Shipments", "Shipment")


def _shipment(node: "Element") -> TrackingReport:
    events = tuple(found for entry in xml_children(node, "Events", "Event") if (found := _event(xml_fields(entry))))
    day = optional_day(node.findtext("Exp_Del_Date"))
    return report(
        carrier="ontrac",
        tracking_number=required_text(node.findtext("Tracking"), "Tracking", 64),
        events=events,
        status=_status(events),
        estimate=DeliveryEstimate(day=day) if day else None,
    )


def _event(fields: dict[str, str]) -> TrackingEvent | None:
    at = fields.get("EventTime")
    if not at:
        return None
    code, words = clean(fields.get("Status"), 20), clean(fields.get("Description"))
    where = place(
        city=optional_text(fields.get("City")),
        region=optional_text(fields.get("State")),
        postal_code=optional_text(fields.get("Zip")),
        country="US",
    )
    return event(reading(code, words), moment(at, "EventTime"), code, words, place=where)


def _order(data: dict[str, Any]) -> list[TrackingReport]:
    if "Events" not in data and "Pieces" not in data:
        if data.get("Error") or data.get("ErrorMessage"):
            return []
        raise UnreadableBodyError("neither events nor pieces")
    events = tuple(found for entry in as_objects(data.get("Events"), "Events") if (found := _laser_event(entry)))
    day = optional_day(data.get("EstimatedDeliveryDate"))
    estimate = DeliveryEstimate(day=day) if day else None
    status = _status(events)
    numbers = [
        required_text(piece["TrackingNumber"], "TrackingNumber", 64)
        for piece in as_objects(data.get("Pieces"), "Pieces")
        if piece.get("TrackingNumber")
    ]
    return [
        report(carrier="ontrac", tracking_number=number, events=events, status=status, estimate=estimate)
        for number in numbers or [""]
    ]


def _laser_event(entry: dict[str, Any]) -> TrackingEvent | None:
    at = entry.get("UTCDateTime")
    local = not at and entry.get("DateTime")
    if not at and not local:
        return None
    occurred = moment(local or at, "the time of an event")
    if not local and occurred.tzinfo is None:
        occurred = occurred.replace(tzinfo=UTC)
    code = clean(entry.get("EventType"), 80)
    label = clean(entry.get("EventShortText")) or clean(entry.get("EventLabel"))
    where = place(
        city=optional_text(entry.get("City")),
        region=optional_text(entry.get("State")),
        postal_code=optional_text(entry.get("PostalCode")),
        country=country_code(clean(entry.get("Country"), 80)),
    )
    return event(laser_reading(code, label), occurred, code, label, place=where)


def _status(events: tuple[TrackingEvent, ...]) -> Milestone:
    """No body has a summary of its own; a parcel that was scanned at its origin is on its way."""
    found = summary(events) or Milestone.UNKNOWN
    return Milestone.IN_TRANSIT if found is Milestone.ACCEPTED else found
