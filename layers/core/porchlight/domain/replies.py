"""What shoppers send back by SMS and WhatsApp, as AWS End User Messaging (and its Social) publishes it."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from porchlight.domain.channels import Channel

_MOST_LETTERS = 4_000
_FIRST = datetime(2015, 1, 1, tzinfo=UTC)


class Reply(NamedTuple):
    """One message of a shopper."""

    channel: Channel
    reply_id: str
    sender: str
    """The number as it was given."""
    receiver: str
    """Our number, or the id of our WhatsApp number at AWS."""
    text: str
    at: datetime


def replies(message: Mapping[str, Any], published_at: datetime) -> Iterator[Reply]:
    """The messages in one publication; none where it reports something else. ``published_at``: when it was."""
    if "originationNumber" in message and "inboundMessageId" in message:
        yield Reply(
            Channel.SMS,
            str(message["inboundMessageId"])[:128],
            str(message["originationNumber"]),
            str(message.get("destinationNumber", "")),
            str(message.get("messageBody", ""))[:_MOST_LETTERS],
            published_at,
        )
    elif isinstance(entry := message.get("whatsAppWebhookEntry"), str):
        yield from _whatsapp(message, entry, published_at)


def _whatsapp(message: Mapping[str, Any], entry: str, published_at: datetime) -> Iterator[Reply]:
    numbers = _list(_dict(message.get("context")).get("MetaPhoneNumberIds"))
    ours = {str(one.get("metaPhoneNumberId")): str(one.get("arn", "")).rpartition("/")[2] for one in numbers}
    try:
        decoded = json.loads(entry)
    except ValueError:
        return
    for change in _list(_dict(decoded).get("changes")):
        value = _dict(change.get("value"))
        receiver = ours.get(str(_dict(value.get("metadata")).get("phone_number_id")), "")
        for one in _list(value.get("messages")):
            if one.get("id") and one.get("from"):
                sender, text = f"+{str(one['from']).lstrip('+')}", _text(one)[:_MOST_LETTERS]
                at = _instant(one.get("timestamp"), published_at)
                yield Reply(Channel.WHATSAPP, str(one["id"])[:128], sender, receiver, text, at)


def _text(one: Mapping[str, Any]) -> str:
    """What was written, or what the button said that was pressed."""
    kind = str(one.get("type", ""))
    part = _dict(one.get(kind))
    if kind == "interactive":
        part = _dict(part.get("button_reply")) or _dict(part.get("list_reply"))
        return str(part.get("title", ""))
    return str(part.get("body") or part.get("text") or part.get("caption") or f"[{kind or 'nothing'}]")


def _instant(seconds: Any, published_at: datetime) -> datetime:
    """When it was sent; when it was published, where that cannot be."""
    try:
        found = datetime.fromtimestamp(int(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return published_at
    return found if _FIRST <= found <= published_at + timedelta(minutes=5) else published_at


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
