"""Made-up orders, parcels and returns: what situations are put together from."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from porchlight.domain.blocks import Blocks, Product
from porchlight.domain.brands import BrandConfig
from porchlight.domain.cases import Case
from porchlight.domain.channels import Purpose
from porchlight.domain.dates import DateRange
from porchlight.domain.events import Place, TrackingEvent
from porchlight.domain.milestones import FAULT, Milestone, Reason
from porchlight.domain.moments import Moment
from porchlight.domain.money import Money
from porchlight.domain.orders import Destination, Order, OrderLine, Shopper
from porchlight.domain.returns import Decision, Label, Outcome, Return, ReturnLine, ReturnState
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from porchlight.domain.shipments import Shipment, StoredEvent, fold

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
"""A Tuesday."""
LINKS = {
    "withdraw": "https://orders.example/withdraw/sample-token",
    "tracking": "https://orders.example/t/sample-token",
    "unsubscribe": "https://orders.example/u/sample-token",
    "preferences": "https://orders.example/p/sample-token",
    "returns": "https://orders.example/r/sample-token",
    "answer": "sample-token/answer",
    "rating": "https://orders.example/c/sample-token",
}
_SHOP = "https://shop.example"
GOODS = (
    Product.model_validate({"title": "Linen pillowcase, washed sand", "url": f"{_SHOP}/p/1", "price": "$38.00"}),
    Product.model_validate({"title": "Candle holder, brass", "url": f"{_SHOP}/p/2"}),
)
BLOCKS = Blocks.model_validate(
    {
        "offer": {"title": "Ten percent off bed linen", "text": "With the code LINEN10.", "url": f"{_SHOP}/linen"},
        "referral": {"url": f"{_SHOP}/friends"},
    }
)
_US = (
    ("Linen duvet cover, washed sand, queen", 1, 14800),
    ("Merino cardigan “Hollis”, oatmeal, size M", 1, 9600),
    ("Beeswax candle", 3, 1400),
)
_EU = (("Stoneware bowl “Vik”, glacier blue, 24 cm", 2, 3900), ("Wool throw “Bryggen”", 1, 12900))
_ROUTES: dict[str, list[tuple[int, str, str | None, Milestone, str, str]]] = {
    # hours before NOW, city, region, milestone, code, the carrier's words
    "US": [
        (
            94,
            "Portland",
            "OR",
            Milestone.PRE_TRANSIT,
            "MP",
            "Shipper created a label, UPS has not received the package yet.",
        ),
        (75, "Portland", "OR", Milestone.ACCEPTED, "OR", "Origin scan"),
        (70, "PORTLAND", "OR", Milestone.IN_TRANSIT, "DP", "Departed from Facility"),
        (41, "Salt Lake City", "UT", Milestone.IN_TRANSIT, "AR", "Arrived at Facility"),
        (36, "Salt Lake City", "UT", Milestone.IN_TRANSIT, "DP", "Departed from Facility"),
        (9, "Denver", "CO", Milestone.IN_TRANSIT, "AR", "Arrived at Facility"),
    ],
    "DE": [
        (94, "Bergen", None, Milestone.PRE_TRANSIT, "VA", "The shipment has been registered electronically"),
        (75, "Bergen", None, Milestone.ACCEPTED, "EE", "Handed in"),
        (50, "Oslo", None, Milestone.IN_TRANSIT, "SE", "Sorted at terminal"),
        (20, "Padborg", None, Milestone.IN_TRANSIT, "SE", "Sorted at terminal"),
        (9, "Hamburg", None, Milestone.IN_TRANSIT, "AR", "Arrived at the parcel centre"),
    ],
}
_COUNTRIES = {"Bergen": "NO", "Oslo": "NO", "Padborg": "DK", "Hamburg": "DE"}


@dataclass(frozen=True)
class Sample:
    """One situation: a name for files and messages, and what the views are made from."""

    name: str
    moment: Moment
    order: Order
    shopper: Shopper
    shipment: Shipment | None = None
    ret: Return | None = None
    parcels: int = 0
    case: Case | None = None
    count: int = 1
    subject_id: str = ""
    purpose: Purpose = Purpose.SERVICE
    offer_ends: datetime | None = None
    blocks: tuple[str, ...] = ()
    items: "tuple[Sample, ...]" = ()
    """What a digest says."""


def order(brand: BrandConfig, **changes: Any) -> Order:
    """An order of the brand, three and a half days old."""
    american = brand.brand_id == "larkspur"
    currency = "USD" if american else "EUR"
    lines = tuple(
        OrderLine(
            line_id=str(index),
            title=title,
            quantity=quantity,
            unit_price=Money(amount=price, currency=currency),
            final_sale=index == 3,
        )
        for index, (title, quantity, price) in enumerate(_US if american else _EU, 1)
    )
    total = sum(line.unit_price.amount * line.quantity for line in lines)
    zone = "America/Denver" if american else "Europe/Berlin"
    promise = DateRange(earliest=date(2026, 11, 26), latest=date(2026, 11, 27), zone=zone)
    data = Order(
        brand=brand.brand_id,
        order_id="ord_sample",
        external_id="450789469",
        number="#1001" if american else "FH-20417",
        source="shopify",
        placed_at=NOW - timedelta(hours=98),
        source_updated_at=NOW - timedelta(hours=98),
        currency=currency,
        total=Money(amount=total, currency=currency),
        lines=lines,
        shopper_id="cus_sample",
        destination=Destination(
            country="US" if american else "DE", postal_prefix="802" if american else "201", zone=zone
        ),
        first_promise=promise,
        promise=promise,
        updated_at=NOW,
    )
    return data.model_copy(update=changes)


def shopper(brand: BrandConfig, name: str = "Ada Lovelace") -> Shopper:
    """Somebody."""
    return Shopper(brand=brand.brand_id, shopper_id="cus_sample", name=name, email="ada@shopper.example")


def events(
    of: Order, milestone: Milestone, reason: Reason | None = None, *, hours_ago: float = 1.3
) -> list[StoredEvent]:
    """The way of a parcel up to ``milestone``."""
    route = _ROUTES["US" if of.destination.country == "US" else "DE"]
    offset = timedelta(hours=-7 if of.destination.country == "US" else 1)
    if milestone in (Milestone.PRE_TRANSIT, Milestone.UNKNOWN):
        route = route[:1]
    elif milestone is Milestone.ACCEPTED:
        route = route[:2]
    facts: list[tuple[float, str, str | None, Milestone, str, str, Reason | None]] = [(*fact, None) for fact in route]
    if milestone not in (Milestone.PRE_TRANSIT, Milestone.ACCEPTED, Milestone.IN_TRANSIT, Milestone.UNKNOWN):
        city, region = route[-1][1], route[-1][2]
        if milestone in (Milestone.DELIVERED, Milestone.DELIVERY_ATTEMPTED):
            facts.append((6.2, city, region, Milestone.OUT_FOR_DELIVERY, "OF", "Out For Delivery Today", None))
        words = f"{milestone.value.replace('_', ' ').capitalize()}{f': {reason.value}' if reason else ''}"
        facts.append((hours_ago, city, region, milestone, milestone.value[:2].upper(), words, reason))
    stored: list[StoredEvent] = []
    for hours, city, region, step, code, text, why in facts:
        at = (NOW - timedelta(hours=hours) + offset).replace(tzinfo=None, microsecond=0)
        event = TrackingEvent(
            occurred_at=at,
            raw_code=code,
            description=text,
            milestone=step,
            reason=why,
            at_fault=FAULT[why] if why else None,
            place=Place(city=city, region=region, country=_COUNTRIES.get(city, "US")),
        )
        stored.append(StoredEvent(event_id=f"evt_{len(stored)}", event=event, received_at=NOW, source="ups"))
    return stored


def shipment(of: Order, milestone: Milestone, reason: Reason | None = None, **changes: Any) -> Shipment:
    """The parcel after the events of ``milestone``."""
    american = of.destination.country == "US"
    blank = Shipment(
        brand=of.brand,
        shipment_id="shp_sample",
        carrier="ups" if american else "postnord",
        tracking_number="1Z999AA10123456784" if american else "00370730254738621497",
        order_id=of.order_id,
        shopper_id=of.shopper_id,
        zone=of.destination.zone,
        shipped_at=of.placed_at + timedelta(hours=20),
        first_promise=of.promise,
        promise=of.promise,
        expected=of.promise,
        created_at=of.placed_at,
        updated_at=NOW,
    )
    return fold(blank, events(of, milestone, reason)).model_copy(update=changes)


def returned(of: Order, state: ReturnState, rule: str = "in_window", by: str = "policy", **changes: Any) -> Return:
    """A return of the order's first line."""
    outcome = Outcome.REFUSE if state is ReturnState.REFUSED else Outcome.APPROVE
    decision = Decision(outcome=outcome, rule=rule, policy_version="sample-1", decided_at=NOW, decided_by=by)
    price = of.lines[0].unit_price
    amount = price if price.currency == "USD" else price - Money(amount=490, currency=price.currency)
    data = Return(
        brand=of.brand,
        return_id="rma_sample",
        order_id=of.order_id,
        shopper_id=of.shopper_id,
        state=state,
        lines=(ReturnLine(line_id="1", quantity=1, reason="too small"),),
        requested_at=NOW - timedelta(days=1),
        decisions=(decision,),
        refund_amount=amount,
        label=Label(carrier="ups", tracking_number="1Z999AA19087654321", shipment_id="shp_back", reference="lbl_1"),
    )
    if state is ReturnState.REFUNDED:
        paid = Settlement(
            key="rma_sample",
            kind=SettlementKind.REFUND,
            order_id=of.order_id,
            amount=amount,
            state=SettlementState.DONE,
            intended_at=NOW,
            done_at=NOW,
        )
        changes.setdefault("settlements", (paid,))
    return data.model_copy(update=changes)


@dataclass(frozen=True)
class Page:
    """One situation of the tracking page."""

    name: str
    order: Order
    shipments: list[tuple[Shipment, list[StoredEvent]]]
    returns: tuple[Return, ...] = ()
    cases: tuple[Case, ...] = ()
