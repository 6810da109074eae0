"""The functions of /v1/returns over the table, wired as they are deployed: from a request to a person's decision."""

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.returns import Outcome, ReturnState, Review
from porchlight.domain.rma.answers import decision
from porchlight.runtime.bootstrap import App, app
from porchlight.runtime.settings import Settings
from tests.adapters.conftest import BUCKET, TABLE
from tests.adapters.test_webhook_functions import digest, function
from tests.fakes import FakeBrands, FakeMetrics, FakeSecrets
from tests.fakes_returning import FakeLaws
from tests.unit.stories import DAY, NOW, brand, order

KEY = "a-key-that-is-long-enough"
_brands = count(1)


class World:
    """A brand of its own with one order; the repositories are those of the table."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.name = f"returned-{next(_brands)}"
        config = brand().model_copy(update={"brand_id": self.name})
        scopes = ["returns:write", "returns:decide"]
        secrets: dict[str, Any] = {
            "api-keys": {"keys": [{"id": "cx", "brand": self.name, "sha256": digest(KEY), "scopes": scopes}]},
            "links": {"key": "k" * 40},
        }
        monkeypatch.setattr(App, "public_url", "https://t.example")
        for name, value in {
            "_config": lambda: Settings(table_name=TABLE, bodies_bucket=BUCKET),
            "_table": Table(TABLE),
            "_pack": FakeBrands(config),
            "laws": FakeLaws(),
            "secrets": FakeSecrets(**secrets),
            "metrics": FakeMetrics(),
            "clock": lambda: NOW + DAY,
        }.items():
            monkeypatch.setitem(app.__dict__, name, value)
        for name in ("orders", "shipments", "returns", "profiles", "histories", "addresses", "documents"):
            monkeypatch.delitem(app.__dict__, name, raising=False)
        app.orders.save(order(brand=self.name, order_id="ord_1", version=1))

    def call(self, name: str, route: str, body: Any = None, once: str = "", query: Any = None, **path: str) -> Any:
        method, _, where = route.partition(" ")
        headers = {"X-Api-Key": KEY, **({"Idempotency-Key": once} if once else {})}
        asked = {
            "routeKey": route,
            "rawPath": where,
            "headers": headers,
            "body": json.dumps(body) if body is not None else "",
            "requestContext": {"http": {"method": method}},
            "pathParameters": path,
            "queryStringParameters": query or {},
        }
        answer = function(name)(asked, None)
        return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def world(cloud: str, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


BODY = {"order": "ord_1", "lines": [{"line_id": "shirt", "quantity": 1, "reason": "too_small"}]}
ONE = "/v1/returns/{return_id}"


def test_from_a_request_to_a_persons_decision(world: World) -> None:
    # What can be had, before anything is written
    status, offers = world.call("manage_returns", "POST /v1/returns/offers", BODY)
    assert status == 200
    assert {one["resolution"] for one in offers["offers"]} == {"refund", "store_credit", "exchange"}
    # The request, twice
    sender = {"name": "Ida", "street": "Elm 1", "city": "Oslo", "postcode": "0150", "country": "NO"}
    asked = {**BODY, "sender": sender}
    status, made = world.call("manage_returns", "POST /v1/returns", asked, once="key-number-1")
    assert status == 202
    assert world.call("manage_returns", "POST /v1/returns", asked, once="key-number-1") == (200, made)
    rma = made["return_id"]
    stored = app.returns.get(world.name, rma)
    assert stored
    assert stored.facts
    assert stored.terms
    assert app.addresses.get(world.name, "cus_1", rma)
    # It is found by order, shopper and time
    for query in ({"order": "ord_1"}, {"since": "2026-03-01T00:00:00Z"}):
        status, page = world.call("manage_returns", "GET /v1/returns", query=query)
        assert (status, [one["return_id"] for one in page["returns"]]) == (200, [rma])
    # A person is asked, and finds it by that
    due = datetime(2026, 3, 6, tzinfo=UTC)
    review = Review(stage="request", why="much", asked_at=NOW, due_at=due)
    app.returns.update(stored.model_copy(update={"review": review, "state": ReturnState.IN_REVIEW, "version": 1}))
    _, page = world.call("manage_returns", "GET /v1/returns", query={"state": "in_review"})
    assert [one["return_id"] for one in page["returns"]] == [rma]
    route = f"POST {ONE}/decision"
    status, decided = world.call("review_returns", route, {"approve": False}, return_id=rma)
    assert (status, decided["state"]) == (200, "refused")
    assert decided["problem"].endswith("/return-human-review")
    status, looked = world.call("manage_returns", f"GET {ONE}", return_id=rma)
    assert (status, looked) == (200, decided)
    # It is nobody's question any more, and can be one again
    assert world.call("review_returns", f"POST {ONE}/assign", {"assignee": "sam"}, return_id=rma)[0] == 409
    assert world.call("review_returns", f"POST {ONE}/reopen", return_id=rma)[1]["review"]["stage"] == "request"


def test_a_proof_of_posting_is_taken_from_people(world: World) -> None:
    _, made = world.call("manage_returns", "POST /v1/returns", BODY, once="key-number-1")
    route = f"POST {ONE}/posted"
    # Given that it was not decided yet, Then there is nothing to send
    assert world.call("review_returns", route, return_id=made["return_id"])[0] == 409
    stored = app.returns.get(world.name, made["return_id"])
    assert stored
    said = decision(stored, Outcome.APPROVE, "within_window", NOW, {})
    ready = {"decisions": (said,), "state": ReturnState.APPROVED, "version": 1}
    app.returns.update(stored.model_copy(update=ready))
    status, sent = world.call("review_returns", route, {"note": "receipt"}, return_id=made["return_id"])
    assert (status, sent["state"]) == (200, "in_transit")


def test_a_return_is_called_off_and_a_gift_has_its_page(world: World) -> None:
    _, made = world.call("manage_returns", "POST /v1/returns", BODY, once="key-number-1")
    status, off = world.call("manage_returns", f"POST {ONE}/cancel", return_id=made["return_id"])
    assert (status, off["state"]) == (200, "cancelled")
    status, gift = world.call("manage_returns", "POST /v1/orders/{id}/gift-receipt", id="ord_1")
    assert (status, gift["gift_page"][:20]) == (200, "https://t.example/r/")


def test_credit_for_a_gift_has_somebody_who_gets_it(world: World) -> None:
    body = {**BODY, "gift": True, "resolution": "store_credit", "recipient": {"name": "Nora", "email": "n@x.example"}}
    status, made = world.call("manage_returns", "POST /v1/returns", body, once="key-number-1")
    assert status == 202
    stored = app.returns.get(world.name, made["return_id"])
    assert stored
    found = app.orders.shopper(world.name, stored.recipient_id)
    assert found
    assert found.email == "n@x.example"
    assert app.profiles.find(world.name, "n@x.example") == [stored.recipient_id]


def test_who_has_no_key_is_told_nothing(world: World) -> None:
    event = {
        "routeKey": f"GET {ONE}",
        "requestContext": {"http": {"method": "GET"}},
        "pathParameters": {"return_id": "x"},
    }
    answer = function("manage_returns")(event, None)
    assert answer["statusCode"] == 401
    assert answer["headers"]["content-type"] == "application/problem+json"
