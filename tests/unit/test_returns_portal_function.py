"""The portal's function as Lambda wires it, with a fake behind each port."""

import base64
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from porchlight.adapters.brandpack import BrandPack
from porchlight.domain.returns import Label, ReturnState
from porchlight.runtime import bootstrap
from tests.packs import repository_pack
from tests.unit.portal import LATER, Shop, fields, texts
from tests.unit.test_choice_functions import function

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))


STEP, START = "/r/{token}/{step}", "/r/{token}"


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


@pytest.fixture
def shop(pack: BrandPack, monkeypatch: pytest.MonkeyPatch) -> Shop:
    found = Shop(pack)
    monkeypatch.setattr(bootstrap.App, "find_desk", found.find_desk)
    monkeypatch.setattr(bootstrap.App, "returns_portal", found.portal)
    monkeypatch.setattr(bootstrap.App, "clock", staticmethod(lambda: LATER))
    monkeypatch.setitem(bootstrap.app.__dict__, "metrics", found.metrics)
    return found


def call(route: str, body: dict[str, str] | None = None, query: dict[str, str] | None = None, **path: str) -> Any:
    event = {
        "routeKey": route,
        "body": urlencode(body or {}),
        "queryStringParameters": query,
        "pathParameters": path,
        "headers": {"accept-language": "en"},
        "requestContext": {"http": {"method": route.split(" ")[0], "sourceIp": "10.1.1.1"}},
    }
    return function("show_returns").handler(event, None)


def test_from_the_order_number_to_the_page_of_the_return(shop: Shop) -> None:
    start = call("GET /returns")
    assert (start["statusCode"], start["headers"]["location"]) == (303, "returns/larkspur")
    assert call("GET /returns/{brand}", brand="larkspur")["statusCode"] == 200
    found = call("POST /returns/{brand}", {"number": "1001", "proof": "97202"}, brand="larkspur")
    assert found["statusCode"] == 303
    token = found["headers"]["location"].removeprefix("../r/")
    items = call(f"GET {START}", token=token)
    assert (items["statusCode"], items["headers"]["cache-control"]) == (200, "no-store")
    query = fields(n_shirt="1", why_shirt="too_small")
    assert "$95.00 back" in texts(call(f"GET {STEP}", query=query, token=token, step="choose")["body"])
    made = call(f"POST {START}", {**query, "resolution": "refund", "method": "label"}, token=token)
    assert made["statusCode"] == 303
    return_id = made["headers"]["location"].removeprefix(f"{token}/")
    shown = call(f"GET {STEP}", token=token, step=return_id)
    assert "We have your request for a return" in texts(shown["body"])
    cancelled = call(f"POST {STEP}", {"action": "cancel"}, token=token, step=return_id)
    assert (cancelled["statusCode"], cancelled["headers"]["location"]) == (303, return_id)
    assert shop.returns.records["larkspur", return_id].state is ReturnState.CANCELLED


def test_tries_are_counted_by_where_they_come_from(shop: Shop) -> None:
    call("POST /returns/{brand}", {"number": "1001", "proof": "1"}, brand="larkspur")
    assert any(key[:3] == ("larkspur", "find", "10.1.1.1") for key in shop.tries.counts)


def test_a_label_comes_as_it_is(shop: Shop) -> None:
    request = shop.asked()
    label = Label(carrier="ups", tracking_number="1Z", shipment_id="s", reference="l", document="labels/1.pdf")
    approved = request.model_copy(update={"label": label, "state": ReturnState.APPROVED})
    shop.returns.records["larkspur", request.return_id] = approved
    shop.documents.put("labels/1.pdf", b"%PDF\xff", "application/pdf")
    answer = call(f"GET {STEP}", token=shop.token(), step=f"{request.return_id}.pdf")
    assert (answer["isBase64Encoded"], base64.b64decode(answer["body"])) == (True, b"%PDF\xff")
    assert answer["headers"]["content-type"] == "application/pdf"
    assert answer["headers"]["cache-control"] == "no-store"
    assert request.return_id in answer["headers"]["content-disposition"]


@pytest.mark.parametrize("route", [f"GET {START}", f"POST {START}", f"GET {STEP}", f"POST {STEP}"])
def test_what_is_no_link_tells_nothing_and_how_to_go_on(shop: Shop, route: str) -> None:
    answer = call(route, token="forged", step="rma_1")
    assert answer["statusCode"] == 404
    assert 'href="https://shop.example/returns"' in answer["body"]
    assert "larkspur" not in answer["body"].lower()


def test_a_body_that_is_no_form_is_an_empty_one(shop: Shop) -> None:
    event = {
        **{"routeKey": f"POST {START}", "body": "\x00%ff&&==&", "pathParameters": {"token": shop.token()}},
        "requestContext": {"http": {"method": "POST"}},
    }
    answer = function("show_returns").handler(event, None)
    assert "choose at least one item" in texts(answer["body"])


def test_a_form_with_more_fields_than_any_of_ours_is_refused(shop: Shop) -> None:
    answer = call(f"POST {START}", {f"n-{number}": "1" for number in range(1_001)}, token=shop.token())
    assert answer["statusCode"] == 400
