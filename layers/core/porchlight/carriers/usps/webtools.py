"""The retired Web Tools interface (``TrackInfo``, in XML, and in JSON where the API passed it on): old answers, kept by
brands, can still be read and replayed.

Local times only, with months in words; an event may have a date and no time.
"""

from datetime import date, datetime
from typing import Any

from porchlight.bodies import (
    as_objects,
    clean,
    load_xml,
    optional_object,
    optional_text,
    required_text,
    sane,
    xml_fields,
)
from porchlight.carriers.reading import event, place, report, summary
from porchlight.carriers.usps.parse import plain
from porchlight.carriers.usps.statuses import reading
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.errors import UnreadableBodyError

_MONTHS = {
    name: number
    for number, name in enumerate(
        "january february march april may june july august september october november december".split(), 1
    )
}


def reports_of_xml(body: bytes) -> list[TrackingReport]:
    """Every ``TrackInfo`` of a ``TrackResponse``; [] for an ``Error``."""
    root = load_xml(body)
    if root.tag not in ("TrackResponse", "Error"):
        raise UnreadableBodyError("no TrackResponse")
    return [
        _report(
            info.get("ID"),
            xml_fields(info),
            [xml_fields(child) for child in info if child.tag in ("TrackSummary", "TrackDetail")],
        )
        for info in root.findall("TrackInfo")
    ]


def reports_of_json(infos: Any) -> list[TrackingReport]:
    """Every ``TrackInfo``; a summary that is a mere sentence is no event."""
    found = []
    for info in as_objects(infos, "TrackInfo"):
        scans = [info.get("TrackSummary")]
        details = info.get("TrackDetail")
        scans += details if isinstance(details, list) else [details]
        found.append(_report(info.get("@ID") or info.get("ID"), info, [optional_object(scan) for scan in scans]))
    return found


def _report(number: Any, info: dict[str, Any], scans: list[dict[str, Any]]) -> TrackingReport:
    events = tuple(found for scan in scans if (found := _event(scan)))
    status = summary(events) or reading("", plain(info.get("Status"))).milestone
    day = _day(info.get("PredictedDeliveryDate")) or _day(info.get("ExpectedDeliveryDate"))
    return report(
        carrier="usps",
        tracking_number=required_text(number, "the ID of a TrackInfo", 64),
        events=events,
        status=status,
        estimate=DeliveryEstimate(day=day) if day else None,
    )


def _event(scan: dict[str, Any]) -> TrackingEvent | None:
    if not scan.get("EventDate"):
        return None
    day = _day(scan["EventDate"])
    if not day:
        raise UnreadableBodyError("EventDate is not a date")
    code, text = clean(scan.get("EventCode"), 20), plain(scan.get("Event"))
    where = place(
        city=optional_text(scan.get("EventCity")),
        region=optional_text(scan.get("EventState")),
        postal_code=optional_text(scan.get("EventZIPCode")),
        country=optional_text(scan.get("EventCountry")),
    )
    return event(reading(code, text), _at(day, clean(scan.get("EventTime"), 20)), code, text, place=where)


def _day(value: Any) -> date | None:
    """``February 28, 2014``; None for anything else."""
    month, _, rest = clean(value, 40).partition(" ")
    day, _, year = rest.partition(",")
    try:
        found = datetime(int(year), _MONTHS[month.lower()], int(day))  # noqa: DTZ001 (local on purpose)
        return sane(found, "a date").date()
    except (ValueError, KeyError, OverflowError, UnreadableBodyError):
        return None


def _at(day: date, text: str) -> datetime:
    """``12:24 pm`` on a day; midnight where no time is printed."""
    clock, _, half = text.partition(" ")
    try:
        hour, minute = map(int, (clock or "0:0").split(":"))
        if half:
            hour = hour % 12 + {"am": 0, "pm": 12}[half.lower()]
        return datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 (local on purpose)
    except (ValueError, KeyError, OverflowError):
        raise UnreadableBodyError("EventTime is not a time") from None
