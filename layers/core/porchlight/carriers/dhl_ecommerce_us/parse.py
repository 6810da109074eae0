"""DHL eCommerce Americas bodies: a webhook has the form of an answer of the tracking API v4, always with the whole
history.

Times are date, time and a label: ``ET`` is a zone with its summer time, ``EST`` an offset, ``LT`` the place's own
clock. US labels are believed at American places only (``CST`` is China's clock too). Post code ``0`` is none.
"""

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from porchlight.bodies import (
    as_object,
    as_objects,
    clean,
    load_json,
    load_xml,
    moment,
    only_unreadable,
    optional_day,
    optional_object,
    required_text,
    us_moment,
    xml_text,
)
from porchlight.carriers.countries import country_code
from porchlight.carriers.dhl_ecommerce_us.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ZONES = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "AKT": "America/Anchorage",
    "HT": "Pacific/Honolulu",
    "AT": "America/Puerto_Rico",
}
_HOURS = {
    **{"AST": -4, "EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8},
    **{"AKDT": -8, "AKST": -9, "HDT": -9, "HST": -10},
}
_AMERICAN = frozenset({"", "US", "PR", "VI", "GU", "AS", "MP", "CA"})
_STATES = frozenset(
    (
        "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH "
        "OK OR PA PR RI SC SD TN TX UT VA VI VT WA WI WV WY"
    ).split()
)
_IDS = ("trackingId", "dhlPackageId", "packageId", "deliveryConfirmationNumber")


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every package in the body."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _from_xml(load_xml(body))
    data = as_object(load_json(body), "the body")
    if "packages" in data:
        return [_package(package) for package in as_objects(data["packages"], "packages")]
    if "events" in data and ("package" in data or any(name in data for name in _IDS)):
        return [_package(data)]
    if "title" in data and ("type" in data or "status" in data or "invalidParams" in data):
        return []
    raise UnreadableBodyError("neither a webhook nor an answer of DHL eCommerce Americas")


def kind(body: bytes) -> BodyKind:
    """NO_RESULT for an answer that knows no package, else NOT_TRACKING."""
    try:
        if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            found = load_xml(body)
            nothing = found.tag == "track" and xml_text(found, "error/code") in ("", "400")
        else:
            data = optional_object(load_json(body))
            nothing = "packages" in data or clean(data.get("status")) == "404"
    except UnreadableBodyError:
        return BodyKind.NOT_TRACKING
    return BodyKind.NO_RESULT if nothing else BodyKind.NOT_TRACKING


def _package(entry: dict[str, Any]) -> TrackingReport:
    package = optional_object(entry.get("package")) or entry
    number = next((value for name in _IDS if (value := clean(package.get(name), 65))), "")
    scans = as_objects(entry.get("events"), "events")
    events = tuple(found for scan in scans if (found := _event(scan)))
    day = optional_day(package.get("expectedDelivery") or package.get("estimatedDeliveryDate"))
    return report(
        carrier="dhl_ecommerce_us",
        tracking_number=required_text(number, "trackingId", 64),
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
        estimate=DeliveryEstimate(day=day) if day else None,
    )


def _event(scan: dict[str, Any]) -> TrackingEvent | None:
    day, clock = clean(scan.get("date"), 20), clean(scan.get("time"), 20)
    if not day:
        return None
    where = _place(scan)
    local = moment(f"{day}T{clock}" if clock else day, "date of an event")
    code = clean(scan.get("primaryEventId"), 20)
    said, more = clean(scan.get("primaryEventDescription")), clean(scan.get("secondaryEventDescription"))
    text = f"{said}: {more}" if said and more and more != said else said or more
    when = _zoned(local, clean(scan.get("timeZone"), 20), where.country)
    return event(reading(code, said), when, code, text, place=where)


def _place(scan: dict[str, Any]) -> Place:
    """``location`` is ``CITY, ST, US``, ``CITY, ST`` or ``CITY, CC``; country and post code stand beside it."""
    parts = [part.strip() for part in clean(scan.get("location"), 200).split(",")]
    country = country_code(clean(scan.get("country"), 60))
    city, region = parts[0], ""
    if len(parts) > 2:
        region = parts[1]
        country = country or country_code(parts[-1])
    elif len(parts) == 2 and parts[1] in _STATES:
        region = parts[1]
    elif len(parts) == 2:
        country = country or country_code(parts[1])
    code = clean(scan.get("postalCode"), 20)
    if not code.strip("0"):
        code = ""
    return place(city, region, code, country)


def _zoned(local: datetime, label: str, country: str | None) -> datetime:
    """The local time with the offset that its label implies; as it is where the label implies none."""
    if local.tzinfo is not None:
        return local
    label = label.upper()
    if label in ("UTC", "GMT", "Z"):
        return local.replace(tzinfo=timezone(timedelta(0)))
    if label[:1] in ("+", "-"):
        try:
            return datetime.fromisoformat(f"{local.isoformat()}{label}")
        except ValueError:
            return local
    if (country or "") not in _AMERICAN:
        return local
    if label in _HOURS:
        return local.replace(tzinfo=timezone(timedelta(hours=_HOURS[label])))
    if label in _ZONES:
        offset = ZoneInfo(_ZONES[label]).utcoffset(local)
        return local.replace(tzinfo=timezone(offset)) if offset is not None else local
    return local


def _from_xml(root: "Element") -> list[TrackingReport]:
    if root.tag != "track":
        raise UnreadableBodyError("not an answer of Global Mail")
    return [_shipment(shipment) for shipment in root.iterfind("shipment")]


def _shipment(shipment: "Element") -> TrackingReport:
    events = tuple(found for scan in shipment.iterfind("event") if (found := _scan(scan)))
    return report(
        carrier="dhl_ecommerce_us",
        tracking_number=required_text(xml_text(shipment, "trackingnumber", 65), "trackingnumber", 64),
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
    )


def _scan(scan: "Element") -> TrackingEvent | None:
    """A scan of Global Mail: ``1/17/2026`` and ``12:26 PM ET``."""
    day = xml_text(scan, "date", 20)
    if not day:
        return None
    clock, _, label = xml_text(scan, "time", 20).rpartition(" ")
    if label.upper() in ("AM", "PM"):
        clock, label = f"{clock} {label}", ""
    country = country_code(xml_text(scan, "country", 60))
    where = place(xml_text(scan, "city", 200), xml_text(scan, "state", 60), xml_text(scan, "postalcode", 20), country)
    code = xml_text(scan, "code", 20)
    when = _zoned(us_moment(f"{day} {clock or '0:00'}", "date of an event"), label, country)
    text = xml_text(scan, "description")
    return event(reading(code, text), when, code, text, place=where)
