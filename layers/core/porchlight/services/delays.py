"""Declaring a delay once, telling it anew, and closing it when news allows. All can be repeated at any point."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from porchlight.domain.brands import BrandConfig
from porchlight.domain.delays import DelayDecision
from porchlight.domain.lateness import Suspicion, assess, next_check
from porchlight.domain.mending import clear, declare, suspect
from porchlight.domain.shipments import Shipment
from porchlight.ports import Brands, Metrics, Orders, Shipments
from porchlight.services.dates import Dates, Settled, count_decisions
from porchlight.services.retrying import until_settled
from porchlight.services.surges import SurgeWatch


class DelayStatus(TypedDict):
    """``late`` goes on with the playbook; every other outcome ends the workflow."""

    outcome: str
    """``late``, ``not_late`` (nothing declared), ``recovered``, ``resolved``, ``unresolved``, ``superseded``."""
    delay_id: str
    seen: int
    wait_seconds: int


@dataclass(frozen=True)
class DelayWatch:
    """Suspects, declares and closes delays of parcels."""

    shipments: Shipments
    orders: Orders
    brands: Brands
    metrics: Metrics
    dates: Dates
    surges: SurgeWatch

    def look(self, shipment: Shipment, brand: BrandConfig, now: datetime) -> tuple[Settled, Suspicion | None]:
        """The parcel as it is now, and the delay to declare or tell anew, if any. A cancelled order waits for no
        parcel; it is read only when it matters.
        """
        settled = self.dates.settled(shipment, brand, now)
        suspicion = assess(settled.shipment, brand.delays, now, settled.outlook)
        if suspicion and shipment.order_id and not shipment.is_return:
            order = self.orders.get(shipment.brand, shipment.order_id)
            if order and order.cancelled_at:
                return settled, None
        return settled, suspicion

    def put_back(self, settled: Settled, due_at: datetime | None) -> None:
        """Write the parcel as it is now, to be looked at again at ``due_at``."""
        self._write(settled.shipment, settled.decisions, due_at)

    def note(self, settled: Settled, suspicion: Suspicion, brand: BrandConfig, due_at: datetime, now: datetime) -> str:
        """Write down a suspicion before its workflow starts; returns the id under which that runs."""
        shipment, noted = suspect(settled.shipment, suspicion, brand.delays, now)
        self._write(shipment, (*settled.decisions, *noted), due_at)
        return shipment.suspected.delay_id if shipment.suspected else suspicion.delay_id

    def assess_and_declare(
        self, brand_id: str, shipment_id: str, now: datetime, delay_id: str | None = None
    ) -> DelayStatus:
        """Declare the delay of a parcel if it is one now. A delay that is declared already is answered as it stands;
        another one than ``delay_id`` has a workflow of its own.
        """
        brand = self.brands.get(brand_id)

        def attempt() -> DelayStatus:
            shipment = self.shipments.get(brand_id, shipment_id)
            if shipment is None:
                return status("not_late", None, brand, now)
            open_delay = shipment.delay if shipment.delay and shipment.delay.is_open else None
            if open_delay:
                mine = delay_id is None or open_delay.delay_id == delay_id
                return status("late" if mine else "superseded", shipment, brand, now)
            settled, suspicion = self.look(shipment, brand, now)
            if suspicion is None:
                cleared, decisions = clear(settled.shipment, brand.delays, now)
                if decisions:
                    due_at = next_check(cleared, brand.delays, now, settled.outlook)
                    self._write(cleared, (*settled.decisions, *decisions), due_at, now)
                return status("not_late", cleared, brand, now)
            declared = self.declared(settled, suspicion, brand, now)
            return status("late", declared, brand, now)

        return until_settled(attempt)

    def declared(self, settled: Settled, suspicion: Suspicion, brand: BrandConfig, now: datetime) -> Shipment:
        """Declare, or tell an open delay anew, and write it."""
        shipment, decisions = declare(settled.shipment, suspicion, brand.delays, now, settled.outlook)
        due_at = next_check(shipment, brand.delays, now, settled.outlook)
        if due_at and due_at <= now:
            due_at = now + timedelta(days=1)  # said already, and nothing better is known
        if shipment.delay and shipment.delay.unattended:
            due_at = now + timedelta(hours=1)  # until a workflow has taken up its playbook
        written = self._write(shipment, (*settled.decisions, *decisions), due_at, now)
        for decision in decisions:
            if decision.change == "declared":
                self.metrics.count("DelaysDeclared", kind=decision.kind.value)
                self.surges.declared(brand.brand_id, shipment.route, decision.kind, now)
        return written

    def settle_news(self, brand_id: str, shipment_id: str, delay_id: str, now: datetime) -> DelayStatus:
        """Close the delay if the parcel's news says so; the ingest may have done so already."""
        brand = self.brands.get(brand_id)

        def attempt() -> DelayStatus:
            shipment = self.shipments.get(brand_id, shipment_id)
            if shipment is None or shipment.delay is None or shipment.delay.delay_id != delay_id:
                return status("superseded", shipment, brand, now)
            settled = self.dates.settled(shipment, brand, now)
            if settled.decisions:
                shipment = self._write(settled.shipment, settled.decisions, settled.due_at, now)
            return status("late", shipment, brand, now)

        found = until_settled(attempt)
        if found["outcome"] != "late":
            self.metrics.count("DelaysClosed", outcome=found["outcome"])
        return found

    def _write(
        self,
        shipment: Shipment,
        decisions: tuple[DelayDecision, ...],
        due_at: datetime | None,
        now: datetime | None = None,
    ) -> Shipment:
        """The next version. Without ``now`` it is no news to anybody."""
        update: dict[str, object] = {"version": shipment.version + 1}
        if now:
            update["updated_at"] = now
        written = shipment.model_copy(update=update)
        self.shipments.save(written, due_at=due_at, decisions=decisions)
        count_decisions(self.metrics, decisions)
        return written


def status(outcome: str, shipment: Shipment | None, brand: BrandConfig, now: datetime) -> DelayStatus:
    """The status of the delay; ``late`` is refined where the delay is closed or its deadline has passed."""
    delay = shipment.delay if shipment else None
    left = 1
    if outcome == "late" and delay:
        deadline = delay.declared_at + timedelta(days=brand.delays.wait_for_news_days)
        left = int((deadline - now).total_seconds())
        if delay.resolved_at:
            outcome = "resolved"
        elif delay.recovered_at:
            outcome = "recovered"
        elif left <= 0:
            outcome = "unresolved"
    return DelayStatus(
        outcome=outcome,
        delay_id=delay.delay_id if delay else "",
        seen=shipment.event_count if shipment else 0,
        wait_seconds=max(1, left),
    )
