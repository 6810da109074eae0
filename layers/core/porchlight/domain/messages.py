"""Which moments are told to the shopper, and when news has overtaken a moment."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.delays import DelayKind
from porchlight.domain.ids import stable_id
from porchlight.domain.milestones import Milestone


class Moment(StrEnum):
    """What a message is about. One message for each moment of a parcel, order, return, delay or question, ever."""

    ORDER_CONFIRMED = "order_confirmed"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    DELIVERY_ATTEMPTED = "delivery_attempted"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
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
    RETURN_APPROVED = "return_approved"
    RETURN_REFUSED = "return_refused"
    REFUNDED = "refunded"


MILESTONE_MOMENT: dict[Milestone, Moment] = {
    Milestone.ACCEPTED: Moment.SHIPPED,
    Milestone.IN_TRANSIT: Moment.SHIPPED,
    Milestone.OUT_FOR_DELIVERY: Moment.OUT_FOR_DELIVERY,
    Milestone.DELIVERED: Moment.DELIVERED,
    Milestone.DELIVERY_ATTEMPTED: Moment.DELIVERY_ATTEMPTED,
    Milestone.AVAILABLE_FOR_PICKUP: Moment.AVAILABLE_FOR_PICKUP,
    Milestone.EXCEPTION: Moment.EXCEPTION,
    Milestone.DAMAGED: Moment.EXCEPTION,
}
"""The moment that a parcel's present milestone stands for; milestones that are missing here send nothing (yet)."""

PARCEL_MOMENTS = frozenset(MILESTONE_MOMENT.values())

DELAY_MOMENTS = frozenset(
    {
        *(Moment.DELAY_DECLARED, Moment.DELAY_UPDATED, Moment.DELAY_RECOVERED, Moment.DELAY_QUESTION),
        *(Moment.DELAY_OPTION, Moment.APOLOGY_CREDIT, Moment.RESENT),
    }
)
"""Moments of a delay, of its questions and of what is done about it."""


class MessageState(StrEnum):
    """planned → sending → sent | failed; or suppressed, with the reason, and never sent."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class Suppression(StrEnum):
    """Why a moment is not told."""

    OVERTAKEN = "overtaken"
    NO_ADDRESS = "no_address"
    UNSUBSCRIBED = "unsubscribed"
    CANCELLED = "order_cancelled"


class MessageRecord(BaseModel):
    """The decision about one message, written before anything is sent. References only: the address stays with the
    shopper.
    """

    model_config = ConfigDict(frozen=True)

    brand: str
    message_id: str
    order_id: str
    shopper_id: str
    moment: Moment
    subject_id: str
    """What it is about: a shipment, return, order, delay (``{id}#{revision}`` for an update), case or remedy id."""
    shipment_id: str | None = None
    return_id: str | None = None
    kind: DelayKind | None = None
    """Of the delay that it is about."""
    channel: str = "email"
    state: MessageState
    reason: Suppression | None = None
    planned_at: AwareDatetime
    event_at: AwareDatetime
    """When the news reached us: event-to-message latency counts from here."""
    not_before: AwareDatetime | None = None
    """Held until then: another message about the delay was sent on this day, or is about to be."""
    attempt: int = 0
    sending_since: AwareDatetime | None = None
    sent_at: AwareDatetime | None = None
    provider_id: str | None = None
    failure: str | None = None
    version: int = 0


def message_id(brand: str, order: str, moment: Moment, subject: str, channel: str) -> str:
    """The key under which a message happens once."""
    return stable_id("msg", brand, order, moment.value, subject, channel)


def overtaken(moment: Moment, milestone: Milestone) -> bool:
    """True where the parcel's present milestone no longer is what the moment would tell."""
    return moment in PARCEL_MOMENTS and MILESTONE_MOMENT.get(milestone) is not moment
