"""EasyPost bodies: an event about a tracker, a tracker alone, or a list of trackers."""

from datetime import datetime, time
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
from porchlight.carriers.easypost.statuses import STATUSES, reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.carriers import carrier_id
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every tracker in the body."""
    data = load_json(body)
    if isinstance(data, list):
        return [_report(item) for item in as_objects(data, "the list of trackers") if _is_tracker(item)]
    data = as_object(data, "the body")
    if "trackers" in data:
        return [_report(item) for item in as_objects(data["trackers"], "trackers")]
    if "events" in data:
        return [report for item in as_objects(data["events"], "events") for report in _reported(item)]
    if data.get("object") == "Event" or "result" in data:
        return _reported(data)
    if _is_tracker(data):
        return [_report(data)]
    if clean(data.get("object")) or "error" in data or "has_more" in data:
        return []
    raise UnreadableBodyError("neither an event nor a tracker")


def _reported(happened: dict[str, Any]) -> list[TrackingReport]:
    """The tracker of an event. The API tells of events without what they are about; a webhook never does."""
    result = happened.get("result")
    if isinstance(result, dict) and _is_tracker(result):
        return [_report(result)]
    if "result" in happened and clean(happened.get("description")).startswith("tracker."):
        raise UnreadableBodyError("an event about a tracker that holds no tracker")
    return []


def kind(body: bytes) -> BodyKind:
    """What a body without parcels is."""
    data = load_json(body)
    empty = isinstance(data, dict) and ("trackers" in data or "error" in data)
    return BodyKind.NO_RESULT if empty or data == [] else BodyKind.NOT_TRACKING


def _is_tracker(item: dict[str, Any]) -> bool:
    return item.get("object") == "Tracker" or ("tracking_code" in item and "object" not in item)


def _report(tracker: dict[str, Any]) -> TrackingReport:
    number = required_text(tracker.get("tracking_code"), "tracking_code", 64)
    carrier = carrier_id(clean(tracker.get("carrier")))
    details = as_objects(tracker.get("tracking_details"), "tracking_details")
    events = tuple(event for entry in details if (event := _event(entry, carrier)))
    return report(
        carrier=carrier,
        tracking_number=number,
        events=events,
        status=_status(tracker, events),
        estimate=_estimate(tracker),
    )


def _event(entry: dict[str, Any], carrier: str) -> TrackingEvent | None:
    if not entry.get("datetime"):
        return None
    status, detail, code = (clean(entry.get(key), 80) for key in ("status", "status_detail", "carrier_code"))
    message = clean(entry.get("message"))
    found = reading(status, detail, carrier, code, message)
    where = optional_object(entry.get("tracking_location"))
    at = moment(entry["datetime"], "datetime of a tracking detail")
    scanned = place(
        city=optional_text(where.get("city")),
        region=optional_text(where.get("state")),
        postal_code=optional_text(where.get("zip")),
        country=optional_text(where.get("country")),
    )
    words = message or clean(entry.get("description"))
    return event(found, at, code or status, words, (status, detail, code), scanned)


def _status(tracker: dict[str, Any], events: tuple[TrackingEvent, ...]) -> Milestone | None:
    """The tracker's own summary; where the newest event says the same more finely, that."""
    status, detail = clean(tracker.get("status")), clean(tracker.get("status_detail"))
    if status not in STATUSES:
        return summary(events)
    own = reading(status, detail).milestone
    if own is Milestone.UNKNOWN:
        return summary(events) or own
    finer = [event for event in events if event.raw_codes[0] == status and event.milestone is not Milestone.UNKNOWN]
    newest = max(finer, key=lambda event: event.instant(), default=None)
    if newest:
        return newest.milestone
    return own


def _estimate(tracker: dict[str, Any]) -> DeliveryEstimate | None:
    """EasyPost prints a day as midnight UTC; a test tracker prints its own creation time, which estimates nothing."""
    extra = optional_object(tracker.get("carrier_detail"))
    local = optional_day(extra.get("est_delivery_date_local"))
    if local:
        at = _time(extra.get("est_delivery_time_local"))
        return DeliveryEstimate(at=datetime.combine(local, at)) if at else DeliveryEstimate(day=local)
    printed = clean(tracker.get("est_delivery_date"))
    if not printed or printed == clean(tracker.get("created_at")):
        return None
    day = optional_day(printed)
    if not day:
        return None
    instant = datetime.fromisoformat(printed)
    return DeliveryEstimate(day=day) if instant.time() == time() else DeliveryEstimate(at=instant)


def _time(value: Any) -> time | None:
    try:
        return time.fromisoformat(clean(value))
    except ValueError:
        return None
