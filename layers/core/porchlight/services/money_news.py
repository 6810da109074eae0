"""What refund providers tell by themselves: money that moved after all, or came back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from porchlight.connectors import InboundMessage
from porchlight.domain.rma import dues
from porchlight.domain.rma.names import SettlementState
from porchlight.domain.rma.next_step import PRINCIPAL
from porchlight.domain.rma.settlements import Settlement
from porchlight.errors import UnreadableBodyError
from porchlight.ports import Brands, Metrics, Quarantine
from porchlight.returning import Answer, MoneyNews
from porchlight.services.record_events import quarantine_body
from porchlight.services.retrying import until_settled
from porchlight.services.settlement_book import SettlementBook

State = SettlementState
_NO_NEWS = {
    State.INTENDED: frozenset[State](),
    State.ACCEPTED: frozenset({State.ACCEPTED}),
    State.DONE: frozenset({State.DONE, State.ACCEPTED}),
    State.FAILED: frozenset({State.FAILED, State.ACCEPTED}),
}
"""What a settlement in a state may be told again, or late, without a change."""


@dataclass(frozen=True)
class MoneyDesk:
    """Where such news is heard."""

    settlement_book: SettlementBook
    brands: Brands
    metrics: Metrics

    def hear(self, brand_id: str, news: MoneyNews, now: datetime) -> str:
        """``heard``; ``known`` where it is no news; ``unknown`` where nothing of ours is meant. Whoever waits for the
        return is woken by the stream.
        """
        brand = self.brands.get(brand_id)

        def attempt() -> str:
            request = self.settlement_book.returns.get(brand_id, news.return_id)
            one = next((found for found in request.settlements if _is_meant(found, news)), None) if request else None
            if request is None or one is None:
                return "unknown"
            if news.state in _NO_NEWS[one.state]:
                return "known"
            principal = one.kind is PRINCIPAL[request.resolution]
            ends = news.state is State.DONE and principal
            wanted = dues.dues(request, one.kind, self.settlement_book.around(request)) if ends else ()
            answer = Answer(state=news.state, reference=news.reference, why=news.why)
            self.settlement_book.record(brand, request, one, answer, wanted, now)
            if one.state is State.FAILED:  # it was none, and was perhaps tried again meanwhile
                self.metrics.count("RefundsDiffer", why="done_after_failed")
            return "heard"

        outcome = until_settled(attempt)
        self.metrics.count("RefundNews", outcome=outcome)
        return outcome


def record_money_body(
    message: InboundMessage,
    body: bytes,
    connector: Any,
    money_desk: MoneyDesk,
    quarantine: Quarantine,
    metrics: Metrics,
    now: datetime,
) -> None:
    """Hear each piece of news in a body; what cannot be read is quarantined."""
    try:
        found = connector.news(body, message.received_at)
    except UnreadableBodyError as error:
        quarantine_body(quarantine, metrics, message, body, error.detail, now)
        return
    for news in found:
        money_desk.hear(message.brand, news, now)


def _is_meant(one: Settlement, news: MoneyNews) -> bool:
    return one.key == news.key if news.key else bool(news.reference) and one.reference == news.reference
