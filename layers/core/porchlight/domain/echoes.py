"""Refunds that a shop reports of itself, and that are ours: told once, by us."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from porchlight.domain.messages import MessageRecord, Suppression
from porchlight.domain.moments import Moment
from porchlight.domain.money import Money
from porchlight.domain.orders import Order
from porchlight.domain.remedies import OURS, echo_of
from porchlight.domain.returns import Return, ReturnState

WITHIN = timedelta(days=7)
"""So long after we asked for a refund the shop's report of the same amount is taken for its echo."""


def is_echo(
    refund: str, order: Order, returns: Iterable[Return], messages: Sequence[MessageRecord], now: datetime
) -> bool:
    """True where the shop's ``refund`` is one that we asked for, which has a message of its own.

    It is known by the reference that the other side gave; where that is another system's, by its amount. Each of ours
    has one echo: a second refund of the same amount is news.
    """
    given = order.refunds.get(refund)
    ours = [*_of_returns(returns, now), *_of_delays(order, messages, now)]
    named = {reference for reference, _ in ours} & order.refunds.keys()
    if refund in named or given is None:
        return refund in named
    open_ = [amount for reference, amount in ours if reference not in named and amount == given]
    heard = [
        one
        for one in messages
        if one.moment is Moment.REFUND_ISSUED
        and one.reason is Suppression.CONTINUED
        and one.subject_id not in {refund, *named}
        and order.refunds.get(one.subject_id) == given
    ]
    return len(heard) < len(open_)


def _of_returns(returns: Iterable[Return], now: datetime) -> Iterator[tuple[str, Money]]:
    """Reference and amount of what returns gave back lately, or are about to."""
    for one in returns:
        if one.state is ReturnState.FAILED:
            continue
        for refund in one.refunds:
            if now - refund.intended_at <= WITHIN:
                yield refund.reference or refund.key, refund.amount


def _of_delays(order: Order, messages: Sequence[MessageRecord], now: datetime) -> Iterator[tuple[str, Money]]:
    """The same for delays. Their refunds carry no instant: their messages do."""
    told = [one.planned_at for one in messages if one.moment is Moment.REFUNDED and one.return_id is None]
    if told and now - max(told) > WITHIN:
        return
    for key, amount in order.refunds.items():
        if key.startswith(OURS):
            yield echo_of(key) or key, amount
