"""A return's life over the model of the table: its functions called as the queue, the stream, the bus and the machine
call them, and all of it counted.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from porchlight.adapters.dynamodb.orders import DynamoOrders
from porchlight.adapters.dynamodb.shipments import DynamoShipments
from porchlight.adapters.dynamodb.table import Table
from porchlight.connectors import InboundMessage
from porchlight.domain.brands import BrandConfig
from porchlight.domain.changes import DomainEvent
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import Destination, OrderLine, Shopper
from porchlight.domain.returns import Return
from porchlight.domain.rma.goods import Inspection, ItemFound, Receipt
from porchlight.domain.rma.names import Grade, SettlementKind
from porchlight.ports import Wait
from porchlight.returning import LabelProvider, SenderAddress, SettlementProvider
from porchlight.runtime.bootstrap import App
from porchlight.runtime.settings import Settings
from porchlight.services.asked import Asked
from porchlight.services.keep_journal import entry_in
from porchlight.services.pages import Answered, Page
from porchlight.services.publish_changes import publish
from porchlight.services.record_events import Recorder
from porchlight.services.resume_workflows import ReturnNews
from porchlight.services.return_history import remember
from porchlight.services.review_return import DecisionBody, ReviewDesk
from porchlight.services.traits import learn
from tests.bench.table_model import Item, TableModel
from tests.bench.town import name
from tests.fakes import (
    FakeBrands,
    FakeBus,
    FakeCodes,
    FakeMetrics,
    FakeModels,
    FakeRenderer,
    FakeSecrets,
    FakeSources,
    FakeSurges,
    FakeWorkflows,
)
from tests.fakes_returning import FakeDocuments, FakeLabels, FakeLaws, FakeSettlements
from tests.unit.stories import DAY, NOW, after, brand, order, parcel, scan, usd

BRAND = "larkspur"
ZONE = "America/Los_Angeles"
EMAIL = "ada@shopper.example"
LINE = "50010010001"
ADDRESS = {"name": "Ada Moreno", "street": "1 Elm Street", "city": "Portland", "region": "OR", "postcode": "97205"}


class Shop(App):
    """One process with the product's own wiring; the table is the model's, all else outside is pretended."""

    def __init__(self, config: BrandConfig) -> None:
        super().__init__(lambda: Settings(stage="bench", table_name="porchlight", bus_name="bus"))
        self.labels, self.money = FakeLabels(), FakeSettlements()
        pretended = {
            **{"_pack": FakeBrands(config), "metrics": FakeMetrics(), "bus": FakeBus(), "renderer": FakeRenderer()},
            **{"workflows": FakeWorkflows(), "sources": FakeSources(), "codes": FakeCodes(), "laws": FakeLaws()},
            **{"documents": FakeDocuments(), "date_models": FakeModels(), "surges": FakeSurges()},
            "secrets": FakeSecrets(links={"key": "k" * 40}),
        }
        self.__dict__.update(pretended)

    @property
    def public_url(self) -> str:
        return "https://track.example"

    def label_provider(self, provider_id: str) -> LabelProvider:
        return self.labels

    def settlement_provider(self, brand: BrandConfig, kind: SettlementKind) -> SettlementProvider:
        return self.money


class Life:
    """One order, delivered, and what its shopper sends back. ``calls``: of functions, by name; ``transitions``: of the
    machine; ``events``: on the bus. Messages come on top, as docs/costs.md has them.
    """

    def __init__(self, model: TableModel, number: int = 1, **policy: Any) -> None:
        self.model, self.number, self.now = model, number, NOW + DAY + timedelta(microseconds=123_456)
        self.app = Shop(brand(**{"label_provider": "easypost", **policy}))
        self.calls: Counter[str] = Counter()
        self.transitions = self.events = 0
        self.return_id, self.execution, self.token, self.shows = "", "", "", 0
        self._settle_in()
        model.is_read = True
        self.run()

    def _settle_in(self) -> None:
        table, which = Table("porchlight"), {"order_id": self.order_id, "shopper_id": name("cus", self.number)}
        shirts = OrderLine(line_id=LINE, sku="SHIRT-LINEN-M", title="Linen shirt, sand, M", quantity=2,
                           unit_price=usd(10_000), paid=usd(20_000), weight_grams=400)  # fmt: skip
        lines = (shirts, shirts.model_copy(update={"line_id": "50010010002", "title": "Linen shirt, moss, M"}))
        where = Destination(country="US", zone=ZONE, postal_prefix="972", region="OR")
        shopper = Shopper(brand=BRAND, shopper_id=which["shopper_id"], name="Ada Moreno", email=EMAIL)
        DynamoOrders(table).save(order(**which, lines=lines, destination=where, total=usd(40_000)), shopper)
        facts = [scan(one, NOW - DAY * days) for days, one in enumerate((Milestone.DELIVERED, Milestone.ACCEPTED))]
        brought = parcel(shipment_id=name("shp", self.number), tracking_number="1Z999AA10123456784", **which)
        DynamoShipments(table).save(after(brought, facts), facts, due_at=None, link=True)

    @property
    def order_id(self) -> str:
        return name("ord", self.number)

    def spent(self, do: Callable[[], object]) -> str:
        """Calls of functions, transitions, events, read units, write units: ``11 | 5 | 2 | 20 | 30``."""
        before = (self.calls.total(), self.transitions, self.events, self.model.read_units, self.model.write_units)
        do()
        self.run()
        now = (self.calls.total(), self.transitions, self.events, self.model.read_units, self.model.write_units)
        return " | ".join(f"{then - one:g}" for one, then in zip(before, now, strict=True))

    # -------------------------------------------------------------------------------------- what people and carriers do
    def ask(self, **more: Any) -> None:
        """By the API; the portal's pages come on top."""
        line = {"line_id": LINE, "quantity": 1, "reason": "too_small", **more.pop("line", {})}
        home = SenderAddress(**ADDRESS, country="US")
        asked = Asked(order_id=self.order_id, lines=(line,), sender=home, method="label", **more)
        desk = self.app.request_desk
        made, _ = self._call("manage_returns", lambda: desk.request(BRAND, asked, "key-1234", self.now))
        self.return_id = made.return_id

    def ask_on_pages(self) -> None:
        """By the portal: the number and the address of the order, what and why, what for, and what became of it."""
        find, pages = self.app.find_desk, self.app.returns_portal
        proof = {"number": "1001", "proof": EMAIL}
        chosen = {"once": "0123456789abcdef", f"n-{LINE}": "1", f"why-{LINE}": "too_small"}
        sent = {**chosen, "resolution": "refund", "method": "label", **ADDRESS}

        def shown(do: Callable[[], Answered | Page]) -> str:
            answer = self._call("show_returns", do)
            return answer.location if isinstance(answer, Answered) else ""

        shown(lambda: find.form(BRAND))
        token = shown(lambda: find.find(BRAND, proof, "192.0.2.1", self.now)).rpartition("/")[2]
        shown(lambda: pages.get(token, "", {}, self.now))
        shown(lambda: pages.get(token, "choose", chosen, self.now))
        self.return_id = shown(lambda: pages.post(token, "", sent, self.now)).rpartition("/")[2]
        shown(lambda: pages.get(token, self.return_id, {}, self.now))

    def withdraw(self) -> None:
        """By the withdrawal page: the form, what would be declared, and that it is."""
        page = self.app.withdraw_page
        typed = {"name": ["Ada Moreno"], "email": [EMAIL], "number": ["1001"]}
        self._call("withdraw", lambda: page.show(BRAND, self.now))
        for action in ("check", "confirm"):
            self._call("withdraw", lambda a=action: page.send(BRAND, {**typed, "action": [a]}, "192.0.2.1", self.now))

    def fact(self, milestone: Milestone) -> None:
        """A carrier's webhook about the return parcel."""
        label = self.request.label
        assert label is not None
        self._call("receive_webhook", lambda: None)
        report = TrackingReport(
            carrier=label.carrier,
            tracking_number=label.tracking_number,
            events=(
                TrackingEvent(occurred_at=self.now, raw_code=milestone.value, milestone=milestone, city="PORTLAND"),
            ),
        )
        message = InboundMessage("carriers", "usps", "main", BRAND, self.now, {})
        app = self.app
        ports = (app.shipments, app.quarantine, app.brands, app.codes, app.metrics, app.lookout, app.errands, app.dates)
        config = app.brands.get(BRAND)
        self._call("record_events", lambda: Recorder(*ports).report(config, message, report, self.now, "bdy_1"))

    def receive(self) -> None:
        """The warehouse books the box."""
        items = (ItemFound(line_id=LINE, quantity=1),)
        one = Receipt(receipt_id="EAST-20417", received_at=self.now, facility="east", items=items, by="warehouse-east")
        desk = self.app.warehouse_api.desk
        self._call("manage_goods", lambda: desk.receive(BRAND, self.return_id, one, self.now))

    def inspect(self) -> None:
        """And looks at what is in it."""
        items = (ItemFound(line_id=LINE, quantity=1, grade=Grade.NEW),)
        one = Inspection(inspection_id="EAST-20418", inspected_at=self.now, items=items, by="warehouse-east")
        desk = self.app.warehouse_api.desk
        self._call("manage_goods", lambda: desk.inspect(BRAND, self.return_id, one, self.now))

    def decide(self) -> None:
        """A person says yes."""
        desk, body = ReviewDesk(self.app.returns, self.app.orders), DecisionBody(approve=True, note="A good customer.")
        self._call("review_returns", lambda: desk.decide(BRAND, self.return_id, body, "larkspur-shop", self.now))

    @property
    def request(self) -> Return:
        """The return, looked at for nothing."""
        spent = self.model.read_units
        found = self.app.returns.get(BRAND, self.return_id)
        self.model.read_units = spent
        assert found is not None
        return found

    # ------------------------------------------------------------------------------------------ what follows by itself
    def run(self) -> None:
        """What was written goes through the stream and the bus; who waits for it goes on. Each is called for itself."""
        while self.model.stream:
            old, new = self.model.stream.popleft()
            if new["entity_type"]["S"] in ("shipment", "order", "return", "case", "withdrawal"):
                self._call("publish_changes", lambda old=old, new=new: self._change(old, new))

    def _change(self, old: Item | None, new: Item) -> None:
        record = {"dynamodb": {"NewImage": new, **({"OldImage": old} if old else {})}}
        app, heard = self.app, len(self.app.bus.events)  # type: ignore[attr-defined]
        publish(record, app.bus)
        learn(record, app.profiles)
        remember(record, app.histories, self.now)
        if entry := entry_in(record, app.shipments, self.now):
            app.journal.put([entry])
        for event in app.bus.events[heard:]:  # type: ignore[attr-defined]
            self._event(event)

    def _event(self, event: DomainEvent) -> None:
        self.events += 1
        if event.type == "ReturnRequested":
            self.execution = event.id
            begun = self._call("advance_return", lambda: self.app.return_steps.start(*self._which, self.now))
            self._go(begun, 2)
        if event.waiting:
            self._call("resume_workflows", lambda: self._resume(event))
            if self.token in self.app.workflows.answered:  # type: ignore[attr-defined]
                self.token = ""
                self._go(self._call("advance_return", lambda: self.app.return_steps.next(*self._which, self.now)), 2)

    def _resume(self, event: DomainEvent) -> None:
        self.app.shipments.waits(BRAND, event.shipment_id or "", event.order_id or "")
        if event.return_id:
            ReturnNews(self.app.returns, self.app.shipments, self.app.workflows).resume(
                BRAND, event.return_id, self.now
            )

    @property
    def _which(self) -> tuple[str, str, str]:
        return BRAND, self.return_id, self.execution

    def _go(self, step: Any, transitions: int) -> None:
        """Tasks until the machine waits or ends. ``transitions``: the task before, and the choice."""
        self.transitions += transitions
        while step["do"] not in ("wait", "review", "close"):
            self.transitions += 2
            step = self._call(
                {"settle": "refund_return"}.get(step["do"], "label_return"), lambda step=step: self._task(step)
            )
        self.transitions += 1
        if step["do"] == "close":
            return
        self.shows += 1
        self.token = f"{'t' * 700}{self.shows}"  # as long as real ones
        which = {"brand": BRAND, "shipment_id": "", "return_id": self.return_id, "purpose": "return"}
        wait = Wait(**which, token=self.token, created_at=self.now, seen=step["seen"])
        news = ReturnNews(self.app.returns, self.app.shipments, self.app.workflows)
        self._call("await_news", lambda: news.await_news(wait))

    def _task(self, step: Any) -> Any:
        which = (BRAND, self.return_id)
        if step["do"] == "settle":
            outcome = self.app.settler.settle(*which, SettlementKind(step["kind"]), self.now)
        else:
            outcome = self.app.label_desk.make(*which, self.now)
        event = {"brand": BRAND, "return_id": self.return_id, "execution": self.execution, "kind": step["kind"]}
        return self.app.return_steps.after(step["do"], outcome, event, self.now)

    def _call[T](self, function: str, do: Callable[[], T]) -> T:
        """A second later each, so that no two instants are one."""
        self.calls[function] += 1
        self.now += timedelta(seconds=1)
        return do()
