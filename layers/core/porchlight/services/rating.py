"""One tap on a word in a message, and the button on the page behind it: what a shopper thought of an order."""

from dataclasses import dataclass
from datetime import datetime

from porchlight.domain.blocks import RATINGS
from porchlight.domain.facts import say
from porchlight.domain.ratings import LOW, Rating
from porchlight.errors import NotFoundError
from porchlight.ports import Brands, Metrics, Orders, Renderer
from porchlight.reaching import Ratings
from porchlight.services.links import Links
from porchlight.services.pages import Page, Wished, not_found


@dataclass(frozen=True)
class RatingPage:
    """``/c/{token}/{score}``. Mail programs follow links by themselves: a GET asks, and the button's POST counts."""

    orders: Orders
    ratings: Ratings
    brands: Brands
    renderer: Renderer
    links: Links
    metrics: Metrics

    def show(self, token: str, score: str, now: datetime, wished: Wished = ()) -> Page:
        """The page with the button, or the one that tells nothing."""
        try:
            return self._page(self._rating(token, score, now), wished, done=False)
        except NotFoundError:
            return not_found(self.renderer, wished)

    def rate(self, token: str, score: str, now: datetime, wished: Wished = ()) -> Page:
        """Store the answer; sent again with another score, that one counts."""
        try:
            rating = self._rating(token, score, now)
        except NotFoundError:
            return not_found(self.renderer, wished)
        if self.ratings.put(rating):
            self.metrics.count("Ratings", score=str(rating.score))
        return self._page(rating, wished, done=True)

    def _rating(self, token: str, score: str, now: datetime) -> Rating:
        claims = self.links.read("c", token, now)
        if score not in {str(one) for one in RATINGS}:
            raise NotFoundError
        if self.orders.get(claims["b"], claims["o"]) is None:
            raise NotFoundError
        return Rating(brand=claims["b"], order_id=claims["o"], message_id=claims["m"], score=int(score), rated_at=now)

    def _page(self, rating: Rating, wished: Wished, *, done: bool) -> Page:
        brand = self.brands.get(rating.brand)
        order = self.orders.get(rating.brand, rating.order_id)
        shopper = self.orders.shopper(rating.brand, order.shopper_id) if order else None
        language = self.renderer.speech(brand, shopper.language if shopper else None, *wished).tag
        facts = {
            "brand": brand.name,
            "rating": say(f"blocks.rating.{RATINGS[rating.score]}", {}),
            "low": rating.score <= LOW,
        }
        self.metrics.count("PageViews", page="rating")
        view = {"words": say("rating", facts), "done": done, "language": language}
        return Page(self.renderer.page(brand, "rating", view), self.renderer.policy)
