"""USPS bodies: the envelope of a push with JSON text inside, or a bare answer of the Tracking API v3 or v3r2.

Times: ``eventTimestamp`` is local and right; ``GMTTimestamp`` keeps the local DATE (an evening scan lands a day
early), so only its time of day is used, and only where the offset is missing. An event without GMT fields stays
local: no zone is invented.
"""

import re
from datetime import date, datetime, time, timedelta, timezone
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
from porchlight.carriers.reading import event, kept, place, report, summary
from porchlight.carriers.usps.statuses import reading
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

_QUARTER = 15 * 60
_zone = kept(timezone)
_DAY = 86_400
_TAG = re.compile(r"</?[A-Za-z]{1,10}>")
_LISTS = ("trackingInformation", "trackingResults", "TrackResults")
_SUBSCRIPTION = ("subscriptionId", "subscriptionStatus")
_NOT_FOUND = frozenset({"404", "150001"})
"""Codes of errors that say no more than that USPS does not know the number (yet)."""


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every mail piece in the body."""
    if body.lstrip()[:1] == b"<":
        from porchlight.carriers.usps.webtools import reports_of_xml

        return reports_of_xml(body)
    data = _opened(load_json(body))
    if isinstance(data, dict) and "trackingNumber" not in data:
        data = next((data[key] for key in _LISTS if key in data), data)
    if isinstance(data, list):
        pieces = as_objects(data, "the list of pieces")
        return [_report(piece) for piece in pieces if piece.get("trackingNumber") or not _failed(piece)]
    data = as_object(data, "the body")
    if "trackingNumber" in data:
        return [_report(data)]
    if "TrackInfo" in data:
        from porchlight.carriers.usps.webtools import reports_of_json

        return reports_of_json(data["TrackInfo"])
    if _failed(data) or any(key in data for key in _SUBSCRIPTION):
        return []
    raise UnreadableBodyError("no tracking number and no envelope")


def kind(body: bytes) -> BodyKind:
    """An answer that knows nothing of the number, news of a subscription, or neither."""
    if body.lstrip()[:1] == b"<":
        return BodyKind.NOT_TRACKING
    data = load_json(body)
    inner = _opened(data)
    if isinstance(inner, list):
        return BodyKind.NO_RESULT
    told = {**optional_object(data), **optional_object(inner)}
    error = optional_object(told.get("error"))
    entries = error.get("errors")
    for entry in (error, *(entries if isinstance(entries, list) else ())):
        if clean(optional_object(entry).get("code"), 20) in _NOT_FOUND:
            return BodyKind.NO_RESULT
    return BodyKind.LIFECYCLE if any(key in told for key in _SUBSCRIPTION) else BodyKind.NOT_TRACKING


def suspended(body: bytes) -> str:
    """The id of the subscription of which a body says that USPS has suspended it; "" for any other body."""
    try:
        data = load_json(body)
        told = {**optional_object(data), **optional_object(_opened(data))}
    except UnreadableBodyError:
        return ""
    status = clean(told.get("subscriptionStatus") or told.get("status"), 20).upper()
    return clean(told.get("subscriptionId"), 100) if status == "SUSPENDED" else ""


def _opened(data: Any) -> Any:
    """What the envelope of a push holds, or the body as it is."""
    if not isinstance(data, dict) or "payload" not in data:
        return data
    payload = data["payload"]
    if not payload and "subscriptionId" in data:
        return {key: value for key, value in data.items() if key != "payload"}
    return load_json(payload) if isinstance(payload, str) else payload


def _failed(piece: dict[str, Any]) -> bool:
    """True where an answer holds an error in the place of a piece (v3r2 gives it a status code)."""
    return "error" in piece or "errors" in piece or "statusCode" in piece


def _report(piece: dict[str, Any]) -> TrackingReport:
    entries = piece.get("trackingEvents")
    if entries is None and (piece.get("eventCode") or piece.get("eventTimestamp")):
        entries = piece
    events = tuple(found for entry in as_objects(entries, "trackingEvents") if (found := _event(entry)))
    status = _status(piece, events)
    return report(
        carrier="usps",
        tracking_number=required_text(piece.get("trackingNumber"), "trackingNumber", 64),
        events=events,
        status=status,
        estimate=_estimate(piece),
    )


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    if not (entry.get("eventTimestamp") or entry.get("GMTTimestamp")):
        return None
    code = clean(entry.get("eventCode"), 20)
    text = plain(entry.get("eventType"))
    where = place(
        city=optional_text(entry.get("eventCity")),
        region=optional_text(entry.get("eventState")),
        postal_code=optional_text(entry.get("eventZIP") or entry.get("eventZIPCode")),
        country=optional_text(entry.get("eventCountry")),
    )
    return event(reading(code, text), _occurred(entry), code, text, place=where)


def _occurred(entry: dict[str, Any]) -> datetime:
    offset = _offset(clean(entry.get("GMTOffset"), 20))
    if not entry.get("eventTimestamp"):
        gmt = _gmt(entry)
        shift = offset or timedelta()
        return datetime.combine(gmt.date(), (gmt + shift).time(), timezone(shift))
    local = moment(entry["eventTimestamp"], "eventTimestamp")
    if local.tzinfo is not None:
        if local.utcoffset() or not offset or not entry.get("GMTTimestamp") or _same_clock(local, _gmt(entry)):
            return local
        local = local.replace(tzinfo=None)  # its Z is none: GMT beside it has another time of day
    if offset is None and entry.get("GMTTimestamp"):
        seconds = round((local - _gmt(entry)).total_seconds() / _QUARTER) * _QUARTER
        offset = timedelta(seconds=(seconds + _DAY // 2) % _DAY - _DAY // 2)
    return local if offset is None else local.replace(tzinfo=_zone(offset))


def _gmt(entry: dict[str, Any]) -> datetime:
    return moment(entry["GMTTimestamp"], "GMTTimestamp").replace(tzinfo=None)


def _same_clock(one: datetime, other: datetime) -> bool:
    return (one.hour, one.minute) == (other.hour, other.minute)


@kept
def _offset(text: str) -> timedelta | None:
    """``-06:00`` (or ``-6:00``) as printed; None where there is none that could be true."""
    if text[2:3] == ":":
        text = f"{text[:1]}0{text[1:]}"
    try:
        return datetime.fromisoformat(f"2000-01-01T00:00:00{text}").utcoffset()
    except ValueError:
        return None


def _status(piece: dict[str, Any], events: tuple[TrackingEvent, ...]) -> Milestone:
    """From the events; the printed status, then its category, then the newest line of a summary, where they say
    nothing (the category may contradict them).
    """
    found = summary(events)
    if found:
        return found
    lines = piece.get("eventSummaries")
    newest = lines[0] if isinstance(lines, list) and lines else ""
    for text in (piece.get("status"), piece.get("statusCategory"), newest):
        milestone = reading("", plain(text)).milestone
        if milestone is not Milestone.UNKNOWN:
            return milestone
    return Milestone.UNKNOWN


def _estimate(piece: dict[str, Any]) -> DeliveryEstimate | None:
    """The predicted window or day, else the expected, else the guaranteed day."""
    expectation = piece.get("deliveryDateExpectation")
    dates = {**piece, **expectation} if isinstance(expectation, dict) else piece
    for promise in ("predicted", "expected", "guaranteed"):
        for suffix in ("DeliveryDate", "DeliveryTimeStamp", "DeliveryTimestamp"):
            day = optional_day(dates.get(promise + suffix))
            if day and promise == "predicted":
                begins = _clock(day, dates.get("predictedDeliveryWindowStartTime"))
                ends = _clock(day, dates.get("predictedDeliveryWindowEndTime"))
                if begins and ends and (begins.tzinfo is None) == (ends.tzinfo is None) and begins < ends:
                    return DeliveryEstimate.model_validate({"from": begins, "to": ends})
            if day:
                return DeliveryEstimate(day=day)
    return None


def _clock(day: date, value: Any) -> datetime | None:
    """``14:15``, ``14:15:00``, ``2:15pm`` or the end of ``2026-04-10T14:15:00`` on a day."""
    text = clean(value, 40).upper()
    try:
        if text.endswith(("AM", "PM")):
            hour, _, minute = text[:-2].strip().partition(":")
            return datetime.combine(day, time(int(hour) % 12 + 12 * text.endswith("PM"), int(minute or 0)))
        return datetime.combine(day, time.fromisoformat(text.rpartition("T")[2]))
    except ValueError:
        return None


def plain(value: Any) -> str:
    """Text with its HTML entities undone and the tags that they hid left out."""
    text = clean(value)
    return clean(_TAG.sub("", unescape(text))) if "&" in text or "<" in text else text
