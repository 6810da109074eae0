"""Pages for shoppers: tracking, and the answer to a question of a delay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from porchlight.deciding import Cases
from porchlight.domain.brands import BrandConfig
from porchlight.domain.cases import Audience, Case, CaseState
from porchlight.domain.choosing import may_ask_for_sms
from porchlight.domain.choosing_view import sign_up_view
from porchlight.domain.delay_facts import choice
from porchlight.domain.experiments import Effect
from porchlight.domain.facts import View, say
from porchlight.domain.gifts import shown_to_giver
from porchlight.domain.remedies import Remedy
from porchlight.domain.views import tracking_view
from porchlight.errors import ConflictError, InvalidInputError, NotFoundError
from porchlight.ports import Brands, Metrics, Orders, Renderer, Returns, Shipments
from porchlight.reaching import Profiles
from porchlight.returning import Laws
from porchlight.services.cases import AnswerDesk, get_case
from porchlight.services.experiments import Laboratory
from porchlight.services.links import Links
from porchlight.services.withdrawal_right import is_open

type Wished = Sequence[str]
"""The languages that a browser asks for, the most wanted first: they count where the shopper's own is not known."""


@dataclass(frozen=True)
class Page:
    """An HTML page with the content security policy that it works under."""

    html: str
    policy: str
    status: int = 200


class Answered(NamedTuple):
    """A page, where to go on, or a file: its bytes, its type and its name."""

    page: Page | None = None
    location: str = ""
    file: tuple[bytes, str, str] | None = None


def not_found(renderer: Renderer, wished: Wished = ()) -> Page:
    """The page that tells nothing: the same for what never was and what has expired."""
    view = {"language": renderer.speech(None, *wished).tag}
    return Page(renderer.page(None, "not_found", view), renderer.policy, 404)


@dataclass(frozen=True)
class TrackingPage:
    """``GET /t/{token}``."""

    orders: Orders
    shipments: Shipments
    returns: Returns
    cases: Cases
    brands: Brands
    renderer: Renderer
    links: Links
    metrics: Metrics
    profiles: Profiles
    laboratory: Laboratory
    laws: Laws

    def show(self, token: str, now: datetime, wished: Wished = (), sms: str = "") -> Page:
        """The page, or the one that tells nothing. ``sms``: what came of a sign-up a moment ago."""
        try:
            return self._found(token, now, wished, sms)
        except NotFoundError:
            return not_found(self.renderer, wished)

    def _found(self, token: str, now: datetime, wished: Wished, sms: str) -> Page:
        claims = self.links.read("t", token, now)
        brand = self.brands.get(claims["b"])
        contents = self.orders.contents(brand.brand_id, claims["o"])
        if contents.order is None:
            raise NotFoundError
        parcels = []
        for shipment_id in contents.shipment_ids:
            shipment, events = self.shipments.with_events(brand.brand_id, shipment_id)
            # A parcel that another order has claimed since is shown there.
            if shipment and shipment.order_id == contents.order.order_id:
                parcels.append((shipment, events))
        delays = (contents.order.delay, *(parcel.delay for parcel, _ in parcels))
        asked = [delay.case_id for delay in delays if delay and delay.is_open and delay.case_id]
        cases = [case for case_id in asked if (case := self.cases.get(brand.brand_id, case_id))]
        all_returns = [
            found for return_id in contents.return_ids if (found := self.returns.get(brand.brand_id, return_id))
        ]
        returns = shown_to_giver(all_returns)
        links = {**self.links.of_order(brand, contents.order), "answer": f"{token}/answer"}
        sent = [parcel for parcel, _ in parcels]
        if not is_open(self.laws, brand, contents.order, sent, now, contents.untracked):
            links["withdraw"] = ""
        shopper, profile = self.profiles.with_contact(brand.brand_id, contents.order.shopper_id)
        known = profile.preferences.language or (shopper.language if shopper else None)
        speech = self.renderer.speech(brand, known, *wished)
        view = tracking_view(brand, contents.order, parcels, returns, now, links, cases, contents.untracked, speech)
        if may_ask_for_sms(brand, profile, contents.order.placed_at) or sms:
            view["sms"] = sign_up_view(brand.name, f"{token}/sms", links["preferences"], sms)
        self.metrics.count("PageViews", page="tracking")
        self.laboratory.note(brand, profile, Effect.PAGE_VIEWS, now)
        return Page(self.renderer.page(brand, "tracking", view), self.renderer.policy)


@dataclass(frozen=True)
class AnswerPage:
    """``POST /t/{token}/answer``: what the shopper has chosen. Whoever has the order's link may answer, once; sending
    it again shows what was decided.
    """

    desk: AnswerDesk
    brands: Brands
    renderer: Renderer
    links: Links
    metrics: Metrics
    profiles: Profiles

    def answer(self, token: str, case_id: str, answer: str, now: datetime, wished: Wished = ()) -> Page:
        """The page that says what is done now; the one that tells nothing for links and questions of others."""
        try:
            claims = self.links.read("t", token, now)
            brand = self.brands.get(claims["b"])
            case = get_case(self.desk.cases, brand.brand_id, case_id)
            if case.audience is not Audience.SHOPPER or case.order_id != claims["o"]:
                raise NotFoundError
            said = self._said(case, answer, now)
        except NotFoundError:
            return not_found(self.renderer, wished)
        language = self._language(brand, claims["o"], wished)
        view = {"said": said, "back": f"../{token}", "language": language}
        self.metrics.count("PageViews", page="answer")
        return Page(self.renderer.page(brand, "answer", view), self.renderer.policy)

    def _language(self, brand: BrandConfig, order_id: str, wished: Wished) -> str:
        order = self.desk.orders.get(brand.brand_id, order_id)
        if order is None:
            return self.renderer.speech(brand, *wished).tag
        shopper, profile = self.profiles.with_contact(brand.brand_id, order.shopper_id)
        known = profile.preferences.language or (shopper.language if shopper else None)
        return self.renderer.speech(brand, known, *wished).tag

    def _said(self, case: Case, answer: str, now: datetime) -> View:
        try:
            decided = self.desk.answer(case.brand, case.case_id, Remedy(answer), "shopper", now)
        except (InvalidInputError, ValueError):
            return self._otherwise(case, "nothing_chosen")
        except ConflictError as error:
            return self._otherwise(case, _UNANSWERED.get(error.problem, "moot"))
        if case.state is CaseState.OPEN:
            self.metrics.count("ShopperAnswers", answer=answer)
        return choice(decided, Remedy(answer))

    def _otherwise(self, before: Case, why: str) -> View:
        """Why an answer did not count, and what counts."""
        case = get_case(self.desk.cases, before.brand, before.case_id)
        facts = {"delay_kind": case.kind.value}
        counts = case.decision or case.default
        if case.state is CaseState.DECIDED:
            why = "decided"
        told = {part: say(f"answers.{counts.value}.{part}", facts) for part in ("was", "silence")}
        return say(f"unanswered.{why}", told)


_UNANSWERED = {"case-decided": "decided", "case-overdue": "overdue"}
"""Which words stand for a conflict, by its problem."""
