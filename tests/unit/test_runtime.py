"""HTTP, handlers, settings and the stream: what the functions stand in, without a cloud."""

import base64
import importlib.util
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from porchlight import errors
from porchlight.domain.brands import BrandConfig
from porchlight.domain.changes import DomainEvent
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import Shopper
from porchlight.errors import InvalidInputError, PorchlightError, SignatureError, TransientError
from porchlight.ports import InboundMessage
from porchlight.runtime import bootstrap, observability
from porchlight.runtime.handlers import batch_handler, event_handler, http_handler, task_handler
from porchlight.runtime.http import html_response, json_response, problem, request_of
from porchlight.runtime.settings import settings
from porchlight.services.bundles import Gatherer
from porchlight.services.pages import Page
from porchlight.services.publish_changes import publish
from tests.fakes import (
    FakeAccounts,
    FakeArchive,
    FakeBrands,
    FakeBus,
    FakeCodes,
    FakeInbound,
    FakeMessages,
    FakeMetrics,
    FakeOrders,
    FakeQuarantine,
    FakeRenderer,
    FakeReturns,
    FakeSecrets,
    FakeShipments,
)
from tests.fakes_reaching import (
    FakeBundles,
    FakeCatalogues,
    FakeCourier,
    FakeEngagement,
    FakeExperiments,
    FakeProfiles,
    FakeTouches,
)
from tests.fakes_returning import FakeHistories, FakeLaws
from tests.fakes_sending import FakeReputations
from tests.unit.stories import NOW, after, brand, order, parcel, scan

ROOT = Path(__file__).parents[2]
PERSONAL = ("ada.lovelace@x.example", "Ada Lovelace", "+44 20 7946 0000")
PROBLEMS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PorchlightError)]


@pytest.fixture(autouse=True)
def _own_logger(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """A logger that writes to this test's output, and no settings of other tests."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", request.node.name)
    observability.logger.cache_clear()
    settings.cache_clear()
    yield
    observability.logger.cache_clear()
    settings.cache_clear()


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> FakeMetrics:
    found = FakeMetrics()
    monkeypatch.setitem(bootstrap.app.__dict__, "metrics", found)
    return found


def gateway(route: str, body: str | bytes = "", path: dict[str, str] | None = None, **headers: str) -> dict[str, Any]:
    """An event of the HTTP API, payload format 2.0."""
    method, _, where = route.partition(" ")
    event: dict[str, Any] = {
        **{"routeKey": route, "rawPath": where, "requestContext": {"http": {"method": method}}},
        **{"headers": {name.replace("_", "-"): value for name, value in headers.items()}, "pathParameters": path or {}},
    }
    if isinstance(body, bytes):
        return {**event, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return {**event, "body": body, "isBase64Encoded": False}


class TestRequests:
    @pytest.mark.parametrize("body", ["", "plain", "Grüße", b"\x00\xff{", b""])
    def test_the_body_is_the_bytes_that_were_sent(self, body: str | bytes) -> None:
        assert request_of(gateway("POST /x", body)).body == (body.encode() if isinstance(body, str) else body)

    def test_header_names_are_lower_case(self) -> None:
        request = request_of(gateway("POST /x", X_Hmac_Signature="AbC"))
        assert request.headers == {"x-hmac-signature": "AbC"}

    def test_what_is_missing_is_empty(self) -> None:
        request = request_of({"requestContext": {"http": {"method": "GET"}}})
        assert (request.method, request.path, request.headers, request.query, request.body) == ("GET", "", {}, {}, b"")

    @pytest.mark.parametrize("text", ["not base64!", "YQ", "\ud800"])
    def test_what_is_not_base64_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidInputError):
            request_of({**gateway("POST /x"), "body": text, "isBase64Encoded": True})


class TestResponses:
    @pytest.mark.parametrize("kind", PROBLEMS)
    def test_a_problem_has_the_form_of_rfc_9457(self, kind: type[PorchlightError]) -> None:
        response = problem(kind("what is wrong"), "/v1/orders")
        body = json.loads(response["body"])
        assert response["statusCode"] == body["status"] == kind.status
        assert response["headers"]["content-type"] == "application/problem+json"
        assert body["type"] == f"https://porchlight.dev/problems/{kind.code}"
        assert (body["title"], body["detail"], body["instance"]) == (kind.title, "what is wrong", "/v1/orders")
        assert ("retry-after" in response["headers"]) == kind.retryable
        assert ("www-authenticate" in response["headers"]) == (kind.status == 401)

    def test_every_problem_has_a_word_of_its_own(self) -> None:
        assert len({kind.code for kind in PROBLEMS}) == len(PROBLEMS)
        assert json.loads(problem(InvalidInputError(code="unknown-line"))["body"])["type"].endswith("/unknown-line")

    def test_pages_are_not_kept_framed_or_found(self) -> None:
        headers = html_response(Page("<p>", "default-src 'none'", 404))["headers"]
        assert headers["content-security-policy"] == "default-src 'none'"
        assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
        assert "noindex" in headers["x-robots-tag"]

    def test_json(self) -> None:
        response = json_response(202, {"status": "accepted"}, {"pragma": "no-cache"})
        assert (response["statusCode"], json.loads(response["body"])) == (202, {"status": "accepted"})
        assert response["headers"]["pragma"] == "no-cache"


def fail(*_: Any) -> Any:
    """Everything that goes wrong with personal data in hand."""
    raise ValueError(f"cannot write to {PERSONAL}")


def misread(*_: Any) -> Any:
    Shopper.model_validate({"brand": "larkspur", "shopper_id": "cus_1", "email": list(PERSONAL), "name": PERSONAL[1]})


class TestHandlers:
    def told_nobody(self, capsys: pytest.CaptureFixture[str]) -> str:
        out, err = capsys.readouterr()
        for text in (*PERSONAL, "lovelace", "secret-token"):
            assert text.lower() not in (out + err).lower()
        return out

    @pytest.mark.parametrize("function", [fail, misread])
    def test_http(self, function: Any, metrics: FakeMetrics, capsys: pytest.CaptureFixture[str]) -> None:
        event = gateway("PUT /v1/orders/{id}", " ".join(PERSONAL), {"id": "secret-token"}, x_name=PERSONAL[1])
        response = http_handler({"PUT /v1/orders/{id}": function})(
            {**event, "rawPath": "/v1/orders/secret-token"}, None
        )
        assert response["statusCode"] == 500
        assert not any(text in response["body"] for text in PERSONAL)
        out = self.told_nobody(capsys)
        assert '"where"' in out
        assert "PUT /v1/orders/{id}" in out
        assert metrics.total("HandlerErrors", route="PUT /v1/orders/{id}") == 1

    @pytest.mark.parametrize(("function", "kind"), [(fail, PorchlightError), (misread, InvalidInputError)])
    def test_tasks(self, function: Any, kind: type[Exception], capsys: pytest.CaptureFixture[str]) -> None:
        event = {"order_id": "ord_1", "email": PERSONAL[0], "name": PERSONAL[1]}
        for handler in (task_handler(function), event_handler(function)):
            with pytest.raises(kind) as caught:
                handler(event, None)
            assert type(caught.value) is kind
            assert caught.value.__suppress_context__
            assert not any(text in str(caught.value) for text in PERSONAL)
        assert "ord_1" in self.told_nobody(capsys)

    @pytest.mark.parametrize("function", [fail, misread])
    def test_batches(self, function: Any, capsys: pytest.CaptureFixture[str]) -> None:
        handler = batch_handler(function, lambda record: str(record["messageId"]))
        answer = handler({"Records": [{"messageId": "1", "body": PERSONAL[0]}]}, None)
        assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
        self.told_nobody(capsys)

    def test_one_bad_record_leaves_the_others_unharmed(self) -> None:
        done = []

        def record(item: Any) -> None:
            if item["messageId"] == "2":
                raise TransientError
            done.append(item["messageId"])

        handler = batch_handler(record, lambda item: str(item["messageId"]))
        answer = handler({"Records": [{"messageId": number} for number in "123"]}, None)
        assert (done, answer) == (["1", "3"], {"batchItemFailures": [{"itemIdentifier": "2"}]})

    def test_what_could_not_be_finished_comes_again_and_what_needs_no_finish_does_not(self) -> None:
        def finish(results: list[str]) -> None:
            assert results == ["1", "3"]
            raise TransientError

        handler = batch_handler(
            lambda item: None if item["messageId"] == "2" else item["messageId"],
            lambda item: str(item["messageId"]),
            finish,
        )
        answer = handler({"Records": [{"messageId": number} for number in "123"]}, None)
        assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "3"}]}

    def test_what_there_is_no_time_for_comes_again_and_what_is_done_does_not(self) -> None:
        """Given a batch of large bodies, when the time is nearly over, then the function ends before it is killed."""
        left = iter((60_000, 40_000, 9_000))
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: next(left))
        done: list[str] = []
        handler = batch_handler(
            lambda item: done.append(item["messageId"]), lambda item: str(item["messageId"]), reserve_seconds=15
        )
        answer = handler({"Records": [{"messageId": number} for number in "1234"]}, context)
        assert done == ["1", "2", "3"]
        assert answer == {"batchItemFailures": [{"itemIdentifier": "4"}]}

    def test_errors_of_ours_keep_their_class_for_the_machine(self) -> None:
        def busy(_: Any) -> None:
            raise TransientError

        with pytest.raises(TransientError):
            task_handler(busy)({}, None)

    def test_a_refusal_is_a_problem(self, metrics: FakeMetrics) -> None:
        def refuse(*_: Any) -> Any:
            raise SignatureError

        assert http_handler({"POST /x": refuse})(gateway("POST /x"), None)["statusCode"] == 401
        assert http_handler({"POST /x": refuse})(gateway("POST /y"), None)["statusCode"] == 404
        assert not metrics.counts

    def test_an_event_is_its_detail(self) -> None:
        seen: list[Any] = []
        event_handler(seen.append)({"detail": {"a": 1}, "source": "aws.ses"}, None)
        assert seen == [{"a": 1}]


class TestMetrics:
    def test_a_number_is_a_line_of_embedded_metric_format(self, capsys: pytest.CaptureFixture[str]) -> None:
        observability.EmfMetrics("dev").count("EventsRecorded", 3, carrier="ups", unit="Count", why="")
        line = json.loads(capsys.readouterr().out)
        (metric,) = line["_aws"]["CloudWatchMetrics"]
        assert metric["Dimensions"][0] == ["carrier", "why"]
        assert metric["Metrics"] == [{"Name": "EventsRecorded", "Unit": "Count"}]
        assert (line["EventsRecorded"], line["carrier"], line["why"]) == (3, "ups", "none")


class TestSettings:
    def test_they_come_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TABLE_NAME", "porchlight")
        monkeypatch.delenv("BUS_NAME", raising=False)
        found = settings()
        assert (found.table_name, found.bus_name) == ("porchlight", "")
        assert settings() is found


class TestStream:
    @staticmethod
    def change(kind: str, old: Any, new: Any) -> dict[str, Any]:
        images = {"OldImage": old, "NewImage": new}
        return {
            "dynamodb": {"SequenceNumber": "7"}
            | {
                name: {"entity_type": {"S": kind}, "data": {"S": record.model_dump_json(exclude_defaults=True)}}
                for name, record in images.items()
                if record
            }
        }

    def test_what_changed_is_published(self) -> None:
        bus = FakeBus()
        moving = after(parcel(), [scan(Milestone.IN_TRANSIT, NOW)])
        assert [event.type for event in publish(self.change("shipment", None, moving), bus)] == ["ShipmentShipped"]
        assert publish(self.change("shipment", moving, moving), bus) == []
        publish(self.change("order", None, order()), bus)
        assert [event.type for event in bus.events] == ["ShipmentShipped", "OrderConfirmed"]

    def test_the_same_change_again_is_the_same_event(self) -> None:
        first, second = FakeBus(), FakeBus()
        for bus in (first, second):
            publish(self.change("order", None, order()), bus)
        assert first.events == second.events

    @pytest.mark.parametrize(
        "record",
        [
            {"dynamodb": {"Keys": {}}},
            {"dynamodb": {"NewImage": {"entity_type": {"S": "parcel"}}}},
            {"dynamodb": {"NewImage": {"entity_type": {"S": "event"}, "data": {"S": "{}"}}}},
        ],
    )
    def test_what_says_nothing(self, record: dict[str, Any]) -> None:
        assert publish(record, FakeBus()) == []

    def test_a_bus_that_refuses_brings_the_record_again(self) -> None:
        bus = FakeBus()
        (event,) = publish(self.change("order", None, order()), FakeBus())
        bus.refuse = {event.id}
        with pytest.raises(TransientError):
            publish(self.change("order", None, order()), bus)


def function(name: str) -> ModuleType:
    """A function's module, as Lambda loads it."""
    spec = importlib.util.spec_from_file_location(f"functions_{name}", ROOT / "functions" / name / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Pack(FakeBrands, FakeCatalogues):
    """Brands, and what decisions about messages go by."""

    def __init__(self, *brands: BrandConfig) -> None:
        FakeBrands.__init__(self, *brands)
        FakeCatalogues.__init__(self)


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch, metrics: FakeMetrics) -> dict[str, Any]:
    """The functions' own wiring, with a fake behind every port."""
    orders, messages, returns = FakeOrders(), FakeMessages(), FakeReturns()
    orders.messages, orders.returns = messages, returns
    found = {
        **{"orders": orders, "messages": messages, "returns": returns, "shipments": FakeShipments(orders)},
        **{"bus": FakeBus(), "inbound": FakeInbound(), "quarantine": FakeQuarantine(), "courier": FakeCourier()},
        **{"touches": FakeTouches(), "gatherer": Gatherer(FakeBundles(), messages), "reputations": FakeReputations()},
        **{"experiments": FakeExperiments(), "engagement": FakeEngagement()},
        **{"archive": FakeArchive(), "codes": FakeCodes(), "profiles": FakeProfiles(orders)},
        **{"histories": FakeHistories(), "laws": FakeLaws()},
        **{"renderer": FakeRenderer(), "accounts": FakeAccounts(), "_pack": Pack(brand())},
        **{"secrets": FakeSecrets(links={"key": "k" * 40}), "metrics": metrics},
    }
    for name, port in found.items():
        monkeypatch.setitem(bootstrap.app.__dict__, name, port)
    monkeypatch.setattr(bootstrap.App, "public_url", "https://track.example")
    ticks = count()
    monkeypatch.setattr(bootstrap.App, "clock", staticmethod(lambda: NOW + timedelta(milliseconds=next(ticks))))
    return found


class TestFunctions:
    @pytest.mark.parametrize("name", sorted(folder.parent.name for folder in (ROOT / "functions").glob("*/app.py")))
    def test_each_has_a_handler(self, name: str) -> None:
        assert callable(function(name).handler)

    def test_a_webhook_of_a_stranger(self, ports: dict[str, Any]) -> None:
        handler = function("receive_webhook").handler
        path = {"carrier": "easypost"}
        assert handler(gateway("POST /webhooks/{carrier}", "{}", path), None)["statusCode"] == 401
        assert handler(gateway("POST /webhooks/{carrier}", "{}", {"carrier": "nobody"}), None)["statusCode"] == 404
        assert handler(gateway("POST /webhooks/stores/{store}", "{}", {"store": "shopify"}), None)["statusCode"] == 401
        assert not ports["inbound"].queue

    def test_a_batch_with_an_unreadable_body_and_a_broken_message(self, ports: dict[str, Any]) -> None:
        """Given a body nobody can read and a message nobody can use, then one is quarantined, one comes again."""
        good = InboundMessage(
            **{"kind": "carriers", "source": "easypost", "account": "main", "brand": "larkspur", "received_at": NOW},
            body=base64.b64encode(b"<xml>").decode(),
        )
        strange = replace(good, source="nobody")
        texts = [good.as_json(), "{broken", strange.as_json()]
        records = [{"messageId": str(number), "body": text} for number, text in enumerate(texts)]
        answer = function("record_events").handler({"Records": records}, None)
        assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]}
        assert len(ports["quarantine"].entries) == 1
        assert [body.body for body in ports["archive"].bodies] == [b"<xml>"], "a parser's mistake is mended by a replay"

    def test_a_batch_that_cannot_be_archived_comes_again_and_records_nothing_twice(self, ports: dict[str, Any]) -> None:
        body = json.dumps({"object": "Tracker", "tracking_code": "EZ1", "carrier": "UPS", "tracking_details": []})
        message = InboundMessage(
            **{"kind": "carriers", "source": "easypost", "account": "main", "brand": "larkspur", "received_at": NOW},
            body=base64.b64encode(body.encode()).decode(),
        )
        batch = {"Records": [{"messageId": "1", "body": message.as_json()}]}
        ports["archive"].fails = TransientError()
        assert function("record_events").handler(batch, None) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
        ports["archive"].fails = None
        assert function("record_events").handler(batch, None) == {"batchItemFailures": []}
        assert len(ports["archive"].bodies) == 1
        assert [shipment.version for shipment in ports["shipments"].records.values()] == [1]

    def test_what_a_store_sends_is_never_archived(self, ports: dict[str, Any]) -> None:
        message = InboundMessage(
            **{"kind": "stores", "source": "shopify", "account": "main", "brand": "larkspur", "received_at": NOW},
            topic="app/uninstalled",
            body=base64.b64encode(b"{}").decode(),
        )
        batch = {"Records": [{"messageId": "1", "body": message.as_json()}]}
        assert function("record_events").handler(batch, None) == {"batchItemFailures": []}
        assert ports["archive"].bodies == []

    def test_from_an_order_to_its_email_and_page(self, ports: dict[str, Any]) -> None:
        ports["orders"].save(order(), Shopper(brand="larkspur", shopper_id="cus_1", email="ada@x.example"))
        change = TestStream.change("order", None, order())
        assert function("publish_changes").handler({"Records": [change]}, None) == {"batchItemFailures": []}
        (event,) = ports["bus"].events
        detail = json.loads(DomainEvent.model_dump_json(event, exclude_none=True))
        planned = function("plan_messages").handler(detail, None)
        assert function("plan_messages").handler(planned, None) == planned
        (reference,) = planned["messages"]
        assert function("send_message").handler({**reference, "action": "send"}, None) == {"state": "sent"}
        assert function("send_message").handler({**reference, "action": "fail", "error": "X"}, None) == {
            "state": "sent"
        }
        (email,) = ports["courier"].sent
        token = email.content.headers["List-Unsubscribe"].rpartition("/")[2].rstrip(">")
        route = {"token": token}
        handler = function("manage_unsubscribe").handler
        for method, body, expected in (
            *(("GET", "", []), ("POST", "List-Unsubscribe=One-Click", ["withdrawn"]), ("POST", "undo=1", ["granted"])),
        ):
            assert handler(gateway(f"{method} /u/{{token}}", body, route), None)["statusCode"] == 200
            standings = ports["profiles"].get("larkspur", "cus_1").standings
            assert [one.action for one in standings.values()] == expected
        assert function("show_tracking_page").handler(gateway("GET /t/{token}", "", route), None)["statusCode"] == 404

    def test_feedback_about_messages_of_others(self, ports: dict[str, Any]) -> None:
        assert function("record_feedback").handler({"detail": {"eventType": "Send"}}, None) == {"states": []}

    def test_the_order_api_without_a_key(self, ports: dict[str, Any]) -> None:
        answer = function("put_order").handler(gateway("PUT /v1/orders/{id}", "{}", {"id": "1"}), None)
        assert (answer["statusCode"], answer["headers"]["content-type"]) == (401, "application/problem+json")

    def test_tokens_for_nobody(self, ports: dict[str, Any]) -> None:
        answer = function("issue_token").handler(gateway("POST /oauth2/token", "grant_type=client_credentials"), None)
        assert (answer["statusCode"], json.loads(answer["body"])) == (401, {"error": "invalid_client"})
