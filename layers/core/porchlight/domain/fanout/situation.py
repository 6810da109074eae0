"""All that a decision about one message is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from porchlight.domain.brands import BrandConfig
from porchlight.domain.cases import Case
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.countries import CountryProfile
from porchlight.domain.dates import zone
from porchlight.domain.delays import DelayKind
from porchlight.domain.messages import Check, Hold, MessageRecord, Suppression
from porchlight.domain.moments import Moment, MomentSpec
from porchlight.domain.orders import Order, Shopper
from porchlight.domain.preferences import Profile
from porchlight.domain.returns import Return
from porchlight.domain.shipments import Shipment


@dataclass(frozen=True)
class News:
    """What is to be told."""

    moment: Moment
    subject_id: str
    event_at: datetime
    """When it reached us, or (of what follows by itself) when it is due."""
    shipment_id: str | None = None
    return_id: str | None = None
    kind: DelayKind | None = None


@dataclass(frozen=True)
class Contact:
    """Where a channel reaches the shopper."""

    address: str
    """As it will be used; empty where what is known is none."""
    digest: str
    country: str | None = None
    """Of a phone number."""


@dataclass(frozen=True)
class Sent:
    """What counts against caps."""

    message_id: str
    channel: Channel
    purpose: Purpose
    at: datetime


@dataclass(frozen=True)
class Situation:
    """Everything that is known when a decision is made."""

    news: News
    spec: MomentSpec
    brand: BrandConfig
    order: Order
    shopper: Shopper | None
    profile: Profile
    now: datetime
    contacts: Mapping[Channel, Contact]
    """Channels that have any address, valid or not."""
    countries: Mapping[Channel, CountryProfile]
    """The rules that each channel falls under: those of the number's country, else of the destination."""
    shipment: Shipment | None = None
    request: Return | None = None
    case: Case | None = None
    messages: Sequence[MessageRecord] = ()
    """All of the order."""
    parcels: Sequence[Shipment] = ()
    """All of the order; known where somebody is asked how it was, or sold something, or where they are the news."""
    parcel_count: int = 0
    return_count: int = 0
    returns: Sequence[Return] = ()
    """All of the order; known where the shop says that it gave money back."""
    sent: Sequence[Sent] = ()
    """To this shopper lately; known where a cap may count."""
    paused: frozenset[Channel] = frozenset()
    excluded: frozenset[Channel] = frozenset()
    """Channels that failed for this message."""
    only: Channel | None = None
    """The one channel in question, for a message that goes out beside another."""
    message_id: str = ""
    released: bool = False
    """It was held until now, and waits for nobody else any more."""

    @property
    def zone(self) -> str | None:
        """Where the shopper's clock is read."""
        parcel = self.shipment.zone if self.shipment else None
        country = next(iter(self.countries.values()), None)
        return self._own_zone(parcel) or (country.zone if country else None) or self.brand.zone

    @property
    def own_zone(self) -> str | None:
        """The zone that the shopper or the order named; no guess from the brand or the country."""
        return self._own_zone(None)

    def _own_zone(self, parcel: str | None) -> str | None:
        shopper = self.shopper.zone if self.shopper else None
        named = (self.profile.preferences.zone, shopper, parcel, self.order.destination.zone)
        return next(filter(zone, named), None)

    @property
    def language(self) -> str | None:
        """The shopper's language, where it is known."""
        return self.profile.preferences.language or (self.shopper.language if self.shopper else None)


class Outcome(StrEnum):
    """What a decision comes to."""

    SEND = "send"
    HOLD = "hold"
    SUPPRESS = "suppress"


@dataclass(frozen=True)
class Decision:
    """Sent by ``channel``, held until ``not_before``, or suppressed for ``reason``; and what every rule said."""

    outcome: Outcome
    checks: tuple[Check, ...] = ()
    channel: Channel | None = None
    reason: Suppression | None = None
    not_before: datetime | None = None
    held_for: Hold | None = None
    counted: bool = field(default=False)
    """A cap counts it."""
