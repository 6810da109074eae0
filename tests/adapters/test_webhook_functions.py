"""The functions of webhooks over the table, the queue and real connections: a receiver on this machine that verifies
what it gets, the sweep that brings back what failed, the API and the command that look at it.
"""

import base64
import hashlib
import importlib.util
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from typer.testing import CliRunner, Result

from local.cli import app as command
from local.cli import webhooks as commands
from local.stack import Stack
from porchlight.adapters.dynamodb.due import DynamoDueIndex
from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.webhooks import DeliveryState, WebhookDelivery, WebhookEndpoint
from porchlight.ports import Due
from porchlight.runtime.bootstrap import App, app
from porchlight.runtime.settings import Settings
from tests.adapters.conftest import TABLE
from tests.announced import FakeOpsBus
from tests.fakes import FakeBrands, FakeMessages, FakeMetrics, FakeSecrets, FakeShipments, FakeWorkflows
from tests.unit.stories import brand
from tests.unit.test_deliver_webhooks import event

FUNCTIONS = Path(__file__).parents[2] / "functions"
SECRET = "whsec_" + base64.b64encode(b"o" * 32).decode()
KEY, READER = "a-key-that-is-long-enough", "another-key-that-is-long-enough"
_brands = count(1)


class Receiver:
    """A brand's endpoint: verifies by the reference library, and answers as it is told."""

    def __init__(self) -> None:
        self.status = 204
        self.location = ""
        self.messages: list[tuple[str, Any]] = []
        self.forged = 0
        receiver = self

        class Connection(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    message = Webhook(SECRET).verify(body, dict(self.headers))
                    receiver.messages.append((str(self.headers["webhook-id"]), message))
                except WebhookVerificationError:
                    receiver.forged += 1
                self.send_response_only(receiver.status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quietly."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Connection)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/in"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


class OfBrand(DynamoDueIndex):
    """The due index of the table that all tests share, as if a brand were alone in it."""

    def __init__(self, name: str) -> None:
        super().__init__(Table(TABLE))
        self.name = name

    def due(self, shard: int, now: datetime, page: int, *, newest_first: bool = False) -> Iterator[Due]:
        found = super().due(shard, now, page, newest_first=newest_first)
        return (entry for entry in found if entry.brand == self.name)


class World:
    """The functions with a brand of their own, and a clock that only tests move."""

    def __init__(self, queue_url: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        self.name = f"hooked-{next(_brands)}"
        self.late = timedelta()
        self.queue_url, self.ops = queue_url, FakeOpsBus()
        endpoint = WebhookEndpoint.model_validate({"id": "oms", "url": receiver.url})
        config = brand().model_copy(update={"brand_id": self.name, "webhooks": (endpoint,)})
        keys = [
            {"id": "it", "brand": self.name, "sha256": digest(KEY), "scopes": ["webhooks:read", "webhooks:write"]},
            {"id": "look", "brand": self.name, "sha256": digest(READER), "scopes": ["webhooks:read"]},
        ]
        secrets: dict[str, Any] = {f"webhooks/{self.name}": {"oms": SECRET}, "api-keys": {"keys": keys}}
        shipments, messages = FakeShipments(), FakeMessages()
        given = {
            "_config": lambda: Settings(webhook_queue_url=queue_url, table_name=TABLE, loopback_calls="allowed"),
            "_table": Table(TABLE),
            "_pack": FakeBrands(config),
            "due": OfBrand(self.name),
            "secrets": FakeSecrets(**secrets),
            "metrics": FakeMetrics(),
            "ops_bus": self.ops,
            "workflows": FakeWorkflows(),
            "clock": lambda: datetime.now(UTC) + self.late,
            "shipments": shipments,
            "messages": messages,
        }
        for name in ("webhook_deliveries", "webhook_queue", "safe_caller"):
            monkeypatch.delitem(app.__dict__, name, raising=False)
        for name, value in given.items():
            monkeypatch.setitem(app.__dict__, name, value)
        self.app: App = app

    def deliver(self, *bodies: str) -> Any:
        """A batch of the queue; returns what is to come again."""
        records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
        return function("deliver_webhook")({"Records": records}, None)["batchItemFailures"]

    def event(self, number: int = 1) -> str:
        happened = event(number=number)
        happened["detail"]["brand"] = self.name
        return json.dumps(happened)

    def work_off(self) -> int:
        """Deliver what the queue shows; how many messages that were."""
        sqs = boto3.client("sqs")
        found = sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        if found:
            assert self.deliver(*(message["Body"] for message in found)) == []
        return len(found)

    def sweep(self) -> Any:
        return function("sweep_due")({}, None)

    def call(self, route: str, *, key: str = KEY, query: Any = None, **path: str) -> tuple[int, Any]:
        asked = {
            "routeKey": route,
            "headers": {"X-Api-Key": key},
            "requestContext": {"http": {"method": route.split()[0]}},
            "pathParameters": path,
            "queryStringParameters": query or {},
        }
        answer = function("manage_webhooks")(asked, None)
        return answer["statusCode"], json.loads(answer["body"])

    def one(self) -> WebhookDelivery:
        (found,) = self.app.webhook_deliveries.of_endpoint(self.name, "oms", 10)
        return found


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def function(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"functions_{name}", FUNCTIONS / name / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


@pytest.fixture
def world(cloud: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> World:
    url = boto3.client("sqs").create_queue(QueueName=f"hooks-{next(_brands)}")["QueueUrl"]
    return World(url, receiver, monkeypatch)


def test_an_event_of_the_bus_arrives_signed_and_once(world: World, receiver: Receiver) -> None:
    assert world.deliver(world.event(), world.event(), "{}", world.event(2)) == [{"itemIdentifier": "2"}]
    assert world.deliver(world.event()) == []
    assert sorted(name for name, _ in receiver.messages) == ["chg_1", "chg_2"]
    assert receiver.forged == 0
    assert receiver.messages[0][1]["data"]["shipment_id"] == "shp_1"


def test_what_failed_comes_back_by_queue_and_by_sweep_until_it_is_delivered(world: World, receiver: Receiver) -> None:
    receiver.status = 500
    world.deliver(world.event())
    # The first retry waits on the queue; lost there, the sweep brings it back
    assert world.work_off() == 0
    world.late += timedelta(minutes=30)
    assert world.sweep() == {"webhook_due": 1}
    assert world.sweep() == {}
    assert world.work_off() == 1
    assert [attempt.status for attempt in world.one().attempts] == [500, 500]
    receiver.status = 200
    world.late += timedelta(hours=1)
    assert world.sweep() == {"webhook_due": 1}
    world.work_off()
    assert world.one().state is DeliveryState.DELIVERED
    assert {name for name, _ in receiver.messages} == {"chg_1"}
    world.late += timedelta(days=1)
    assert world.sweep() == {}


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/meta-data", "/elsewhere"])
def test_a_redirect_is_a_failure_and_leads_nowhere(world: World, receiver: Receiver, target: str) -> None:
    receiver.status, receiver.location = 307, target
    world.deliver(world.event())
    assert len(receiver.messages) == 1
    assert [attempt.status for attempt in world.one().attempts] == [307]
    assert world.one().state is DeliveryState.PENDING


def test_on_aws_no_endpoint_is_on_the_machine_itself(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Settings(webhook_queue_url=world.queue_url, table_name=TABLE, loopback_calls="refused")
    monkeypatch.setitem(app.__dict__, "_config", lambda: config)
    world.deliver(world.event())
    assert not receiver.messages
    assert [attempt.error for attempt in world.one().attempts] == ["bad-address"]


class TestTheApi:
    LIST, DELIVERIES = "GET /v1/webhooks", "GET /v1/webhooks/{endpoint}/deliveries"
    REDRIVE = "POST /v1/webhooks/{endpoint}/deliveries/{delivery_id}/redrive"
    ENABLE = "POST /v1/webhooks/{endpoint}/enable"

    def test_endpoints_and_deliveries_are_shown_without_what_was_sent(self, world: World, receiver: Receiver) -> None:
        receiver.status = 410
        world.deliver(world.event())
        status, shown = world.call(self.LIST)
        assert (status, shown["endpoints"][0]["state"], shown["endpoints"][0]["why"]) == (200, "disabled", "gone")
        status, shown = world.call(self.DELIVERIES, endpoint="oms", key=READER)
        ((one,), before) = shown["deliveries"], shown["before"]
        assert (status, one["state"], one["attempts"][0]["status"], before) == (200, "dead", 410, None)
        assert "body" not in one
        assert SECRET not in json.dumps(shown)
        assert world.call(self.DELIVERIES, endpoint="oms", query={"state": "pending"})[1]["deliveries"] == []

    def test_pages_have_all_of_it_once(self, world: World) -> None:
        world.deliver(*(world.event(number) for number in range(1, 121)))
        found: list[str] = []
        query = {"state": "delivered"}
        while True:
            _, page = world.call(self.DELIVERIES, endpoint="oms", query=query)
            found += [one["event_id"] for one in page["deliveries"]]
            if not page["before"]:
                break
            query = {"state": "delivered", "before": page["before"]}
        assert found == [f"chg_{number}" for number in range(120, 0, -1)]

    def test_what_died_is_sent_anew_when_the_endpoint_is_on_again(self, world: World, receiver: Receiver) -> None:
        receiver.status = 410
        world.deliver(world.event())
        receiver.status = 200
        assert world.call(self.ENABLE, endpoint="oms") == (200, {"enabled": True})
        assert world.call(self.ENABLE, endpoint="oms") == (200, {"enabled": False})
        where = {"endpoint": "oms", "delivery_id": world.one().delivery_id}
        assert world.call(self.REDRIVE, **where)[0] == 202
        assert world.call(self.REDRIVE, **where)[0] == 409
        world.work_off()
        assert world.one().state is DeliveryState.DELIVERED

    def test_who_may_do_what(self, world: World) -> None:
        where = {"endpoint": "oms", "delivery_id": "x"}
        assert world.call(self.LIST, key="")[0] == 401
        assert world.call(self.REDRIVE, key=READER, **where)[0] == 403
        assert world.call(self.ENABLE, key=READER, endpoint="oms")[0] == 403
        assert world.call(self.REDRIVE, **where)[0] == 404
        assert world.call(self.DELIVERIES, endpoint="none")[0] == 404
        assert world.call(self.ENABLE, endpoint="none")[0] == 404
        assert world.call(self.DELIVERIES, endpoint="oms", query={"state": "lost"})[0] == 400


class TestTheCommand:
    @pytest.fixture(autouse=True)
    def _opened(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Stack, "open", lambda stage, region: SimpleNamespace(app=lambda: app))
        monkeypatch.setattr(commands, "brands", lambda wanted: (world.name,))

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(command, ["webhooks", *arguments])

    def test_it_lists_shows_and_sends_anew(self, world: World, receiver: Receiver) -> None:
        receiver.status = 410
        world.deliver(world.event(), world.event(2))
        listed = json.loads(self.run("list", "--state", "dead", "--json").stdout)
        assert [one["event_id"] for one in listed["deliveries"]] == ["chg_2", "chg_1"]
        assert "disabled" in self.run("list").stdout
        shown = self.run("show", "oms", listed["deliveries"][0]["delivery_id"])
        assert shown.exit_code == 0
        assert '"type":"ShipmentDelivered"' in shown.stdout
        receiver.status = 200
        assert "sent to again" in self.run("enable", "oms").stdout
        assert json.loads(self.run("redrive", "--all", "--json").stdout)["redriven"]
        while world.work_off():
            pass
        assert self.run("list", "--state", "dead", "--json").stdout.count("chg_") == 0

    def test_a_test_waits_for_the_endpoints_answer(
        self, world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("local.cli.webhooks.time.sleep", lambda _: world.work_off())
        said = self.run("test", "oms")
        assert said.exit_code == 0, said.output
        assert said.stdout.startswith("oms: 204")
        assert [message["type"] for _, message in receiver.messages] == ["WebhookTest"]
        receiver.status = 500
        assert self.run("test", "oms").exit_code == 1

    def test_what_is_not_there_or_not_said(self, world: World) -> None:
        assert self.run("show", "oms", "none").exit_code == 1
        assert self.run("redrive", "oms", "none").exit_code == 1
        assert self.run("test", "none").exit_code == 1
        assert self.run("redrive").exit_code == 2
        assert self.run("list", "--state", "lost").exit_code == 2
