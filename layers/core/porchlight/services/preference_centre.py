"""``GET`` and ``POST /p/{token}``: shoppers choose what they hear, where, how often and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from porchlight.domain.addresses import Number, phone_number
from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.choosing import (
    BY_NUMBER,
    Choices,
    Place,
    Target,
    choices_of,
    offered,
    read_form,
    ticked,
)
from porchlight.domain.choosing_view import Shown, preferences_view
from porchlight.domain.consent import ConsentAction, ConsentSource, OptIn
from porchlight.domain.consent_rules import has_stopped, pending, remembered
from porchlight.domain.languages import own_name
from porchlight.domain.orders import Order, Shopper
from porchlight.domain.preferences import Profile, address_digest
from porchlight.errors import NotFoundError
from porchlight.ports import Brands, Metrics, Orders, Renderer
from porchlight.reaching import Catalogues
from porchlight.services.consent import (
    ASK_LIFETIME,
    ConsentDesk,
    Ledger,
    Said,
    TooManySignUpsError,
    entries,
    may_sign_up,
    places,
)
from porchlight.services.deliberate import contacts_of
from porchlight.services.links import Links
from porchlight.services.pages import Page, Wished, not_found
from porchlight.services.texting import Texts

Form = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Reader:
    """Who has the page open, and how they came."""

    brand: BrandConfig
    order: Order
    shopper: Shopper
    profile: Profile
    targets: Mapping[Channel, Target]
    number: Number | None
    """Where SMS and WhatsApp go now."""
    channels: Sequence[Channel]
    language: str
    by_email: bool
    """The link came in an email to the shopper's address: whoever has it reads what is sent there."""
    message_id: str


@dataclass(frozen=True)
class Saved:
    """What came of a form: a note to show after a redirect, or what is wrong with it."""

    note: str = ""
    page: Page | None = None


@dataclass(frozen=True)
class PreferenceCentre:
    """Shows and keeps choices. What is ticked is consent, kept with the words that stood beside it."""

    desk: ConsentDesk
    orders: Orders
    brands: Brands
    catalogues: Catalogues
    renderer: Renderer
    links: Links
    texts: Texts
    metrics: Metrics

    def show(self, token: str, note: str, now: datetime, wished: Wished = ()) -> Page:
        """The form with what holds now; ``note``: what was done a moment ago."""
        try:
            reader = self._reader(token, now, wished)
        except NotFoundError:
            return not_found(self.renderer, wished)
        on = ticked(reader.profile, reader.targets, reader.channels)
        self.metrics.count("PageViews", page="preferences")
        return self._page(reader, choices_of(reader.profile, on), now, note=note)

    def save(self, token: str, form: Form, now: datetime, wished: Wished = ()) -> Saved:
        """Keep what was sent, all or nothing."""
        try:
            reader = self._reader(token, now, wished)
        except NotFoundError:
            return Saved(page=not_found(self.renderer, wished))
        self.metrics.count("PreferencesSaved")
        if form.get("action") == ["stop"]:
            self._stop(reader, now)
            return Saved("stopped")
        choices, faults = read_form(form, reader.channels, self.renderer.languages(reader.brand))
        number, fault = self._number(reader, choices)
        if fault:
            faults["mobile"] = fault
        if not faults:
            try:
                return Saved(self._told(reader, number, self._keep(reader, choices, number, now), now))
            except TooManySignUpsError:
                faults["mobile"] = "too_many"
        return Saved(page=self._page(reader, choices, now, faults=faults))

    def _told(self, reader: Reader, number: Number | None, records: Ledger, now: datetime) -> str:
        """Answer a sign-up by SMS; the note that the page shows then."""
        mine = [one for one in records if one.channel in BY_NUMBER]
        asked = any(one.action is ConsentAction.ASKED for one in mine)
        started = any(one.channel is Channel.SMS and one.action is ConsentAction.GRANTED for one in mine)
        if number is None or not (asked or started):
            return "saved"
        word = "confirm" if asked else "started"
        sent = self.texts.say(reader.brand, number, word, reader.language, now.isoformat(), now)
        if asked:
            return "confirm" if sent else "later"
        return "saved"

    def _number(self, reader: Reader, choices: Choices) -> tuple[Number | None, str]:
        """The number that SMS and WhatsApp are for, and what is wrong with it."""
        if choices.mobile:
            number = phone_number(choices.mobile, reader.order.destination.country)
            return (number, "") if number else (None, "mobile")
        needed = any(channel in BY_NUMBER for _, channel in choices.on)
        known = reader.number or phone_number(reader.profile.mobile_asked or "", None)
        return known, "mobile_needed" if needed and known is None else ""

    def _stop(self, reader: Reader, now: datetime) -> None:
        """No purpose on any channel that the brand has."""
        words = self.renderer.words(reader.brand, "preferences.page", {"brand": reader.brand.name}, reader.language)
        wording = f"{words['stop']}: {words['stop_text']}"
        said = Said(ConsentSource.PREFERENCE_CENTRE, now, wording, reader.language, reader.message_id)
        where = places(Purpose, reader.brand.outreach.providers)

        def change(profile: Profile, ledger: Ledger) -> tuple[Profile, Ledger]:
            del ledger
            off = profile.preferences.model_copy(update={"off": frozenset(Purpose)})
            made = entries(profile, ConsentAction.WITHDRAWN, where, said, now)
            return profile.model_copy(update={"preferences": off}), made

        self.desk.change(reader.brand.brand_id, reader.shopper.shopper_id, change)

    def _keep(self, reader: Reader, choices: Choices, number: Number | None, now: datetime) -> Ledger:
        """Write preferences and consent in one; returns what is new in the ledger."""
        e164 = number.e164 if number else ""
        new = bool(e164) and number != reader.number
        there = self._with_number(reader, number) if number else reader
        words = self._wordings(reader)

        def change(profile: Profile, ledger: Ledger) -> tuple[Profile, Ledger]:
            was = ticked(profile, there.targets, reader.channels)
            waits = _pending(profile, ledger, e164, now)
            closed = self._closed(there, profile)
            made: Ledger = []
            for place in sorted(choices.on - was - waits - closed):
                action = self._action(there, place, ledger)
                made += self._entry(reader, profile, place, action, words, e164, now)
            for place in sorted((was | waits) - choices.on):
                made += self._entry(reader, profile, place, ConsentAction.WITHDRAWN, words, e164, now)
            yes = [one for one in made if one.action is not ConsentAction.WITHDRAWN]
            signed = {one.action for one in yes if one.channel in BY_NUMBER}
            if (new or signed) and not may_sign_up(ledger, now):
                raise TooManySignUpsError
            if new:
                asked = signed == {ConsentAction.ASKED}
                profile = profile.model_copy(update={"mobile_asked" if asked else "mobile": e164})
            usual = reader.brand.outreach.channels
            preferences = choices.preferences(profile.preferences, reader.channels, usual)
            return profile.model_copy(update={"preferences": preferences}), made

        return self.desk.change(reader.brand.brand_id, reader.shopper.shopper_id, change)[1]

    def _with_number(self, reader: Reader, number: Number) -> Reader:
        """With another number, under the rules of its country."""
        digest = address_digest(reader.brand.brand_id, number.e164)
        country = number.country or reader.order.destination.country
        there = Target(digest, self.catalogues.country(reader.brand.brand_id, country))
        mine = {channel: there for channel in BY_NUMBER if channel in reader.targets}
        return replace(reader, targets={**reader.targets, **mine})

    def _action(self, reader: Reader, place: Place, ledger: Ledger) -> ConsentAction:
        """What a tick is: an email is as good as confirmed, where it may be ticked at all."""
        if place[1] not in BY_NUMBER:
            return ConsentAction.GRANTED
        stopped = has_stopped(ledger, *place, reader.targets[place[1]].digest)
        double = stopped or self._needs(reader, place) is OptIn.DOUBLE
        return ConsentAction.ASKED if double else ConsentAction.GRANTED

    @staticmethod
    def _entry(
        reader: Reader,
        profile: Profile,
        place: Place,
        action: ConsentAction,
        words: Mapping[Place, str],
        e164: str,
        now: datetime,
    ) -> Ledger:
        said = Said(ConsentSource.PREFERENCE_CENTRE, now, words[place], reader.language, reader.message_id)
        email = place[1] is Channel.EMAIL
        address = (reader.shopper.email or "") if email else e164
        confirmed = email and reader.by_email and action is ConsentAction.GRANTED
        return entries(profile, action, [place], said, now, address=address, confirmed=confirmed)

    @staticmethod
    def _needs(reader: Reader, place: Place) -> OptIn:
        purpose, channel = place
        return reader.targets[channel].rules.consents(channel).of(purpose)

    def _closed(self, reader: Reader, profile: Profile) -> set[Place]:
        """What has to be confirmed from the mailbox, for who did not come from there."""
        if reader.by_email or Channel.EMAIL not in reader.channels:
            return set()
        on = ticked(profile, reader.targets, (Channel.EMAIL,))
        email = {(purpose, Channel.EMAIL) for purpose in Purpose}
        return {one for one in email - on if self._needs(reader, one) is OptIn.DOUBLE}

    def _wordings(self, reader: Reader) -> dict[Place, str]:
        """What stands beside each tick."""
        facts, language = {"brand": reader.brand.name}, reader.language
        names = self.renderer.words(reader.brand, "preferences.channels", facts, language)
        found = {}
        for purpose in Purpose:
            words = self.renderer.words(reader.brand, f"preferences.purposes.{purpose.value}", facts, language)
            for channel in Channel:
                found[purpose, channel] = f"{words['legend']}: {names[channel.value]}. {words['text']}"
        return found

    def _reader(self, token: str, now: datetime, wished: Wished) -> Reader:
        claims = self.links.read("p", token, now)
        brand = self.brands.get(claims["b"])
        shopper, profile = self.desk.profiles.with_contact(brand.brand_id, claims["s"])
        order = self.orders.get(brand.brand_id, claims.get("o", ""))
        if shopper is None or order is None or (profile.erased_at and order.placed_at <= profile.erased_at):
            raise NotFoundError
        country = order.destination.country
        contacts = contacts_of(brand.brand_id, shopper, profile, country)
        channels = [one for one in offered(brand, profile) if one is not Channel.EMAIL or shopper.email]
        targets = {}
        for channel in channels:
            contact = contacts.get(channel)
            rules = self.catalogues.country(brand.brand_id, (contact.country if contact else None) or country)
            targets[channel] = Target(contact.digest if contact and contact.address else "", rules)
        known = contacts.get(Channel.SMS)
        language = self.renderer.speech(brand, profile.preferences.language or shopper.language, *wished).tag
        return Reader(
            *(brand, order, shopper, profile, targets),
            Number(known.address, known.country) if known and known.address else None,
            *(channels, language, self.links.came_to(claims, Channel.EMAIL, shopper.email or "")),
            claims.get("m", ""),
        )

    def _back(self, reader: Reader) -> str:
        """To the order's page; of a gift that somebody else has given, to its return."""
        if reader.shopper.shopper_id != reader.order.shopper_id:
            return self.links.gift(reader.brand, reader.order)
        return self.links.of_order(reader.brand, reader.order)["tracking"]

    def _page(
        self,
        reader: Reader,
        choices: Choices,
        now: datetime,
        *,
        note: str = "",
        faults: Mapping[str, str] | None = None,
    ) -> Page:
        brand, ledger = reader.brand, self.desk.profiles.ledger(reader.brand.brand_id, reader.shopper.shopper_id)
        shown = Shown(
            reader.channels,
            [(tag, own_name(tag)) for tag in self.renderer.languages(brand)],
            pending=_pending(reader.profile, ledger, reader.number.e164 if reader.number else "", now),
            closed=self._closed(reader, reader.profile),
            mobile_ending=reader.number.e164[-3:] if reader.number else "",
            back=self._back(reader),
        )
        view = preferences_view(brand.name, reader.language, choices, shown, note, faults)
        return Page(self.renderer.page(brand, "preferences", view), self.renderer.policy)


def _pending(profile: Profile, ledger: Ledger, e164: str, now: datetime) -> set[Place]:
    """What was asked for the number, or for the one that has to confirm itself, and is not confirmed."""
    numbers = {one for one in (e164, profile.mobile_asked) if one}
    ledger = remembered(ledger, profile.erased_at)
    found = (pending(ledger, address_digest(profile.brand, one), now - ASK_LIFETIME) for one in numbers)
    return {(record.purpose, record.channel) for records in found for record in records}
