"""Decide what a domain event means for the shopper, and record the decision before anything is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from porchlight.deciding import Cases
from porchlight.domain.changes import DomainEvent
from porchlight.domain.messages import DELAY_MOMENTS, MessageRecord, MessageState, Suppression, message_id
from porchlight.domain.orders import Order
from porchlight.domain.shipments import Shipment
from porchlight.domain.telling import QUESTIONS, hold, suppression
from porchlight.ports import Brands, Messages, Metrics, OrderContents, Orders, Shipments

CHANNEL = "email"
REDRIVE_AFTER = timedelta(minutes=5)
"""A message that is planned but not sent by then is taken up again by the sweep."""


@dataclass(frozen=True)
class Planner:
    """Plans messages."""

    orders: Orders
    shipments: Shipments
    messages: Messages
    brands: Brands
    cases: Cases
    metrics: Metrics

    def plan(self, event: DomainEvent, now: datetime) -> list[dict[str, str]]:
        """References of the messages to send now: [] where nothing is told, was told before, is suppressed, or is held:
        the sweep takes that up when its time has come.
        """
        if event.moment is None or event.order_id is None:
            return []
        contents = self.orders.contents(event.brand, event.order_id)
        if contents.order is None:
            return []
        shopper = self.orders.shopper(event.brand, contents.order.shopper_id)
        shipment = self.shipments.get(event.brand, event.shipment_id) if event.shipment_id else None
        case = self.cases.get(event.brand, event.subject_id) if event.moment in QUESTIONS else None
        reason = suppression(
            *(event.moment, event.subject_id, contents.order, shopper, shipment, contents.messages, case, now)
        )
        held = None if reason else self._held(event, contents, contents.order, shipment, now)
        record = MessageRecord(
            brand=event.brand,
            message_id=message_id(event.brand, event.order_id, event.moment, event.subject_id, CHANNEL),
            order_id=event.order_id,
            shopper_id=contents.order.shopper_id,
            moment=event.moment,
            subject_id=event.subject_id,
            shipment_id=event.shipment_id,
            return_id=event.return_id,
            kind=event.kind,
            channel=CHANNEL,
            state=MessageState.SUPPRESSED if reason else MessageState.PLANNED,
            reason=reason,
            planned_at=now,
            event_at=event.recorded_at,
            not_before=held,
        )
        if self.messages.plan(record, due_at=None if reason else held or now + REDRIVE_AFTER):
            if reason:
                self.metrics.count("Messages", channel=CHANNEL, outcome=f"suppressed_{reason}")
                return []
        else:
            known = self.messages.get(record.brand, record.order_id, record.message_id)
            if known and known.reason is Suppression.OVERTAKEN and not known.attempt and not reason:
                # It is news again (a second attempt at the door) and was never told.
                again = record.model_copy(update={"version": known.version + 1})
                self.messages.update(again, due_at=held or now + REDRIVE_AFTER)
            elif known is None or known.state is not MessageState.PLANNED:
                return []
            else:
                held = known.not_before
        if held and now < held:
            return []
        return [{"brand": record.brand, "order_id": record.order_id, "message_id": record.message_id}]

    def _held(
        self, event: DomainEvent, contents: OrderContents, order: Order, shipment: Shipment | None, now: datetime
    ) -> datetime | None:
        if event.moment not in DELAY_MOMENTS:
            return None
        brand = self.brands.get(event.brand)
        return hold(event.moment, event.kind, brand, order, shipment, contents.messages, now)
