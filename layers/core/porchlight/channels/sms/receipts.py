"""Reports of AWS End User Messaging SMS (event destination SNS). Our tags come back as ``context``.

https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from porchlight.domain.channels import Channel
from porchlight.domain.receipts import Receipt, ReceiptKind

_KINDS = {
    "TEXT_QUEUED": ReceiptKind.TAKEN,
    "TEXT_PENDING": ReceiptKind.TAKEN,
    "TEXT_SENT": ReceiptKind.TAKEN,
    "TEXT_SUCCESSFUL": ReceiptKind.TAKEN,
    "TEXT_DELIVERED": ReceiptKind.DELIVERED,
    "TEXT_INVALID": ReceiptKind.BOUNCED,
    "TEXT_CARRIER_UNREACHABLE": ReceiptKind.UNDELIVERED,
    "TEXT_UNREACHABLE": ReceiptKind.UNDELIVERED,
    "TEXT_TTL_EXPIRED": ReceiptKind.UNDELIVERED,
    "TEXT_UNKNOWN": ReceiptKind.UNDELIVERED,
    "TEXT_BLOCKED": ReceiptKind.UNDELIVERED,
    "TEXT_CARRIER_BLOCKED": ReceiptKind.UNDELIVERED,
    "TEXT_PROTECT_BLOCKED": ReceiptKind.UNDELIVERED,
    "TEXT_INVALID_MESSAGE": ReceiptKind.REJECTED,
    "TEXT_SPAM": ReceiptKind.REJECTED,
}
_WAITED_FOR = timedelta(hours=71)
"""AWS waits 72 hours for a network's last word, and says ``TEXT_UNKNOWN`` then."""


def parse(event: Mapping[str, Any]) -> list[Receipt]:
    """The report; [] for a message that is not ours, or a kind that says nothing."""
    kind, tags = _kind(event), event.get("context") or {}
    if kind is None or not all(tags.get(one) for one in ("brand", "order_id", "message_id")):
        return []
    return [
        Receipt(
            channel=Channel.SMS,
            kind=kind,
            brand=str(tags["brand"]),
            order_id=str(tags["order_id"]),
            message_id=str(tags["message_id"]),
            provider_id=str(event.get("messageId", "")),
            at=_instant(event["eventTimestamp"]),
            address=str(event.get("destinationPhoneNumber", "")),
        )
    ]


def _kind(event: Mapping[str, Any]) -> ReceiptKind | None:
    """Many networks confirm nothing: that they took it is their last word. That nobody knows is none; and after a
    failure that is not final it is tried again.
    """
    name, final = str(event.get("eventType", "")), event.get("isFinal")
    asked = event.get("messageRequestTimestamp")
    if name == "TEXT_UNKNOWN" and asked and _instant(event["eventTimestamp"]) - _instant(asked) >= _WAITED_FOR:
        return None
    if name == "TEXT_SUCCESSFUL" and final is True:
        return ReceiptKind.DELIVERED
    kind = _KINDS.get(name)
    return ReceiptKind.DELAYED if kind is ReceiptKind.UNDELIVERED and final is False else kind


def _instant(milliseconds: Any) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
