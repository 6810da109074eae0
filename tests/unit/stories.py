"""A brand, an order and its parcels, as the tests of delays and returns need them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from porchlight.domain.brands import BrandConfig
from porchlight.domain.dates import DateRange
from porchlight.domain.events import TrackingEvent
from porchlight.domain.milestones import Milestone
from porchlight.domain.money import Money
from porchlight.domain.orders import Destination, Order, OrderLine
from porchlight.domain.returns import Return, ReturnLine
from porchlight.domain.shipments import Shipment, StoredEvent, fold

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
ZONE = "America/New_York"


def brand(**returns: Any) -> BrandConfig:
    """The brand ``larkspur``; keywords change its returns policy."""
    return BrandConfig.model_validate(
        {
            "brand_id": "larkspur",
            "name": "Larkspur",
            "shop_url": "https://larkspur.example",
            "support_url": "https://larkspur.example/help",
            "postal_address": "214 Alder Street",
            "sender": {"name": "Larkspur", "email": "a@larkspur.example", "reply_to": "b@larkspur.example"},
            "look": {"accent": "#4f5bd5"},
            "zone": ZONE,
            "delays": {"version": "delays-1", "no_scan_days": 4, "new_range_working_days": [1, 3]},
            "returns": returns_policy(**returns),
        }
    )


def returns_policy(
    *, fee_minor: int = 500, review_above_minor: int = 30_000, review_default: str = "approve", **more: Any
) -> dict[str, Any]:
    """30 days and a fee, 60 days and none for the elite tier; much money goes to a person."""
    above = {"above": {"USD": review_above_minor}}
    return {
        "version": "returns-1",
        "rules": [
            {"id": "final_sale", "when": {"final_sale": True}, "then": {"refuse": "final_sale"}},
            {"id": "elite", "when": {"tier": ["elite"]}, "then": {"window": {"days": 60}, "pays": "brand"}},
            {"id": "elsewhere", "when": {"refunded_elsewhere": True}, "then": {"review": "refunded_elsewhere"}},
            {"id": "much", "when": {"return_value": above}, "then": {"review": "above_review_amount"}},
        ],
        "otherwise": {
            "window": {"days": 30},
            "resolutions": ["refund", "store_credit", "exchange"],
            "methods": ["label", "qr"],
            "refund_on": "first_scan",
            "pays": "shopper",
            "fee": {"USD": fee_minor},
        },
        "deadlines": {"review_default": review_default},
        "reasons": [{"id": "too_small"}, {"id": "changed_mind"}],
        **more,
    }


def order(**update: Any) -> Order:
    """Two shirts at 100.00 and a hat at 40.00 on final sale."""
    values: dict[str, Any] = {
        "brand": "larkspur",
        "order_id": "ord_1",
        "external_id": "1001",
        "number": "#1001",
        "source": "api",
        "placed_at": NOW,
        "source_updated_at": NOW,
        "updated_at": NOW,
        "currency": "USD",
        "total": usd(24_000),
        "lines": (
            OrderLine(line_id="shirt", title="Shirt", quantity=2, unit_price=usd(10_000)),
            OrderLine(line_id="hat", title="Hat", quantity=1, unit_price=usd(4_000), final_sale=True),
        ),
        "shopper_id": "cus_1",
        "destination": Destination(country="US", zone=ZONE),
        "version": 1,
    }
    return Order(**{**values, **update})


def usd(minor: int) -> Money:
    return Money(amount=minor, currency="USD")


def parcel(**update: Any) -> Shipment:
    """A parcel that was promised for Friday, 6 March, with no events yet."""
    values: dict[str, Any] = {
        "brand": "larkspur",
        "shipment_id": "shp_1",
        "carrier": "ups",
        "tracking_number": "1Z999",
        "order_id": "ord_1",
        "shopper_id": "cus_1",
        "zone": ZONE,
        "promise": DateRange(earliest=date(2026, 3, 5), latest=date(2026, 3, 6), zone=ZONE),
        "created_at": NOW,
        "updated_at": NOW,
        "version": 1,
    }
    return Shipment(**{**values, **update})


def scan(milestone: Milestone, at: datetime) -> StoredEvent:
    """A fact that reached us when it happened."""
    event = TrackingEvent(occurred_at=at, raw_code=milestone.value, milestone=milestone)
    return StoredEvent(event_id=event.event_id("ups", f"{milestone}"), event=event, received_at=at, source="ups")


def after(shipment: Shipment, events: Iterable[StoredEvent]) -> Shipment:
    """The shipment with these events."""
    return fold(shipment, events)


def wanted(lines: Iterable[tuple[str, int]] = (("shirt", 1),), **update: Any) -> Return:
    """A request to return one shirt."""
    values: dict[str, Any] = {
        "brand": "larkspur",
        "return_id": "rma_1",
        "order_id": "ord_1",
        "shopper_id": "cus_1",
        "lines": tuple(ReturnLine(line_id=line, quantity=count, reason="too small") for line, count in lines),
        "requested_at": NOW,
    }
    return Return(**{**values, **update})
