"""Carriers that must be asked, pretended: FedEx (OAuth, thirty numbers a call), DHL Unified (pushes when it has been
told to, after a handshake) and Canada Post (XML). They know the parcels that somebody tells them of, up to an instant.

They stand outside of Porchlight, mounted into the front door; accounts lead here by their ``base_url``.
"""

import json
import secrets
import threading
import urllib.error
import urllib.request
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from local.demo.bodies import Scan
from local.demo.signing import JSON, compact
from local.front import Request, Response

FEDEX = {
    "label": ("OC", "IN", "Shipment information sent to FedEx"),
    "accepted": ("PU", "PU", "Picked up"),
    "moving": ("AR", "IT", "Arrived at FedEx location"),
    "out": ("OD", "IT", "On FedEx vehicle for delivery"),
    "delivered": ("DL", "DL", "Delivered"),
}
DHL = {
    "label": ("pre-transit", "Shipment information received"),
    "accepted": ("transit", "Shipment picked up"),
    "moving": ("transit", "Arrived at DHL facility"),
    "out": ("transit", "Shipment is out with courier for delivery"),
    "delivered": ("delivered", "Delivered"),
}
CANADA_POST = {
    "label": ("3000", "Electronic information submitted by shipper"),
    "accepted": ("1301", "Item picked up by Canada Post"),
    "moving": ("0100", "Item processed"),
    "out": ("0174", "Item out for delivery"),
    "delivered": ("1408", "Item successfully delivered"),
}


@dataclass
class Subscription:
    """What DHL was told to push, and where to."""

    numbers: tuple[str, ...]
    callback: str
    header: tuple[str, str]
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    has_asked: bool = False
    """DHL's question whether it is meant was taken."""
    active: bool = False


class CarrierDesk:
    """Mounted into the front door. ``scans``: what happened to a number; ``trouble``: how a carrier answers instead."""

    PREFIX: ClassVar[str] = "/demo/carriers"

    def __init__(self, front_url: str) -> None:
        self.base = front_url + self.PREFIX
        self.scans: dict[str, list[Scan]] = {}
        self.due: dict[str, datetime] = {}
        """When DHL expects to deliver a number."""
        self.known_until: datetime | None = None
        """Scans after this have not happened yet; None: all have."""
        self.trouble: dict[str, int] = {}
        self.asked: dict[str, list[str]] = defaultdict(list)
        """By carrier, the numbers it was asked about, one after the other."""
        self.calls: dict[str, int] = defaultdict(int)
        self.subscriptions: dict[str, Subscription] = {}
        self.accepted = 0
        """How many of our pushes were taken."""
        self._tokens: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Response:
        """One request to one of the carriers."""
        carrier, _, path = request.path.removeprefix(f"{self.PREFIX}/").partition("/")
        with self._lock:
            self.calls[carrier] += 1
            if status := self.trouble.get(carrier):
                return Response(status)
            if carrier == "fedex":
                return self._fedex(path, request)
            if carrier == "dhl_unified":
                return self._dhl(path, request)
            return self._canada_post(path)

    # ------------------------------------------------------------------------------------------------------------ FedEx
    def _fedex(self, path: str, request: Request) -> Response:
        if path == "oauth/token":
            token = secrets.token_urlsafe(12)
            self._tokens.add(token)
            return Response.json({"access_token": token, "token_type": "bearer", "expires_in": 3599})
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return Response.json({"errors": [{"code": "NOT.AUTHORIZED.ERROR"}]}, 401)
        told = json.loads(request.body)["trackingInfo"]
        numbers = [entry["trackingNumberInfo"]["trackingNumber"] for entry in told]
        self.asked["fedex"] += numbers
        found = [{"trackingNumber": number, "trackResults": [self._fedex_result(number)]} for number in numbers]
        return Response.json({"transactionId": secrets.token_hex(8), "output": {"completeTrackResults": found}})

    def _fedex_result(self, number: str) -> dict[str, Any]:
        result: dict[str, Any] = {"trackingNumberInfo": {"trackingNumber": number}}
        if not (scans := self._newest_first(number)):
            missing = {"code": "TRACKING.TRACKINGNUMBER.NOTFOUND", "message": "Tracking number cannot be found."}
            return {**result, "error": missing}
        events = []
        for scan in scans:
            code, derived, text = FEDEX[scan.what]
            place = {"city": scan.city.upper(), "countryCode": scan.country}
            event = {"date": scan.local.isoformat(), "eventType": code, "eventDescription": text}
            events.append({**event, "derivedStatusCode": derived, "exceptionCode": "", "scanLocation": place})
        return {**result, "scanEvents": events}

    # -------------------------------------------------------------------------------------------------------------- DHL
    def _dhl(self, path: str, request: Request) -> Response:
        if path == "track/shipments":
            number = request.query["trackingNumber"][0]
            self.asked["dhl_unified"].append(number)
            if not self._newest_first(number):
                return Response.json({"title": "No result found", "status": 404}, 404)
            return Response.json({"shipments": [self._dhl_shipment(number)]})
        before, _, last = path.rpartition("/")
        if path == "tracking/push/v1/subscription":
            told = json.loads(request.body)
            proof = told["hook"]["authentication"]
            made = Subscription(tuple(told["shipmentIDs"]), told["hook"]["uri"], (proof["header"], proof["token"]))
            name = secrets.token_hex(8)
            self.subscriptions[name] = made
            threading.Thread(target=self._ask_back, args=(made, self._address(name)), daemon=True).start()
            return Response.json({"self": self._address(name)}, 201)
        if before.endswith("subscription") and last in self.subscriptions:
            made = self.subscriptions[last]
            if request.headers.get("dhl-api-hook-secret") != made.secret:
                return Response(401)
            made.active = True
            return Response.json({"status": "active"})
        return Response(404)

    def _ask_back(self, made: Subscription, address: str) -> None:
        question = {"scope": "subscription.validate", "secret": made.secret, "self": address}
        made.has_asked = self._tell(made, question) == 202

    def _address(self, name: str) -> str:
        return f"{self.base}/dhl_unified/tracking/push/v1/subscription/{name}"

    def _dhl_shipment(self, number: str) -> dict[str, Any]:
        events = []
        for scan in self._newest_first(number):
            code, text = DHL[scan.what]
            place = {"address": {"countryCode": scan.country, "addressLocality": scan.city.upper()}}
            event = {"timestamp": scan.local.isoformat(), "statusCode": code, "description": text}
            events.append({**event, "location": place})
        shipment = {"id": number, "service": "express", "status": events[0], "events": events}
        due = self.due.get(number)
        return shipment | ({"estimatedTimeOfDelivery": f"{due:%Y-%m-%d}"} if due else {})

    def push_dhl(self, number: str) -> int:
        """DHL tells of the latest scan to whoever has subscribed and shaken hands; how many were told."""
        shipment = self._dhl_shipment(number)
        latest = {name: value for name, value in shipment.items() if name != "events"}
        told = [one for one in self.subscribed(number) if one.active]
        return sum(self._tell(one, {"scope": "subscription.push", "shipments": [latest]}) == 202 for one in told)

    def subscribed(self, number: str) -> list[Subscription]:
        """The subscriptions of a parcel at DHL."""
        return [one for one in list(self.subscriptions.values()) if number in one.numbers]

    def _tell(self, subscription: Subscription, body: dict[str, Any]) -> int:
        headers = {**JSON, subscription.header[0]: subscription.header[1]}
        request = urllib.request.Request(subscription.callback, compact(body), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.accepted += answer.status == 202
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    # ------------------------------------------------------------------------------------------------------ Canada Post
    def _canada_post(self, path: str) -> Response:
        number = path.split("/")[3]
        self.asked["canada_post"].append(number)
        xml = [("Content-Type", "application/vnd.cpc.track-v2+xml")]
        space = 'xmlns="http://www.canadapost.ca/ws/track"'
        if not (scans := self._newest_first(number)):
            message = "<message><code>004</code><description>No Pin History</description></message>"
            said = f"<messages {space}>{message}</messages>"
            return Response(404, said.encode(), xml)
        events = []
        for scan in scans:
            code, text = CANADA_POST[scan.what]
            events.append(
                f"<occurrence><event-identifier>{code}</event-identifier><event-date>{scan.local:%Y-%m-%d}</event-date>"
                f"<event-time>{scan.local:%H:%M:%S}</event-time><event-time-zone>EST</event-time-zone>"
                f"<event-description>{text}</event-description><event-site>{scan.city.upper()}</event-site>"
                f"<event-province>{scan.region}</event-province></occurrence>"
            )
        said = f"<tracking-detail {space}><pin>{number}</pin><significant-events>{''.join(events)}</significant-events>"
        return Response(200, f"{said}</tracking-detail>".encode(), xml)

    def _newest_first(self, number: str) -> list[Scan]:
        until = self.known_until
        known = [scan for scan in self.scans.get(number, ()) if until is None or scan.at <= until]
        return sorted(known, key=lambda scan: scan.at, reverse=True)
