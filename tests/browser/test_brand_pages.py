"""Pages and emails in a real browser: accessible, never wider than the screen, working without scripts and
under their own policy.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from tests.packs import repository_pack

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

import checks  # noqa: E402
import page_samples  # noqa: E402
import samples  # noqa: E402

from porchlight.adapters.brandpack import BrandPack  # noqa: E402
from porchlight.adapters.rendering import PackRenderer  # noqa: E402

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SITE = "https://orders.example/"
SCREENS = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 860}}
PAGES = [
    ("larkspur", "in_transit"),
    ("larkspur", "late-promise_missed"),
    ("larkspur", "late-pickup_expiring"),
    ("larkspur", "late-return_stalled"),
    ("larkspur", "late-order-rest"),
    ("larkspur", "question-stalled"),
    ("fjordhus", "question-presumed_lost"),
    ("larkspur", "option-no-date"),
    ("fjordhus", "decided-resend"),
    ("fjordhus", "answer-refund-stalled"),
    ("larkspur", "answer-nothing_chosen-stalled"),
    ("larkspur", "delivered"),
    ("larkspur", "return-approved"),
    ("larkspur", "no-parcel"),
    ("fjordhus", "several"),
    ("larkspur", "split"),
    ("fjordhus", "split-together"),
    ("larkspur", "driver-10-minutes"),
    ("fjordhus", "delivery_attempted-consignee_absent"),
    ("fjordhus", "available_for_pickup"),
    ("fjordhus", "returned_to_sender"),
    ("fjordhus", "unsubscribe-service-ask"),
    ("fjordhus", "unsubscribe-marketing-done"),
    ("larkspur", "rating-ask"),
    ("fjordhus", "rating-done"),
    ("larkspur", "preferences-email-only"),
    ("larkspur", "preferences-everything"),
    ("fjordhus", "preferences-wrong-1"),
    ("fjordhus", "preferences-saved"),
    ("larkspur", "sms-form"),
    ("larkspur", "sms-invalid"),
    ("larkspur", "sms-asked"),
    ("", "not_found"),
]
EMAILS = [
    ("larkspur", "order_confirmed"),
    ("larkspur", "delay-promise_missed-weather"),
    ("larkspur", "question-stalled"),
    ("larkspur", "option-no-date"),
    ("larkspur", "delivered"),
    ("fjordhus", "accepted"),
    ("fjordhus", "exception-customs"),
    ("fjordhus", "return_approved"),
    ("larkspur", "shipped-gathered"),
    ("fjordhus", "welcome"),
    ("larkspur", "related_offer"),
]
Render = Callable[[str, str], str]
Open = Callable[..., "Page"]


@pytest.fixture(scope="module")
def renderer() -> PackRenderer:
    return PackRenderer(BrandPack(repository_pack()))


@pytest.fixture(scope="module")
def page_html(renderer: PackRenderer) -> Render:
    def render(brand_id: str, name: str) -> str:
        if not brand_id:
            return renderer.page(None, name, {})
        brand = renderer._pack.get(brand_id)
        views = [(f"{template}-{state}", view) for state, template, view in checks._pages(brand)]
        full = name if name in dict(views) else f"tracking-{name}"
        return renderer.page(brand, full.partition("-")[0], dict(views)[full])

    return render


@pytest.fixture(scope="module")
def email_html(renderer: PackRenderer) -> Render:
    def render(brand_id: str, name: str) -> str:
        brand = renderer._pack.get(brand_id)
        sample = next(sample for sample in samples.emails(brand) if sample.name == name)
        return renderer.email(brand, sample.moment, checks.email_of(brand, sample))[1]

    return render


@pytest.fixture
def show(browser: "Browser", renderer: PackRenderer) -> Iterator[Open]:
    """Opens HTML as our front door would send it, with its policy; whatever the page complains about fails
    the test.
    """
    contexts, complaints = [], []

    def open_page(html: str, screen: str, scheme: str = "light", *, policy: bool = True, **options: Any) -> "Page":
        context = browser.new_context(viewport=SCREENS[screen], color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        headers = {"content-type": "text/html; charset=utf-8"}
        if policy:
            headers["content-security-policy"] = renderer.policy
        page.route(
            "**/*",
            lambda route: route.fulfill(body=html, headers=headers) if route.request.url == SITE else route.abort(),
        )
        page.on("request", lambda request: request.url == SITE or complaints.append(f"loads {request.url}"))
        page.goto(SITE)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def violations(page: "Page") -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": list(RULES)}}).response["violations"]
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found]


def fits(page: "Page") -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize(("brand", "name"), PAGES)
def test_pages_are_accessible_in_light_and_dark(show: Open, page_html: Render, brand: str, name: str) -> None:
    html = page_html(brand, name)
    for screen, scheme in (("phone", "light"), ("desktop", "dark")):
        page = show(html, screen, scheme)
        assert fits(page)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert violations(page) == [], scheme
        assert fits(page)


def test_long_titles_stay_in_the_column(show: Open, page_html: Render) -> None:
    page = show(page_html("larkspur", "split"), "phone")
    wider = page.locator(".lines li").evaluate_all("all => all.filter(li => li.scrollWidth > li.clientWidth).length")
    assert wider == 0


@pytest.mark.parametrize(("brand", "name"), EMAILS)
def test_emails_are_accessible_in_light_and_dark(show: Open, email_html: Render, brand: str, name: str) -> None:
    html = email_html(brand, name)
    for screen, scheme in (("phone", "light"), ("desktop", "dark")):
        page = show(html, screen, scheme, policy=False)
        # Landmarks are for pages: a mail program puts the email into its own.
        assert [found for found in violations(page) if not found.startswith(("region", "landmark"))] == [], scheme
        assert fits(page)
        assert page.locator(".button a").bounding_box()["height"] >= 44  # type: ignore[index]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_state_is_the_largest_the_date_second(show: Open, page_html: Render, scheme: str) -> None:
    page = show(page_html("larkspur", "in_transit"), "phone", scheme)
    size = "e => parseFloat(getComputedStyle(e).fontSize)"
    sizes = [page.locator(selector).evaluate(size) for selector in ("h1", ".expected", ".progress li:first-child")]
    assert sizes == sorted(sizes, reverse=True)
    everything = page.locator("body *").evaluate_all(f"all => Math.max(...all.map({size}))")
    assert sizes[0] == everything
    tops = [page.locator(selector).bounding_box()["y"] for selector in ("h1", ".expected", ".progress", "#happened")]  # type: ignore[index]
    assert tops == sorted(tops)
    assert tops[2] < 740, "the progress line is seen without scrolling"


def test_pages_work_without_scripts(show: Open, page_html: Render) -> None:
    page = show(page_html("larkspur", "in_transit"), "phone", java_script_enabled=False)
    assert page.get_by_role("heading", level=1).inner_text() == "Your parcel is on its way."
    raw = page.get_by_text("Shipper created a label")
    assert not raw.is_visible(), "the carrier's own words are shown on demand"
    page.get_by_text("In the carrier's words").click()
    assert raw.is_visible()


def test_the_question_is_answered_without_scripts(
    browser: "Browser", page_html: Render, renderer: PackRenderer
) -> None:
    """Given the form under its policy, when it is sent without a choice, nothing goes out; with one, exactly that."""
    sent = []
    context = browser.new_context(viewport=SCREENS["phone"], java_script_enabled=False)
    page = context.new_page()
    html = page_html("larkspur", "question-stalled")
    headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": renderer.policy}

    def answered(route: Any) -> None:
        if route.request.method == "POST":
            sent.append((route.request.url, route.request.post_data))
            route.fulfill(body=page_html("larkspur", "answer-refund-stalled"), headers=headers)
        else:
            route.fulfill(body=html, headers=headers)

    page.route("**/*", answered)
    page.goto(f"{SITE}t/sample-token")
    assert page.get_by_role("group", name="What shall we do?").get_by_role("radio").count() == 3
    assert page.get_by_role("radio", checked=True).count() == 0, "nothing is chosen for the shopper"
    page.get_by_role("button", name="Send my answer").click()
    assert sent == []
    choice = page.locator("label.choice", has_text="Money back")
    box = choice.bounding_box()
    assert box
    assert box["height"] >= 44
    choice.click()
    page.get_by_role("button", name="Send my answer").click()
    page.get_by_role("heading", name="Thank you. You get your money back.").wait_for()
    assert sent == [(f"{SITE}t/sample-token/answer", "case=cse_sample&answer=refund")]
    back = page.get_by_role("link", name="Back to your order")
    back.click()
    page.wait_for_url(f"{SITE}t/sample-token")
    context.close()


@pytest.fixture
def posted(browser: "Browser", renderer: PackRenderer) -> Iterator[Callable[[str, str], tuple["Page", list[str]]]]:
    """Opens a page with a form without scripts, and what it sends."""
    contexts = []

    def open_page(html: str, path: str) -> tuple["Page", list[str]]:
        sent: list[str] = []
        context = browser.new_context(viewport=SCREENS["phone"], java_script_enabled=False)
        contexts.append(context)
        page = context.new_page()
        headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": renderer.policy}

        def answered(route: Any) -> None:
            if route.request.method == "POST":
                sent.append(f"{route.request.url} {route.request.post_data}")
            route.fulfill(body=html, headers=headers)

        page.route("**/*", answered)
        page.goto(f"{SITE}{path}")
        return page, sent

    yield open_page
    for context in contexts:
        context.close()


def test_preferences_are_chosen_by_keyboard_and_without_scripts(
    posted: Callable[[str, str], tuple["Page", list[str]]], page_html: Render
) -> None:
    """Given a shop with every channel, when one box is ticked with the space bar and Enter is pressed, all goes out."""
    page, sent = posted(page_html("larkspur", "preferences-everything"), "p/sample-token")
    box = page.get_by_role("group", name="News about your orders").get_by_label("WhatsApp")
    box.focus()
    page.keyboard.press("Space")
    assert box.is_checked()
    places = page.locator("label.choice").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert min(places) >= 44
    page.get_by_role("button", name="Save").focus()
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.keyboard.press("Enter")
    ((target, _, form),) = [one.partition(" ") for one in sent]
    assert target == f"{SITE}p/sample-token"
    fields = parse_qs(form, keep_blank_values=True)
    assert "service/whatsapp" in fields["on"]
    assert {"frequency", "digest", "language", "mobile", "quiet_start", "quiet_end", "action"} <= set(fields)


def test_what_is_wrong_is_said_beside_its_field(show: Open, page_html: Render) -> None:
    page = show(page_html("fjordhus", "preferences-wrong-1"), "phone")
    assert page.get_by_role("alert").is_visible()
    number = page.get_by_label("Your mobile number")
    assert number.get_attribute("aria-invalid") == "true"
    said = page.locator(f"#{(number.get_attribute('aria-describedby') or '').split()[-1]}")
    assert said.inner_text() == "This is no mobile number that we can write to."


def test_the_sign_up_for_texts_sends_number_and_consent_without_scripts(
    posted: Callable[[str, str], tuple["Page", list[str]]], page_html: Render
) -> None:
    """Given the form on the tracking page, without the tick nothing goes out; with it, number and yes."""
    page, sent = posted(page_html("larkspur", "sms-form"), "t/sample-token")
    page.get_by_label("Your mobile number").fill("+1 503 555 0123")
    button = page.get_by_role("button", name="Send me SMS")
    button.click()
    assert sent == []
    page.get_by_role("checkbox").check()
    with page.expect_response(lambda response: response.request.method == "POST"):
        button.click()
    assert sent == [f"{SITE}t/sample-token/sms mobile=%2B1+503+555+0123&agreed=yes"]


def test_everything_can_be_reached_by_keyboard(show: Open, page_html: Render) -> None:
    page = show(page_html("larkspur", "in_transit"), "desktop")
    reached = []
    for _ in range(7):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert reached == [
        "Skip to what happened",
        "Larkspur",
        "Earlier",
        "In the carrier's words",
        "Send something back",
        "Withdraw from contract here",
        "Contact Larkspur",
    ]


def spoken(renderer: PackRenderer, name: str, language: str, sms: str = "") -> str:
    brand = renderer._pack.get("larkspur")
    found = next(page for page in samples.pages(brand) if page.name == name)
    form = dict(page_samples.signing_up(brand)).get(sms)
    view = checks.page_of(brand, found, renderer.speech(brand, language))
    return renderer.page(brand, "tracking", {**view, "sms": form} if form else view)


def test_right_to_left_mirrors_everything_but_numbers(show: Open, renderer: PackRenderer) -> None:
    page = show(spoken(renderer, "late-stalled", "ar", sms="sms-form"), "phone")
    assert fits(page)
    steps = page.locator(".progress li")
    assert steps.first.bounding_box()["x"] > steps.last.bounding_box()["x"]  # type: ignore[index]
    headline = page.locator("h1")
    assert headline.evaluate("e => getComputedStyle(e).direction") == "rtl"
    number = page.locator(".facts dd bdi").first
    assert number.evaluate("e => getComputedStyle(e).direction") == "ltr"
    example = page.locator("#mobile-text bdi")
    assert example.inner_text() == "+44 7700 900123"
    assert example.evaluate("e => getComputedStyle(e).direction") == "ltr"
    line = page.locator(".lines li").first
    title, price = line.locator("> span").first, line.locator("> span").last
    assert title.bounding_box()["x"] > price.bounding_box()["x"]  # type: ignore[index]


@pytest.mark.parametrize("language", ["ar", "de", "ja", "pl", "th"])
def test_pages_of_other_languages_are_accessible_and_fit(show: Open, renderer: PackRenderer, language: str) -> None:
    """Long words, letters that join, lines without spaces."""
    html = spoken(renderer, "question-stalled", language)
    for screen in ("phone", "desktop"):
        page = show(html, screen)
        assert page.locator("html").get_attribute("lang") == language
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert violations(page) == [], screen
        assert fits(page), screen


@pytest.mark.parametrize("language", ["ar", "de", "th"])
def test_emails_of_other_languages_are_accessible_and_fit(show: Open, renderer: PackRenderer, language: str) -> None:
    brand = renderer._pack.get("larkspur")
    sample = next(sample for sample in samples.emails(brand) if sample.name == "question-stalled")
    view = checks.email_of(brand, sample, renderer.speech(brand, language))
    page = show(renderer.email(brand, sample.moment, view)[1], "phone", policy=False)
    assert [found for found in violations(page) if not found.startswith(("region", "landmark"))] == []
    assert fits(page)
    steps = page.locator(".steps td")
    mirrored = steps.first.bounding_box()["x"] > steps.last.bounding_box()["x"]  # type: ignore[index]
    assert mirrored == (language == "ar")


def test_pages_print_with_everything_open(show: Open, page_html: Render) -> None:
    page = show(page_html("larkspur", "in_transit"), "desktop", "dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.get_by_text("Shipper created a label").is_visible()


def test_a_zoomed_phone_still_fits(show: Open, page_html: Render) -> None:
    page = show(page_html("larkspur", "late-promise_missed"), "phone")
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert fits(page), "text at 200 % does not scroll sideways"
