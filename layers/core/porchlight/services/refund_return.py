"""The refund of a return, exactly once: intent → provider → record.

The intent is written before the provider is asked, with the key under which the money moves. Killed after any step,
the next try reads how far the last one came: without intent it writes one; with an intent it asks the provider again
under the same key, which is the same refund there; with the answer recorded it does nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from porchlight.domain.brands import BrandConfig
from porchlight.domain.ids import stable_id
from porchlight.domain.policies import left_to_refund
from porchlight.domain.returns import Decision, Outcome, Refund, Return, ReturnState
from porchlight.errors import InvalidInputError, NotFoundError
from porchlight.ports import Brands, Metrics, Orders, RefundProvider, Returns
from porchlight.services.request_return import get_return
from porchlight.services.retrying import until_settled


@dataclass(frozen=True)
class Refunder:
    """Moves the money."""

    returns: Returns
    orders: Orders
    brands: Brands
    provider_of: Callable[[BrandConfig], RefundProvider]
    metrics: Metrics

    def refund(self, brand_id: str, return_id: str, now: datetime) -> str:
        """Refund the return; ``refunded``, also where it was before."""
        brand = self.brands.get(brand_id)

        def attempt() -> str:
            request = get_return(self.returns, brand_id, return_id)
            if request.state is ReturnState.REFUNDED:
                return "refunded"
            if request.scanned_at is None or request.state not in (ReturnState.IN_TRANSIT, ReturnState.FAILED):
                raise InvalidInputError("only a return that was scanned is refunded", code="return-not-refundable")
            if request.refund is None:
                request = self._intend(request, now)
            intent = request.refund
            assert intent is not None
            reference = self.provider_of(brand).refund(brand, request) if intent.amount.amount else "nothing-due"
            executed = intent.model_copy(update={"executed_at": now, "provider_reference": reference})
            decision = Decision(
                outcome=Outcome.APPROVE,
                rule="refund_executed",
                policy_version=request.policy_version,
                decided_at=now,
                decided_by="workflow",
                facts={"key": intent.key, "minor": intent.amount.amount, "currency": intent.amount.currency},
            )
            update = {
                "state": ReturnState.REFUNDED,
                "refund": executed,
                "failure": None,
                "decisions": (*request.decisions, decision),
                "version": request.version + 1,
            }
            self.returns.update(request.model_copy(update=update))
            self.metrics.count("RefundsExecuted", provider=brand.refunds.provider)
            return "refunded"

        return until_settled(attempt)

    def _intend(self, request: Return, now: datetime) -> Return:
        """Write the intent, if the money still is there: the order may have been refunded elsewhere meanwhile."""
        order = self.orders.get(request.brand, request.order_id)
        if order is None:
            raise NotFoundError("no such order")
        others = [
            one for one in self.returns.of_order(request.brand, request.order_id) if one.return_id != request.return_id
        ]
        amount = request.refund_amount
        if amount is None or amount.amount > left_to_refund(order, others).amount:
            raise InvalidInputError("more than is left of what was paid", code="refund-exceeds-paid")
        key = stable_id("rfd", request.brand, request.return_id)
        intent = Refund(key=key, amount=amount, requested_at=now)
        intended = request.model_copy(update={"refund": intent, "version": request.version + 1})
        self.returns.update(intended)
        return intended
