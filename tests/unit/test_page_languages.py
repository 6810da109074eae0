"""Whose language a page is in: the shopper's, else the browser's, else the brand's."""

import re
import sys
from pathlib import Path

import pytest

from porchlight.adapters.brandpack import BrandPack
from porchlight.domain.orders import Shopper
from porchlight.runtime.http import request_of, wished
from porchlight.services.pages import Page
from tests.packs import repository_pack
from tests.unit.stories import NOW
from tests.unit.test_answer_page import World

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


@pytest.fixture
def world(pack: BrandPack) -> World:
    return World(pack)


def language(page: Page) -> str:
    return re.findall(r'<html lang="([^"]*)"', page.html)[0]


def shopper_reads(world: World, tag: str | None) -> None:
    who = Shopper(brand="larkspur", shopper_id="cus_1", email="ada@x.example", language=tag)
    world.orders.shoppers["larkspur", "cus_1"] = who


@pytest.mark.parametrize(
    ("known", "browser", "shown"),
    [
        *(("de-AT", ["fr"], "de"), ("ar", [], "ar"), (None, ["fr-CA", "en"], "fr"), (None, [], "en")),
        *(("tlh", ["pl"], "pl"), ("zh-TW", ["zh-HK"], "en"), ("", ["ja"], "ja"), ("../x", [], "en")),
    ],
)
def test_the_tracking_page(world: World, known: str | None, browser: list[str], shown: str) -> None:
    shopper_reads(world, known)
    page = world.tracking.show(world.token, NOW, browser)
    assert language(page) == shown
    assert (' dir="rtl"' in page.html) == (shown == "ar")


def test_what_is_asked_and_what_was_answered_are_in_one_language(world: World) -> None:
    """Given a German shopper, days, money and answers are German, too."""
    shopper_reads(world, "de")
    asked = world.look()
    assert "Donnerstag" in asked
    assert "Thursday" not in asked
    done = world.page.answer(world.token, "cse_1", "refund", NOW, ["fr"])
    assert language(done) == "de"
    assert world.stored.decision == "refund"


def test_a_page_of_nobody_is_in_the_browsers_language(world: World) -> None:
    assert language(world.tracking.show("forged", NOW, ["it-CH"])) == "it"
    assert language(world.page.answer("forged", "cse_1", "refund", NOW, ["it-CH"])) == "it"
    assert language(world.tracking.show("forged", NOW)) == "en"


def test_the_header_of_the_browser_is_read() -> None:
    event = {"headers": {"accept-language": "de-AT,de;q=0.9,en;q=0.1"}, "requestContext": {"http": {"method": "GET"}}}
    assert wished(request_of(event)) == ["de-AT", "de", "en"]
    assert wished(request_of({"requestContext": {"http": {"method": "GET"}}})) == []
