"""The functions of the machines and of the returns API, from event to answer, over fakes."""

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from porchlight.domain import ids
from porchlight.domain.milestones import Milestone
from porchlight.runtime.bootstrap import app
from tests.fakes import (
    FakeBrands,
    FakeDue,
    FakeMessages,
    FakeMetrics,
    FakeOrders,
    FakeRefunds,
    FakeReturns,
    FakeSecrets,
    FakeShipments,
    FakeWorkflows,
)
from tests.unit.stories import NOW, after, brand, order, parcel, scan

FUNCTIONS = Path(__file__).parents[2] / "functions"
KEY = "a-key-that-is-long-enough"
LOOKER = "another-key-that-is-long-enough"


def handler(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"functions_{name}", FUNCTIONS / name / "app.py")
    assert spec and spec.loader  # noqa: PT018
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """``app`` with fakes, and an order that was delivered."""
    shipments, messages = FakeShipments(), FakeMessages()
    keys = [
        {"id": "cx", "brand": "larkspur", "sha256": digest(KEY), "scopes": ["returns:write", "returns:decide"]},
        {"id": "shop", "brand": "larkspur", "sha256": digest(LOOKER), "scopes": ["returns:write"]},
    ]
    fakes: dict[str, Any] = {
        "shipments": shipments,
        "messages": messages,
        "orders": FakeOrders(),
        "returns": FakeReturns(),
        "due": FakeDue(shipments, messages),
        "workflows": FakeWorkflows(),
        "_pack": FakeBrands(brand(review_above_minor=1)),
        "metrics": FakeMetrics(),
        "secrets": FakeSecrets(**{"api-keys": {"keys": keys}}),
    }
    shipments.orders = fakes["orders"]
    refunds = FakeRefunds()
    made = fakes | {"refund_provider": lambda _: refunds, "clock": lambda: NOW}
    for name, value in made.items():
        monkeypatch.setitem(app.__dict__, name, value)
    order_id = ids.order_id("larkspur", "1001")
    fakes["orders"].save(order(order_id=order_id))
    delivered = after(parcel(order_id=order_id), [scan(Milestone.DELIVERED, NOW)])
    shipments.save(delivered, due_at=None, link=True)
    return fakes | {"refunds": refunds}


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def call(route: str, body: Any = None, *, key: str = KEY, once: str = "once-0001", **path: str) -> tuple[int, Any]:
    event = {
        "routeKey": route,
        "rawPath": "/",
        "headers": {"X-Api-Key": key, "Idempotency-Key": once},
        "requestContext": {"http": {"method": route.split()[0]}},
        "pathParameters": path,
        "body": json.dumps(body),
    }
    answer = handler("manage_returns")(event, None)
    return answer["statusCode"], json.loads(answer["body"])


ASK, LOOK, DECIDE = "POST /v1/returns", "GET /v1/returns/{return_id}", "POST /v1/returns/{return_id}/decision"
BODY = {"order": "1001", "lines": [{"line_id": "shirt", "quantity": 1, "reason": "too small"}]}


def test_a_return_through_all_its_functions(wired: dict[str, Any]) -> None:
    status, asked = call(ASK, BODY)
    assert (status, asked["state"]) == (202, "requested")
    assert call(ASK, BODY)[0] == 200
    which = {"brand": "larkspur", "return_id": asked["return_id"]}
    advance = handler("advance_return")
    assert advance({"action": "evaluate", **which, "execution": "exe"}, None)["outcome"] == "review"
    waiting = handler("await_news")({"purpose": "review", **which, "token": "t1"}, None)
    assert waiting == {"answered": False}
    status, decided = call(DECIDE, {"approve": True}, return_id=which["return_id"])
    assert (status, decided["decisions"][-1]["decided_by"]) == (200, "cx")
    assert "t1" in wired["workflows"].answered
    settled = advance({"action": "settle_review", **which, "deadline_passed": False}, None)
    assert settled["outcome"] == "approve"
    label = advance({"action": "create_label", **which}, None)
    parcel_ = {"brand": "larkspur", "shipment_id": label["shipment_id"]}
    assert handler("await_news")({"purpose": "return", **parcel_, "seen": 0, "token": "t2"}, None) == {
        "answered": False
    }
    stored = wired["shipments"].records["larkspur", label["shipment_id"]]
    wired["shipments"].save(
        after(stored, [scan(Milestone.ACCEPTED, NOW)]).model_copy(update={"version": 2}), due_at=None
    )
    detail = {
        "id": "chg_1",
        "type": "ShipmentNews",
        **parcel_,
        "occurred_at": NOW.isoformat(),
        "recorded_at": NOW.isoformat(),
        "subject_id": label["shipment_id"],
        "waiting": True,
    }
    assert handler("resume_workflows")({"detail": detail}, None) == {"resumed": 1}
    assert handler("resume_workflows")({"detail": detail | {"waiting": False}}, None) == {"resumed": 0}
    assert advance({"action": "record_scan", **which}, None)["outcome"] == "scanned"
    assert handler("refund_return")(which, None) == {"outcome": "refunded"}
    status, shown = call(LOOK, return_id=which["return_id"])
    assert (status, shown["state"]) == (200, "refunded")
    failed = advance({"action": "fail", **which, "execution": "exe", "step": "X", "error": "Y"}, None)
    assert failed == {"outcome": "left_alone"}


def test_a_delay_through_all_its_functions(wired: dict[str, Any]) -> None:
    late = after(
        parcel(shipment_id="shp_2", version=1, promise=None), [scan(Milestone.IN_TRANSIT, NOW.replace(month=2))]
    )
    wired["shipments"].save(late, due_at=NOW)
    assert handler("sweep_due")({}, None) == {"delay_started": 1}
    which = {"brand": "larkspur", "shipment_id": "shp_2"}
    status = handler("assess_delay")({"action": "assess", **which}, None)
    assert status["outcome"] == "late"
    json.dumps(status)
    settled = handler("assess_delay")({"action": "settle", **which, "delay_id": status["delay_id"]}, None)
    assert settled["outcome"] == "late"


@pytest.mark.parametrize(
    ("route", "body", "key", "status", "problem"),
    [
        (ASK, BODY, "", 401, "invalid-signature"),
        (ASK, BODY, "a-key-that-nobody-was-given", 401, "invalid-signature"),
        (ASK, {"order": "1001"}, KEY, 400, "invalid-input"),
        (ASK, BODY | {"order": "2002"}, KEY, 404, "not-found"),
        (LOOK, None, KEY, 404, "not-found"),
        (DECIDE, {"approve": True}, LOOKER, 403, "forbidden"),
        (DECIDE, {"approve": True}, KEY, 404, "not-found"),
        (DECIDE, {"approve": "perhaps"}, KEY, 400, "invalid-input"),
    ],
)
def test_the_api_refuses_in_problem_details(
    wired: dict[str, Any], route: str, body: Any, key: str, status: int, problem: str
) -> None:
    found, answer = call(route, body, key=key, return_id="rma_unknown")
    assert (found, answer["type"].rpartition("/")[2]) == (status, problem)


def test_functions_are_thin() -> None:
    for name in (
        "advance_return",
        "assess_delay",
        "await_news",
        "manage_returns",
        "refund_return",
        "resume_workflows",
        "sweep_due",
    ):
        text = (FUNCTIONS / name / "app.py").read_text()
        assert len(text.splitlines()) <= 40, name
        assert "boto" not in text
