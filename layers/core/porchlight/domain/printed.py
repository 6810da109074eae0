"""Reports as plain data, for people: what ``porchlight parse`` prints and what expected readings are compared with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport


def printed(reports: Sequence[TrackingReport], kind: str = "not_tracking") -> dict[str, Any]:
    """The one parcel of a body, or its ``shipments``; ``kind`` says what a body is that has none."""
    if not reports:
        nothing: dict[str, Any] = {"carrier": None, "tracking_number": None, "events": [], "canonical_status": None}
        return {**nothing, "estimated_delivery": None, "kind": kind, "shipments": []}
    shipments = [_shipment(report) for report in reports]
    return shipments[0] if len(shipments) == 1 else {"shipments": shipments}


def iso(moment: datetime) -> str:
    """ISO 8601 as printed in payloads: Z for UTC, milliseconds where nothing finer is known."""
    finest = "auto" if not moment.microsecond or moment.microsecond % 1000 else "milliseconds"
    return moment.isoformat(timespec=finest).replace("+00:00", "Z")


def _shipment(report: TrackingReport) -> dict[str, Any]:
    return {
        "carrier": report.carrier,
        "tracking_number": report.tracking_number or None,
        "events": [_event(event) for event in report.events],
        "canonical_status": report.status,
        "estimated_delivery": _estimate(report.estimate),
    }


def _event(event: TrackingEvent) -> dict[str, Any]:
    found: dict[str, Any] = {"occurred_at": iso(event.occurred_at)}
    if not event.zone_known:
        found["occurred_at_zone"] = "local"
    found["raw_code"] = event.raw_code or None
    if event.raw_codes:
        found["raw_codes"] = [code or None for code in event.raw_codes]
    found["canonical"] = event.milestone
    if event.reason:
        found["reason"] = event.reason
        found["at_fault"] = event.at_fault
    if event.signal:
        found["signal"] = event.signal
    if not event.recognised:
        found["recognised"] = False
    return found


def _estimate(estimate: DeliveryEstimate | None) -> dict[str, str] | None:
    if estimate is None:
        return None
    if estimate.day:
        return {"date": estimate.day.isoformat()}
    moments = {"at": estimate.at, "from": estimate.from_, "to": estimate.to}
    found = {name: iso(moment) for name, moment in moments.items() if moment}
    if any(moment and moment.tzinfo is None for moment in moments.values()):
        found["zone"] = "local"
    return found
