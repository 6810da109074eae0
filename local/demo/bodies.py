"""Bodies in the shapes that carriers and stores send, with invented parcels and people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from local.demo.signing import compact

UPS_CODES = {
    "label": ("M", "MP", "003", "Shipper created a label, UPS has not received the package yet."),
    "accepted": ("I", "OR", "005", "Origin Scan"),
    "moving": ("I", "AR", "005", "Arrived at Facility"),
    "out": ("I", "OT", "021", "Out For Delivery Today"),
    "delivered": ("D", "FS", "011", "DELIVERED"),
}
USPS_CODES = {
    "accepted": ("03", "Accepted at USPS Origin Facility"),
    "moving": ("10", "Arrived at USPS Regional Facility"),
    "out": ("OF", "Out for Delivery"),
    "delivered": ("01", "Delivered, In/At Mailbox"),
}
EASYPOST_CODES = {
    "label": ("pre_transit", "label_created", "Shipping Label Created"),
    "accepted": ("in_transit", "received_at_origin_facility", "Received at origin facility"),
    "moving": ("in_transit", "arrived_at_facility", "Arrived at facility"),
    "out": ("out_for_delivery", "out_for_delivery", "Out for delivery"),
    "attempted": ("failure", "delivery_exception", "Delivery attempted, no access to the address"),
    "pickup": ("available_for_pickup", "arrived_at_pickup_location", "Ready for pickup at the parcel shop"),
    "address": ("failure", "address_correction", "The delivery address needs correction"),
    "delivered": ("delivered", "arrived_at_destination", "Delivered"),
}
MILLRACE_CODES = {
    "accepted": ("PICK", None, "Collected from shop"),
    "out": ("VAN", None, "On the van"),
    "gate": ("GATE", "7", "Gate code used"),
}
"""Of the courier that Larkspur declares; it lists no GATE."""


@dataclass(frozen=True)
class Scan:
    """One thing that happened to a parcel. ``what`` is a key of the carrier's codes above."""

    what: str
    at: datetime
    city: str
    region: str = ""
    country: str = "US"
    postal_code: str = ""
    zone: str = "America/Los_Angeles"

    @property
    def local(self) -> datetime:
        """The wall clock at the place."""
        return self.at.astimezone(ZoneInfo(self.zone))


def ups(number: str, scan: Scan) -> bytes:
    """One Track Alert push: one event."""
    kind, code, status, text = UPS_CODES[scan.what]
    body = {
        "trackingNumber": number,
        "localActivityDate": f"{scan.local:%Y%m%d}",
        "localActivityTime": f"{scan.local:%H%M%S}",
        "gmtActivityDate": f"{scan.at:%Y%m%d}",
        "gmtActivityTime": f"{scan.at:%H%M%S}",
        "activityLocation": {
            "city": scan.city.upper(),
            "stateProvince": scan.region,
            "postalCode": scan.postal_code,
            "country": scan.country,
        },
        "activityStatus": {"type": kind, "code": code, "description": text, "descriptionCode": status},
    }
    return compact(body)


def usps(number: str, scans: Sequence[Scan], due: datetime | None = None) -> dict[str, Any]:
    """A mail piece with its history, newest first."""
    events = []
    for scan in sorted(scans, key=lambda scan: scan.at, reverse=True):
        code, text = USPS_CODES[scan.what]
        offset = scan.local.strftime("%z")
        events.append(
            {
                "eventType": text,
                "eventTimestamp": f"{scan.local:%Y-%m-%dT%H:%M:%S}",
                "GMTTimestamp": f"{scan.at:%Y-%m-%dT%H:%M:%S}Z",
                "GMTOffset": f"{offset[:3]}:{offset[3:]}",
                "eventCity": scan.city.upper(),
                "eventState": scan.region,
                "eventZIP": scan.postal_code,
                "eventCountry": None,
                "eventCode": code,
            }
        )
    piece = {"trackingNumber": number, "trackingEvents": events}
    return piece | ({"expectedDeliveryTimeStamp": f"{due:%Y-%m-%d}T00:00:00"} if due else {})


def easypost(number: str, carrier: str, scans: Sequence[Scan], due: datetime | None = None) -> bytes:
    """A tracker.updated event: the whole history each time."""
    details = []
    for scan in scans:
        status, detail, text = EASYPOST_CODES[scan.what]
        details.append(
            {
                "object": "TrackingDetail",
                "message": text,
                "status": status,
                "status_detail": detail,
                "datetime": f"{scan.at:%Y-%m-%dT%H:%M:%S}Z",
                "source": carrier,
                "tracking_location": {
                    "object": "TrackingLocation",
                    "city": scan.city,
                    "state": scan.region or None,
                    "country": scan.country,
                    "zip": scan.postal_code or None,
                },
            }
        )
    latest = EASYPOST_CODES[max(scans, key=lambda scan: scan.at).what]
    tracker = {
        "object": "Tracker",
        "id": f"trk_{number}",
        "tracking_code": number,
        "carrier": carrier,
        "status": latest[0],
        "status_detail": latest[1],
        "created_at": f"{scans[0].at:%Y-%m-%dT%H:%M:%S}Z",
        "est_delivery_date": f"{due:%Y-%m-%d}T00:00:00Z" if due else None,
        "tracking_details": details,
    }
    return compact({"object": "Event", "description": "tracker.updated", "mode": "production", "result": tracker})


def millrace(number: str, scans: Sequence[Scan]) -> bytes:
    """A push of Millrace Couriers (brand/larkspur/carriers): one parcel with its scans, in Portland's time."""
    told: list[dict[str, Any]] = []
    for scan in scans:
        code, more, text = MILLRACE_CODES[scan.what]
        when = {"day": f"{scan.local:%m/%d/%Y}", "clock": f"{scan.local:%H:%M}"}
        depot = {"town": scan.city, "state": scan.region}
        told.append({"code": code, "sub": more, **when, "note": text, "depot": depot})
    return compact({"kind": "tracking", "consignments": [{"barcode": number, "scans": told}]})


def shopify_fulfillment(order_id: int, carrier: str, number: str, at: datetime) -> bytes:
    """A fulfilment with one parcel."""
    body = {
        "id": order_id * 10,
        "order_id": order_id,
        "status": "success",
        "created_at": at.isoformat(),
        "updated_at": at.isoformat(),
        "tracking_company": carrier,
        "tracking_number": number,
        "tracking_numbers": [number],
        "line_items": [],
    }
    return compact(body)


def shopify(
    order_id: int,
    number: str,
    name: str,
    email: str,
    lines: Sequence[tuple[str, str]],
    at: datetime,
    *,
    tags: str = "",
    postal_code: str = "97205",
) -> bytes:
    """A new order of ``lines`` (title, price), one of each."""
    first, _, last = name.partition(" ")
    total = sum(float(price) for _, price in lines)
    order = {
        "id": order_id,
        "name": number,
        "created_at": at.isoformat(),
        "updated_at": at.isoformat(),
        "cancelled_at": None,
        "currency": "USD",
        "total_price": f"{total:.2f}",
        "financial_status": "paid",
        "fulfillment_status": None,
        "email": email,
        "customer_locale": "en-US",
        "tags": tags,
        "customer": {"id": order_id * 7, "first_name": first, "last_name": last, "email": email},
        "shipping_address": {"country_code": "US", "zip": postal_code, "name": name},
        "line_items": [
            {"id": order_id * 100 + index, "sku": f"LK-{index + 1:03}", "title": title, "quantity": 1, "price": price}
            for index, (title, price) in enumerate(lines)
        ],
    }
    return compact(order)


def later(at: datetime, **delta: float) -> datetime:
    """``at`` plus a timedelta."""
    return at + timedelta(**delta)
