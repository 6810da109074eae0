"""Settlements as they are kept: with the ledger of the order whose money it is, both or neither."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from porchlight.domain import ids
from porchlight.domain.brands import BrandConfig
from porchlight.domain.money import Money
from porchlight.domain.orders import Order
from porchlight.domain.policies import ahead_of
from porchlight.domain.returns import Return
from porchlight.domain.rma import dues, ledger
from porchlight.domain.rma.dues import Around, Due
from porchlight.domain.rma.names import FROM_WHAT_WAS_PAID, MONEY_BACK, SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from porchlight.errors import NotFoundError
from porchlight.ports import Metrics, Orders, Returns
from porchlight.returning import Answer
from porchlight.services.ledger_book import LedgerBook


@dataclass(frozen=True)
class SettlementBook:
    """Writes down what is intended, and what became of it."""

    returns: Returns
    orders: Orders
    ledger_book: LedgerBook
    metrics: Metrics

    def read(self, brand: str, return_id: str) -> Return:
        """The return; NotFoundError where there is none."""
        found = self.returns.get(brand, return_id)
        if found is None:
            raise NotFoundError("no such return")
        return found

    def around(self, request: Return) -> Around:
        """What the money of a return depends on."""
        orders = {key: self._order(request.brand, key) for key in request.order_ids}
        origins = self.ledger_book.origins(*orders.values())
        for origin in origins.values():
            for one in origin.settlements:
                if one.order_id not in orders and (order := self.orders.get(request.brand, one.order_id)):
                    orders[one.order_id] = order
        others = {one.return_id: one for key in request.order_ids for one in self.returns.of_order(request.brand, key)}
        return Around(orders, origins, ahead_of(request, others.values()))

    def references(self, request: Return, one: Settlement) -> tuple[str, ...]:
        """Of what the same shopper was given of a kind, but for this one."""
        returns = self.returns.of_shopper(request.brand, request.recipient_id or request.shopper_id)
        known = (other for found in returns for other in found.settlements)
        return tuple(
            other.reference for other in known if other.kind is one.kind and other.reference and other.key != one.key
        )

    def intend(self, request: Return, due: Due, around: Around, failed: Settlement | None, now: datetime) -> Return:
        """Write the intent, if the money is there: the order may have been refunded elsewhere meanwhile, or is about to
        be.
        """
        order = around.orders[due.order_id]
        book, paid = self.ledger_book.open(order), self.ledger_book.paid(order)
        if failed and failed.why in (dues.LESS_LEFT, dues.CANCELLED) and not due.over:
            due = _cut(due, ledger.left(book, order, paid))
        if due.kind in dues.MONEY_KINDS and not due.amount.amount:
            return self.updated(dues.intended(request, due, now, state=SettlementState.DONE))
        if order.cancelled_at and failed is None and due.kind in FROM_WHAT_WAS_PAID:
            return self._refused(request, due, dues.CANCELLED, now)
        intended = dues.intended(request, due, now)
        one = intended.settlements[-1]
        minor = one.from_paid if due.kind in FROM_WHAT_WAS_PAID else 0  # in the ledger to be looked at, not to count
        reserved = ledger.reserve(
            *(book, order, paid, one.key, minor, now),
            return_id=request.return_id,
            over=due.over,
            echoes=due.kind in MONEY_BACK,
        )
        if reserved is None:
            return self._refused(request, due, dues.LESS_LEFT, now)
        self.ledger_book.ledgers.save(reserved, intended)
        return intended

    def _refused(self, request: Return, due: Due, why: str, now: datetime) -> Return:
        refused = dues.intended(request, due, now, state=SettlementState.FAILED, why=why)
        after = self.updated(dues.asked_about(refused, now))
        self.metrics.count("RefundsFailed", kind=due.kind.value)
        return after

    def record(
        self,
        brand: BrandConfig,
        request: Return,
        one: Settlement,
        answer: Answer,
        wanted: Sequence[Due],
        now: datetime,
    ) -> Return:
        """Write what became of a settlement, with the ledger where that is about its money, and with the return's state
        where with this all of ``wanted`` is done.
        """
        after = dues.told(
            *(request, one.key, answer.state, now),
            reference=answer.reference,
            why=answer.why,
            replacement=ids.order_id(request.brand, answer.order) if answer.order else "",
        )
        ended = dues.executed(after, wanted, now) if wanted and answer.state is SettlementState.DONE else None
        after = ended or after
        book = self.ledger_book.open(self._order(request.brand, one.order_id))
        moved = ledger.moved(book, one.key, answer.state, now, answer.reference)
        taken = answer.state is SettlementState.DONE
        if one.kind is SettlementKind.CAPTURE and (taken or one.state is SettlementState.DONE):
            # What was sent is paid for by itself, and the money of the orders before is free; or it is not any more.
            for key, order_id in _exchanged(request):
                state = SettlementState.FAILED if taken else SettlementState.DONE
                if order_id == one.order_id:
                    moved = ledger.moved(moved, key, state, now)
                else:
                    self._move(request.brand, order_id, key, state, now)
        if moved is book:
            self.returns.update(after)
        else:
            self.ledger_book.ledgers.save(moved.model_copy(update={"version": book.version + 1}), after)
        if answer.state is SettlementState.FAILED:
            self.metrics.count("RefundsFailed", kind=one.kind.value)
        if ended:
            self._count_ended(brand, one.kind)
        return after

    def end(self, brand: BrandConfig, request: Return, wanted: Sequence[Due], now: datetime) -> None:
        """Write the return's state where all of ``wanted`` is done and the state does not say so yet: it was news, or a
        try that was killed.
        """
        if wanted and (ended := dues.executed(request, wanted, now)):
            self.updated(ended.model_copy(update={"version": request.version + 1}))
            self._count_ended(brand, wanted[0].kind)

    def updated(self, request: Return) -> Return:
        """Written, without the ledger."""
        self.returns.update(request)
        return request

    def _move(self, brand: str, order_id: str, key: str, state: SettlementState, now: datetime) -> None:
        """What was promised of another order's money; told again it is no news."""
        book = self.ledger_book.open(self._order(brand, order_id))
        if (after := ledger.moved(book, key, state, now)) is not book:
            self.ledger_book.ledgers.save(after)

    def _count_ended(self, brand: BrandConfig, kind: SettlementKind) -> None:
        if kind is SettlementKind.REFUND:
            self.metrics.count("RefundsExecuted", provider=brand.refunds.provider)
        else:
            self.metrics.count("SettlementsMade", kind=kind.value)

    def _order(self, brand: str, order_id: str) -> Order:
        order = self.orders.get(brand, order_id)
        if order is None:
            raise NotFoundError("no such order")
        return order


def _cut(due: Due, left: int) -> Due:
    """What is left, where a person wants that paid."""
    bonus = due.parts.bonus if due.parts else 0
    most = min(due.amount.amount, left + bonus)
    if most == due.amount.amount:
        return due
    parts = due.parts
    if parts:
        parts = parts.model_copy(update={"capped": parts.capped + most - due.amount.amount})
    return Due(
        due.key, due.kind, due.order_id, Money(amount=most, currency=due.amount.currency),
        due.over, due.of, parts, due.lines, due.asks,
    )  # fmt: skip


def _exchanged(request: Return) -> list[tuple[str, str]]:
    """Key and order of what went into the goods that were sent."""
    return [
        (one.key, one.order_id)
        for one in request.settlements
        if one.kind is SettlementKind.EXCHANGE and one.counts and not one.over
    ]
