"""What SES reports about a message that we tagged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from porchlight.domain.channels import Channel
from porchlight.domain.messages import MessageState
from porchlight.domain.reputation import Outcome
from porchlight.errors import ConflictError, NotFoundError
from porchlight.ports import Messages, Metrics
from porchlight.reaching import Reputations

_TOOK_IT = {"Send", "Delivery"}
_TROUBLE = {"Bounce": "bounced", "Complaint": "complained", "Reject": "rejected", "Rendering Failure": "failed"}


@dataclass(frozen=True)
class Feedback:
    """Applies SES's event publishing (its JSON as EventBridge carries it in ``detail``)."""

    messages: Messages
    metrics: Metrics
    reputations: Reputations

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
        if spoilt := _spoils(kind, detail):
            self._count(record.brand, spoilt, datetime.fromisoformat(mail["timestamp"]))
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

    def _count(self, brand: str, kind: Outcome, at: datetime) -> None:
        """A report that comes twice counts twice: the pause then comes early, never late."""
        self.reputations.count(brand, Channel.EMAIL, kind, at)
        if self.reputations.get(brand, Channel.EMAIL, at, fresh=True).is_bad:
            self.metrics.count("ReputationPaused", channel=Channel.EMAIL)


def _spoils(kind: str, detail: Mapping[str, Any]) -> Outcome | None:
    """What SES counts against the sender: bounces for good, and complaints."""
    if kind == "Bounce":
        return Outcome.BOUNCED if (detail.get("bounce") or {}).get("bounceType") == "Permanent" else None
    return Outcome.COMPLAINED if kind == "Complaint" else None
