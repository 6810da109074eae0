"""A late parcel, or an order that was not dispatched, with everything that carries out its playbook; and the machine
that drives it, as statemachines/delay_detection.asl.json does.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from porchlight.deciding import Task
from porchlight.domain import ids
from porchlight.domain.brands import BrandConfig
from porchlight.domain.case_events import case_changes, remedy_changes
from porchlight.domain.cases import Case, CaseState
from porchlight.domain.changes import DomainEvent, order_changes, shipment_changes
from porchlight.domain.delays import Delay
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import Order
from porchlight.domain.remedies import Remedy
from porchlight.domain.shipments import Shipment, fold
from porchlight.ports import Wait
from porchlight.services.amends import Amends
from porchlight.services.bearers import Bearers
from porchlight.services.cases import AnswerDesk
from porchlight.services.delays import DelayWatch
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.ledger_book import LedgerBook
from porchlight.services.order_delays import OrderWatch
from porchlight.services.playbook import Playbooks, Todo
from porchlight.services.resume_workflows import NewsDesk
from porchlight.services.settle_return import Settler
from porchlight.services.settlement_book import SettlementBook
from porchlight.services.surges import SurgeWatch
from tests.fakes import (
    NO_HISTORY,
    NOBODY,
    FakeBrands,
    FakeCases,
    FakeMetrics,
    FakeOrders,
    FakeReturns,
    FakeShipments,
    FakeSurges,
    FakeWorkflows,
)
from tests.fakes_returning import FakeLedgers, FakeSettlements
from tests.unit.stories import DAY, NOW, after, brand, order, parcel, scan

LATE = datetime(2026, 3, 7, 5, tzinfo=UTC)
"""The promise is over, and nobody has scanned the parcel for four days."""
SECOND = timedelta(seconds=1)
ORDER = ids.order_id("larkspur", "1001")


def with_playbooks(**playbooks: Any) -> BrandConfig:
    """The brand ``larkspur`` with these playbooks."""
    values = brand().model_dump(mode="json")
    values["delays"]["playbooks"] = playbooks
    return BrandConfig.model_validate(values)


class FakeRemedies:
    """The brand's own system: what it was asked for by key. ``fails``: raised one by one before anything is done."""

    def __init__(self) -> None:
        self.done: dict[str, Task] = {}
        self.calls = 0
        self.fails: list[Exception] = []

    def carry_out(self, brand: BrandConfig, task: Task) -> str:
        self.calls += 1
        if self.fails:
            raise self.fails.pop(0)
        known = self.done.setdefault(task.key, task)
        assert (known.remedy, known.amount, known.lines) == (task.remedy, task.amount, task.lines)
        return f"ref-{task.key}"

    def of(self, remedy: Remedy) -> list[Task]:
        return [task for task in self.done.values() if task.remedy is remedy]


class World:
    """``shp_1`` of the order 1001, in transit since Monday noon and silent since."""

    def __init__(self, config: BrandConfig | None = None, *, of: Mapping[str, Any] | None = None) -> None:
        self.brand = config or brand()
        brands = FakeBrands(self.brand)
        self.orders, self.returns, self.cases = FakeOrders(), FakeReturns(), FakeCases()
        self.metrics, self.workflows, self.remedies = FakeMetrics(), FakeWorkflows(), FakeRemedies()
        self.refunds = FakeSettlements()
        self.shipments = FakeShipments(self.orders)
        self.ledgers = FakeLedgers(self.returns)
        self.orders.returns = self.returns
        self.orders.save(order(**{"order_id": ORDER, **(of or {})}))
        self.events = [scan(Milestone.IN_TRANSIT, NOW)]
        self.shipments.save(after(parcel(order_id=ORDER), self.events), self.events, due_at=None, link=True)
        self.surges = FakeSurges()
        surges = SurgeWatch(self.surges, self.cases, self.metrics)
        self.watch = DelayWatch(self.shipments, self.orders, brands, self.metrics, NO_HISTORY, surges)
        self.order_watch = OrderWatch(self.shipments, self.orders, brands, self.metrics, NO_HISTORY)
        self.bearers = Bearers(self.shipments, self.orders, NO_HISTORY, self.metrics)
        self.playbooks = Playbooks(self.bearers, self.orders, self.cases, brands, self.metrics, self.surges)
        self.keeper = OrderKeeper(self.orders, self.shipments, brands, NOBODY, NO_HISTORY)
        book = LedgerBook(self.ledgers, self.orders, self.returns, self.shipments)
        settlements = SettlementBook(self.returns, self.orders, book, self.metrics)
        settler = Settler(settlements, brands, lambda *_: self.refunds)
        self.amends = Amends(
            self.bearers,
            self.orders,
            self.returns,
            brands,
            self.keeper,
            lambda _: self.remedies,
            book,
            settler,
            self.metrics,
        )
        self.desk = NewsDesk(self.shipments, self.orders, self.cases, self.workflows)
        self.answers = AnswerDesk(self.cases, self.shipments, self.orders)
        self.shipment_id, self.order_id, self.delay_id = "shp_1", "", ""

    # What is there
    @property
    def shipment(self) -> Shipment:
        return self.shipments.records["larkspur", "shp_1"]

    @property
    def order(self) -> Order:
        return self.orders.records["larkspur", ORDER]

    @property
    def delay(self) -> Delay:
        found = self.shipment.delay if self.shipment_id else self.order.delay
        assert found
        return found

    @property
    def open_case(self) -> Case:
        (found,) = (case for case in self.cases.records.values() if case.state is CaseState.OPEN)
        return found

    def steps(self) -> list[str]:
        """The names of the steps that were recorded, in order."""
        key, of = (("larkspur", "shp_1"), self.shipments) if self.shipment_id else (("larkspur", ORDER), self.orders)
        return [one.step for one in of.decisions[key].values() if one.step]

    def published(self) -> list[DomainEvent]:
        """All domain events, in no particular order between records."""
        found = [
            e for old, new in self.shipments.history for e in shipment_changes(old, new) + remedy_changes(old, new)
        ]
        found += [e for one, two in self.orders.history for e in order_changes(one, two) + remedy_changes(one, two)]
        return found + [event for old, new in self.cases.history for event in case_changes(old, new)]

    def told(self) -> list[str]:
        """The moments among them."""
        return [event.moment.value for event in self.published() if event.moment]

    # What happens
    def declare(self, now: datetime = LATE) -> None:
        status = self.watch.assess_and_declare("larkspur", "shp_1", now)
        assert status["outcome"] == "late"
        self.delay_id = status["delay_id"]

    def next(self, now: datetime, case: str = "") -> Todo:
        return self.playbooks.next("larkspur", self.shipment_id, self.order_id, self.delay_id, now, case)

    def carry_out(self, now: datetime) -> str:
        return self.amends.carry_out("larkspur", self.shipment_id, self.order_id, self.delay_id, now)

    def answer(self, remedy: Remedy, now: datetime, by: str = "shopper") -> Case:
        return self.answers.answer("larkspur", self.open_case.case_id, remedy, by, now)

    def news(self, milestone: Milestone, at: datetime) -> None:
        """A scan, recorded as the ingest does: a delay that it mends is closed by it."""
        fact = scan(milestone, at)
        if fact.event_id in {known.event_id for known in self.events}:
            return
        self.events.append(fact)
        shipment, decisions, due_at, _ = NO_HISTORY.settled(fold(self.shipment, self.events), self.brand, at)
        version = self.shipment.version + 1
        self.shipments.save(
            shipment.model_copy(update={"version": version}), [fact], due_at=due_at, decisions=decisions
        )

    def sweep(self, now: datetime) -> None:
        """What the sweep does with the parcel when it is due."""
        settled, suspicion = self.watch.look(self.shipment, self.brand, now)
        if suspicion and settled.shipment.delay and settled.shipment.delay.is_open:
            self.watch.declared(settled, suspicion, self.brand, now)

    def wait(self, todo: Todo, token: str) -> bool:
        """The workflow begins to wait as it was told; True if it need not."""
        purpose = "case" if todo["do"] == "case" else "delay"
        wait = Wait(
            brand="larkspur",
            shipment_id=self.shipment_id,
            order_id=self.order_id,
            purpose=purpose,
            token=token,
            created_at=LATE,
        )
        return self.desk.await_news(wait, todo["seen"], todo["case_id"])


__all__ = ["DAY", "LATE", "NOW", "ORDER", "SECOND", "World", "with_playbooks"]
