"""TrackingMore bodies, versions 2 to 4: ``meta`` and ``data``, which is one tracking, a list, or a page of them.

Checkpoints stand in two lists, those of the origin's carrier first; each list is newest first, and the order is kept.
Times are local: TrackingMore prints no zone.
"""

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
from porchlight.carriers.aggregated import place_in, settled
from porchlight.carriers.countries import country_code
from porchlight.carriers.estimates import estimate
from porchlight.carriers.reading import event, place, report
from porchlight.carriers.trackingmore.statuses import reading
from porchlight.connectors import BodyKind
from porchlight.domain.carriers import carrier_by_number, carrier_id
from porchlight.domain.events import Place, TrackingEvent, TrackingReport
from porchlight.errors import UnreadableBodyError

_CODES = {"dhl": "dhl_express", "dhlglobalmail": "dhl_ecommerce", "dhl-germany": "dhl_parcel_de"}
"""Courier codes that mean another carrier than their word says."""


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every tracking in the body that something is known of."""
    return [_report(item) for item in _items(load_json(body))]


def kind(body: bytes) -> BodyKind:
    """What a body without parcels is."""
    data = load_json(body)
    answer = isinstance(data, dict) and ("meta" in data or "code" in data)
    return BodyKind.NO_RESULT if answer else BodyKind.NOT_TRACKING


def _items(body: Any) -> list[dict[str, Any]]:
    body = as_object(body, "the body")
    if "meta" not in body and "data" not in body and "code" not in body:
        if "tracking_number" not in body or not _known(body):
            raise UnreadableBodyError("neither a webhook nor an answer about trackings")
        return [body]
    data = body.get("data")
    if data is None and "code" not in body and "meta" not in body:
        raise UnreadableBodyError("an answer without data")
    if isinstance(data, dict):
        for key in ("items", "success"):
            if key in data:
                data = data[key]
                break
    items = as_objects(data, "data") if isinstance(data, dict | list) else []
    return [item for item in items if "tracking_number" in item and _known(item)]


def _known(item: dict[str, Any]) -> bool:
    """False for the mere receipt of a new tracking."""
    return bool(item.get("delivery_status") or item.get("status") or item.get("origin_info"))


def _report(item: dict[str, Any]) -> TrackingReport:
    number = required_text(item.get("tracking_number"), "tracking_number", 64)
    named = (clean(item.get("courier_code"), 80) or clean(item.get("carrier_code"), 80)).casefold()
    legs = (optional_object(item.get(key)) for key in ("origin_info", "destination_info"))
    entries = [entry for leg in legs for entry in as_objects(leg.get("trackinfo"), "trackinfo")]
    events = tuple(found for entry in entries if (found := _event(entry)))
    status = clean(item.get("delivery_status"), 80) or clean(item.get("status"), 80)
    head = reading(status.casefold(), clean(item.get("substatus"), 80))
    expected = item.get("expected_delivery_date") or item.get("scheduled_delivery_date")
    return report(
        carrier=_CODES.get(named) or carrier_id(named) or carrier_by_number(number),
        tracking_number=number,
        events=events,
        status=settled(head.milestone if head.recognised else None, events),
        estimate=estimate(expected),
    )


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    at = entry.get("checkpoint_date") or entry.get("Date")
    if not at:
        return None
    status = clean(entry.get("checkpoint_delivery_status"), 80) or clean(entry.get("checkpoint_status"), 80)
    substatus = clean(entry.get("checkpoint_delivery_substatus"), 80) or clean(entry.get("substatus"), 80)
    words = clean(entry.get("tracking_detail")) or clean(entry.get("StatusDescription"))
    return event(
        reading(status.casefold(), substatus, words),
        moment(at, "date of a checkpoint"),
        substatus or status,
        words,
        (status, substatus),
        _place(entry),
    )


def _place(entry: dict[str, Any]) -> Place:
    if entry.get("city") or entry.get("country_iso2"):
        return place(
            city=optional_text(entry.get("city")),
            region=optional_text(entry.get("state")),
            postal_code=optional_text(entry.get("zip")),
            country=country_code(clean(entry.get("country_iso2"), 40)),
        )
    return place_in(clean(entry.get("location"), 200) or clean(entry.get("Details"), 200))
