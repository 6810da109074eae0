"""The generic order API: ``PUT /v1/orders/{id}`` for any shop or OMS. Putting the same order again changes nothing."""

from datetime import UTC, date, datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from porchlight.domain.brands import BrandConfig
from porchlight.domain.dates import DateRange, zone
from porchlight.domain.money import Money
from porchlight.domain.orders import ContactDetails, Destination, Order, OrderLine, OrderPlaced, ParcelShipped
from porchlight.domain.packing import ParcelLine
from porchlight.domain.stages import Stage, StageName
from porchlight.domain.zones import zone_of_place
from porchlight.errors import InvalidInputError
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.read_json import read_json

_STRICT = ConfigDict(frozen=True, extra="forbid")
Instant = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))]
"""No shop sold before or sells after; sums of dates stay within what a calendar holds."""
_NAME = r"^[a-z0-9][a-z0-9_-]{0,39}$"
"""Of services and origins, as brands write them."""
Amount = Annotated[str, Field(pattern=r"^\d{1,12}(\.\d{1,3})?$")]


class OrderLineBody(BaseModel):
    """A line. ``unit_price`` is a decimal string in the order's currency."""

    model_config = _STRICT

    id: str = Field(min_length=1, max_length=128)
    sku: str | None = Field(default=None, max_length=128)
    title: str = Field(min_length=1, max_length=300)
    quantity: int = Field(ge=1, le=100_000)
    unit_price: Amount
    final_sale: bool = False
    supplier: str | None = Field(default=None, min_length=1, max_length=100)
    ships: bool = True
    """False for what never leaves in a parcel: a download, a gift card."""
    list_price: Amount | None = None
    """What one costs without a reduction."""
    paid: Amount | None = None
    """What was paid for the whole line, discounts taken off and tax included; without it ``unit_price`` times
    ``quantity``.
    """
    tax: Amount | None = None
    """The tax in it."""
    category: str | None = Field(default=None, min_length=1, max_length=100)
    tags: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = Field(default=(), max_length=30)
    hazmat: bool = False
    weight_grams: int | None = Field(default=None, ge=0, le=10_000_000)
    """Of one."""
    no_withdrawal: str | None = Field(default=None, pattern=r"^[a-z][a-z_]{0,39}$")
    """Why the law gives no right of withdrawal for it."""


class ShopperBody(BaseModel):
    """Contact points. ``id`` is the shop's own customer id; without it the email identifies the shopper."""

    model_config = _STRICT

    id: str | None = Field(default=None, max_length=128)
    name: str = Field(default="", max_length=200)
    email: str | None = Field(default=None, max_length=320, pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$")
    phone: str | None = Field(default=None, max_length=40)
    language: str | None = Field(default=None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")


class PromiseBody(BaseModel):
    """What the shop promised at checkout: local days at the destination."""

    model_config = _STRICT

    earliest: date = Field(ge=date(2000, 1, 1))
    latest: date = Field(le=date(2200, 1, 1))

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.latest < self.earliest:
            raise ValueError("latest is before earliest")
        return self


class ParcelLineBody(BaseModel):
    """So many of one of the order's lines."""

    model_config = _STRICT

    id: str = Field(min_length=1, max_length=128)
    quantity: int = Field(ge=1, le=100_000)


class ParcelBody(BaseModel):
    """A parcel that left for this order. ``carrier`` is an id such as ``ups``; ``lines`` is what is in it, where that
    is known; ``cancelled``: it never left after all.
    """

    model_config = _STRICT

    carrier: str = Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")
    tracking_number: str = Field(min_length=4, max_length=64, pattern=r"^[A-Za-z0-9 .-]+$")
    shipped_at: Instant
    lines: tuple[ParcelLineBody, ...] = Field(default=(), max_length=500)
    supplier: str | None = Field(default=None, min_length=1, max_length=100)
    cancelled: bool = False


class UntrackedBody(BaseModel):
    """What left without a tracking number, or was collected. ``id`` is the caller's own; ``lines`` and ``cancelled`` as
    for a parcel.
    """

    model_config = _STRICT

    id: str = Field(min_length=1, max_length=128)
    shipped_at: Instant
    lines: tuple[ParcelLineBody, ...] = Field(default=(), max_length=500)
    cancelled: bool = False


class StageBody(BaseModel):
    """What happens to the order apart from its parcels: it is made (ready ``until``), or installed between the two."""

    model_config = _STRICT

    stage: StageName
    at: Instant
    until: Instant | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.until and self.until < self.at:
            raise ValueError("until is before at")
        return self


class DestinationBody(Destination):
    """Where the order goes: country, state (its ISO 3166-2 code without the country), at most three characters of the
    postcode, and the zone (an IANA name; without it that of the place, where it has one clock).
    """

    model_config = _STRICT

    @field_validator("zone")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None and zone(name) is None:
            raise ValueError("not an IANA time zone")
        return name

    def placed(self) -> Destination:
        """As an order keeps it."""
        known = self.model_dump()
        return Destination(**known | {"zone": self.zone or zone_of_place(self.country, self.region)})


class OrderBody(BaseModel):
    """The body of ``PUT /v1/orders/{id}``. ``updated_at`` is the caller's clock: older news never overwrites newer."""

    model_config = _STRICT

    number: str = Field(min_length=1, max_length=60)
    placed_at: Instant
    updated_at: Instant | None = None
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    total: Amount
    lines: tuple[OrderLineBody, ...] = Field(min_length=1, max_length=500)
    shopper: ShopperBody
    tier: str | None = Field(default=None, max_length=40)
    destination: DestinationBody = DestinationBody()
    promise: PromiseBody | None = None
    service: str | None = Field(default=None, pattern=_NAME)
    """The service level that was sold, as the brand's ``dates.services`` calls it."""
    origin: str | None = Field(default=None, pattern=_NAME)
    """Where it is packed, as the brand's ``dates.origins`` calls it."""
    ship_by: date | None = Field(default=None, ge=date(2000, 1, 1), le=date(2200, 1, 1))
    """The day by which the shop says that it ships, local to where it is packed."""
    ship_note: str = Field(default="", max_length=200)
    """Why it ships late, in the shop's words to the shopper."""
    stages: tuple[StageBody, ...] = Field(default=(), max_length=10)
    cancelled_at: Instant | None = None
    shipping: Amount | None = None
    """What was paid for shipping, tax included."""
    standard_shipping: Amount | None = None
    """What the cheapest shipping on offer would have cost."""
    shipping_tax: Amount | None = None
    channel: str = Field(default="web", pattern=_NAME)
    """Where it was bought."""
    gift: bool = False
    exchange_of: str = Field(default="", pattern=r"^(rma_[a-z2-7]{20})?$")
    """The return in exchange for which it is sent."""
    fingerprints: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$")], ...] = Field(default=(), max_length=8)
    """Digests (hex) of address and means of payment."""
    payment_reference: str = Field(default="", pattern=r"^[A-Za-z0-9_.:-]{0,128}$")
    """The payment's id at its provider."""
    parcels: tuple[ParcelBody, ...] = Field(default=(), max_length=200)
    untracked: tuple[UntrackedBody, ...] = Field(default=(), max_length=200)

    @field_validator("payment_reference")
    @classmethod
    def _no_card(cls, reference: str) -> str:
        if reference.isdigit() and 12 <= len(reference) <= 19:
            raise ValueError("a card number is not taken")
        return reference


def read_body(body: bytes) -> OrderBody:
    """The body, or InvalidInputError that names each field at fault (and never repeats its value)."""
    return read_json(OrderBody, body)


def put_order(brand: BrandConfig, external_id: str, body: OrderBody, keeper: OrderKeeper, now: datetime) -> Order:
    """Write the order and its parcels; returns the order as it is now. InvalidInputError for a parcel with a line that
    is not of this order.
    """
    known = {line.id for line in body.lines}
    held = [*(parcel.lines for parcel in body.parcels), *(left.lines for left in body.untracked)]
    if any(line.id not in known for lines in held for line in lines):
        raise InvalidInputError("a parcel holds a line that is not of this order", code="unknown-line")
    destination = body.destination.placed()
    promise = body.promise and DateRange(
        earliest=body.promise.earliest, latest=body.promise.latest, zone=destination.zone
    )
    placed = OrderPlaced(
        external_id=external_id,
        number=body.number,
        placed_at=body.placed_at,
        updated_at=body.updated_at or now,
        currency=body.currency,
        total=Money.of(body.total, body.currency),
        lines=tuple(
            OrderLine(
                line_id=line.id,
                sku=line.sku,
                title=line.title,
                quantity=line.quantity,
                unit_price=Money.of(line.unit_price, body.currency),
                final_sale=line.final_sale,
                supplier=line.supplier,
                ships=line.ships,
                list_price=_money(line.list_price, body.currency),
                paid=_money(line.paid, body.currency),
                tax=_money(line.tax, body.currency),
                category=line.category,
                tags=line.tags,
                hazmat=line.hazmat,
                weight_grams=line.weight_grams,
                no_withdrawal=line.no_withdrawal,
            )
            for line in body.lines
        ),
        contact=ContactDetails(
            customer_key=body.shopper.id,
            name=body.shopper.name,
            email=body.shopper.email,
            phone=body.shopper.phone,
            language=body.shopper.language,
        ),
        tier=body.tier,
        destination=destination,
        promise=promise,
        service=body.service,
        origin=body.origin,
        ship_by=body.ship_by,
        ship_note=body.ship_note,
        stages=tuple(Stage(stage=one.stage, at=one.at, until=one.until) for one in body.stages),
        cancelled_at=body.cancelled_at,
        shipping=_money(body.shipping, body.currency),
        standard_shipping=_money(body.standard_shipping, body.currency),
        shipping_tax=_money(body.shipping_tax, body.currency),
        channel=body.channel,
        gift=body.gift,
        exchange_of=body.exchange_of,
        fingerprints=body.fingerprints,
        payment_reference=body.payment_reference,
    )
    order = keeper.order(brand, "api", placed, now)
    for parcel in body.parcels:
        shipped = ParcelShipped(
            external_order_id=external_id,
            fulfillment_id=parcel.tracking_number,
            carrier=parcel.carrier,
            tracking_numbers=(parcel.tracking_number,),
            shipped_at=parcel.shipped_at,
            cancelled=parcel.cancelled,
            lines=_packed(parcel),
            supplier=parcel.supplier,
            # What never changes needs no clock: the same parcel put again then changes nothing.
            updated_at=placed.updated_at if parcel.lines or parcel.supplier or parcel.cancelled else None,
        )
        keeper.parcels(brand, shipped, now)
    for left in body.untracked:
        shipped = ParcelShipped(
            external_order_id=external_id,
            fulfillment_id=f"untracked:{left.id}",
            carrier=None,
            tracking_numbers=(),
            shipped_at=left.shipped_at,
            cancelled=left.cancelled,
            lines=_packed(left),
            updated_at=placed.updated_at if left.lines or left.cancelled else None,
        )
        keeper.parcels(brand, shipped, now)
    return order


def _money(amount: str | None, currency: str) -> Money | None:
    return Money.of(amount, currency) if amount is not None else None


def _packed(parcel: ParcelBody | UntrackedBody) -> tuple[ParcelLine, ...]:
    """What is in the parcel; a line that stands there twice is one."""
    found: dict[str, int] = {}
    for line in parcel.lines:
        found[line.id] = found.get(line.id, 0) + line.quantity
    return tuple(ParcelLine(line_id=line_id, quantity=quantity) for line_id, quantity in found.items())
