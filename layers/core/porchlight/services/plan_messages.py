"""Decide what a domain event means for the shopper, and record the decision before anything is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from porchlight.domain.changes import DomainEvent
from porchlight.domain.messages import (
    MessageRecord,
    MessageState,
    Moment,
    Suppression,
    message_id,
    overtaken,
)
from porchlight.domain.orders import Order, Shopper
from porchlight.domain.shipments import Shipment
from porchlight.ports import Messages, Metrics, OrderContents, Orders, Shipments

CHANNEL = "email"
REDRIVE_AFTER = timedelta(minutes=5)
"""A message that is planned but not sent by then is taken up again by the sweep."""


@dataclass(frozen=True)
class Planner:
    """Plans messages."""

    orders: Orders
    shipments: Shipments
    messages: Messages
    metrics: Metrics

    def plan(self, event: DomainEvent, now: datetime) -> list[dict[str, str]]:
        """References of the messages to send now: [] where nothing is told, was told before, or is suppressed."""
        if event.moment is None or event.order_id is None:
            return []
        contents = self.orders.contents(event.brand, event.order_id)
        if contents.order is None:
            return []
        shopper = self.orders.shopper(event.brand, contents.order.shopper_id)
        shipment = self.shipments.get(event.brand, event.shipment_id) if event.shipment_id else None
        reason = suppression(event.moment, contents.order, shopper, shipment, contents)
        record = MessageRecord(
            brand=event.brand,
            message_id=message_id(event.brand, event.order_id, event.moment, event.subject_id, CHANNEL),
            order_id=event.order_id,
            shopper_id=contents.order.shopper_id,
            moment=event.moment,
            subject_id=event.subject_id,
            shipment_id=event.shipment_id,
            return_id=event.return_id,
            channel=CHANNEL,
            state=MessageState.SUPPRESSED if reason else MessageState.PLANNED,
            reason=reason,
            planned_at=now,
            event_at=event.recorded_at,
        )
        if self.messages.plan(record, due_at=None if reason else now + REDRIVE_AFTER):
            if reason:
                self.metrics.count("Messages", channel=CHANNEL, outcome=f"suppressed_{reason}")
                return []
        else:
            known = self.messages.get(record.brand, record.order_id, record.message_id)
            if known and known.reason is Suppression.OVERTAKEN and not known.attempt and not reason:
                # It is news again (a second attempt at the door) and was never told.
                again = record.model_copy(update={"version": known.version + 1})
                self.messages.update(again, due_at=now + REDRIVE_AFTER)
            elif known is None or known.state is not MessageState.PLANNED:
                return []
        return [{"brand": record.brand, "order_id": record.order_id, "message_id": record.message_id}]


def suppression(
    moment: Moment,
    order: Order,
    shopper: Shopper | None,
    shipment: Shipment | None,
    contents: OrderContents,
) -> Suppression | None:
    """Why the moment is not told, or None. Asked when it is planned and again right before it is sent."""
    if shopper is None or not shopper.email:
        return Suppression.NO_ADDRESS
    if "service" in shopper.unsubscribed:
        return Suppression.UNSUBSCRIBED
    if moment is Moment.ORDER_CONFIRMED and order.cancelled_at:
        return Suppression.CANCELLED
    if shipment is None:
        return None
    if overtaken(moment, shipment.milestone):
        return Suppression.OVERTAKEN
    delay = shipment.delay
    if moment is Moment.DELAY_DECLARED and (delay is None or delay.recovered_at or delay.resolved_at):
        return Suppression.OVERTAKEN
    if moment is Moment.DELAY_RECOVERED:
        told = any(m.moment is Moment.DELAY_DECLARED and m.state is MessageState.SENT for m in contents.messages)
        if not told or not shipment.is_open:
            return Suppression.OVERTAKEN
    return None
