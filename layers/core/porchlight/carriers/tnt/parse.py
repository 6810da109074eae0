"""TNT bodies: consignments with their statuses (XML). A number that was used again is answered with several.

Times are local to the depot, in two fields (``20210218``, ``1020``).
"""

from datetime import date
from typing import TYPE_CHECKING

from porchlight.bodies import (
    clean,
    load_xml,
    moment,
    only_unreadable,
    optional_day,
    optional_text,
    required_text,
    xml_children,
    xml_fields,
)
from porchlight.carriers.aggregated import settled
from porchlight.carriers.reading import event, place, report
from porchlight.carriers.tnt.statuses import SUMMARIES, reading
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every consignment; one that TNT does not know has no events."""
    root = load_xml(body)
    if root.tag != "TrackResponse":
        raise UnreadableBodyError("no answer to a tracking request")
    return [_report(node) for node in xml_children(root, "Consignment")]


def kind(body: bytes) -> BodyKind:
    """An answer without consignments is an error about the request."""
    return BodyKind.NOT_TRACKING


def _report(node: "Element") -> TrackingReport:
    events = tuple(found for entry in xml_children(node, "StatusData") if (found := _event(xml_fields(entry))))
    day, own = _due(node), clean(node.findtext("SummaryCode"), 20)
    return report(
        carrier="tnt",
        tracking_number=required_text(node.findtext("ConsignmentNumber"), "ConsignmentNumber", 64),
        events=events,
        status=settled(SUMMARIES[own].milestone if own in SUMMARIES else None, events),
        estimate=DeliveryEstimate(day=day) if day else None,
    )


def _event(fields: dict[str, str]) -> TrackingEvent | None:
    day, clock = clean(fields.get("LocalEventDate"), 20), clean(fields.get("LocalEventTime"), 20)
    if not day:
        return None
    code = clean(fields.get("StatusCode"), 20)
    at = moment(f"{day}T{clock}" if clock else day, "LocalEventDate and LocalEventTime")
    where, text = place(city=optional_text(fields.get("DepotName"))), clean(fields.get("StatusDescription"))
    return event(reading(code, text), at, code, text, place=where)


def _due(node: "Element") -> date | None:
    summary_node = node.find("ShipmentSummary")
    return None if summary_node is None else optional_day(summary_node.findtext("DueDate"))
