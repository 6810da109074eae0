"""Pages for shoppers: tracking and unsubscribe."""

from dataclasses import dataclass
from datetime import datetime

from porchlight.domain.brands import BrandConfig
from porchlight.domain.orders import Shopper
from porchlight.domain.views import tracking_view
from porchlight.errors import NotFoundError
from porchlight.ports import Brands, Metrics, Orders, Renderer, Returns, Shipments
from porchlight.services.links import Links
from porchlight.services.retrying import until_settled

SERVICE = "service"


@dataclass(frozen=True)
class Page:
    """An HTML page with the content security policy that it works under."""

    html: str
    policy: str
    status: int = 200


def not_found(renderer: Renderer) -> Page:
    """The page that tells nothing: the same for what never was and what has expired."""
    return Page(renderer.page(None, "not_found", {}), renderer.policy, 404)


@dataclass(frozen=True)
class TrackingPage:
    """``GET /t/{token}``."""

    orders: Orders
    shipments: Shipments
    returns: Returns
    brands: Brands
    renderer: Renderer
    links: Links
    metrics: Metrics

    def show(self, token: str, now: datetime) -> Page:
        """The page, or the one that tells nothing."""
        try:
            return self._found(token, now)
        except NotFoundError:
            return not_found(self.renderer)

    def _found(self, token: str, now: datetime) -> Page:
        claims = self.links.read("t", token, now)
        brand = self.brands.get(claims["b"])
        contents = self.orders.contents(brand.brand_id, claims["o"])
        if contents.order is None:
            raise NotFoundError
        parcels = []
        for shipment_id in contents.shipment_ids:
            shipment, events = self.shipments.with_events(brand.brand_id, shipment_id)
            # A parcel that another order has claimed since is shown there.
            if shipment and not shipment.is_return and shipment.order_id == contents.order.order_id:
                parcels.append((shipment, events))
        returns = [found for return_id in contents.return_ids if (found := self.returns.get(brand.brand_id, return_id))]
        links = self.links.of_order(brand, contents.order)
        view = tracking_view(brand, contents.order, parcels, returns, now, links)
        self.metrics.count("PageViews", page="tracking")
        return Page(self.renderer.page(brand, "tracking", view), self.renderer.policy)


@dataclass(frozen=True)
class Unsubscribe:
    """``GET`` and ``POST /u/{token}``: RFC 8058 one-click. A GET changes nothing: mail scanners open links."""

    orders: Orders
    brands: Brands
    renderer: Renderer
    links: Links
    metrics: Metrics

    def show(self, token: str, now: datetime) -> Page:
        """The page that asks."""
        try:
            return self._page(*self._shopper(token, now))
        except NotFoundError:
            return not_found(self.renderer)

    def change(self, token: str, on: bool, now: datetime) -> Page:
        """Switch service emails off (or, with ``on``, back on); doing it twice is doing it once."""

        def attempt() -> Page:
            brand, shopper = self._shopper(token, now)
            wanted = shopper.unsubscribed - {SERVICE} if on else shopper.unsubscribed | {SERVICE}
            if wanted != shopper.unsubscribed:
                shopper = shopper.model_copy(update={"unsubscribed": frozenset(wanted)})
                self.orders.save_shopper(shopper)
                self.metrics.count("Unsubscribes", change="on" if on else "off")
            return self._page(brand, shopper)

        try:
            return until_settled(attempt)
        except NotFoundError:
            return not_found(self.renderer)

    def _shopper(self, token: str, now: datetime) -> tuple[BrandConfig, Shopper]:
        claims = self.links.read("u", token, now)
        brand = self.brands.get(claims["b"])
        shopper = self.orders.shopper(brand.brand_id, claims["s"])
        if shopper is None:
            raise NotFoundError
        return brand, shopper

    def _page(self, brand: BrandConfig, shopper: Shopper) -> Page:
        html = self.renderer.page(brand, "unsubscribe", {"unsubscribed": SERVICE in shopper.unsubscribed})
        return Page(html, self.renderer.policy)
