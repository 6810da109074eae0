"""Answers of Chronopost's tracking service (SOAP): ``trackSkybillV2`` with its extras, ``trackSkybill`` without, and
the search by the sender's reference, which lists several parcels. Events come oldest first, their times with an offset.

A delivery after "on its way back to the sender" is the sender's. The extras name the consignee, and are not read.
"""

from typing import TYPE_CHECKING

from porchlight.bodies import clean, load_xml, moment, only_unreadable, optional_text, required_text, xml_fields
from porchlight.carriers.chronopost.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_PARCELS = ("listEventInfoComp", "listEvents", "listParcel")


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every parcel in the answer that has events; [] for errors."""
    root = load_xml(body)
    if next(root.iter("errorCode"), None) is None and next(root.iter("Fault"), None) is None:
        raise UnreadableBodyError("neither a result nor an error of Chronopost")
    return [_report(parcel) for name in _PARCELS for parcel in root.iter(name) if parcel.find("events") is not None]


def kind(body: bytes) -> BodyKind:
    """``no_result`` for a good answer without events."""
    good = {"0"} == {clean(code.text) for code in load_xml(body).iter("errorCode")}
    return BodyKind.NO_RESULT if good else BodyKind.NOT_TRACKING


def _report(parcel: "Element") -> TrackingReport:
    events: list[TrackingEvent] = []
    back = False
    for entry in parcel.iterfind("events"):
        found = _event(entry, back=back)
        if found:
            events.append(found)
            back = back or found.milestone is Milestone.RETURN_IN_TRANSIT
    return report(
        carrier="chronopost",
        tracking_number=required_text(parcel.findtext("skybillNumber"), "skybillNumber", 64),
        events=tuple(events),
        status=summary(events) or Milestone.UNKNOWN,
    )


def _event(entry: "Element", *, back: bool) -> TrackingEvent | None:
    fields = xml_fields(entry)
    when = fields.get("eventDate")
    if not when:
        return None
    code, label = clean(fields.get("code"), 20), clean(fields.get("eventLabel"))
    found = reading(code, label)
    if back and found.milestone is Milestone.DELIVERED:
        found = found._replace(milestone=Milestone.RETURNED_TO_SENDER)
    where = place(city=optional_text(fields.get("officeLabel")), postal_code=optional_text(fields.get("zipCode")))
    return event(found, moment(when, "the date of an event"), code, label, place=where)
