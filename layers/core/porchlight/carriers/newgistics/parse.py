"""Newgistics' answers: packages with their events.

A time is in two fields: ``Date`` is ``/Date(milliseconds+offset)/`` of a day, ``Time`` one of a time of day (whose own
day is that of the question). Both offsets are the server's, so the time stays local. Nothing is the text "null".
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from porchlight.bodies import (
    as_object,
    as_objects,
    clean,
    load_json,
    only_unreadable,
    required_text,
    sane,
)
from porchlight.carriers.newgistics.statuses import STATUSES, backwards, reading
from porchlight.carriers.reading import UNRECOGNISED, event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.errors import UnreadableBodyError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every package in the answer. A number that is not known is a report without events."""
    data = as_object(load_json(body), "the body")
    if "Packages" not in data:
        raise UnreadableBodyError("no packages of Newgistics")
    return [_report(package) for package in as_objects(data["Packages"], "Packages")]


def kind(body: bytes) -> BodyKind:
    """An answer without packages knows nothing of the number."""
    return BodyKind.NO_RESULT


def _text(value: Any, limit: int = 500) -> str:
    text = clean(value, limit)
    return "" if text == "null" else text


def _report(package: dict[str, Any]) -> TrackingReport:
    back = _text(package.get("Service")).upper() == "RETURN"
    entries = package.get("PackageTrackingEvents")
    entries = [] if entries == "null" else as_objects(entries, "PackageTrackingEvents")
    events = tuple(found for entry in entries if (found := _event(entry, back=back)))
    printed = STATUSES.get(_text(package.get("Status")), UNRECOGNISED)
    return report(
        carrier="newgistics",
        tracking_number=required_text(_text(package.get("TrackingNumber"), 65), "TrackingNumber", 64),
        events=events,
        status=summary(events) or (backwards(printed) if back else printed).milestone,
        estimate=_estimate(package.get("EstimatedDeliveryDate")),
    )


def _event(entry: dict[str, Any], *, back: bool) -> TrackingEvent | None:
    day = _local(entry.get("Date"))
    if day is None:
        return None
    clock = _local(entry.get("Time"))
    code = _text(entry.get("EventCode"), 20)
    words, others = _text(entry.get("EventDescription")), _text(entry.get("Description"))
    found = reading(code, _text(entry.get("CarrierCode"), 20), words, others)
    found = backwards(found) if back else found
    where = place(
        city=_text(entry.get("City"), 200) or None,
        region=_text(entry.get("State"), 200) or None,
        postal_code=_text(entry.get("PostalCode"), 200) or None,
    )
    return event(found, datetime.combine(day, clock.time()) if clock else day, code, words or others, place=where)


def _local(value: Any) -> datetime | None:
    """The local time in ``/Date(1469163600000-0500)/``; None for nothing."""
    text = _text(value, 60)
    if not text:
        return None
    inner = text.removeprefix("/Date(").removesuffix(")/")
    try:
        sign = max(inner.rfind("+"), inner.rfind("-"))
        millis, offset = (inner[:sign], inner[sign:]) if sign > 0 else (inner, "+0000")
        hours, minutes = int(offset[:-2]), int(offset[0] + offset[-2:])
        moment = _EPOCH + timedelta(milliseconds=int(millis), hours=hours, minutes=minutes)
    except (ValueError, OverflowError):
        raise UnreadableBodyError("the date of an event is not a date") from None
    return sane(moment.replace(tzinfo=None), "the date of an event")


def _estimate(value: Any) -> DeliveryEstimate | None:
    try:
        found = _local(value)
    except UnreadableBodyError:
        return None
    return DeliveryEstimate(day=found.date()) if found else None
