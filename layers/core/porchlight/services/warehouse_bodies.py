"""Bodies of what a warehouse says: bookings, inspections, repairs; one at a time or many in a call."""

import hashlib
from datetime import datetime
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from porchlight.domain import ids
from porchlight.domain.rma.goods import Inspection, ItemFound, Receipt
from porchlight.domain.rma.names import Disposition, Grade, RepairState

MOST_BOOKINGS = 100
_STRICT = ConfigDict(frozen=True, extra="forbid")
_CARRIER = r"^([a-z][a-z0-9_]{1,40})?$"
_NUMBER = r"^[A-Za-z0-9 .-]*$"


class ItemBody(BaseModel):
    """So many of one item. ``line_id`` is the shop's own, ``order`` its order where the return is about several; where
    there is no line, ``sku`` finds it. ``deduct_minor``: what is taken off for the lot, in minor units of ``currency``.
    """

    model_config = _STRICT

    line_id: str = Field(default="", max_length=128)
    order: str = Field(default="", max_length=128)
    sku: str = Field(default="", max_length=128)
    quantity: int = Field(ge=0, le=100_000)
    grade: Grade | None = None
    disposition: Disposition | None = None
    note: str = Field(default="", max_length=500)
    deduct_minor: int = Field(default=0, ge=0, le=10**12)

    @model_validator(mode="after")
    def _known_by_something(self) -> Self:
        if not (self.line_id or self.sku or self.note):
            raise ValueError("line_id, sku or a note is needed")
        if self.deduct_minor and not self.line_id and not self.sku:
            raise ValueError("deduct_minor needs the item that it is for")
        return self

    def found(self, brand: str) -> ItemFound:
        """As it is kept."""
        order_id = self.order if not self.order or self.order.startswith("ord_") else ids.order_id(brand, self.order)
        return ItemFound(order_id=order_id, **self.model_dump(exclude={"order"}))


class ReceiptBody(BaseModel):
    """The body of ``POST /v1/returns/{id}/receive``: a parcel as it was booked. Without ``items`` it was not counted;
    an empty box has an item with quantity 0. Nothing is refunded by it, unless the terms say so.
    """

    model_config = _STRICT

    receipt_id: str = Field(min_length=1, max_length=128)
    received_at: AwareDatetime | None = None
    """Without it now."""
    facility: str = Field(default="", max_length=60)
    carrier: str = Field(default="", pattern=_CARRIER)
    tracking_number: str = Field(default="", max_length=64, pattern=_NUMBER)
    items: tuple[ItemBody, ...] = Field(default=(), max_length=200)
    weight_grams: int | None = Field(default=None, ge=0, le=10**7)

    def receipt(self, brand: str, by: str, now: datetime) -> Receipt:
        """As it is kept."""
        return Receipt(
            receipt_id=self.receipt_id,
            received_at=self.received_at or now,
            facility=self.facility,
            tracking_number=ids.number_key(self.tracking_number),
            items=tuple(item.found(brand) for item in self.items),
            weight_grams=self.weight_grams,
            by=by,
            digest=digest(self),
        )


class InspectionBody(BaseModel):
    """The body of ``POST /v1/returns/{id}/inspect``: what was found in all boxes of a return, or in one of them
    (``complete`` is false while more is to come). No items: the box was empty. ``currency`` is needed where something
    is taken off: that of the order.
    """

    model_config = _STRICT

    inspection_id: str = Field(min_length=1, max_length=128)
    inspected_at: AwareDatetime | None = None
    items: tuple[ItemBody, ...] = Field(default=(), max_length=200)
    weight_grams: int | None = Field(default=None, ge=0, le=10**7)
    note: str = Field(default="", max_length=500)
    complete: bool = True
    replaces: str = Field(default="", max_length=128)
    """The inspection that this one corrects."""
    currency: str = Field(default="", pattern=r"^([A-Z]{3})?$")

    @model_validator(mode="after")
    def _of_some_currency(self) -> Self:
        if not self.currency and any(item.deduct_minor for item in self.items):
            raise ValueError("currency is needed for deduct_minor")
        if self.replaces == self.inspection_id:
            raise ValueError("an inspection cannot replace itself")
        return self

    def inspection(self, brand: str, by: str, now: datetime) -> Inspection:
        """As it is kept."""
        return Inspection(
            inspection_id=self.inspection_id,
            inspected_at=self.inspected_at or now,
            items=tuple(item.found(brand) for item in self.items),
            weight_grams=self.weight_grams,
            by=by,
            note=self.note,
            complete=self.complete,
            replaces=self.replaces,
            digest=digest(self),
        )


class RepairBody(BaseModel):
    """The body of ``POST /v1/returns/{id}/repair``: how far a repair is. What goes back, repaired or not, names its
    parcel where it has a number.
    """

    model_config = _STRICT

    state: RepairState
    at: AwareDatetime | None = None
    carrier: str = Field(default="", pattern=_CARRIER)
    tracking_number: str = Field(default="", max_length=64, pattern=_NUMBER)
    note: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _parcel(self) -> Self:
        if bool(self.carrier) is not bool(self.tracking_number):
            raise ValueError("carrier and tracking_number go together")
        if self.carrier and self.state is RepairState.IN_REPAIR:
            raise ValueError("what is being repaired is in no parcel")
        return self


class BookingBody(BaseModel):
    """One entry of ``POST /v1/goods``: for a return (``return_id``), or for whatever return the parcel is of."""

    model_config = _STRICT

    return_id: str = Field(default="", max_length=60)
    receive: ReceiptBody | None = None
    inspect: InspectionBody | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.receive is None and self.inspect is None:
            raise ValueError("receive or inspect is needed")
        if not self.return_id and not (self.receive and self.receive.tracking_number):
            raise ValueError("return_id, or receive with a tracking number, is needed")
        return self


class GoodsBody(BaseModel):
    """The body of ``POST /v1/goods``: entries are looked at one by one."""

    model_config = _STRICT

    bookings: tuple[dict[str, Any], ...] = Field(min_length=1, max_length=MOST_BOOKINGS)


def digest(said: BaseModel) -> str:
    """Of all that was said, to tell a repeat from another story under the same id."""
    return hashlib.sha256(said.model_dump_json(exclude={"digest", "discrepancies"}).encode()).hexdigest()[:32]
