"""What became of a message: settle it, remember it, and let another channel take over where it did not arrive."""

from dataclasses import dataclass
from datetime import datetime

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentSource
from porchlight.domain.messages import MessageRecord, MessageState
from porchlight.domain.receipts import FAILED, Receipt, ReceiptKind, applied
from porchlight.domain.reputation import Outcome
from porchlight.errors import NotFoundError
from porchlight.ports import Messages, Metrics
from porchlight.reaching import Engagement, Reputations
from porchlight.services.consent import ConsentDesk, Said, places
from porchlight.services.retrying import until_settled

_SPOILS = {ReceiptKind.BOUNCED: Outcome.BOUNCED, ReceiptKind.COMPLAINED: Outcome.COMPLAINED}
_TROUBLE = FAILED | {ReceiptKind.COMPLAINED}
_QUIET = frozenset({ReceiptKind.TAKEN, ReceiptKind.DELAYED})
"""What nobody adds up."""


@dataclass(frozen=True)
class Feedback:
    """Applies receipts of providers. The same one twice changes nothing but counters of trouble, which come early then
    and never late.
    """

    messages: Messages
    desk: ConsentDesk
    reputations: Reputations
    engagement: Engagement
    metrics: Metrics

    def apply(self, receipt: Receipt, now: datetime) -> str:
        """Returns the state of the message; NotFoundError for one that is not ours."""
        record = self._known(receipt)
        if receipt.kind in _TROUBLE:
            self.metrics.count("MessageFeedback", channel=receipt.channel, outcome=receipt.kind)
        self._spoil(record, receipt)
        self._address(record, receipt, now)
        read = iter((record,))  # and anew only where somebody else was quicker
        return until_settled(lambda: self._settle(next(read, None) or self._known(receipt), receipt, now))

    def _known(self, receipt: Receipt) -> MessageRecord:
        record = self.messages.get(receipt.brand, receipt.order_id, receipt.message_id)
        if record is None:
            raise NotFoundError("no such message")
        return record

    def _settle(self, record: MessageRecord, receipt: Receipt, now: datetime) -> str:
        changed = applied(record, receipt)
        if changed is None:
            return record.state
        if changed.state not in (MessageState.SENT, MessageState.FAILED):
            self.messages.update(changed, due_at=None)  # it was suppressed while nobody knew
            return changed.state
        if receipt.kind in FAILED:
            changed = changed.model_copy(update={"confirm_by": now})  # the sweep lets the next channel take over
        self.messages.update(changed, due_at=None if changed.has_arrived else changed.confirm_by)
        if record.state is not changed.state:
            self.metrics.count("Messages", channel=record.channel, outcome=changed.state.value)
        if receipt.kind not in _QUIET:
            self.engagement.count(record.brand, record.moment, receipt.channel, receipt.kind, receipt.at)
        return changed.state

    def _spoil(self, record: MessageRecord, receipt: Receipt) -> None:
        """What is counted against the sender."""
        kind = _SPOILS.get(receipt.kind)
        if kind is None or receipt.channel is not Channel.EMAIL:
            return
        self.reputations.count(record.brand, Channel.EMAIL, kind, receipt.at)
        if self.reputations.get(record.brand, Channel.EMAIL, receipt.at, fresh=True).is_bad:
            self.metrics.count("ReputationPaused", channel=Channel.EMAIL)

    def _address(self, record: MessageRecord, receipt: Receipt, now: datetime) -> None:
        """What it says of the address, for all messages to come."""
        brand, channel, address = record.brand, receipt.channel, receipt.address
        if not address:
            return
        if receipt.kind is ReceiptKind.BOUNCED:
            self.desk.hard_bounced(brand, record.shopper_id, channel, address, receipt.at)
        # One mailbox, or phone, may be that of several customers.
        elif receipt.kind is ReceiptKind.COMPLAINED:
            said = Said(ConsentSource.COMPLAINT, receipt.at, proof=record.message_id)
            for shopper_id in self.desk.with_address(brand, record.shopper_id, address):
                self.desk.complained(brand, shopper_id, channel, address, said, now)
        elif receipt.kind is ReceiptKind.OPTED_OUT:
            said = Said(ConsentSource.KEYWORD, receipt.at, proof=record.message_id)
            for shopper_id in self.desk.with_address(brand, record.shopper_id, address):
                self.desk.withdraw(brand, shopper_id, places(Purpose, (channel,)), said, now, address=address)
