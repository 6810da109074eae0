"""The page that explains messages, in a browser: by keyboard, for screen readers, on a phone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from local.front import Request
from tests.browser.test_brand_pages import RULES, SCREENS, fits
from tests.unit.test_explained_page import page as explained
from tests.unit.test_fanout_life import City

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SITE = "http://ops.example/ops/messages"


@pytest.fixture(params=[("phone", "light"), ("desktop", "dark")], ids=["phone", "desktop"])
def shown(request: pytest.FixtureRequest, browser: "Browser") -> "Iterator[Page]":
    """The page of a parcel, under its own policy."""
    screen, scheme = request.param
    city = City()
    city.tell()
    handler = explained(city)
    context = browser.new_context(viewport=SCREENS[screen], color_scheme=scheme)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))

    def answer(route) -> None:  # type: ignore[no-untyped-def]
        asked = route.request.url.partition("?id=")[2]
        made = handler(Request("GET", "/ops/messages", {"id": [asked]} if asked else {}))
        route.fulfill(status=made.status, body=made.body, headers=dict(made.headers))

    page.route("**/*", answer)
    page.goto(SITE)
    yield page
    context.close()
    assert complaints == []


def test_a_question_is_asked_and_answered_by_keyboard_alone(shown: "Page") -> None:
    shown.keyboard.type("shp_1")  # the field has the focus
    shown.keyboard.press("Enter")
    shown.wait_for_url("**/ops/messages?id=shp_1")
    assert "Sent by sms" in shown.get_by_role("table").first.inner_text()
    rules = shown.get_by_label("What each rule said").first
    assert not rules.is_visible()
    summary = shown.locator("summary").first
    for _ in range(12):
        shown.keyboard.press("Tab")
        if summary.evaluate("one => one === document.activeElement"):
            break
    shown.keyboard.press("Enter")
    assert rules.is_visible()


def test_it_is_accessible(shown: "Page") -> None:
    from axe_playwright_python.sync_playwright import Axe

    for url in (SITE, f"{SITE}?id=shp_1"):
        shown.goto(url)
        shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = Axe().run(shown, options={"runOnly": {"type": "tag", "values": list(RULES)}}).response["violations"]
        assert [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found] == []
        assert fits(shown)
