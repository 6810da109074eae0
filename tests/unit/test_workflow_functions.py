"""The functions of the machines and of the returns API, from event to answer, over fakes."""

import hashlib
import importlib.util
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from porchlight.domain import ids
from porchlight.domain.cases import CaseState
from porchlight.domain.milestones import Milestone
from porchlight.domain.packing import Packing, ParcelLine
from porchlight.runtime.bootstrap import app
from tests.fakes import (
    FakeBrands,
    FakeCases,
    FakeDecisions,
    FakeDue,
    FakeMessages,
    FakeMetrics,
    FakeModels,
    FakeOrders,
    FakeRefunds,
    FakeReturns,
    FakeSecrets,
    FakeShipments,
    FakeSurges,
    FakeWorkflows,
)
from tests.unit.late import FakeRemedies
from tests.unit.stories import NOW, after, brand, order, parcel, scan

FUNCTIONS = Path(__file__).parents[2] / "functions"
KEY = "a-key-that-is-long-enough"
SCOPES = ["returns:write", "returns:decide", "cases:read", "cases:decide"]
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
        {"id": "cx", "brand": "larkspur", "sha256": digest(KEY), "scopes": SCOPES},
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
        "secrets": FakeSecrets(**{"api-keys": {"keys": keys}, "links": {"key": "k" * 48}}),
        "cases": FakeCases(),
        "decisions": FakeDecisions(shipments),
        "date_models": FakeModels(),
        "surges": FakeSurges(),
    }
    shipments.orders = fakes["orders"]
    refunds, remedies = FakeRefunds(), FakeRemedies()
    made = fakes | {"refund_provider": lambda _: refunds, "remedies": lambda _: remedies, "clock": lambda: NOW}
    monkeypatch.setattr(type(app), "public_url", "https://track.example")
    for name, value in made.items():
        monkeypatch.setitem(app.__dict__, name, value)
    order_id = ids.order_id("larkspur", "1001")
    fakes["orders"].save(order(order_id=order_id))
    delivered = after(parcel(order_id=order_id), [scan(Milestone.DELIVERED, NOW)])
    shipments.save(delivered, due_at=None, link=True)
    return fakes | {"refunds": refunds, "remedies": remedies}


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
    name = "manage_returns" if "/v1/returns" in route else "manage_cases"
    answer = handler(name)(event, None)
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
    # Given a parcel that has been silent for too long
    order_id = ids.order_id("larkspur", "1001")
    silent = [scan(Milestone.IN_TRANSIT, NOW.replace(month=2, day=20))]
    packed = {"f1": Packing(lines=(ParcelLine(line_id="shirt", quantity=2),), as_of=NOW)}
    late = after(parcel(shipment_id="shp_2", order_id=order_id, promise=None, packed=packed), silent)
    wired["shipments"].save(late, due_at=NOW)
    assert handler("sweep_due")({}, None) == {"delay_started": 1}
    (which,) = wired["workflows"].started.values()
    assess = handler("assess_delay")
    assert json.loads(json.dumps(assess({"action": "assess", **which}, None)))["outcome"] == "late"
    # When the playbook comes to a person (its wait is over), who finds the case and decides
    stored = wired["shipments"].records["larkspur", "shp_2"]
    at_case = stored.delay.model_copy(update={"step": 2})
    wired["shipments"].save(stored.model_copy(update={"delay": at_case, "version": 4}), due_at=None)
    todo = assess({"action": "next", **which}, None)
    assert todo["do"] == "case"
    waits = {name: which[name] for name in ("brand", "shipment_id", "order_id")}
    task = {"purpose": "case", **waits, "case_id": todo["case_id"], "seen": todo["seen"], "token": "t1"}
    assert handler("await_news")(task, None) == {"answered": False}
    status, listed = call("GET /v1/cases")
    assert (status, listed["next"], [one["case_id"] for one in listed["cases"]]) == (200, None, [todo["case_id"]])
    route, path = "GET /v1/cases/{case_id}", {"case_id": todo["case_id"]}
    status, case = call(route, **path)
    assert (status, case["decisions"][-1]["step"]) == (200, "open_case")
    assert case["tracking_page"].startswith("https://track.example/t/")
    decide, body = "POST /v1/cases/{case_id}/decision", {"decision": "refund", "note": "gone"}
    for _ in range(2):
        status, decided = call(decide, body, **path)
        assert (status, decided["decided_by"], decided["note"]) == (200, "person:cx", "gone")
    assert call(decide, {"decision": "resend"}, **path)[1]["type"].endswith("/case-decided")
    # Then the workflow is woken, and the refund is carried out
    detail = {
        **{"id": "chg_1", "type": "DelayCaseDecided", "brand": "larkspur", "shipment_id": "shp_2", "waiting": True},
        **{"occurred_at": NOW.isoformat(), "recorded_at": NOW.isoformat(), "subject_id": todo["case_id"]},
    }
    assert handler("resume_workflows")({"detail": detail}, None) == {"resumed": 1}
    assert assess({"action": "next", **which, "case_id": todo["case_id"]}, None)["remedy"] == "refund"
    assert handler("carry_out_remedy")(which, None) == {"outcome": "done"}
    assert assess({"action": "next", **which}, None)["outcome"] == "resolved"
    assert [task.amount.amount for task in wired["remedies"].done.values()] == [20_000]
    # And every decision is explained
    status, story = call("GET /v1/shipments/{shipment_id}/delay", shipment_id="shp_2")
    assert (status, story["delay"]["kind"], story["delay"]["remedies"][0]["state"]) == (200, "stalled", "done")
    assert [one["step"] for one in story["decisions"] if one["step"]] == [
        *("open_case", "refund_chosen", "refund_intended", "refund_done"),
    ]
    assert story["decisions"][0]["facts"]["limit_hours"] == 96


def test_an_order_that_does_not_ship_through_all_its_functions(wired: dict[str, Any]) -> None:
    # Given: an order to the United States that was to ship on Friday, and has not
    late = order(order_id="ord_2", external_id="2002", ship_by=(NOW - timedelta(days=3)).date())
    wired["orders"].save(late, due_at=NOW)
    assert handler("sweep_due")({}, None) == {"delay_started": 1}
    (which,) = wired["workflows"].started.values()
    assert (which["shipment_id"], which["order_id"]) == ("", "ord_2")
    assess = handler("assess_delay")
    assert assess({"action": "assess", **which}, None)["outcome"] == "late"
    # When: its workflow waits for the shopper's answer, and the order is cancelled in the store
    todo = assess({"action": "next", **which}, None)
    assert todo["do"] == "case"
    assert wired["cases"].get("larkspur", todo["case_id"]).notice
    waits = {name: which[name] for name in ("brand", "shipment_id", "order_id")}
    task = {"purpose": "case", **waits, "case_id": todo["case_id"], "seen": todo["seen"], "token": "t1"}
    assert handler("await_news")(task, None) == {"answered": False}
    stored = wired["orders"].records["larkspur", "ord_2"]
    wired["orders"].save(stored.model_copy(update={"cancelled_at": NOW, "version": stored.version + 1}))
    detail = {
        **{"id": "chg_1", "type": "OrderNews", "brand": "larkspur", "order_id": "ord_2", "waiting": True},
        **{"occurred_at": NOW.isoformat(), "recorded_at": NOW.isoformat(), "subject_id": "ord_2"},
    }
    # Then: it is woken, nobody is asked any more, and nothing is carried out
    assert handler("resume_workflows")({"detail": detail}, None) == {"resumed": 1}
    assert assess({"action": "next", **which, "case_id": todo["case_id"]}, None)["outcome"] == "resolved"
    assert wired["cases"].get("larkspur", todo["case_id"]).state is CaseState.MOOT
    assert handler("carry_out_remedy")(which, None) == {"outcome": "dropped"}
    # And: every decision is explained
    status, story = call("GET /v1/orders/{order_id}/delay", order_id="ord_2")
    assert (status, story["delay"]["kind"]) == (200, "not_dispatched")
    told = [one["change"] for one in story["decisions"]]
    assert (told[0], told[1], told[-1]) == ("suspected", "declared", "resolved")
    assert story["tracking_page"].startswith("https://track.example/t/")


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
        ("GET /v1/cases", None, LOOKER, 403, "forbidden"),
        ("GET /v1/cases/{case_id}", None, KEY, 404, "not-found"),
        ("GET /v1/shipments/{shipment_id}/delay", None, KEY, 404, "not-found"),
        ("GET /v1/orders/{order_id}/delay", None, KEY, 404, "not-found"),
        ("POST /v1/cases/{case_id}/decision", {"decision": "refund"}, LOOKER, 403, "forbidden"),
        ("POST /v1/cases/{case_id}/decision", {"decision": "refund"}, KEY, 404, "not-found"),
        ("POST /v1/cases/{case_id}/decision", {"decision": "perhaps"}, KEY, 400, "invalid-input"),
    ],
)
def test_the_api_refuses_in_problem_details(
    wired: dict[str, Any], route: str, body: Any, key: str, status: int, problem: str
) -> None:
    unknown = {"return_id": "rma_unknown", "case_id": "cse_unknown", "shipment_id": "shp_unknown"}
    unknown |= {"order_id": "ord_unknown"}
    path = {name: value for name, value in unknown.items() if name in route} or unknown
    found, answer = call(route, body, key=key, **path)
    assert (found, answer["type"].rpartition("/")[2]) == (status, problem)


def test_functions_are_thin() -> None:
    for name in (
        "advance_return",
        "assess_delay",
        "await_news",
        "manage_returns",
        "carry_out_remedy",
        "manage_cases",
        "refund_return",
        "resume_workflows",
        "sweep_due",
    ):
        text = (FUNCTIONS / name / "app.py").read_text()
        assert len(text.splitlines()) <= 40, name
        assert "boto" not in text
