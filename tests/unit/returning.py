"""Returns with their machine, over fakes: what the bus, the stream and Step Functions do with them, in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from porchlight.domain.brands import BrandConfig
from porchlight.domain.milestones import Milestone
from porchlight.domain.return_events import return_changes
from porchlight.domain.returns import Return
from porchlight.domain.rma.goods import Inspection, ItemFound, Receipt
from porchlight.domain.rma.names import SettlementKind
from porchlight.domain.shipments import fold
from porchlight.errors import TransientError
from porchlight.labels.registry import label_provider
from porchlight.ports import Wait
from porchlight.returning import LabelProvider
from porchlight.services.advance_return import ReturnSteps, StepResult
from porchlight.services.asked import Asked
from porchlight.services.assess_return import Assessor
from porchlight.services.label_book import LabelBook
from porchlight.services.label_return import LabelDesk
from porchlight.services.ledger_book import LedgerBook
from porchlight.services.lookout import Lookout
from porchlight.services.request_return import RequestDesk
from porchlight.services.resume_workflows import ReturnNews
from porchlight.services.return_amounts import Amounts
from porchlight.services.review_return import Cancellation, DecisionBody, ReviewDesk
from porchlight.services.settle_return import Settler
from porchlight.services.settlement_book import SettlementBook
from porchlight.services.shopper_facts import ShopperBook
from porchlight.services.warehouse import WarehouseDesk
from tests.fakes import (
    FakeBrands,
    FakeMetrics,
    FakeOrders,
    FakeReturns,
    FakeShipments,
    FakeSources,
    FakeWorkflows,
)
from tests.fakes_reaching import FakeProfiles
from tests.fakes_returning import (
    FakeAddresses,
    FakeDocuments,
    FakeHistories,
    FakeLabels,
    FakeLaws,
    FakeLedgers,
    FakeSettlements,
    FakeUnmatchedGoods,
)
from tests.unit.stories import NOW, after, brand, order, parcel, scan

BRAND = "larkspur"
SHIRT = {"line_id": "shirt", "quantity": 1, "reason": "too_small"}
STARTS = ("ReturnRequested", "ReturnReopened")


class KilledError(BaseException):
    """The process is gone: nothing catches this."""


@dataclass
class Execution:
    """One of ``returns_authorization``, as far as it has come."""

    name: str
    return_id: str
    token: str = ""
    """Of the task in which it waits; empty: it has ended."""
    until: datetime | None = None
    outcome: str = ""


class World:
    """A delivered order of two shirts and a hat, and all desks. ``run`` lets everything happen that can happen now."""

    def __init__(self, config: BrandConfig | None = None, *, provider: str = "own", **policy: Any) -> None:
        self.now = NOW
        self.returns, self.orders, self.metrics = FakeReturns(), FakeOrders(), FakeMetrics()
        self.shipments, self.workflows = FakeShipments(self.orders), FakeWorkflows()
        self.brands = FakeBrands(config or brand(label_provider=provider, **policy))
        self.addresses, self.documents, self.labels = FakeAddresses(), FakeDocuments(), FakeLabels(needs_address=False)
        self.ledgers, self.provider = FakeLedgers(self.returns), FakeSettlements()
        profiles, histories = FakeProfiles(self.orders), FakeHistories()
        shoppers = ShopperBook(profiles, histories)
        self.assessor = Assessor(self.orders, self.shipments, self.returns, self.brands, shoppers, FakeLaws())
        self.requests = RequestDesk(self.returns, self.orders, self.assessor, self.addresses)
        self.steps = ReturnSteps(self.returns, self.shipments, Amounts(self.assessor), self.metrics)
        lookout = Lookout(FakeSources())
        book = LabelBook(self.returns, self.orders, self.shipments, self.brands, lookout, self.metrics)
        self.label_desk = LabelDesk(book, self.addresses, self.documents, self._label_provider)
        money = LedgerBook(self.ledgers, self.orders, self.returns, self.shipments)
        settlements = SettlementBook(self.returns, self.orders, money, self.metrics)
        self.settler = Settler(settlements, self.brands, lambda *_: self.provider)
        self.warehouse = WarehouseDesk(
            *(self.returns, self.orders, self.shipments, self.brands, FakeUnmatchedGoods(), lookout, self.metrics)
        )
        self.reviews = ReviewDesk(self.returns, self.orders)
        self.cancellation = Cancellation(self.returns, self.shipments)
        self.news = ReturnNews(self.returns, self.shipments, self.workflows)
        self.executions: dict[str, Execution] = {}
        self.told: list[str] = []
        """Types of events, in order."""
        self._published = 0
        self._tokens = 0
        self.orders.records[BRAND, "ord_1"] = order()
        delivered = after(parcel(), [scan(Milestone.DELIVERED, NOW)])
        self.shipments.save(delivered, due_at=None, link=True)

    def _label_provider(self, name: str) -> LabelProvider:
        return label_provider("own", None) if name == "own" else self.labels  # type: ignore[arg-type]

    # what happens by itself
    def run(self) -> None:
        """Publish what has changed, start and wake executions, until all wait."""
        for _ in range(200):
            if not (self._publish() or self._wake()):
                return
        raise AssertionError("it never comes to rest")

    def _publish(self) -> bool:
        if self._published >= len(self.returns.history):
            return False
        old, new = self.returns.history[self._published]
        self._published += 1
        for event in return_changes(old, new):
            self.told.append(event.type)
            if event.type in STARTS and event.id not in self.executions:
                self.executions[event.id] = Execution(event.id, new.return_id)
                self.begin(event.id)
            if event.waiting:
                self.again(lambda: self.news.resume(BRAND, new.return_id, self.now))
        return True

    def _wake(self) -> bool:
        for one in list(self.executions.values()):
            answered = one.token in self.workflows.answered
            if one.token and (answered or (one.until and one.until <= self.now)):
                self.workflows.gone.add(one.token)
                one.token = ""
                self._go(one, self.again(partial(self.steps.next, BRAND, one.return_id, one.name, self.now)))
                return True
        return False

    @staticmethod
    def again[T](call: Callable[[], T]) -> T:
        """Whatever is killed is called again: tasks by Step Functions, news by the bus, requests by whoever made
        them.
        """
        for _ in range(3):
            try:
                return call()
            except KilledError:
                continue
        raise AssertionError("killed too often")

    def begin(self, name: str) -> None:
        one = self.executions[name]
        self._go(one, self.again(lambda: self.steps.start(BRAND, one.return_id, name, self.now)))

    def _go(self, one: Execution, step: StepResult) -> None:
        """As the machine does it: a task, and what it answers with."""
        for _ in range(40):
            match step["do"]:
                case "close":
                    one.outcome = step["outcome"]
                    return
                case "wait" | "review":
                    self._tokens += 1
                    one.token, one.until = f"token-{self._tokens}", self.now + timedelta(seconds=step["seconds"])
                    which = {"brand": BRAND, "shipment_id": "", "return_id": one.return_id}
                    wait = Wait(**which, purpose="return", token=one.token, created_at=self.now, seen=step["seen"])
                    self.again(partial(self.news.await_news, wait))
                    return
                case _:
                    try:
                        step = self.again(partial(self._task, one, step))
                    except TransientError:  # the machine waits an hour
                        one.token, one.until = "hour", self.now + timedelta(hours=1)
                        return
        raise AssertionError("the machine goes round and round")

    def _task(self, one: Execution, step: StepResult) -> StepResult:
        which, do = (BRAND, one.return_id), step["do"]
        if do == "settle":
            outcome = self.settler.settle(*which, SettlementKind(step["kind"]), self.now)
        else:
            outcome = (self.label_desk.make if do == "label" else self.label_desk.void)(*which, self.now)
        event = {"brand": BRAND, "return_id": one.return_id, "execution": one.name, "kind": step["kind"]}
        return self.steps.after(do, outcome, event, self.now)  # type: ignore[return-value]

    # what people do
    def ask(self, key: str = "request-key-1", **more: Any) -> str:
        asked = Asked.model_validate({"order_id": "ord_1", "lines": [SHIRT], **more})
        request, _ = self.again(lambda: self.requests.request(BRAND, asked, key, self.now))
        self.run()
        return request.return_id

    def cancel(self, return_id: str) -> None:
        self.again(lambda: self.cancellation.cancel(BRAND, return_id, "shopper", self.now))
        self.run()

    def get(self, return_id: str) -> Return:
        found = self.returns.get(BRAND, return_id)
        assert found
        return found

    def later(self, **by: float) -> None:
        """Time passes."""
        self.now += timedelta(**by)
        self.run()

    def carrier(
        self, return_id: str, milestone: Milestone = Milestone.ACCEPTED, shipment_id: str = "", *, hear: bool = True
    ) -> None:
        """A fact about the return parcel, through the ingest. ``hear``: the bus has brought it to who waits."""
        request = self.get(return_id)
        key = shipment_id or (request.label.shipment_id if request.label else "")
        event = scan(milestone, self.now)

        def record() -> None:
            """The ingest knows a fact that it has recorded."""
            stored, known = self.shipments.records[BRAND, key], self.shipments.events[BRAND, key]
            if event.event_id not in known:
                folded = fold(stored, [*known.values(), event])
                changed = folded.model_copy(update={"version": stored.version + 1})
                self.shipments.save(changed, [event], due_at=None)

        self.again(record)
        if hear:
            self.again(lambda: self.news.resume(BRAND, return_id, self.now))
            self.run()

    def receive(self, return_id: str, *items: ItemFound, receipt_id: str = "r-1", **more: Any) -> None:
        one = Receipt(receipt_id=receipt_id, received_at=self.now, items=items, **more)
        self.again(lambda: self.warehouse.receive(BRAND, return_id, one, self.now))
        self.run()

    def inspect(self, return_id: str, *items: ItemFound, inspection_id: str = "i-1", **more: Any) -> None:
        one = Inspection(inspection_id=inspection_id, inspected_at=self.now, items=items, **more)
        self.again(lambda: self.warehouse.inspect(BRAND, return_id, one, self.now))
        self.run()

    def decide(self, return_id: str, approve: bool, **more: Any) -> Return:
        body = DecisionBody(approve=approve, **more)
        found = self.again(lambda: self.reviews.decide(BRAND, return_id, body, "key-cx", self.now))
        self.run()
        return found

    def rules(self, return_id: str) -> list[str]:
        return [one.rule for one in self.get(return_id).decisions]

    def moved(self) -> dict[str, int]:
        """Minor units by kind, each key once."""
        found: dict[str, int] = {}
        for one in self.provider.done.values():
            found[one.kind.value] = found.get(one.kind.value, 0) + one.amount.amount
        return found


class Killer:
    """Kills the process before or after the ``at``-th write or call of a provider."""

    PORTS = ("returns", "shipments", "ledgers", "provider", "labels", "workflows")
    CALLS = ("create", "update", "save", "put_wait", "remove_wait", "carry_out", "look", "make", "void", "succeed")

    def __init__(self, world: World, at: int, *, after_call: bool) -> None:
        self.left, self.after_call, self.fired = at, after_call, False
        self._inside = False
        for port in (getattr(world, name) for name in self.PORTS):
            for name in self.CALLS:
                if hasattr(port, name):
                    setattr(port, name, self._guarded(getattr(port, name)))

    def _guarded(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if self._inside:  # of one transaction
                return call(*args, **kwargs)
            self.left -= 1
            mine = self.left == 0
            self.fired = self.fired or mine
            if mine and not self.after_call:
                raise KilledError
            self._inside = True
            try:
                result = call(*args, **kwargs)
            finally:
                self._inside = False
            if mine:
                raise KilledError
            return result

        return guarded


# -------------------------------------------------------------------------------------------------- policies and wishes

OTHERWISE: dict[str, Any] = {
    "window": {"days": 30},
    "resolutions": ["refund", "store_credit", "exchange", "instant_exchange", "replace", "repair"],
    "methods": ["label", "qr", "own", "in_store", "keep", "donate"],
    "refund_on": "first_scan",
    "pays": "brand",
}
ONE = ItemFound(line_id="shirt", quantity=1)


def world(*, provider: str = "own", deadlines: dict[str, Any] | None = None, **says: Any) -> World:
    """Under a policy with no rules: what it says beside the usual."""
    return World(
        provider=provider, rules=[], otherwise=OTHERWISE | says, deadlines=deadlines or {"review_default": "approve"}
    )


def wanted(minor: int | None = None) -> dict[str, Any]:
    """An exchange for another shirt, at a price of its own."""
    price = {"unit_price": {"amount": minor, "currency": "USD"}} if minor is not None else {}
    return {"resolution": "exchange", "lines": [SHIRT | {"wanted": {"sku": "SHIRT-L", **price}}]}
