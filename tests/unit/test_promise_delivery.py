"""``GET /v1/delivery-promise`` and its snippets, as a shop's page meets them: through the function's handler."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from porchlight.domain.forecast.book import Book
from porchlight.domain.forecast.lives import Route
from porchlight.domain.surge import Surge
from porchlight.errors import TransientError
from porchlight.runtime import bootstrap
from tests.packs import repository_pack
from tests.unit.promising import HTML, JSON, NOON, SCRIPT, World, local, shop

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))


ASKED = {"brand": "larkspur", "destination": "US-NY", "postcode": "100", "service": "ground", "origin": "portland"}
Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def renderer() -> PackRenderer:
    return PackRenderer(BrandPack(repository_pack()))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, renderer: PackRenderer) -> World:
    return World(renderer, monkeypatch)


@pytest.fixture
def ask(world: World) -> Ask:
    def call(route: str = JSON, headers: dict[str, str] | None = None, **query: str) -> dict[str, Any]:
        return world.call(route, ASKED | query, headers)

    return call


def surge(lane: str) -> Surge:
    return Surge(
        **{"brand": "larkspur", "surge_id": "srg_1", "lane": lane, "late": 30, "usual": 2.0, "version": 1},
        **{"began_at": NOON, "until": NOON + timedelta(days=2), "case_id": "cse_1"},
    )


def body(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["statusCode"] == 200, answer["body"]
    found: dict[str, Any] = json.loads(answer["body"])
    return found


# ----------------------------------------------------------------------------------------------------------- the answer
def test_all_that_a_checkout_needs(ask: Ask, world: World) -> None:
    answer = ask()
    assert answer["headers"]["content-type"] == "application/json"
    assert body(answer) == {
        "brand": "larkspur",
        "destination": "US-NY",
        "service": "ground",
        "origin": "portland",
        "earliest": "2026-11-26",
        "latest": "2026-11-27",
        "p10": "2026-11-24",
        "p50": "2026-11-26",
        "p80": "2026-11-27",
        "p90": "2026-11-28",
        "zone": "America/New_York",
        "in_words": "Thursday, or Friday at the latest",
        "in_dates": "Thursday 26 or Friday 27 November",
        "order_by": "2026-11-23T14:00:00-08:00",
        "ship_by": "2026-11-24",
        "text": "Arrives Thursday, or Friday at the latest. Order today by 5:00 pm.",
        "language": "en",
        "confidence": [],
        "model": "larkspur-2026-11-23-4f1c",
        "valid_until": "2026-11-23T22:00:00+00:00",
    }
    route = Route(service="ground", origin="US-OR", destination="US-NY", prefix="100", sender="portland")
    assert world.model.asked[0] == ("purchase", route, date(2026, 11, 23), 17)


def test_a_brand_and_a_country_are_enough(ask: Ask, world: World) -> None:
    """Given nothing but a destination: the brand's first origin and its first service."""
    found = body(ask(destination="de", postcode="", service="", origin=""))
    assert (found["destination"], found["service"], found["origin"]) == ("DE", "ground", "portland")
    assert found["zone"] == "Europe/Berlin"
    assert found["text"].endswith("Order today by 23:00.")
    assert world.model.asked[0][1].prefix == ""


def test_a_full_postcode_is_cut_before_anything_sees_it(ask: Ask, world: World) -> None:
    first = ask(postcode="100 12-3456")
    assert world.model.asked[0][1].prefix == "100"
    assert first["body"] == ask(postcode="10099")["body"]
    assert "10012" not in json.dumps(first)
    body(ask(destination="GB", postcode="sw1a 1aa"))
    assert world.model.asked[-1][1].prefix == "SW1"


def test_a_place_with_several_clocks_is_read_in_the_brands_and_says_so(ask: Ask) -> None:
    found = body(ask(destination="US-TX"))
    assert found["zone"] == shop().zone
    assert found["confidence"] == ["zone_unknown"]
    assert found["text"].endswith("Order today by 2:00 pm (Los Angeles time).")


def test_the_models_doubts_are_told(ask: Ask, world: World) -> None:
    world.model.reasons = ("cold_start", "thin_lane")
    assert body(ask())["confidence"] == ["cold_start", "thin_lane"]


def test_without_history_the_brands_table_is_promised(ask: Ask, world: World) -> None:
    world.model.reasons = ("cold_start",)
    found = body(ask(service="express"))
    assert (found["earliest"], found["latest"], found["model"]) == ("2026-11-24", "2026-11-25", "service-level")


def test_while_a_lane_breaks_down_less_is_promised(ask: Ask, world: World) -> None:
    usual = body(ask())
    world.surges.save(surge("ups|US-NY"))
    wider = body(ask())
    assert wider["confidence"] == ["surge"]
    assert wider["latest"] > usual["latest"]
    assert body(ask(destination="US-CA"))["confidence"] == []


def test_while_nothing_can_be_read_the_page_shows_nothing(
    ask: Ask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(brand: str, now: datetime) -> None:
        raise TransientError

    monkeypatch.setattr(world.surges, "active", down)
    answer, shown = ask(), ask(HTML)
    assert (answer["statusCode"], json.loads(answer["body"])["type"][-9:]) == (503, "try-again")
    assert (shown["statusCode"], shown["headers"]["cache-control"]) == (503, "no-store")
    assert shown["body"].startswith("<!-- try-again: ")


def test_holidays_of_the_origin_count(ask: Ask, world: World) -> None:
    world.model.rest(date(2026, 11, 23), date(2026, 11, 24))
    found = body(ask())
    assert (found["order_by"], found["ship_by"]) == ("2026-11-25T14:00:00-08:00", "2026-11-26")


def test_a_shop_that_has_no_history_ships_on_no_holiday_either(ask: Ask, world: World) -> None:
    """Given a model that has learned of no place yet, and Christmas on a Friday: neither origin nor carrier works."""
    bootstrap.app.__dict__["date_models"].model = Book("larkspur").model()
    world.now = local("2026-12-24T18:00")
    found = body(ask())
    assert (found["order_by"], found["ship_by"]) == ("2026-12-28T14:00:00-08:00", "2026-12-29")
    assert (found["earliest"], found["latest"]) == ("2026-12-30", "2027-01-06"), "New Year's Day is none"


def test_goods_that_are_made_to_order(ask: Ask, world: World) -> None:
    assert body(ask(ready_in_days="3"))["order_by"] == "2026-11-23T14:00:00-08:00"
    assert world.model.asked[0][2] == date(2026, 11, 26)
    assert body(ask(ready_at="2026-12-04T16:00"))["order_by"] == "2026-12-07T14:00:00-08:00"
    for text in ("2026-12-05T01:00+01:00", "2026-12-05T01:00 01:00", "2026-12-05T00:00:00Z"):
        assert body(ask(ready_at=text))["order_by"] == "2026-12-07T14:00:00-08:00", text


def test_a_day_of_shipping_that_the_shop_names(ask: Ask, world: World) -> None:
    found = body(ask(ship_by="2026-12-01"))
    assert world.model.asked[-1][:3] == ("handover", world.model.asked[-1][1], date(2026, 12, 1))
    assert (found["order_by"], found["ship_by"]) == (None, "2026-12-01")
    assert found["text"] == "Arrives Friday 4 December, or Saturday 5 December at the latest."


# -------------------------------------------------------------------------------------------------------- bad questions
@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"brand": ""}, "brand"),
        ({"brand": "nobody"}, "brand"),
        ({"brand": "../pack"}, "brand"),
        ({"destination": ""}, "destination"),
        ({"destination": "XX"}, "destination"),
        ({"destination": "USA"}, "destination"),
        ({"destination": "Germany"}, "destination"),
        ({"destination": "US-California"}, "destination"),
        ({"destination": "DE,US"}, "destination"),
        ({"postcode": "<b>"}, "postcode"),
        ({"postcode": "١٢٣"}, "postcode"),
        ({"service": "teleport"}, "service"),
        ({"origin": "atlantis"}, "origin"),
        ({"ready_at": "tomorrow"}, "ready_at"),
        ({"ready_at": "2026-13-01"}, "ready_at"),
        ({"ready_at": "0001-01-01T00:00+14:00"}, "ready_at"),
        ({"ready_at": "9999-12-31T23:59"}, "ready_at"),
        ({"ready_in_days": "-1"}, "ready_in_days"),
        ({"ready_in_days": "181"}, "ready_in_days"),
        ({"ready_in_days": "³"}, "ready_in_days"),
        ({"ship_by": "2026-11-22"}, "ship_by"),
        ({"ship_by": "2028-01-01"}, "ship_by"),
        ({"ship_by": "soon"}, "ship_by"),
        ({"ship_by": "2026-12-01", "ready_in_days": "2"}, "ready_at"),
    ],
)
def test_what_is_wrong_is_named_in_one_form_and_never_repeated(ask: Ask, wrong: dict[str, str], named: str) -> None:
    answer = ask(**wrong)
    problem = json.loads(answer["body"])
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (400, "application/problem+json")
    assert problem["type"].endswith("/invalid-input")
    assert problem["detail"].startswith(f"{named}: ")
    assert not [value for value in wrong.values() if len(value) > 3 and value in answer["body"]]
    assert answer["headers"]["cache-control"] == "no-store"
    assert answer["headers"]["access-control-allow-origin"] == "*", "a developer has to be able to read it"
    shown = ask(HTML, **wrong)
    assert shown["statusCode"] == 400
    assert re.fullmatch(rf"<!-- invalid-input: {named}: [^<>]+ -->\n", shown["body"]), "no shopper sees it"
    assert shown["body"].count("--") == 2
    assert shown["headers"]["cache-control"] == "no-store"


def test_a_brand_that_ships_from_nowhere_promises_nothing(ask: Ask, world: World) -> None:
    world.brands.brands["larkspur"] = shop(origins={}, services={})
    answer = ask(origin="", service="")
    assert (answer["statusCode"], json.loads(answer["body"])["detail"][:7]) == (400, "origin:")


def test_nothing_of_the_question_is_logged_or_counted(
    ask: Ask, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(postcode="SECRET1", destination="XX")
    ask(postcode="SEC")
    ask(HTML, postcode="SEC", service="SECRET2")
    printed = "".join(capsys.readouterr())
    assert "SEC" not in printed
    assert "NY" not in printed
    assert not world.metrics.counts


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*ASKED, "ready_at", "ready_in_days", "ship_by", "x"]), st.text(max_size=30)))
def test_no_question_is_too_strange(ask: Ask, query: dict[str, str]) -> None:
    for route in (JSON, HTML):
        answer = ask(route, **query)
        assert answer["statusCode"] in (200, 400), answer["body"]


# --------------------------------------------------------------------------------------------------------------- caches
@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        ("2026-11-23T12:00", 900),
        ("2026-11-23T13:50", 600),
        ("2026-11-23T13:59:59", 1),
        ("2026-11-23T14:00", 0),
        ("2026-11-23T14:00:01", 900),
        ("2026-11-23T20:55", 300),  # midnight in New York
        ("2026-11-23T23:59", 60),
    ],
)
def test_it_may_be_kept_until_it_may_be_another(ask: Ask, world: World, now: str, seconds: int) -> None:
    world.now = local(now)
    for route in (JSON, HTML):
        headers = ask(route)["headers"]
        assert headers["cache-control"] == f"public, max-age={seconds}"
        assert "set-cookie" not in headers


def test_the_same_answer_has_the_same_tag_and_is_not_sent_again(ask: Ask, world: World) -> None:
    for route in (JSON, HTML, SCRIPT):
        world.now = NOON
        first = ask(route)
        world.now = NOON + timedelta(minutes=20)
        tag = first["headers"]["etag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = ask(route, {"if-none-match": known})
            assert (again["statusCode"], again["body"], again["headers"]["etag"]) == (304, "", tag)
            assert again["headers"]["cache-control"].startswith("public, max-age=")
        assert ask(route, {"if-none-match": '"other"'})["body"] == first["body"]
    world.now = NOON + timedelta(hours=3)
    assert ask()["headers"]["etag"] != ask(JSON, destination="US-CA")["headers"]["etag"]


@pytest.mark.parametrize("kept_for", [0, 899])
def test_what_is_kept_is_still_true(ask: Ask, world: World, kept_for: int) -> None:
    """Whatever minute it was asked in: as long as it may be kept, asking again gives the same."""
    for minute in range(0, 24 * 60, 7):
        world.now = local("2026-11-23T00:00") + timedelta(minutes=minute)
        first = ask()
        seconds = int(first["headers"]["cache-control"].rpartition("=")[2])
        world.now += timedelta(seconds=min(kept_for, max(seconds - 1, 0)))
        assert ask()["body"] == first["body"], world.now


# --------------------------------------------------------------------------------------------------------- the snippets
def test_the_html_snippet_is_the_brands_words_and_accent_alone(ask: Ask) -> None:
    answer = ask(HTML)
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    assert answer["headers"]["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    html = answer["body"]
    assert re.sub(r"<[^>]*>", "", html).split() == (
        "Arrives Thursday, or Friday at the latest. Order today by 5:00 pm.".split()
    )
    assert html.startswith('<p class="porchlight-promise" lang="en" dir="ltr"><svg ')
    assert not re.search(r"<(style|script|link|img|iframe)|style=|\bon\w+=|https?:", html)


def test_the_element_is_small_static_and_readable_everywhere(ask: Ask) -> None:
    answer = ask(SCRIPT)
    headers = answer["headers"]
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert headers["cache-control"] == "public, max-age=86400"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert len(answer["body"].encode()) < 2048
    for never in ("innerHTML", "document.write", "eval", "cookie", "Storage", "http://1", ".style", "insertAdjacent"):
        assert never not in answer["body"]


def test_clocks_of_the_origin_and_of_the_destination(ask: Ask, world: World) -> None:
    """Given the end of the year in Hamburg, seen from California on 31 December."""
    world.model.rest(date(2027, 1, 1))
    world.now = datetime(2026, 12, 31, 12, 30, tzinfo=UTC)
    found = body(ask(destination="US-CA", origin="hamburg"))
    assert found["order_by"] == "2027-01-04T12:00:00+01:00"
    assert found["ship_by"] == "2027-01-06"
    assert found["text"].endswith("Order by 3:00 am on Monday.")
    assert found["earliest"] >= "2027-01-04"


def test_a_question_needs_no_calendar_of_holidays() -> None:
    """The model brings the holidays of places that it knows: their package is the heaviest of all, and only learning
    and places that nothing was ever sent to load it.
    """
    path = ROOT / "functions/promise_delivery/app.py"
    code = (
        f"import runpy, sys; runpy.run_path({str(path)!r}); import porchlight.domain.forecast.model;"
        "import porchlight.adapters.datebook; print(sorted({'holidays', 'boto3', 'botocore'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
