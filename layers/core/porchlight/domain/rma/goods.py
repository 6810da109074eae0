"""What comes back: what the warehouse booked, what the inspection found, where each item goes."""

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from porchlight.domain.rma.names import Discrepancy, Disposition, Grade, RepairState

_STORED = ConfigDict(frozen=True)


class ItemFound(BaseModel):
    """So many of one item in a parcel. ``line_id`` and ``order_id`` are empty for what belongs to no line of the
    return (an extra or a wrong item), which ``sku`` names where it can be read.
    """

    model_config = _STORED

    line_id: str = ""
    order_id: str = ""
    sku: str = Field(default="", max_length=128)
    quantity: int = Field(ge=0, le=100_000)
    grade: Grade | None = None
    disposition: Disposition | None = None
    note: str = Field(default="", max_length=500)
    """For the brand's people."""
    deduct_minor: int = Field(default=0, ge=0)
    """What the inspection takes off the refund, for the lot, in minor units."""


class Receipt(BaseModel):
    """A parcel (or part of one) as the warehouse booked it. ``receipt_id`` is the warehouse's own: the same one twice
    is one. Nothing is refunded by it alone, unless the terms say so.
    """

    model_config = _STORED

    receipt_id: str
    received_at: AwareDatetime
    facility: str = ""
    tracking_number: str = ""
    items: tuple[ItemFound, ...] = ()
    """(): not counted yet."""
    discrepancies: tuple[Discrepancy, ...] = ()
    weight_grams: int | None = None
    by: str = ""
    digest: str = ""
    """Of all that was said: other content under the same id is refused."""


class Inspection(BaseModel):
    """What was found. ``inspection_id`` is the warehouse's own: the same one twice is one."""

    model_config = _STORED

    inspection_id: str
    inspected_at: AwareDatetime
    items: tuple[ItemFound, ...]
    discrepancies: tuple[Discrepancy, ...] = ()
    weight_grams: int | None = None
    by: str = ""
    note: str = ""
    complete: bool = True
    """False: more of the return is still to come, and nothing counts as missing yet."""
    replaces: str = ""
    """The inspection that it corrects: that one counts no more."""
    digest: str = ""
    """As for receipts."""


class Unmatched(BaseModel):
    """Goods that came and belong to no return that is known: for the brand's people. ``receipt_id`` as in ``Receipt``;
    booking them under a return with the same id takes them off the list.
    """

    model_config = _STORED

    brand: str
    receipt: Receipt
    return_id: str = ""
    """As it was read on the parcel; no return of ours has it."""
    carrier: str = ""
    noted_at: AwareDatetime


class RepairStep(BaseModel):
    """What became of something that is repaired. ``shipment_id``: the parcel in which it goes back."""

    model_config = _STORED

    state: RepairState
    at: AwareDatetime
    shipment_id: str = ""
    by: str = ""
    note: str = ""
