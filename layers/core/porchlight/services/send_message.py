"""Send one planned message, once.

::

    planned ──claim──► sending ──SES took it──► sent
       ▲                 │ SES refused for now → planned again (the machine retries)
       │                 │ SES refused for good → failed
       └── due after 5 min: nobody claimed it, or the sender died

A sender that gets no answer, or dies between SES's answer and our record, leaves ``sending``. SES reports each message
it took as an event with our tag (``record_feedback``): that settles it. Only when there is no such report after
``IN_DOUBT`` is it sent again, and not more than ``MAX_ATTEMPTS`` times in all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from porchlight.deciding import Cases
from porchlight.domain.cases import Case
from porchlight.domain.messages import MessageRecord, MessageState
from porchlight.domain.orders import Order, Shopper
from porchlight.domain.shipments import Shipment
from porchlight.domain.telling import QUESTIONS, suppression
from porchlight.domain.views import email_view
from porchlight.errors import NO_ANSWER, ConflictError, NotFoundError, PermanentProviderError, TransientError
from porchlight.ports import (
    Brands,
    Email,
    EmailChannel,
    Messages,
    Metrics,
    OrderContents,
    Orders,
    Renderer,
    Returns,
    Shipments,
)
from porchlight.services.links import Links
from porchlight.services.plan_messages import REDRIVE_AFTER

IN_DOUBT = timedelta(minutes=5)
"""How long a message may stay in ``sending`` before it is taken up again."""

"""``problem`` of a TransientError after which nobody knows whether the provider took the message."""

MAX_ATTEMPTS = 10
"""A message that was taken up so often without an end is given up."""


@dataclass(frozen=True)
class Sender:
    """Sends messages."""

    orders: Orders
    shipments: Shipments
    returns: Returns
    messages: Messages
    cases: Cases
    brands: Brands
    renderer: Renderer
    email: EmailChannel
    links: Links
    metrics: Metrics

    def send(self, brand: str, order_id: str, message_id: str, now: datetime) -> str:
        """Send it if it still is to be sent; returns its state. TransientError: try again, nothing was sent."""
        record = self.messages.get(brand, order_id, message_id)
        if record is None:
            raise NotFoundError("no such message")
        if record.state in (MessageState.SENT, MessageState.FAILED, MessageState.SUPPRESSED):
            return record.state
        if record.state is MessageState.SENDING and not _in_doubt_too_long(record, now):
            return record.state
        if record.not_before and now < record.not_before:
            return record.state  # the sweep brings it when its time has come
        contents = self.orders.contents(brand, order_id)
        shopper = self.orders.shopper(brand, record.shopper_id)
        shipment = self.shipments.get(brand, record.shipment_id) if record.shipment_id else None
        if contents.order is None:
            raise NotFoundError("no such order")
        case = self.cases.get(brand, record.subject_id) if record.moment in QUESTIONS else None
        reason = suppression(
            *(record.moment, record.subject_id, contents.order, shopper, shipment, contents.messages, case, now)
        )
        if reason or shopper is None:
            return self._update(record, {"state": MessageState.SUPPRESSED, "reason": reason}).state
        if record.attempt >= MAX_ATTEMPTS:
            return self._update(record, {"state": MessageState.FAILED, "failure": "too-many-attempts"}).state
        email = self._email(record, contents, contents.order, shopper, shipment, case, now)
        try:
            claimed = self._claim(record, now)
        except ConflictError:
            return MessageState.SENDING
        return self._hand_over(claimed, email, now)

    def _claim(self, record: MessageRecord, now: datetime) -> MessageRecord:
        claim = {"state": MessageState.SENDING, "sending_since": now, "attempt": record.attempt + 1}
        return self._update(record, claim, due_at=now + IN_DOUBT)

    def _hand_over(self, claimed: MessageRecord, email: Email, now: datetime) -> str:
        try:
            provider_id = self.email.send(email)
        except PermanentProviderError as error:
            return self._update(claimed, {"state": MessageState.FAILED, "failure": error.detail}).state
        except TransientError as error:
            self.metrics.count("MessageRetries", channel=claimed.channel)
            if error.problem == NO_ANSWER:  # it may have been taken: the provider's report decides, or the sweep
                return claimed.state
            self._update(claimed, {"state": MessageState.PLANNED}, due_at=now + REDRIVE_AFTER)
            raise
        try:
            sent = self._update(claimed, {"state": MessageState.SENT, "sent_at": now, "provider_id": provider_id})
        except ConflictError:  # the provider's own report was quicker than its answer
            return MessageState.SENT
        self.metrics.count(
            "EventToMessage", (now - claimed.event_at).total_seconds(), unit="Seconds", channel=claimed.channel
        )
        return sent.state

    def fail(self, brand: str, order_id: str, message_id: str, error: str, now: datetime) -> str:
        """All tries are used up: record it. A message that may have been sent is left to the provider's report."""
        record = self.messages.get(brand, order_id, message_id)
        if record is None:
            return "missing"
        if record.state is not MessageState.PLANNED and not _in_doubt_too_long(record, now):
            return record.state
        return self._update(record, {"state": MessageState.FAILED, "failure": error[:100]}).state

    def _update(
        self, record: MessageRecord, update: dict[str, Any], *, due_at: datetime | None = None
    ) -> MessageRecord:
        changed = record.model_copy(update={**update, "version": record.version + 1})
        self.messages.update(changed, due_at=due_at)
        if changed.state in (MessageState.SENT, MessageState.FAILED, MessageState.SUPPRESSED):
            outcome = f"suppressed_{changed.reason}" if changed.reason else changed.state.value
            self.metrics.count("Messages", channel=changed.channel, outcome=outcome)
        return changed

    def _email(
        self,
        record: MessageRecord,
        contents: OrderContents,
        order: Order,
        shopper: Shopper,
        shipment: Shipment | None,
        case: Case | None,
        now: datetime,
    ) -> Email:
        brand = self.brands.get(record.brand)
        links = self.links.of_order(brand, order)
        request = self.returns.get(record.brand, record.return_id) if record.return_id else None
        parcels = len(contents.shipment_ids)
        speech = self.renderer.speech(brand, shopper.language)
        view = email_view(record.moment, brand, order, shopper, shipment, request, now, links, parcels, case, speech)
        subject, html, text = self.renderer.email(brand, record.moment, view)
        return Email(
            from_name=brand.sender.name,
            from_address=brand.sender.email,
            to_address=shopper.email or "",
            reply_to=brand.sender.reply_to,
            subject=subject,
            html=html,
            text=text,
            headers={
                "List-Unsubscribe": f"<{links['unsubscribe']}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
            tags={
                "brand": record.brand,
                "order_id": record.order_id,
                "message_id": record.message_id,
                "moment": record.moment.value,
            },
        )


def _in_doubt_too_long(record: MessageRecord, now: datetime) -> bool:
    """True where a sender took the message and neither it nor the provider has said anything since."""
    since = record.sending_since
    return record.state is MessageState.SENDING and since is not None and now - since >= IN_DOUBT
