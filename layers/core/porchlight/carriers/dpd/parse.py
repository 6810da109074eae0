"""DPD bodies: the answer of ParcelLifeCycleService 2.0 (SOAP), and the public parcel life cycle (JSON).

The service does not repeat the number that was asked for. Dates are text for people, in the style of the language that
was asked for: month first in English (``8/17/2021 7:11:26 PM``), day first elsewhere (``17.08.2021, 19:11``); local
time, no zone.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from porchlight.bodies import (
    as_object,
    as_objects,
    clean,
    load_json,
    load_xml,
    moment,
    only_unreadable,
    optional_object,
    required_text,
    us_moment,
    xml_children,
    xml_text,
)
from porchlight.carriers.dpd.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """The parcel in the answer; [] for a fault."""
    if body.lstrip()[:1] == b"{":
        return _public(body)
    root = load_xml(body)
    found = [_report(_entries(result), "") for result in root.iter("trackingresult")]
    if not found and not _fault(root):
        raise UnreadableBodyError("no tracking result")
    return found


def kind(body: bytes) -> BodyKind:
    """The service's own faults say that it does not know the number; others are about the account."""
    if body.lstrip()[:1] == b"{" or next(load_xml(body).iter("faults"), None) is not None:
        return BodyKind.NO_RESULT
    return BodyKind.NOT_TRACKING


def _fault(root: "Element") -> bool:
    return any(element.tag.lower().endswith(("fault", "faults")) for element in root.iter())


def _entries(result: "Element") -> Iterator[tuple[str, str, str, str]]:
    """Status, date, place and words of what has happened, in the order of the answer."""
    for info in result:
        if info.tag not in ("shipmentInfo", "statusInfo") or info.findtext("statusHasBeenReached") == "false":
            continue
        words = " ".join(clean(line.findtext("content")) for line in xml_children(info, "description", "content"))
        date, where = xml_text(info.find("date"), "content", 60), xml_text(info.find("location"), "content", 200)
        yield clean(info.findtext("status"), 80), date, where, clean(words)


def _public(body: bytes) -> list[TrackingReport]:
    data = as_object(load_json(body), "the body")
    cycle = as_object(data.get("parcellifecycleResponse"), "parcellifecycleResponse").get("parcelLifeCycleData")
    if not cycle:
        return []
    cycle = as_object(cycle, "parcelLifeCycleData")
    number = optional_object(cycle.get("shipmentInfo")).get("parcelLabelNumber")
    return [_report(_phases(cycle.get("statusInfo")), required_text(number, "parcelLabelNumber", 64))]


def _phases(infos: Any) -> Iterator[tuple[str, str, str, str]]:
    for info in as_objects(infos, "statusInfo"):
        if info.get("statusHasBeenReached") is False:
            continue
        lines = optional_object(info.get("description")).get("content")
        words = (clean(line) for line in lines) if isinstance(lines, list) else ()
        date, place = clean(info.get("date"), 60), clean(info.get("location"), 200)
        yield clean(info.get("status"), 80), date, place, clean(" ".join(words))


def _report(entries: Iterable[tuple[str, str, str, str]], number: str) -> TrackingReport:
    events: list[TrackingEvent] = []
    for status, date, where, text in entries:
        if date:
            events.append(event(reading(status, text), _moment(date), status, text, place=_place(where)))
    return report(
        carrier="dpd", tracking_number=number, events=tuple(events), status=summary(events) or Milestone.UNKNOWN
    )


def _moment(text: str) -> datetime:
    if "/" in text:
        return us_moment(text.replace(",", ""), "a date")
    day, _, clock = text.replace(",", "").partition(" ")
    for mark in ".-":
        parts = day.split(mark)
        if len(parts) == 3 and len(parts[2]) == 4:
            day = f"{parts[2]}-{parts[1].zfill(2)}-{parts[0].zfill(2)}"
    clock = f"0{clock}" if clock[1:2] == ":" else clock
    return moment(f"{day} {clock}" if clock else day, "a date")


def _place(text: str) -> Place:
    """``Mechelen (BE)``."""
    if text[-1:] == ")" and text[-4:-3] == "(":
        return place(city=text[:-4].strip() or None, country=text[-3:-1])
    return place(city=text or None)
