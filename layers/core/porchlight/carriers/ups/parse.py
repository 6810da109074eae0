"""UPS bodies: Track Alert pushes (one activity each, v1 and v2) and answers of the Track API v1.

Placeholders ("string", "null", blanks) stand for nothing. Local time and GMT are printed side by side: their
difference is the offset; where GMT is missing the time stays local. Activities are not in time order.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone
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
from porchlight.carriers.reading import event, place, report, summary
from porchlight.carriers.ups.statuses import reading
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

_PLACEHOLDERS = frozenset({"string", "null", "none", "n/a"})
_QUARTER = 15 * 60
_LONGEST = timedelta(hours=14)


_SUBSCRIBING = ("subscriptionId", "validTrackingNumbers", "invalidTrackingNumbers", "expiryDate")
_NOT_FOUND = frozenset({"TW0001", "TV1002", "151018", "151022", "151044"})
"""Warnings and errors that are about the number: unknown (yet), or none of UPS's."""


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every parcel in the body."""
    if body.lstrip()[:1] == b"<":
        from porchlight.carriers.ups.retired import reports as retired_reports

        return retired_reports(body)
    data = load_json(body)
    if isinstance(data, list):
        return [report for item in as_objects(data, "the list of alerts") for report in _item(item)]
    return _item(as_object(data, "the body"))


def _item(data: dict[str, Any]) -> list[TrackingReport]:
    if "trackResponse" in data:
        return _answer(as_object(data["trackResponse"], "trackResponse"))
    if "trackingNumber" in data:
        return [_alert(data)]
    if "response" in data or any(key in data for key in _SUBSCRIBING):
        return []
    raise UnreadableBodyError("neither a Track Alert nor an answer of the Track API")


def kind(body: bytes) -> BodyKind:
    """An answer that knows nothing of the number, one about a subscription, or neither."""
    if body.lstrip()[:1] == b"<":
        from porchlight.carriers.ups.retired import not_found

        return BodyKind.NO_RESULT if not_found(body) else BodyKind.NOT_TRACKING
    data = optional_object(load_json(body))
    if "trackResponse" in data:
        return BodyKind.NO_RESULT
    errors = optional_object(data.get("response")).get("errors")
    if isinstance(errors, list) and any(about_the_number(optional_object(error).get("code")) for error in errors):
        return BodyKind.NO_RESULT
    return BodyKind.LIFECYCLE if any(key in data for key in _SUBSCRIBING) else BodyKind.NOT_TRACKING


def about_the_number(code: Any) -> bool:
    """True for the code of an error that says no more than that UPS does not know the number."""
    return clean(code, 20) in _NOT_FOUND


def _text(value: Any, limit: int = 200) -> str:
    if value is None:
        return ""
    text = clean(value, limit)
    return "" if len(text) < 7 and text.lower() in _PLACEHOLDERS else text


def _alert(alert: dict[str, Any]) -> TrackingReport:
    number = required_text(_text(alert.get("trackingNumber"), 65), "trackingNumber", 64)
    status = optional_object(alert.get("activityStatus"))
    day, clock = alert.get("localActivityDate"), alert.get("localActivityTime")
    gmt = moment_of(alert.get("gmtActivityDate"), alert.get("gmtActivityTime"), "gmtActivityDate")
    occurred = with_offset(moment_of(day, clock, "localActivityDate"), gmt, alert.get("gmtOffset"))
    events: tuple[TrackingEvent, ...] = ()
    if occurred:
        place = optional_object(alert.get("activityLocation"))
        code = status.get("descriptionCode") or status.get("statusCode")
        events = (activity_event(occurred, status, code, place, ""),)
    stands = summary(events) or Milestone.UNKNOWN
    return report(
        carrier="ups",
        tracking_number=number,
        events=events,
        status=stands,
        estimate=None if stands is Milestone.DELIVERED else _alert_estimate(alert, occurred),
    )


def _alert_estimate(alert: dict[str, Any], occurred: datetime | None) -> DeliveryEstimate | None:
    """The scheduled date, or the window on it, unless it lies before the activity: then it is the original date, kept
    for the record.
    """
    day = day_of(alert.get("scheduledDeliveryDate"))
    if not day or (occurred and day < occurred.date()):
        return None
    return _window(day, alert.get("deliveryStartTime"), alert.get("deliveryEndTime"))


def _answer(answer: dict[str, Any]) -> list[TrackingReport]:
    found = []
    for shipment in as_objects(answer.get("shipment"), "shipment"):
        packages = as_objects(shipment.get("package"), "package")
        inquiry = _text(shipment.get("inquiryNumber"), 64)
        if not packages and inquiry and shipment.get("warnings"):
            found.append(report(carrier="ups", tracking_number=inquiry, status=Milestone.UNKNOWN))
        found += [_package(package, inquiry) for package in packages]
    return found


def _package(package: dict[str, Any], inquiry: str) -> TrackingReport:
    number = _text(package.get("trackingNumber"), 65) or inquiry
    service = _service(_text(optional_object(package.get("service")).get("description")))
    activities = as_objects(package.get("activity"), "activity")
    events = tuple(event for activity in activities if (event := _activity(activity, service)))
    status = summary(events) or _current(package)
    return report(
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
    gmt = moment_of(activity.get("gmtDate"), activity.get("gmtTime"), "gmtDate")
    local = moment_of(activity.get("date"), activity.get("time"), "date of an activity")
    occurred = with_offset(local, gmt, activity.get("gmtOffset"))
    if not occurred:
        return None
    status = optional_object(activity.get("status"))
    where = optional_object(optional_object(activity.get("location")).get("address"))
    return activity_event(occurred, status, status.get("statusCode"), where, service)


def activity_event(
    occurred: datetime, status: dict[str, Any], status_code: Any, where: dict[str, Any], service: str
) -> TrackingEvent:
    """The event of one activity: ``status`` has type, code and description, ``where`` an address."""
    codes = kind, code, number = (
        _text(status.get("type"), 8).upper(),
        _text(status.get("code"), 8),
        _status(status_code),
    )
    text = _text(status.get("description"), 500)
    at = place(
        city=_text(where.get("city")) or None,
        region=_text(where.get("stateProvince") or where.get("stateProvinceCode")) or None,
        postal_code=_text(where.get("postalCode")) or None,
        country=_text(where.get("countryCode") or where.get("country")) or None,
    )
    return event(reading(*codes, text, service), occurred, code or number or kind, text, codes, at)


def _status(code: Any) -> str:
    """The three digits of a status, also where they were printed as a number (``21`` for ``021``)."""
    text = _text(code, 8)
    return text.zfill(3) if text.isdigit() else text


def _current(package: dict[str, Any]) -> Milestone:
    """The package's summary, for answers without activities: its ``code`` is a three-digit status in some answers."""
    status = optional_object(package.get("currentStatus"))
    code, number = _text(status.get("code"), 8), _status(status.get("statusCode"))
    if not number and len(code) == 3:
        code, number = "", code
    if not (code or number or status.get("type")):
        number = _status(package.get("statusCode"))
    return reading(_text(status.get("type"), 8).upper(), code, number, _text(status.get("description"))).milestone


def moment_of(day: Any, clock: Any, what: str) -> datetime | None:
    """``20240423`` and ``095004`` (or ``09:50:04``, or ``95004``); None where either is missing."""
    digits, hours = _text(day, 20).replace("-", ""), _text(clock, 20).replace(":", "")
    if not digits or not hours:
        return None
    hours = hours.zfill(6)
    if len(digits) != 8 or len(hours) != 6 or not (digits + hours).isdigit():
        raise UnreadableBodyError(f"{what} is not a date and time")
    try:
        found = datetime.fromisoformat(f"{digits}T{hours}")
    except ValueError:
        raise UnreadableBodyError(f"{what} is not a date and time") from None
    return sane(found, what)


def with_offset(local: datetime | None, gmt: datetime | None, printed: Any) -> datetime | None:
    """Local time with the offset that GMT beside it implies, else the printed one (``-04.00`` too), else none."""
    if not local:
        return gmt.replace(tzinfo=UTC) if gmt else None
    if gmt:
        offset = timedelta(seconds=round((local - gmt).total_seconds() / _QUARTER) * _QUARTER)
        if abs(offset) <= _LONGEST:
            return local.replace(tzinfo=timezone(offset))
    try:
        zone = time.fromisoformat(f"00:00:00{_text(printed).replace('.', ':')}").tzinfo
    except ValueError:
        return local
    return local.replace(tzinfo=zone)


def day_of(value: Any) -> date | None:
    """``20240423`` as a day; None for anything else: an estimate is an extra."""
    try:
        found = moment_of(value, "000000", "a date")
    except UnreadableBodyError:
        return None
    return found.date() if found else None


def _estimate(package: dict[str, Any], status: Milestone) -> DeliveryEstimate | None:
    """The rescheduled date before the scheduled one, or the estimated window on it; none once delivered."""
    if status is Milestone.DELIVERED:
        return None
    days = {
        _text(entry.get("type")): day
        for entry in as_objects(package.get("deliveryDate"), "deliveryDate")
        if (day := day_of(entry.get("date")))
    }
    day = days.get("RDD") or days.get("SDD")
    if not day:
        return None
    window = optional_object(package.get("deliveryTime"))
    if _text(window.get("type")) not in ("EDW", "IDW", "CDW"):
        return DeliveryEstimate(day=day)
    return _window(day, window.get("startTime"), window.get("endTime"))


def _window(day: date, start: Any, end: Any) -> DeliveryEstimate:
    """The day, or the hours on it where both are given."""
    begins, ends = _clock(day, start), _clock(day, end)
    if begins and ends and begins < ends:
        return DeliveryEstimate.model_validate({"from": begins, "to": ends})
    return DeliveryEstimate(day=day)


def _clock(day: date, value: Any) -> datetime | None:
    try:
        return moment_of(day.strftime("%Y%m%d"), value, "a time of delivery")
    except UnreadableBodyError:
        return None
