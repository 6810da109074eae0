"""Orders and shoppers, and what a store says about them.

Personal data has one home: the ``Shopper``. Orders, shipments, messages and returns only name its id.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal
from unicodedata import normalize

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from porchlight.domain.dates import DateRange, add_working_days, local_day
from porchlight.domain.delays import Delay, Suspected
from porchlight.domain.forecast.lives import Forecast
from porchlight.domain.money import Money
from porchlight.domain.packing import Packing, ParcelLine
from porchlight.domain.promises import PromiseMade, ShipDaySaid
from porchlight.domain.remedies import OURS, echo_of
from porchlight.domain.stages import Stage

_STORED = ConfigDict(frozen=True)
"""What is stored is read by older releases too (a rollback, a deployment in progress): they pass over what they do
not know.
"""


class Shopper(BaseModel):
    """The one home of personal data. ``language`` is BCP 47, ``zone`` an IANA name, both where known."""

    model_config = _STORED

    brand: str
    shopper_id: str
    name: str = ""
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    zone: str | None = None
    erased_at: AwareDatetime | None = None
    """What was known of the person then was forgotten: orders of before bring nothing back."""


class OrderLine(BaseModel):
    """One line of an order. ``unit_price`` is what was paid for one, tax included where the store's prices are."""

    model_config = _STORED

    line_id: str
    sku: str | None = None
    title: str
    quantity: int = Field(ge=1)
    unit_price: Money
    final_sale: bool = False
    supplier: str | None = None
    """Who sends it, where that is not the shop itself (drop-ship). For operators; shoppers are never told."""
    ships: bool = True
    """False for what never leaves in a parcel: a download, a gift card, a service."""
    list_price: Money | None = None
    """What one costs without a reduction, where the store says so."""
    paid: Money | None = None
    """What was paid for the whole line, discounts taken off and tax included, where ``unit_price`` times ``quantity``
    is not exactly that.
    """
    tax: Money | None = None
    """The tax in it, for the whole line."""
    category: str | None = None
    tags: tuple[str, ...] = ()
    hazmat: bool = False
    weight_grams: int | None = None
    """Of one."""
    no_withdrawal: str | None = None
    """Why the law gives no right of withdrawal for it (``domain.law``): ``custom_made``, ``sealed_hygiene`` …"""

    @property
    def is_reduced(self) -> bool:
        """True for what was bought below its usual price."""
        usual, paid = self.list_price, self.unit_price
        return usual is not None and usual.currency == paid.currency and usual.amount > paid.amount


class Destination(BaseModel):
    """Where the order goes, as coarse as dates need it; the street address is never taken."""

    model_config = _STORED

    country: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    region: str | None = Field(default=None, pattern=r"^[A-Z0-9]{1,3}$")
    """State or province: the part of its ISO 3166-2 code after the country (``CA`` of ``US-CA``)."""
    postal_prefix: str | None = Field(default=None, max_length=3)
    zone: str | None = None


class Order(BaseModel):
    """An order as Porchlight keeps it, whatever store or OMS it came from.

    ``order_id`` is ours (``ord_…``), ``external_id`` the store's, ``number`` what the shopper was told ("#1001").
    ``source_updated_at`` is the store's own clock: an older change never overwrites a newer one.
    ``first_promise`` is kept for ever; ``promise`` is the one in force.
    """

    model_config = _STORED

    brand: str
    order_id: str
    external_id: str
    number: str
    source: str
    placed_at: AwareDatetime
    source_updated_at: AwareDatetime
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    total: Money
    lines: tuple[OrderLine, ...]
    shopper_id: str
    tier: str | None = None
    destination: Destination = Destination()
    first_promise: DateRange | None = None
    promise: DateRange | None = None
    promises: tuple[PromiseMade, ...] = ()
    """Every promise in turn, the first one first, as often as the shop said it; the last is ``promise``."""
    service: str | None = None
    """The service level that was sold (``ground``); the brand's ``dates.services`` has a table for it."""
    origin: str | None = None
    """Where it is packed, as the brand's ``dates.origins`` calls it."""
    ship_by: date | None = None
    """The day by which the shop says it ships, local to where it is packed."""
    ship_days: tuple[ShipDaySaid, ...] = ()
    """All that the shop said of it in turn, the first one first; the last is ``ship_by``."""
    ship_note: str = ""
    """Why it ships late, in the shop's words to the shopper."""
    stages: tuple[Stage, ...] = ()
    """What happens to it apart from its parcels, as the shop says."""
    split: bool = False
    """More than one of its parcels was on its way at the same time."""
    forecast: Forecast | None = None
    """Our own estimate when it was placed."""
    delay: Delay | None = None
    """The order itself is late: it was not dispatched."""
    suspected: Suspected | None = None
    dispatched_at: AwareDatetime | None = None
    """When we saw that all of it has left: it is looked at no more."""
    reopened_at: AwareDatetime | None = None
    """When something was to be sent again: a parcel was taken back, or lines were added."""
    cancelled_at: AwareDatetime | None = None
    shipping: Money | None = None
    """What was paid for shipping, tax included."""
    standard_shipping: Money | None = None
    """What the cheapest shipping on offer would have cost, where another was chosen: by law no more goes back."""
    shipping_tax: Money | None = None
    channel: str = "web"
    """Where it was bought: ``web``, ``store`` or what the shop calls it."""
    gift: bool = False
    exchange_of: str = ""
    """The return (``rma_…``) in exchange for which it was sent: its money was paid with the orders of that return."""
    payment_reference: str = ""
    """What the payment provider calls the payment (Stripe's ``pi_…`` or ``ch_…``): refunds are asked for there."""
    fingerprints: tuple[str, ...] = ()
    """Digests of address and means of payment, as the shop makes them: what several shoppers share shows by these."""
    backfilled: bool = False
    """It was old when we first heard of it (an import): what had happened by then is told to nobody."""
    refunds: dict[str, Money] = {}
    """What the store says was refunded, by its refund id."""
    updated_at: AwareDatetime
    """When the news behind this version reached us."""
    version: int = 0

    @property
    def refunded(self) -> Money:
        """The sum of all refunds in the order's currency so far; others (a gift card's, say) do not count here."""
        told = sum(self._in_currency(refund) for key, refund in self.refunds.items() if not key.startswith(OURS))
        return Money(amount=told + self.refunded_by_us, currency=self.currency)

    @property
    def refunded_by_us(self) -> int:
        """Minor units of it that were asked for on account of delays, and that the store has not reported itself."""
        ours = (key for key in self.refunds if key.startswith(OURS) and echo_of(key) not in self.refunds)
        return sum(self._in_currency(self.refunds[key]) for key in ours)

    def _in_currency(self, refund: Money) -> int:
        return refund.amount if refund.currency == self.currency else 0


class ContactDetails(BaseModel):
    """The personal part of a store's order, on its way to the shopper's record."""

    model_config = _STORED

    customer_key: str | None = None
    """The store's customer id; the email is used where there is none."""
    name: str = ""
    email: str | None = Field(default=None, max_length=320)
    phone: str | None = Field(default=None, max_length=40)
    language: str | None = None


class OrderPlaced(BaseModel):
    """An order was created or changed: everything the store says about it now."""

    model_config = _STORED

    kind: Literal["order"] = "order"
    external_id: str = Field(min_length=1, max_length=128)
    number: str
    placed_at: AwareDatetime
    updated_at: AwareDatetime
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    total: Money
    lines: tuple[OrderLine, ...] = Field(min_length=1)
    contact: ContactDetails
    tier: str | None = None
    destination: Destination = Destination()
    promise: DateRange | None = None
    service: str | None = None
    origin: str | None = None
    ship_by: date | None = None
    ship_note: str = Field(default="", max_length=200)
    stages: tuple[Stage, ...] = ()
    cancelled_at: AwareDatetime | None = None
    shipping: Money | None = None
    standard_shipping: Money | None = None
    shipping_tax: Money | None = None
    channel: str = "web"
    gift: bool = False
    exchange_of: str = ""
    payment_reference: str = Field(default="", max_length=128)
    fingerprints: tuple[str, ...] = Field(default=(), max_length=8)


AS_SAID = (
    *("shipping", "standard_shipping", "shipping_tax", "channel", "gift", "exchange_of"),
    *("fingerprints", "payment_reference"),
)
"""What returns need of an order, kept as the store says it."""


class ParcelShipped(BaseModel):
    """A fulfilment: parcels with tracking numbers now belong to the order. ``carrier`` is our id, None where
    unknown; without carrier or numbers it has left, and nobody can follow it. ``lines``: what is in them, empty where
    the store does not say. ``updated_at`` is the store's clock of what it says about lines, supplier and cancelling;
    ``shipped_at`` where it has none.
    """

    model_config = _STORED

    kind: Literal["fulfillment"] = "fulfillment"
    external_order_id: str
    fulfillment_id: str
    carrier: str | None
    tracking_numbers: tuple[str, ...]
    shipped_at: AwareDatetime
    cancelled: bool = False
    lines: tuple[ParcelLine, ...] = ()
    supplier: str | None = None
    updated_at: AwareDatetime | None = None

    @property
    def packing(self) -> Packing:
        """What each of the parcels keeps of it."""
        return Packing(
            lines=self.lines,
            supplier=self.supplier,
            parcels=max(len(self.tracking_numbers), 1),
            cancelled=self.cancelled,
            as_of=self.updated_at or self.shipped_at,
        )


class OrderWithdrawn(BaseModel):
    """The store has removed the order altogether, and says no more than that."""

    model_config = _STORED

    kind: Literal["withdrawal"] = "withdrawal"
    external_order_id: str


class OrderRefunded(BaseModel):
    """The store refunded money for the order (outside of our own returns, or as their echo).

    An ``amount`` in ``money.UNNAMED`` is in the order's own currency, which the store did not repeat.
    """

    model_config = _STORED

    kind: Literal["refund"] = "refund"
    external_order_id: str
    refund_id: str
    amount: Money
    refunded_at: AwareDatetime


StoreChange = Annotated[
    OrderPlaced | ParcelShipped | OrderRefunded | OrderWithdrawn,
    Field(discriminator="kind"),
]
"""What a store connector's ``parse`` yields."""


def default_promise(placed_at: datetime, zone_name: str | None, working_days: tuple[int, int]) -> DateRange:
    """The range a brand promises when the store names none: ``working_days`` = (likely, latest) after the order's
    day.
    """
    day = local_day(placed_at.astimezone(UTC), zone_name)
    likely, latest = working_days
    return DateRange(earliest=add_working_days(day, likely), latest=add_working_days(day, latest), zone=zone_name)


def plain_number(number: str) -> str:
    """An order number as people may type it: ``#1001``, ``1001`` and `` 10 01`` are one; without signs and case."""
    return "".join(sign for sign in normalize("NFKC", number).casefold() if sign.isalnum())


PAGE_LIFETIME = timedelta(days=180)
"""How long a tracking page's link works after the order was placed."""
