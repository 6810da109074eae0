"""Landmark Global bodies: packages with their events (XML).

Dates come as ``10/01/2025 08:00 AM`` (month first) and as ``2025-10-01 08:00:00``, without a zone and, with several
carriers on the way, not of one: a delivery may be printed earlier than the scans before it. ``TrackingNumber`` is the
last carrier's, the one that shops are told; Landmark's own (LTN...) stands beside it.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from porchlight.bodies import (
    clean,
    load_xml,
    moment,
    only_unreadable,
    required_text,
    us_moment,
    xml_children,
    xml_fields,
)
from porchlight.carriers.landmark.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every package in the answer; [] for errors."""
    return [_report(package) for package in _packages(load_xml(body))]


def kind(body: bytes) -> BodyKind:
    """Errors about the reference or about nothing in particular say that the number is not known; the others are about
    the account.
    """
    codes = {clean(error.findtext("ErrorCode")).lower() for error in load_xml(body).iter("Error")}
    about_us = {"login", "user", "username", "password", "clientid", "api"}
    return BodyKind.NOT_TRACKING if codes & about_us else BodyKind.NO_RESULT


def _packages(root: "Element") -> "list[Element]":
    found = list(root.iter("Package"))
    if not found and root.tag != "TrackResponse":
        raise UnreadableBodyError("no answer of the Track API")
    return found


def _report(package: "Element") -> TrackingReport:
    events = tuple(found for entry in xml_children(package, "Events", "Event") if (found := _event(xml_fields(entry))))
    number = clean(package.findtext("TrackingNumber"), 65) or package.findtext("LandmarkTrackingNumber")
    return report(
        carrier="landmark",
        tracking_number=required_text(number, "TrackingNumber", 64),
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
    )


def _event(fields: dict[str, str]) -> TrackingEvent | None:
    at = clean(fields.get("DateTime"), 60)
    if not at:
        return None
    code, text = clean(fields.get("EventCode"), 20), clean(fields.get("Status"))
    where = _place(clean(fields.get("Location"), 200))
    return event(reading(code, text), _moment(at), code or text[:80], text, place=where)


def _moment(text: str) -> datetime:
    return us_moment(text, "DateTime") if "/" in text else moment(text, "DateTime")


def _place(text: str) -> Place:
    """``Toronto, ON, CA``, ``Lyon, FR``, ``Feltham, SRY``: what a second part alone is, nobody says."""
    city, _, rest = text.partition(",")
    region, _, country = rest.partition(",")
    return place(city=city.strip() or None, region=region.strip() or None, country=country.strip() or None)
