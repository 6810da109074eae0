"""A shop with a returns portal over fakes, with the pages that the real renderer makes."""

import re
from datetime import datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from porchlight.domain.brands import BrandConfig
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import Destination, Order, Shopper
from porchlight.domain.returns import Return
from porchlight.services.assess_return import Assessor
from porchlight.services.find_order import FindDesk
from porchlight.services.label_book import LabelBook
from porchlight.services.links import Links
from porchlight.services.own_label import OwnLabels
from porchlight.services.pages import Answered, Page
from porchlight.services.request_return import RequestDesk
from porchlight.services.returns_portal import Portal
from porchlight.services.review_return import Cancellation, ReviewDesk
from porchlight.services.shopper_facts import ShopperBook
from tests.fakes import NOBODY, FakeBrands, FakeMetrics, FakeOrders, FakeReturns, FakeSecrets, FakeShipments
from tests.fakes_reaching import FakeProfiles, FakeTries
from tests.fakes_returning import FakeAddresses, FakeDocuments, FakeHistories, FakeLaws
from tests.unit.stories import DAY, NOW, ZONE, after, brand, order, parcel, scan

REASONS = [
    *({"id": "too_small"}, {"id": "damaged", "photo": True}, {"id": "defective", "kind": "warranty"}),
    {"id": "not_received", "kind": "claim"},
]
KEY = "0123456789abcdef"
LATER = NOW + DAY


class Shop:
    """One delivered order, ``#1001`` of ada@x.example, to 97202 in Portland."""

    def __init__(
        self,
        pack: BrandPack,
        *others: BrandConfig,
        needs_address: bool = False,
        public_url: str = "https://shop.example",
        **returns: Any,
    ) -> None:
        self.brand = brand(**{"reasons": REASONS, **returns})
        self.orders, self.returns, self.tries = FakeOrders(), FakeReturns(), FakeTries()
        self.shipments = FakeShipments(self.orders)
        brands, self.profiles = FakeBrands(self.brand, *others), FakeProfiles(self.orders)
        self.addresses, self.documents, self.metrics = FakeAddresses(), FakeDocuments(), FakeMetrics()
        self.laws = FakeLaws()
        shoppers = ShopperBook(self.profiles, FakeHistories())
        assessor = Assessor(self.orders, self.shipments, self.returns, brands, shoppers, self.laws)
        self.desk = RequestDesk(self.returns, self.orders, assessor, self.addresses)
        self.links = Links(FakeSecrets(links={"key": "k" * 40}), public_url)
        renderer = PackRenderer(pack)
        self.find_desk = FindDesk(self.orders, brands, renderer, self.links, self.tries, self.metrics)
        book = LabelBook(self.returns, self.orders, self.shipments, brands, NOBODY, self.metrics)
        reviews, cancellation = ReviewDesk(self.returns, self.orders), Cancellation(self.returns, self.shipments)
        self.portal = Portal(
            *(self.orders, self.returns, brands, renderer, self.links, self.profiles, assessor, self.desk),
            *(self.documents, OwnLabels(book, self.addresses, self.documents), reviews, cancellation),
            *(lambda provider: needs_address, lambda: KEY),
        )
        where = Destination(country="US", zone=ZONE, postal_prefix="972")
        self.put(order(destination=where), Shopper(brand="larkspur", shopper_id="cus_1", email="Ada@x.example"))
        self.deliver("shp_1", "ord_1")

    def put(self, one: Order, shopper: Shopper | None = None) -> None:
        self.orders.records["larkspur", one.order_id] = one
        if shopper:
            self.orders.shoppers["larkspur", shopper.shopper_id] = shopper

    def deliver(self, parcel_id: str, order_id: str, at: datetime = NOW) -> None:
        known = parcel(shipment_id=parcel_id, order_id=order_id)
        self.shipments.save(after(known, [scan(Milestone.DELIVERED, at)]), due_at=None, link=True)

    @property
    def order(self) -> Order:
        return self.orders.records["larkspur", "ord_1"]

    def token(self, kind: str = "r") -> str:
        link = (
            self.links.gift(self.brand, self.order)
            if kind == "g"
            else self.links.of_order(self.brand, self.order)["returns"]
        )
        return link.rpartition("/")[2]

    def items(self, kind: str = "r", now: datetime = LATER) -> str:
        return page_of(self.portal.get(self.token(kind), "", {}, now)).html

    def choose(self, kind: str = "r", now: datetime = LATER, **query: str) -> Page:
        return page_of(self.portal.get(self.token(kind), "choose", fields(**query), now))

    def ask(self, kind: str = "r", now: datetime = LATER, **sent: str) -> Answered:
        return self.portal.post(self.token(kind), "", fields(**sent), now)

    def asked(self, kind: str = "r", **sent: str) -> Return:
        """The return that was made."""
        chosen = {"n_shirt": "1", "why_shirt": "too_small", "resolution": "refund", "method": "label"}
        made = self.ask(kind, **{**chosen, **sent})
        assert made.location, texts(made.page.html if made.page else "")
        return self.returns.records["larkspur", made.location.rpartition("/")[2]]

    def show(self, request: Return, kind: str = "r", asked: str = "", now: datetime = LATER) -> str:
        query = {"ask": asked} if asked else {}
        return page_of(self.portal.get(self.token(kind), request.return_id, query, now)).html

    def act(self, request: Return, action: str, **sent: str) -> str:
        """What the page is asked to say then."""
        made = self.portal.post(self.token(), request.return_id, {"action": action, **sent}, LATER)
        return made.location.partition("?ask=")[2]


def page_of(answered: Answered) -> Page:
    assert answered.page
    return answered.page


def fields(**sent: str) -> dict[str, str]:
    """Fields of the forms: ``n_shirt`` is ``n-shirt``."""
    names = re.compile(r"^(n|why|photo|wanted)_")
    return {"once": KEY} | {names.sub(r"\1-", name): value for name, value in sent.items()}


def texts(html: str) -> str:
    """What is to be read, in one line."""
    body = re.sub(r"<(style|title)>.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of the page."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', html)
    return {unescape(name): unescape(value) for name, value in found}


def query_of(url: str) -> dict[str, str]:
    """The fields in an address."""
    return dict(parse_qsl(urlsplit(url).query))
