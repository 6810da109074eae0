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
from porchlight.labels.registry import label_provider
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
    FakeReturns,
    FakeSecrets,
    FakeShipments,
    FakeSurges,
    FakeWorkflows,
)
from tests.fakes_reaching import FakeProfiles
from tests.fakes_returning import FakeAddresses, FakeDocuments, FakeHistories, FakeLaws, FakeLedgers, FakeSettlements
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
    fakes |= {
        "profiles": FakeProfiles(fakes["orders"]),
        "histories": FakeHistories(),
        "addresses": FakeAddresses(),
        "documents": FakeDocuments(),
        "ledgers": FakeLedgers(fakes["returns"]),
        "laws": FakeLaws(),
    }
    settlements, remedies = FakeSettlements(), FakeRemedies()
    made = fakes | {
        "settlement_provider": lambda *_: settlements,
        "label_provider": lambda name: label_provider(name, None),  # type: ignore[arg-type]
        "remedies": lambda _: remedies,
        "clock": lambda: NOW,
    }
    monkeypatch.setattr(type(app), "public_url", "https://track.example")
    for name, value in made.items():
        monkeypatch.setitem(app.__dict__, name, value)
    order_id = ids.order_id("larkspur", "1001")
    fakes["orders"].save(order(order_id=order_id))
    delivered = after(parcel(order_id=order_id), [scan(Milestone.DELIVERED, NOW)])
    shipments.save(delivered, due_at=None, link=True)
    return fakes | {"settlements": settlements, "remedies": remedies}


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
    name = "review_returns" if route == DECIDE else name
    answer = handler(name)(event, None)
    return answer["statusCode"], json.loads(answer["body"])


ASK, LOOK, DECIDE = "POST /v1/returns", "GET /v1/returns/{return_id}", "POST /v1/returns/{return_id}/decision"
BODY = {"order": "1001", "lines": [{"line_id": "shirt", "quantity": 1, "reason": "too_small"}]}


def test_a_return_through_all_its_functions(wired: dict[str, Any]) -> None:
    # Given a request that a person has to look at
    status, asked = call(ASK, BODY)
    assert (status, asked["state"]) == (202, "requested")
    assert call(ASK, BODY)[0] == 200
    which = {"brand": "larkspur", "return_id": asked["return_id"], "execution": "exe"}
    advance = handler("advance_return")
    step = advance({"action": "start", **which}, None)
    assert (step["do"], step["outcome"], step["seconds"]) == ("review", "in_review", 2 * 86_400)
    waits = {"purpose": "return", "brand": "larkspur", "return_id": asked["return_id"]}
    assert handler("await_news")({**waits, "seen": step["seen"], "token": "t1"}, None) == {"answered": False}
    # When they decide, the stream's event wakes the workflow
    status, decided = call(DECIDE, {"approve": True}, return_id=which["return_id"])
    assert (status, decided["decisions"][-1]["decided_by"]) == (200, "cx")
    assert handler("resume_workflows")({"detail": told("ReturnNews", which)}, None) == {"resumed": 1}
    assert "t1" in wired["workflows"].answered
    # Then each task answers with the next step
    step = advance({"action": "next", **which}, None)
    assert step["do"] == "label"
    step = json.loads(json.dumps(handler("label_return")({"action": "make", **which}, None)))
    assert (step["do"], step["outcome"]) == ("wait", "approved")
    assert handler("await_news")({**waits, "seen": step["seen"], "token": "t2"}, None) == {"answered": False}
    label = wired["returns"].records["larkspur", which["return_id"]].label
    stored = wired["shipments"].records["larkspur", label.shipment_id]
    wired["shipments"].save(
        after(stored, [scan(Milestone.ACCEPTED, NOW)]).model_copy(update={"version": 2}), due_at=None
    )
    news = told("ShipmentNews", which, shipment_id=label.shipment_id)
    assert handler("resume_workflows")({"detail": news | {"waiting": False}}, None) == {"resumed": 0}
    assert handler("resume_workflows")({"detail": news}, None) == {"resumed": 1}
    step = advance({"action": "next", **which}, None)
    assert (step["do"], step["kind"]) == ("settle", "refund")
    step = handler("refund_return")({"kind": "refund", **which}, None)
    assert (step["do"], step["outcome"]) == ("close", "refunded")
    assert wired["settlements"].moved() == 9_500
    status, shown = call(LOOK, return_id=which["return_id"])
    assert (status, shown["state"]) == (200, "refunded")
    failed = advance({"action": "mark_failed", **which, "step": "X", "error": "Y"}, None)
    assert failed == {"outcome": "left_alone"}
    assert handler("label_return")({"action": "void", **which}, None)["do"] == "close"


def told(type_: str, which: dict[str, str], **more: Any) -> dict[str, Any]:
    """The detail of an event that a workflow waits for."""
    at = NOW.isoformat()
    known = {"id": "chg_1", "type": type_, "brand": which["brand"], "return_id": which["return_id"]}
    return {**known, "occurred_at": at, "recorded_at": at, "subject_id": which["return_id"], "waiting": True, **more}


def test_executions_of_the_release_before_are_still_answered(wired: dict[str, Any]) -> None:
    _, asked = call(ASK, BODY)
    which = {"brand": "larkspur", "return_id": asked["return_id"], "execution": "old"}
    advance = handler("advance_return")
    assert advance({"action": "evaluate", **which}, None)["outcome"] == "handed_over"
    wait = {"purpose": "review", "brand": "larkspur", "return_id": asked["return_id"], "token": "t1"}
    assert handler("await_news")(wait, None) == {"answered": False}
    call(DECIDE, {"approve": True}, return_id=which["return_id"])
    assert handler("resume_workflows")({"detail": told("ReturnNews", which)}, None) == {"resumed": 1}
    assert "t1" in wired["workflows"].answered
    assert advance({"action": "start", **which, "execution": "new"}, None)["do"] == "label"
    assert handler("label_return")({"action": "make", "brand": "larkspur", "return_id": asked["return_id"]}, None) == {
        "outcome": "made"
    }


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
        "label_return",
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
