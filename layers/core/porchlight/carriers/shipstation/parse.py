"""ShipStation v1 bodies: a webhook (``resource_url``, ``resource_type``), or what that address answers: shipments or
fulfilments. Each with a tracking number is a label that was made, and voided or delivered later.

Times have no zone and are Pacific time ("The time zone represented in all API responses is PST/PDT").
"""

from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

from porchlight.bodies import as_object, as_objects, clean, load_json, moment, only_unreadable
from porchlight.carriers.reading import Reading, event, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.carriers import carrier_by_number, carrier_id
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

POINTING = frozenset({"SHIP_NOTIFY", "ITEM_SHIP_NOTIFY", "FULFILLMENT_SHIPPED"})
"""``resource_type``s that lead to parcels; orders and refusals do not."""

FACTS = (
    ("createDate", "LABEL_CREATED", Milestone.PRE_TRANSIT),
    ("deliveryDate", "DELIVERED", Milestone.DELIVERED),
    ("voidDate", "VOIDED", Milestone.CANCELLED),
)
"""A date of a shipment, the name that we give to what it dates (ShipStation has no codes), and what that means."""

_ZONE = ZoneInfo("America/Los_Angeles")


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """The parcels in the body."""
    data = as_object(load_json(body), "the body")
    for key in ("shipments", "fulfillments"):
        if key in data:
            found = (_report(item) for item in as_objects(data[key], key))
            return [report for report in found if report]
    if "resource_type" in data or "ExceptionMessage" in data or "orders" in data:
        return []
    raise UnreadableBodyError("neither a webhook nor an answer about shipments")


def kind(body: bytes) -> BodyKind:
    """What a body without parcels is."""
    data = load_json(body)
    if isinstance(data, dict) and clean(data.get("resource_type")) in POINTING:
        return BodyKind.THIN
    empty = isinstance(data, dict) and ("shipments" in data or "fulfillments" in data)
    return BodyKind.NO_RESULT if empty else BodyKind.NOT_TRACKING


def _report(item: dict[str, Any]) -> TrackingReport | None:
    number = clean(item.get("trackingNumber"), 65)
    if not number:
        return None
    if len(number) > 64:
        raise UnreadableBodyError("trackingNumber is too long")
    events = tuple(_events(item))
    return report(
        carrier=carrier_id(clean(item.get("carrierCode"), 80)) or carrier_by_number(number),
        tracking_number=number,
        events=events,
        status=Milestone.CANCELLED if item.get("voided") is True else summary(events) or Milestone.UNKNOWN,
    )


def _events(item: dict[str, Any]) -> list[TrackingEvent]:
    return [
        event(Reading(milestone), _pacific(item[key], key), code) for key, code, milestone in FACTS if item.get(key)
    ]


def _pacific(value: Any, what: str) -> datetime:
    """The moment, with the offset that Pacific time has then. ``2026-03-02T14:29:28.5830000`` has seven decimals."""
    found = moment(value, what)
    if found.tzinfo is not None:
        return found
    offset = found.replace(tzinfo=_ZONE).utcoffset()
    return found.replace(tzinfo=timezone(offset)) if offset is not None else found
