"""``/returns``: find an order by its number and by the email address or postcode that goes with it. Nobody learns here
whether an order exists: right number and wrong proof, and no such number, have one answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from unicodedata import normalize

from porchlight.domain.brands import BrandConfig
from porchlight.domain.orders import Order, Shopper, plain_number
from porchlight.domain.portal_view import find_view, shops_view
from porchlight.errors import NotFoundError
from porchlight.ports import Brands, Metrics, Orders, Renderer
from porchlight.reaching import Tries
from porchlight.services.links import Links
from porchlight.services.pages import Answered, Page, Wished, not_found

MOST_BY_SOURCE = 30
"""Tries an hour from one address of the net: a household or an office has several shoppers behind one."""
MOST_BY_ORDER = 8
"""And for one order number, from wherever: three letters of a postcode are soon guessed otherwise."""
MAX_TYPED = 320
_PREFIX = 3
"""So much of a postcode is kept with an order."""
_SHORT = frozenset({"BH", "FO", "GN", "IS", "LS", "MG", "OM", "PG"})
"""Countries whose postcodes have no more than that."""
_NOTHING, _NOBODY = "ord_nothing", "cus_nobody"


@dataclass(frozen=True)
class FindDesk:
    """Where those come who have no link."""

    orders: Orders
    brands: Brands
    renderer: Renderer
    links: Links
    tries: Tries
    metrics: Metrics

    def shops(self, wished: Wished = ()) -> Answered:
        """The choice of a shop, or the way to the one that there is."""
        shops = [(one, self.brands.get(one).name) for one in sorted(self.brands.ids())]
        if len(shops) == 1:
            return Answered(location=f"returns/{shops[0][0]}")
        view = {**shops_view(shops), "language": self.renderer.speech(None, *wished).tag}
        return Answered(Page(self.renderer.page(None, "return_shops", view), self.renderer.policy))

    def form(self, brand_id: str, wished: Wished = (), number: str = "", fault: str = "", status: int = 200) -> Page:
        """The form of one shop; the page that tells nothing for others."""
        try:
            brand = self.brands.get(brand_id)
        except NotFoundError:
            return not_found(self.renderer, wished)
        language = self.renderer.speech(brand, *wished).tag
        view = find_view(brand.name, language, number, fault)
        return Page(self.renderer.page(brand, "return_find", view), self.renderer.policy, status)

    def find(self, brand_id: str, sent: Mapping[str, str], source: str, now: datetime, wished: Wished = ()) -> Answered:
        """The way to the order's returns, or the form once more. ``sent``: ``number`` and ``proof``; ``source``: the
        address of the net that it came from.
        """
        try:
            brand = self.brands.get(brand_id)
        except NotFoundError:
            return Answered(not_found(self.renderer, wished))
        number, proof = (sent.get(name, "")[:MAX_TYPED] for name in ("number", "proof"))
        if not plain_number(number) or not proof.strip():
            return Answered(self.form(brand_id, wished, number, "empty"))
        often = self.tries.count(brand_id, "find", source, now) > MOST_BY_SOURCE
        if self.tries.count(brand_id, "find-order", plain_number(number), now) > MOST_BY_ORDER or often:
            self.metrics.count("ReturnLookupsLimited", brand=brand_id)
            return Answered(self.form(brand_id, wished, number, "too_many", 429))
        order = self._proven(brand, number, proof)
        if order is None:
            return Answered(self.form(brand_id, wished, number, "wrong"))
        return Answered(location=f"../r/{self.links.found(brand_id, order.order_id, now)}")

    def _proven(self, brand: BrandConfig, number: str, proof: str) -> Order | None:
        """The order that both belong to. Where there is none as much is read as where there is one."""
        found = self.orders.find(brand.brand_id, number)
        read = [(order, self.orders.shopper(brand.brand_id, order.shopper_id)) for order in found]
        if not read:
            self.orders.get(brand.brand_id, _NOTHING)
            self.orders.shopper(brand.brand_id, _NOBODY)
        right = [order for order, shopper in read if _belongs(order, shopper, proof)]
        return right[0] if len(right) == 1 else None


def _belongs(order: Order, shopper: Shopper | None, proof: str) -> bool:
    """True for the shopper's email address, and for the beginning of the postcode that the order went to."""
    erased = shopper.erased_at if shopper else None
    if erased and order.placed_at <= erased:
        return False
    if "@" in proof:
        known = (shopper.email if shopper else None) or ""
        return bool(known) and compare_digest(_plain(known).encode(), _plain(proof).encode())
    known = (order.destination.postal_prefix or "").upper()
    typed = "".join(sign for sign in _plain(proof).upper() if sign.isalnum())
    # A postcode has more than its beginning: whoever knows only that much has not had it before them.
    least = _PREFIX if order.destination.country in _SHORT else _PREFIX + 1
    long_enough = len(known) == _PREFIX and len(typed) >= least
    return long_enough and compare_digest(known.encode(), typed[:_PREFIX].encode())


def _plain(text: str) -> str:
    return normalize("NFKC", text).strip().casefold()
