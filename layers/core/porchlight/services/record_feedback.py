"""What SES reports about a message that we tagged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from porchlight.domain.messages import MessageState
from porchlight.errors import ConflictError, NotFoundError
from porchlight.ports import Messages, Metrics

_TOOK_IT = {"Send", "Delivery"}
_TROUBLE = {"Bounce": "bounced", "Complaint": "complained", "Reject": "rejected", "Rendering Failure": "failed"}


@dataclass(frozen=True)
class Feedback:
    """Applies SES's event publishing (its JSON as EventBridge carries it in ``detail``)."""

    messages: Messages
    metrics: Metrics

    def record(self, detail: Mapping[str, Any]) -> str:
        """Settle or count. Returns the state of the message; NotFoundError for a message that is not ours."""
        kind = str(detail.get("eventType") or detail.get("notificationType") or "")
        mail = detail.get("mail") or {}
        tags = mail.get("tags") or {}
        brand, order_id, message_id = (str((tags.get(name) or [""])[0]) for name in ("brand", "order_id", "message_id"))
        if kind in _TROUBLE:
            self.metrics.count("MessageFeedback", channel="email", outcome=_TROUBLE[kind])
        record = self.messages.get(brand, order_id, message_id) if brand and order_id and message_id else None
        if record is None:
            raise NotFoundError("no such message")
        if kind not in _TOOK_IT or record.state is not MessageState.SENDING:
            return record.state
        sent = record.model_copy(
            update={
                "state": MessageState.SENT,
                "sent_at": datetime.fromisoformat(mail["timestamp"]),
                "provider_id": str(mail.get("messageId", "")),
                "version": record.version + 1,
            }
        )
        try:
            self.messages.update(sent, due_at=None)
        except ConflictError:  # the sender recorded it in the same moment
            return MessageState.SENT
        self.metrics.count("Messages", channel=record.channel, outcome=MessageState.SENT.value)
        return sent.state
