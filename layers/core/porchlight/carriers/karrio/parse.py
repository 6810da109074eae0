"""karrio bodies: a webhook (``event``, ``data``), a tracker alone, or a list of trackers.

Times: ``date`` and ``time`` are the carrier's local ones (``time`` may be missing, or printed as "14:30 PM").
``timestamp`` is the same moment with a ``Z`` that karrio appends to whatever it read, so it is taken as local too.
"""

from datetime import datetime
from typing import Any

from porchlight.bodies import (
    as_object,
    as_objects,
    clean,
    load_json,
    moment,
    only_unreadable,
    optional_object,
    required_text,
)
from porchlight.carriers.aggregated import place_in, settled
from porchlight.carriers.estimates import estimate
from porchlight.carriers.karrio.statuses import reading
from porchlight.carriers.reading import event, report
from porchlight.connectors import BodyKind
from porchlight.domain.carriers import carrier_by_number, carrier_id
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.errors import UnreadableBodyError

_NAMES = {"dhl_universal": "dhl", "laposte": "la_poste", "dhl_poland": "dhl_poland", "hermes": "hermes_de"}
"""karrio's names of carriers that are not their usual spelling."""


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every tracker in the body."""
    return [_report(tracker) for tracker in _trackers(as_object(load_json(body), "the body"))]


def kind(body: bytes) -> BodyKind:
    """What a body without parcels is."""
    data = load_json(body)
    return BodyKind.NO_RESULT if isinstance(data, dict) and "event" not in data else BodyKind.NOT_TRACKING


def _trackers(data: dict[str, Any]) -> list[dict[str, Any]]:
    if "event" in data:
        if not clean(data["event"]).replace(".", "_").startswith("tracker_"):
            return []
        data = as_object(data.get("data"), "data")
    if "results" in data:
        return as_objects(data["results"], "results")
    if "tracking" in data:
        return as_objects(data["tracking"], "tracking")
    if "tracking_number" in data and ("events" in data or "status" in data):
        return [data]
    if "errors" in data or "messages" in data:
        return []
    raise UnreadableBodyError("neither a webhook nor a tracker")


def _report(tracker: dict[str, Any]) -> TrackingReport:
    number = required_text(tracker.get("tracking_number"), "tracking_number", 64)
    named = clean(tracker.get("carrier_name"), 80) or clean(optional_object(tracker.get("meta")).get("carrier"), 80)
    carrier = _NAMES.get(named) or carrier_id(named) or carrier_by_number(number)
    entries = as_objects(tracker.get("events"), "events")
    events = tuple(found for entry in entries if (found := _event(entry, carrier)))
    head = reading(clean(tracker.get("status"), 80))
    expected = tracker.get("estimated_delivery") or optional_object(tracker.get("info")).get("expected_delivery")
    return report(
        carrier=carrier,
        tracking_number=number,
        events=events,
        status=settled(head.milestone if head.recognised else None, events),
        estimate=estimate(expected),
    )


def _event(entry: dict[str, Any], carrier: str) -> TrackingEvent | None:
    at = _occurred(entry)
    if at is None:
        return None
    status, code, reason = (clean(entry.get(key), 80) for key in ("status", "code", "reason"))
    words = clean(entry.get("description"))
    return event(
        reading(status, code, carrier, words, reason),
        at,
        code or status,
        words,
        (),
        place_in(clean(entry.get("location"), 200)),
    )


def _occurred(entry: dict[str, Any]) -> datetime | None:
    day = clean(entry.get("date"), 40)
    if not day:
        stamp = entry.get("timestamp")
        return moment(stamp, "timestamp").replace(tzinfo=None) if stamp else None
    clock, _, half = clean(entry.get("time"), 40).partition(" ")
    clock = clock if clock[2:3] == ":" else f"0{clock}" if clock else ""
    found = moment(f"{day}T{clock}" if clock and "T" not in day else day, "date and time of an event")
    if half.upper() == "PM" and found.hour < 12:
        return found.replace(hour=found.hour + 12)
    if half.upper() == "AM" and found.hour == 12:
        return found.replace(hour=0)
    return found
