"""USPS bodies: the envelope of a push with JSON text inside, or a bare answer of the Tracking API v3.

Times: ``eventTimestamp`` is local and right; ``GMTTimestamp`` keeps the local DATE (an evening scan lands a day
early), so only its time of day is used, and only where the offset is missing. An event without GMT fields stays
local: no zone is invented.
"""

import re
from datetime import datetime, timedelta, timezone
from html import unescape
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
from porchlight.carriers.reading import summary
from porchlight.carriers.usps.statuses import reading
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

_QUARTER = 15 * 60
_TAG = re.compile(r"</?[A-Za-z]{1,10}>")


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every mail piece in the body."""
    data = load_json(body)
    if isinstance(data, dict) and "payload" in data:
        payload = data["payload"]
        data = load_json(payload) if isinstance(payload, str) else payload
    if isinstance(data, dict):
        for key in ("trackingInformation", "trackingResults", "TrackResults"):
            if key in data and "trackingNumber" not in data:
                data = data[key]
                break
    if isinstance(data, list):
        return [_report(piece) for piece in as_objects(data, "the list of pieces") if "error" not in piece]
    data = as_object(data, "the body")
    if "trackingNumber" in data:
        return [_report(data)]
    if "error" in data or "subscriptionId" in data:
        return []
    raise UnreadableBodyError("no tracking number and no envelope")


def _report(piece: dict[str, Any]) -> TrackingReport:
    entries = piece.get("trackingEvents")
    if entries is None and (piece.get("eventCode") or piece.get("eventTimestamp")):
        entries = piece
    events = tuple(event for entry in as_objects(entries, "trackingEvents") if (event := _event(entry)))
    return TrackingReport(
        carrier="usps",
        tracking_number=required_text(piece.get("trackingNumber"), "trackingNumber", 64),
        events=events,
        status=_status(piece, events),
        estimate=_estimate(piece),
    )


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    if not entry.get("eventTimestamp"):
        return None
    code = clean(entry.get("eventCode"), 20)
    text = _plain(entry.get("eventType"))
    found = reading(code, text)
    return TrackingEvent(
        occurred_at=_occurred(entry),
        raw_code=code,
        description=text,
        milestone=found.milestone,
        reason=found.reason,
        at_fault=found.at_fault,
        recognised=found.recognised,
        place=Place(
            city=optional_text(entry.get("eventCity")),
            region=optional_text(entry.get("eventState")),
            postal_code=optional_text(entry.get("eventZIP") or entry.get("eventZIPCode")),
            country=optional_text(entry.get("eventCountry")),
        ),
    )


def _occurred(entry: dict[str, Any]) -> datetime:
    local = moment(entry["eventTimestamp"], "eventTimestamp")
    if local.tzinfo is not None:
        return local
    offset = _offset(clean(entry.get("GMTOffset")))
    if offset is None and entry.get("GMTTimestamp"):
        gmt = moment(entry["GMTTimestamp"], "GMTTimestamp").replace(tzinfo=None)
        seconds = round((local - gmt).total_seconds() / _QUARTER) * _QUARTER
        offset = timedelta(seconds=(seconds + 43_200) % 86_400 - 43_200)
    return local if offset is None else local.replace(tzinfo=timezone(offset))


def _offset(text: str) -> timedelta | None:
    """``-06:00`` as printed; None where there is none that could be true."""
    try:
        return datetime.fromisoformat(f"2000-01-01T00:00:00{text}").utcoffset()
    except ValueError:
        return None


def _status(piece: dict[str, Any], events: tuple[TrackingEvent, ...]) -> Milestone | None:
    """From the events; the printed status, then its category, where they say nothing (the category may contradict
    them).
    """
    found = summary(events)
    for key in ("status", "statusCategory"):
        if found is None:
            milestone = reading("", _plain(piece.get(key))).milestone
            found = milestone if milestone is not Milestone.UNKNOWN else None
    return found or Milestone.UNKNOWN


def _estimate(piece: dict[str, Any]) -> DeliveryEstimate | None:
    """The predicted window or day, else the expected, else the guaranteed day."""
    dates = {**piece, **optional_object(piece.get("deliveryDateExpectation"))}
    day = next(
        (
            found
            for kind in ("predicted", "expected", "guaranteed")
            for suffix in ("DeliveryDate", "DeliveryTimeStamp", "DeliveryTimestamp")
            if (found := optional_day(dates.get(kind + suffix)))
        ),
        None,
    )
    return DeliveryEstimate(day=day) if day else None


def _plain(value: Any) -> str:
    """Text with its HTML entities undone and the tags that they hid left out."""
    text = clean(value)
    return clean(_TAG.sub("", unescape(text))) if "&" in text or "<" in text else text
