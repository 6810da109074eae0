"""What reaching shoppers needs from the outside world: profiles with the consent ledger, what was sent to whom lately,
providers with their health and quotas, the catalogue and the countries' rules. Beside ``ports.py``.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.blocks import Blocks
from porchlight.domain.breakers import Breaker
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentRecord
from porchlight.domain.countries import CountryProfile
from porchlight.domain.experiments import Arm, Effect
from porchlight.domain.messages import Told
from porchlight.domain.moments import Catalogue, Moment
from porchlight.domain.orders import Shopper
from porchlight.domain.preferences import Profile
from porchlight.domain.ratings import Rating
from porchlight.domain.receipts import ReceiptKind
from porchlight.domain.reputation import Outcome, Reputation

_FROZEN = ConfigDict(frozen=True)


class Profiles(Protocol):
    """Profiles and the consent ledger, under the shopper."""

    def get(self, brand: str, shopper_id: str) -> Profile:
        """The profile; an empty one of version 0 where there is none. Read consistently."""
        ...

    def with_contact(self, brand: str, shopper_id: str) -> tuple[Shopper | None, Profile]:
        """The contact points and the profile, in one read."""
        ...

    def save(self, profile: Profile, records: Sequence[ConsentRecord] = ()) -> None:
        """Write the profile and append to the ledger, all or nothing; ConflictError if it is not ``version - 1`` that
        is stored. The same record twice is one.
        """
        ...

    def ledger(self, brand: str, shopper_id: str) -> list[ConsentRecord]:
        """All records, the oldest first."""
        ...

    def find(self, brand: str, address: str) -> list[str]:
        """Ids of the shoppers whose email address or number (E.164) this is now, or whose sign-up by it is open."""
        ...

    def erase(self, brand: str, shopper_id: str, at: datetime) -> None:
        """Forget the person: contact points, devices, preferences and traits go; that they were erased, what was
        withdrawn, and the ledger without wording and proof, stay. ConflictError if the profile was changed meanwhile.
        """
        ...


class Engaged(BaseModel):
    """One moment on one channel on one day: how many messages were delivered, opened, clicked …"""

    model_config = _FROZEN

    day: date
    moment: Moment
    channel: Channel
    counts: dict[ReceiptKind, int] = {}


class Replies(Protocol):
    """What shoppers sent back, and was dealt with."""

    def is_done(self, brand: str, reply_id: str) -> bool:
        """True where it was."""
        ...

    def done(self, brand: str, reply_id: str, now: datetime) -> None:
        """It is now; remembered for some days."""
        ...


class Mails(Protocol):
    """Emails as they were received."""

    def get(self, key: str) -> bytes:
        """The whole of one; NotFoundError when it has expired."""
        ...


class Touch(BaseModel):
    """One message that went out (or is about to) to a shopper."""

    model_config = _FROZEN

    message_id: str
    channel: Channel
    purpose: Purpose
    at: AwareDatetime


MOST_TOUCHES = 100
"""Of each channel and purpose: as many as a cap may count (``outreach.Cap``)."""
TOUCH_KEPT = timedelta(days=60)


class TouchLog(BaseModel):
    """What one shopper got lately, the oldest first: what caps are counted by. Guarded by its version."""

    model_config = _FROZEN

    brand: str
    shopper_id: str
    touches: tuple[Touch, ...] = ()
    version: int = 0

    def with_one(self, touch: Touch) -> "TouchLog":
        """With one more, without what is too old to count. The same message is one touch, the newest."""
        kept = [one for one in self.touches if one.message_id != touch.message_id and touch.at - one.at <= TOUCH_KEPT]
        known = sorted([*kept, touch], key=lambda one: one.at)
        alike = [one for one in known if (one.channel, one.purpose) == (touch.channel, touch.purpose)]
        beyond = {one.message_id for one in alike[:-MOST_TOUCHES]}
        newest = tuple(one for one in known if one.message_id not in beyond)
        return self.model_copy(update={"touches": newest, "version": self.version + 1})


class Touches(Protocol):
    """What shoppers got lately."""

    def get(self, brand: str, shopper_id: str) -> TouchLog:
        """An empty one of version 0 where there is none."""
        ...

    def save(self, log: TouchLog) -> None:
        """Write it; ConflictError if it is not ``version - 1`` that is stored. Forgotten when all of it is too old."""
        ...


MOST_MEMBERS = 25


class Bundle(BaseModel):
    """Messages that are sent as one: ``lead`` is the message that goes out, ``members`` what it says."""

    model_config = _FROZEN

    brand: str
    shopper_id: str
    bundle_id: str
    lead: Told
    members: tuple[Told, ...] = ()
    """At most ``MOST_MEMBERS``: more are told by "and more", and nobody writes here for them."""
    more: bool = False
    closed: bool = False
    """It was sent, or is being sent: nobody joins it any more."""
    kept_until: AwareDatetime
    version: int = 0


class Bundles(Protocol):
    """Messages that wait together, under the shopper."""

    def get(self, brand: str, shopper_id: str, bundle_id: str) -> Bundle | None:
        """One bundle."""
        ...

    def save(self, bundle: Bundle) -> None:
        """Write it; ConflictError if it is not ``version - 1`` that is stored."""
        ...


class Catalogues(Protocol):
    """The data of the brand pack that decisions go by."""

    def moments(self, brand: str) -> Catalogue:
        """The brand's catalogue."""
        ...

    def country(self, brand: str, country: str | None) -> CountryProfile:
        """The profile of a country; the default one where it has none or is not known."""
        ...

    def blocks(self, brand: str) -> Blocks:
        """What may stand below the news of its emails."""
        ...


class Ratings(Protocol):
    """What shoppers thought of their orders."""

    def put(self, rating: Rating) -> bool:
        """Store it, in place of another answer to the same message; True where there was none."""
        ...


class PushContent(BaseModel):
    """What a device or a browser shows."""

    model_config = _FROZEN

    title: str
    body: str
    url: str


class TemplateContent(BaseModel):
    """A WhatsApp template that Meta has approved, and what stands in its places."""

    model_config = _FROZEN

    name: str
    language: str
    parameters: tuple[str, ...] = ()
    url_suffix: str = ""


class EmailContent(BaseModel):
    """An email without its envelope."""

    model_config = _FROZEN

    subject: str
    html: str
    text: str
    headers: dict[str, str] = {}
    attached: bytes = b""
    """A whole email that goes along with it."""


class TextContent(BaseModel):
    """An SMS. ``parts``: segments that it is billed as."""

    model_config = _FROZEN

    text: str
    parts: int = 1
    max_price_cents: int | None = None
    """US cents that all parts together may cost; None: no limit."""


class Outgoing(BaseModel):
    """One message for one address, ready to be handed over. ``tags`` come back with the provider's reports."""

    model_config = _FROZEN

    brand: str
    channel: Channel
    message_id: str
    order_id: str = ""
    """Empty, and no ``moment``, for what answers a word that was sent to us."""
    moment: Moment | None = None
    purpose: Purpose
    to: str
    """Email address, E.164 number, endpoint ARN, or the push subscription's URL."""
    keys: dict[str, str] = {}
    """``p256dh``, ``auth`` of a push subscription."""
    country: str | None = None
    """Of the number, ISO 3166-1."""
    content: EmailContent | TextContent | PushContent | TemplateContent
    from_name: str = ""
    from_address: str = ""
    """Email address, or the origination identity of SMS and WhatsApp; empty: the provider's own choice."""
    reply_to: str = ""
    expires_at: AwareDatetime | None = None

    @property
    def tags(self) -> Mapping[str, str]:
        """What names the message in reports."""
        named = {"brand": self.brand, "order_id": self.order_id, "message_id": self.message_id}
        named["moment"] = self.moment.value if self.moment else ""
        return {name: value for name, value in named.items() if value}


class Provider(Protocol):
    """Somebody who carries messages of one channel."""

    def send(self, message: Outgoing) -> str:
        """Hand over; returns the provider's id of it.

        AddressRefusedError: the address is none or will not take it, whoever carries it. PermanentProviderError: this
        provider will not carry it. TransientError: not now; with ``code=NO_ANSWER`` nobody knows whether it was taken.
        """
        ...


class HandedOver(BaseModel):
    """Who took it, and under which id."""

    model_config = _FROZEN

    provider: str
    provider_id: str


class Courier(Protocol):
    """Hands a message to the first provider of its channel that is well and takes it."""

    def hand_over(self, message: Outgoing, now: datetime) -> HandedOver:
        """As ``Provider.send``; of what several raised, the one with most hope. A provider that gave no answer
        is never followed by another one: it may have taken the message. TransientError with ``code=THROTTLED`` where
        our own quota is used up.
        """
        ...


class Breakers(Protocol):
    """The circuit breakers of providers."""

    def get(self, brand: str, channel: Channel, provider: str, *, fresh: bool = False) -> Breaker:
        """The breaker; an untouched one of version 0 where nothing was ever written. Kept for a few seconds, unless
        ``fresh``.
        """
        ...

    def save(self, breaker: Breaker) -> None:
        """Write it; ConflictError if it is not ``version - 1`` that is stored."""
        ...


class Quotas(Protocol):
    """The token buckets of providers, shared by all processes."""

    def take(self, brand: str, channel: Channel, provider: str, per_second: float, tokens: int = 1) -> float:
        """Take a message's tokens; returns the seconds to wait until they are good, at most one. TransientError with
        ``code=THROTTLED`` where they are not to be had within that time.
        """
        ...


class Tries(Protocol):
    """How often somebody has tried something lately: what is open to everybody has a limit."""

    def count(self, brand: str, place: str, who: str, now: datetime) -> int:
        """Count one more try of ``who`` (an address of the net, an order number) at a place; how many there are in
        this hour then. Forgotten two hours later.
        """
        ...


class Reputations(Protocol):
    """What was sent, bounced and complained of, by brand, channel and hour."""

    def count(self, brand: str, channel: Channel, kind: Outcome, now: datetime, *, by: int = 1) -> None:
        """Count one more, or ``by``."""
        ...

    def get(self, brand: str, channel: Channel, now: datetime, *, fresh: bool = False) -> Reputation:
        """The last day. Kept for a minute, unless ``fresh``."""
        ...


class Engagement(Protocol):
    """What shoppers did with messages, added up by day, moment and channel."""

    def count(self, brand: str, moment: Moment, channel: Channel, kind: ReceiptKind, at: datetime) -> None:
        """Count one more. A year is kept."""
        ...

    def days(self, brand: str, first: date, last: date) -> list[Engaged]:
        """All counts of these days (UTC)."""
        ...


class Experiments(Protocol):
    """What is counted in experiments, by part."""

    def count(self, brand: str, experiment: str, arm: Arm, effect: Effect, at: datetime) -> None:
        """Count one more in a part of ``name/version``."""
        ...

    def arms(self, brand: str, experiment: str) -> dict[Arm, dict[Effect, int]]:
        """All counts; both parts, also where nothing was counted."""
        ...
