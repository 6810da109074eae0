"""17TRACK bodies: a webhook (one parcel in ``data``) or an answer (``data.accepted``), of v2 or of v1.

Times: ``time_iso`` with the offset that is printed; where 17TRACK knows no zone it is null, and ``time_raw`` holds the
local time as the carrier wrote it. The top-level carrier may be wrong; the provider that has the events is trusted.
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
    optional_object,
    optional_text,
    required_text,
)
from porchlight.carriers.aggregated import own_words, place_in, settled
from porchlight.carriers.estimates import window
from porchlight.carriers.reading import event, place, report
from porchlight.carriers.seventeen_track.carriers import carrier_of
from porchlight.carriers.seventeen_track.statuses import NUMBERS, reading
from porchlight.connectors import BodyKind
from porchlight.domain.carriers import carrier_by_number
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.errors import UnreadableBodyError


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every parcel in the body that something is known of."""
    return [_v1(item) if "track" in item else _v2(item) for item in _items(as_object(load_json(body), "the body"))]


def kind(body: bytes) -> BodyKind:
    """What a body without parcels is."""
    data = load_json(body)
    if not isinstance(data, dict):
        return BodyKind.NOT_TRACKING
    if clean(data.get("event")) == "TRACKING_STOPPED" or optional_object(data.get("data")).get("accepted"):
        return BodyKind.LIFECYCLE
    return BodyKind.NO_RESULT if "code" in data else BodyKind.NOT_TRACKING


def _items(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The parcels with something to read; registrations and refusals have nothing."""
    if "event" in data:
        if clean(data["event"]) == "TRACKING_STOPPED":
            return []
        items = [as_object(data.get("data"), "data")]
    elif "code" in data:
        items = as_objects(optional_object(data.get("data")).get("accepted"), "accepted")
    else:
        raise UnreadableBodyError("neither a webhook nor an answer")
    return [item for item in items if isinstance(item.get("track_info") or item.get("track"), dict)]


def _v2(item: dict[str, Any]) -> TrackingReport:
    number = required_text(item.get("number"), "number", 64)
    info = as_object(item["track_info"], "track_info")
    providers = as_objects(optional_object(info.get("tracking")).get("providers"), "providers")
    carrier = _carrier(item.get("carrier"), providers) or carrier_by_number(number)
    events = tuple(
        found
        for provider in providers
        for entry in as_objects(provider.get("events"), "events")
        if (found := _event(entry, carrier))
    )
    if not providers:
        latest = _event(optional_object(info.get("latest_event")), carrier)
        events = (latest,) if latest else ()
    head = optional_object(info.get("latest_status"))
    own = reading(clean(head.get("status"), 80), clean(head.get("sub_status"), 80))
    metrics = optional_object(info.get("time_metrics"))
    expected = optional_object(metrics.get("estimated_delivery_date"))
    return report(
        carrier=carrier,
        tracking_number=number,
        events=events,
        status=settled(own.milestone if own.recognised else None, events),
        estimate=window(expected.get("from"), expected.get("to")),
    )


def _carrier(key: Any, providers: list[dict[str, Any]]) -> str:
    """The top-level carrier if it is among the providers, else the first of them."""
    known = [optional_object(provider.get("provider")) for provider in providers]
    chosen = next((found for found in known if found.get("key") == key), known[0] if known else {"key": key})
    return carrier_of(chosen.get("key"), clean(chosen.get("name"), 80))


def _event(entry: dict[str, Any], carrier: str) -> TrackingEvent | None:
    at = _occurred(entry)
    if at is None:
        return None
    stage, substatus = clean(entry.get("stage"), 80), clean(entry.get("sub_status"), 80)
    words = clean(entry.get("description"))
    address = optional_object(entry.get("address"))
    where = place(
        city=optional_text(address.get("city")),
        region=optional_text(address.get("state")),
        postal_code=optional_text(address.get("postal_code")),
        country=optional_text(address.get("country")),
    )
    return event(
        reading(stage, substatus, carrier, words),
        at,
        substatus or stage,
        words,
        (stage, substatus),
        where if where.city or where.country else place_in(clean(entry.get("location"), 200)),
    )


def _occurred(entry: dict[str, Any]) -> datetime | None:
    for key in ("time_iso", "time_utc"):
        if entry.get(key):
            return moment(entry[key], key)
    raw = optional_object(entry.get("time_raw"))
    day, clock, zone = (clean(raw.get(key), 40) for key in ("date", "time", "timezone"))
    return moment(f"{day}T{clock or '00:00:00'}{zone}", "time_raw") if day else None


def _v1(item: dict[str, Any]) -> TrackingReport:
    """``e`` is the state, ``w1`` and ``w2`` the carriers, ``z1`` and ``z2`` (and ``z9``) the events of origin and
    destination, each with local time ``a``, place ``c`` or ``d``, and words ``z``.
    """
    number = required_text(item.get("number"), "number", 64)
    track = as_object(item["track"], "track")
    carrier = carrier_of(track.get("w1")) or carrier_of(track.get("w2")) or carrier_by_number(number)
    entries = [entry for key in ("z1", "z2", "z9") for entry in as_objects(track.get(key), key)]
    events = tuple(
        event(
            own_words(carrier, clean(entry.get("z"))),
            moment(entry["a"], "time of an event"),
            "",
            clean(entry.get("z")),
            (),
            place_in(clean(entry.get("c") or entry.get("d"), 200)),
        )
        for entry in entries or as_objects(track.get("z0"), "z0")
        if entry.get("a")
    )
    own = NUMBERS.get(clean(track.get("e"), 8))
    return report(
        carrier=carrier,
        tracking_number=number,
        events=events,
        status=settled(own.milestone if own else None, events),
    )
