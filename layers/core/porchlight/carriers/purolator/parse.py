"""Answers of Purolator's tracking service (SOAP): parcels with their scans, latest first as a rule.

Times are local, digits only (``172300``). Depots are ``CITY, PROVINCE``. Who signed (``ScanDetails``) is not read.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from porchlight.bodies import clean, load_xml, only_unreadable, required_text, sane, xml_fields
from porchlight.carriers.purolator.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_COMPANY = "PUROLATOR"
"""The "depot" of scans that happen in a computer."""


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every parcel in the answer. A PIN without scans is a report without events; [] for faults."""
    root = load_xml(body)
    if next(root.iter("ResponseInformation"), None) is None and next(root.iter("Fault"), None) is None:
        raise UnreadableBodyError("neither an answer nor a fault of Purolator")
    return [_report(parcel) for parcel in root.iter("TrackingInformation")]


def kind(body: bytes) -> BodyKind:
    """``no_result`` for an answer that is no fault."""
    return BodyKind.NOT_TRACKING if next(load_xml(body).iter("Fault"), None) is not None else BodyKind.NO_RESULT


def _report(parcel: "Element") -> TrackingReport:
    events = tuple(found for scan in parcel.iter("Scan") if (found := _event(scan)))
    return report(
        carrier="purolator",
        tracking_number=required_text(parcel.findtext("PIN/Value"), "PIN", 64),
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
    )


def _event(scan: "Element") -> TrackingEvent | None:
    fields = xml_fields(scan)
    day, clock = clean(fields.get("ScanDate"), 20), clean(fields.get("ScanTime"), 20).replace(":", "")
    if not day:
        return None
    code, text = clean(fields.get("ScanType"), 40), clean(fields.get("Description"))
    found = reading(code, text)
    place = _place(clean(scan.findtext("Depot/Name"), 200))
    return event(found, _moment(day, clock), code, text, (code, text), place)


def _moment(day: str, clock: str) -> datetime:
    try:
        return sane(datetime.fromisoformat(f"{day}T{clock.zfill(6)}"), "the time of a scan")
    except ValueError:
        raise UnreadableBodyError("the time of a scan is not a date and time") from None


def _place(depot: str) -> Place:
    """``BURNABY, BC``; the two languages of "MONTREAL SORT CTR/CTR TRIE, PQ" are kept as they stand."""
    if depot.upper() == _COMPANY:
        return place()
    city, _, province = depot.rpartition(", ")
    return place(city=city, region=province, country="CA") if city else place(city=depot or None)
