"""Asendia bodies: one parcel of Asendia Sync, or a list of parcels with milestones of Asendia USA. Times are aware."""

from typing import Any

from porchlight.bodies import (
    as_object,
    as_objects,
    clean,
    load_json,
    moment,
    only_unreadable,
    optional_text,
    required_text,
)
from porchlight.carriers.asendia.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every parcel in the answer; [] for problems."""
    data = as_object(load_json(body), "the body")
    if "trackingEvents" in data or "trackingNumber" in data:
        return [_report(data, "trackingNumber", "trackingEvents", _event)]
    if "data" in data:
        return [
            _report(parcel, "trackingNumberVendor", "trackingMilestoneEvents", _milestone)
            for parcel in as_objects(data["data"], "data")
        ]
    if "responseStatusCode" in data or "responseStatus" in data or {"title", "status"} <= data.keys():
        return []
    raise UnreadableBodyError("neither a parcel nor a list of parcels")


def kind(body: bytes) -> BodyKind:
    """A problem with status 404 says that the number is not known, as does an empty list."""
    data = as_object(load_json(body), "the body")
    return BodyKind.NO_RESULT if data.get("status") == 404 or "data" in data else BodyKind.NOT_TRACKING


def _report(parcel: dict[str, Any], number: str, entries: str, read: Any) -> TrackingReport:
    events = tuple(found for entry in as_objects(parcel.get(entries), entries) if (found := read(entry)))
    return report(
        carrier="asendia",
        tracking_number=required_text(parcel.get(number), number, 64),
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
    )


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    if not entry.get("time"):
        return None
    code, text = clean(entry.get("code"), 80), clean(entry.get("carrierEventDescription"))
    where = place(city=optional_text(entry.get("locationName")), country=optional_text(entry.get("locationCountry")))
    return event(reading(code, text), moment(entry["time"], "the time of an event"), code, text, place=where)


def _milestone(entry: dict[str, Any]) -> TrackingEvent | None:
    if not entry.get("eventOn"):
        return None
    code, text = clean(entry.get("eventCode"), 80), clean(entry.get("eventDescription"))
    where = place(city=optional_text(entry.get("eventLocation")))
    return event(reading(code, text), moment(entry["eventOn"], "eventOn"), code, text, place=where)
