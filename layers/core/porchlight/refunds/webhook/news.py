"""What a brand's own system tells later about something that it has taken: ``settlement.updated``, signed."""

from datetime import datetime
from typing import Any, Final

from standardwebhooks import Webhook, WebhookVerificationError

from porchlight.bodies import as_object, clean, load_json, only_unreadable
from porchlight.connectors import Account, InboundRequest
from porchlight.domain.rma.names import SettlementState
from porchlight.errors import UnreadableBodyError
from porchlight.returning import MoneyNews
from porchlight.signing import secrets_in

_STATES = {one.value: one for one in (SettlementState.ACCEPTED, SettlementState.DONE, SettlementState.FAILED)}


class WebhookNews:
    """Signed by Standard Webhooks with the account's ``signing_secret``, within five minutes."""

    id: Final = "webhook"
    name: Final = "The brand's own system"
    credentials: Final = ("signing_secret",)

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """By the reference library; it reads the clock itself."""
        try:
            (secret,) = secrets_in({"secret": account.credentials.get("signing_secret", "")})
            Webhook(secret).verify(request.body, dict(request.headers))
        except (ValueError, WebhookVerificationError):
            return False
        return True

    @only_unreadable
    def news(self, body: bytes, heard_at: datetime) -> list[MoneyNews]:
        """``{"type": "settlement.updated", "data": {return_id, key, state, reference?, why?}}``; [] for other types."""
        message = as_object(load_json(body), "the body")
        if message.get("type") != "settlement.updated":
            return []
        data: dict[str, Any] = as_object(message.get("data"), "data")
        state = _STATES.get(clean(data.get("state"), 20))
        return_id, key = clean(data.get("return_id"), 60), clean(data.get("key"), 80)
        if state is None or not return_id or not key:
            raise UnreadableBodyError("return_id, key and state have to be there")
        return [
            MoneyNews(
                return_id=return_id,
                key=key,
                reference=clean(data.get("reference"), 200),
                state=state,
                why=clean(data.get("why"), 60),
                said_at=heard_at,
            )
        ]


NEWS = WebhookNews()
