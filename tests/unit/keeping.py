"""A world of orders and parcels, and what stores and carriers say in it."""

from datetime import datetime, timedelta
from typing import Any

from porchlight.domain import ids
from porchlight.domain.brands import BrandConfig
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import (
    ContactDetails,
    Destination,
    Order,
    OrderLine,
    OrderPlaced,
    OrderRefunded,
    ParcelShipped,
    Shopper,
    StoreChange,
)
from porchlight.domain.packing import ParcelLine
from porchlight.domain.shipments import Shipment
from porchlight.ports import InboundMessage
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.put_order import put_order, read_body
from porchlight.services.record_events import Recorder
from tests.fakes import (
    NO_HISTORY,
    NOBODY,
    FakeBrands,
    FakeCodes,
    FakeErrands,
    FakeMetrics,
    FakeOrders,
    FakeQuarantine,
    FakeShipments,
)
from tests.unit.stories import DAY, NOW, ZONE, brand, usd

HOUR = timedelta(hours=1)
ORDER = ids.order_id("larkspur", "1001")
PARCEL = ids.shipment_id("larkspur", "ups", "1Z999")
LATER = NOW + 10 * DAY
"""When all of it reaches us."""


def placed(hours: int = 0, **update: Any) -> OrderPlaced:
    values: dict[str, Any] = {
        **{"external_id": "1001", "number": "#1001", "placed_at": NOW, "updated_at": NOW + hours * HOUR},
        **{"currency": "USD", "total": usd(4900), "destination": Destination(country="US", zone=ZONE)},
        "lines": (OrderLine(line_id="1", title="Mug", quantity=1, unit_price=usd(4900)),),
        "contact": ContactDetails(customer_key="7", name="Ada", email="ada@x.example"),
    }
    return OrderPlaced(**{**values, **update})


def shipped(*numbers: str, order: str = "1001", hours: int = 0, **update: Any) -> ParcelShipped:
    values: dict[str, Any] = {
        **{"external_order_id": order, "fulfillment_id": "f1", "carrier": "ups", "shipped_at": NOW + hours * HOUR},
        "tracking_numbers": numbers or ("1Z999",),
    }
    return ParcelShipped(**{**values, **update})


def refunded(refund: str = "r1", amount: int = 500, order: str = "1001") -> OrderRefunded:
    return OrderRefunded(external_order_id=order, refund_id=refund, amount=usd(amount), refunded_at=NOW)


class World:
    def __init__(self, old_after_hours: int = 48) -> None:
        self.orders, self.metrics = FakeOrders(), FakeMetrics()
        self.shipments = FakeShipments(self.orders)
        mine = brand().model_copy(update={"old_after_hours": old_after_hours})
        self.brands = FakeBrands(mine, mine.model_copy(update={"brand_id": "fjordhus"}))
        self.keeper = OrderKeeper(self.orders, self.shipments, self.brands, NOBODY, NO_HISTORY)
        self.recorder = Recorder(
            self.shipments, FakeQuarantine(), self.brands, FakeCodes(), self.metrics, NOBODY, FakeErrands(), NO_HISTORY
        )

    def say(self, *changes: StoreChange, brand_id: str = "larkspur", at: datetime = NOW) -> None:
        for change in changes:
            self.keeper.apply(brand_id, "shopify", change, at)

    def scan(self, milestone: Milestone, hours: int, number: str = "1Z999", brand_id: str = "larkspur") -> None:
        event = TrackingEvent(occurred_at=NOW + hours * HOUR, raw_code=milestone.value, milestone=milestone)
        report = TrackingReport(carrier="ups", tracking_number=number, events=(event,))
        about = InboundMessage(kind="carriers", source="ups", account="a", brand=brand_id, received_at=LATER)
        self.recorder.report(self.brands.get(brand_id), about, report, LATER)

    @property
    def order(self) -> Order:
        return self.orders.records["larkspur", ORDER]

    @property
    def parcel(self) -> Shipment:
        return self.shipments.records["larkspur", PARCEL]

    @property
    def shopper(self) -> Shopper:
        return self.orders.shoppers["larkspur", self.order.shopper_id]


def packed(*lines: tuple[str, int], **update: Any) -> ParcelShipped:
    """A fulfilment that says what it holds."""
    return shipped(**{"lines": tuple(ParcelLine(line_id=key, quantity=n) for key, n in lines), **update})


def linked(world: World) -> bool:
    parcel, order = world.parcel, world.order
    return (
        world.orders.contents("larkspur", ORDER).shipment_ids == (PARCEL,)
        and (parcel.order_id, parcel.shopper_id, parcel.promise) == (ORDER, order.shopper_id, order.promise)
        and (parcel.zone, parcel.shipped_at) == (ZONE, NOW)
    )


BODY = (
    b'{"number": "#1", "placed_at": "2026-03-02T12:00:00Z", "updated_at": "2026-03-02T12:00:00Z",'
    b'"currency": "USD", "total": "49.00",'
    b'"lines": [{"id": "1", "title": "Mug", "quantity": 1, "unit_price": "49.00"}],'
    b'"shopper": {"id": "7", "email": "ada@x.example"},'
    b'"destination": {"country": "US", "zone": "America/New_York"},'
    b'"parcels": [{"carrier": "ups", "tracking_number": "1Z999", "shipped_at": "2026-03-02T12:00:00Z"}]}'
)


def put(world: World, body: bytes = BODY) -> Order:
    config: BrandConfig = world.brands.get("larkspur")
    return put_order(config, "1001", read_body(body), world.keeper, NOW)
