"""From the button to the return, through the functions, the table and its stream: the page's POST, the news on the bus,
the answer, and the schedule that takes up what the bus did not bring.
"""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.changes import DomainEvent
from porchlight.domain.law.declared import DECLARED
from porchlight.domain.orders import Destination, Shopper
from porchlight.domain.returns import Outcome
from porchlight.runtime.bootstrap import app
from porchlight.runtime.settings import Settings
from porchlight.services.publish_changes import publish
from tests.adapters.conftest import TABLE
from tests.fakes import FakeBrands, FakeBus, FakeMetrics, FakeRenderer, FakeSecrets
from tests.fakes_reaching import FakeCourier
from tests.fakes_returning import FakeLaws
from tests.functions import function
from tests.unit.stories import brand, order
from tests.unit.withdrawing import EU, TYPED

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
_brands = count(1)


class World:
    """The functions with a brand of their own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.name = f"withdrawn-{next(_brands)}"
        self.courier, self.now = FakeCourier(), NOW
        config = brand().model_copy(update={"brand_id": self.name})
        given = {
            "_config": lambda: Settings(table_name=TABLE),
            "_table": Table(TABLE),
            "_pack": FakeBrands(config),
            "laws": FakeLaws(EU),
            "renderer": FakeRenderer(),
            "secrets": FakeSecrets(links={"key": "k" * 40}),
            "metrics": FakeMetrics(),
            "courier": self.courier,
            "clock": lambda: self.now,
        }
        for name in ("statements", "orders", "returns", "shipments", "profiles", "tries", "addresses", "histories"):
            monkeypatch.delitem(app.__dict__, name, raising=False)
        for name, value in given.items():
            monkeypatch.setitem(app.__dict__, name, value)
        monkeypatch.setattr(type(app), "public_url", "https://track.example")
        placed = order(
            brand=self.name, placed_at=NOW, version=1, destination=Destination(country="DE", zone="Europe/Berlin")
        )
        shopper = Shopper(brand=self.name, shopper_id="cus_1", name="Ada", email="ada@x.example")
        app.orders.save(placed, shopper)

    def call(self, method: str, place: str = "", form: dict[str, str] | None = None) -> dict[str, Any]:
        route = f"{method} /withdraw" + ("/{place}" if place else "")
        event = {
            "routeKey": route,
            "headers": {"content-type": "application/x-www-form-urlencoded"},
            "requestContext": {"http": {"method": method, "sourceIp": "1.2.3.4"}},
            "pathParameters": {"place": place},
            "body": urlencode(form or {}),
        }
        answer: dict[str, Any] = function("withdraw")(event, None)
        return answer

    def declare(self) -> str:
        """The id of the statement that is kept then."""
        assert self.call("POST", self.name, TYPED | {"action": "confirm"})["statusCode"] == 200
        ((brand_id, found),) = [one for one in app.statements.due(self.now + timedelta(hours=1)) if one[0] == self.name]
        assert brand_id == self.name
        return found

    def news(self, statement_id: str) -> DomainEvent:
        """What the stream makes of it."""
        key = {"pk": {"S": keys.withdrawal_pk(self.name, statement_id)}, "sk": {"S": keys.WITHDRAWAL}}
        stored = boto3.client("dynamodb").get_item(TableName=TABLE, Key=key)["Item"]
        (event,) = publish({"dynamodb": {"NewImage": stored}}, FakeBus())
        return event


@pytest.fixture
def world(cloud: str, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_the_bus_brings_it_to_its_answer(world: World) -> None:
    statement_id = world.declare()
    event = world.news(statement_id)
    assert event.type == DECLARED
    envelope = {"detail-type": event.type, "source": "porchlight", "detail": json.loads(event.model_dump_json())}
    assert function("answer_withdrawal")(envelope, None) == {"return": 1}
    (request,) = app.returns.of_order(world.name, "ord_1")
    assert (request.source, request.requested_at, request.assessed) == ("withdrawal", NOW, Outcome.APPROVE)
    assert [mail.to for mail in world.courier.sent] == ["ada@x.example"]
    # When the bus brings it twice, Then nothing is done twice
    assert function("answer_withdrawal")(envelope, None) == {"known": 1}
    assert len(app.returns.of_order(world.name, "ord_1")) == len(world.courier.sent) == 1


def test_the_schedule_takes_up_what_the_bus_did_not_bring(world: World) -> None:
    world.declare()
    world.now = NOW + timedelta(minutes=1)
    function("answer_withdrawal")({}, None)
    assert app.returns.of_order(world.name, "ord_1") == [], "the bus has its time"
    world.now = NOW + timedelta(minutes=5)
    assert function("answer_withdrawal")({}, None)["return"] == 1
    (request,) = app.returns.of_order(world.name, "ord_1")
    assert request.requested_at == NOW


def test_the_page_is_not_indexed_and_loads_nothing(world: World) -> None:
    assert world.call("GET")["headers"]["location"] == f"withdraw/{world.name}"
    page = world.call("GET", world.name)
    assert page["statusCode"] == 200
    assert page["headers"]["x-robots-tag"] == "noindex, nofollow"
    assert page["headers"]["cache-control"] == "no-store"
    assert page["headers"]["content-security-policy"] == FakeRenderer.policy
    assert world.call("GET", "nobody")["statusCode"] == 404
