"""Suspecting a delay, declaring it once, and telling it anew. All can be repeated at any point."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from porchlight.domain.brands import BrandConfig
from porchlight.domain.delays import TAKEN_UP, DelayDecision
from porchlight.domain.lateness import Suspicion, assess, next_check
from porchlight.domain.mending import clear, declare, suspect
from porchlight.domain.orders import Order
from porchlight.domain.shipments import Shipment
from porchlight.ports import Brands, Metrics, Orders, Shipments
from porchlight.services.dates import Dates, Settled, count_decisions
from porchlight.services.retrying import until_settled
from porchlight.services.surges import SurgeWatch


class DelayStatus(TypedDict):
    """``late`` goes on with the playbook; every other outcome ends the workflow."""

    outcome: str
    """``late``, ``not_late`` (nothing declared), ``superseded`` (another delay is open)."""
    delay_id: str


@dataclass(frozen=True)
class DelayWatch:
    """Suspects and declares delays of parcels."""

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
                return status("not_late", None)
            open_delay = shipment.delay if shipment.delay and shipment.delay.is_open else None
            if open_delay:
                mine = delay_id is None or open_delay.delay_id == delay_id
                return status("late" if mine else "superseded", shipment)
            settled, suspicion = self.look(shipment, brand, now)
            if suspicion is None:
                cleared, decisions = clear(settled.shipment, brand.delays, now)
                if decisions:
                    due_at = next_check(cleared, brand.delays, now, settled.outlook)
                    self._write(cleared, (*settled.decisions, *decisions), due_at, now)
                return status("not_late", cleared)
            declared = self.declared(settled, suspicion, brand, now)
            mine = delay_id is None or (declared.delay is not None and declared.delay.delay_id == delay_id)
            return status("late" if mine else "superseded", declared)

        return until_settled(attempt)

    def declared(self, settled: Settled, suspicion: Suspicion, brand: BrandConfig, now: datetime) -> Shipment:
        """Declare, or tell an open delay anew, and write it."""
        shipment, decisions = declare(settled.shipment, suspicion, brand.delays, now, settled.outlook)
        due_at = next_check(shipment, brand.delays, now, settled.outlook)
        if due_at and due_at <= now:
            due_at = now + timedelta(days=1)  # said already, and nothing better is known
        delay = shipment.delay
        if delay and delay.revision and delay.is_unattended(now + TAKEN_UP):
            due_at = now + TAKEN_UP  # to see whether a workflow has taken up its playbook
        written = self._write(shipment, (*settled.decisions, *decisions), due_at, now)
        for decision in decisions:
            if decision.change == "declared":
                self.metrics.count("DelaysDeclared", kind=decision.kind.value)
                self.surges.declared(brand.brand_id, shipment.route, decision.kind, now)
        return written

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


def status(outcome: str, record: Shipment | Order | None) -> DelayStatus:
    """The answer to the workflow."""
    delay = record.delay if record else None
    return DelayStatus(outcome=outcome, delay_id=delay.delay_id if delay else "")
