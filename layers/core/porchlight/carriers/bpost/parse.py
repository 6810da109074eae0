"""bpost bodies: one item with its states (XML). Times are aware; sender and addressee are not taken."""

from datetime import datetime
from typing import TYPE_CHECKING

from porchlight.bodies import (
    clean,
    load_xml,
    moment,
    only_unreadable,
    optional_text,
    required_text,
    xml_children,
    xml_fields,
)
from porchlight.carriers.bpost.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """The item in the answer; [] for exceptions of the service."""
    root = load_xml(body)
    if root.tag == "itemTracking":
        return [_report(root)]
    if root.tag.endswith("Exception"):
        return []
    raise UnreadableBodyError("no tracking of an item")


def kind(body: bytes) -> BodyKind:
    """A business exception is about the item, a system exception about bpost."""
    return BodyKind.NO_RESULT if load_xml(body).tag == "businessException" else BodyKind.NOT_TRACKING


def _report(item: "Element") -> TrackingReport:
    events = tuple(found for entry in xml_children(item, "stateInfo") if (found := _event(xml_fields(entry))))
    status = summary(events) or Milestone.UNKNOWN
    return report(
        carrier="bpost",
        tracking_number=required_text(item.findtext("itemCode"), "itemCode", 64),
        events=events,
        status=status,
        estimate=_estimate(item, status),
    )


def _event(fields: dict[str, str]) -> TrackingEvent | None:
    if not fields.get("time"):
        return None
    code = clean(fields.get("stateCode"), 20)
    where = place(city=optional_text(fields.get("location")))
    text = clean(fields.get("stateDescription"))
    return event(reading(code, text), moment(fields["time"], "the time of a state"), code, text, place=where)


def _estimate(item: "Element", status: Milestone) -> DeliveryEstimate | None:
    """The planned window; else the delivery time, which after a delivery is its own."""
    window = item.find("deliveryTimeWindow")
    if window is not None:
        start, end = (_moment(window.findtext(f"plannedDeliveryDateWindow{edge}")) for edge in ("Start", "End"))
        if start and end:
            return DeliveryEstimate.model_validate({"from": start, "to": end})
    at = _moment(item.findtext("deliveryTime"))
    return DeliveryEstimate(at=at) if at and status is not Milestone.DELIVERED else None


def _moment(text: str | None) -> datetime | None:
    try:
        return moment(text, "an estimate") if text else None
    except UnreadableBodyError:
        return None
