"""Spring bodies: one shipment with its events. ``Timestamp`` counts seconds; the text beside it has no zone."""

from datetime import UTC, datetime
from typing import Any

from porchlight.bodies import (
    as_object,
    as_objects,
    clean,
    load_json,
    moment,
    only_unreadable,
    optional_text,
    required_text,
    sane,
)
from porchlight.carriers.reading import event, place, report, summary
from porchlight.carriers.spring.statuses import reading
from porchlight.connectors import BodyKind
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """The shipment in the answer; [] for errors."""
    data = as_object(load_json(body), "the body")
    shipment = data.get("Shipment")
    if shipment:
        return [_report(as_object(shipment, "Shipment"))]
    if "ErrorLevel" in data:
        return []
    raise UnreadableBodyError("no answer to TrackShipment")


def kind(body: bytes) -> BodyKind:
    """Spring has words, but no code, for a number that it does not know."""
    return BodyKind.NO_RESULT


def _report(shipment: dict[str, Any]) -> TrackingReport:
    events = tuple(found for entry in as_objects(shipment.get("Events"), "Events") if (found := _event(entry)))
    return report(
        carrier="spring",
        tracking_number=required_text(shipment.get("TrackingNumber"), "TrackingNumber", 64),
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
    )


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    at = _instant(clean(entry.get("Timestamp"), 20))
    if at is None:
        if not entry.get("DateTime"):
            return None
        at = moment(entry["DateTime"], "DateTime")
    code, text = clean(entry.get("Code"), 20), clean(entry.get("Description"))
    where = place(
        city=optional_text(entry.get("City")),
        region=optional_text(entry.get("State")),
        postal_code=optional_text(entry.get("Zip")),
        country=optional_text(entry.get("Country")),
    )
    return event(reading(code, text), at, code, text, place=where)


def _instant(seconds: str) -> datetime | None:
    if not seconds.isascii() or not seconds.isdigit() or not int(seconds):
        return None
    try:
        return sane(datetime.fromtimestamp(int(seconds), UTC), "Timestamp")
    except (ValueError, OverflowError, OSError):
        raise UnreadableBodyError("Timestamp is no time") from None
