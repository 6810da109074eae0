"""The catalogue of moments: what each is for, how much it matters, which channels may carry it, and what follows it.

Data of the brand pack (``brand/default/moments.yaml``, a brand's own file laid over it).
"""

from collections.abc import Mapping
from datetime import time, timedelta
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from porchlight.domain.channels import Channel, Level, Purpose

_STRICT = ConfigDict(frozen=True, extra="forbid")


class Moment(StrEnum):
    """What a message is about. One message for each moment of a parcel, order, return, delay or question, ever."""

    ORDER_CONFIRMED = "order_confirmed"
    IN_PRODUCTION = "in_production"
    SPLIT_SHIPMENT = "split_shipment"
    """The order comes in more than one parcel."""
    SHIPPED = "shipped"
    ABROAD = "abroad"
    """It has reached the country that it goes to, or its customs."""
    DAY_CHANGED = "day_changed"
    """Another day of delivery than was told, and no delay."""
    OUT_FOR_DELIVERY = "out_for_delivery"
    DRIVER_NEAR = "driver_near"
    DELIVERED = "delivered"
    DELIVERY_ATTEMPTED = "delivery_attempted"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    PICKUP_REMINDER = "pickup_reminder"
    INSTALLATION_DUE = "installation_due"
    ORDER_CANCELLED = "order_cancelled"
    EXCEPTION = "exception"
    DELAY_DECLARED = "delay_declared"
    DELAY_UPDATED = "delay_updated"
    """Another day, or a graver trouble, than was told before."""
    DELAY_RECOVERED = "delay_recovered"
    DELAY_QUESTION = "delay_question"
    """The shopper is asked what is to be done."""
    DELAY_OPTION = "delay_option"
    """The same for an order that was not shipped in time, as the US Mail Order Rule (16 CFR Part 435) asks for."""
    APOLOGY_CREDIT = "apology_credit"
    RESENT = "resent"
    RETURN_REQUESTED = "return_requested"
    RETURN_APPROVED = "return_approved"
    RETURN_REFUSED = "return_refused"
    RETURN_LABEL = "return_label"
    RETURN_REMINDER = "return_reminder"
    RETURN_SCANNED = "return_scanned"
    RETURN_RECEIVED = "return_received"
    RETURN_INSPECTED = "return_inspected"
    RETURN_EXCHANGED = "return_exchanged"
    RETURN_CANCELLED = "return_cancelled"
    CREDIT_ISSUED = "credit_issued"
    """Store credit for what was sent back."""
    WITHDRAWAL_RECEIVED = "withdrawal_received"
    """The acknowledgement that the law asks for (Article 11a of Directive 2011/83/EU): what was declared, and when."""
    REFUNDED = "refunded"
    """What was sent back, or is late, was paid back."""
    REFUND_ISSUED = "refund_issued"
    """The shop has paid back something of its own accord."""
    WELCOME = "welcome"
    """Is everything all right?"""
    SATISFACTION = "satisfaction"
    REVIEW_REQUEST = "review_request"
    REPLENISHMENT = "replenishment"
    RELATED_OFFER = "related_offer"
    """With an end, 48 hours later."""
    DIGEST = "digest"
    """Several of the others in one message."""


class MomentSpec(BaseModel):
    """What is true of a moment, whoever gets it."""

    model_config = _STRICT

    enabled: bool = True
    purpose: Purpose = Purpose.SERVICE
    level: Level = Level.KEY
    channels: tuple[Channel, ...] = tuple(Channel)
    """That may carry it, in any order: the order is the shopper's, or the brand's."""
    urgent: bool = False
    """News that is of use only now: passes quiet hours where the brand says so."""
    owed: bool = False
    """The law asks that it is told: no preference, frequency, cap or hold-out keeps it back."""
    stale_hours: int = Field(default=72, ge=1, le=24 * 60)
    """News that is older when it would be sent is not sent."""
    gather_minutes: int = Field(default=0, ge=0, le=60)
    """Parcels of one order that come to it within so many minutes are told in one message."""
    after: Moment | None = None
    """It follows this moment by itself."""
    wait_hours: int = Field(default=0, ge=0, le=24 * 366)
    at: time | None = None
    """And then at this time, local to the shopper."""
    expires_hours: int | None = Field(default=None, ge=1, le=24 * 60)
    """What it offers ends so long after it was sent."""
    only: tuple[str, ...] = ()
    """Segments that it is for; empty: everybody."""
    never: tuple[str, ...] = ()
    """Segments that do not get it."""
    blocks: tuple[str, ...] = ()
    """What stands below the news: ``related``, ``offer``, ``referral``, ``rating``."""

    @model_validator(mode="after")
    def _sells_nothing(self) -> Self:
        if self.purpose is not Purpose.MARKETING and (sold := PROMOTIONAL & set(self.blocks)):
            raise ValueError(f"a {self.purpose.value} message cannot have the block {min(sold)}: it sells")
        if self.purpose is not Purpose.SERVICE and self.urgent:
            raise ValueError("only service news is urgent")
        return self

    @property
    def stale_after(self) -> timedelta:
        """From which age on it is no news."""
        return timedelta(hours=self.stale_hours)


PROMOTIONAL = frozenset({"related", "offer", "referral"})
"""Blocks that sell: in marketing only."""
BLOCKS = PROMOTIONAL | {"rating"}
"""All that may stand below the news."""

Catalogue = Mapping[Moment, MomentSpec]
"""All moments of a brand."""


def followers(catalogue: Catalogue, moment: Moment) -> list[Moment]:
    """What follows a moment by itself."""
    return [one for one, spec in catalogue.items() if spec.enabled and spec.after is moment]
