"""The promise on a shop's own page, in a real browser: under a strict policy, on another origin than ours, with nothing
kept and nobody told; where we cannot answer, the page stays as the shop wrote it.
"""

import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from tests.packs import repository_pack
from tests.unit.promising import HTML, World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))


WORDS = "Arrives Thursday, or Friday at the latest. Order today by 5:00 pm."
QUERY = {"brand": "larkspur", "destination": "US-NY"}
FALLBACK = "Delivery takes two to five working days."
ELEMENT = f'<porchlight-promise brand="larkspur" destination="US-NY">{FALLBACK}</porchlight-promise>'
CHANGE = """given => {
  const element = document.querySelector("porchlight-promise");
  for (const name in given) element.setAttribute(name, given[name]);
}"""
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


class Peer:
    """A server on 127.0.0.1 that answers as a test says; another port is another origin."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                peer.asked.append((self.path, headers))
                answer = peer.answer(self.path, headers)
                self.send_response(answer["statusCode"])
                for name, value in answer["headers"].items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer["body"].encode())

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str, headers: dict[str, str]) -> dict[str, Any]:
        raise NotImplementedError

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Ours(Peer):
    """Our API: the function itself, unless a test has something else said."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.instead: dict[str, Any] | None = None
        self.hold: dict[str, Event] = {}
        """Destinations whose answer waits."""

    def answer(self, path: str, headers: dict[str, str]) -> dict[str, Any]:
        parts = urlsplit(path)
        query = dict(parse_qsl(parts.query))
        if parts.path == "/v1/delivery-promise":
            if wait := self.hold.get(query.get("destination", "")):
                wait.wait(10)
            if self.instead:
                return self.instead
        return self.world.call(f"GET {parts.path}", query, headers)

    def questions(self) -> list[dict[str, str]]:
        paths = (urlsplit(path) for path, _ in self.asked)
        return [dict(parse_qsl(parts.query)) for parts in paths if parts.path == "/v1/delivery-promise"]


class Shop(Peer):
    """A page of a shop that allows our scripts and answers, and nothing else: no inline style or script at all."""

    def __init__(self, ours: str) -> None:
        super().__init__()
        self.ours = ours
        self.content = ELEMENT

    def answer(self, path: str, headers: dict[str, str]) -> dict[str, Any]:
        del path, headers
        policy = f"default-src 'none'; script-src {self.ours}; connect-src {self.ours}; img-src 'self'"
        script = f'<script src="{self.ours}/v1/delivery-promise/snippet.js" defer></script>'
        scheme = '<meta name="color-scheme" content="light dark">'
        html = (
            f'<!doctype html><html lang="en"><head><title>A mug</title>{scheme}{script}</head>'
            f"<body><main><h1>A mug</h1>{self.content}</main></body></html>"
        )
        given = {"content-type": "text/html; charset=utf-8", "content-security-policy": policy}
        return {"statusCode": 200, "headers": given, "body": html}


@pytest.fixture(scope="module")
def renderer() -> PackRenderer:
    return PackRenderer(BrandPack(repository_pack()))


@pytest.fixture
def world(renderer: PackRenderer, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(renderer, monkeypatch)


@pytest.fixture
def ours(world: World) -> Iterator[Ours]:
    peer = Ours(world)
    yield peer
    peer.stop()


@pytest.fixture
def shop(ours: Ours) -> Iterator[Shop]:
    peer = Shop(ours.address)
    yield peer
    peer.stop()


@pytest.fixture
def context(browser: "Browser") -> Iterator["BrowserContext"]:
    found = browser.new_context(viewport={"width": 360, "height": 740}, reduced_motion="reduce")
    yield found
    found.close()


def visit(context: "BrowserContext", shop: Shop, complaints: list[str] | None = None) -> "Page":
    page = context.new_page()
    heard: list[str] = [] if complaints is None else complaints
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda message: heard.append(message.text))
    page.goto(shop.address, wait_until="networkidle")
    return page


def said(page: "Page") -> str:
    return page.inner_text("porchlight-promise").strip()


def violations(page: "Page") -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    # axe is put into the page by the test: the shop's policy is not asked about it.
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": list(RULES)}}).response["violations"]
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found]


def eventually(page: "Page", words: str) -> None:
    page.wait_for_function("words => document.querySelector('porchlight-promise').innerText.includes(words)", arg=words)


def test_the_element_says_when_it_arrives(context: "BrowserContext", shop: Shop, ours: Ours) -> None:
    complaints: list[str] = []
    page = visit(context, shop, complaints)
    assert said(page) == WORDS
    assert complaints == [], "nothing is refused by the shop's policy"
    assert ours.questions() == [QUERY]
    assert page.get_attribute("porchlight-promise > span", "lang") == "en"
    assert page.get_attribute("porchlight-promise > svg", "aria-hidden") == "true"


def test_nothing_is_kept_and_nothing_is_told(context: "BrowserContext", shop: Shop, ours: Ours) -> None:
    """Given a cookie of our own host: it stays at home, and so does the page's address."""
    context.add_cookies([{"name": "who", "value": "ada", "url": ours.address}])
    page = visit(context, shop)
    assert said(page) == WORDS
    asked = [headers for path, headers in ours.asked if not path.endswith(".js")]
    assert len(asked) == 1
    assert "cookie" not in asked[0]
    assert "referer" not in asked[0]
    assert [cookie["name"] for cookie in context.cookies()] == ["who"]
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


@pytest.mark.parametrize(
    "instead",
    [
        {"statusCode": 500, "headers": {"access-control-allow-origin": "*"}, "body": "{}"},
        {"statusCode": 200, "headers": {"access-control-allow-origin": "*"}, "body": "<html>"},
        {"statusCode": 200, "headers": {}, "body": json.dumps({"text": "not for you"})},
        {"statusCode": 429, "headers": {}, "body": '{"message": "Too Many Requests"}'},
    ],
    ids=["our fault", "no JSON", "no permission", "too many"],
)
def test_without_an_answer_the_shops_own_words_stay(
    context: "BrowserContext", shop: Shop, ours: Ours, instead: dict[str, Any]
) -> None:
    errors: list[str] = []
    ours.instead = instead
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(shop.address, wait_until="networkidle")
    assert ours.questions() == [QUERY]
    assert (said(page), errors) == (FALLBACK, [])


@pytest.mark.parametrize("wrong", ['brand="nobody" destination="US-NY"', 'brand="larkspur"', ""])
def test_a_question_that_cannot_be_answered_leaves_the_shops_own_words(
    context: "BrowserContext", shop: Shop, wrong: str
) -> None:
    shop.content = f"<porchlight-promise {wrong}>{FALLBACK}</porchlight-promise>"
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(shop.address, wait_until="networkidle")
    assert (said(page), errors) == (FALLBACK, [])


def test_words_are_never_markup(context: "BrowserContext", shop: Shop, ours: Ours) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    body = json.dumps({"text": evil, "language": '"><b>', "valid_until": "never"})
    ours.instead = {"statusCode": 200, "headers": {"access-control-allow-origin": "*"}, "body": body}
    page = visit(context, shop)
    assert said(page) == evil
    assert page.locator("porchlight-promise img, porchlight-promise script, porchlight-promise b").count() == 0
    assert len(ours.questions()) == 1, "an instant that nobody can read is no reason to hurry"


def test_what_the_shopper_chooses_is_asked_anew_and_the_last_choice_counts(
    context: "BrowserContext", shop: Shop, ours: Ours
) -> None:
    """Given a choice whose answer is slow, and a later one: its answer is shown, and stays."""
    page = visit(context, shop)
    ours.hold["US-CA"] = Event()
    page.evaluate(CHANGE, {"destination": "US-CA", "postcode": "94110"})
    page.evaluate(CHANGE, {"destination": "DE", "postcode": "10115", "service": "express"})
    eventually(page, "23:00")
    with page.expect_response(lambda response: "US-CA" in response.url) as late:
        ours.hold["US-CA"].set()
    late.value.finished()
    page.evaluate("() => new Promise(done => setTimeout(done, 200))")
    assert "23:00" in said(page)
    assert ours.questions()[1:] == [
        {"brand": "larkspur", "destination": "US-CA", "postcode": "94110"},
        {"brand": "larkspur", "destination": "DE", "postcode": "10115", "service": "express"},
    ], "attributes that change together are one question"


@pytest.mark.parametrize("chosen", ["US-", "XX"])
def test_what_was_promised_for_one_place_is_not_said_of_another(
    context: "BrowserContext", shop: Shop, chosen: str
) -> None:
    """Given a choice that nothing can be promised for, then the shop's own words are back; and gone with the next."""
    page = visit(context, shop)
    assert said(page) == WORDS
    page.evaluate(CHANGE, {"destination": chosen})
    eventually(page, FALLBACK)
    assert said(page) == FALLBACK
    page.evaluate(CHANGE, {"destination": "US-NY"})
    eventually(page, WORDS)
    assert FALLBACK not in said(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_element_and_snippet_are_accessible(browser: "Browser", shop: Shop, world: World, scheme: Any) -> None:
    shop.content = ELEMENT + world.call(HTML, QUERY)["body"]
    context = browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme, bypass_csp=True)
    page = visit(context, shop)
    assert said(page) == WORDS
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    context.close()


@pytest.mark.parametrize(("scheme", "tone"), [("light", "light"), ("dark", "dark")])
def test_the_snippet_needs_no_script_and_wears_the_brands_accent(
    browser: "Browser", shop: Shop, world: World, renderer: PackRenderer, scheme: Any, tone: str
) -> None:
    shop.content = world.call(HTML, QUERY)["body"]
    context = browser.new_context(color_scheme=scheme, java_script_enabled=False)
    complaints: list[str] = []
    page = visit(context, shop, complaints)
    assert " ".join(page.inner_text(".porchlight-promise").split()) == WORDS
    assert complaints == []
    context.close()
    context = browser.new_context(color_scheme=scheme)
    page = visit(context, shop)
    drawn = page.eval_on_selector(".porchlight-promise path", "path => getComputedStyle(path).stroke")
    accent = renderer._pack.data("larkspur")["look"][tone]["accent"]
    assert drawn == f"rgb({', '.join(str(int(accent[at : at + 2], 16)) for at in (1, 3, 5))})"
    context.close()


def test_nothing_moves(context: "BrowserContext", shop: Shop) -> None:
    page = visit(context, shop)
    moving = "[...document.querySelectorAll('porchlight-promise *')].flatMap(e => e.getAnimations()).length"
    assert page.evaluate(moving) == 0
