"""Roadie bodies: a shipment, or a list of them, with events. Two shipments may share a tracking number.

Where a scan happened is given as coordinates only, and not taken. The window of delivery is what the shop asked for and
no estimate.
"""

from typing import Any

from porchlight.bodies import as_objects, clean, load_json, moment, only_unreadable, required_text
from porchlight.carriers.reading import event, report, summary
from porchlight.carriers.roadie.statuses import STATES, reading
from porchlight.connectors import BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every shipment in the body; [] for errors."""
    data = load_json(body)
    if isinstance(data, dict) and "tracking_number" not in data:
        if "errors" in data:
            return []
        raise UnreadableBodyError("no shipment")
    if not isinstance(data, dict | list):
        raise UnreadableBodyError("no shipments")
    return [_report(shipment) for shipment in as_objects(data, "the list of shipments")]


def kind(body: bytes) -> BodyKind:
    """An empty list knows none of the shipments; errors are about the request."""
    return BodyKind.NO_RESULT if isinstance(load_json(body), list) else BodyKind.NOT_TRACKING


def _report(shipment: dict[str, Any]) -> TrackingReport:
    events = tuple(found for entry in as_objects(shipment.get("events"), "events") if (found := _event(entry)))
    state = STATES.get(clean(shipment.get("state"), 80))
    return report(
        carrier="roadie",
        tracking_number=required_text(shipment.get("tracking_number"), "tracking_number", 64),
        events=events,
        status=summary(events) or (state.milestone if state else Milestone.UNKNOWN),
    )


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    if not entry.get("occurred_at"):
        return None
    name = clean(entry.get("name"), 80)
    return event(reading(name), moment(entry["occurred_at"], "occurred_at"), name, clean(entry.get("description")))
