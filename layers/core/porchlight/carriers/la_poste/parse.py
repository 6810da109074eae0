"""Answers of La Poste's Suivi v2: one parcel, or a list of answers where several were asked for.

Each answer has a code of its own inside of HTTP 200 (200 found, 400 no such number, 404 nothing yet). Times carry an
offset: Paris, wherever the parcel is. The time line and the text for people are not read; the events are all there is.
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
from porchlight.carriers.estimates import estimate
from porchlight.carriers.la_poste.statuses import reading
from porchlight.carriers.reading import event, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every parcel in the answer. A number that is not known is a report without events."""
    data = load_json(body)
    if isinstance(data, list):
        return [report for answer in as_objects(data, "the list of answers") for report in _answer(answer)]
    data = as_object(data, "the body")
    if not any(key in data for key in ("shipment", "returnCode", "code")):
        raise UnreadableBodyError("neither a shipment nor an error of La Poste")
    return _answer(data)


def kind(body: bytes) -> BodyKind:
    """``not_tracking`` for a refused key (``code``, as the gateway says it), else ``no_result``."""
    return BodyKind.NOT_TRACKING if "code" in optional_object(load_json(body)) else BodyKind.NO_RESULT


def _answer(answer: dict[str, Any]) -> list[TrackingReport]:
    shipment = optional_object(answer.get("shipment"))
    number = shipment.get("idShip") or answer.get("idShip")
    if not number and not shipment:
        return []
    number = required_text(number, "idShip", 100)
    if len(number) > 64:
        return []
    events = tuple(found for entry in as_objects(shipment.get("event"), "event") if (found := _event(entry)))
    return [
        report(
            carrier="la_poste",
            tracking_number=number,
            events=events,
            status=summary(events) or Milestone.UNKNOWN,
            estimate=_estimate(shipment),
        )
    ]


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    if not entry.get("date"):
        return None
    code = clean(entry.get("code"), 20)
    when = moment(entry["date"], "the date of an event")
    return event(reading(code), when, code, clean(entry.get("label")))


def _estimate(shipment: dict[str, Any]) -> DeliveryEstimate | None:
    """``estimDate``, unless it has become the delivery itself; ``deliveryDate`` is an estimate too until the parcel has
    arrived.
    """
    printed, delivered = shipment.get("estimDate"), shipment.get("deliveryDate")
    if shipment.get("isFinal"):
        return estimate(printed) if printed != delivered else None
    return estimate(printed or delivered)
