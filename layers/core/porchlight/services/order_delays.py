"""Orders that do not ship: suspected, declared once, told anew, and closed when all has left. All can be repeated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from porchlight.domain.brands import BrandConfig
from porchlight.domain.delays import DelayDecision
from porchlight.domain.dispatch import LOOK_AGAIN, assess_order, holdings, next_look
from porchlight.domain.lateness import Suspicion
from porchlight.domain.order_delays import declare_order, settle_order, suspect_order
from porchlight.domain.orders import Order
from porchlight.domain.packing import Packing
from porchlight.ports import Brands, Metrics, Orders, Shipments
from porchlight.services.dates import Dates, count_decisions
from porchlight.services.delays import DelayStatus, status
from porchlight.services.retrying import until_settled


class SettledOrder(NamedTuple):
    """An order after news or silence: what is to be written of it."""

    order: Order
    decisions: tuple[DelayDecision, ...]
    due_at: datetime | None
    held: Sequence[Mapping[str, Packing]]
    """What has left, as ``dispatch.holdings`` gives it."""


@dataclass(frozen=True)
class Dispatches:
    """Orders and their parcels, looked at together."""

    orders: Orders
    shipments: Shipments
    dates: Dates

    def held(self, brand: str, order_id: str) -> list[Mapping[str, Packing]]:
        """What has left of an order by now."""
        contents = self.orders.contents(brand, order_id)
        parcels = (self.shipments.get(brand, shipment_id) for shipment_id in contents.shipment_ids)
        mine = [parcel for parcel in parcels if parcel and parcel.order_id == order_id]
        return holdings(mine, contents.untracked)

    def settled(self, order: Order, brand: BrandConfig, now: datetime) -> SettledOrder:
        """The order after news of it or its parcels, and when it is to be looked at."""
        free = self.dates.rests(brand, order)
        held = self.held(order.brand, order.order_id)
        told, decisions = settle_order(order, held, brand, now, free)
        return SettledOrder(told, decisions, next_look(told, brand, now, free), held)

    def noticed(self, order: Order, brand: BrandConfig, now: datetime) -> SettledOrder:
        """The order as a store's news leaves it. Its parcels are read only where a delay of it may end by them: else
        the sweep looks at them when it is time.
        """
        if order.suspected or order.delay:
            return self.settled(order, brand, now)
        return SettledOrder(order, (), next_look(order, brand, now, self.dates.rests(brand, order)), ())


@dataclass(frozen=True)
class OrderWatch:
    """Suspects, declares and closes delays of orders."""

    shipments: Shipments
    orders: Orders
    brands: Brands
    metrics: Metrics
    dates: Dates

    @property
    def _dispatches(self) -> Dispatches:
        return Dispatches(self.orders, self.shipments, self.dates)

    def look(self, order: Order, brand: BrandConfig, now: datetime) -> tuple[SettledOrder, Suspicion | None]:
        """The order as it is now, and the delay to declare or tell anew, if any."""
        settled = self._dispatches.settled(order, brand, now)
        free = self.dates.rests(brand, order)
        return settled, assess_order(settled.order, settled.held, brand, now, free)

    def put_back(self, settled: SettledOrder, due_at: datetime | None) -> None:
        """Write the order as it is now, to be looked at again at ``due_at``."""
        self._write(settled.order, settled.decisions, due_at)

    def note(self, settled: SettledOrder, suspicion: Suspicion, brand: BrandConfig, now: datetime) -> str:
        """Write down a suspicion before its workflow starts; returns the id under which that runs."""
        order, noted = suspect_order(settled.order, suspicion, brand.delays, now)
        self._write(order, (*settled.decisions, *noted), now + LOOK_AGAIN)
        return order.suspected.delay_id if order.suspected else suspicion.delay_id

    def assess_and_declare(
        self, brand_id: str, order_id: str, now: datetime, delay_id: str | None = None
    ) -> DelayStatus:
        """Declare the delay of an order if it is one now, as ``DelayWatch.assess_and_declare`` does for a parcel."""
        brand = self.brands.get(brand_id)

        def attempt() -> DelayStatus:
            order = self.orders.get(brand_id, order_id)
            if order is None:
                return status("not_late", None)
            if order.delay and order.delay.is_open:
                mine = delay_id is None or order.delay.delay_id == delay_id
                return status("late" if mine else "superseded", order)
            settled, suspicion = self.look(order, brand, now)
            if suspicion is None:
                if settled.order != order:
                    self._write(settled.order, settled.decisions, settled.due_at, now)
                return status("not_late", settled.order)
            declared = self.declared(settled, suspicion, brand, now)
            return status("late", declared)

        found = until_settled(attempt)
        if found["outcome"] == "late":
            # A parcel may have come between our look and our write, and its writer may not have seen the delay.
            self._settle(brand, order_id, now)
        return found

    def declared(self, settled: SettledOrder, suspicion: Suspicion, brand: BrandConfig, now: datetime) -> Order:
        """Declare, or tell an open delay anew, and write it."""
        free = self.dates.rests(brand, settled.order)
        order, decisions = declare_order(settled.order, suspicion, brand, now, free)
        written = self._write(order, (*settled.decisions, *decisions), next_look(order, brand, now, free), now)
        for decision in decisions:
            if decision.change == "declared":
                self.metrics.count("DelaysDeclared", kind=decision.kind.value)
        return written

    def _settle(self, brand: BrandConfig, order_id: str, now: datetime) -> None:
        def attempt() -> None:
            order = self.orders.get(brand.brand_id, order_id)
            settled = self._dispatches.settled(order, brand, now) if order else None
            if settled and settled.order != order:
                self._write(settled.order, settled.decisions, settled.due_at, now)

        until_settled(attempt)

    def _write(
        self,
        order: Order,
        decisions: tuple[DelayDecision, ...],
        due_at: datetime | None,
        now: datetime | None = None,
    ) -> Order:
        """The next version. Without ``now`` it is no news to anybody."""
        update: dict[str, object] = {"version": order.version + 1}
        if now:
            update["updated_at"] = max(now, order.updated_at)
        written = order.model_copy(update=update)
        self.orders.save(written, due_at=due_at, decisions=decisions)
        count_decisions(self.metrics, decisions)
        return written
