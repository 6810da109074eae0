"""What Stripe tells by itself: events about refunds (``refund.created``, ``refund.updated``, ``refund.failed`` …)."""

from datetime import datetime
from typing import Final

from porchlight.connectors import Account, InboundRequest
from porchlight.domain.rma.names import SettlementState
from porchlight.refunds.stripe import CONNECTOR
from porchlight.refunds.stripe.parse import RefundState, refunds
from porchlight.returning import MoneyNews

_STATES = {
    RefundState.SUCCEEDED: SettlementState.DONE,
    RefundState.PENDING: SettlementState.ACCEPTED,
    RefundState.REQUIRES_ACTION: SettlementState.ACCEPTED,
    RefundState.FAILED: SettlementState.FAILED,
    RefundState.CANCELED: SettlementState.FAILED,
}


class StripeNews:
    """Signed with the endpoint's secret (``signing_secret`` of the account)."""

    id: Final = "stripe"
    name: Final = "Stripe"
    credentials: Final = ("signing_secret",)
    answers_with: Final = 200

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """True for a fresh ``Stripe-Signature`` by the account's secret."""
        secret = account.credentials.get("signing_secret", "")
        return CONNECTOR.verify(request.body, request.headers.get("stripe-signature", ""), secret, now)

    def news(self, body: bytes, heard_at: datetime) -> list[MoneyNews]:
        """Of refunds that we asked for; what else was refunded there is the shop's to tell."""
        return [
            MoneyNews(
                return_id=one.metadata["return_id"],
                key=one.metadata["key"],
                reference=one.refund_id,
                state=_STATES[one.state],
                why=one.state.value if _STATES[one.state] is SettlementState.FAILED else "",
                said_at=heard_at,
            )
            for one in refunds(body)
            if one.metadata.get("key") and one.metadata.get("return_id") and one.state in _STATES
        ]


NEWS = StripeNews()
