"""Answers of Canpar's add-ons service (SOAP 1.2): one barcode with its events, or all parcels of its shipment.

Times are local (``20110308 091442``); the ``time_shift`` beside them is not explained anywhere and not read. Nor are
the streets, the signature and who signed.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from porchlight.bodies import clean, load_xml, only_unreadable, optional_text, required_text, sane, xml_fields
from porchlight.carriers.canpar.statuses import reading
from porchlight.carriers.reading import event, place, report, summary
from porchlight.connectors import BodyKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@only_unreadable
def reports(body: bytes) -> list[TrackingReport]:
    """Every parcel in the answer; [] for errors."""
    root = load_xml(body)
    if next(root.iter("return"), None) is None and next(root.iter("Fault"), None) is None:
        raise UnreadableBodyError("neither an answer nor a fault of Canpar")
    return [_report(parcel) for parcel in root.iter("result") if parcel.find("barcode") is not None]


def kind(body: bytes) -> BodyKind:
    """``no_result`` for an answer that is no fault."""
    return BodyKind.NOT_TRACKING if next(load_xml(body).iter("Fault"), None) is not None else BodyKind.NO_RESULT


def _report(parcel: "Element") -> TrackingReport:
    events = tuple(found for entry in parcel.iterfind("events") if (found := _event(entry)))
    return report(
        carrier="canpar",
        tracking_number=required_text(parcel.findtext("barcode"), "barcode", 64),
        events=events,
        status=summary(events) or Milestone.UNKNOWN,
        estimate=_estimate(clean(parcel.findtext("estimated_delivery_date"), 20)),
    )


def _event(entry: "Element") -> TrackingEvent | None:
    fields = xml_fields(entry)
    when = clean(fields.get("local_date_time"), 40)
    if not when:
        return None
    code, words = clean(fields.get("code"), 20), clean(fields.get("code_description_en"))
    found = reading(code, words)
    given = entry.find("address")
    address = xml_fields(given) if given is not None else fields
    where = place(
        city=optional_text(address.get("city")),
        region=optional_text(address.get("province")),
        postal_code=optional_text(address.get("postal_code")),
        country=optional_text(address.get("country")),
    )
    return event(found, _moment(when), code, words, place=where)


def _moment(text: str) -> datetime:
    day, _, clock = text.partition(" ")
    try:
        return sane(datetime.fromisoformat(f"{day}T{clock or '000000'}"), "the time of an event")
    except ValueError:
        raise UnreadableBodyError("the time of an event is not a date and time") from None


def _estimate(text: str) -> DeliveryEstimate | None:
    try:
        return DeliveryEstimate(day=_moment(text).date()) if text else None
    except UnreadableBodyError:
        return None
