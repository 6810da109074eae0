"""The functions of what shoppers choose, say and send back, as Lambda wires them, with a fake behind each port."""

import hashlib
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.orders import Shopper
from porchlight.runtime import bootstrap
from porchlight.services.links import Links
from tests.fakes import FakeBrands, FakeMetrics, FakeOrders, FakeRenderer, FakeReturns, FakeSecrets
from tests.fakes_reaching import FakeCatalogues, FakeCourier, FakeProfiles, FakeReplies
from tests.fakes_returning import FakeAddresses, FakeDocuments, FakeHistories
from tests.unit.stories import NOW, order
from tests.unit.test_replies import OURS, mail, shop

ROOT = Path(__file__).parents[2]
KEY, MOBILE = "plk_" + "a" * 30, "+447400123456"


class Pack(FakeBrands):
    """Brands and countries."""

    country = FakeCatalogues().country


class Bucket:
    def get(self, key: str) -> bytes:
        return key.encode()


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    orders = FakeOrders()
    shopper = Shopper(brand="larkspur", shopper_id="cus_1", email="ada@x.example", phone=MOBILE)
    orders.save(order(), shopper)
    scopes = ["orders:write", "shoppers:read", "shoppers:write", "shoppers:erase", "consents:write"]
    key = {"id": "k", "brand": "larkspur", "sha256": hashlib.sha256(KEY.encode()).hexdigest(), "scopes": scopes}
    found = {
        **{"orders": orders, "profiles": FakeProfiles(orders), "replies": FakeReplies(), "courier": FakeCourier()},
        **{"renderer": FakeRenderer(), "_pack": Pack(shop()), "metrics": FakeMetrics(), "mails": Bucket()},
        **{"histories": FakeHistories(), "returns": FakeReturns(), "addresses": FakeAddresses()},
        "documents": FakeDocuments(),
        "secrets": FakeSecrets(**{"links": {"key": "k" * 40}, "api-keys": {"keys": [key]}}),
    }
    found["text_courier"] = found["courier"]
    for name, port in found.items():
        monkeypatch.setitem(bootstrap.app.__dict__, name, port)
    monkeypatch.setattr(bootstrap.App, "public_url", "https://track.example")
    monkeypatch.setattr(bootstrap.App, "clock", staticmethod(lambda: NOW))
    return found


def function(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"functions_{name}", ROOT / "functions" / name / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def call(name: str, route: str, body: str = "", query: dict[str, str] | None = None, **path: str) -> dict[str, Any]:
    event = {
        "routeKey": route,
        "body": body,
        "queryStringParameters": query,
        "pathParameters": path,
        "headers": {"x-api-key": KEY},
        "requestContext": {"http": {"method": route.split(" ")[0], "sourceIp": "127.0.0.1"}},
    }
    answer: dict[str, Any] = function(name).handler(event, None)
    return answer


def token(ports: dict[str, Any], kind: str) -> str:
    links = Links(ports["secrets"], "https://track.example")
    return links.of_order(shop(), ports["orders"].get("larkspur", "ord_1"))[kind].rpartition("/")[2]


def topic(message: dict[str, Any]) -> dict[str, Any]:
    return {"Records": [{"Sns": {"Message": json.dumps(message), "Timestamp": NOW.isoformat().replace("+00:00", "Z")}}]}


def test_a_form_is_shown_and_kept_and_leads_back(ports: dict[str, Any]) -> None:
    path = {"token": token(ports, "preferences")}
    shown = call("manage_preferences", "GET /p/{token}", **path)
    assert (shown["statusCode"], shown["headers"]["cache-control"]) == (200, "no-store")
    assert "script" not in shown["headers"]["content-security-policy"]
    kept = call("manage_preferences", "POST /p/{token}", "on=service%2Femail&frequency=only_problems", **path)
    assert (kept["statusCode"], kept["headers"]["location"]) == (303, "?done=saved")
    assert ports["profiles"].get("larkspur", "cus_1").preferences.frequency == "only_problems"
    wrong = call("manage_preferences", "POST /p/{token}", "on=service%2Femail&mobile=12", **path)
    assert wrong["statusCode"] == 200
    assert call("manage_preferences", "POST /p/{token}", "on=x", token="x.y")["statusCode"] == 404
    assert call("manage_preferences", "GET /p/{token}", query={"done": "saved"}, **path)["statusCode"] == 200


def test_a_number_is_signed_up_and_the_page_says_so(ports: dict[str, Any]) -> None:
    path = {"token": token(ports, "tracking")}
    done = call("manage_preferences", "POST /t/{token}/sms", "mobile=%2B447400123456&agreed=yes", **path)
    assert (done["statusCode"], done["headers"]["location"]) == (303, f"../{path['token']}?sms=started#sms")
    assert [one.to for one in ports["courier"].sent] == [MOBILE]
    assert ports["profiles"].get("larkspur", "cus_1").mobile == MOBILE
    unticked = call("manage_preferences", "POST /t/{token}/sms", "mobile=%2B447400123456", **path)
    assert "sms=unticked" in unticked["headers"]["location"]
    assert call("manage_preferences", "POST /t/{token}/sms", "mobile=1", token="x.y")["statusCode"] == 404


def test_the_shops_systems(ports: dict[str, Any]) -> None:
    found = call("manage_shoppers", "POST /v1/shoppers/find", json.dumps({"email": "ada@x.example"}))
    assert json.loads(found["body"]) == {"shoppers": ["cus_1"]}
    consent = {"shopper": {"id": "cus_1"}, "purpose": "marketing", "channel": "sms", "address": MOBILE}
    consent |= {"wording": "Offers", "proof": "form", "at": "2025-01-01T00:00:00Z"}
    taken = call("manage_shoppers", "POST /v1/consents", json.dumps({"consents": [consent]}))
    assert json.loads(taken["body"])["imported"] == 1
    path = {"id": "cus_1"}
    updated = call("manage_shoppers", "PUT /v1/shoppers/{id}", json.dumps({"tier": "gold"}), **path)
    assert json.loads(updated["body"])["traits"]["tier"] == "gold"
    assert len(json.loads(call("manage_shoppers", "GET /v1/shoppers/{id}/consents", **path)["body"])["consents"]) == 1
    assert call("manage_shoppers", "DELETE /v1/shoppers/{id}", **path)["statusCode"] == 200
    shown = call("manage_shoppers", "GET /v1/shoppers/{id}", **path)
    assert json.loads(shown["body"])["contact"]["email"] is None
    assert call("manage_shoppers", "GET /v1/shoppers/{id}", id="nobody")["statusCode"] == 404


def test_the_help_desk(ports: dict[str, Any]) -> None:
    route, path = "POST /v1/orders/{id}/contacts", {"id": "ord_1"}
    contact = json.dumps({"id": "zd-1", "channel": "phone", "topic": "where_is_it"})
    answers = [call("put_order", route, contact, **path) for _ in range(2)]
    assert [(one["statusCode"], json.loads(one["body"])["counted"]) for one in answers] == [(200, True), (200, False)]
    assert ports["metrics"].total("Contacts", channel="phone", topic="where_is_it") == 1
    assert call("put_order", route, "{}", **path)["statusCode"] == 400
    assert call("put_order", route, contact, id="nothing")["statusCode"] == 404


def test_replies_of_all_kinds_come_by_topics(ports: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    handler = function("receive_reply").handler
    sms = {"originationNumber": MOBILE, "destinationNumber": OURS, "messageBody": "Stop", "inboundMessageId": "in-1"}
    assert handler(topic(sms), None) == {"outcomes": ["stop"]}
    assert handler(topic(sms), None) == {"outcomes": ["known"]}
    standing = ports["profiles"].get("larkspur", "cus_1").standing(Purpose.SERVICE, Channel.SMS)
    assert standing.action == "withdrawn"
    assert handler(topic(mail()), None) == {"outcomes": ["passed_on"]}
    assert handler(topic({"eventType": "TEXT_DELIVERED"}), None) == {"outcomes": []}
    greeting = topic({})
    for text in ("Successfully validated SNS topic for Amazon SES event publishing.", "[]", '"AMAZON"', "7"):
        greeting["Records"][0]["Sns"]["Message"] = text
        assert handler(greeting, None) == {"outcomes": []}
    logged = capsys.readouterr().out
    assert MOBILE not in logged
    assert "ada@x.example" not in logged
