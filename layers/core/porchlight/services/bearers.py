"""What bears a delay: parcels, and orders that were not dispatched. Both are read with their news, and written with
what was decided about them.
"""

from dataclasses import dataclass
from datetime import datetime

from porchlight.domain.brands import BrandConfig
from porchlight.domain.delays import DelayDecision
from porchlight.domain.dispatch import next_look
from porchlight.domain.lateness import next_check
from porchlight.domain.orders import Order
from porchlight.domain.shipments import Shipment
from porchlight.domain.steps import Late
from porchlight.ports import Metrics, Orders, Shipments
from porchlight.services.dates import Dates, count_decisions
from porchlight.services.order_delays import Dispatches


@dataclass(frozen=True)
class Bearers:
    """Reads and writes both alike."""

    shipments: Shipments
    orders: Orders
    dates: Dates
    metrics: Metrics

    def read(self, brand: BrandConfig, shipment_id: str, order_id: str, now: datetime) -> Late | None:
        """The parcel, or without ``shipment_id`` the order, after its news; None without a delay."""
        record: Shipment | Order
        decisions: tuple[DelayDecision, ...]
        if shipment_id:
            parcel = self.shipments.get(brand.brand_id, shipment_id)
            if parcel is None:
                return None
            record, decisions, *_ = self.dates.settled(parcel, brand, now)
        else:
            order = self.orders.get(brand.brand_id, order_id)
            if order is None:
                return None
            dispatches = Dispatches(self.orders, self.shipments, self.dates)
            record, decisions, *_ = dispatches.settled(order, brand, now)
        if record.delay is None:
            return None
        return Late(record, record.delay, brand.delays.version, decisions)

    def write(self, brand: BrandConfig, late: Late, now: datetime) -> Late:
        """Write what was decided, if anything was; ConflictError where somebody else has written meanwhile."""
        if not late.decisions:
            return late
        update = {"version": late.record.version + 1, "updated_at": max(now, late.record.updated_at)}
        record = late.record.model_copy(update=update)
        if isinstance(record, Shipment):
            if late.delay.remedied:
                record = record.model_copy(update={"expected": None})
            due_at = next_check(record, brand.delays, now, self.dates.outlook(record, brand, now))
            self.shipments.save(record, due_at=due_at, decisions=late.decisions)
        else:
            due_at = next_look(record, brand, now, self.dates.rests(brand, record))
            self.orders.save(record, due_at=due_at, decisions=late.decisions)
        count_decisions(self.metrics, late.decisions)
        return Late(record, late.delay, late.policy_version)
