"""Canada Post's answers: details of one parcel, summaries of one or several, or messages (errors).

Times: local with the abbreviation of a zone beside them, read as a fixed offset (EST is -05:00 in July too: it is what
they print; CSTNO and its like are zones without a summer time). No abbreviation, or one that names no offset
("ISRAEL"), leaves the time local. Signatories are never read.
"""

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from porchlight.bodies import clean, load_xml, only_unreadable, optional_day, required_text, sane, xml_fields
from porchlight.carriers.canada_post.statuses import reading, summary_reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_HOURS = {
    "NST": -3.5,
    "NDT": -2.5,
    "AST": -4,
    "ASTNO": -4,
    "ADT": -3,
    "EST": -5,
    "ESTNO": -5,
    "EDT": -4,
    "CST": -6,
    "CSTNO": -6,
    "CDT": -5,
    "MST": -7,
    "MSTNO": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "GMT": 0,
    "UTC": 0,
}
_ZONES = {name: timezone(timedelta(hours=hours)) for name, hours in _HOURS.items()}
_PROVINCES = frozenset("AB BC MB NB NL NS NT NU ON PE QC SK YT".split())
_NOTHING_YET = frozenset({"004", "4"})
"""Message code: there is no history of this PIN."""


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every parcel in the answer; [] for messages."""
    root = load_xml(body)
    found = [_details(element) for element in root.iter("tracking-detail")]
    found += [_summary(element) for element in root.iter("pin-summary")]
    if not found and next(root.iter("messages"), None) is None and next(root.iter("tracking-summary"), None) is None:
        raise UnreadableBodyError("neither a parcel nor a message of Canada Post")
    return found


def kind(body: bytes) -> BodyKind:
    """``no_result`` for "no history"; other messages (a refused login) say nothing about a parcel."""
    codes = {clean(code.text) for code in load_xml(body).iter("code")}
    return BodyKind.NO_RESULT if not codes or codes & _NOTHING_YET else BodyKind.NOT_TRACKING


def _details(element: "Element") -> TrackingReport:
    fields = xml_fields(element)
    events = tuple(found for occurrence in element.iter("occurrence") if (found := _event(xml_fields(occurrence))))
    return report(
        carrier="canada_post",
        tracking_number=required_text(fields.get("pin"), "pin", 64),
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
        estimate=_estimate(fields.get("changed-expected-date") or fields.get("expected-delivery-date")),
    )


def _event(fields: dict[str, str]) -> TrackingEvent | None:
    day = clean(fields.get("event-date"), 20)
    if not day:
        return None
    local = _moment(f"{day}T{clean(fields.get('event-time'), 20) or '00:00:00'}")
    code, text = clean(fields.get("event-identifier"), 20), clean(fields.get("event-description"))
    when = local.replace(tzinfo=_ZONES.get(clean(fields.get("event-time-zone"), 20).upper()))
    place = _place(clean(fields.get("event-site"), 200), clean(fields.get("event-province"), 200))
    return event(reading(code, text), when, code, text, place=place)


def _summary(element: "Element") -> TrackingReport:
    """The latest event, and what the dates beside it say: a delivery stays one when a signature is its latest news."""
    fields = xml_fields(element)
    stamp = clean(fields.get("event-date-time"), 20)
    events: tuple[TrackingEvent, ...] = ()
    if stamp:
        code, text = clean(fields.get("event-type"), 20), clean(fields.get("event-description"))
        site, _, province = clean(fields.get("event-location"), 200).rpartition(", ")
        place = _place(site, province) if site else _place(province, "")
        events = (event(summary_reading(code, text), _moment(stamp.replace(":", "T", 1)), code, text, place=place),)
    status = summary(events)
    if status not in (Milestone.RETURN_IN_TRANSIT, Milestone.RETURNED_TO_SENDER) and fields.get("actual-delivery-date"):
        status = Milestone.DELIVERED
    return report(
        carrier="canada_post",
        tracking_number=required_text(fields.get("pin"), "pin", 64),
        events=events,
        status=status or Milestone.UNKNOWN,
        estimate=_estimate(fields.get("expected-delivery-date")),
    )


def _place(site: str, province: str) -> Place:
    """A province says that it is Canada; elsewhere the site may ("TEL AVIV,Israel"), and is kept as it stands."""
    return place(city=site or None, region=province or None, country="CA" if province in _PROVINCES else None)


def _moment(text: str) -> datetime:
    try:
        return sane(datetime.fromisoformat(text), "the time of an event")
    except ValueError:
        raise UnreadableBodyError("the time of an event is not a date and time") from None


def _estimate(text: str | None) -> DeliveryEstimate | None:
    day = optional_day(text)
    return DeliveryEstimate(day=day) if day else None
