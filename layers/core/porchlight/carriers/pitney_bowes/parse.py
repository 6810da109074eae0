"""Pitney Bowes' bodies: the answer about one parcel with all its scans, or a push: a list of scans with their numbers.

Day, time of day and offset are three fields; without the offset the time stays local.
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
    optional_text,
    required_text,
)
from porchlight.carriers.pitney_bowes.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.carriers import carrier_id
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.errors import UnreadableBodyError

_OWN = frozenset({"", "PBCS", "PBS", "PBI", "FDR", "IMB", "PB"})
"""Names of its own services; any other name is that of the carrier."""


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every parcel in the body; [] for errors."""
    data = load_json(body)
    if isinstance(data, list):
        entries = as_objects(data, "the list of scans")
        return [_report(entry) for entry in entries if "trackingNumber" in entry or not _is_error(entry)]
    data = as_object(data, "the body")
    if "trackingNumber" not in data and _is_error(data):
        return []
    return [_report(data)]


def kind(body: bytes) -> BodyKind:
    """An error about the number is no result; one about the caller (a token that ended) says nothing about a parcel."""
    return BodyKind.NOT_TRACKING if "fault" in optional_object(load_json(body)) else BodyKind.NO_RESULT


def _is_error(data: dict[str, Any]) -> bool:
    return any(key in data for key in ("errors", "errorCode", "fault")) or bool(
        optional_object(data.get("response")).get("errors")
    )


def _report(parcel: dict[str, Any]) -> TrackingReport:
    scans = as_objects(parcel.get("scanDetailsList"), "scanDetailsList") or [parcel]
    events = tuple(found for scan in scans if (found := _event(scan)))
    name = clean(parcel.get("carrier"), 60)
    return report(
        carrier=("" if name.upper() in _OWN else carrier_id(name)) or "pitney_bowes",
        tracking_number=required_text(parcel.get("trackingNumber"), "trackingNumber", 64),
        events=events,
        status=summary(events) or reading("", clean(parcel.get("status"), 60)).milestone,
        estimate=_estimate(parcel),
    )


def _event(scan: dict[str, Any]) -> TrackingEvent | None:
    when = _moment(scan, "event")
    if when is None:
        return None
    code = clean(scan.get("standardizedEventCode") or scan.get("scanType"), 20)
    text = clean(scan.get("scanDescription") or scan.get("standardizedEventDescription"))
    found = reading(code, clean(scan.get("packageStatus"), 60), clean(scan.get("eventType"), 20), text)
    where = place(
        city=optional_text(scan.get("eventCity")),
        region=optional_text(scan.get("eventStateOrProvince")),
        postal_code=optional_text(scan.get("postalCode")),
        country=optional_text(scan.get("country")),
    )
    return event(found, when, code, text, place=where)


def _moment(fields: dict[str, Any], prefix: str) -> datetime | None:
    """``eventDate``, ``eventTime`` and ``eventTimeOffset`` together; None without a day."""
    day, clock, offset = (clean(fields.get(prefix + part), 20) for part in ("Date", "Time", "TimeOffset"))
    if not day:
        return None
    return moment(f"{day}T{clock}{offset}" if clock else f"{day}T00:00:00", f"{prefix}Date")


def _estimate(parcel: dict[str, Any]) -> DeliveryEstimate | None:
    try:
        found = _moment(parcel, "estimatedDelivery")
    except UnreadableBodyError:
        return None
    if found is None:
        return None
    return (
        DeliveryEstimate(at=found) if clean(parcel.get("estimatedDeliveryTime")) else DeliveryEstimate(day=found.date())
    )
