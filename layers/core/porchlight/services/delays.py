"""Declaring a delay once, and closing it when news allows. Both can be repeated at any point."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from porchlight.domain.brands import BrandConfig
from porchlight.domain.lateness import Suspicion, assess, declare, expected_range, mend, next_check
from porchlight.domain.shipments import Shipment
from porchlight.ports import Brands, Metrics, Orders, Shipments
from porchlight.services.retrying import until_settled


class DelayStatus(TypedDict):
    """``late`` waits ``wait_seconds`` for events beyond ``seen``; every other outcome ends the workflow."""

    outcome: str
    """``late``, ``not_late`` (nothing declared), ``recovered``, ``resolved``, ``unresolved``, ``superseded``."""
    delay_id: str
    seen: int
    wait_seconds: int


@dataclass(frozen=True)
class DelayWatch:
    """Declares and closes delays."""

    shipments: Shipments
    orders: Orders
    brands: Brands
    metrics: Metrics

    def assess_and_declare(self, brand_id: str, shipment_id: str, now: datetime) -> DelayStatus:
        """Declare the delay of a parcel if it is one now. A delay that is declared already is answered as it stands."""
        brand = self.brands.get(brand_id)

        def attempt() -> DelayStatus:
            shipment = self.shipments.get(brand_id, shipment_id)
            if shipment is None:
                return _status("not_late", None, brand, now)
            if shipment.delay and shipment.delay.is_open:
                return _status("late", shipment, brand, now)
            suspicion = self.suspicion(shipment, brand, now)
            if suspicion is None:
                return _status("not_late", shipment, brand, now)
            declared = declare(shipment, suspicion, brand.delays, now)
            declared = declared.model_copy(update={"version": shipment.version + 1, "updated_at": now})
            self.shipments.save(declared, due_at=next_check(declared, brand.delays, now))
            self.metrics.count("DelaysDeclared", kind=suspicion.kind.value)
            return _status("late", declared, brand, now)

        return until_settled(attempt)

    def suspicion(self, shipment: Shipment, brand: BrandConfig, now: datetime) -> Suspicion | None:
        """The delay to declare, if any. A cancelled order waits for no parcel; it is read only when it matters."""
        suspicion = assess(shipment, brand.delays, now)
        if suspicion and shipment.order_id:
            order = self.orders.get(shipment.brand, shipment.order_id)
            if order and order.cancelled_at:
                return None
        return suspicion

    def settle_news(self, brand_id: str, shipment_id: str, delay_id: str, now: datetime) -> DelayStatus:
        """Close the delay if the parcel's news says so; the ingest may have done so already."""
        brand = self.brands.get(brand_id)

        def attempt() -> DelayStatus:
            shipment = self.shipments.get(brand_id, shipment_id)
            if shipment is None or shipment.delay is None or shipment.delay.delay_id != delay_id:
                return _status("superseded", shipment, brand, now)
            mended = mend(shipment, now)
            if mended != shipment:
                expected = expected_range(mended, brand, now)
                update = {"expected": expected, "version": shipment.version + 1, "updated_at": now}
                mended = mended.model_copy(update=update)
                self.shipments.save(mended, due_at=next_check(mended, brand.delays, now))
            return _status("late", mended, brand, now)

        status = until_settled(attempt)
        if status["outcome"] != "late":
            self.metrics.count("DelaysClosed", outcome=status["outcome"])
        return status


def _status(outcome: str, shipment: Shipment | None, brand: BrandConfig, now: datetime) -> DelayStatus:
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
