"""``/withdraw``: withdraw from a contract, in two steps, at any hour, without an account and without a script.

What is typed is accepted whether there is such an order or not, and kept before the page says so. Nobody learns here
whether an order exists: what is behind a statement is found out afterwards (``services.answer_withdrawal``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel
from porchlight.domain.law.statement import Draft, Statement, read_form, statement_of
from porchlight.domain.law.withdraw_view import check_view, done_view, form_view, shops_view
from porchlight.domain.orders import Order
from porchlight.domain.returns import ReturnState
from porchlight.errors import NotFoundError, TransientError
from porchlight.ports import Brands, Metrics, Orders, Renderer, Returns
from porchlight.reaching import Tries
from porchlight.returning import Statements
from porchlight.services.links import Links
from porchlight.services.pages import Page, Wished, not_found

MOST_BY_SOURCE = 30
"""Statements an hour from one address of the net: a household or an office has several shoppers behind one."""
MOST_BY_ADDRESS = 5
"""Acknowledgements an hour to one email address: nobody's mailbox is filled from here. What comes after that is kept
all the same, and a person answers.
"""
Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class _Place:
    """Which shop, and the order of the link that led here."""

    brand: BrandConfig
    order: Order | None = None
    language: str | None = None
    name: str = ""
    email: str = ""


@dataclass(frozen=True)
class WithdrawPage:
    """The withdrawal function."""

    statements: Statements
    orders: Orders
    returns: Returns
    brands: Brands
    renderer: Renderer
    links: Links
    tries: Tries
    metrics: Metrics

    def shops(self, wished: Wished = ()) -> Page | str:
        """The choice of a shop, or the one shop there is."""
        shops = [(one, self.brands.get(one).name) for one in sorted(self.brands.ids())]
        if len(shops) == 1:
            return shops[0][0]
        view = {**shops_view(shops), "language": self.renderer.speech(None, *wished).tag}
        return Page(self.renderer.page(None, "return_shops", view), self.renderer.policy)

    def show(self, where: str, now: datetime, wished: Wished = ()) -> Page:
        """The form. ``where``: a brand, or the token of a link, which says the order."""
        try:
            place = self._place(where, now)
        except NotFoundError:
            return not_found(self.renderer, wished)
        self.metrics.count("PageViews", page="withdraw")
        draft = Draft(name=place.name, email=place.email)
        return self._page(place, form_view(place.brand, draft, order=place.order), wished)

    def send(self, where: str, form: Form, source: str, now: datetime, wished: Wished = ()) -> Page:
        """The next step: what is wrong, what would be declared, or that it is declared (``action=confirm``)."""
        try:
            place = self._place(where, now)
        except NotFoundError:
            return not_found(self.renderer, wished)
        draft, faults = read_form(form, linked=place.order is not None)
        if place.order:
            known = {line.line_id for line in place.order.lines}
            draft = draft.model_copy(update={"lines": tuple(line for line in draft.lines if line in known)})
            if set(draft.lines) == known:
                draft = draft.model_copy(update={"lines": ()})
        if faults or form.get("action") == ["change"]:
            faults = frozenset() if form.get("action") == ["change"] else faults
            return self._page(place, form_view(place.brand, draft, faults, order=place.order), wished)
        if form.get("action") != ["confirm"]:
            return self._page(place, check_view(place.brand, draft, place.order), wished)
        try:
            return self._declare(place, draft, source, now, wished)
        except TransientError:
            # Nothing is kept: the page says so, and where a statement counts as well.
            self.metrics.count("WithdrawalsNotKept")
            view = form_view(place.brand, draft, order=place.order, notice="not_kept")
            return self._page(place, view, wished, status=503)

    def _declare(self, place: _Place, draft: Draft, source: str, now: datetime, wished: Wished) -> Page:
        brand, order = place.brand, place.order
        if self.tries.count(brand.brand_id, "withdraw", source, now) > MOST_BY_SOURCE:
            self.metrics.count("WithdrawalsLimited")
            view = form_view(brand, draft, order=order, notice="too_many")
            return self._page(place, view, wished, status=429)
        often = self.tries.count(brand.brand_id, "withdraw-mail", draft.email.casefold(), now) > MOST_BY_ADDRESS
        speech = self.renderer.speech(brand, place.language, *wished)
        order_id, number = (order.order_id, order.number) if order else ("", draft.number)
        which, after = (brand.brand_id, draft, order_id, number, speech.tag, now), ""
        while not self.statements.put(said := statement_of(*which, silent=often, after=after)):
            stored = self.statements.get(brand.brand_id, said.statement_id)
            if stored is None or not self._is_called_off(stored):
                said = said.model_copy(update={"declared_at": stored.declared_at if stored else now})
                break
            after = said.statement_id
        else:
            self.metrics.count("Withdrawals", brand=brand.brand_id)
        return self._page(place, done_view(brand, said, order, speech), wished)

    def _is_called_off(self, statement: Statement) -> bool:
        """True where the shopper has thought better of it: declared once more, it is meant."""
        request = self.returns.get(statement.brand, statement.return_id) if statement.return_id else None
        return request is not None and request.state is ReturnState.CANCELLED

    def _place(self, where: str, now: datetime) -> _Place:
        if where in self.brands.ids():
            return _Place(self.brands.get(where))
        claims = self.links.read("w", where, now)
        brand = self.brands.get(claims["b"])
        order = self.orders.get(brand.brand_id, claims["o"])
        if order is None:
            raise NotFoundError
        shopper = self.orders.shopper(brand.brand_id, order.shopper_id)
        erased = shopper.erased_at if shopper else None
        if shopper is None or (erased and order.placed_at <= erased):
            return _Place(brand, order)
        # Whoever has a message that went to the shopper's address reads what is sent there: it can stand in the form.
        by_email = self.links.came_to(claims, Channel.EMAIL, shopper.email or "")
        known = (shopper.name, shopper.email or "") if by_email else ("", "")
        return _Place(brand, order, shopper.language, *known)

    def _page(self, place: _Place, view: dict[str, object], wished: Wished, status: int = 200) -> Page:
        spoken = {**view, "language": self.renderer.speech(place.brand, place.language, *wished).tag}
        return Page(self.renderer.page(place.brand, "withdraw", spoken), self.renderer.policy, status)
