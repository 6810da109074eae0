"""Shoppers who wrote to the brand: counted, as what fewer of them do is what messages are for. Nothing that they wrote
is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from porchlight.connectors import InboundRequest
from porchlight.domain import ids
from porchlight.domain.brands import BrandConfig
from porchlight.domain.experiments import Effect
from porchlight.errors import NotFoundError, PayloadTooLargeError
from porchlight.ports import Brands, Metrics, Orders, Secrets
from porchlight.reaching import Profiles, Replies
from porchlight.services.api_keys import authorize
from porchlight.services.experiments import Laboratory
from porchlight.services.read_json import read_json
from porchlight.services.receive_webhook import MAX_BODY

LATE = timedelta(days=2)
"""What is older is counted in no experiment: the shopper may have been put into one since."""

UNSAID = "unsaid"
_OURS = "ord_"


class ContactBody(BaseModel):
    """A shopper wrote or called. ``id`` is the help desk's own: the same one counts once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1, max_length=128)
    at: AwareDatetime | None = None
    channel: Literal["email", "phone", "chat", "social"] = "email"
    topic: Literal["where_is_it", "delay", "return", "refund", "damage", "other", "unsaid"] = "unsaid"


def read_contact(body: bytes) -> ContactBody:
    """The body, or InvalidInputError that names each field at fault (and never repeats its value)."""
    return read_json(ContactBody, body)


@dataclass(frozen=True)
class ContactLog:
    """Counts contacts."""

    profiles: Profiles
    laboratory: Laboratory
    metrics: Metrics

    def note(
        self, brand: BrandConfig, channel: str, shoppers: Sequence[str], now: datetime, topic: str = UNSAID
    ) -> None:
        """One contact. ``shoppers``: who it may have been; people with two accounts are one person."""
        self.metrics.count("Contacts", channel=channel, topic=topic)
        if shoppers and brand.outreach.experiments:
            profile = self.profiles.get(brand.brand_id, shoppers[0])
            self.laboratory.note(brand, profile, Effect.CONTACTS, now)

    def note_from(self, brand: BrandConfig, channel: str, address: str, now: datetime) -> None:
        """One contact from an address. Who it is, is looked up where an experiment wants to know."""
        known = self.profiles.find(brand.brand_id, address) if brand.outreach.experiments else []
        self.note(brand, channel, known, now)


@dataclass(frozen=True)
class ContactDesk:
    """``POST /v1/orders/{id}/contacts``."""

    orders: Orders
    brands: Brands
    replies: Replies
    log: ContactLog
    secrets: Secrets

    def take(self, request: InboundRequest, key: str, now: datetime) -> dict[str, Any]:
        """Whether it was counted: one that is known is not. ``key``: the order's id, the shop's or ours."""
        brand_id = authorize(request, "orders:write", self.secrets).brand
        if len(request.body) > MAX_BODY:
            raise PayloadTooLargeError(f"at most {MAX_BODY} bytes are taken")
        contact = read_contact(request.body)
        order_id = key if key.startswith(_OURS) else ids.order_id(brand_id, key)
        order = self.orders.get(brand_id, order_id)
        if order is None:
            raise NotFoundError("no such order")
        told = ids.stable_id("ctc", brand_id, order_id, contact.id)
        counted = not self.replies.is_done(brand_id, told)
        if counted:
            self.replies.done(brand_id, told, now)  # first: rather one too few than one twice
            late = contact.at is not None and now - contact.at > LATE
            shoppers = [] if late else [order.shopper_id]
            self.log.note(self.brands.get(brand_id), contact.channel, shoppers, now, contact.topic)
        return {"order_id": order_id, "contact_id": told, "counted": counted}
