"""Bodies of ``/v1/returns``: what a brand's own systems send, and what it means."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from porchlight.domain.returns import ReturnLine, Wanted
from porchlight.domain.rma.names import Resolution, ReturnKind, ReturnMethod
from porchlight.errors import InvalidInputError
from porchlight.returning import SenderAddress
from porchlight.services.asked import Asked, Recipient
from porchlight.services.assess_return import order_key

_STRICT = ConfigDict(frozen=True, extra="forbid")
_PHOTO = r"^photos/[a-z][a-z0-9-]{1,30}/ord_[A-Za-z0-9]{1,40}/[A-Za-z0-9_-]{1,160}$"
"""Names that the portal gives to pictures, under their brand and order."""


class WantedBody(Wanted):
    """What takes the place of a line in an exchange. ``unit_price``: minor units; without it as much as the line's."""

    model_config = _STRICT


class ReturnLineBody(BaseModel):
    """How many of one order line come back, and why. ``order``: of which other order of the same shopper."""

    model_config = _STRICT

    line_id: str = Field(min_length=1, max_length=128)
    quantity: int = Field(ge=1, le=100_000)
    reason: str = Field(min_length=1, max_length=60)
    order: str = Field(default="", max_length=128)
    photos: tuple[Annotated[str, Field(pattern=_PHOTO)], ...] = Field(default=(), max_length=5)
    wanted: WantedBody | None = None


class SenderBody(SenderAddress):
    """Where the shopper sends from, for the label alone; kept for 90 days."""

    model_config = _STRICT


class ReturnBody(BaseModel):
    """The body of ``POST /v1/returns`` and ``POST /v1/returns/offers``. ``order`` is the shop's own id of the order, or
    ours (``ord_…``). Without ``kind`` the reasons say it; without ``resolution`` it is a refund, where that is offered;
    without ``method`` the first that is offered.
    """

    model_config = _STRICT

    order: str = Field(min_length=1, max_length=128)
    lines: tuple[ReturnLineBody, ...] = Field(min_length=1, max_length=100)
    kind: ReturnKind | None = None
    resolution: Resolution | None = None
    method: ReturnMethod | None = None
    sender: SenderBody | None = None
    gift: bool = False
    recipient: Recipient | None = None

    @model_validator(mode="after")
    def _gift(self) -> Self:
        if self.recipient and not self.gift:
            raise ValueError("only a gift has a recipient")
        return self

    def asked(self, brand: str) -> Asked:
        """What is asked for, with ids of ours. InvalidInputError for a picture of another brand."""
        if any(not name.startswith(f"photos/{brand}/") for line in self.lines for name in line.photos):
            raise InvalidInputError("a picture is not of this brand")
        return Asked(
            order_id=order_key(brand, self.order),
            lines=tuple(
                ReturnLine(
                    line_id=line.line_id,
                    quantity=line.quantity,
                    reason=line.reason,
                    order_id=order_key(brand, line.order) if line.order else "",
                    photos=line.photos,
                    wanted=Wanted(**line.wanted.model_dump()) if line.wanted else None,
                )
                for line in self.lines
            ),
            kind=self.kind,
            resolution=self.resolution,
            method=self.method,
            source="gift" if self.gift else "api",
            sender=SenderAddress(**self.sender.model_dump()) if self.sender else None,
            gift=self.gift,
            recipient=self.recipient,
        )
