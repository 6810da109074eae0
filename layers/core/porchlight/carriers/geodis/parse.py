"""GEODIS bodies: the search for a consignment of the client area. Times are local, in two fields."""

from typing import Any

from porchlight.bodies import (
    as_object,
    as_objects,
    clean,
    load_json,
    moment,
    only_unreadable,
    optional_day,
    optional_text,
    required_text,
)
from porchlight.carriers.geodis.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """The consignment in the answer; [] where GEODIS says that it went wrong."""
    data = as_object(load_json(body), "the body")
    content = data.get("contenu")
    if content:
        return [_report(consignment) for consignment in as_objects(content, "contenu")]
    if "ok" in data:
        return []
    raise UnreadableBodyError("no answer of the client area")


def kind(body: bytes) -> BodyKind:
    """The client area has one form for every trouble."""
    return BodyKind.NO_RESULT


def _report(consignment: dict[str, Any]) -> TrackingReport:
    entries = as_objects(consignment.get("listSuivis"), "listSuivis")
    events = tuple(found for entry in entries if (found := _event(entry)))
    day = optional_day(consignment.get("dateLivraisonPrevue"))
    return report(
        carrier="geodis",
        tracking_number=required_text(consignment.get("noSuivi"), "noSuivi", 64),
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
        estimate=DeliveryEstimate(day=day) if day else None,
    )


def _event(entry: dict[str, Any]) -> TrackingEvent | None:
    day, clock = clean(entry.get("dateSuivi"), 20), clean(entry.get("heureSuivi"), 20)
    if not day:
        return None
    code = clean(entry.get("codeSituationJustification"), 80)
    at = moment(f"{day}T{clock}" if clock else day, "dateSuivi and heureSuivi")
    place = _place(optional_text(entry.get("libelleCentre")))
    return event(reading(code), at, code, clean(entry.get("libelleSuivi")), place=place)


def _place(text: str | None) -> Place:
    """``Rochefort (FR)``; a centre without a name is a number."""
    if not text or text.isdecimal():
        return place()
    if text[-1:] == ")" and text[-4:-3] == "(":
        return place(city=text[:-4].strip() or None, country=text[-3:-1])
    return place(city=text)
