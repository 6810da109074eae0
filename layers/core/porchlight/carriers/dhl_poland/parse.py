"""DHL24 bodies: ``getTrackAndTraceInfoResult``, in a SOAP envelope or without. Times are Polish local time without a
zone, newest first. ``receivedBy`` is a person and is not taken.
"""

from typing import TYPE_CHECKING

from porchlight.bodies import load_xml, moment, only_unreadable, required_text, xml_text
from porchlight.carriers.dhl_poland.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every shipment in the body; [] for a fault."""
    root = load_xml(body)
    found = list(root.iter("getTrackAndTraceInfoResult"))
    if not found and root.find(".//Fault") is None and root.tag != "Fault":
        raise UnreadableBodyError("not an answer of DHL24")
    return [_shipment(result) for result in found]


def kind(body: bytes) -> BodyKind:
    """A fault: DHL24 publishes none that would say "not found" only."""
    return BodyKind.NOT_TRACKING


def _shipment(result: "Element") -> TrackingReport:
    events = tuple(found for item in result.iterfind("events/item") if (found := _event(item)))
    return report(
        carrier="dhl_poland",
        tracking_number=required_text(xml_text(result, "shipmentId", 65), "shipmentId", 64),
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
    )


def _event(item: "Element") -> TrackingEvent | None:
    when = xml_text(item, "timestamp", 40)
    if not when:
        return None
    code = xml_text(item, "status", 40)
    where = place(xml_text(item, "terminal", 200))
    return event(reading(code), moment(when, "timestamp"), code, xml_text(item, "description"), place=where)
