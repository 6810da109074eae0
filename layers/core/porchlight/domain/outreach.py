"""What a brand decides about reaching shoppers: channels and their providers, caps, segments, experiments, senders."""

from datetime import time
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.moments import Moment
from porchlight.domain.segments import Segment

_STRICT = ConfigDict(frozen=True, extra="forbid")
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Cap(BaseModel):
    """At most so many messages in a rolling window. Owed and problem news is counted, and never kept back."""

    model_config = _STRICT

    channel: Channel | None = None
    """None: all together."""
    purpose: Purpose | None = None
    at_most: int = Field(ge=1, le=100)
    hours: int = Field(ge=1, le=24 * 60)


class ChannelPolicy(BaseModel):
    """One channel of a brand. ``providers``: ids in the order in which they are tried (docs/channels.md)."""

    model_config = _STRICT

    providers: tuple[Name, ...] = Field(min_length=1)
    confirm_minutes: int | None = Field(default=None, ge=1, le=2_880)
    """If nothing confirms the delivery within so many minutes, the next channel is used; None: it is not waited for."""
    per_second: float = Field(default=14, gt=0, le=10_000)
    """The quota of each provider, this brand's part of it; of SMS in parts of messages, as networks count."""


class SmsSender(BaseModel):
    """Who SMS come from: a number (or pool) by country, and a name where that is allowed."""

    model_config = _STRICT

    origination: dict[Annotated[str, Field(pattern=r"^([A-Z]{2}|default)$")], str] = {}
    """Phone number, pool, or sender id by country; ``default`` for the rest."""
    numbers: tuple[str, ...] = ()
    """Numbers (E.164) that shoppers write back to, where ``origination`` names pools instead."""
    max_segments: int = Field(default=2, ge=1, le=10)
    """What would take more parts is cut to its shortest form, or not sent by SMS."""
    max_price_cents: int = Field(default=50, ge=1, le=2_000)
    """US cents that one message may cost, all its parts together; dearer countries are not sent to by SMS."""


class WhatsAppSender(BaseModel):
    """The brand's WhatsApp number (its id at AWS End User Messaging Social) and approved templates by moment."""

    model_config = _STRICT

    phone_number_id: str
    templates: dict[Moment, str] = {}


class Experiment(BaseModel):
    """A hold-out: this share of shoppers does not get the moment, so that its effect can be measured."""

    model_config = _STRICT

    moment: Moment
    hold_out: float = Field(gt=0, lt=1)
    version: Name = "first"
    """A new version assigns anew."""


class Links(BaseModel):
    """The brand's places elsewhere; shown quietly at the foot."""

    model_config = _STRICT

    instagram: HttpUrl | None = None
    facebook: HttpUrl | None = None
    tiktok: HttpUrl | None = None
    youtube: HttpUrl | None = None


class Outreach(BaseModel):
    """All of it. ``version`` is written beside each decision."""

    model_config = _STRICT

    version: str = "1"
    channels: tuple[Channel, ...] = (Channel.EMAIL,)
    """In order: the first one that may be used is used, unless the shopper says otherwise."""
    also: dict[Moment, tuple[Channel, ...]] = {}
    """Channels that get a moment beside the first one (push beside email)."""
    providers: dict[Channel, ChannelPolicy] = {Channel.EMAIL: ChannelPolicy(providers=("ses",))}
    urgent_passes_quiet_hours: bool = True
    caps: tuple[Cap, ...] = (
        Cap(purpose=Purpose.MARKETING, at_most=2, hours=168),
        Cap(purpose=Purpose.CHECK_IN, at_most=2, hours=168),
        Cap(channel=Channel.SMS, at_most=6, hours=24),
    )
    digest_at: time = time(18)
    segments: dict[Name, Segment] = {}
    experiments: dict[Name, Experiment] = {}
    sms: SmsSender = SmsSender()
    whatsapp: WhatsAppSender | None = None
    social: Links = Links()

    @model_validator(mode="after")
    def _has_providers(self) -> Self:
        used = {*self.channels, *(one for also in self.also.values() for one in also)}
        if missing := used - self.providers.keys():
            raise ValueError(f"the channel {min(missing).value} has no providers")
        return self
