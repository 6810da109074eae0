"""Orders, fulfilments and refunds, from whatever store or OMS. They commute: any order of arrival gives the same end."""

from dataclasses import dataclass
from datetime import datetime

from porchlight.domain import ids
from porchlight.domain.brands import BrandConfig
from porchlight.domain.lateness import expected_range, next_check
from porchlight.domain.orders import (
    ContactDetails,
    Order,
    OrderPlaced,
    OrderRefunded,
    ParcelShipped,
    Shopper,
    StoreChange,
    default_promise,
)
from porchlight.domain.shipments import Shipment, fold
from porchlight.ports import Brands, Orders, Shipments
from porchlight.services.retrying import until_settled


@dataclass(frozen=True)
class OrderKeeper:
    """Keeps orders, and the link between orders and parcels."""

    orders: Orders
    shipments: Shipments
    brands: Brands

    def apply(self, brand_id: str, source: str, change: StoreChange, received_at: datetime) -> None:
        """Apply one change; the same change twice is one."""
        brand = self.brands.get(brand_id)
        if isinstance(change, OrderPlaced):
            self.order(brand, source, change, received_at)
        elif isinstance(change, ParcelShipped):
            self.parcels(brand, change, received_at)
        else:
            self.refund(brand, change, received_at)

    def order(self, brand: BrandConfig, source: str, placed: OrderPlaced, received_at: datetime) -> Order:
        """Write the order if this is news, then tell its parcels. Returns the order as it is now."""
        order_id = ids.order_id(brand.brand_id, placed.external_id)

        def attempt() -> Order:
            contents = self.orders.contents(brand.brand_id, order_id)
            stored = contents.order
            if stored and stored.source_updated_at > placed.updated_at:
                return stored
            shopper = self._shopper(brand, placed.contact, placed.external_id)
            promise = placed.promise or (stored.promise if stored else None)
            promise = promise or default_promise(
                placed.placed_at, placed.destination.zone or brand.zone, brand.promise.working_days
            )
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
                first_promise=(stored.first_promise if stored else None) or promise,
                promise=promise,
                cancelled_at=placed.cancelled_at or (stored.cancelled_at if stored else None),
                refunds=contents.refunds,
                updated_at=received_at,
                version=stored.version if stored else 0,
            )
            known = self.orders.shopper(brand.brand_id, shopper.shopper_id)
            if known:
                shopper = shopper.model_copy(update={"unsubscribed": known.unsubscribed})
            if stored and _same(stored, order) and shopper == known:
                return stored
            saved = order.model_copy(update={"version": order.version + 1})
            self.orders.save(saved, shopper if shopper != known else None)
            return saved

        order = until_settled(attempt)
        for parcel in self.orders.contents(brand.brand_id, order_id).shipment_ids:
            self._link(brand, parcel, order_id, None)
        return order

    def _shopper(self, brand: BrandConfig, contact: ContactDetails, external_id: str) -> Shopper:
        key = contact.customer_key or contact.email or f"order:{external_id}"
        return Shopper(
            brand=brand.brand_id,
            shopper_id=ids.shopper_id(brand.brand_id, key),
            name=contact.name,
            email=contact.email,
            phone=contact.phone,
            language=contact.language,
        )

    def parcels(self, brand: BrandConfig, shipped: ParcelShipped, received_at: datetime) -> None:
        """Make the parcels of a fulfilment parcels of the order, whether or not either is known yet."""
        if shipped.cancelled or not shipped.carrier:
            return
        order_id = ids.order_id(brand.brand_id, shipped.external_order_id)
        for number in shipped.tracking_numbers:
            parcel = ids.shipment_id(brand.brand_id, shipped.carrier, number)
            fresh = Shipment(
                brand=brand.brand_id,
                shipment_id=parcel,
                carrier=shipped.carrier,
                tracking_number=number,
                shipped_at=shipped.shipped_at,
                created_at=received_at,
                updated_at=received_at,
            )
            self._link(brand, parcel, order_id, fresh)

    def _link(self, brand: BrandConfig, parcel: str, order_id: str, fresh: Shipment | None) -> None:
        """Bring order and parcel together: promise, destination's zone and shopper go to the shipment."""

        def attempt() -> bool:
            stored, events = self.shipments.with_events(brand.brand_id, parcel)
            before = stored or fresh
            if before is None:
                return True
            order = self.orders.get(brand.brand_id, order_id)
            update: dict[str, object] = {"order_id": order_id}
            if fresh and fresh.shipped_at and not before.shipped_at:
                update["shipped_at"] = fresh.shipped_at
            if order:
                update |= {
                    "shopper_id": order.shopper_id,
                    "zone": order.destination.zone or brand.zone,
                    "promise": order.promise,
                    "first_promise": before.first_promise or order.first_promise,
                }
            shipment = fold(before.model_copy(update=update), events)
            now = fresh.updated_at if fresh else (order.updated_at if order else before.updated_at)
            shipment = shipment.model_copy(update={"expected": expected_range(shipment, brand, now)})
            if stored is not None and shipment == stored:
                return order is not None
            shipment = shipment.model_copy(
                update={"version": (stored.version if stored else 0) + 1, "updated_at": max(now, before.updated_at)}
            )
            due_at = next_check(shipment, brand.delays, now)
            self.shipments.save(shipment, due_at=due_at, link=stored is None or stored.order_id != order_id)
            return order is not None

        if not until_settled(attempt) and self.orders.get(brand.brand_id, order_id):
            # The order appeared between our look and our write, and its writer did not see this parcel yet.
            until_settled(attempt)

    def refund(self, brand: BrandConfig, refunded: OrderRefunded, received_at: datetime) -> None:
        """Remember what the store refunded; an order that comes later finds it."""
        order_id = ids.order_id(brand.brand_id, refunded.external_order_id)
        self.orders.put_refund(brand.brand_id, order_id, refunded.refund_id, refunded.amount)

        def attempt() -> None:
            contents = self.orders.contents(brand.brand_id, order_id)
            if contents.order is None or contents.order.refunds == contents.refunds:
                return
            self.orders.save(
                contents.order.model_copy(
                    update={
                        "refunds": contents.refunds,
                        "updated_at": received_at,
                        "version": contents.order.version + 1,
                    }
                )
            )

        until_settled(attempt)


def _same(stored: Order, order: Order) -> bool:
    """True where nothing but clocks and counters differ."""
    clocks = {"source_updated_at", "updated_at", "version"}
    return stored.model_dump(exclude=clocks) == order.model_dump(exclude=clocks)
