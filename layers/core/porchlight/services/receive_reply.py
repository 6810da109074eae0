"""What shoppers send back by SMS and WhatsApp: stop stops, start starts, yes confirms, and people get the rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from porchlight.domain.addresses import Number, phone_number
from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction, ConsentSource
from porchlight.domain.ids import stable_id
from porchlight.domain.keywords import Keyword, keyword
from porchlight.domain.preferences import Profile, address_digest
from porchlight.domain.replies import Reply
from porchlight.ports import Brands, Metrics
from porchlight.reaching import Replies
from porchlight.services.consent import ConsentDesk, Ledger, Place, Said, entries, places, reachable_again
from porchlight.services.hear_contacts import ContactLog
from porchlight.services.support import Support
from porchlight.services.texting import Texts


@dataclass(frozen=True)
class ReplyDesk:
    """Does what a reply asks for, once. A word counts for every shopper of the brand with that number, and for every
    brand that writes from the number that it was sent to.
    """

    desk: ConsentDesk
    brands: Brands
    replies: Replies
    texts: Texts
    support: Support
    contacts: ContactLog
    metrics: Metrics

    def take(self, reply: Reply, now: datetime) -> str:
        """What was made of it: a keyword, ``passed_on``, ``known`` or ``stray``."""
        brands, number = self._brands(reply), phone_number(reply.sender, None)
        if not brands or number is None:
            self.metrics.count("Replies", channel=reply.channel.value, outcome="stray")
            return "stray"
        first = brands[0].brand_id
        if self.replies.is_done(first, reply.reply_id):
            return "known"
        word, known = keyword(reply.text), self._knowing(brands, number)
        obeyed = [self._obey(brand, number, reply, word, now) for brand in known] if word else []
        outcome = word.value if word and any(obeyed) else "passed_on"
        shoppers = self._pass_on(known[0], number, reply, now) if outcome == "passed_on" else []
        self.replies.done(first, reply.reply_id, now)
        if outcome == "passed_on":
            self.contacts.note(known[0], reply.channel.value, shoppers, now)
        self.metrics.count("Replies", channel=reply.channel.value, outcome=outcome)
        return outcome

    def _knowing(self, brands: Sequence[BrandConfig], number: Number) -> Sequence[BrandConfig]:
        """Of several brands with one number those that know whose the other one is; the first where none does."""
        if len(brands) == 1:
            return brands
        return [one for one in brands if self.desk.profiles.find(one.brand_id, number.e164)] or brands[:1]

    def _pass_on(self, brand: BrandConfig, number: Number, reply: Reply, now: datetime) -> list[str]:
        """Let people answer it; returns who it may be from."""
        shoppers = list(self.desk.profiles.find(brand.brand_id, number.e164))
        subject = f"{reply.channel.value.upper()} from {number.e164}"
        who = ", ".join(shoppers) or "nobody that we know"
        self.support.pass_on(brand, subject, f"{reply.text}\n\nShopper: {who}", reply.reply_id, now)
        return shoppers

    def _obey(self, brand: BrandConfig, number: Number, reply: Reply, word: Keyword, now: datetime) -> bool:
        """Do what the word says; False where it says nothing here."""
        shoppers = self.desk.profiles.find(brand.brand_id, number.e164)
        if word is Keyword.HELP:
            return self._help(brand, number, reply, shoppers, now)
        if word is Keyword.STOP:
            stopped = [self._stop(brand, one, number, reply, now) for one in shoppers]
            if any(stopped):
                self._answer(brand, number, reply, "stopped", shoppers, now)
            return True
        said = Said(ConsentSource.CONFIRMATION, reply.at, proof=reply.reply_id)
        asked = (Purpose.SERVICE,) if word is Keyword.START else tuple(Purpose)
        confirmed = [
            bool(self.desk.confirm(brand.brand_id, one, number.e164, said, now, purposes=asked)) for one in shoppers
        ]
        if word is Keyword.YES and not any(confirmed):
            return False
        if word is Keyword.START:
            confirmed += [self._start(brand, one, number, reply, now) for one in shoppers]
        if any(confirmed):
            self._answer(brand, number, reply, "started", shoppers, now)
        return True

    def _help(self, brand: BrandConfig, number: Number, reply: Reply, shoppers: Sequence[str], now: datetime) -> bool:
        """Answered once an hour: some of those who ask are machines that answer us."""
        digest = address_digest(brand.brand_id, number.e164)
        once = stable_id("hlp", brand.brand_id, digest, now.strftime("%Y-%m-%dT%H"))
        if self.replies.is_done(brand.brand_id, once):
            return True
        answered = self._answer(brand, number, reply, "help", shoppers, now)
        if answered:
            self.replies.done(brand.brand_id, once, now)
        return answered

    def _stop(self, brand: BrandConfig, shopper_id: str, number: Number, reply: Reply, now: datetime) -> bool:
        """True where there was something to stop."""
        said = Said(ConsentSource.KEYWORD, reply.at, reply.text, proof=reply.reply_id)
        where = places(Purpose, (reply.channel,))

        before: list[Profile] = []

        def change(profile: Profile, ledger: Ledger) -> tuple[Profile, Ledger]:
            del ledger
            before.append(profile)
            return profile, entries(profile, ConsentAction.WITHDRAWN, where, said, now, address=number.e164)

        after = self.desk.change(brand.brand_id, shopper_id, change)[0]
        return _is_new(before[-1], after, where, ConsentAction.WITHDRAWN)

    def _start(self, brand: BrandConfig, shopper_id: str, number: Number, reply: Reply, now: datetime) -> bool:
        """News of orders again; offers need a yes of their own. True where that changes something."""
        said = Said(ConsentSource.KEYWORD, reply.at, reply.text, proof=reply.reply_id)
        where = [(Purpose.SERVICE, reply.channel)]
        before: list[Profile] = []

        def change(profile: Profile, ledger: Ledger) -> tuple[Profile, Ledger]:
            del ledger
            before.append(profile)
            granted = ConsentAction.GRANTED
            made = entries(profile, granted, where, said, now, address=number.e164, confirmed=True)
            preferences = profile.preferences.without_off([Purpose.SERVICE])
            again = reachable_again(profile, reply.channel, number.e164)
            if profile.mobile_asked == number.e164:
                again = again.model_copy(update={"mobile": number.e164, "mobile_asked": None})
            return again.model_copy(update={"preferences": preferences}), made

        after = self.desk.change(brand.brand_id, shopper_id, change)[0]
        reached = (before[-1].unreachable, before[-1].preferences) != (after.unreachable, after.preferences)
        return reached or _is_new(before[-1], after, where, ConsentAction.GRANTED)

    def _answer(
        self, brand: BrandConfig, number: Number, reply: Reply, word: str, shoppers: Sequence[str], now: datetime
    ) -> bool:
        """By SMS; WhatsApp takes approved templates only, and there the word is obeyed in silence."""
        if reply.channel is not Channel.SMS:
            return word != "help"
        return self.texts.say(brand, number, word, self._language(brand.brand_id, shoppers), reply.reply_id, now)

    def _language(self, brand: str, shoppers: Sequence[str]) -> str | None:
        for one in shoppers:
            shopper, profile = self.desk.profiles.with_contact(brand, one)
            if known := profile.preferences.language or (shopper.language if shopper else None):
                return known
        return None

    def _brands(self, reply: Reply) -> list[BrandConfig]:
        """Whose number it was sent to."""
        brands = [self.brands.get(brand_id) for brand_id in self.brands.ids()]
        return [one for one in brands if _is_its_number(one, reply)]


def _is_its_number(brand: BrandConfig, reply: Reply) -> bool:
    outreach = brand.outreach
    if reply.channel is Channel.SMS:
        return reply.receiver in {*outreach.sms.origination.values(), *outreach.sms.numbers}
    whatsapp = outreach.whatsapp.phone_number_id if outreach.whatsapp else ""
    bare = (one.removeprefix("phone-number-id-") for one in (whatsapp, reply.receiver))
    return reply.channel is Channel.WHATSAPP and bool(whatsapp) and len(set(bare)) == 1


def _is_new(before: Profile, after: Profile, where: Sequence[Place], action: ConsentAction) -> bool:
    """True where it stands so now, and did not: who says a word again, or too late for it to count, is not answered."""
    then = [standing.action if (standing := before.standing(*place)) else None for place in where]
    now = [standing.action if (standing := after.standing(*place)) else None for place in where]
    return any(new is action and old is not action for old, new in zip(then, now, strict=True))
