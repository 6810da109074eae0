"""The preference centre: what it offers a shopper, what is ticked, and what a form that was sent means."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction
from porchlight.domain.consent_rules import allowed
from porchlight.domain.countries import CountryProfile
from porchlight.domain.preferences import Digest, Frequency, Preferences, Profile, QuietHours

BY_NUMBER = frozenset({Channel.SMS, Channel.WHATSAPP})
_DEVICES = frozenset({Channel.PUSH, Channel.WEB_PUSH})
_MOST_QUIET = timedelta(hours=20)
"""Some hours must be left for what is loud; a law's own hours come on top."""

Place = tuple[Purpose, Channel]


class Target(NamedTuple):
    """Where a channel reaches the shopper, by digest ("": nowhere yet), and the rules that it falls under."""

    digest: str
    rules: CountryProfile


class Choices(BaseModel):
    """What a form says."""

    model_config = ConfigDict(frozen=True)

    on: frozenset[Place] = frozenset()
    channels: tuple[Channel, ...] = ()
    frequency: Frequency = Frequency.EVERY_STEP
    digest: Digest = Digest.NONE
    language: str | None = None
    quiet: QuietHours | None = None
    mobile: str = ""
    """As it was typed; empty: it stays as it is."""

    def preferences(self, before: Preferences, offered: Sequence[Channel], usual: Sequence[Channel]) -> Preferences:
        """As they are kept. A purpose without any tick is off; a channel with a tick is used, though last, where the
        shopper's order, or the brand's ``usual`` one, does not name it.
        """
        ticked = [channel for channel in offered if any(channel is one for _, one in self.on)]
        order = tuple(dict.fromkeys((*(self.channels or usual), *ticked)))
        if not self.channels and order == tuple(usual):
            order = ()
        off = frozenset(purpose for purpose in Purpose if not any(purpose is one for one, _ in self.on))
        return before.model_copy(
            update={
                "channels": order,
                "off": off,
                "frequency": self.frequency,
                "digest": self.digest,
                "language": self.language,
                "quiet": self.quiet,
            }
        )


def offered(brand: BrandConfig, profile: Profile) -> list[Channel]:
    """The brand's channels in its own order; devices and browsers where the shopper has one."""
    own = dict.fromkeys((*brand.outreach.channels, *brand.outreach.providers))
    return [channel for channel in own if channel not in _DEVICES or profile.targets_of(channel)]


def may_ask_for_sms(brand: BrandConfig, profile: Profile, placed_at: datetime) -> bool:
    """True where the tracking page of an order offers news by SMS: the brand sends it, the shopper does not get it
    yet, and was not forgotten since the order was placed.
    """
    standing = profile.standing(Purpose.SERVICE, Channel.SMS)
    has_it = standing is not None and standing.action is ConsentAction.GRANTED
    erased = profile.erased_at is not None and placed_at <= profile.erased_at
    return Channel.SMS in brand.outreach.providers and not has_it and not erased


def ticked(profile: Profile, targets: Mapping[Channel, Target], channels: Iterable[Channel]) -> set[Place]:
    """What may be sent as things stand."""
    return {
        (purpose, channel)
        for channel in channels
        for purpose in Purpose
        if channel in targets and purpose not in profile.preferences.off and _may(profile, purpose, channel, targets)
    }


def _may(profile: Profile, purpose: Purpose, channel: Channel, targets: Mapping[Channel, Target]) -> bool:
    target = targets[channel]
    if not target.digest:
        return False
    needed = target.rules.consents(channel).of(purpose)
    return allowed(channel, needed, profile.standing(purpose, channel), target.digest).allowed


def choices_of(profile: Profile, on: Iterable[Place]) -> Choices:
    """The form as it is shown first."""
    kept = profile.preferences
    return Choices(
        on=frozenset(on),
        channels=kept.channels,
        frequency=kept.frequency,
        digest=kept.digest,
        language=kept.language,
        quiet=kept.quiet,
    )


def read_form(
    form: Mapping[str, Sequence[str]], channels: Sequence[Channel], languages: Collection[str]
) -> tuple[Choices, dict[str, str]]:
    """What was sent, and what is wrong with it, by field. Whatever else it may hold is passed over."""
    faults: dict[str, str] = {}
    quiet, fault = _quiet(_one(form, "quiet_start"), _one(form, "quiet_end"))
    if fault:
        faults["quiet"] = fault
    known = {f"{purpose.value}/{channel.value}": (purpose, channel) for channel in channels for purpose in Purpose}
    wanted = [_one(form, f"channel_{number}") for number in range(1, len(channels) + 1)]
    language = _one(form, "language")
    choices = Choices(
        on=frozenset(known[one] for one in form.get("on", ()) if one in known),
        channels=tuple(dict.fromkeys(Channel(one) for one in wanted if one in {c.value for c in channels})),
        frequency=_member(Frequency, _one(form, "frequency"), Frequency.EVERY_STEP),
        digest=_member(Digest, _one(form, "digest"), Digest.NONE),
        language=language if language in languages else None,
        quiet=quiet,
        mobile=_one(form, "mobile")[:40],
    )
    return choices, faults


def _one(form: Mapping[str, Sequence[str]], name: str) -> str:
    found = form.get(name) or [""]
    return found[0].strip()


def _member[E: (Frequency, Digest)](kind: type[E], value: str, default: E) -> E:
    return next((one for one in kind if one.value == value), default)


def _quiet(start: str, end: str) -> tuple[QuietHours | None, str]:
    if not start and not end:
        return None, ""
    try:
        hours = QuietHours(start=time.fromisoformat(start), end=time.fromisoformat(end))
    except ValueError:
        return None, "quiet"
    if hours.start == hours.end or hours.start.tzinfo or hours.end.tzinfo:
        return None, "quiet"
    return (hours, "") if _length(hours) <= _MOST_QUIET else (None, "quiet_long")


def _length(hours: QuietHours) -> timedelta:
    day = datetime(2000, 1, 1)  # noqa: DTZ001 - a length on the wall
    return (datetime.combine(day, hours.end) - datetime.combine(day, hours.start)) % timedelta(days=1)
