"""Withdrawing in a real browser: on a phone, without scripts, in two steps; accessible in each of them."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))


from porchlight.adapters.brandpack import BrandPack  # noqa: E402
from porchlight.runtime.http import html_response  # noqa: E402
from tests.browser.test_brand_pages import violations  # noqa: E402
from tests.packs import repository_pack  # noqa: E402
from tests.unit.withdrawing import LATER, TYPED, Shop  # noqa: E402

SITE = "https://orders.example/withdraw/"
PHONE = {"width": 360, "height": 740}
Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


@pytest.fixture
def shop(pack: BrandPack) -> Shop:
    return Shop(pack)


@pytest.fixture
def visit(browser: "Browser", shop: Shop) -> Iterator[Open]:
    """Opens an address of the shop's page behind the headers of our front door; what it complains about fails."""
    contexts, complaints = [], []

    def answer(route: "Route") -> None:
        request = route.request
        where = request.url.removeprefix(SITE)
        if not request.url.startswith(SITE):
            route.abort()
        elif request.method == "POST":
            form = parse_qs(request.post_data or "", keep_blank_values=True)
            route.fulfill(**_sent(shop.page.send(where, form, "1.2.3.4", LATER)))
        else:
            route.fulfill(**_sent(shop.page.show(where, LATER)))

    def open_page(where: str, **options: Any) -> "Page":
        context = browser.new_context(viewport=PHONE, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith(SITE) or complaints.append(f"loads {request.url}"))
        page.route("**/*", answer)
        page.goto(SITE + where)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _sent(page: Any) -> dict[str, Any]:
    response = html_response(page)
    return {"status": response["statusCode"], "headers": response["headers"], "body": response["body"]}


def test_whoever_has_a_phone_and_no_scripts_can_withdraw(visit: Open, shop: Shop) -> None:
    page = visit("larkspur", java_script_enabled=False)
    assert page.get_by_role("heading", level=1).inner_text() == "Withdraw from contract here"
    for label, value in zip(("Your name", "Order number", "Email address"), TYPED.values(), strict=True):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Continue").press("Enter")
    assert not shop.statements.records
    for value in TYPED.values():
        assert page.get_by_text(value, exact=True).is_visible()
    page.get_by_role("button", name="Confirm withdrawal").press("Enter")
    assert page.get_by_role("heading", level=1).inner_text() == "We have received your withdrawal."
    assert shop.statement().email == TYPED["email"]
    # When it is loaded again, and so sent again, Then it is the same
    page.reload()
    assert shop.statement().declared_at == LATER


def test_the_link_of_an_order_is_two_taps(visit: Open, shop: Shop) -> None:
    page = visit(shop.token(by_email=True), java_script_enabled=False)
    page.get_by_label("Hat").uncheck()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Confirm withdrawal").click()
    assert shop.statement().lines == ("shirt",)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("step", ["form", "wrong", "order", "check", "done"])
def test_every_step_is_accessible_and_fits_a_phone(visit: Open, shop: Shop, scheme: str, step: str) -> None:
    page = visit(shop.token() if step == "order" else "larkspur", color_scheme=scheme, bypass_csp=True)
    if step != "order" and step != "form":
        for name, value in TYPED.items():
            page.locator(f"#{name}").fill("ada@x" if (name, step) == ("email", "wrong") else value)
        page.get_by_role("button", name="Continue").click()
    if step == "done":
        page.get_by_role("button", name="Confirm withdrawal").click()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = page.evaluate(
        "[...document.querySelectorAll('button, input:not([type=hidden]):not([type=checkbox])')]"
        ".filter(one => one.getBoundingClientRect().height < 44).length"
    )
    assert small == 0
