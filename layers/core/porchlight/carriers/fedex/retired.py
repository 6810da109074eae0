"""The SOAP interface that FedEx has switched off (``TrackReply``, versions 5 to 19): old answers, kept by brands, can
still be read and replayed. Their track results become what the Track API would say.
"""

from typing import TYPE_CHECKING, Any

from porchlight.bodies import load_xml, xml_children, xml_fields, xml_text
from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NOT_FOUND = frozenset({"5508", "6035", "9040", "9045", "9080"})
"""Notifications about the number: unknown (yet), or none of FedEx's."""


def results(body: bytes) -> list[dict[str, Any]]:
    """Every ``TrackDetails`` that has a number, in the form of a track result."""
    return [_result(details) for details in _reply(body).iter("TrackDetails") if xml_text(details, "TrackingNumber")]


def not_found(body: bytes) -> bool:
    """True if the reply says that FedEx does not know the number."""
    return any(code.text in _NOT_FOUND for code in _reply(body).iter("Code"))


def _reply(body: bytes) -> "Element":
    reply = next(load_xml(body).iter("TrackReply"), None)
    if reply is None:
        raise UnreadableBodyError("no TrackReply")
    return reply


def _result(details: "Element") -> dict[str, Any]:
    fields = xml_fields(details)
    status = next(iter(xml_children(details, "StatusDetail")), None)
    told = xml_fields(status) if status is not None else {}
    return {
        "trackingNumber": fields["TrackingNumber"],
        "latestStatusDetail": {
            "code": told.get("Code") or fields.get("StatusCode"),
            "ancillaryDetails": [{"reason": xml_text(status, "AncillaryDetails/Reason")}],
        },
        "dateAndTimes": [
            {"type": "ESTIMATED_DELIVERY", "dateTime": fields.get("EstimatedDeliveryTimestamp")},
            {"type": "APPOINTMENT_DELIVERY", "dateTime": fields.get("AppointmentDeliveryTimestamp")},
            *(
                {"type": xml_text(entry, "Type"), "dateTime": xml_text(entry, "DateOrTimestamp")}
                for entry in xml_children(details, "DatesOrTimes")
            ),
        ],
        "scanEvents": [_scan(event) for event in xml_children(details, "Events")],
    }


def _scan(event: "Element") -> dict[str, Any]:
    fields = xml_fields(event)
    address = next(iter(xml_children(event, "Address")), None)
    where = xml_fields(address) if address is not None else {}
    return {
        "date": fields.get("Timestamp"),
        "eventType": fields.get("EventType"),
        "eventDescription": fields.get("EventDescription"),
        "exceptionCode": fields.get("StatusExceptionCode"),
        "exceptionDescription": fields.get("StatusExceptionDescription"),
        "scanLocation": {
            "city": where.get("City"),
            "stateOrProvinceCode": where.get("StateOrProvinceCode"),
            "postalCode": where.get("PostalCode"),
            "countryCode": where.get("CountryCode"),
        },
    }
