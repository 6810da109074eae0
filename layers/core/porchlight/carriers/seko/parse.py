"""SEKO bodies: a list of consignments with their events. Times are local to each scan, in whichever country."""

from typing import Any

from porchlight.bodies import (
    as_objects,
    clean,
    load_json,
    moment,
    only_unreadable,
    required_text,
)
from porchlight.carriers.reading import event, place, report, summary
from porchlight.carriers.seko.statuses import reading
from porchlight.connectors import BodyKind
from porchlight.domain.events import Place, TrackingEvent, TrackingReport
from porchlight.errors import UnreadableBodyError

_ERRORS = frozenset({"Errors", "Error", "ValidationErrors", "Rejected"})


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every consignment in the answer; [] for errors."""
    data = load_json(body)
    if isinstance(data, dict) and "ConsignmentNo" not in data:
        if _ERRORS & data.keys():
            return []
        raise UnreadableBodyError("no consignment")
    if not isinstance(data, dict | list):
        raise UnreadableBodyError("no list of consignments")
    return [_report(consignment) for consignment in as_objects(data, "the list of consignments")]


def kind(body: bytes) -> BodyKind:
    """An empty list knows none of the numbers; an object of errors is about the request."""
    return BodyKind.NO_RESULT if isinstance(load_json(body), list) else BodyKind.NOT_TRACKING


def _report(consignment: dict[str, Any]) -> TrackingReport:
    events = tuple(found for entry in as_objects(consignment.get("Events"), "Events") if (found := _event(entry)))
    return report(
        carrier="seko",
        tracking_number=required_text(consignment.get("ConsignmentNo"), "ConsignmentNo", 64),
        events=events,
        status=summary(events) or reading("", clean(consignment.get("Status"), 80)).milestone,
    )


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    if not entry.get("EventDT"):
        return None
    code, theirs = clean(entry.get("OmniCode"), 20), clean(entry.get("Code"), 80)
    at = moment(entry["EventDT"], "EventDT")
    place = _place(clean(entry.get("Location"), 200))
    words = clean(entry.get("Description"))
    return event(reading(code, words), at, code or theirs, words, (code, theirs), place)


def _place(text: str) -> Place:
    """``LONDON,EGHAM,GB``, ``Essen, DE``, ``NL``: the country is two letters at the end."""
    rest, _, last = text.rpartition(",")
    country = last.strip()
    if len(country) != 2 or not country.isupper():
        rest, country = text, ""
    return place(city=rest.partition(",")[0].strip() or None, country=country or None)
