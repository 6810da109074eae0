"""PostNL's answers: the status of a shipment, with its history where that was asked for, or a list of what changed.

Nothing is ``{}``, a list of one may be the one itself, and days come as ``dd-mm-yyyy`` beside ISO dates in the same
body. Times are local. ``OldStatus`` repeats the events as statuses, with placeholders (99) between them: it is read
only where there are no events. Addressees and senders are never read.
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
from porchlight.carriers.postnl.statuses import reading, status_reading
from porchlight.carriers.reading import Reading, event, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

_NOT_APPLICABLE = "99"
_OTHERS = ("CurrentStatus", "CompleteStatus", "Signature", "Warnings", "Errors", "Error", "fault", "ErrorMsg")
"""What stands at the top of an answer without shipments."""


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every shipment in the answer; [] where none was found, and for signatures and errors."""
    data = load_json(body)
    if isinstance(data, list):
        return [_report(shipment) for shipment in as_objects(data, "the list of updated shipments")]
    data = as_object(data, "the body")
    shipments = [inner["Shipment"] for inner in data.values() if isinstance(inner, dict) and inner.get("Shipment")]
    if not shipments and not any(key in data for key in _OTHERS):
        raise UnreadableBodyError("neither a status nor an error of PostNL")
    return [_report(shipment) for found in shipments for shipment in as_objects(found, "Shipment")]


def kind(body: bytes) -> BodyKind:
    """``no_result`` for an answer with an empty status, and for an empty list."""
    data = load_json(body)
    empty = data == [] or any(key in optional_object(data) for key in ("CurrentStatus", "CompleteStatus"))
    return BodyKind.NO_RESULT if empty else BodyKind.NOT_TRACKING


def _report(shipment: dict[str, Any]) -> TrackingReport:
    now = optional_object(shipment.get("Status"))
    events = tuple(_event(entry) for entry in as_objects(shipment.get("Event"), "Event") if entry.get("TimeStamp"))
    if not events:
        events = _statuses(as_objects(shipment.get("OldStatus"), "OldStatus"), now)
    return report(
        carrier="postnl",
        tracking_number=required_text(shipment.get("Barcode") or shipment.get("MainBarcode"), "Barcode", 64),
        events=events,
        status=_status(events, now),
        estimate=_estimate(optional_object(shipment.get("Expectation"))),
    )


def _event(entry: dict[str, Any]) -> TrackingEvent:
    code, text = clean(entry.get("Code"), 20), clean(entry.get("Description"))
    return _told(entry["TimeStamp"], code, text, reading(code, text))


def _statuses(old: list[dict[str, Any]], now: dict[str, Any]) -> tuple[TrackingEvent, ...]:
    """The statuses as events: the old ones (of which the present one is one), else the present one."""
    found = []
    for entry in old or [now]:
        code, when = clean(entry.get("StatusCode"), 20), entry.get("TimeStamp") or entry.get("Timestamp")
        if code and code != _NOT_APPLICABLE and when:
            found.append(_told(when, code, clean(entry.get("StatusDescription")), status_reading(code)))
    return tuple(found) if found or not old else _statuses([], now)


def _told(when: Any, code: str, text: str, found: Reading) -> TrackingEvent:
    return event(found, _moment(when), code, text)


def _status(events: tuple[TrackingEvent, ...], now: dict[str, Any]) -> Milestone:
    """From the events, which say more; from the status where the latest event is a stranger."""
    printed = status_reading(clean(now.get("StatusCode"), 20)).milestone
    latest = max(events, key=TrackingEvent.instant, default=None)
    if latest is not None and not latest.recognised and printed is not Milestone.UNKNOWN:
        return printed
    return summary(events) or printed


def _moment(value: Any) -> datetime:
    """``07-03-2018 23:20:05``, with or without a fraction, or ISO."""
    text = clean(value, 60)
    if text[2:3] == "-" and text[5:6] == "-":
        text = f"{text[6:10]}-{text[3:5]}-{text[:2]}T{text[11:]}"
    return moment(text, "the time of an event")


def _estimate(expectation: dict[str, Any]) -> DeliveryEstimate | None:
    try:
        start, end = _moment(expectation.get("ETAFrom")), _moment(expectation.get("ETATo"))
    except UnreadableBodyError:
        return None
    return DeliveryEstimate.model_validate({"from": start, "to": end})
