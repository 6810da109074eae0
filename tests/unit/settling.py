"""A desk that settles returns, with all that it needs in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from porchlight.domain.brands import BrandConfig
from porchlight.domain.money import Money
from porchlight.domain.orders import Order, OrderLine
from porchlight.domain.returns import Decision, Outcome, Return, ReturnLine, ReturnState
from porchlight.domain.rma.amounts import quote, total
from porchlight.domain.rma.ledger import left
from porchlight.domain.rma.names import Resolution, SettlementKind
from porchlight.domain.rma.terms import Terms
from porchlight.services.ledger_book import LedgerBook
from porchlight.services.settle_return import Settler
from porchlight.services.settlement_book import SettlementBook
from tests.fakes import FakeBrands, FakeMetrics, FakeOrders, FakeReturns, FakeShipments
from tests.fakes_returning import FakeLedgers, FakeSettlements

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
BRAND = "larkspur"


CONFIG = BrandConfig.model_validate(
    {
        "brand_id": BRAND,
        "name": "Larkspur",
        "shop_url": "https://larkspur.example",
        "support_url": "https://larkspur.example/help",
        "postal_address": "214 Alder Street",
        "sender": {"name": "Larkspur", "email": "a@larkspur.example", "reply_to": "b@larkspur.example"},
        "look": {"accent": "#4f5bd5"},
        "delays": {"version": "delays-1", "no_scan_days": 4, "new_range_working_days": [1, 3]},
        "returns": {
            "version": "p-1",
            "otherwise": {
                "window": {"days": 30},
                "resolutions": ["refund"],
                "methods": ["label"],
                "refund_on": "first_scan",
                "pays": "brand",
            },
            "reasons": [{"id": "too_big"}],
        },
    }
)


def eur(minor: int) -> Money:
    return Money(amount=minor, currency="EUR")


def order(order_id: str = "ord_1", **update: object) -> Order:
    """Two shirts at 50.00 and a hat at 20.00; shipping was 5.00."""
    lines = (
        OrderLine(line_id="shirt", sku="S", title="Shirt", quantity=2, unit_price=eur(5_000)),
        OrderLine(line_id="hat", sku="H", title="Hat", quantity=1, unit_price=eur(2_000)),
    )
    found = Order(
        brand=BRAND, order_id=order_id, external_id=f"ext-{order_id}", number="#1", source="api", placed_at=NOW,
        source_updated_at=NOW, updated_at=NOW, currency="EUR", total=eur(12_500), shipping=eur(500), lines=lines,
        shopper_id="cus_1", version=1,
    )  # fmt: skip
    return found.model_copy(update=update)


@dataclass
class Desk:
    """``settler`` over fakes, and what can be done with them."""

    config: BrandConfig = CONFIG
    orders: FakeOrders = field(default_factory=FakeOrders)
    returns: FakeReturns = field(default_factory=FakeReturns)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    provider: FakeSettlements = field(default_factory=FakeSettlements)

    def __post_init__(self) -> None:
        self.shipments = FakeShipments(self.orders)
        self.ledgers = FakeLedgers(self.returns)
        self.brands = FakeBrands(self.config)
        self.book = LedgerBook(self.ledgers, self.orders, self.returns, self.shipments)
        self.settlements = SettlementBook(self.returns, self.orders, self.book, self.metrics)
        self.settler = Settler(self.settlements, self.brands, lambda *_: self.provider)

    def order(self, order_id: str = "ord_1", **update: object) -> Order:
        found = order(order_id, **update)
        self.orders.save(found)
        return found

    def approved(self, return_id: str, *lines: ReturnLine, **update: Any) -> Return:
        """A return that was approved, with its amount worked out as the machine does it."""
        lines = lines or (ReturnLine(line_id="shirt", quantity=1, reason="too_big"),)
        resolution = update.get("resolution", Resolution.REFUND)
        terms = update.get("terms") or Terms(policy_version="p-1")
        update.setdefault("terms", terms)
        named = dict.fromkeys(one.order_id or "ord_1" for one in lines)
        orders = {key: found for key in ("ord_1", *named) if (found := self.orders.get(BRAND, key))}
        parts = total(quote(lines, orders, terms, resolution, ahead=self.returns.of_order(BRAND, "ord_1")))
        request = Return(
            brand=BRAND, return_id=return_id, order_id="ord_1", shopper_id="cus_1", lines=lines, requested_at=NOW,
            state=ReturnState.IN_TRANSIT, scanned_at=NOW, resolution=resolution, parts=parts,
            refund_amount=parts.total, policy_version="p-1",
            decisions=(Decision(outcome=Outcome.APPROVE, rule="r", policy_version="p-1", decided_at=NOW),),
        )  # fmt: skip
        request = request.model_copy(update=update)
        self.returns.create(request)
        return request

    def settle(self, return_id: str = "rma_1", kind: SettlementKind = SettlementKind.REFUND) -> str:
        return self.settler.settle(BRAND, return_id, kind, NOW)

    def get(self, return_id: str = "rma_1") -> Return:
        found = self.returns.get(BRAND, return_id)
        assert found
        return found

    def change(self, return_id: str = "rma_1", **update: object) -> None:
        """What somebody else writes to the record."""
        request = self.get(return_id)
        self.returns.update(request.model_copy(update={**update, "version": request.version + 1}))

    def left(self, order_id: str = "ord_1") -> int:
        found = self.orders.get(BRAND, order_id)
        assert found
        return left(self.book.open(found), found, self.book.paid(found))
