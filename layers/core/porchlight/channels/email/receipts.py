"""Reports of Amazon SES (event publishing, as EventBridge carries it in ``detail``)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from porchlight.domain.channels import Channel
from porchlight.domain.receipts import Receipt, ReceiptKind

_KINDS = {
    "Send": ReceiptKind.TAKEN,
    "Delivery": ReceiptKind.DELIVERED,
    "DeliveryDelay": ReceiptKind.DELAYED,
    "Complaint": ReceiptKind.COMPLAINED,
    "Reject": ReceiptKind.REJECTED,
    "Rendering Failure": ReceiptKind.REJECTED,
    "Open": ReceiptKind.OPENED,
    "Click": ReceiptKind.CLICKED,
}


def parse(detail: Mapping[str, Any]) -> list[Receipt]:
    """The report; [] for one of a message that is not ours, or of a kind that says nothing."""
    name = str(detail.get("eventType") or detail.get("notificationType") or "")
    mail = detail.get("mail") or {}
    tags = {key: str((values or [""])[0]) for key, values in (mail.get("tags") or {}).items()}
    kind = _bounce(detail) if name == "Bounce" else _KINDS.get(name)
    if kind is None or not all(tags.get(one) for one in ("brand", "order_id", "message_id")):
        return []
    part = detail.get(name.lower()) or {}
    return [
        Receipt(
            channel=Channel.EMAIL,
            kind=kind,
            brand=tags["brand"],
            order_id=tags["order_id"],
            message_id=tags["message_id"],
            provider_id=str(mail.get("messageId", "")),
            at=datetime.fromisoformat(part.get("timestamp") or mail["timestamp"]),
            address=str((mail.get("destination") or [""])[0]),
        )
    ]


def _bounce(detail: Mapping[str, Any]) -> ReceiptKind | None:
    """A full mailbox or an absence is no bounce for good. SES reports the answer of a machine ("out of office") as a
    transient, general one: it has no server's report with it, and its message was delivered.
    """
    bounce = detail.get("bounce") or {}
    if bounce.get("bounceType") == "Permanent":
        return ReceiptKind.BOUNCED
    reported = any(one.get("status") or one.get("diagnosticCode") for one in bounce.get("bouncedRecipients") or [])
    general = (bounce.get("bounceType"), bounce.get("bounceSubType")) == ("Transient", "General")
    return None if general and not reported else ReceiptKind.UNDELIVERED
