"""From a provider's webhook to the return, through the functions; and the hourly comparison by its function."""

import importlib.util
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from porchlight.connectors import Account
from porchlight.domain.returns import ReturnState
from porchlight.domain.rma.names import SettlementState
from porchlight.runtime.bootstrap import app
from tests.fakes import FakeAccounts, FakeInbound, FakeQuarantine
from tests.refunds.test_news import SECRET, by_stripe, refund_event
from tests.unit.settling import BRAND, NOW, Desk

ROOT = Path(__file__).parents[2]


def handler(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"functions_{name}", ROOT / "functions" / name / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A return whose refund Stripe has taken; ``app`` over fakes."""
    found = Desk()
    found.order()
    found.approved("rma_1")
    found.provider.state = SettlementState.ACCEPTED
    found.settle()
    fakes: dict[str, Any] = {
        "accounts": FakeAccounts(("refund-news", "stripe", Account("main", BRAND, {"signing_secret": SECRET}))),
        "inbound": FakeInbound(),
        "quarantine": FakeQuarantine(),
        "orders": found.orders,
        "returns": found.returns,
        "shipments": found.shipments,
        "ledgers": found.ledgers,
        "_pack": found.brands,
        "metrics": found.metrics,
        "settlement_provider": lambda *_: found.provider,
        "clock": lambda: NOW,
    }
    for name, value in fakes.items():
        monkeypatch.setitem(app.__dict__, name, value)
    return found


def send(body: bytes, route: str, path: dict[str, str], secret: str = SECRET) -> int:
    event = {
        "routeKey": route,
        "rawPath": "/webhooks/refunds/stripe",
        "requestContext": {"http": {"method": "POST", "sourceIp": "203.0.113.9"}},
        "pathParameters": path,
        "headers": dict(by_stripe(body, secret=secret).headers),
        "body": body.decode(),
    }
    return int(handler("receive_webhook")(event, None)["statusCode"])


ROUTES = [
    ("POST /webhooks/refunds/{provider}", {"provider": "stripe"}),
    ("POST /webhooks/{carrier}/{token}", {"carrier": "refunds", "token": "stripe"}),
]
"""Of two routes that match AWS promises neither."""


@pytest.mark.parametrize(("route", "path"), ROUTES)
def test_what_stripe_tells_ends_the_return(desk: Desk, route: str, path: dict[str, str]) -> None:
    key = desk.get().settlements[0].key
    assert send(refund_event("succeeded", return_id="rma_1", key=key), route, path) == 200
    assert desk.get().state is ReturnState.IN_TRANSIT  # it is durable, and not read yet
    records = [{"messageId": "1", "body": message.as_json()} for message, _ in app.inbound.queue]  # type: ignore[attr-defined]
    assert handler("record_events")({"Records": records}, None) == {"batchItemFailures": []}
    assert desk.get().state is ReturnState.REFUNDED


@pytest.mark.parametrize(
    ("path", "secret", "status"),
    [
        ({"provider": "stripe"}, "whsec_other", 401),
        ({"provider": "shopify"}, SECRET, 404),
        ({"provider": "x"}, SECRET, 404),
    ],
)
def test_nobody_else_is_let_in(desk: Desk, path: dict[str, str], secret: str, status: int) -> None:
    assert send(refund_event(), "POST /webhooks/refunds/{provider}", path, secret) == status
    assert app.inbound.queue == []  # type: ignore[attr-defined]


def test_the_hourly_run_names_what_is_stuck(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.__dict__, "clock", lambda: NOW + timedelta(days=2))
    report = handler("reconcile_refunds")({}, None)
    assert json.loads(json.dumps(report))["differences"][0]["why"] == "stuck"
    assert (report["ledgers"], report["entries"]) == (1, 1)


def test_the_task_answers_with_what_comes_next(desk: Desk) -> None:
    desk.provider.state = SettlementState.DONE
    event = {"brand": BRAND, "return_id": "rma_1", "execution": "e", "kind": "refund"}
    assert handler("refund_return")(event, None)
    assert desk.get().state is ReturnState.REFUNDED
