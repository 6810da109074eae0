"""Teleship bodies: a webhook (``eventName``, ``data``) or the tracking object alone. Times are printed in UTC."""

from typing import Any

from porchlight.bodies import as_object, as_objects, clean, load_json, moment, only_unreadable, required_text
from porchlight.carriers.aggregated import place_in, settled
from porchlight.carriers.estimates import estimate
from porchlight.carriers.reading import event, report
from porchlight.carriers.teleship.statuses import reading
from porchlight.connectors import BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.errors import UnreadableBodyError


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """The parcel in the body."""
    data = as_object(load_json(body), "the body")
    if "eventName" in data:
        parcel = as_object(data.get("data"), "data")
        return [_report(parcel)] if "trackingNumber" in parcel and "events" in parcel else []
    if "trackingNumber" in data and ("events" in data or "status" in data):
        return [_report(data)]
    if "messages" in data or "error" in data:
        return []
    raise UnreadableBodyError("neither a webhook nor a tracking object")


def kind(body: bytes) -> BodyKind:
    """What a body without parcels is."""
    data = load_json(body)
    return BodyKind.NO_RESULT if isinstance(data, dict) and "eventName" not in data else BodyKind.NOT_TRACKING


def _report(parcel: dict[str, Any]) -> TrackingReport:
    entries = as_objects(parcel.get("events"), "events")
    events = tuple(found for entry in entries if (found := _event(entry)))
    head = reading(clean(parcel.get("status"), 80))
    return report(
        carrier="teleship",
        tracking_number=required_text(parcel.get("trackingNumber"), "trackingNumber", 64),
        events=events,
        status=settled(head.milestone if head.recognised else None, events),
        estimate=estimate(parcel.get("estimatedDelivery")),
    )


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    if not entry.get("timestamp"):
        return None
    code, words = clean(entry.get("code"), 80), clean(entry.get("description"))
    place = place_in(clean(entry.get("location"), 200))
    return event(reading(code, words), moment(entry["timestamp"], "timestamp"), code, words, (), place)
