"""A warehouse over fakes: an approved return of two shirts, and the desk that books it."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from porchlight.connectors import InboundRequest
from porchlight.domain.orders import Order
from porchlight.domain.returns import Decision, Outcome, Return, ReturnState
from porchlight.domain.rma.goods import Inspection, ItemFound, Receipt
from porchlight.domain.rma.moves import settle_news
from porchlight.domain.rma.names import (
    RefundTrigger,
    Resolution,
    ReturnKind,
)
from porchlight.domain.rma.next_step import Parcels
from porchlight.domain.rma.settlements import Parts
from porchlight.domain.rma.terms import Terms
from porchlight.services.lookout import Lookout
from porchlight.services.warehouse import WarehouseDesk
from porchlight.services.warehouse_api import WarehouseApi
from porchlight.services.warehouse_bodies import RepairBody
from tests.fakes import FakeBrands, FakeMetrics, FakeOrders, FakeReturns, FakeSecrets, FakeShipments, FakeSources
from tests.fakes_returning import FakeUnmatchedGoods
from tests.unit.stories import NOW, brand, order, wanted

KEY = "plk_" + "w" * 30
YES = Decision(outcome=Outcome.APPROVE, rule="standard", policy_version="returns-1", decided_at=NOW)
PARTS = Parts(currency="USD", items=20_000, fee=-500)


class World:
    """An approved return of two shirts, and the desk over fakes."""

    def __init__(self, **policy: Any) -> None:
        self.returns, self.orders, self.unmatched = FakeReturns(), FakeOrders(), FakeUnmatchedGoods()
        self.shipments, self.metrics = FakeShipments(self.orders), FakeMetrics()
        brands = FakeBrands(brand(**policy))
        lookout = Lookout(FakeSources())
        self.desk = WarehouseDesk(
            *(self.returns, self.orders, self.shipments, brands, self.unmatched, lookout, self.metrics)
        )
        key = {"id": "dock", "brand": "larkspur", "sha256": hashlib.sha256(KEY.encode()).hexdigest()}
        self.secrets = FakeSecrets(**{"api-keys": {"keys": [key | {"scopes": ["returns:receive"]}]}})
        self.api = WarehouseApi(self.desk, self.secrets)
        self.order(order())
        self.put(approved())

    def order(self, one: Order) -> None:
        lines = tuple(
            line.model_copy(update={"weight_grams": 300, "sku": f"SKU-{line.line_id}", "category": "apparel"})
            for line in one.lines
        )
        self.orders.records["larkspur", one.order_id] = one.model_copy(update={"lines": lines})

    def put(self, request: Return) -> None:
        self.returns.records["larkspur", request.return_id] = request

    def now(self, return_id: str = "rma_1") -> Return:
        return self.returns.records["larkspur", return_id]

    def receive(self, *items: ItemFound, receipt_id: str = "r1", to: str = "rma_1", **update: Any) -> Return:
        booked = Receipt(**{"receipt_id": receipt_id, "received_at": NOW, "items": items, **update})
        return self.desk.receive("larkspur", to, booked, NOW)

    def inspect(self, *items: ItemFound, inspection_id: str = "i1", to: str = "rma_1", **update: Any) -> Return:
        found = Inspection(**{"inspection_id": inspection_id, "inspected_at": NOW, "items": items, **update})
        return self.desk.inspect("larkspur", to, found, NOW)

    def repair(self, state: str, **update: Any) -> Return:
        return self.desk.repair(
            "larkspur", "rma_1", RepairBody.model_validate({"state": state, **update}), "bench", NOW
        )

    def call(self, route: Callable[..., dict[str, Any]], body: Any, *path: str) -> dict[str, Any]:
        return route(request(body), *path, NOW)


def approved(lines: tuple[tuple[str, int], ...] = (("shirt", 2),), **update: Any) -> Return:
    values = {"state": ReturnState.APPROVED, "decisions": (YES,), "parts": PARTS, "refund_amount": PARTS.total}
    return wanted(lines, **{**values, **update})


def item(line: str = "", quantity: int = 1, **update: Any) -> ItemFound:
    return ItemFound(line_id=line, quantity=quantity, **update)


def request(body: Any, key: str = KEY) -> InboundRequest:
    sent = json.dumps(body).encode()
    known: dict[str, Any] = {"method": "POST", "path": "/", "headers": {"x-api-key": key}, "query": {}, "body": sent}
    return InboundRequest(**known, token="", source_ip="")


def in_repair(**update: Any) -> World:
    world = World()
    world.put(approved(resolution=Resolution.REPAIR, kind=ReturnKind.WARRANTY, state=ReturnState.RECEIVED, **update))
    return world


def looked_at(world: World) -> Return:
    """What the workflow makes of the record."""
    settled = settle_news(world.now(), Parcels(), NOW)
    if settled != world.now():
        settled = settled.model_copy(update={"version": settled.version + 1})
        world.put(settled)
    return settled


def with_terms(world: World, trigger: RefundTrigger) -> None:
    terms = Terms(policy_version="1", refund_on=trigger)
    world.put(world.now().model_copy(update={"terms": terms}))
