"""Which moments are told to the shopper, and when news has overtaken a moment."""

from enum import StrEnum
from typing import Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.delays import DelayKind
from porchlight.domain.forecast.lives import COMPACT
from porchlight.domain.ids import stable_id
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment

MILESTONE_MOMENT: dict[Milestone, Moment] = {
    Milestone.ACCEPTED: Moment.SHIPPED,
    Milestone.IN_TRANSIT: Moment.SHIPPED,
    Milestone.OUT_FOR_DELIVERY: Moment.OUT_FOR_DELIVERY,
    Milestone.DELIVERED: Moment.DELIVERED,
    Milestone.DELIVERY_ATTEMPTED: Moment.DELIVERY_ATTEMPTED,
    Milestone.AVAILABLE_FOR_PICKUP: Moment.AVAILABLE_FOR_PICKUP,
    Milestone.EXCEPTION: Moment.EXCEPTION,
    Milestone.DAMAGED: Moment.EXCEPTION,
}
"""The moment that a parcel's present milestone stands for; milestones that are missing here send nothing (yet)."""

PARCEL_MOMENTS = frozenset(MILESTONE_MOMENT.values())

DELAY_MOMENTS = frozenset(
    {
        *(Moment.DELAY_DECLARED, Moment.DELAY_UPDATED, Moment.DELAY_RECOVERED, Moment.DELAY_QUESTION),
        *(Moment.DELAY_OPTION, Moment.APOLOGY_CREDIT, Moment.RESENT),
    }
)
"""Moments of a delay, of its questions and of what is done about it."""


class MessageState(StrEnum):
    """planned → sending → sent | failed; or merged into another one; or suppressed, with the reason, and never sent.

    A planned message with a ``not_before`` is held.
    """

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    MERGED = "merged"
    SUPPRESSED = "suppressed"


class Suppression(StrEnum):
    """Why a moment is not told, or not by a channel."""

    OVERTAKEN = "overtaken"
    STALE = "stale"
    CANCELLED = "order_cancelled"
    ERASED = "erased"
    MOMENT_OFF = "moment_off"
    """The brand does not send it."""
    UNSUBSCRIBED = "unsubscribed"
    """The shopper has switched its purpose off."""
    FREQUENCY = "frequency"
    """The shopper wants to hear less."""
    SEGMENT = "segment"
    HELD_OUT = "held_out"
    """In the part of an experiment that does not get it."""
    TROUBLE = "trouble"
    """Something is wrong with the order: nobody is asked how it was, or sold anything."""
    CAPPED = "capped"
    CONTINUED = "continued"
    """Another message of the same day or order says it already."""
    NO_ADDRESS = "no_address"
    INVALID_ADDRESS = "invalid_address"
    UNREACHABLE = "unreachable"
    """The address bounced, complained, or said stop."""
    NO_CONSENT = "no_consent"
    NOT_CHOSEN = "not_chosen"
    """Neither the shopper's channel nor the moment's."""
    NOT_ALLOWED_THERE = "not_allowed_there"
    """The country's rules for senders."""
    PAUSED = "paused"
    """The provider's limits of bounces or complaints are near."""
    NO_CHANNEL = "no_channel"
    """No channel could be used: the checks of each say why."""


class Hold(StrEnum):
    """Why a message waits."""

    QUIET_HOURS = "quiet_hours"
    DIGEST = "digest"
    GATHER = "gather"
    """Other parcels of the order may follow within minutes."""
    FOLLOW_UP = "follow_up"
    ONE_A_DAY = "one_a_day"


_PASSED = "passed"


class Check(BaseModel):
    """One rule that was asked, and what it said: what an explanation is made of. References only.

    Each message keeps a dozen, and is written four times: with ``COMPACT`` as the context of a dump a rule that passed
    is its name alone, and another one a list, so that most messages take one write unit and not two.
    """

    model_config = ConfigDict(frozen=True)

    rule: str
    channel: Channel | None = None
    outcome: str
    """``passed``, ``held``, ``chosen``, or a ``Suppression``."""
    detail: dict[str, str | int | bool] = {}
    """Ids, instants, settings: nothing personal. ``consent_id`` names the ledger record."""

    @model_serializer(mode="wrap")
    def _dumped(self, plain: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        if info.context != COMPACT:
            return plain(self)
        said = [self.rule, self.detail, self.channel.value if self.channel else "", self.outcome]
        if self.outcome == _PASSED:
            said = said[: 3 if self.channel else 2 if self.detail else 1]
        return said if len(said) > 1 else self.rule

    @model_validator(mode="before")
    @classmethod
    def _loaded(cls, data: Any) -> Any:
        if not isinstance(data, str | list):
            return data
        parts = [data] if isinstance(data, str) else data
        said = dict(zip(("rule", "detail", "channel", "outcome"), parts, strict=False))
        return {**said, "channel": said.get("channel") or None, "outcome": said.get("outcome", _PASSED)}


class Told(BaseModel):
    """A message that another one says too, or says in its place."""

    model_config = ConfigDict(frozen=True)

    order_id: str
    message_id: str


class MessageRecord(BaseModel):
    """The decision about one message, written before anything is sent. References only: the address stays with the
    shopper.
    """

    model_config = ConfigDict(frozen=True)

    brand: str
    message_id: str
    order_id: str
    shopper_id: str
    moment: Moment
    subject_id: str
    """What it is about: a shipment, return, order, delay (``{id}#{revision}`` for an update), case or remedy id."""
    shipment_id: str | None = None
    return_id: str | None = None
    kind: DelayKind | None = None
    """Of the delay that it is about."""
    purpose: Purpose = Purpose.SERVICE
    channel: str = "email"
    provider: str | None = None
    """Who took it."""
    state: MessageState
    reason: Suppression | None = None
    checks: tuple[Check, ...] = ()
    policy_version: str = ""
    planned_at: AwareDatetime
    event_at: AwareDatetime
    """When the news reached us: event-to-message latency counts from here."""
    not_before: AwareDatetime | None = None
    """Held until then."""
    held_for: Hold | None = None
    beside: Channel | None = None
    """It goes out by this channel only, beside the first one."""
    bundle_id: str | None = None
    """Of the messages that it waits together with."""
    merged_into: Told | None = None
    includes: tuple[Told, ...] = ()
    """What a digest, or a message about several parcels, says."""
    fallback_of: str | None = None
    """The message of another channel that failed or was not confirmed."""
    confirm_by: AwareDatetime | None = None
    """If nothing confirms it by then, the next channel is used; of one that failed: until that has taken over."""
    attempt: int = 0
    """How often it was handed over, and may have been taken."""
    sending_since: AwareDatetime | None = None
    offered_at: AwareDatetime | None = None
    """When it was first handed over, where it offers something for a time: the end does not move with another try."""
    sent_at: AwareDatetime | None = None
    delivered_at: AwareDatetime | None = None
    opened_at: AwareDatetime | None = None
    clicked_at: AwareDatetime | None = None
    bounced_at: AwareDatetime | None = None
    provider_id: str | None = None
    failure: str | None = None
    language: str | None = None
    parts: int | None = None
    """SMS segments."""
    version: int = 0

    @property
    def is_about_delay(self) -> bool:
        """True for what tells of a delay, asks about it or mends it."""
        return self.moment in DELAY_MOMENTS

    @property
    def has_arrived(self) -> bool:
        """True for what was read, or delivered and not returned since."""
        read = self.opened_at or self.clicked_at
        return bool(read or (self.delivered_at and not self.bounced_at))


def message_id(brand: str, order: str, moment: Moment, subject: str, slot: str = "") -> str:
    """The key under which a message happens once, whatever the channel. ``slot``: ``also:push`` beside the first,
    ``next:sms`` for the channel that takes over.
    """
    return stable_id("msg", brand, order, moment.value, subject, slot)


def overtaken(moment: Moment, milestone: Milestone) -> bool:
    """True where the parcel's present milestone no longer is what the moment would tell."""
    return moment in PARCEL_MOMENTS and MILESTONE_MOMENT.get(milestone) is not moment
