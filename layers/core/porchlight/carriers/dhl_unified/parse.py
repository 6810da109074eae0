"""DHL Unified bodies: answers of ``/track/shipments``, pushes (the latest status only), and the life of a subscription.

All are reported for ``dhl``: the service is DHL's word for its division and not a carrier that shops know. Times are
kept as printed: most divisions print local time without a zone. ``id`` may be a number. Some divisions give an event
nothing but words; the one that repeats the shipment's status is read with the status's codes.
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
    optional_text,
    required_text,
)
from porchlight.carriers.countries import country_code
from porchlight.carriers.dhl_express.statuses import nameless
from porchlight.carriers.dhl_unified.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

_LIFE = ("scope", "secret", "hook")
_PUSH = "subscription.push"


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every shipment in the body; [] for news of a subscription and for answers that found nothing."""
    data = as_object(load_json(body), "the body")
    if "shipments" in data:
        return [_shipment(shipment) for shipment in as_objects(data["shipments"], "shipments")]
    if isinstance(data.get("status"), dict) and "id" in data:
        return [_shipment(data)]
    if any(isinstance(data.get(name), str | dict) for name in _LIFE):
        return []
    if "status" in data and ("title" in data or "detail" in data):
        return []
    raise UnreadableBodyError("neither a push nor an answer of DHL Unified")


def kind(body: bytes) -> BodyKind:
    """LIFECYCLE for news of a subscription, NO_RESULT for an answer that found no shipment."""
    try:
        data = optional_object(load_json(body))
    except UnreadableBodyError:
        return BodyKind.NOT_TRACKING
    if any(name in data for name in _LIFE) and data.get("scope") != _PUSH:
        return BodyKind.LIFECYCLE
    if "shipments" in data or clean(data.get("status")) == "404":
        return BodyKind.NO_RESULT
    return BodyKind.NOT_TRACKING


def _shipment(shipment: dict[str, Any]) -> TrackingReport:
    service = clean(shipment.get("service"), 40)
    status = optional_object(shipment.get("status"))
    current = _event(service, status)
    entries = as_objects(shipment.get("events"), "events")
    events = tuple(found for entry in entries if (found := _event(service, _with_codes(entry, status))))
    if not entries and current:
        events = (current,)
    stands = summary((*events, current) if current else events)
    return report(
        carrier="dhl",
        tracking_number=required_text(shipment.get("id"), "id", 64),
        events=events,
        status=stands or _milestone(service, status),
        estimate=_estimate(shipment),
    )


def _with_codes(entry: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    """The event, with the codes of the shipment's status where it is the same fact and has none itself."""
    if entry.get("statusCode") or entry.get("status") or entry.get("timestamp") != status.get("timestamp"):
        return entry
    return {**status, **entry}


def _event(service: str, entry: dict[str, Any]) -> TrackingEvent | None:
    """None for a status without a time."""
    when = entry.get("timestamp")
    if not when:
        return None
    code, status, said = _codes(entry)
    found = reading(service, code, status, said)
    if found.milestone is Milestone.DELIVERED:
        said = nameless(said)
    where = _place(entry.get("location"))
    return event(found, moment(when, "timestamp"), code or status, said or status, (code, status), where)


def _codes(entry: dict[str, Any]) -> tuple[str, str, str]:
    code = clean(entry.get("statusCode") or entry.get("simplifiedStatus"), 60)
    said = clean(entry.get("description")) or clean(entry.get("divisionalStatus")) or clean(entry.get("remark"))
    return code, clean(entry.get("status"), 200), said


def _milestone(service: str, status: dict[str, Any]) -> Milestone:
    return reading(service, *_codes(status)).milestone


def _place(value: Any) -> Place:
    """``{"address": {…}}``; some send the town alone."""
    if isinstance(value, str):
        return place(city=optional_text(value))
    address = optional_object(optional_object(value).get("address"))
    return place(
        city=optional_text(address.get("addressLocality")),
        region=optional_text(address.get("addressRegion")),
        postal_code=optional_text(address.get("postalCode")),
        country=country_code(clean(address.get("countryCode"), 60)),
    )


def _estimate(shipment: dict[str, Any]) -> DeliveryEstimate | None:
    """The window, else the instant; midnight stands for the day."""
    frame = optional_object(shipment.get("estimatedDeliveryTimeFrame"))
    start, end = _instant(frame.get("estimatedFrom")), _instant(frame.get("estimatedThrough"))
    if start and end and (start.tzinfo is None) == (end.tzinfo is None) and start < end:
        return DeliveryEstimate.model_validate({"from": start, "to": end})
    for value in (shipment.get("estimatedTimeOfDelivery"), frame.get("estimatedThrough")):
        at, day = _instant(value), optional_day(value)
        if at and (at.hour or at.minute):
            return DeliveryEstimate(at=at)
        if day:
            return DeliveryEstimate(day=day)
    return None


def _instant(value: Any) -> datetime | None:
    """A date with a time; None for anything else."""
    if len(clean(value, 60)) <= 10:
        return None
    try:
        return moment(value, "an estimate")
    except UnreadableBodyError:
        return None
