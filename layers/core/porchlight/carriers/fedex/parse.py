"""FedEx bodies: track results, as the Track API v1 answers and as AIV pushes them; old XML by ``retired``.

One number can have several track results (numbers are used again); a result can be an error inside of a good answer.
The order is newest first, but a label may be dated after the pickup. A few scans have no offset and midnight for a
time: a date, and local.
"""

from datetime import datetime, time
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
from porchlight.carriers.fedex.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

_RESULT = ("trackingNumberInfo", "scanEvents", "latestStatusDetail")
_TROUBLES = frozenset({Milestone.EXCEPTION, Milestone.DELAYED, Milestone.DELIVERY_ATTEMPTED, Milestone.DAMAGED})


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every track result in the body."""
    if body.lstrip()[:1] == b"<":
        from porchlight.carriers.fedex.retired import results

        return [track_result(result, "") for result in results(body)]
    data = load_json(body)
    if isinstance(data, list):
        return [report for item in as_objects(data, "the list of results") for report in _item(item)]
    return _item(as_object(data, "the body"))


def _item(data: dict[str, Any]) -> list[TrackingReport]:
    output = optional_object(data.get("output")) or data
    if "completeTrackResults" in output:
        return [
            report
            for complete in as_objects(output["completeTrackResults"], "completeTrackResults")
            for report in _results(complete.get("trackResults"), complete.get("trackingNumber"))
        ]
    if "trackResults" in output:
        return _results(output["trackResults"], output.get("trackingNumber"))
    if any(key in output for key in _RESULT):
        return [track_result(output, output.get("trackingNumber"))]
    if "errors" in data or "alerts" in output or "output" in data:
        return []
    raise UnreadableBodyError("no track results")


def _results(results: Any, number: Any) -> list[TrackingReport]:
    return [
        track_result(result, number)
        for result in as_objects(results, "trackResults")
        if number or result.get("trackingNumber") or result.get("trackingNumberInfo")
    ]


def track_result(result: dict[str, Any], number: Any) -> TrackingReport:
    """The report that a track result makes; ``number``: as it was asked for, where that is known."""
    number = number or result.get("trackingNumber")
    number = number or optional_object(result.get("trackingNumberInfo")).get("trackingNumber")
    scans = as_objects(result.get("scanEvents"), "scanEvents")
    events = tuple(found for scan in scans if (found := _event(scan)))
    status = summary(events) or _latest(optional_object(result.get("latestStatusDetail")))
    return report(
        carrier="fedex",
        tracking_number=required_text(number, "trackingNumber", 64),
        events=events,
        status=status,
        estimate=_estimate(result),
    )


def _event(scan: dict[str, Any]) -> TrackingEvent | None:
    if not scan.get("date"):
        return None
    codes = kind, derived, exception = (
        clean(scan.get("eventType"), 20),
        clean(scan.get("derivedStatusCode"), 20),
        clean(scan.get("exceptionCode"), 20),
    )
    why = clean(scan.get("exceptionDescription"))
    delay = scan.get("delayDetail")
    found = reading(kind, derived, exception, why, clean(delay.get("type"), 20) if isinstance(delay, dict) else "")
    where = scan.get("scanLocation")
    return event(
        found,
        _moment(scan["date"]),
        kind or derived,
        (why if found.milestone in _TROUBLES else "") or clean(scan.get("eventDescription")) or why,
        codes,
        _place(where) if isinstance(where, dict) else place(),
    )


def _place(where: dict[str, Any]) -> Place:
    return place(
        city=optional_text(where.get("city")),
        region=optional_text(where.get("stateOrProvinceCode")),
        postal_code=optional_text(where.get("postalCode")),
        country=optional_text(where.get("countryCode")),
    )


def _moment(value: Any) -> datetime:
    """ISO 8601, also with a space before the offset (``…T15:18:10 -0500``)."""
    text = clean(value, 60)
    return moment(text.replace(" ", "") if "T" in text and " " in text else text, "date of a scan")


def _latest(status: dict[str, Any]) -> Milestone:
    """The result's own summary, for results without scans. AIV's and the API's names differ."""
    code = clean(status.get("code") or status.get("eventType"), 20)
    derived = clean(status.get("derivedCode") or status.get("derivedStatusCode"), 20)
    details = status.get("ancillaryDetails")
    why = optional_object(details[0]) if isinstance(details, list) and details else {}
    return reading(code, derived, clean(why.get("reason"), 20), clean(why.get("reasonDescription"))).milestone


def _estimate(result: dict[str, Any]) -> DeliveryEstimate | None:
    """The estimated window, else the estimated or agreed time of delivery; the standard transit time is a product's
    promise and no estimate. A day is printed as midnight.
    """
    window = optional_object(optional_object(result.get("estimatedDeliveryTimeWindow")).get("window"))
    begins, ends = _time(window.get("begins")), _time(window.get("ends"))
    if begins and ends and (begins.tzinfo is None) == (ends.tzinfo is None) and begins < ends:
        return DeliveryEstimate.model_validate({"from": begins, "to": ends})
    at = ends or begins
    dates = result.get("dateAndTimes")
    if not at and isinstance(dates, list):
        times = {clean(entry.get("type"), 40): entry.get("dateTime") for entry in dates if isinstance(entry, dict)}
        at = _time(times.get("ESTIMATED_DELIVERY")) or _time(times.get("APPOINTMENT_DELIVERY"))
    if not at:
        return None
    return DeliveryEstimate(day=at.date()) if at.time() == time() else DeliveryEstimate(at=at)


def _time(value: Any) -> datetime | None:
    if not value:
        return None
    try:
        return _moment(value)
    except UnreadableBodyError:
        return None


def kind(body: bytes) -> BodyKind:
    """An answer that knows nothing of the number, or none about tracking."""
    if body.lstrip()[:1] == b"<":
        from porchlight.carriers.fedex.retired import not_found

        return BodyKind.NO_RESULT if not_found(body) else BodyKind.NOT_TRACKING
    data = optional_object(load_json(body))
    output = optional_object(data.get("output"))
    told = output.get("alerts") or data.get("errors") or ""
    entries = told if isinstance(told, list) else [told]
    codes = [clean(entry.get("code") if isinstance(entry, dict) else entry, 80) for entry in entries]
    unknown = any("NOTFOUND" in code for code in codes) or "completeTrackResults" in output
    return BodyKind.NO_RESULT if unknown else BodyKind.NOT_TRACKING
