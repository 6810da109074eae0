"""Goods through the functions and the table: booked, inspected, repaired by API; what belongs to no return listed by
the command; what the stream says of them in the shopper's history, and its erasure.
"""

import hashlib
import json
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from local.cli import app as command
from local.cli import warehouse as commands
from local.stack import Stack
from porchlight.adapters.dynamodb.table import Table, item
from porchlight.domain import ids
from porchlight.domain.returns import Decision, Outcome, ReturnState
from porchlight.domain.rma.names import Resolution
from porchlight.domain.rma.settlements import Parts
from porchlight.runtime.bootstrap import app
from porchlight.runtime.settings import Settings
from tests.adapters.conftest import TABLE
from tests.fakes import FakeBrands, FakeBus, FakeMetrics, FakeSecrets, FakeSources
from tests.functions import function
from tests.unit.stories import NOW, brand, order, wanted

KEY = "plk_" + "g" * 30
YES = Decision(outcome=Outcome.APPROVE, rule="standard", policy_version="1", decided_at=NOW)
_brands = count(1)


class World:
    """The functions with a brand of their own, and an approved return of two shirts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.name = f"goods-{next(_brands)}"
        digest = hashlib.sha256(KEY.encode()).hexdigest()
        scopes = ["returns:receive", "shoppers:erase", "shoppers:read"]
        key = {"id": "dock", "brand": self.name, "sha256": digest, "scopes": scopes}
        given = {
            "_config": lambda: Settings(table_name=TABLE),
            "_table": Table(TABLE),
            "_pack": FakeBrands(brand().model_copy(update={"brand_id": self.name})),
            "secrets": FakeSecrets(**{"api-keys": {"keys": [key]}}),
            "metrics": FakeMetrics(),
            "sources": FakeSources(),
            "bus": FakeBus(),
            "clock": lambda: datetime(2026, 3, 9, 12, tzinfo=UTC),
        }
        ports = ("orders", "returns", "shipments", "profiles", "histories", "unmatched_goods", "journal", "addresses")
        for name in ports:
            monkeypatch.delitem(app.__dict__, name, raising=False)
        for name, value in given.items():
            monkeypatch.setitem(app.__dict__, name, value)
        self.ask("rma_1")
        app.orders.save(order(brand=self.name, fingerprints=("aabb",), version=1))

    def ask(self, return_id: str, **update: Any) -> None:
        values = {"brand": self.name, "state": ReturnState.APPROVED, "decisions": (YES,)}
        parts = Parts(currency="USD", items=20_000)
        known = {**values, "parts": parts, "refund_amount": parts.total, "return_id": return_id, **update}
        app.returns.create(wanted((("shirt", 2),), **known))

    def call(self, route: str, body: Any = None, name: str = "manage_goods", **path: str) -> tuple[int, Any]:
        event = {
            "routeKey": route,
            "headers": {"x-api-key": KEY},
            "body": json.dumps(body),
            "requestContext": {"http": {"method": route.split()[0]}},
            "pathParameters": path,
        }
        answer = function(name)(event, None)
        return answer["statusCode"], json.loads(answer["body"])

    def streamed(self, kind: str, old: Any, new: Any) -> None:
        """The stream brings a change to the function behind it."""
        images = {"NewImage": item("p", "s", kind, new)} | ({"OldImage": item("p", "s", kind, old)} if old else {})
        record = {"dynamodb": {**images, "SequenceNumber": "1"}, "eventID": "1"}
        assert function("publish_changes")({"Records": [record]}, None) == {"batchItemFailures": []}


@pytest.fixture
def world(cloud: str, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_booked_inspected_and_told_otherwise(world: World) -> None:
    receive, inspect = "POST /v1/returns/{return_id}/receive", "POST /v1/returns/{return_id}/inspect"
    for _ in range(2):
        status, found = world.call(receive, {"receipt_id": "r1"}, return_id="rma_1")
        assert (status, found["state"], len(found["receipts"])) == (200, "received", 1)
    body = {
        "inspection_id": "i1",
        "currency": "USD",
        "items": [{"line_id": "shirt", "quantity": 2, "grade": "worn", "deduct_minor": 2_500}],
    }
    status, found = world.call(inspect, body, return_id="rma_1")
    assert (status, found["state"], found["refund_amount"]["amount"]) == (200, "inspected", 17_500)
    status, found = world.call(inspect, {**body, "note": "another story"}, return_id="rma_1")
    assert (status, found["type"]) == (409, "https://porchlight.dev/problems/told-otherwise")
    assert world.call(receive, {"receipt_id": "r1"}, return_id="rma_9")[0] == 404
    assert world.call(receive, {"receipt_id": ""}, return_id="rma_1")[0] == 400


def test_a_repair_goes_back_as_a_parcel_of_the_order(world: World) -> None:
    world.ask("rma_2", resolution=Resolution.REPAIR)
    body = {"state": "repaired", "carrier": "ups", "tracking_number": "1Z 555"}
    status, found = world.call("POST /v1/returns/{return_id}/repair", body, return_id="rma_2")
    assert (status, found["state"]) == (200, "repaired")
    assert app.orders.contents(world.name, "ord_1").shipment_ids == (found["replacement_shipment_id"],)


def test_what_belongs_to_no_return_is_listed_by_api_and_command(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    booking = {"return_id": "rma_x", "receive": {"receipt_id": "r7", "items": [{"sku": "HAT-1", "quantity": 1}]}}
    status, found = world.call("POST /v1/goods", {"bookings": [booking]})
    assert (status, found) == (200, {"booked": 0, "known": 0, "unmatched": 1, "errors": []})
    status, listed = world.call("GET /v1/goods/unmatched")
    assert (status, [one["receipt_id"] for one in listed["goods"]]) == (200, ["r7"])
    monkeypatch.setattr(commands, "brands", lambda wanted: (world.name,))
    monkeypatch.setattr(Stack, "open", lambda *_: SimpleNamespace(app=lambda: app))
    shown = CliRunner().invoke(command, ["warehouse", "unmatched"])
    assert shown.exit_code == 0
    assert "1 × HAT-1" in shown.output
    assert world.call("POST /v1/goods", {"bookings": [{**booking, "return_id": "rma_1"}]})[1]["booked"] == 1
    assert "belongs to a return" in CliRunner().invoke(command, ["warehouse", "unmatched"]).output


def test_the_stream_feeds_the_history_and_erasure_empties_it(world: World) -> None:
    ada = ids.shopper_id(world.name, "7")
    placed = order(brand=world.name, fingerprints=("aabb",), shopper_id=ada)
    asked = app.returns.get(world.name, "rma_1")
    assert asked
    for _ in range(2):
        world.streamed("order", None, placed)
        world.streamed("return", None, asked.model_copy(update={"shopper_id": ada}))
    known = app.histories.get(world.name, ada)
    assert (known.orders, known.returns, known.returned_minor) == (1, 1, {"USD": 20_000})
    assert app.histories.sharing(world.name, ["aabb"]) == {"aabb": 1}
    assert world.call("DELETE /v1/shoppers/{id}", name="manage_shoppers", id="7")[0] == 200
    assert app.histories.get(world.name, ada) == known.forgotten(app.clock())
    assert app.histories.sharing(world.name, ["aabb"]) == {"aabb": 0}
