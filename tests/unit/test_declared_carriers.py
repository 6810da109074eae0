"""A declared carrier through front door and recorder: the functions over fakes, with a mapping of the repository."""

import hashlib
import hmac
import importlib.util
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from layers.brand.mappings import declared
from porchlight.connectors import Account
from porchlight.domain.ids import shipment_id
from porchlight.domain.milestones import Milestone, Signal
from porchlight.runtime.bootstrap import app
from tests.fakes import (
    FakeAccounts,
    FakeArchive,
    FakeBrands,
    FakeCodes,
    FakeInbound,
    FakeMetrics,
    FakeQuarantine,
    FakeShipments,
)
from tests.unit.stories import brand

NOW = datetime(2026, 11, 25, 23, tzinfo=UTC)  # after the last scan of the example
ROOT = Path(__file__).parents[2]
BODY = (ROOT / "brand/larkspur/carriers/millrace_couriers.second_attempt.json").read_bytes()
SECRET = "told-to-millrace"
STAMP = str(int(NOW.timestamp()))
FIRST = ("larkspur", shipment_id("larkspur", "millrace_couriers", "MRC0044120075"))


class Pack(FakeBrands):
    """Brands, and the carriers that the repository's brands declare."""

    MAPPINGS = declared(ROOT / "brand", ["larkspur"])

    def carriers(self, source: str) -> dict[str, Any]:
        return self.MAPPINGS.get(source, {})


def handler(name: str) -> Callable[[dict[str, Any], None], dict[str, Any]]:
    spec = importlib.util.spec_from_file_location(f"functions_{name}", ROOT / "functions" / name / "app.py")
    assert spec and spec.loader  # noqa: PT018
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[dict[str, Any], None], dict[str, Any]] = module.handler
    return found


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    fjordhus = brand().model_copy(update={"brand_id": "fjordhus"})
    accounts = [
        Account(account="shop", brand="larkspur", credentials={"secret": SECRET}),
        Account(account="other", brand="fjordhus", credentials={"secret": "told-by-fjordhus"}),
    ]
    fakes: dict[str, Any] = {
        "accounts": FakeAccounts(*(("carriers", "millrace_couriers", account) for account in accounts)),
        "inbound": FakeInbound(),
        "shipments": FakeShipments(),
        "quarantine": FakeQuarantine(),
        "codes": FakeCodes(),
        "archive": FakeArchive(),
        "metrics": FakeMetrics(),
        "_pack": Pack(brand(), fjordhus),
    }
    for name, value in (fakes | {"clock": lambda: NOW}).items():
        monkeypatch.setitem(app.__dict__, name, value)
    return fakes


def send(body: bytes, secret: str = SECRET, source: str = "millrace_couriers") -> int:
    signature = hmac.new(secret.encode(), STAMP.encode() + b"." + body, hashlib.sha256).hexdigest()
    event = {
        "routeKey": "POST /webhooks/{carrier}",
        "rawPath": f"/webhooks/{source}",
        "requestContext": {"http": {"method": "POST", "sourceIp": "203.0.113.9"}},
        "pathParameters": {"carrier": source},
        "headers": {"X-Millrace-Signature": f"v1={signature}", "X-Millrace-Timestamp": STAMP},
        "body": body.decode(),
    }
    return int(handler("receive_webhook")(event, None)["statusCode"])


def work(wired: dict[str, Any]) -> list[Any]:
    """What the queue holds goes to the recorder; returns what comes back to it."""
    records = [
        {"messageId": str(index), "body": message.as_json()}
        for index, (message, _) in enumerate(wired["inbound"].queue)
    ]
    wired["inbound"].queue.clear()
    failures: list[Any] = handler("record_events")({"Records": records}, None)["batchItemFailures"]
    return failures


def test_from_the_webhook_to_the_facts(wired: dict[str, Any]) -> None:
    assert send(BODY) == 202
    assert work(wired) == []
    shipment = wired["shipments"].records[FIRST]
    assert (shipment.carrier, shipment.milestone) == ("millrace_couriers", Milestone.OUT_FOR_DELIVERY)
    events = sorted(wired["shipments"].events[FIRST].values(), key=lambda event: event.event.occurred_at)
    assert [event.event.raw_code for event in events] == ["PICK", "FAIL/NH", "ASSIGN", "NEAR", "GATE/7"]
    assert [event.event.signal for event in events][2:4] == [Signal.DRIVER_ASSIGNED, Signal.DRIVER_NEARBY]
    assert {code.code for code in wired["codes"].codes.values()} == {"GATE/7"}, "listed for operators"
    assert len(wired["shipments"].records) == 2
    assert not wired["quarantine"].entries


def test_a_repeat_changes_nothing(wired: dict[str, Any]) -> None:
    for _ in range(2):
        assert send(BODY) == 202
        assert work(wired) == []
    assert len(wired["shipments"].events[FIRST]) == 5
    assert wired["shipments"].records[FIRST].version == 1


def test_a_body_that_does_not_fit_the_mapping_is_quarantined(wired: dict[str, Any]) -> None:
    body = BODY.replace(b"11/24/2026", b"2026-11-24")
    assert send(body) == 202
    assert work(wired) == []
    ((entry, kept),) = wired["quarantine"].entries.values()
    assert (entry.source, entry.reason, kept) == (
        "millrace_couriers",
        "the time of an event is not in the form %m/%d/%Y %H:%M",
        body,
    )
    assert not wired["shipments"].records


@pytest.mark.parametrize("secret", ["", "another", "told-by-fjordhus"])
def test_who_cannot_prove_it_is_refused(wired: dict[str, Any], secret: str) -> None:
    """Fjordhus does not declare the carrier: its account opens nothing."""
    assert send(BODY, secret) == 401
    assert not wired["inbound"].queue


@pytest.mark.parametrize("source", ["millrace", "..", "pack", "carrier.millrace_couriers", "stores"])
def test_who_is_not_declared_is_not_there(wired: dict[str, Any], source: str) -> None:
    assert send(BODY, source=source) == 404


def test_a_mapping_that_is_taken_out_sends_what_is_queued_to_the_dead_letters(
    wired: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost: the messages come again from the dead-letter queue once the mapping is back."""
    assert send(BODY) == 202
    monkeypatch.setattr(Pack, "MAPPINGS", {})
    assert json.dumps(work(wired)) == '[{"itemIdentifier": "0"}]'
