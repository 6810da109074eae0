"""AfterShip bodies: a webhook with ``msg``, or an answer of the API with one tracking, a list, or a last checkpoint.

``checkpoint_time`` is printed with an offset only where the carrier gives one; without, it is local. Some integrators
turn nulls into the text "null", which is nothing here too. Field names have changed with the versions of the API.
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
    required_text,
)
from porchlight.carriers.aftership.statuses import RETURNING, reading
from porchlight.carriers.aggregated import settled
from porchlight.carriers.countries import country_code
from porchlight.carriers.estimates import estimate, window
from porchlight.carriers.reading import event, place, report
from porchlight.connectors import BodyKind
from porchlight.domain.carriers import carrier_by_number, carrier_id
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

_SLUGS = {"dhl": "dhl_express", "myhermes-uk": "evri", "hermes-uk": "evri", "dhl-global-mail": "dhl_ecommerce"}
"""Slugs that mean another carrier than their word says."""


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every tracking in the body."""
    return [_report(tracking) for tracking in _trackings(as_object(load_json(body), "the body"))]


def kind(body: bytes) -> BodyKind:
    """What a body without parcels is."""
    data = load_json(body)
    return BodyKind.NO_RESULT if isinstance(data, dict) and "meta" in data else BodyKind.NOT_TRACKING


def _trackings(data: dict[str, Any]) -> list[dict[str, Any]]:
    if "msg" in data:
        message = as_object(data["msg"], "msg")
        return [message] if "tracking_number" in message else []
    if "meta" in data:
        data = optional_object(data.get("data"))
        if "trackings" in data:
            return as_objects(data["trackings"], "trackings")
        data = optional_object(data.get("tracking")) or data
        return [data] if "tracking_number" in data else []
    if "tracking_number" in data and ("tag" in data or "checkpoints" in data):
        return [data]
    if "event" in data and "event_id" in data:
        return []
    raise UnreadableBodyError("neither a webhook nor an answer about trackings")


def _report(tracking: dict[str, Any]) -> TrackingReport:
    number = required_text(tracking.get("tracking_number"), "tracking_number", 64)
    entries = as_objects(tracking.get("checkpoints"), "checkpoints")
    if not entries:
        entries = as_objects(tracking.get("checkpoint"), "checkpoint")
    events = tuple(found for entry in entries if (found := _event(entry)))
    status = settled(reading(_text(tracking, "tag"), _text(tracking, "subtag")).milestone, events)
    if _text(tracking, "return_to_sender") == "true":
        events = _sent_back(events)
        status = Milestone.RETURNED_TO_SENDER if status is Milestone.DELIVERED else status
    slug = _text(tracking, "slug").casefold()
    return report(
        carrier=_SLUGS.get(slug) or carrier_id(slug) or carrier_by_number(number),
        tracking_number=number,
        events=events,
        status=status,
        estimate=_estimate(tracking),
    )


def _sent_back(events: tuple[TrackingEvent, ...]) -> tuple[TrackingEvent, ...]:
    """The events, a delivery after the return began being one to the sender."""
    turned = min((event.instant() for event in events if event.raw_codes[1] in RETURNING), default=None)
    if turned is None:
        return events
    return tuple(
        found.model_copy(update={"milestone": Milestone.RETURNED_TO_SENDER})
        if found.milestone is Milestone.DELIVERED and found.instant() >= turned
        else found
        for found in events
    )


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    at = _text(entry, "checkpoint_time")
    if not at:
        return None
    tag, subtag = _text(entry, "tag"), _text(entry, "subtag")
    words = _text(entry, "message") or _text(entry, "subtag_message")
    country = _text(entry, "country_region") or _text(entry, "country_iso3")
    return event(
        reading(tag, subtag, words),
        moment(at, "checkpoint_time"),
        subtag or tag,
        words,
        (tag, subtag, _text(entry, "raw_tag")),
        place(
            city=_text(entry, "city") or None,
            region=_text(entry, "state") or None,
            postal_code=_text(entry, "postal_code") or _text(entry, "zip") or None,
            country=country_code(country or _text(entry, "country_region_name") or _text(entry, "country_name")),
        ),
    )


def _text(entry: dict[str, Any], key: str) -> str:
    """The text under ``key``; "" for null, "null" and nothing; "true" for true."""
    value = entry.get(key)
    if value is None:
        return ""
    if value is True:
        return "true"
    text = clean(value)
    return "" if text in ("null", "None", "undefined") else text


def _estimate(tracking: dict[str, Any]) -> DeliveryEstimate | None:
    """The carrier's own, else the latest that AfterShip knows unless the brand itself has set it."""
    printed = _text(tracking, "expected_delivery")
    if printed:
        return estimate(printed)
    own = tracking.get("courier_estimated_delivery_date")
    if isinstance(own, dict):
        keys = [_text(own, f"estimated_delivery_date{end}") for end in ("", "_min", "_max")]
        found = window(keys[1], keys[2]) if keys[1] and keys[2] else estimate(keys[0])
        if found:
            return found
    latest = optional_object(tracking.get("latest_estimated_delivery"))
    if "custom" in _text(latest, "source").casefold():
        return None
    low, high = _text(latest, "datetime_min"), _text(latest, "datetime_max")
    return window(low, high) if low and high else estimate(_text(latest, "datetime"))
