"""The returns portal in a real browser: from the order number to the cancelled return, with and without scripts, by
keyboard, on a phone; every page accessible and no wider than the screen.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local.front import Front, Request, Response
from porchlight.adapters.brandpack import BrandPack
from porchlight.domain.returns import Decision, Label, Outcome, ReturnState
from porchlight.runtime import bootstrap
from tests.browser.test_brand_pages import SCREENS, fits, violations
from tests.packs import repository_pack
from tests.unit.portal import LATER, Shop
from tests.unit.test_choice_functions import function

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

import checks  # noqa: E402

SAMPLES = (
    *("return_items-items", "return_items-items-gift", "return_offers-offers-fee", "return-everything"),
    *("return_refused-refused-final_sale", "return_shops-shops", "return-state-refused", "return-approved-refund-own"),
)
Look = Callable[["Page"], None]


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


class Site:
    """The portal's function behind a front door, and a bucket of another origin."""

    def __init__(self, pack: BrandPack, monkeypatch: pytest.MonkeyPatch) -> None:
        self.door, self.bucket = Front(), Front()
        self.shop = Shop(pack, public_url=self.door.url)
        handler = function("show_returns").handler
        monkeypatch.setattr(bootstrap.App, "find_desk", self.shop.find_desk)
        monkeypatch.setattr(bootstrap.App, "returns_portal", self.shop.portal)
        monkeypatch.setattr(bootstrap.App, "clock", staticmethod(lambda: LATER))
        monkeypatch.setitem(bootstrap.app.__dict__, "metrics", self.shop.metrics)
        documents, forms = self.shop.documents, self.shop.documents.upload_form

        def upload_form(*asked: Any) -> tuple[str, dict[str, str]]:
            return f"{self.bucket.url}/photos", dict(forms(*asked)[1])

        documents.upload_form = upload_form  # type: ignore[method-assign,assignment]

        def answer(request: Request) -> Response:
            return _answer(handler, request)

        def keep(request: Request) -> Response:
            field = request.body.partition(b'name="back"\r\n\r\n')[2].partition(b"\r\n")[0].decode()
            name = request.body.partition(b'name="key"\r\n\r\n')[2].partition(b"\r\n")[0].decode()
            documents.put(name, b"jpeg", "image/jpeg")
            return Response(303, b"", [("Location", f"{field}&bucket=photos&key={name}&etag=1")])  # as S3 does

        self.door.routes = {"/r": answer, "/returns": answer}
        self.bucket.routes = {"/photos": keep}
        self.door.start()
        self.bucket.start()

    def stop(self) -> None:
        self.door.stop()
        self.bucket.stop()


def _answer(handler: Any, request: Request) -> Response:
    """As the gateway would: the route, its parameters, and the answer's bytes."""
    import base64

    parts = request.path.strip("/").split("/")
    names = {"returns": ["brand"], "r": ["token", "step"]}[parts[0]]
    path = dict(zip(names, parts[1:], strict=False))
    route = "/".join([parts[0], *(f"{{{name}}}" for name in path)])
    made = handler(
        {
            "routeKey": f"{request.method} /{route}",
            "body": base64.b64encode(request.body).decode(),
            "isBase64Encoded": True,
            "pathParameters": path,
            "queryStringParameters": {name: values[0] for name, values in request.query.items()},
            "headers": dict(request.headers),
            "requestContext": {"http": {"method": request.method, "sourceIp": "127.0.0.1"}},
        },
        None,
    )
    body = base64.b64decode(made["body"]) if made.get("isBase64Encoded") else made["body"].encode()
    return Response(made["statusCode"], body, list(made["headers"].items()))


@pytest.fixture
def site(pack: BrandPack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    found = Site(pack, monkeypatch)
    yield found
    found.stop()


@pytest.fixture
def open_page(browser: "Browser") -> Iterator[Callable[..., "Page"]]:
    """A page on a phone; what it complains about fails the test."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def new(**options: Any) -> "Page":
        context = browser.new_context(viewport=SCREENS["phone"], locale="en-US", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield new
    for context in contexts:
        context.close()
    assert complaints == []


def decent(page: "Page") -> None:
    """Accessible, and no wider than the screen."""
    assert violations(page) == []
    assert fits(page)


def from_number_to_the_end(page: "Page", site: Site, look: Look) -> None:
    """Find the order, choose, ask, cancel."""
    page.goto(f"{site.door.url}/returns")
    assert page.url.endswith("/returns/larkspur"), "the one shop there is"
    look(page)
    page.keyboard.press("Tab")  # past the logo
    page.keyboard.press("Tab")
    page.keyboard.type("1001")
    page.keyboard.press("Tab")
    page.keyboard.type("nobody@x.example")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    look(page)
    page.get_by_label("Email address or postcode").fill("97202")
    page.get_by_role("button", name="Find the order").click()
    page.wait_for_url("**/r/*")
    look(page)
    page.get_by_label("How many of 2 come back?").select_option("1")
    page.get_by_role("button", name="See what you get").click()
    page.get_by_text("Please say why").wait_for()
    page.get_by_label("Why?").select_option("It is too small")
    page.get_by_role("button", name="See what you get").click()
    page.wait_for_url("**/choose?*")
    look(page)
    page.get_by_label("$95.00 back").check()
    page.get_by_label("Print a label").check()
    page.get_by_role("button", name="Ask for this return").click()
    page.wait_for_url("**/r/*/rma_*")
    assert page.get_by_role("heading", level=1).inner_text() == "We have your request for a return."
    look(page)
    page.reload()
    assert len(site.shop.returns.records) == 1
    page.get_by_role("link", name="Cancel this return").click()
    look(page)
    page.get_by_role("button", name="Yes, cancel it").click()
    page.wait_for_url("**/r/*/rma_*")
    assert page.get_by_role("heading", level=1).inner_text() == "Your return is cancelled."
    look(page)
    (request,) = site.shop.returns.records.values()
    assert request.state is ReturnState.CANCELLED


def test_from_the_order_number_to_the_cancelled_return(site: Site, open_page: Callable[..., "Page"]) -> None:
    from_number_to_the_end(open_page(color_scheme="light"), site, decent)


def test_all_of_it_works_without_scripts(site: Site, open_page: Callable[..., "Page"]) -> None:
    from_number_to_the_end(open_page(java_script_enabled=False), site, lambda page: None)


def test_a_picture_goes_to_the_bucket_and_leads_back_under_the_pages_policy(
    site: Site, open_page: Callable[..., "Page"], tmp_path: Path
) -> None:
    picture = tmp_path / "shirt.jpg"
    picture.write_bytes(b"\xff\xd8\xff\xe0 not much of a picture")
    page = open_page()
    query = "once=0123456789abcdef&n-shirt=1&why-shirt=damaged"
    page.goto(f"{site.door.url}/r/{site.shop.token()}/choose?{query}")
    page.get_by_label("Choose a picture").set_input_files(picture)
    page.get_by_role("button", name="Add this picture").click()
    page.wait_for_url("**photo-1=shirt**")
    assert page.get_by_text("Picture 1 is here.").is_visible()
    decent(page)
    page.get_by_label("$95.00 back").check()
    page.get_by_label("Print a label").check()
    page.get_by_role("button", name="Ask for this return").click()
    page.wait_for_url("**/r/*/rma_*")
    (request,) = site.shop.returns.records.values()
    assert request.lines[0].photos == ("photos/larkspur/ord_1/0123456789abcdef-1",)


def test_the_label_opens_and_the_code_is_large_enough_to_scan(site: Site, open_page: Callable[..., "Page"]) -> None:
    shop, request = site.shop, site.shop.asked()
    yes = Decision(outcome=Outcome.APPROVE, rule="within_window", policy_version="returns-1", decided_at=LATER)
    label = Label(
        **{"carrier": "ups", "tracking_number": "1Z", "shipment_id": "s", "reference": "l", "code": "PLR12345"},
        document="labels/1.pdf",
    )
    update = {"label": label, "state": ReturnState.APPROVED, "decisions": (yes,)}
    shop.returns.records["larkspur", request.return_id] = request.model_copy(update=update)
    shop.documents.put("labels/1.pdf", b"%PDF-1.4", "application/pdf")
    page = open_page()
    page.goto(f"{site.door.url}/r/{shop.token()}/{request.return_id}")
    decent(page)
    box = page.locator("svg.qr").bounding_box()
    assert box
    assert box["width"] >= 160
    where = page.get_by_role("link", name="Open the label").get_attribute("href")
    answer = page.request.get(f"{site.door.url}{where}")
    assert (answer.headers["content-type"], answer.body()) == ("application/pdf", b"%PDF-1.4")


def test_every_kind_of_page_is_accessible_and_fits_also_from_right_to_left(
    pack: BrandPack, open_page: Callable[..., "Page"]
) -> None:
    from porchlight.adapters.rendering import PackRenderer

    renderer, brand = PackRenderer(pack), pack.get("fjordhus")
    views = {f"{template}-{name}": (template, view) for name, template, view in checks._pages(brand)}
    page = open_page(color_scheme="dark")
    for name in SAMPLES:
        template, view = views[name]
        html = renderer.page(brand, template, view)
        page.set_content(html)
        assert violations(page) == [], name
        assert fits(page), name
        page.set_content(html.replace('dir="ltr">', 'dir="rtl">', 1))
        assert fits(page), f"{name} from right to left"
