"""Sendle bodies: the tracking of one parcel, which does not repeat its number, and a push with one event, which does.

``scan_time`` is UTC. ``local_scan_time`` is local only where Sendle knew the zone, else UTC again without saying so,
and is left alone.
"""

from typing import Any

from porchlight.bodies import (
    as_object,
    as_objects,
    clean,
    load_json,
    moment,
    only_unreadable,
    optional_day,
    optional_object,
    optional_text,
    required_text,
)
from porchlight.carriers.reading import UNRECOGNISED, event, phrase, place, report, summary
from porchlight.carriers.sendle.statuses import STATES, reading
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

_ENDS = frozenset({Milestone.CANCELLED, Milestone.RETURNED_TO_SENDER})
"""States that the events do not tell."""


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """The parcel in the body; [] for errors."""
    data = as_object(load_json(body), "the body")
    if "sendle_reference" in data:
        number = required_text(data["sendle_reference"], "sendle_reference", 64)
        return [_report(data, data, number)]
    if "tracking_events" in data:
        return [_report(data, data["tracking_events"], "")]
    if "error" in data:
        return []
    raise UnreadableBodyError("neither tracking nor a push")


def kind(body: bytes) -> BodyKind:
    """``not_found`` is about the number, other errors are about the request."""
    data = as_object(load_json(body), "the body")
    return BodyKind.NO_RESULT if data.get("error") == "not_found" else BodyKind.NOT_TRACKING


def _report(data: dict[str, Any], entries: Any, number: str) -> TrackingReport:
    events = tuple(found for entry in as_objects(entries, "tracking_events") if (found := _event(entry)))
    return report(
        carrier="sendle",
        tracking_number=number,
        events=events,
        status=_status(STATES.get(phrase(clean(data.get("state"), 80)), UNRECOGNISED).milestone, events),
        estimate=_estimate(optional_object(data.get("scheduling"))),
    )


def _status(own: Milestone, events: tuple[TrackingEvent, ...]) -> Milestone:
    return own if own in _ENDS else summary(events) or own


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    if not entry.get("scan_time"):
        return None
    kind, words = clean(entry.get("event_type"), 80), clean(entry.get("description"))
    return event(reading(kind, words), moment(entry["scan_time"], "scan_time"), kind, words, place=_place(entry))


def _place(entry: dict[str, Any]) -> Place:
    data = optional_object(entry.get("location_data"))
    city = optional_text(data.get("suburb"))
    if city or data.get("country"):
        return place(
            city=city,
            region=optional_text(data.get("state")),
            postal_code=optional_text(data.get("postcode")),
            country=optional_text(data.get("country")),
        )
    text, _, region = clean(entry.get("location"), 200).rpartition(", ")
    return place(city=text, region=region or None) if text else place(city=region or None)


def _estimate(scheduling: dict[str, Any]) -> DeliveryEstimate | None:
    """The later of the two days that Sendle names."""
    day = optional_day(scheduling.get("estimated_delivery_date_maximum"))
    day = day or optional_day(scheduling.get("estimated_delivery_date_minimum"))
    return DeliveryEstimate(day=day) if day else None
