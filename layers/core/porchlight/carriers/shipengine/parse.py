"""ShipEngine bodies: a webhook (``resource_url``, ``resource_type``, ``data``), or the tracking object alone.

``occurred_at`` is the instant in UTC; ``carrier_occurred_at`` is the carrier's local time and used only where the
other is missing. Examples hold the placeholder "string", which is nothing.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

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
from porchlight.carriers.aggregated import settled
from porchlight.carriers.estimates import estimate
from porchlight.carriers.reading import event, place, report
from porchlight.carriers.shipengine.statuses import reading
from porchlight.connectors import BodyKind
from porchlight.domain.carriers import carrier_by_number, carrier_id
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.errors import UnreadableBodyError

TRACKS = frozenset({"API_TRACK", "TRACK", "TRACK_EVENT_V2"})
"""``resource_type``s that are about a parcel; all others are news about something else."""

_SENDERS = frozenset({"stamps.com", "usps", "ups", "fedex", "endicia"})
"""``company_name``s that name the carrier, in bodies that name it nowhere else."""


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """The parcel in the body."""
    data = as_object(load_json(body), "the body")
    if "resource_type" in data or "resource_url" in data:
        if clean(data.get("resource_type")).upper() not in TRACKS or data.get("data") is None:
            return []
        return [_report(as_object(data["data"], "data"), clean(data.get("resource_url"), 300))]
    if "tracking_number" in data or "status_code" in data:
        return [_report(data, "")]
    if "errors" in data or "request_id" in data:
        return []
    raise UnreadableBodyError("neither a webhook nor a tracking object")


def kind(body: bytes) -> BodyKind:
    """What a body without parcels is."""
    data = load_json(body)
    if isinstance(data, dict) and clean(data.get("resource_type")).upper() in TRACKS:
        return BodyKind.THIN
    refused = isinstance(data, dict) and ("errors" in data or "request_id" in data)
    return BodyKind.NO_RESULT if refused else BodyKind.NOT_TRACKING


def _report(parcel: dict[str, Any], address: str) -> TrackingReport:
    number = required_text(parcel.get("tracking_number"), "tracking_number", 64)
    entries = as_objects(parcel.get("events"), "events")
    carrier = _carrier(parcel, address, entries) or carrier_by_number(number)
    events = tuple(found for entry in entries if (found := _event(entry, carrier)))
    head = reading(*_codes(parcel), words=clean(parcel.get("carrier_status_description")))
    return report(
        carrier=carrier,
        tracking_number=number,
        events=events,
        status=settled(head.milestone if head.recognised else None, events),
        estimate=_estimate(parcel),
    )


def _carrier(parcel: dict[str, Any], address: str, entries: list[dict[str, Any]]) -> str:
    """``carrier_code``; older bodies name the carrier in an address only, or as the company of a scan."""
    named = _real(parcel.get("carrier_code"))
    if not named:
        links = optional_object(optional_object(parcel.get("links")).get("self"))
        named = _in_address(address) or _in_address(clean(links.get("href"), 300))
    if not named:
        companies = (clean(entry.get("company_name"), 80) for entry in entries)
        named = next((company for company in companies if company.casefold() in _SENDERS), "")
    return carrier_id(named)


def _in_address(address: str) -> str:
    """The carrier in ``…/v1/tracking/usps/9361…`` or ``…/tracking?carrier_code=usps&tracking_number=…``."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    _, tracking, after = parts.path.partition("/tracking/")
    if tracking and "/" in after:
        return after.partition("/")[0][:40]
    return parse_qs(parts.query).get("carrier_code", [""])[0][:40]


def _event(entry: dict[str, Any], carrier: str) -> TrackingEvent | None:
    at = entry.get("occurred_at") or entry.get("event_date") or entry.get("carrier_occurred_at")
    if not at:
        return None
    status, detail = _codes(entry)
    code = _real(entry.get("event_code"))
    words = clean(entry.get("description")) or clean(entry.get("carrier_status_description"))
    return event(
        reading(status, detail, carrier, code, words),
        moment(at, "time of an event"),
        code or detail or status,
        words,
        (status, code, detail),
        place(
            city=optional_text(entry.get("city_locality")),
            region=optional_text(entry.get("state_province")),
            postal_code=optional_text(entry.get("postal_code")),
            country=optional_text(entry.get("country_code")),
        ),
    )


def _codes(entry: dict[str, Any]) -> tuple[str, str]:
    return _real(entry.get("status_code")).upper(), _real(entry.get("status_detail_code")).upper()


def _real(value: Any) -> str:
    """A code, "" for the placeholder of examples."""
    code = clean(value, 80)
    return "" if code == "string" else code


def _estimate(parcel: dict[str, Any]) -> DeliveryEstimate | None:
    """None where it only repeats the time of the delivery."""
    printed = clean(parcel.get("estimated_delivery_date"), 60)
    return estimate(printed) if printed != clean(parcel.get("actual_delivery_date"), 60) else None
