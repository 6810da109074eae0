"""What providers report of messages they took, in one form for all channels."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.channels import Channel
from porchlight.domain.messages import MessageRecord, MessageState


class ReceiptKind(StrEnum):
    """What became of a message."""

    TAKEN = "taken"
    """By the provider: it was sent."""
    DELIVERED = "delivered"
    DELAYED = "delayed"
    """Not yet delivered; it is tried again."""
    BOUNCED = "bounced"
    """The address takes nothing, for good."""
    UNDELIVERED = "undelivered"
    """This one was not delivered; the address may be well."""
    COMPLAINED = "complained"
    REJECTED = "rejected"
    """By the provider, for what is in it."""
    OPTED_OUT = "opted_out"
    """The number has said stop, to the provider or the network."""
    OPENED = "opened"
    CLICKED = "clicked"


FAILED = frozenset({ReceiptKind.BOUNCED, ReceiptKind.UNDELIVERED, ReceiptKind.REJECTED, ReceiptKind.OPTED_OUT})
"""After these another channel takes over."""

_REACHED = {
    ReceiptKind.DELIVERED: "delivered_at",
    ReceiptKind.OPENED: "opened_at",
    ReceiptKind.CLICKED: "clicked_at",
    ReceiptKind.BOUNCED: "bounced_at",
    ReceiptKind.UNDELIVERED: "bounced_at",
    ReceiptKind.REJECTED: "bounced_at",
    ReceiptKind.OPTED_OUT: "bounced_at",
}


class Receipt(BaseModel):
    """One report. ``address``: where it went, which is not stored with the message."""

    model_config = ConfigDict(frozen=True)

    channel: Channel
    kind: ReceiptKind
    brand: str
    order_id: str
    message_id: str
    provider_id: str = ""
    at: AwareDatetime
    """When the provider saw it."""
    address: str = ""


def applied(record: MessageRecord, receipt: Receipt) -> MessageRecord | None:
    """The message with what the report adds; None where it adds nothing. The order of reports does not matter: the
    first of each kind counts, and what was read was delivered.
    """
    update: dict[str, object] = {}
    if record.state is MessageState.PLANNED and record.sending_since is None:
        return None  # nobody has handed it over
    # What a provider refused for now, and reports all the same, was taken.
    open_ = record.state in (MessageState.SENDING, MessageState.PLANNED)
    if open_ and receipt.kind is not ReceiptKind.REJECTED:
        update |= {"state": MessageState.SENT, "sent_at": receipt.at}
        update |= {"provider_id": receipt.provider_id} if receipt.provider_id else {}
    elif open_:
        update |= {"state": MessageState.FAILED, "failure": "rejected"}
    field = _REACHED.get(receipt.kind)
    if field and getattr(record, field) is None:
        update[field] = receipt.at
    if receipt.kind in (ReceiptKind.OPENED, ReceiptKind.CLICKED) and record.delivered_at is None:
        update["delivered_at"] = receipt.at
    if not update:
        return None
    return record.model_copy(update={**update, "version": record.version + 1})
