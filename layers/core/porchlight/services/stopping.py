"""``GET`` and ``POST /u/{token}``: stop emails of the kind that the link came with, and nothing else."""

from dataclasses import dataclass, replace
from datetime import datetime

from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.choosing_view import stop_view
from porchlight.domain.consent import ConsentAction, ConsentSource
from porchlight.domain.orders import Shopper
from porchlight.domain.preferences import Profile
from porchlight.errors import NotFoundError
from porchlight.ports import Brands, Metrics, Renderer
from porchlight.services.consent import ConsentDesk, Ledger, Place, Said, entries
from porchlight.services.links import Links
from porchlight.services.pages import Page, Wished, not_found


@dataclass(frozen=True)
class Claims:
    """What a link says: who, about what, and with which message it came (none: with no single one)."""

    brand: BrandConfig
    shopper: Shopper
    profile: Profile
    place: Place
    message_id: str
    by_email: bool
    """It came in an email to the address that is the shopper's now."""
    preferences: str
    """The token of the page where they may choose instead."""


@dataclass(frozen=True)
class Unsubscribe:
    """RFC 8058 one-click, and the page for people. A GET changes nothing: mail scanners open links."""

    desk: ConsentDesk
    brands: Brands
    renderer: Renderer
    links: Links
    metrics: Metrics

    def show(self, token: str, now: datetime, wished: Wished = ()) -> Page:
        """The page that asks, or says that it is done."""
        try:
            return self._page(self._claims(token, now), wished)
        except NotFoundError:
            return not_found(self.renderer, wished)

    def change(self, token: str, on: bool, now: datetime, wished: Wished = ()) -> Page:
        """Stop it (or, with ``on``, take that back); doing it twice is doing it once."""
        try:
            claims = self._claims(token, now)
        except NotFoundError:
            return not_found(self.renderer, wished)
        if not self._is_said(claims, on):
            claims = replace(claims, profile=self._changed(claims, on, now))
            self.metrics.count("Unsubscribes", change="on" if on else "off", purpose=claims.place[0].value)
        return self._page(claims, wished)

    def _changed(self, claims: Claims, on: bool, now: datetime) -> Profile:
        purpose, channel = claims.place
        action = ConsentAction.GRANTED if on else ConsentAction.WITHDRAWN
        words = self._words(claims, "undo_button" if on else "ask_button")
        said = Said(ConsentSource.ONE_CLICK, now, words, self._language(claims), claims.message_id)
        # The link came in a message to that address: whoever has it reads what is sent there.
        confirmed = on and claims.by_email and channel is Channel.EMAIL
        address = claims.shopper.email or ""

        def change(profile: Profile, ledger: Ledger) -> tuple[Profile, Ledger]:
            del ledger
            made = entries(profile, action, [(purpose, channel)], said, now, address=address, confirmed=confirmed)
            off = profile.preferences.off - {purpose} if on else profile.preferences.off
            preferences = profile.preferences.model_copy(update={"off": off})
            return profile.model_copy(update={"preferences": preferences}), made

        brand_id, shopper_id = claims.brand.brand_id, claims.shopper.shopper_id
        # There is one mailbox, though the shop may know it by several customers.
        stops = [] if on else self.desk.with_address(brand_id, shopper_id, address)
        for other in stops[1:]:
            self.desk.change(brand_id, other, change)
        return self.desk.change(brand_id, shopper_id, change)[0]

    @staticmethod
    def _is_withdrawn(claims: Claims) -> bool:
        standing = claims.profile.standing(*claims.place)
        return standing is not None and standing.action is ConsentAction.WITHDRAWN

    def _is_on(self, claims: Claims) -> bool:
        return not self._is_withdrawn(claims) and claims.place[0] not in claims.profile.preferences.off

    def _is_said(self, claims: Claims, on: bool) -> bool:
        """True where nothing is new. What is off by the shop's doing is not said by the shopper."""
        return self._is_on(claims) if on else self._is_withdrawn(claims)

    def _claims(self, token: str, now: datetime) -> Claims:
        said = self.links.read("u", token, now)
        brand = self.brands.get(said["b"])
        shopper, profile = self.desk.profiles.with_contact(brand.brand_id, said["s"])
        if shopper is None:
            raise NotFoundError
        place = Purpose(said.get("u", Purpose.SERVICE)), Channel(said.get("c", Channel.EMAIL))
        by_email = self.links.came_to(said, Channel.EMAIL, shopper.email or "")
        return Claims(brand, shopper, profile, place, said.get("m", ""), by_email, self.links.preferences(said, now))

    def _language(self, claims: Claims, wished: Wished = ()) -> str:
        known = claims.profile.preferences.language or claims.shopper.language
        return self.renderer.speech(claims.brand, known, *wished).tag

    def _words(self, claims: Claims, word: str) -> str:
        where = "page" if word == "undo_button" else claims.place[0].value
        facts = {"brand": claims.brand.name}
        return self.renderer.words(claims.brand, f"unsubscribe.{where}", facts, self._language(claims))[word]

    def _page(self, claims: Claims, wished: Wished) -> Page:
        view = stop_view(
            claims.brand.name,
            claims.place[0],
            self._language(claims, wished),
            stopped=not self._is_on(claims),
            fewer=f"../p/{claims.preferences}",
        )
        return Page(self.renderer.page(claims.brand, "unsubscribe", view), self.renderer.policy)
