"""What a brand decides: names, looks, promises and policies. Read from ``brand/<id>/brand.yaml`` when the pack is
built.
"""

from datetime import time, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, HttpUrl, Tag, field_validator

from porchlight.domain.dates import zone
from porchlight.domain.delays import DelayKind
from porchlight.domain.ids import BRAND_ID_PATTERN
from porchlight.domain.ops import OpsPolicy
from porchlight.domain.outreach import Outreach
from porchlight.domain.playbooks import Playbook
from porchlight.domain.policy.model import ReturnsPolicy
from porchlight.domain.webhooks import WebhookEndpoint

_STRICT = ConfigDict(frozen=True, extra="forbid")


class Look(BaseModel):
    """One accent colour (``#rrggbb``) and an optional logo file beside brand.yaml; everything else follows from it."""

    model_config = _STRICT

    accent: str = Field(pattern=r"^#[0-9a-fA-F]{6}$")
    logo: str | None = None


class Sender(BaseModel):
    """Who emails come from. ``reply_to`` reaches a person, and the emails say so."""

    model_config = _STRICT

    name: str
    email: str
    reply_to: str


class PromisePolicy(BaseModel):
    """Working days after the order for stores that name no date: the likely and the latest one."""

    model_config = _STRICT

    working_days: tuple[int, int] = (3, 5)


def _ordered(days: tuple[int, int]) -> tuple[int, int]:
    if not 0 <= days[0] <= days[1]:
        raise ValueError("the likely day comes first, the latest second")
    return days


WorkingDays = Annotated[tuple[int, int], AfterValidator(_ordered)]
"""Working days, (likely, latest)."""


class Origin(BaseModel):
    """Where orders are packed. ``cutoff``: what is ordered later leaves a working day later, local to ``zone``."""

    model_config = _STRICT

    country: str = Field(pattern=r"^[A-Z]{2}$")
    region: str = Field(default="", pattern=r"^[A-Z0-9]{0,3}$")
    postal_prefix: str = Field(default="", max_length=3)
    zone: str
    cutoff: time = time(14)
    handling_working_days: WorkingDays = (0, 1)
    """From the order to the carrier's first scan: until history knows better."""

    @field_validator("zone")
    @classmethod
    def _exists(cls, name: str) -> str:
        if zone(name) is None:
            raise ValueError(f"there is no zone {name!r}")
        return name


class ServiceLevel(BaseModel):
    """What a service level usually takes from the first scan on: until history knows better."""

    model_config = _STRICT

    working_days: WorkingDays = (2, 5)
    carrier: str = Field(default="", pattern=r"^([a-z][a-z0-9_]{1,40})?$")
    """Who carries it, where that is always the same one: its history counts before an order has a parcel."""
    countries: dict[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], WorkingDays] = {}
    """Destinations (ISO 3166-1) that take another time."""


class DatesPolicy(BaseModel):
    """What dates are made of before there is history: where orders are packed, and what services take."""

    model_config = _STRICT

    origins: dict[str, Origin] = {}
    """The first one is used where an order names none."""
    services: dict[str, ServiceLevel] = {}
    """The first one is used where an order names none."""


class DelayPolicy(BaseModel):
    """When a parcel is declared late, the range that is honest then, and what is done about it.

    Where lanes have history, their own figures count; these are used where they have none.
    """

    model_config = _STRICT

    version: str
    late_probability: float = Field(default=0.5, gt=0, lt=1)
    """From this probability of missing the promise on, the shopper is told."""
    no_scan_days: int = Field(default=4, ge=1, le=60)
    """Without a scan for so long, a moving parcel is stalled; a lane's own P95 is used within half and double of it."""
    new_range_working_days: tuple[int, int] = (1, 3)
    """The new range, in working days from the day of the declaration."""
    surge_days: int = Field(default=2, ge=0, le=30)
    """While a lane breaks down, its ranges end so many days later."""
    update_days: int = Field(default=1, ge=1, le=30)
    """A range whose last day has moved by so much is told anew."""
    wait_for_news_days: int = Field(default=14, ge=1, le=60)
    ship_working_days: int = Field(default=2, ge=0, le=60)
    """Orders that name no day of shipping are to leave within so many working days."""
    first_scan_working_days: int = Field(default=2, ge=1, le=30)
    retry_working_days: int = Field(default=1, ge=1, le=14)
    exception_working_days: int = Field(default=1, ge=1, le=14)
    pickup_days: int = Field(default=7, ge=1, le=30)
    """How long pickup points keep a parcel."""
    pickup_reminder_days: int = Field(default=2, ge=1, le=14)
    lost_days: int = Field(default=14, ge=3, le=120)
    """Silent for so long, a parcel is presumed lost."""
    return_stalled_days: int = Field(default=7, ge=1, le=60)
    mail_order_rule: bool = True
    """Orders to the United States that will not ship in time get the notice that 16 CFR Part 435 asks for."""
    playbooks: dict[DelayKind, Playbook] = {}
    tiers: dict[str, dict[DelayKind, Playbook]] = {}
    """Playbooks of single tiers."""


class Pace(BaseModel):
    """How often a carrier is asked about a parcel, in minutes. ``at_most``: where doubling ends while it is silent."""

    model_config = _STRICT

    before_pickup: int = Field(default=240, ge=15, le=2880)
    in_transit: int = Field(default=120, ge=15, le=2880)
    out_for_delivery: int = Field(default=30, ge=5, le=720)
    at_most: int = Field(default=720, ge=60, le=10_080)


class TrackingPolicy(BaseModel):
    """Which sources may be asked about this brand's parcels, in order of preference, and how often.

    A carrier's own source comes before an aggregator, which is asked about carriers that no other source in the list
    covers. The build of the pack refuses sources that cannot be asked. Nothing in the list: nothing is watched.
    """

    model_config = _STRICT

    ask: tuple[str, ...] = ()
    minutes: Pace = Pace()
    give_up_days: int = Field(default=45, ge=7, le=365)
    """So long without any news, and nobody looks any more."""

    @field_validator("ask")
    @classmethod
    def _once(cls, ask: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(ask)) != len(ask):
            raise ValueError("a source stands in the list twice")
        return ask


class _Refunds(BaseModel):
    """Who moves money and sends other goods. The secret is ``porchlight/{stage}/refunds/{brand}``."""

    model_config = _STRICT

    url: HttpUrl | None = None
    """Where the brand's own system is asked, signed (Standard Webhooks), for all that the provider cannot do. None:
    the deployment's ``RefundUrl`` parameter is used.
    """


class RefundWebhook(_Refunds):
    """The brand's own system does it all."""

    provider: Literal["webhook"] = "webhook"


class ShopifyRefunds(_Refunds):
    """Refunds and store credit in Shopify."""

    provider: Literal["shopify"]
    shop: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*\.myshopify\.com$")


class StripeRefunds(_Refunds):
    """Refunds and holds at Stripe; orders name their ``payment_reference``."""

    provider: Literal["stripe"]


class WooCommerceRefunds(_Refunds):
    """Refunds in WooCommerce. ``site``: where WordPress is."""

    provider: Literal["woocommerce"]
    site: HttpUrl


def _refund_provider(given: Any) -> str:
    """The tag of a union whose first member may leave it out."""
    provider = given.get("provider") if isinstance(given, dict) else given.provider
    return str(provider or "webhook")


Refunds = Annotated[
    Annotated[RefundWebhook, Tag("webhook")]
    | Annotated[ShopifyRefunds, Tag("shopify")]
    | Annotated[StripeRefunds, Tag("stripe")]
    | Annotated[WooCommerceRefunds, Tag("woocommerce")],
    Discriminator(_refund_provider),
]
"""Who moves the money of a brand."""


class BrandConfig(BaseModel):
    """Everything about one brand that is not a secret."""

    model_config = _STRICT

    brand_id: str = Field(pattern=BRAND_ID_PATTERN)
    name: str
    shop_url: HttpUrl
    support_url: HttpUrl
    postal_address: str
    """Shown at the foot of each email, as the law of most countries asks."""
    sender: Sender
    look: Look
    language: str = "en"
    languages: tuple[str, ...] | None = None
    """The languages that it speaks (BCP 47); None: all that its words are whole in."""
    zone: str | None = None
    """Where a destination's zone is not known, days are read here."""
    promise: PromisePolicy = PromisePolicy()
    dates: DatesPolicy = DatesPolicy()
    delays: DelayPolicy
    returns: ReturnsPolicy
    """Written in ``policies/returns.yaml`` beside brand.yaml; a brand without that file has the default one."""
    refunds: Refunds = RefundWebhook()
    tracking: TrackingPolicy = TrackingPolicy()
    outreach: Outreach = Outreach()
    webhooks: tuple[WebhookEndpoint, ...] = ()
    ops: OpsPolicy = OpsPolicy()
    old_after_hours: int = Field(default=48, ge=1, le=8_760)
    """An order that is older when we first hear of it is taken over without a word: an import, not news."""
    link_days: int = Field(default=180, ge=1, le=730)

    @field_validator("webhooks")
    @classmethod
    def _told_apart(cls, webhooks: tuple[WebhookEndpoint, ...]) -> tuple[WebhookEndpoint, ...]:
        if len({endpoint.id for endpoint in webhooks}) != len(webhooks):
            raise ValueError("two endpoints have the same id")
        return webhooks

    @property
    def old_after(self) -> timedelta:
        """From which age on an unknown order is no news."""
        return timedelta(hours=self.old_after_hours)

    @property
    def link_lifetime(self) -> timedelta:
        """How long the links in messages work."""
        return timedelta(days=self.link_days)
