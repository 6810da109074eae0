"""What a shopper wants, and all that is known about reaching them. Personal: stored under the shopper alone."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction, Standing, standing_key
from porchlight.domain.ids import stable_id
from porchlight.domain.orders import Shopper
from porchlight.domain.segments import Traits

_STORED = ConfigDict(frozen=True)


class Frequency(StrEnum):
    """How much a shopper wants to hear of parcels."""

    EVERY_STEP = "every_step"
    KEY_MOMENTS = "key_moments"
    ONLY_PROBLEMS = "only_problems"


class Digest(StrEnum):
    """Whether news is gathered into one message."""

    NONE = "none"
    DAILY = "daily"
    """All of a day in one message, in the evening; problems are told at once all the same."""


class QuietHours(BaseModel):
    """From ``start`` to ``end``, local to the shopper; over midnight where ``end`` comes first. Equal: none."""

    model_config = _STORED

    start: time
    end: time


class Preferences(BaseModel):
    """What the shopper has chosen. Empty: the brand's own choice."""

    model_config = _STORED

    channels: tuple[Channel, ...] = ()
    """In order: the first one that may be used and works is used. Those that are not named are not used, email aside
    for what the law asks to be told.
    """
    off: frozenset[Purpose] = frozenset()
    frequency: Frequency = Frequency.EVERY_STEP
    digest: Digest = Digest.NONE
    language: str | None = Field(default=None, max_length=35)
    quiet: QuietHours | None = None
    zone: str | None = Field(default=None, max_length=64)

    def asking_for(self, channel: Channel, usual: Sequence[Channel]) -> Self:
        """As they are with a channel that the shopper has asked to hear by: the first one, unless they have given it a
        place. ``usual``: the brand's own order.
        """
        if channel in self.channels or (not self.channels and usual[:1] == (channel,)):
            return self
        order = dict.fromkeys((channel, *(self.channels or usual)))
        return self.model_copy(update={"channels": tuple(order)})

    def without_off(self, purposes: Iterable[Purpose]) -> Self:
        """As they are with purposes that the shopper has asked for."""
        return self.model_copy(update={"off": self.off - frozenset(purposes)})


class Unreachable(BaseModel):
    """An address that must not be used any more: it bounced for good, complained, or is none."""

    model_config = _STORED

    reason: str
    """``bounced``, ``complained``, ``invalid``, ``stopped``."""
    address_digest: str
    at: AwareDatetime


class PushTarget(BaseModel):
    """A device (SNS endpoint ARN) or a browser (a push subscription)."""

    model_config = _STORED

    channel: Channel
    target: str
    """Endpoint ARN, or the subscription's endpoint URL."""
    p256dh: str = ""
    auth: str = ""
    added_at: AwareDatetime


class Profile(BaseModel):
    """How one shopper may be reached. ``version`` guards each write; the contact points are in ``Shopper``."""

    model_config = _STORED

    brand: str
    shopper_id: str
    preferences: Preferences = Preferences()
    standings: dict[str, Standing] = {}
    """By ``standing_key``: the newest ledger record of each."""
    unreachable: dict[Channel, Unreachable] = {}
    targets: tuple[PushTarget, ...] = ()
    mobile: str | None = Field(default=None, max_length=20)
    """The number (E.164) that the shopper has given for SMS; it stands before the store's."""
    mobile_asked: str | None = Field(default=None, max_length=20)
    """One that was given where sign-ups are confirmed, and is not yet."""
    traits: Traits = Traits()
    arms: dict[str, str] = {}
    """In which part of each experiment the shopper is, since a message of it was first decided on: ``name/version``."""
    erased_at: AwareDatetime | None = None
    version: int = 0

    def standing(self, purpose: Purpose, channel: Channel) -> Standing | None:
        """Where the purpose on the channel stands; None: nothing was ever said."""
        return self.standings.get(standing_key(purpose, channel))

    def targets_of(self, channel: Channel) -> tuple[PushTarget, ...]:
        """Devices or browsers."""
        return tuple(one for one in self.targets if one.channel is channel)


def forgotten(profile: Profile, at: datetime) -> tuple[Shopper, Profile]:
    """What is left of somebody who was erased then, of the same version: that they were, and what was withdrawn."""
    known = {"brand": profile.brand, "shopper_id": profile.shopper_id, "erased_at": at}
    withdrawn = {name: one for name, one in profile.standings.items() if one.action is ConsentAction.WITHDRAWN}
    return Shopper(**known), Profile(**known, standings=withdrawn, version=profile.version)


def address_digest(brand: str, address: str) -> str:
    """Names an address without showing it: the same one within a brand gives the same digest, also where servers write
    its domain in ASCII.
    """
    known = address.strip().casefold()
    local, at, domain = known.rpartition("@")
    return stable_id("adr", brand, local + at + _as_servers_write_it(domain))


def _as_servers_write_it(domain: str) -> str:
    try:
        return domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return domain
