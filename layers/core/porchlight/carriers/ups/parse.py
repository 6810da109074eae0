"""UPS bodies: Track Alert pushes (one activity each, v1 and v2) and answers of the Track API v1.

Placeholders ("string", "null", blanks) stand for nothing. Local time and GMT are printed side by side: their
difference is the offset; where GMT is missing the time stays local. Activities are not in time order.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from porchlight.bodies import (
    as_object,
    as_objects,
    clean,
    load_json,
    only_unreadable,
    optional_object,
    required_text,
    sane,
)
from porchlight.carriers.reading import summary
from porchlight.carriers.ups.statuses import reading
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

_PLACEHOLDERS = frozenset({"string", "null", "none", "n/a"})
_QUARTER = 15 * 60
_LONGEST = timedelta(hours=14)


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every parcel in the body."""
    data = load_json(body)
    if isinstance(data, list):
        return [_alert(item) for item in as_objects(data, "the list of alerts")]
    data = as_object(data, "the body")
    if "trackResponse" in data:
        return _answer(as_object(data["trackResponse"], "trackResponse"))
    if "trackingNumber" in data:
        return [_alert(data)]
    if "response" in data or "subscriptionId" in data or "validTrackingNumbers" in data:
        return []
    raise UnreadableBodyError("neither a Track Alert nor an answer of the Track API")


def _text(value: Any, limit: int = 200) -> str:
    text = clean(value, limit)
    return "" if text.lower() in _PLACEHOLDERS else text


def _alert(alert: dict[str, Any]) -> TrackingReport:
    number = required_text(_text(alert.get("trackingNumber"), 65), "trackingNumber", 64)
    status = optional_object(alert.get("activityStatus"))
    day, clock = alert.get("localActivityDate"), alert.get("localActivityTime")
    gmt = _moment(alert.get("gmtActivityDate"), alert.get("gmtActivityTime"), "gmtActivityDate")
    occurred = _with_offset(_moment(day, clock, "localActivityDate"), gmt, alert.get("gmtOffset"))
    events: tuple[TrackingEvent, ...] = ()
    if occurred:
        place = optional_object(alert.get("activityLocation"))
        events = (_event(occurred, status, status.get("descriptionCode") or status.get("statusCode"), place, ""),)
    return TrackingReport(
        carrier="ups",
        tracking_number=number,
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
        estimate=_alert_estimate(alert, occurred),
    )


def _alert_estimate(alert: dict[str, Any], occurred: datetime | None) -> DeliveryEstimate | None:
    """The scheduled date, unless it lies before the activity: then it is the original date, kept for the record."""
    day = _day(alert.get("scheduledDeliveryDate"))
    if not day or (occurred and day < occurred.date()):
        return None
    return DeliveryEstimate(day=day)


def _answer(answer: dict[str, Any]) -> list[TrackingReport]:
    found = []
    for shipment in as_objects(answer.get("shipment"), "shipment"):
        packages = as_objects(shipment.get("package"), "package")
        inquiry = _text(shipment.get("inquiryNumber"), 64)
        if not packages and inquiry and shipment.get("warnings"):
            found.append(TrackingReport(carrier="ups", tracking_number=inquiry, status=Milestone.UNKNOWN))
        found += [_package(package, inquiry) for package in packages]
    return found


def _package(package: dict[str, Any], inquiry: str) -> TrackingReport:
    number = _text(package.get("trackingNumber"), 65) or inquiry
    service = _service(_text(optional_object(package.get("service")).get("description")))
    activities = as_objects(package.get("activity"), "activity")
    events = tuple(event for activity in activities if (event := _activity(activity, service)))
    status = summary(events) or _current(optional_object(package.get("currentStatus")))
    return TrackingReport(
        carrier="ups",
        tracking_number=required_text(number, "trackingNumber", 64),
        events=events,
        status=status,
        estimate=_estimate(package, status),
    )


def _service(description: str) -> str:
    lower = description.lower()
    if "mail innovations" in lower:
        return "mail"
    return "freight" if "freight" in lower and "express freight" not in lower else ""


def _activity(activity: dict[str, Any], service: str) -> TrackingEvent | None:
    gmt = _moment(activity.get("gmtDate"), activity.get("gmtTime"), "gmtDate")
    local = _moment(activity.get("date"), activity.get("time"), "date of an activity")
    occurred = _with_offset(local, gmt, activity.get("gmtOffset"))
    if not occurred:
        return None
    status = optional_object(activity.get("status"))
    where = optional_object(optional_object(activity.get("location")).get("address"))
    return _event(occurred, status, status.get("statusCode"), where, service)


def _event(
    occurred: datetime, status: dict[str, Any], status_code: Any, where: dict[str, Any], service: str
) -> TrackingEvent:
    kind, code, number = _text(status.get("type"), 8).upper(), _text(status.get("code"), 8), _text(status_code, 8)
    text = _text(status.get("description"), 500)
    found = reading(kind, code, number, text, service)
    return TrackingEvent(
        occurred_at=occurred,
        raw_code=code or number or kind,
        raw_codes=(kind, code, number),
        description=text,
        milestone=found.milestone,
        reason=found.reason,
        at_fault=found.at_fault,
        recognised=found.recognised,
        place=Place(
            city=_text(where.get("city")) or None,
            region=_text(where.get("stateProvince") or where.get("stateProvinceCode")) or None,
            postal_code=_text(where.get("postalCode")) or None,
            country=_text(where.get("countryCode") or where.get("country")) or None,
        ),
    )


def _current(status: dict[str, Any]) -> Milestone:
    """The package's summary, for answers without activities: its ``code`` is a three-digit status in some answers."""
    code, number = _text(status.get("code"), 8), _text(status.get("statusCode"), 8)
    if not number and len(code) == 3:
        code, number = "", code
    return reading(_text(status.get("type"), 8).upper(), code, number, _text(status.get("description"))).milestone


def _moment(day: Any, clock: Any, what: str) -> datetime | None:
    """``20240423`` and ``095004`` (or ``09:50:04``); None where either is missing."""
    digits, time = _text(day, 20).replace("-", ""), _text(clock, 20).replace(":", "")
    if not digits or not time:
        return None
    try:
        return sane(datetime.strptime(digits + time.zfill(6), "%Y%m%d%H%M%S"), what)  # noqa: DTZ007 (local on purpose)
    except ValueError:
        raise UnreadableBodyError(f"{what} is not a date and time") from None


def _with_offset(local: datetime | None, gmt: datetime | None, printed: Any) -> datetime | None:
    """Local time with the offset that GMT beside it implies, else the printed one (``-04.00`` too), else none."""
    if not local:
        return gmt.replace(tzinfo=UTC) if gmt else None
    if gmt:
        offset = timedelta(seconds=round((local - gmt).total_seconds() / _QUARTER) * _QUARTER)
        if abs(offset) <= _LONGEST:
            return local.replace(tzinfo=timezone(offset))
    try:
        stamp = f"2000-01-01T00:00:00{_text(printed).replace('.', ':')}"
        offset_printed = datetime.fromisoformat(stamp).utcoffset()
    except ValueError:
        return local
    return local if offset_printed is None else local.replace(tzinfo=timezone(offset_printed))


def _day(value: Any) -> date | None:
    try:
        return sane(datetime.strptime(_text(value, 20).replace("-", ""), "%Y%m%d"), "a date").date()  # noqa: DTZ007
    except (ValueError, UnreadableBodyError):
        return None


def _estimate(package: dict[str, Any], status: Milestone) -> DeliveryEstimate | None:
    """The rescheduled date before the scheduled one, or the estimated window on it; none once delivered."""
    if status is Milestone.DELIVERED:
        return None
    days = {
        _text(entry.get("type")): day
        for entry in as_objects(package.get("deliveryDate"), "deliveryDate")
        if (day := _day(entry.get("date")))
    }
    day = days.get("RDD") or days.get("SDD")
    if not day:
        return None
    window = optional_object(package.get("deliveryTime"))
    start, end = _clock(day, window.get("startTime")), _clock(day, window.get("endTime"))
    if _text(window.get("type")) in ("EDW", "IDW", "CDW") and start and end and start < end:
        return DeliveryEstimate.model_validate({"from": start, "to": end})
    return DeliveryEstimate(day=day)


def _clock(day: date, value: Any) -> datetime | None:
    try:
        return _moment(day.strftime("%Y%m%d"), value, "deliveryTime")
    except UnreadableBodyError:
        return None
