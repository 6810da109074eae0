"""Hermes bodies: ``shipmentinfo`` with times that carry their offset, or the older lists with date and time apart,
which are local. Only the city of the scan is taken; the receiver's address stays where it is.
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
    optional_day,
    optional_object,
    required_text,
)
from porchlight.carriers.countries import country_code
from porchlight.carriers.hermes_de.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

_LISTS = ("shipmentinfo", "listOfShipmentHistoryStatus", "listOfCurrentShipmentStatus")
_NOTHING_FOUND = "e001"


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every shipment in the body; one that Hermes knows nothing of is a report without events."""
    data = as_object(load_json(body), "the body")
    for name in _LISTS:
        if name in data:
            return [_shipment(shipment) for shipment in as_objects(data[name], name)]
    if "listOfResultCodes" in data:
        return []
    raise UnreadableBodyError("not an answer of Hermes's Shipment Info API")


def kind(body: bytes) -> BodyKind:
    """NO_RESULT for an answer that knows no shipment, else NOT_TRACKING."""
    try:
        data = optional_object(load_json(body))
        results = as_objects(data.get("listOfResultCodes"), "listOfResultCodes")
    except UnreadableBodyError:
        return BodyKind.NOT_TRACKING
    nothing = any(name in data for name in _LISTS) or any(found.get("code") == _NOTHING_FOUND for found in results)
    return BodyKind.NO_RESULT if nothing else BodyKind.NOT_TRACKING


def _shipment(shipment: dict[str, Any]) -> TrackingReport:
    entries = shipment.get("status") or shipment.get("listOfStatus") or shipment.get("statusInformation")
    events = tuple(found for entry in as_objects(entries, "status") if (found := _event(entry)))
    forecast = shipment.get("deliveryForecast")
    if not isinstance(forecast, dict):
        forecast = optional_object(shipment.get("statusInformation")).get("expectedDelivery")
    return report(
        carrier="hermes_de",
        tracking_number=required_text(shipment.get("shipmentID"), "shipmentID", 64),
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
        estimate=_estimate(optional_object(forecast)),
    )


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    when = clean(entry.get("timestamp"), 60)
    if not when:
        when = f"{clean(entry.get('statusDate'), 20)} {clean(entry.get('statusTime'), 20)}".strip()
    if not when:
        return None
    code = clean(entry.get("code") or entry.get("statusCode"), 20)
    unit = optional_object(entry.get("scanningUnit"))
    where = place(clean(unit.get("city"), 200), country=country_code(clean(unit.get("countryCode"), 60)))
    return event(reading(code), moment(when, "time of a status"), code, clean(entry.get("description")), place=where)


def _estimate(forecast: dict[str, Any]) -> DeliveryEstimate | None:
    """The day, or the slot on it (local)."""
    day = optional_day(forecast.get("date") or forecast.get("expectedDate"))
    if not day:
        return None
    slot = optional_object(forecast.get("timeSlot"))
    start = clean(slot.get("from") or forecast.get("expectedTimeEarliest"), 8)
    end = clean(slot.get("to") or forecast.get("expectedTimeLatest"), 8)
    try:
        first, last = datetime.fromisoformat(f"{day}T{start}"), datetime.fromisoformat(f"{day}T{end}")
        if first < last:
            return DeliveryEstimate.model_validate({"from": first, "to": last})
    except (ValueError, TypeError):
        pass
    return DeliveryEstimate(day=day)
