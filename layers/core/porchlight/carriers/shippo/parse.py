"""Shippo bodies: an event about a parcel, or the tracking object alone.

Times are taken as printed: with ``Z`` in today's API, without a zone in older bodies, which are local then.
"""

from typing import Any

from porchlight.bodies import (
    as_object,
    as_objects,
    clean,
    load_json,
    moment,
    only_unreadable,
    optional_object,
    optional_text,
    required_text,
)
from porchlight.carriers.aggregated import settled
from porchlight.carriers.estimates import estimate
from porchlight.carriers.reading import event, place, report
from porchlight.carriers.shippo.statuses import reading
from porchlight.connectors import BodyKind
from porchlight.domain.carriers import carrier_by_number, carrier_id
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.errors import UnreadableBodyError

_OTHER_NEWS = ("transaction_", "batch_", "all")


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """The parcels in the body; one that the carrier does not know (yet) has no events."""
    return [_report(track) for track in _tracks(body)]


def kind(body: bytes) -> BodyKind:
    """What a body without parcels is."""
    data = load_json(body)
    return BodyKind.NO_RESULT if isinstance(data, dict) and "event" not in data else BodyKind.NOT_TRACKING


def _tracks(body: bytes) -> list[dict[str, Any]]:
    data = as_object(load_json(body), "the body")
    if "event" in data:
        track = data.get("data")
        if clean(data["event"]) != "track_updated":
            if clean(data["event"]).startswith(_OTHER_NEWS):
                return []
            raise UnreadableBodyError("an event of a kind that is not known")
        data = as_object(track, "data")
    if isinstance(data.get("results"), list):
        return as_objects(data["results"], "results")
    if isinstance(data.get("tracking_number"), str) or "tracking_history" in data:
        return [data]
    if "detail" in data or "__all__" in data or isinstance(data.get("tracking_number") or data.get("carrier"), list):
        return []
    raise UnreadableBodyError("neither an event nor a tracking object")


def _report(track: dict[str, Any]) -> TrackingReport:
    number = required_text(track.get("tracking_number"), "tracking_number", 64)
    head = optional_object(track.get("tracking_status"))
    history = as_objects(track.get("tracking_history"), "tracking_history")
    events = tuple(found for entry in history or [head] if (found := _event(entry)))
    return report(
        carrier=carrier_id(clean(track.get("carrier"))) or carrier_by_number(number),
        tracking_number=number,
        events=events,
        status=settled(reading(*_codes(head)).milestone if head else None, events),
        estimate=estimate(track.get("eta")),
    )


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    if not entry.get("status_date"):
        return None
    status, substatus, words = _codes(entry)
    where = optional_object(entry.get("location"))
    return event(
        reading(status, substatus, words),
        moment(entry["status_date"], "status_date"),
        substatus or status,
        words,
        (status, substatus),
        place(
            city=optional_text(where.get("city")),
            region=optional_text(where.get("state")),
            postal_code=optional_text(where.get("zip")),
            country=optional_text(where.get("country")),
        ),
    )


def _codes(entry: dict[str, Any]) -> tuple[str, str, str]:
    """Status, substatus and words of an entry; the substatus is an object, and text in some older bodies."""
    sub = entry.get("substatus")
    code = sub.get("code") if isinstance(sub, dict) else sub
    words = clean(entry.get("status_details")) or (clean(sub.get("text")) if isinstance(sub, dict) else "")
    return clean(entry.get("status"), 80).upper(), clean(code, 80), words
