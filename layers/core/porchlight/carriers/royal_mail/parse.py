"""Answers of Royal Mail's Tracking API: the events of one mail piece, or the summaries of several.

``mailPieces`` is an object in the first and a list in the second (which knows the last event only). Times carry their
offset. An estimate is a day with a window whose clock times carry an offset of their own. Signatures (names, images)
are not read.
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
    optional_day,
    optional_object,
    optional_text,
    required_text,
)
from porchlight.carriers.reading import event, place, report, summary
from porchlight.carriers.royal_mail.statuses import reading
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.errors import UnreadableBodyError


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every mail piece in the answer; [] for errors."""
    data = as_object(load_json(body), "the body")
    if "mailPieces" in data:
        return [_report(piece) for piece in as_objects(data["mailPieces"], "mailPieces")]
    if "errors" in data or "httpCode" in data:
        return []
    raise UnreadableBodyError("neither mail pieces nor an error of Royal Mail")


def kind(body: bytes) -> BodyKind:
    """``no_result`` for errors about a mail piece (``E1142``), not for those about the caller (``E0004``)."""
    errors = optional_object(load_json(body)).get("errors")
    codes = [clean(optional_object(error).get("errorCode")) for error in errors] if isinstance(errors, list) else []
    about_it = any(code.startswith("E1") for code in codes)
    return BodyKind.NO_RESULT if about_it else BodyKind.NOT_TRACKING


def _report(piece: dict[str, Any]) -> TrackingReport:
    last = optional_object(piece.get("summary"))
    entries = as_objects(piece.get("events"), "events")
    if entries:
        events = tuple(found for entry in entries if (found := _event(entry, "event", "locationName")))
    else:
        latest = _event(last, "lastEvent", "lastEventLocationName")
        events = (latest,) if latest else ()
    number = piece.get("mailPieceId") or last.get("oneDBarcode") or last.get("uniqueItemId")
    return report(
        carrier="royal_mail",
        tracking_number=required_text(number, "mailPieceId", 64),
        events=events,
        status=summary(events) or reading("", clean(last.get("statusCategory"))).milestone,
        estimate=_estimate(optional_object(piece.get("estimatedDelivery"))),
    )


def _event(entry: dict[str, Any], prefix: str, office: str) -> TrackingEvent | None:
    when = entry.get(f"{prefix}DateTime")
    if not when:
        return None
    code, name = clean(entry.get(f"{prefix}Code"), 20), clean(entry.get(f"{prefix}Name"))
    found = reading(code, name)
    return event(
        found, moment(when, "the time of an event"), code, name, place=place(city=optional_text(entry.get(office)))
    )


def _estimate(given: dict[str, Any]) -> DeliveryEstimate | None:
    day = optional_day(given.get("date"))
    if not day:
        return None
    start, end = (_clock(day.isoformat(), given.get(f"{edge}OfEstimatedWindow")) for edge in ("start", "end"))
    if start and end:
        return DeliveryEstimate.model_validate({"from": start, "to": end})
    return DeliveryEstimate(day=day)


def _clock(day: str, value: Any) -> datetime | None:
    """A clock time with its offset on that day (a whole date-time is taken as it is)."""
    text = clean(value, 60)
    try:
        return moment(text if "T" in text else f"{day}T{text}", "the estimated window") if text else None
    except UnreadableBodyError:
        return None
