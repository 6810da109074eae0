"""Sends what the story says, as the senders would: signed with their own keys, over HTTP, with their habits."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from local.demo import bodies, returning, shoppers, signing
from local.demo.people import ORDERS, Customer
from local.demo.story import Act
from local.demo.waiting import StoryError, awaited
from local.running import Answer, Running
from porchlight.domain import ids
from porchlight.domain.carriers import carrier_id
from porchlight.domain.milestones import Milestone
from porchlight.errors import ConflictError

_DESTINATIONS = {
    "NO": {"country": "NO", "postal_prefix": "501", "zone": "Europe/Oslo"},
    "DE": {"country": "DE", "postal_prefix": "201", "zone": "Europe/Berlin"},
}


@dataclass
class Traffic:
    """The senders."""

    running: Running
    answers: Counter[str] = field(default_factory=Counter)
    """What the front door said to webhooks: ``accepted``, ``refused``, ``unknown``."""
    returns: dict[str, str] = field(default_factory=dict)
    decided: dict[str, str] = field(default_factory=dict)
    """Cases that a person decided, by whose parcel it is."""
    surprises: list[str] = field(default_factory=list)
    _bearer: str = ""
    _bearer_ends: datetime = datetime(2000, 1, 1, tzinfo=UTC)

    def play(self, act: Act) -> None:
        """Send one act, as often as its sender repeats itself."""
        if known := (shoppers.PLAYERS | returning.PLAYERS).get(act.kind):
            known(self, act)
            return
        player: Callable[[Act], None] = getattr(self, f"_{act.kind}")
        for _ in range(act.times):
            player(act)

    # ------------------------------------------------------------------------------------------- carriers that call
    def _webhook(self, path: str, body: bytes, headers: dict[str, str], expected: int = 202) -> Answer:
        answer = self.running.send("POST", path, body, headers)
        words = {200: "accepted", 202: "accepted", 401: "refused", 404: "unknown"}
        said = words.get(answer.status, f"status {answer.status}")
        self.answers[said] += 1
        if answer.status != expected:
            self.surprises.append(f"{path} answered {answer.status}, not {expected}")
        return answer

    def _ups(self, act: Act) -> None:
        for scan in act.scans:
            self._ups_scan(ORDERS[act.about].parcel, scan)

    def _ups_scan(self, number: str, scan: bodies.Scan) -> None:
        self._webhook("/webhooks/ups", bodies.ups(number, scan), signing.ups_bearer(self._token()), 200)

    def _token(self) -> str:
        """The bearer token, fetched anew before it expires, as UPS does."""
        if self.running.now() >= self._bearer_ends:
            body, headers = signing.ups_token_request(*self.running.credentials.ups_client)
            granted = self.running.send("POST", "/oauth2/token", body, headers).json()
            self._bearer = granted["access_token"]
            self._bearer_ends = self.running.now() + timedelta(seconds=granted["expires_in"] - 60)
        return self._bearer

    def _usps(self, act: Act) -> None:
        self._usps_scans(ORDERS[act.about].parcel, act.scans, act.due)

    def _usps_scans(self, number: str, scans: Sequence[bodies.Scan], due: datetime | None = None) -> None:
        piece = bodies.usps(number, scans, due)
        body, headers = signing.usps(piece, self.running.credentials.usps, self.running.now())
        self._webhook("/webhooks/usps", body, headers)

    def _easypost(self, act: Act) -> None:
        customer = ORDERS[act.about]
        secret = self.running.credentials.easypost[customer.brand]
        for parcel in customer.parcels:
            body = bodies.easypost(parcel, customer.carrier, act.scans, act.due)
            self._webhook("/webhooks/easypost", body, signing.easypost(body, secret))

    def _millrace(self, act: Act) -> None:
        body = bodies.millrace(ORDERS[act.about].parcel, act.scans)
        headers = signing.millrace(body, self.running.credentials.millrace, self.running.now())
        self._webhook("/webhooks/millrace_couriers", body, headers)

    def _nobody_knows(self, act: Act) -> None:
        customer = ORDERS[act.about]
        carrier = carrier_id(customer.carrier)
        codes = self.running.app.codes
        awaited(
            lambda: [code for code in codes.of_brand(customer.brand) if code.source == carrier],
            f"a code of {carrier} is listed",
        )
        parcel = self.running.app.shipments.get(customer.brand, self.shipment_id(act.about))
        if parcel is None or parcel.milestone is not Milestone.OUT_FOR_DELIVERY:
            raise StoryError("a code that nobody knows was taken for something")

    # ---------------------------------------------------------------------------------------- carriers that are asked
    def minute(self) -> float:
        """How many seconds the schedules' next minute is waited for: it comes with the next jump, or by the clock."""
        return 30 if self.running.can_travel else 75

    def _scanned(self, act: Act) -> None:
        """The carrier knows, and tells nobody."""
        desk, parcel = self.running.carriers, ORDERS[act.about].parcel
        desk.scans[parcel] = list(act.scans)
        if act.due:
            desk.due[parcel] = act.due

    def _look_again(self, act: Act) -> None:
        """The parcel is due to be asked about again: where the clock cannot be moved, its pace is not waited for."""
        if self.running.can_travel:
            return

        def moved() -> bool:
            watches = self.running.app.watches
            watch = watches.get(ORDERS[act.about].brand, self.shipment_id(act.about))[1]
            if watch is None:
                return False
            try:
                watches.save(watch.model_copy(update={"due_at": self.running.now(), "version": watch.version + 1}))
            except ConflictError:  # it is being asked about right now
                return False
            return True

        awaited(moved, f"{act.about}'s parcel is watched")

    def _wants_to_know(self, act: Act) -> None:
        """DHL was told to push, and has asked whether that is meant."""
        desk, parcel = self.running.carriers, ORDERS[act.about].parcel
        awaited(
            lambda: any(one.has_asked for one in desk.subscribed(parcel)),
            f"DHL is told to push {act.about}'s parcel, and asks back",
            within=self.minute(),
        )

    def _pushed(self, act: Act) -> None:
        """DHL tells of the latest scan, once it had its answer."""
        desk, parcel = self.running.carriers, ORDERS[act.about].parcel
        awaited(
            lambda: any(one.active for one in desk.subscribed(parcel)),
            f"DHL has its answer about {act.about}'s parcel",
            within=self.minute(),
        )
        if desk.push_dhl(parcel) != 1:
            self.surprises.append(f"DHL's push about {act.about}'s parcel was not taken once")

    # ---------------------------------------------------------------------------------------------------------- stores
    def _order(self, act: Act) -> None:
        customer = ORDERS[act.about]
        placed = act.at or self.running.now()
        if customer.brand == "fjordhus":
            self._put_order(customer, placed)
            return
        body = bodies.shopify(
            customer.external_id,
            customer.number,
            customer.name,
            customer.email,
            customer.lines,
            placed,
            tags=customer.tags,
        )
        self._shopify("orders/create", body)

    def _shopify(self, topic: str, body: bytes) -> None:
        headers = signing.shopify(body, self.running.credentials.shopify, topic)
        self._webhook("/webhooks/stores/shopify", body, headers)

    def _shipped(self, act: Act) -> None:
        customer = ORDERS[act.about]
        at = act.at or self.running.now()
        body = bodies.shopify_fulfillment(customer.external_id, customer.carrier, customer.parcel, at)
        self._shopify("fulfillments/create", body)

    # -------------------------------------------------------------------------------------------- the generic order API
    def _put_order(self, customer: Customer, placed: datetime, parcel_at: datetime | None = None) -> None:
        body: dict[str, Any] = {
            "number": customer.number,
            "placed_at": placed.isoformat(),
            "updated_at": (parcel_at or placed).isoformat(),
            "currency": "EUR",
            "total": f"{sum(float(price) for _, price in customer.lines):.2f}",
            "lines": [
                {"id": str(index + 1), "title": title, "quantity": 1, "unit_price": price}
                for index, (title, price) in enumerate(customer.lines)
            ],
            "shopper": {"name": customer.name, "email": customer.email, "language": customer.language},
            "destination": _DESTINATIONS[customer.country],
        }
        if parcel_at:
            body["parcels"] = [
                {
                    "carrier": carrier_id(customer.carrier),
                    "tracking_number": parcel,
                    "shipped_at": parcel_at.isoformat(),
                }
                for parcel in customer.parcels
            ]
        answer = self.api(customer.brand, "PUT", f"/v1/orders/{customer.external_id}", body)
        if answer.status != 200:
            self.surprises.append(f"PUT /v1/orders answered {answer.status}: {answer.body[:300]!r}")
        self._placed = {**getattr(self, "_placed", {}), customer.external_id: placed}

    def _parcel(self, act: Act) -> None:
        customer = ORDERS[act.about]
        self._put_order(customer, self._placed[customer.external_id], act.at)

    def api(self, brand: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A call of Porchlight's API with a brand's key."""
        key = {"x-api-key": self.running.credentials.api_keys[brand], "content-type": "application/json"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.running.send(method, path, json.dumps(body).encode() if body else b"", key | named)

    # ------------------------------------------------------------------------------------------------ what is not right
    def _forged(self, act: Act) -> None:
        body = bodies.easypost("EZ999", "UPS", (bodies.Scan("delivered", self.running.now(), "Nowhere"),))
        self._webhook("/webhooks/easypost", body, signing.easypost(body, "not the secret"), 401)

    def _no_signature(self, act: Act) -> None:
        self._webhook("/webhooks/usps", b'{"timestamp": "now", "payload": "{}"}', dict(signing.JSON), 401)

    def _unknown_carrier(self, act: Act) -> None:
        self._webhook("/webhooks/pigeon-post", b"{}", dict(signing.JSON), 404)

    def _unreadable(self, act: Act) -> None:
        body = b'{"object": "Event", "description": "tracker.updated", "result": {"tracking_co'
        self._webhook("/webhooks/easypost", body, signing.easypost(body, self.running.credentials.easypost["larkspur"]))

    def _not_tracking(self, act: Act) -> None:
        body = signing.compact({"object": "Event", "description": "batch.created", "result": {"object": "Batch"}})
        self._webhook("/webhooks/easypost", body, signing.easypost(body, self.running.credentials.easypost["larkspur"]))

    # -------------------------------------------------------------------------------------------- shoppers, CX, returns
    def _unsubscribe(self, act: Act) -> None:
        link = self.links(act.about)["unsubscribe"]
        body = b"List-Unsubscribe=One-Click"
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = self.running.send("POST", link.removeprefix(self.running.front.url), body, headers)
        if answer.status != 200:
            self.surprises.append(f"one-click unsubscribe answered {answer.status}")

    def links(self, who: str) -> dict[str, str]:
        """The links that this shopper's emails carry."""
        from porchlight.services.links import Links

        app = self.running.app
        customer = ORDERS[who]
        order = app.orders.get(customer.brand, self.order_id(who))
        if order is None:
            raise StoryError(f"there is no order of {who}")
        return Links(app.secrets, self.running.front.url).of_order(app.brands.get(customer.brand), order)

    @staticmethod
    def order_id(who: str) -> str:
        """Porchlight's id of this shopper's order."""
        return ids.order_id(ORDERS[who].brand, str(ORDERS[who].external_id))

    @staticmethod
    def shipment_id(who: str) -> str:
        """Porchlight's id of this shopper's parcel."""
        return ids.shipment_id(ORDERS[who].brand, carrier_id(ORDERS[who].carrier), ORDERS[who].parcel)

    def _return(self, act: Act) -> None:
        customer = ORDERS[act.about]
        line = str(customer.external_id * 100)
        body = {
            "order": str(customer.external_id),
            "lines": [{"line_id": line, "quantity": 1, "reason": "too_large"}],
            **dict(act.form),
        }
        answer = self.api(
            customer.brand, "POST", "/v1/returns", body, idempotency_key=f"demo-return-{customer.external_id}"
        )
        if answer.status not in (200, 202):
            raise StoryError(f"POST /v1/returns answered {answer.status}: {answer.body[:300]!r}")
        self.returns[act.about] = answer.json()["return_id"]

    def look(self, who: str) -> dict[str, Any]:
        """This shopper's return, as the API shows it."""
        if who not in self.returns:
            raise StoryError(f"{who} has asked for no return")
        found: dict[str, Any] = self.api(ORDERS[who].brand, "GET", f"/v1/returns/{self.returns[who]}").json()
        return found

    def _decide(self, act: Act) -> None:
        awaited(lambda: self.look(act.about)["state"] == "in_review", f"{act.about}'s return is before a person")
        path = f"/v1/returns/{self.returns[act.about]}/decision"
        answer = self.api(
            ORDERS[act.about].brand, "POST", path, {"approve": True, "note": "A good customer; the size runs small."}
        )
        if answer.status != 200:
            raise StoryError(f"the decision answered {answer.status}: {answer.body[:300]!r}")

    def _answer_case(self, act: Act) -> None:
        """A person of the brand sees the case that a late parcel has opened, and decides."""
        customer = ORDERS[act.about]

        def look() -> str | None:
            listed = json.loads(self.api(customer.brand, "GET", "/v1/cases").body)["cases"]
            return next((one["case_id"] for one in listed if one["order_id"] == self.order_id(act.about)), None)

        case_id: Any = awaited(look, f"{act.about}'s parcel is before a person")
        body = {"decision": "keep_waiting", "note": "The hub in Medford has it, and is sending it on."}
        answer = self.api(customer.brand, "POST", f"/v1/cases/{case_id}/decision", body)
        if answer.status != 200:
            raise StoryError(f"the decision answered {answer.status}: {answer.body[:300]!r}")
        self.decided[act.about] = case_id

    def _scan_return(self, act: Act) -> None:
        label: Any = awaited(lambda: self.look(act.about).get("label"), f"{act.about}'s return has a label")
        scan = bodies.Scan("accepted", act.at or self.running.now(), "Portland", "OR")
        if label["carrier"] == "usps":
            self._usps_scans(label["tracking_number"], (scan,))
        else:
            self._ups_scan(label["tracking_number"], scan)
