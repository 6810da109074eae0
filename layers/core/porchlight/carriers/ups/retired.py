"""The XML interface that UPS switched off in 2024: old answers, kept by brands, can still be read and replayed.

Local times only; the activity's type and code, no three-digit status.
"""

from typing import TYPE_CHECKING

from porchlight.bodies import load_xml, required_text, xml_text
from porchlight.carriers.reading import report, summary
from porchlight.carriers.ups.parse import about_the_number, activity_event, day_of, moment_of, with_offset
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def reports(body: bytes) -> list[TrackingReport]:
    """Every package of every shipment in a ``TrackResponse``."""
    return [
        _package(package, shipment)
        for shipment in _response(body).findall("Shipment")
        for package in shipment.findall("Package")
    ]


def not_found(body: bytes) -> bool:
    """True if the answer's error is about the number."""
    return about_the_number(xml_text(_response(body), "Response/Error/ErrorCode"))


def _response(body: bytes) -> "Element":
    root = load_xml(body)
    found = root if root.tag == "TrackResponse" else root.find(".//TrackResponse")
    if found is None:
        raise UnreadableBodyError("no TrackResponse")
    return found


def _package(package: "Element", shipment: "Element") -> TrackingReport:
    number = xml_text(package, "TrackingNumber", 65) or xml_text(shipment, "ShipmentIdentificationNumber", 65)
    events = tuple(event for activity in package.findall("Activity") if (event := _event(activity)))
    status = summary(events) or Milestone.UNKNOWN
    day = day_of(xml_text(package, "RescheduledDeliveryDate") or xml_text(shipment, "ScheduledDeliveryDate"))
    return report(
        carrier="ups",
        tracking_number=required_text(number, "TrackingNumber", 64),
        events=events,
        status=status,
        estimate=DeliveryEstimate(day=day) if day and status is not Milestone.DELIVERED else None,
    )


def _event(activity: "Element") -> TrackingEvent | None:
    local = moment_of(xml_text(activity, "Date"), xml_text(activity, "Time") or "0", "Date")
    gmt = moment_of(xml_text(activity, "GMTDate"), xml_text(activity, "GMTTime"), "GMTDate")
    occurred = with_offset(local, gmt, xml_text(activity, "GMTOffset"))
    if not occurred:
        return None
    address = activity.find("ActivityLocation/Address")
    status = {
        "type": xml_text(activity, "Status/StatusType/Code"),
        "code": xml_text(activity, "Status/StatusCode/Code"),
        "description": xml_text(activity, "Status/StatusType/Description"),
    }
    where = {
        "city": xml_text(address, "City"),
        "stateProvince": xml_text(address, "StateProvinceCode"),
        "postalCode": xml_text(address, "PostalCode"),
        "countryCode": xml_text(address, "CountryCode"),
    }
    made = activity_event(occurred, status, "", where, "")
    return made.model_copy(update={"raw_codes": made.raw_codes[:2]})
