"""``/r/{token}``: ask for a return, step by step, and see how it goes on. The link of a gift has a token of its own
kind: it shows no prices and nothing of the giver.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from porchlight.domain.brands import BrandConfig
from porchlight.domain.facts import Scene, View
from porchlight.domain.gifts import GIFT, shown_to_giver
from porchlight.domain.ids import return_id
from porchlight.domain.orders import Order
from porchlight.domain.portal_view import (
    MOST_PHOTOS,
    PHOTO_BYTES,
    Form,
    expired_view,
    hidden,
    items_view,
    offers_view,
    refused_view,
)
from porchlight.domain.return_progress import Extras, may_object, progress_view, sends_own
from porchlight.domain.returns import Return
from porchlight.domain.rma.names import Resolution, ReturnKind, ReturnMethod
from porchlight.errors import ConflictError, InvalidInputError, NotFoundError
from porchlight.ports import Brands, Orders, Renderer, Returns
from porchlight.reaching import Profiles
from porchlight.returning import Documents
from porchlight.services.asked import Asked
from porchlight.services.assess_return import Assessor, Offer
from porchlight.services.links import Links
from porchlight.services.own_label import OwnLabels
from porchlight.services.pages import Answered, Page, Wished
from porchlight.services.portal_form import Chosen, address_of, chosen_of, is_same, recipient_of, with_wanted
from porchlight.services.portal_lines import choices, lines_of
from porchlight.services.qr import qr_svg
from porchlight.services.request_return import RequestDesk
from porchlight.services.review_return import Cancellation, ReviewDesk
from porchlight.services.withdrawal_right import is_open

PHOTO_KIND = "image/jpeg"
BY_SHOPPER = "shopper"
_UPLOAD_SECONDS = 3600
_NUMBER = re.compile(r"[A-Za-z0-9 -]{4,64}")
_KINDS = {"pdf": "application/pdf", "png": "image/png"}
"""Of labels."""
_OF_A_GIFT = frozenset({Resolution.REFUND, Resolution.STORE_CREDIT})
_PRINTED = frozenset({ReturnMethod.LABEL, ReturnMethod.QR, ReturnMethod.BOX_FREE})
_FAULTS = {"not-delivered": "not_delivered", "mixed-kinds": "mixed", "idempotency-key-reused": "key"}


class Visit(NamedTuple):
    """Who looks at which order, by which link."""

    brand: BrandConfig
    order: Order
    scene: Scene
    links: Mapping[str, str]
    gift: bool

    @property
    def source(self) -> str:
        """As returns have it."""
        return GIFT if self.gift else "portal"

    def shows(self, returns: Sequence[Return]) -> list[Return]:
        """Of a gift's link those alone that were asked for by one; whoever gave it sees of these what they paid."""
        return [one for one in returns if one.source == GIFT] if self.gift else shown_to_giver(returns)


@dataclass(frozen=True)
class Portal:
    """What is behind a link; for links that are not valid (any more) and returns of others one page that tells
    nothing.
    """

    orders: Orders
    returns: Returns
    brands: Brands
    renderer: Renderer
    links: Links
    profiles: Profiles
    assessor: Assessor
    desk: RequestDesk
    documents: Documents
    own_labels: OwnLabels
    reviews: ReviewDesk
    cancellation: Cancellation
    needs_address: Callable[[str], bool]
    """Whether a provider of labels has to know where a parcel is sent from."""
    fresh_key: Callable[[], str]

    def get(self, token: str, step: str, query: Mapping[str, str], now: datetime, wished: Wished = ()) -> Answered:
        """A page: ``step`` is empty (what comes back?), ``choose`` (what can be had for it?), the id of a return, or
        that as a file: its label. Nothing is written.
        """
        try:
            visit = self._visit(token, now, wished)
            if not step:
                return Answered(self._items(visit, self.fresh_key(), now))
            if step == "choose":
                return Answered(self._choose(visit, query, now))
            name, _, kind = step.partition(".")
            request = self._of(visit, name)
            if kind:
                return self._label(visit, request, kind)
            return Answered(self._show(visit, request, query.get("ask", "")))
        except NotFoundError:
            return Answered(self._expired(wished))

    def post(self, token: str, step: str, sent: Mapping[str, str], now: datetime, wished: Wished = ()) -> Answered:
        """Ask for a return (``step`` is empty): leads to its page, or says what is wrong. With the id of a return:
        ``action`` is ``cancel``, ``person``, or ``sent`` with the ``number`` of their own parcel. Twice is once.
        """
        try:
            visit = self._visit(token, now, wished)
            if not step:
                return self._ask(visit, token, sent, now)
            said = self._act(self._of(visit, step), sent, now)
            return Answered(location=f"{step}?ask={said}" if said else step)
        except NotFoundError:
            return Answered(self._expired(wished))

    def _choose(self, visit: Visit, query: Mapping[str, str], now: datetime) -> Page:
        chosen = chosen_of(visit.order, query)
        if chosen.fault:
            return self._items(visit, chosen.key or self.fresh_key(), now, chosen, chosen.fault)
        return self._offers(visit, chosen, {}, now)

    def _ask(self, visit: Visit, token: str, sent: Mapping[str, str], now: datetime) -> Answered:
        chosen = chosen_of(visit.order, sent)
        if chosen.fault or not chosen.key:
            return Answered(self._items(visit, chosen.key or self.fresh_key(), now, chosen, chosen.fault or "nothing"))
        # What it holds of the order is not to be had once more: the same request again is looked up, not assessed.
        if again := self._again(visit, token, chosen, sent, now):
            return again
        asked = self._asked(visit, chosen)
        try:
            if sent.get("anyway") != "yes":
                asked, fault = self._completed(visit, asked, sent, now)
                if fault:
                    again = self._again(visit, token, chosen, sent, now)  # the other click was quicker
                    return again or Answered(self._offers(visit, chosen, {**sent, "fault": fault}, now))
            made, _ = self.desk.request(visit.brand.brand_id, asked, chosen.key, now)
        except (ConflictError, InvalidInputError) as error:
            if error.problem not in _FAULTS:
                raise
            return Answered(self._items(visit, self.fresh_key(), now, chosen, _FAULTS[error.problem]))
        return Answered(location=f"{token}/{made.return_id}")

    def _again(
        self, visit: Visit, token: str, chosen: Chosen, sent: Mapping[str, str], now: datetime
    ) -> Answered | None:
        brand = visit.brand.brand_id
        known = self.returns.get(brand, return_id(brand, visit.order.order_id, chosen.key))
        if known is None:
            return None
        if is_same(known, chosen, sent):
            return Answered(location=f"{token}/{known.return_id}")
        return Answered(self._items(visit, self.fresh_key(), now, chosen, "key"))

    def _show(self, visit: Visit, request: Return, asked: str) -> Page:
        """``asked``: ``cancel``, ``too_late`` or ``person``."""
        here, label = f"{visit.links['here']}/{request.return_id}", request.label
        terms, facilities = request.terms, visit.brand.returns.facilities
        extras = Extras(
            label=f"{here}.{_ending(label.document)}" if label and label.document else "",
            code=qr_svg(label.code) if label and label.code else "",
            facility=facilities.get((terms.facility if terms else "") or next(iter(facilities), "")),
            asked=asked,
            gift=visit.gift,
        )
        links = {**visit.links, "here": here, "all": visit.links["here"]}
        return self._page(visit, "return", progress_view(visit.scene, request, links, extras))

    def _label(self, visit: Visit, request: Return, kind: str) -> Answered:
        name = request.label.document if request.label else ""
        theirs = request.source == GIFT and not visit.gift  # the address of whoever got the gift is printed on it
        if theirs or not name or kind != _ending(name):
            raise NotFoundError("there is no label to print")
        return Answered(file=(self.documents.get(name), _KINDS[kind], f"{request.return_id}.{kind}"))

    def _act(self, request: Return, sent: Mapping[str, str], now: datetime) -> str:
        """What the page says then."""
        action = sent.get("action", "")
        if action == "sent" and sends_own(request):
            return self._sent(request, sent, now)
        try:
            if action == "cancel":
                self.cancellation.cancel(request.brand, request.return_id, BY_SHOPPER, now)
            elif action == "person" and may_object(request):
                self.reviews.reopen(request.brand, request.return_id, BY_SHOPPER, now)
                return "person"
        except (ConflictError, InvalidInputError):
            return "too_late"
        return ""

    def _sent(self, request: Return, sent: Mapping[str, str], now: datetime) -> str:
        carrier, number = sent.get("carrier", "").strip()[:60], sent.get("number", "").strip()
        if not _NUMBER.fullmatch(number):
            return "no_number"
        try:
            self.own_labels.bring(request.brand, request.return_id, carrier, number, now)
        except InvalidInputError:
            return "no_carrier"
        except ConflictError:
            return "no_number"
        return "sent"

    def _expired(self, wished: Wished) -> Page:
        view = expired_view(f"{self.links.public_url}/returns", self.renderer.speech(None, *wished).tag)
        return Page(self.renderer.page(None, "return_expired", view), self.renderer.policy, 404)

    def _visit(self, token: str, now: datetime, wished: Wished = ()) -> Visit:
        claims = self.links.returns(token, now)
        brand = self.brands.get(claims["b"])
        order = self.orders.get(brand.brand_id, claims["o"])
        if order is None:
            raise NotFoundError
        shopper, profile = self.profiles.with_contact(brand.brand_id, order.shopper_id)
        if profile.erased_at and order.placed_at <= profile.erased_at:
            raise NotFoundError
        gift = claims["k"] == "g"
        known = None if gift else profile.preferences.language or (shopper.language if shopper else None)
        speech = self.renderer.speech(brand, known, *wished)
        here = f"{self.links.public_url}/r/{token}"
        # Forms go to where the page came from, by whichever name; a base path of our address comes before.
        links = {"here": urlsplit(here).path, "absolute": here}
        if not gift:
            links |= {"tracking": self.links.of_order(brand, order)["tracking"]}
        return Visit(brand, order, Scene(brand, order, now, relative=True, speech=speech), links, gift)

    def _of(self, visit: Visit, name: str) -> Return:
        """A return of this order that this link may show."""
        request = self.returns.get(visit.brand.brand_id, name)
        if request is None or visit.order.order_id not in request.order_ids or not visit.shows([request]):
            raise NotFoundError
        return request

    def _items(self, visit: Visit, key: str, now: datetime, chosen: Chosen | None = None, fault: str = "") -> Page:
        there = self.returns.of_order(visit.brand.brand_id, visit.order.order_id)
        shown = visit.shows(there)
        lines = lines_of(self.assessor, visit.brand, visit.order, visit.source, visit.gift, now)
        counts = {line.line_id: (line.quantity, line.reason) for line in chosen.lines} if chosen else {}
        links = {**visit.links, **self._withdraw(visit, now)}
        view = items_view(*(visit.scene, lines, shown, links, key), gift=visit.gift, fault=fault, chosen=counts)
        return self._page(visit, "return_items", view)

    def _withdraw(self, visit: Visit, now: datetime) -> Mapping[str, str]:
        """The way to the withdrawal, while the law has it open; whoever got a gift has concluded no contract."""
        if visit.gift:
            return {}
        contents = self.orders.contents(visit.brand.brand_id, visit.order.order_id)
        found = [self.assessor.shipments.get(visit.brand.brand_id, one) for one in contents.shipment_ids]
        parcels = [parcel for parcel in found if parcel]
        links = self.links.of_order(visit.brand, visit.order)
        opened = is_open(self.assessor.laws, visit.brand, visit.order, parcels, now, contents.untracked)
        return {"withdraw": links["withdraw"]} if opened else {}

    def _offers(self, visit: Visit, chosen: Chosen, typed: Mapping[str, str], now: datetime) -> Page:
        asked = self._asked(visit, chosen)
        try:
            offers = self._offered(visit, asked, now)
            found = None if offers else self.assessor.assess(visit.brand.brand_id, asked, now)
        except (ConflictError, InvalidInputError) as error:
            if error.problem not in _FAULTS:
                raise
            return self._items(visit, self.fresh_key(), now, chosen, _FAULTS[error.problem])
        links = visit.links
        there = {number: line_id for number, line_id in chosen.photos.items() if self._has(visit, chosen.key, number)}
        form = Form(
            lines=chosen.lines,
            key=chosen.key,
            resolution=typed.get("resolution", ""),
            method=typed.get("method", ""),
            typed=typed,
            photos=there,
            fault=typed.get("fault", "") or ("photo" if len(there) < len(chosen.photos) else ""),
        )
        if found is not None:
            rule = found.assessment.rule
            if rule == "quantity_exceeded":
                return self._items(visit, self.fresh_key(), now, chosen, "too_many")
            view: View = {**refused_view(visit.scene, rule, links), "action": links["here"], "hidden": hidden(form)}
            return self._page(visit, "return_refused", view)
        methods = {offer.method for offer in offers}
        form = form._replace(
            uploads=self._uploads(visit, chosen, form),
            asks_address=bool(methods & _PRINTED) and self.needs_address(visit.brand.returns.label_provider),
            asks_country=visit.order.destination.country is None,
            claim=methods == {ReturnMethod.KEEP} and self._is_claim(visit, chosen),
        )
        view = offers_view(visit.scene, choices(offers), form, links, gift=visit.gift)
        page = self._page(visit, "return_offers", view)
        return replace(page, policy=_with_uploads(page.policy, form))

    def _offered(self, visit: Visit, asked: Asked, now: datetime) -> list[Offer]:
        offers = self.assessor.offers(visit.brand.brand_id, asked, now)
        return [one for one in offers if not visit.gift or one.resolution in _OF_A_GIFT]

    def _completed(self, visit: Visit, asked: Asked, sent: Mapping[str, str], now: datetime) -> tuple[Asked, str]:
        """With all that was chosen on the second page; and what is wrong with that."""
        offers = self._offered(visit, asked, now)
        if not offers:
            return asked, "resolution"
        possible = [one for one in offers if one.resolution == sent.get("resolution")]
        if not possible:
            return asked, "resolution"
        resolution, methods = possible[0].resolution, [one.method for one in possible]
        method = methods[0] if len(methods) == 1 and not sent.get("method") else None
        method = method or next((one for one in methods if one == sent.get("method")), None)
        if method is None:
            return asked, "together" if any(one.method == sent.get("method") for one in offers) else "method"
        update: dict[str, object] = {"resolution": resolution, "method": method}
        if resolution in (Resolution.EXCHANGE, Resolution.INSTANT_EXCHANGE):
            lines = with_wanted(asked.lines, sent)
            if lines is None:
                return asked, "wanted"
            update["lines"] = lines
        if method in _PRINTED and self.needs_address(visit.brand.returns.label_provider):
            address = address_of(sent, visit.order.destination.country)
            if address is None:
                return asked, "address"
            update["sender"] = address
        if visit.gift and resolution is Resolution.STORE_CREDIT:
            recipient = recipient_of(sent, visit.scene.speech.tag)
            if recipient is None:
                return asked, "email"
            update["recipient"] = recipient
        return asked.model_copy(update=update), ""

    @staticmethod
    def _is_claim(visit: Visit, chosen: Chosen) -> bool:
        kinds = {reason.id: reason.kind for reason in visit.brand.returns.reasons}
        return all(kinds.get(line.reason) is ReturnKind.CLAIM for line in chosen.lines)

    def _asked(self, visit: Visit, chosen: Chosen) -> Asked:
        """With those pictures alone that are there."""
        there = {number: line_id for number, line_id in chosen.photos.items() if self._has(visit, chosen.key, number)}
        named: dict[str, list[str]] = {line.line_id: [] for line in chosen.lines}
        for number, line_id in there.items():
            named[line_id].append(_photo(visit, chosen.key, number))
        lines = [line.model_copy(update={"photos": tuple(named[line.line_id])}) for line in chosen.lines]
        order_id = visit.order.order_id
        return Asked(order_id=order_id, lines=tuple(lines), source=visit.source, gift=visit.gift)

    def _has(self, visit: Visit, key: str, number: int) -> bool:
        return self.documents.exists(_photo(visit, key, number), PHOTO_KIND, PHOTO_BYTES)

    def _uploads(self, visit: Visit, chosen: Chosen, form: Form) -> Sequence[tuple[str, str, Mapping[str, str]]]:
        """A form for one more picture of each line whose reason asks for one; it leads back here."""
        asks = {reason.id for reason in visit.brand.returns.reasons if reason.photo}
        number = max(form.photos, default=0) + 1
        if number > MOST_PHOTOS:
            return ()
        made = []
        for line in chosen.lines:
            if line.reason in asks:
                query = {one["name"]: one["value"] for one in hidden(form)} | {f"photo-{number}": line.line_id}
                back = f"{visit.links['absolute']}/choose?{urlencode(query)}"
                name = _photo(visit, chosen.key, number)
                action, fields = self.documents.upload_form(name, PHOTO_KIND, PHOTO_BYTES, _UPLOAD_SECONDS, back)
                made.append((line.line_id, action, fields))
        return made

    def _page(self, visit: Visit, name: str, view: View) -> Page:
        return Page(self.renderer.page(visit.brand, name, view), self.renderer.policy)


def _ending(document: str) -> str:
    ending = document.rpartition(".")[2]
    return ending if ending in _KINDS else "pdf"


def _photo(visit: Visit, key: str, number: int) -> str:
    """The name of a picture in the bucket: of this order, this request, and nobody's choosing."""
    return f"photos/{visit.brand.brand_id}/{visit.order.order_id}/{key}-{number}"


def _with_uploads(policy: str, form: Form) -> str:
    """The page's policy with the bucket as a place that forms may be sent to."""
    places = {"{0.scheme}://{0.netloc}".format(urlsplit(action)) for _, action, _ in form.uploads}
    return policy.replace("form-action 'self'", " ".join(["form-action 'self'", *sorted(places)]))
