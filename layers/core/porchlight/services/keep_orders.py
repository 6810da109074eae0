"""Orders, fulfilments and refunds, from any store or OMS. They commute: any order of arrival gives the same end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from porchlight.domain import ids
from porchlight.domain.brands import BrandConfig
from porchlight.domain.dates import DateRange, local_day
from porchlight.domain.delays import DelayDecision
from porchlight.domain.mending import let_go, taken_over
from porchlight.domain.money import Money
from porchlight.domain.order_delays import reopened
from porchlight.domain.orders import (
    AS_SAID,
    Order,
    OrderPlaced,
    OrderRefunded,
    OrderWithdrawn,
    ParcelShipped,
    Shopper,
    StoreChange,
)
from porchlight.domain.packing import latest, packed_with
from porchlight.domain.promises import PromiseMade, ShipDaySaid, kept_with, revisions, said_with
from porchlight.domain.reuse import BEFORE_SCANS, MOST_USES, shipped_again
from porchlight.domain.shipments import Shipment, fold
from porchlight.ports import Brands, Orders, Shipments
from porchlight.services.contacts import after_erasure, shopper_of
from porchlight.services.dates import PURCHASE, Dates, route_of, unchanged
from porchlight.services.lookout import Lookout
from porchlight.services.order_delays import Dispatches
from porchlight.services.retrying import until_settled

_LOOKED_AT = 10


@dataclass(frozen=True)
class OrderKeeper:
    """Keeps orders, and the link between orders and parcels."""

    orders: Orders
    shipments: Shipments
    brands: Brands
    lookout: Lookout
    dates: Dates

    def apply(self, brand_id: str, source: str, change: StoreChange, received_at: datetime) -> None:
        """Apply one change; the same change twice is one."""
        brand = self.brands.get(brand_id)
        if isinstance(change, OrderPlaced):
            self.order(brand, source, change, received_at)
        elif isinstance(change, ParcelShipped):
            self.parcels(brand, change, received_at)
        elif isinstance(change, OrderWithdrawn):
            self.withdraw(brand, change, received_at)
        else:
            self.refund(brand, change, received_at)

    def order(self, brand: BrandConfig, source: str, placed: OrderPlaced, received_at: datetime) -> Order:
        """Write the order if this is news, then tell its parcels. Returns the order as it is now.

        The store's clock decides, and what it says last is all that counts: an old body that comes late or again brings
        neither an old order nor an old address back.
        """
        order_id = ids.order_id(brand.brand_id, placed.external_id)

        def attempt() -> Order:
            contents = self.orders.contents(brand.brand_id, order_id)
            stored = contents.order
            shopper = shopper_of(brand.brand_id, placed)
            promise: DateRange | None = placed.promise or self.dates.usual_promise(brand, placed)
            backfilled = stored.backfilled if stored else received_at - placed.placed_at > brand.old_after
            if backfilled and promise and promise.latest < local_day(received_at, promise.zone):
                # It was over before we could watch it: nobody is told now that it was missed. One kept since counts.
                promise = promise if stored and stored.promise == promise else None
            made = PromiseMade(range=promise, made_at=placed.updated_at) if promise else None
            promises = kept_with(stored.promises if stored else (), made)
            ship_days = said_with(_said(stored), ShipDaySaid(day=placed.ship_by, said_at=placed.updated_at))
            order = Order(
                brand=brand.brand_id,
                order_id=order_id,
                external_id=placed.external_id,
                number=placed.number,
                source=source,
                placed_at=placed.placed_at,
                source_updated_at=placed.updated_at,
                currency=placed.currency,
                total=placed.total,
                lines=placed.lines,
                shopper_id=shopper.shopper_id,
                tier=placed.tier,
                destination=placed.destination,
                first_promise=promises[0].range if promises else promise,
                promise=promise,
                promises=promises,
                service=placed.service,
                origin=placed.origin,
                ship_by=placed.ship_by,
                ship_days=ship_days,
                ship_note=placed.ship_note,
                stages=placed.stages,
                split=bool(stored and stored.split) or self._is_split(brand.brand_id, contents.shipment_ids),
                dispatched_at=stored.dispatched_at if stored else None,
                reopened_at=stored.reopened_at if stored else None,
                forecast=stored.forecast if stored else None,
                delay=stored.delay if stored else None,
                suspected=stored.suspected if stored else None,
                cancelled_at=placed.cancelled_at,
                **{name: getattr(placed, name) for name in AS_SAID},
                backfilled=backfilled,
                refunds=_named(contents.refunds, placed.currency),
                updated_at=received_at,
                version=stored.version if stored else 0,
            )
            if stored and _age(stored) >= _age(order):
                if (stored.promises, stored.ship_days) == (promises, ship_days):
                    return stored
                update: dict[str, object] = {"promises": promises, "ship_days": ship_days}
                if promises:
                    update["first_promise"] = promises[0].range
                return self._save(brand, stored.model_copy(update=update), received_at)
            if stored is None and not backfilled:
                order = order.model_copy(update={"forecast": self.dates.at_purchase(brand, order, received_at)})
            known = self.orders.shopper(brand.brand_id, shopper.shopper_id)
            shopper = after_erasure(shopper, known, placed.placed_at)
            if stored and _more(stored, order):
                order = reopened(order, received_at)
            return self._save(brand, order, received_at, shopper if shopper != known else None)

        order = until_settled(attempt)
        for parcel in self.orders.contents(brand.brand_id, order_id).shipment_ids:
            self._link(brand, parcel, order_id, None, received_at)
        return order

    def parcels(self, brand: BrandConfig, shipped: ParcelShipped, received_at: datetime) -> None:
        """Make the parcels of a fulfilment parcels of the order, whether or not either is known yet.

        Those of a cancelled one too, as void: else a body that comes late would bring them back.
        """
        order_id = ids.order_id(brand.brand_id, shipped.external_order_id)
        if not shipped.carrier or not shipped.tracking_numbers:
            self._untracked(brand, order_id, shipped)
            self._left(brand, order_id, shipped, received_at)
            return
        for number in shipped.tracking_numbers:
            parcel = self._parcel(brand, shipped.carrier, number, order_id, shipped.shipped_at)
            fresh = Shipment(
                brand=brand.brand_id,
                shipment_id=parcel,
                carrier=shipped.carrier,
                tracking_number=number,
                shipped_at=shipped.shipped_at,
                packed={shipped.fulfillment_id: shipped.packing},
                created_at=received_at,
                updated_at=received_at,
            )
            self._link(brand, parcel, order_id, fresh, received_at)
        self._left(brand, order_id, shipped, received_at)

    def _untracked(self, brand: BrandConfig, order_id: str, shipped: ParcelShipped) -> None:
        """Nobody can follow it, but it has left (or was taken back): the order waits for it no more."""
        name = shipped.fulfillment_id
        known = self.orders.contents(brand.brand_id, order_id).untracked.get(name)
        packing = latest(known, shipped.packing) if known else shipped.packing
        if packing != known:
            self.orders.put_untracked(brand.brand_id, order_id, name, packing)

    def adopt(self, brand_id: str, wrong: Shipment, order_id: str, carrier: str, now: datetime) -> str:
        """Make the parcel with the same number at ``carrier`` one of the order of ``wrong``, whose carrier was named
        wrongly; returns its id. One that was itself called wrong before is right again.
        """
        brand, number = self.brands.get(brand_id), wrong.tracking_number
        shipped_at = wrong.shipped_at or wrong.created_at
        right_id = self._parcel(brand, carrier, number, order_id, shipped_at, follow=False)
        fresh = Shipment(
            brand=brand_id,
            shipment_id=right_id,
            carrier=carrier,
            tracking_number=wrong.tracking_number,
            shipped_at=wrong.shipped_at,
            packed=wrong.packed,
            delay=taken_over(wrong.delay, now),
            created_at=now,
            updated_at=now,
        )
        self._link(brand, right_id, order_id, fresh, now, adopted=True)
        return right_id

    def _parcel(
        self, brand: BrandConfig, carrier: str, number: str, order_id: str, shipped_at: datetime, *, follow: bool = True
    ) -> str:
        """The id of the parcel that a store means by a number: carriers use numbers again, and people correct carriers
        that stores go on naming wrongly (``follow``).
        """

        def attempt(use: int) -> str | None:
            parcel = ids.shipment_id(brand.brand_id, carrier, number, use)
            stored = self.shipments.get(brand.brand_id, parcel)
            if stored is None:
                return parcel
            if stored.moved_to and follow:
                return self._corrected(stored)
            if stored.order_id == order_id or not shipped_again(stored, shipped_at):
                return parcel
            if stored.next_from is None:
                after = ids.shipment_id(brand.brand_id, carrier, number, use + 1)
                update = {"next_id": after, "next_from": shipped_at - BEFORE_SCANS, "version": stored.version + 1}
                due_at = self.dates.settled(stored, brand, shipped_at).due_at
                self.shipments.save(stored.model_copy(update=update), due_at=due_at)
            return None

        uses = range(1, MOST_USES + 1)
        found = next((parcel for use in uses if (parcel := until_settled(partial(attempt, use)))), None)
        return found or ids.shipment_id(brand.brand_id, carrier, number)

    def _corrected(self, wrong: Shipment) -> str:
        """Where a person has moved the order's parcel to, however often."""
        known, at = {wrong.shipment_id}, wrong
        while at.moved_to and at.moved_to not in known:
            known.add(at.moved_to)
            after = self.shipments.get(at.brand, at.moved_to)
            if after is None:
                return at.moved_to
            at = after
        return at.shipment_id

    def _link(
        self,
        brand: BrandConfig,
        parcel: str,
        order_id: str,
        fresh: Shipment | None,
        now: datetime,
        *,
        adopted: bool = False,
    ) -> None:
        """Bring order and parcel together: promise, destination's zone and shopper go to the shipment."""

        def attempt() -> Order | None:
            stored, events, watch = self.shipments.contents(brand.brand_id, parcel)
            before = stored or fresh
            order = self.orders.get(brand.brand_id, order_id)
            if before is None:
                return order
            claims = fresh is not None and (before.order_id is None or not fresh.is_void)
            if not claims and before.order_id != order_id:
                return order  # a parcel that another order has claimed since stays with that one
            update: dict[str, object] = {"order_id": order_id}
            freed: tuple[DelayDecision, ...] = ()
            if before.order_id not in (None, order_id) and (not order or order.shopper_id != before.shopper_id):
                # It was thought to be somebody else's: what that shopper was told is not told on to this one.
                before, freed = let_go(before, brand.delays, now)
                update |= {"shopper_id": None, "promise": None, "first_promise": None, "promises": ()}
            if fresh and fresh.shipped_at:
                update["shipped_at"] = min(fresh.shipped_at, before.shipped_at or fresh.shipped_at)
            packed = before.packed
            for fulfillment_id, packing in fresh.packed.items() if fresh else ():
                packed = packed_with(packed, fulfillment_id, packing)
            update["packed"] = packed
            if adopted:
                update["moved_to"] = None
                update["delay"] = before.delay or (fresh.delay if fresh else None)
            if order:
                update |= {
                    "shopper_id": order.shopper_id,
                    "zone": order.destination.zone or brand.zone,
                    "promise": order.promise,
                    "backfilled": order.backfilled,
                    "first_promise": order.first_promise,
                    "promises": revisions(order.promises),
                    "placed_at": order.placed_at,
                    "order_cancelled": order.cancelled_at is not None,
                    "ship_by": order.ship_by,
                    "route": route_of(brand, order, before.carrier),
                }
                if order.forecast:
                    update["forecasts"] = {**before.forecasts, PURCHASE: order.forecast}
            folded = fold(before.model_copy(update=update), events)
            shipment, decisions, due_at, _ = self.dates.settled(folded, brand, now)
            if stored is not None and unchanged(shipment, stored):
                return order
            shipment = shipment.model_copy(
                update={"version": (stored.version if stored else 0) + 1, "updated_at": max(now, before.updated_at)}
            )
            if adopted and shipment.delay and shipment.delay.is_unattended(now):
                due_at = now  # a workflow takes up its playbook
            link = stored is None or stored.order_id != order_id
            looked = self.lookout.linked(brand, shipment, watch, now)
            self.shipments.save(shipment, due_at=due_at, link=link, watch=looked, decisions=(*freed, *decisions))
            return order

        seen = until_settled(attempt)
        if fresh and seen != self.orders.get(brand.brand_id, order_id):
            # The order changed between our look and our write, and its writer may not have seen this parcel.
            until_settled(attempt)

    def withdraw(self, brand: BrandConfig, withdrawn: OrderWithdrawn, received_at: datetime) -> None:
        """Cancel an order that the store has removed. Of one that nobody knows nothing is to be said."""
        order_id = ids.order_id(brand.brand_id, withdrawn.external_order_id)

        def attempt() -> None:
            order = self.orders.get(brand.brand_id, order_id)
            if order is None or order.cancelled_at:
                return
            clock = max(received_at, order.source_updated_at)
            update = {"cancelled_at": received_at, "source_updated_at": clock}
            self._save(brand, order.model_copy(update=update), received_at)

        until_settled(attempt)
        for parcel in self.orders.contents(brand.brand_id, order_id).shipment_ids:
            self._link(brand, parcel, order_id, None, received_at)

    def refund(self, brand: BrandConfig, refunded: OrderRefunded, received_at: datetime) -> None:
        """Remember what the store refunded; an order that comes later finds it."""
        order_id = ids.order_id(brand.brand_id, refunded.external_order_id)
        self.orders.put_refund(brand.brand_id, order_id, refunded.refund_id, refunded.amount)

        def attempt() -> None:
            contents = self.orders.contents(brand.brand_id, order_id)
            refunds = _named(contents.refunds, contents.order.currency) if contents.order else {}
            if contents.order is None or contents.order.refunds == refunds:
                return
            self._save(brand, contents.order.model_copy(update={"refunds": refunds}), received_at)

        until_settled(attempt)

    def _save(self, brand: BrandConfig, order: Order, now: datetime, shopper: Shopper | None = None) -> Order:
        """The next version of an order with news of it, its delay as that leaves it, and when to look at it."""
        told, decisions, due_at, _ = self._dispatches.noticed(order, brand, now)
        saved = told.model_copy(update={"updated_at": now, "version": order.version + 1})
        self.orders.save(saved, shopper, due_at=due_at, decisions=decisions)
        return saved

    def _left(self, brand: BrandConfig, order_id: str, shipped: ParcelShipped, now: datetime) -> None:
        """What parcels mean for their order: its delay may be over, or something of it is to be sent again. Most orders
        are not written: the sweep looks when it is time.
        """

        def attempt() -> None:
            contents = self.orders.contents(brand.brand_id, order_id)
            order = contents.order
            if order is None:
                return
            split = order.split or self._is_split(brand.brand_id, contents.shipment_ids)
            late = order.suspected or (order.delay and order.delay.is_open) or self._ended(order)
            if not late and not (shipped.cancelled and order.dispatched_at) and split == order.split:
                return
            again = reopened(order, now) if shipped.cancelled else order
            told, decisions, due_at, _ = self._dispatches.settled(again, brand, now)
            if decisions or told.dispatched_at != order.dispatched_at or split != order.split:
                saved = told.model_copy(update={"split": split, "updated_at": now, "version": order.version + 1})
                self.orders.save(saved, due_at=due_at, decisions=decisions)

        until_settled(attempt)

    def _is_split(self, brand: str, parcels: Sequence[str]) -> bool:
        """True where more than one parcel of an order is on its way now; of very many, the first ones are looked at."""
        if len(parcels) < 2:
            return False
        found = [parcel for key in parcels[:_LOOKED_AT] if (parcel := self.shipments.get(brand, key))]
        return sum(one.is_open and not one.is_return and not one.moved_to for one in found) > 1

    @staticmethod
    def _ended(order: Order) -> bool:
        """True where a delay of the order has ended in a remedy: what is shipped now is a conflict."""
        return bool(order.delay and (order.delay.committed or order.delay.remedied))

    @property
    def _dispatches(self) -> Dispatches:
        return Dispatches(self.orders, self.shipments, self.dates)


def _said(stored: Order | None) -> tuple[ShipDaySaid, ...]:
    """What the shop said of the day of shipping; an older release kept only the last of it."""
    if stored is None or stored.ship_days:
        return stored.ship_days if stored else ()
    return (ShipDaySaid(day=stored.ship_by, said_at=stored.source_updated_at),)


def _more(before: Order, after: Order) -> bool:
    """True where an order asks for more than it did: lines were added, or more of one."""
    known = {line.line_id: line.quantity for line in before.lines if line.ships}
    return any(line.quantity > known.get(line.line_id, 0) for line in after.lines if line.ships)


def _named(refunds: Mapping[str, Money], currency: str) -> dict[str, Money]:
    """Refunds of an order, those without a currency in its own."""
    return {refund_id: amount.named(currency) for refund_id, amount in refunds.items()}


def _age(order: Order) -> tuple[datetime, bool, str]:
    """What orders an order's states: the store's clock; at one instant a cancelled one first, then anything stable."""
    ours = {"first_promise", "promises", "forecast", "delay", "suspected", "split"}
    ours |= {"backfilled", "refunds", "updated_at", "version"}
    return order.source_updated_at, order.cancelled_at is not None, order.model_dump_json(exclude=ours)
