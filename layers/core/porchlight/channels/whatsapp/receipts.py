"""Reports of WhatsApp (AWS End User Messaging Social, by SNS): Meta's webhook entry as text, our tags in
``biz_opaque_callback_data``.

https://docs.aws.amazon.com/social-messaging/latest/userguide/managing-event-destination-dlrs.html
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from porchlight.domain.channels import Channel
from porchlight.domain.receipts import Receipt, ReceiptKind

_KINDS = {
    "sent": ReceiptKind.TAKEN,
    "delivered": ReceiptKind.DELIVERED,
    "read": ReceiptKind.OPENED,
    "failed": ReceiptKind.UNDELIVERED,
}
_NOT_ON_WHATSAPP = 131026
"""Meta's code for a number that is not on WhatsApp, or has not taken its terms."""


def parse(event: Mapping[str, Any]) -> list[Receipt]:
    """All reports in it about messages of ours; what shoppers write is somebody else's (``receive_reply``)."""
    return [receipt for status in _statuses(event) if (receipt := _receipt(status))]


def _statuses(event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    try:
        entry = json.loads(event.get("whatsAppWebhookEntry") or "{}")
    except ValueError:
        return
    for change in entry.get("changes") or []:
        yield from (change.get("value") or {}).get("statuses") or []


def _receipt(status: Mapping[str, Any]) -> Receipt | None:
    kind = _KINDS.get(str(status.get("status", "")))
    try:
        tags = json.loads(status.get("biz_opaque_callback_data") or "{}")
    except ValueError:
        return None
    if kind is None or not isinstance(tags, dict) or not all(tags.get(n) for n in ("brand", "order_id", "message_id")):
        return None
    if any(one.get("code") == _NOT_ON_WHATSAPP for one in status.get("errors") or []):
        kind = ReceiptKind.BOUNCED
    number = str(status.get("recipient_id") or "")  # whoever goes by a name has none here
    return Receipt(
        channel=Channel.WHATSAPP,
        kind=kind,
        brand=str(tags["brand"]),
        order_id=str(tags["order_id"]),
        message_id=str(tags["message_id"]),
        provider_id=str(status.get("id", "")),
        at=datetime.fromtimestamp(int(status["timestamp"]), UTC),
        address=f"+{number.lstrip('+')}" if number else "",
    )
