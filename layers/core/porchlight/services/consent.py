"""The desk at which consent is given, asked for, confirmed and taken back. All of it goes into the ledger, with what
was shown; where things stand follows from the ledger, whatever the order in which news arrives.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction, ConsentRecord, ConsentSource, OptIn, standing_key
from porchlight.domain.consent_rules import ADDRESSED, has_stopped, pending, remembered, standing
from porchlight.domain.countries import CountryProfile
from porchlight.domain.ids import stable_id
from porchlight.domain.preferences import Profile, Unreachable, address_digest
from porchlight.errors import ConflictError, InvalidInputError
from porchlight.ports import Metrics
from porchlight.reaching import Profiles
from porchlight.services.retrying import until_settled

ASK_LIFETIME = timedelta(days=7)
"""A sign-up that is not confirmed by then is none."""

SIGN_UPS_A_DAY = 3
"""Each may send an SMS to a number that somebody has typed."""

_SAME_ACT = timedelta(minutes=5)
"""The same said again at once, from the same place, is one act: a second click, a mail program that tries again."""

BOUNCED, COMPLAINED = "bounced", "complained"

Place = tuple[Purpose, Channel]
Ledger = list[ConsentRecord]
Change = Callable[[Profile, Ledger], tuple[Profile, Iterable[ConsentRecord]]]
"""Profile and ledger in; the profile as it is to be, and what was said, out."""


class TooManySignUpsError(ConflictError):
    """That is enough for today."""

    code = "too-many-sign-ups"


class SignUp(StrEnum):
    """What became of a sign-up."""

    GRANTED = "granted"
    ASKED = "asked"
    """It counts when it is confirmed from the number itself."""
    REPEATED = "repeated"
    """It was sent a moment ago."""


@dataclass(frozen=True)
class Said:
    """How, when and in answer to which words something was said. ``proof``: id of the message, form or import."""

    source: ConsentSource
    at: datetime
    wording: str = ""
    language: str = ""
    proof: str = ""


def places(purposes: Iterable[Purpose], channels: Iterable[Channel]) -> list[Place]:
    """Every purpose on every channel."""
    return list(product(purposes, channels))


def entries(
    profile: Profile,
    action: ConsentAction,
    where: Iterable[Place],
    said: Said,
    now: datetime,
    *,
    address: str = "",
    confirmed: bool = False,
) -> Ledger:
    """What goes into the ledger. The same said twice has the same ids."""
    brand, shopper_id, made = profile.brand, profile.shopper_id, []
    for purpose, channel in where:
        digest = address_digest(brand, address) if address and channel in ADDRESSED else ""
        what = (purpose.value, channel.value, action.value, said.source.value, said.proof, digest)
        record = ConsentRecord(
            brand=brand,
            shopper_id=shopper_id,
            consent_id=stable_id("cns", brand, shopper_id, *what, said.at.isoformat()),
            purpose=purpose,
            channel=channel,
            action=action,
            source=said.source,
            wording=said.wording,
            language=said.language,
            proof=said.proof,
            address_digest=digest,
            confirmed=confirmed,
            at=said.at,
            recorded_at=now,
        )
        made.append(record)
    return made


@dataclass(frozen=True)
class ConsentDesk:
    """Writes the ledger and the standings."""

    profiles: Profiles
    metrics: Metrics

    def grant(
        self,
        brand: str,
        shopper_id: str,
        where: Sequence[Place],
        said: Said,
        now: datetime,
        *,
        address: str = "",
        confirmed: bool = False,
    ) -> Profile:
        """They have agreed. ``address``: the email or number (E.164) that it is about; InvalidInputError where a
        channel needs one and there is none.
        """
        if not address and any(channel in ADDRESSED for _, channel in where):
            raise InvalidInputError("consent needs the address that it is for", code="no-address")

        def change(profile: Profile, ledger: Ledger) -> tuple[Profile, Ledger]:
            del ledger
            granted = ConsentAction.GRANTED
            return profile, entries(profile, granted, where, said, now, address=address, confirmed=confirmed)

        return self.change(brand, shopper_id, change)[0]

    def sign_up(
        self,
        brand: str,
        shopper_id: str,
        number: str,
        purposes: Sequence[Purpose],
        country: CountryProfile,
        said: Said,
        now: datetime,
        *,
        usual: Sequence[Channel] = (),
    ) -> SignUp:
        """They want SMS to this number (E.164), rather than news by the brand's ``usual`` channels.
        TooManySignUpsError after ``SIGN_UPS_A_DAY``.
        """
        needs, digest = country.consents(Channel.SMS), address_digest(brand, number)

        def change(profile: Profile, ledger: Ledger) -> tuple[Profile, Ledger]:
            if not may_sign_up(ledger, now):
                raise TooManySignUpsError
            stopped = {purpose for purpose in purposes if has_stopped(ledger, purpose, Channel.SMS, digest)}
            double = [one for one in purposes if one in stopped or needs.of(one) is OptIn.DOUBLE]
            single = [one for one in purposes if one not in double]
            made = entries(profile, ConsentAction.ASKED, places(double, [Channel.SMS]), said, now, address=number)
            made += entries(profile, ConsentAction.GRANTED, places(single, [Channel.SMS]), said, now, address=number)
            wanted = profile.preferences.asking_for(Channel.SMS, usual).without_off(single)
            update = {"mobile" if single else "mobile_asked": number, "preferences": wanted}
            return profile.model_copy(update=update), made

        _, records = self.change(brand, shopper_id, change)
        if not records:
            return SignUp.REPEATED
        asked = any(one.action is ConsentAction.ASKED for one in records)
        return SignUp.ASKED if asked else SignUp.GRANTED

    def confirm(
        self,
        brand: str,
        shopper_id: str,
        address: str,
        said: Said,
        now: datetime,
        *,
        purposes: Collection[Purpose] = tuple(Purpose),
    ) -> list[Place]:
        """The address itself says yes to what was asked for it (for these purposes); returns what that was."""

        def change(profile: Profile, ledger: Ledger) -> tuple[Profile, Ledger]:
            made = []
            waits = pending(ledger, address_digest(brand, address), now - ASK_LIFETIME)
            for one in (one for one in waits if one.purpose in purposes):
                # What was shown when it was asked for is what they say yes to.
                yes = replace(said, wording=one.wording, language=one.language, at=max(said.at, one.at))
                where = [(one.purpose, one.channel)]
                made += entries(profile, ConsentAction.GRANTED, where, yes, now, address=address, confirmed=True)
            wanted = profile.preferences.without_off(one.purpose for one in made)
            profile = profile.model_copy(update={"preferences": wanted})
            if made and profile.mobile_asked == address:
                profile = profile.model_copy(update={"mobile": address, "mobile_asked": None})
            return profile, made

        return [(one.purpose, one.channel) for one in self.change(brand, shopper_id, change)[1]]

    def withdraw(
        self, brand: str, shopper_id: str, where: Sequence[Place], said: Said, now: datetime, *, address: str = ""
    ) -> Profile:
        """They want no more of it."""

        def change(profile: Profile, ledger: Ledger) -> tuple[Profile, Ledger]:
            del ledger
            return profile, entries(profile, ConsentAction.WITHDRAWN, where, said, now, address=address)

        return self.change(brand, shopper_id, change)[0]

    def with_address(self, brand: str, shopper_id: str, address: str) -> list[str]:
        """The shopper, and everybody else whom an address reaches now: what it says, it says for all of them."""
        others = self.profiles.find(brand, address) if address else ()
        return list(dict.fromkeys((shopper_id, *others)))

    def hard_bounced(self, brand: str, shopper_id: str, channel: Channel, address: str, at: datetime) -> Profile:
        """The address takes nothing, for good: it is not used again."""

        def change(profile: Profile, ledger: Ledger) -> tuple[Profile, Ledger]:
            del ledger
            return _unreachable(profile, channel, address, BOUNCED, at), []

        return self.change(brand, shopper_id, change)[0]

    def complained(
        self, brand: str, shopper_id: str, channel: Channel, address: str, said: Said, now: datetime
    ) -> Profile:
        """They have called a message spam: the address is not used again, and questions and offers have ended there."""
        where = places((Purpose.CHECK_IN, Purpose.MARKETING), (channel,))

        def change(profile: Profile, ledger: Ledger) -> tuple[Profile, Ledger]:
            del ledger
            made = entries(profile, ConsentAction.WITHDRAWN, where, said, now, address=address)
            return _unreachable(profile, channel, address, COMPLAINED, said.at), made

        return self.change(brand, shopper_id, change)[0]

    def change(self, brand: str, shopper_id: str, change: Change) -> tuple[Profile, Ledger]:
        """The profile after ``change``, and the records that were news; it may be called again. Nothing is written
        where nothing is new.
        """

        def attempt() -> tuple[Profile, Ledger]:
            # The profile first: whoever appends to the ledger writes the profile too, so that its version guards both.
            profile = self.profiles.get(brand, shopper_id)
            stored = self.profiles.ledger(brand, shopper_id)
            ledger = remembered(stored, profile.erased_at)
            changed, made = change(profile, ledger)
            records = _news(stored, remembered(made, profile.erased_at))
            changed = _settled(changed, [*ledger, *records], records)
            if changed == profile and not records:
                return profile, []
            saved = changed.model_copy(update={"version": profile.version + 1})
            self.profiles.save(saved, records)
            return saved, records

        saved, records = until_settled(attempt)
        for record in records:
            self.metrics.count(
                "Consents", action=record.action.value, channel=record.channel.value, source=record.source.value
            )
        return saved, records


def may_sign_up(ledger: Ledger, now: datetime) -> bool:
    """True while one more sign-up by number is allowed today."""
    acts = {one.at for one in ledger if _is_sign_up(one) and one.at > now - timedelta(days=1)}
    return len(acts) < SIGN_UPS_A_DAY


def reachable_again(profile: Profile, channel: Channel, address: str) -> Profile:
    """The profile of somebody who has written from the address: it is one."""
    known = profile.unreachable.get(channel)
    if known is None or known.address_digest != address_digest(profile.brand, address):
        return profile
    left = {one: why for one, why in profile.unreachable.items() if one is not channel}
    return profile.model_copy(update={"unreachable": left})


def _is_sign_up(record: ConsentRecord) -> bool:
    page = record.source in (ConsentSource.TRACKING_PAGE, ConsentSource.PREFERENCE_CENTRE)
    number = record.channel in (Channel.SMS, Channel.WHATSAPP)
    return page and number and record.action is not ConsentAction.WITHDRAWN


def _news(ledger: Ledger, made: Iterable[ConsentRecord]) -> Ledger:
    """Those that are not in the ledger yet."""
    known = {record.consent_id for record in ledger}
    return [one for one in made if one.consent_id not in known and not _is_repeated(one, ledger)]


def _is_repeated(one: ConsentRecord, ledger: Ledger) -> bool:
    mine = [record for record in ledger if (record.purpose, record.channel) == (one.purpose, one.channel)]
    if not mine:
        return False
    last = max(mine, key=lambda record: record.at)
    said = ("action", "source", "proof", "address_digest", "wording")
    same = all(getattr(last, name) == getattr(one, name) for name in said)
    return same and timedelta(0) <= one.at - last.at < _SAME_ACT


def _settled(profile: Profile, ledger: Ledger, records: Ledger) -> Profile:
    """The profile with the standings that new records have changed."""
    standings = dict(profile.standings)
    for place in {(record.purpose, record.channel) for record in records}:
        found = standing(record for record in ledger if (record.purpose, record.channel) == place)
        if found:
            standings[standing_key(*place)] = found
    return profile.model_copy(update={"standings": standings})


def _unreachable(profile: Profile, channel: Channel, address: str, reason: str, at: datetime) -> Profile:
    digest = address_digest(profile.brand, address)
    known = profile.unreachable.get(channel)
    if known and known.address_digest == digest and known.reason == reason:
        return profile
    found = Unreachable(reason=reason, address_digest=digest, at=at)
    return profile.model_copy(update={"unreachable": {**profile.unreachable, channel: found}})
