"""A town with carriers that must be asked, as the tests of asking need it: everything in memory, time in our hands."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from porchlight.connectors import Account, Answer, BodyKind, Call
from porchlight.domain.brands import BrandConfig, TrackingPolicy
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.ids import shipment_id
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import ParcelShipped
from porchlight.domain.shipments import Shipment
from porchlight.domain.watching import Watch
from porchlight.errors import ForbiddenError, UnreadableBodyError
from porchlight.services.asking.office import Office, Pulse, Tokens
from porchlight.services.asking.poll import Poll
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.lookout import Lookout
from porchlight.services.record_events import Recorder
from tests.fakes import (
    NO_HISTORY,
    FakeAccounts,
    FakeBrands,
    FakeCodes,
    FakeErrands,
    FakeExchanges,
    FakeInbound,
    FakeMetrics,
    FakeOrders,
    FakeQuarantine,
    FakeShipments,
    FakeSources,
    FakeWatches,
)
from tests.unit import stories

NOW = stories.NOW
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PUBLIC = "https://track.larkspur.example"


class Clock:
    """Goes on only when somebody waits, or the test says so."""

    def __init__(self) -> None:
        self.now = NOW

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class AcmeClient:
    """Asks by GET, with a bearer token where ``oauth`` says so. Handshakes have an address in their body."""

    credentials = ("key",)

    def __init__(self, batch: int = 1, calls_per_minute: int = 600, *, oauth: bool = False) -> None:
        self.batch, self.calls_per_minute, self.oauth = batch, calls_per_minute, oauth

    def token(self, account: Account) -> Call | None:
        return Call(f"https://acme.example/token?{account.account}", "POST") if self.oauth else None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        headers = {"authorization": f"Bearer {token}", "account": account.account}
        return [Call("https://acme.example/track", headers=headers, numbers=tuple(numbers))]

    def errand(self, body: bytes, account: Account, token: str) -> Call | None:
        url = json.loads(body).get("go")
        if url and not url.startswith("https://acme.example/"):
            raise ForbiddenError("an address of somebody else")
        return Call(url, "POST", {"authorization": f"Bearer {token}"}) if url else None


class AcmeSubscriptions:
    credentials = ("key", "push")

    def __init__(
        self,
        *,
        batch: int = 10,
        lifetime: timedelta | None = 14 * DAY,
        keeps_history: bool = False,
        revives: bool = False,
    ) -> None:
        self.batch, self.lifetime, self.keeps_history, self.revives = batch, lifetime, keeps_history, revives

    def subscribe(self, numbers: Sequence[str], account: Account, token: str, callback: str) -> list[Call]:
        headers = {"callback": callback, "account": account.account}
        return [Call("https://acme.example/subscribe", "POST", headers, numbers=tuple(numbers))]

    def subscribed(self, answer: Answer) -> str | None:
        return "sub-1" if answer.status == 200 else None

    def revive(self, subscription_id: str, account: Account, token: str) -> Call | None:
        return Call(f"https://acme.example/revive/{subscription_id}", "POST") if self.revives else None


class Acme:
    """Its bodies are ``{"parcels": {number: [[milestone, minutes]]}}``; a number may be left empty."""

    def __init__(self, client: Any = None, subscriptions: Any = None) -> None:
        self.carrier = "acme"
        self.client = client or AcmeClient()
        self.subscriptions = subscriptions

    def parse(self, body: bytes) -> list[TrackingReport]:
        try:
            said = json.loads(body)
        except ValueError:
            raise UnreadableBodyError("the body is not JSON") from None
        parcels = said.get("parcels", {}).items()
        return [_report(self.carrier, number, scans, said.get("day")) for number, scans in parcels]

    def classify(self, body: bytes) -> BodyKind:
        return BodyKind(json.loads(body).get("what", "not_tracking"))


def _report(carrier: str, number: str, scans: list[Any], day: str | None) -> TrackingReport:
    events = tuple(
        TrackingEvent(occurred_at=NOW + minutes * MINUTE, raw_code=milestone, milestone=Milestone(milestone))
        for milestone, minutes in scans
    )
    status = max(events, key=TrackingEvent.instant).milestone if events else None
    estimate = DeliveryEstimate.model_validate({"day": day}) if day else None
    return TrackingReport(carrier=carrier, tracking_number=number, events=events, status=status, estimate=estimate)


def said(**parcels: list[tuple[str, int]]) -> Answer:
    """An answer about parcels."""
    return Answer(200, {}, json.dumps({"parcels": parcels}).encode())


Reply = Answer | Exception | Callable[[Call], Answer]


class Api:
    """The other end: ``plan`` is answered first, one by one, then ``rule``."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls: list[Call] = []
        self.at: list[datetime] = []
        self.plan: list[Reply] = []
        self.rule: Reply = lambda call: said(**{number: [] for number in call.numbers})

    def make(self, call: Call) -> Answer:
        self.calls.append(call)
        self.at.append(self.clock.now)
        reply = self.plan.pop(0) if self.plan else self.rule
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, Answer) else reply(call)

    def asked(self) -> list[tuple[str, ...]]:
        """The numbers of each call about parcels."""
        return [call.numbers for call in self.calls if call.url.endswith("/track")]


class Town:
    """Brands, carriers and the functions between them."""

    def __init__(
        self, connector: Any = None, *accounts: Account, words: str = "push poll", policy: TrackingPolicy | None = None
    ) -> None:
        self.clock = Clock()
        self.api = Api(self.clock)
        self.connector = connector or Acme()
        self.orders = FakeOrders()
        self.shipments = FakeShipments(self.orders)
        self.watches, self.errands = FakeWatches(self.shipments), FakeErrands()
        self.exchanges, self.inbound = FakeExchanges(), FakeInbound()
        self.quarantine, self.metrics = FakeQuarantine(), FakeMetrics()
        self.sources = FakeSources(acme=(words, self.connector), broker=("push poll aggregator", self.connector))
        self.policy = policy or TrackingPolicy(ask=("acme",))
        self.brands = FakeBrands(self.brand(), self.brand("fjordhus"))
        given = accounts or (account(),)
        self.accounts = FakeAccounts(*(("carriers", source, one) for source in ("acme", "broker") for one in given))
        self.lookout = Lookout(self.sources)
        self.recorder = Recorder(
            self.shipments,
            self.quarantine,
            self.brands,
            FakeCodes(),
            self.metrics,
            self.lookout,
            self.errands,
            NO_HISTORY,
        )
        self.keeper = OrderKeeper(self.orders, self.shipments, self.brands, self.lookout, NO_HISTORY)
        self.tokens = Tokens()
        self.poll = Poll(self.office(), workers=1)

    def brand(self, brand_id: str = "larkspur") -> BrandConfig:
        return stories.brand().model_copy(update={"brand_id": brand_id, "tracking": self.policy})

    def office(self, **instead: Any) -> Office:
        """The office; some ports may be others."""
        parts: dict[str, Any] = {
            "watches": self.watches,
            "errands": self.errands,
            "exchanges": self.exchanges,
            "accounts": self.accounts,
            "brands": self.brands,
            "sources": self.sources,
            "inbound": self.inbound,
            "quarantine": self.quarantine,
            "caller": self.api,
            "metrics": self.metrics,
            "pulse": Pulse(lambda: self.clock.now, self.clock.wait, lambda: 0.5),
            "tokens": self.tokens,
            "public_url": lambda: PUBLIC,
        }
        return Office(**{**parts, **instead})

    def ship(self, *numbers: str, brand: str = "larkspur", carrier: str = "acme") -> None:
        """The store tells of parcels."""
        shipped = ParcelShipped(
            external_order_id=f"order-{numbers[0]}",
            fulfillment_id="f",
            carrier=carrier,
            tracking_numbers=numbers,
            shipped_at=self.clock.now,
        )
        self.keeper.parcels(self.brands.get(brand), shipped, self.clock.now)

    def run(self, after: timedelta = timedelta()) -> dict[str, int]:
        """One run of poll_carriers, some time later."""
        self.clock.now += after
        return self.poll.run()

    def record(self) -> int:
        """Record all that is on the queue; how many bodies that were."""
        queued, self.inbound.queue = self.inbound.queue, []
        for message, body in queued:
            self.recorder.carrier_body(message, body, self.connector, self.clock.now)
        return len(queued)

    def minutes(self, count: int, every: timedelta = MINUTE) -> list[datetime]:
        """Run and record so often; when somebody was asked."""
        before = len(self.api.at)
        for _ in range(count):
            self.run(every)
            self.record()
        return self.api.at[before:]

    def parcel(self, number: str, brand: str = "larkspur", carrier: str = "acme") -> Shipment:
        return self.shipments.records[brand, shipment_id(brand, carrier, number)]

    def watch(self, number: str, brand: str = "larkspur", carrier: str = "acme") -> Watch:
        return self.shipments.watches[brand, shipment_id(brand, carrier, number)]

    def due_in(self, number: str) -> timedelta:
        due_at = self.watch(number).due_at
        assert due_at
        return due_at - self.clock.now


def account(name: str = "main", brand: str = "larkspur", **credentials: str) -> Account:
    return Account(account=name, brand=brand, credentials={"key": "k", **credentials})
