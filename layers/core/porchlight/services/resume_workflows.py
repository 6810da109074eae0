"""Workflows that wait for news of a parcel, an order or a return: leaving their task token with it, and answering the
tokens when news comes.

Two things race: the workflow that is about to wait, and the news. The token is stored first and the parcel is
read after, so whichever is second sees the other: either the news finds the token, or the waiting finds the
news.
"""

from dataclasses import dataclass
from datetime import datetime

from porchlight.deciding import Cases
from porchlight.domain.cases import CaseState
from porchlight.domain.orders import Order
from porchlight.domain.rma.answers import is_over, may_reopen, reopen
from porchlight.domain.rma.moves import noted, settle_news
from porchlight.domain.rma.next_step import Parcels
from porchlight.domain.shipments import Shipment
from porchlight.ports import Orders, Returns, Shipments, Wait, Workflows
from porchlight.services.retrying import until_settled
from porchlight.services.return_parcels import news_of, parcels_of

RETURN, DELAY, CASE = "return", "delay", "case"
"""What a workflow waits for: news of a return, news that mends a delay, the answer to a question about one."""
REVIEW = "review"
"""Of a return too, for workflows that were begun under the release before."""


@dataclass(frozen=True)
class NewsDesk:
    """Where workflows wait for parcels and orders."""

    shipments: Shipments
    orders: Orders
    cases: Cases
    workflows: Workflows

    def await_news(self, wait: Wait, seen: int, case_id: str = "") -> bool:
        """Store the wait; True if the news was there already and the task has been answered.

        News is anything beyond the ``seen`` that the workflow knows of, a delay that has been closed meanwhile, or an
        answer to ``case_id``.
        """
        self.shipments.put_wait(wait)
        if self._is_quiet(wait, seen) and not (case_id and self._is_answered(wait.brand, case_id)):
            return False
        self._answer(wait)
        return True

    def _is_quiet(self, wait: Wait, seen: int) -> bool:
        record: Shipment | Order | None = (
            self.shipments.get(wait.brand, wait.shipment_id)
            if wait.shipment_id
            else self.orders.get(wait.brand, wait.order_id)
        )
        if wait.purpose == RETURN:
            return isinstance(record, Shipment) and record.event_count <= seen
        return record is not None and record.delay is not None and record.delay.is_open and news_in(record) <= seen

    def _is_answered(self, brand: str, case_id: str) -> bool:
        case = self.cases.get(brand, case_id)
        return case is None or case.state is not CaseState.OPEN

    def resume(self, brand: str, shipment_id: str, order_id: str = "") -> int:
        """Answer everybody who waits for this parcel, or without one for this order; returns how many still were
        waiting.
        """
        return sum(self._answer(wait) for wait in self.shipments.waits(brand, shipment_id, order_id))

    def _answer(self, wait: Wait) -> bool:
        """Answer, then forget: killed in between, the token is answered again and found to be used."""
        answered = self.workflows.succeed(wait.token, {"purpose": wait.purpose})
        self.shipments.remove_wait(wait)
        return answered


@dataclass(frozen=True)
class ReturnNews:
    """Where workflows wait for returns. News is a change of the record, or a tracking event of one of its parcels."""

    returns: Returns
    shipments: Shipments
    workflows: Workflows

    def await_news(self, wait: Wait) -> bool:
        """Store the wait; True if there is news beyond its ``seen`` already and the task has been answered."""
        self.returns.put_wait(wait)
        request = self.returns.get(wait.brand, wait.return_id)
        if request and news_of(request, parcels_of(self.shipments, request)) <= wait.seen:
            return False
        self._answer(wait)
        return True

    def await_answer(self, wait: Wait) -> bool:
        """The same for a question of the release before, whose workflow does not say what it knows."""
        if request := self.returns.get(wait.brand, wait.return_id):
            wait = wait.model_copy(update={"seen": news_of(request, parcels_of(self.shipments, request))})
        self.returns.put_wait(wait)
        request = self.returns.get(wait.brand, wait.return_id)
        if request and settle_news(request, Parcels(), wait.created_at).review:
            return False
        self._answer(wait)
        return True

    def resume(self, brand: str, return_id: str, now: datetime) -> int:
        """Answer who waits for this return and does not know the news yet. Where nobody waits any more, what the
        carrier says is written down, and a box that comes after all puts the return before people.
        """
        waits = self.returns.waits(brand, return_id)
        if not waits:
            until_settled(lambda: self._after_the_end(brand, return_id, now))
            return 0
        request = self.returns.get(brand, return_id)
        news = news_of(request, parcels_of(self.shipments, request)) if request else 0
        return sum(self._answer(wait) for wait in waits if request is None or news > wait.seen)

    def _after_the_end(self, brand: str, return_id: str, now: datetime) -> None:
        request = self.returns.get(brand, return_id)
        if request is None or not is_over(request):
            return
        parcels = parcels_of(self.shipments, request)
        changed = noted(request, parcels, now)
        if may_reopen(changed) and settle_news(changed, parcels, now).review:
            changed = reopen(changed, "workflow", now)
        if changed != request:
            self.returns.update(changed.model_copy(update={"version": request.version + 1}))

    def _answer(self, wait: Wait) -> bool:
        answered = self.workflows.succeed(wait.token, {"purpose": wait.purpose})
        self.returns.remove_wait(wait)
        return answered


def news_in(record: Shipment | Order) -> int:
    """Counts what a delay's workflow has to look at: events of the parcel, days of shipping that the shop named, and
    updates of the delay itself.
    """
    told = record.event_count if isinstance(record, Shipment) else len(record.ship_days)
    return told + (record.delay.revision if record.delay else 0)
