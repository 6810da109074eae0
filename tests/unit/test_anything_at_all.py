"""Any request at all ends as 2xx, 4xx or 503, and any queued body as facts or in quarantine: never as an exception.

The functions themselves, over fakes, with every connector that there is.
"""

import base64
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.brand.mappings import declared
from porchlight.carriers.registry import carrier, carrier_ids
from porchlight.connectors import InboundMessage
from porchlight.errors import TransientError
from porchlight.runtime.bootstrap import app
from porchlight.services.published_keys import PublishedKeys
from porchlight.stores.registry import store_ids
from tests.connectors.scheme import NOW, Scheme
from tests.connectors.sources import SCHEMES
from tests.connectors.test_robustness import carrier_bodies, damaged_bytes, end, store_bodies
from tests.fakes import (
    FakeAccounts,
    FakeArchive,
    FakeBrands,
    FakeCodes,
    FakeErrands,
    FakeInbound,
    FakeMetrics,
    FakeModels,
    FakeOrders,
    FakeQuarantine,
    FakeShipments,
    FakeSurges,
)
from tests.unit.stories import brand

ROOT = Path(__file__).parents[2]
ROUTES = ("POST /webhooks/{carrier}", "POST /webhooks/{carrier}/{token}", "POST /webhooks/stores/{store}")
SIGNED = tuple(scheme for scheme in SCHEMES if scheme.source in (*carrier_ids(), *store_ids()))
MANY = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


class Pack(FakeBrands):
    MAPPINGS = declared(ROOT / "brand", ["larkspur"])

    def carriers(self, source: str) -> dict[str, Any]:
        return self.MAPPINGS.get(source, {})


class Unreachable:
    """Nobody publishes keys in these tests."""

    def make(self, *_: Any) -> Any:
        raise TransientError("no-answer")


def handler(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"functions_{name}", ROOT / "functions" / name / "app.py")
    assert spec and spec.loader  # noqa: PT018
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


@pytest.fixture(scope="module")
def wired() -> Iterator[dict[str, Any]]:
    shipments = FakeShipments(FakeOrders())
    kinds = {**dict.fromkeys(carrier_ids(), "carriers"), **dict.fromkeys(store_ids(), "stores")}
    fakes: dict[str, Any] = {
        "accounts": FakeAccounts(*((kinds[scheme.source], scheme.source, scheme.account()) for scheme in SIGNED)),
        "inbound": FakeInbound(),
        "shipments": shipments,
        "orders": shipments.orders,
        "quarantine": FakeQuarantine(),
        "codes": FakeCodes(),
        "errands": FakeErrands(),
        "archive": FakeArchive(),
        "date_models": FakeModels(),
        "surges": FakeSurges(),
        "metrics": FakeMetrics(),
        "published_keys": PublishedKeys(Unreachable),
        "_pack": Pack(brand()),
        "clock": lambda: NOW,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in fakes.items():
            patch.setitem(app.__dict__, name, value)
        yield fakes


TEXTS = st.text(max_size=30) | st.sampled_from(["..", "stores", "%2e%2e/pack", "\ud800", "\u0000", "x" * 5000])
SOURCES = st.sampled_from([*carrier_ids(), *store_ids(), "millrace_couriers"])
NAMES = st.sampled_from(sorted({scheme.header for scheme in SCHEMES} | {"Content-Type", "Authorization", "topic"}))


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """A gateway event of a stranger, or one that a source has signed, perhaps with something of it changed."""
    body: Any = draw(st.none() | TEXTS | st.just("not base64!"))
    event: dict[str, Any] = {
        "routeKey": draw(st.sampled_from([*ROUTES, "$default", ""])),
        "rawPath": draw(TEXTS),
        "headers": draw(st.none() | st.dictionaries(NAMES | TEXTS, TEXTS, max_size=4)),
        "queryStringParameters": draw(st.none() | st.dictionaries(st.just("token") | TEXTS, TEXTS, max_size=2)),
        "requestContext": {"http": {"method": "POST", "sourceIp": draw(TEXTS)}},
        "pathParameters": {name: draw(SOURCES | TEXTS) for name in ("carrier", "store", "token")},
        "body": body,
        "isBase64Encoded": draw(st.booleans()),
    }
    if draw(st.booleans()):
        event |= _signed(draw, draw(st.sampled_from(SIGNED)))
    return event


def _signed(draw: st.DrawFn, scheme: Scheme) -> dict[str, Any]:
    request = scheme.request(
        draw(st.binary(max_size=20).map(lambda raw: json.dumps(raw.hex()).encode())), scheme.account()
    )
    headers = dict(request.headers)
    if headers and draw(st.integers(0, 3)) == 0:
        headers[draw(st.sampled_from(sorted(headers)))] = draw(TEXTS)
    kind = "store" if scheme.source in store_ids() else "carrier"
    return {
        "routeKey": ROUTES[2] if kind == "store" else ROUTES[1] if request.token else ROUTES[0],
        "headers": headers,
        "pathParameters": {kind: scheme.source, "token": request.token},
        "requestContext": {"http": {"method": "POST", "sourceIp": request.source_ip}},
        "body": base64.b64encode(request.body).decode(),
        "isBase64Encoded": True,
    }


def test_any_request_at_all(wired: dict[str, Any]) -> None:
    receive, inbound = handler("receive_webhook"), wired["inbound"]
    seen: set[int] = set()

    @MANY
    @given(events(), st.integers(0, 9))
    def check(event: dict[str, Any], luck: int) -> None:
        inbound.fails = TransientError("ServiceUnavailable") if luck == 0 else None
        inbound.queue.clear()
        answer = receive(event, None)
        status = answer["statusCode"]
        seen.add(status)
        assert 200 <= status < 300 or 400 <= status < 500 or status == 503, (status, event)
        assert len(inbound.queue) == (status < 300), "accepted is what is queued, and nothing else"
        json.dumps(answer).encode()

    check()
    assert {202, 400, 401, 404, 503} <= seen, "the test has met them all"


def test_any_queued_body(wired: dict[str, Any]) -> None:
    record, quarantine = handler("record_events"), wired["quarantine"]
    seen: set[str] = set()
    bodies = st.sampled_from(carrier_ids()).flatmap(
        lambda source: st.tuples(st.just(source), carrier_bodies(source) | damaged_bytes(source))
    )

    @MANY
    @given(bodies)
    def check(drawn: tuple[str, bytes]) -> None:
        source, body = drawn
        connector = carrier(source)
        assert connector is not None
        ending = end(connector, body)
        seen.add(ending)
        before = len(quarantine.entries)
        assert _queued(record, "carriers", source, body) == []
        if ending == "unreadable":
            assert len(quarantine.entries) in (before, before + 1), "the same body at the same time is one entry"
            assert any(kept == body for _, kept in quarantine.entries.values())

    check()
    assert seen == {"reports", "nothing", "unreadable"}


def test_any_queued_body_of_a_store(wired: dict[str, Any]) -> None:
    record = handler("record_events")
    bodies = st.sampled_from(store_ids()).flatmap(
        lambda source: st.tuples(st.just(source), store_bodies(source) | st.tuples(TEXTS, st.binary(max_size=40)))
    )

    @settings(MANY, max_examples=100)
    @given(bodies)
    def check(drawn: tuple[str, tuple[str, bytes]]) -> None:
        source, (topic, body) = drawn
        assert _queued(record, "stores", source, body, topic) == []

    check()


def _queued(record: Any, kind: str, source: str, body: bytes, topic: str = "") -> list[Any]:
    message = InboundMessage(
        kind=kind,
        source=source,
        account="main",
        brand="larkspur",
        received_at=NOW,
        topic=topic,
        body=base64.b64encode(body).decode(),
    )
    failures: list[Any] = record({"Records": [{"messageId": "1", "body": message.as_json()}]}, None)[
        "batchItemFailures"
    ]
    return failures
