"""What a return settles with others, exactly once: intent → provider → record.

The intent is written with the order's ledger in one transaction before anybody is asked, under the key with which it
happens once. Killed after any step, the next try reads how far the last one came: without intent it writes one; with an
intent it asks again under the same key, which is the same refund there; what was accepted is asked about; with the
answer recorded it does nothing. What failed is another try with another key, once a person has said so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from porchlight.domain import ids
from porchlight.domain.brands import BrandConfig
from porchlight.domain.money import Money
from porchlight.domain.orders import Order
from porchlight.domain.policies import ahead_of
from porchlight.domain.returns import GIVEN_UP, Return
from porchlight.domain.rma import dues, ledger
from porchlight.domain.rma.dues import Around, Due
from porchlight.domain.rma.names import FROM_WHAT_WAS_PAID, MONEY_BACK, SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from porchlight.errors import InvalidInputError, NotFoundError, PermanentProviderError, TransientError
from porchlight.ports import Brands, Metrics, Orders, Returns
from porchlight.returning import Answer, Instruction, SettlementProvider
from porchlight.services.ledger_book import LedgerBook
from porchlight.services.retrying import until_settled

Providers = Callable[[BrandConfig, SettlementKind], SettlementProvider]
DONE, ACCEPTED, REVIEW = "done", "accepted", "review"
CLAIM = timedelta(seconds=60)
"""Longer than a task lives: whoever asks a provider that knows no keys is alone for so long."""


@dataclass(frozen=True)
class Settler:
    """Has money moved and goods sent."""

    returns: Returns
    orders: Orders
    brands: Brands
    book: LedgerBook
    provider_of: Providers
    metrics: Metrics

    def settle(self, brand_id: str, return_id: str, kind: SettlementKind, now: datetime) -> str:
        """``done``, also where it was before; ``accepted``: it was taken, and news is waited for; ``review``: a person
        is asked. TransientError: to be asked again.
        """
        brand = self.brands.get(brand_id)

        def attempt() -> str:
            request = self._read(brand_id, return_id)
            if not request.is_approved or request.state in GIVEN_UP:
                raise InvalidInputError("only an approved return is settled", code="return-not-refundable")
            around = self.around(request)
            wanted = dues.dues(request, kind, around)
            outcome = DONE
            for due in wanted:
                request, state = self._settle(brand, request, due, wanted, around, now)
                if state is SettlementState.FAILED:
                    return REVIEW
                outcome = ACCEPTED if state is SettlementState.ACCEPTED else outcome
            if outcome is DONE and (after := self._executed(brand, request, wanted, now)) is not request:
                self._updated(after.model_copy(update={"version": request.version + 1}))
            return outcome

        return until_settled(attempt)

    def around(self, request: Return) -> Around:
        """What the money of a return depends on."""
        orders = {key: self._order(request.brand, key) for key in request.order_ids}
        origins = self.book.origins(*orders.values())
        for origin in origins.values():
            for one in origin.settlements:
                if one.order_id not in orders and (order := self.orders.get(request.brand, one.order_id)):
                    orders[one.order_id] = order
        others = {one.return_id: one for key in request.order_ids for one in self.returns.of_order(request.brand, key)}
        return Around(orders, origins, ahead_of(request, others.values()))

    def _settle(
        self, brand: BrandConfig, request: Return, due: Due, wanted: Sequence[Due], around: Around, now: datetime
    ) -> tuple[Return, SettlementState]:
        """One due as far as it goes now: the return after it, and where the due is."""
        one = dues.latest(request, due.key)
        if one is None or not one.counts:
            if one and not dues.may_try_again(request, one):
                return request, SettlementState.FAILED
            request = self._intend(request, due, around, one, now)
            one = dues.latest(request, due.key)
            assert one is not None
        if one.state in (SettlementState.DONE, SettlementState.FAILED):
            return request, one.state
        if not due.asks:
            return self.record(
                brand, request, one, Answer(state=SettlementState.DONE), wanted, now
            ), SettlementState.DONE
        provider = self.provider_of(brand, one.kind)
        if one.kind in provider.alone and one.state is SettlementState.INTENDED:
            if one.asked_at and now - one.asked_at < CLAIM:
                raise TransientError("somebody is asking for it at this moment")
            request = self._updated(dues.claimed(request, one.key, now))
        answer = self._ask(provider, brand, request, one)
        if answer.state is SettlementState.FAILED:
            self.metrics.count("RefundsFailed", kind=one.kind.value)
        return self.record(brand, request, one, answer, wanted, now), answer.state

    def _intend(self, request: Return, due: Due, around: Around, failed: Settlement | None, now: datetime) -> Return:
        """Write the intent, if the money is there: the order may have been refunded elsewhere meanwhile."""
        if due.kind in dues.MONEY_KINDS and not due.amount.amount:
            return self._updated(dues.intended(request, due, now, state=SettlementState.DONE))
        order = around.orders[due.order_id]
        book, paid = self.book.open(order), self.book.paid(order)
        if failed and failed.why == dues.LESS_LEFT and not due.over:
            due = _cut(due, ledger.left(book, order, paid))
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
            self.metrics.count("RefundsFailed", kind=due.kind.value)
            refused = dues.intended(request, due, now, state=SettlementState.FAILED)
            return self._updated(dues.asked_about(refused, now))
        self.book.ledgers.save(reserved, intended)
        return intended

    @staticmethod
    def _ask(provider: SettlementProvider, brand: BrandConfig, request: Return, one: Settlement) -> Answer:
        wanted = instruction(request, one)
        try:
            if one.state is SettlementState.ACCEPTED:
                return provider.look(brand, wanted, one.reference)
            return provider.carry_out(brand, wanted)
        except PermanentProviderError as error:
            return Answer(state=SettlementState.FAILED, why=error.problem)

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
        if answer.state is SettlementState.DONE:
            after = self._executed(brand, after, wanted, now)
        book = self.book.open(self._order(request.brand, one.order_id))
        key, state = one.key, answer.state
        if one.kind is SettlementKind.CAPTURE and state is SettlementState.DONE:
            key, state = _exchange_key(request), SettlementState.FAILED  # paid for on its own: the first order is free
        moved = ledger.moved(book, key, state, now, answer.reference)
        if moved is book:
            return self._updated(after)
        self.book.ledgers.save(moved, after)
        return after

    def _updated(self, request: Return) -> Return:
        self.returns.update(request)
        return request

    def _executed(self, brand: BrandConfig, request: Return, wanted: Sequence[Due], now: datetime) -> Return:
        """The return with its state, in the same version, once all of ``wanted`` is done."""
        after = dues.executed(request, wanted, now) if wanted else None
        if after is None:
            return request
        if wanted[0].kind is SettlementKind.REFUND:
            self.metrics.count("RefundsExecuted", provider=brand.refunds.provider)
        else:
            self.metrics.count("SettlementsMade", kind=wanted[0].kind.value)
        return after

    def _read(self, brand: str, return_id: str) -> Return:
        found = self.returns.get(brand, return_id)
        if found is None:
            raise NotFoundError("no such return")
        return found

    def _order(self, brand: str, order_id: str) -> Order:
        order = self.orders.get(brand, order_id)
        if order is None:
            raise NotFoundError("no such order")
        return order


def instruction(request: Return, one: Settlement) -> Instruction:
    """What a provider is to do."""
    of = next((held.reference for held in reversed(request.settlements) if held.kind is SettlementKind.HOLD), "")
    wanted: dict[str, int] = {}
    if one.kind in dues.GOODS_KINDS or one.kind is SettlementKind.CHARGE:
        for line in request.lines:
            if line.wanted:
                wanted[line.wanted.sku] = wanted.get(line.wanted.sku, 0) + line.quantity
    return Instruction(
        key=one.key,
        kind=one.kind,
        brand=request.brand,
        return_id=request.return_id,
        order_id=one.order_id,
        amount=one.amount,
        parts=one.parts,
        lines=one.lines,
        wanted=wanted,
        shopper_id=(request.recipient_id or request.shopper_id) if one.kind is SettlementKind.CREDIT else "",
        of=of if one.kind in (SettlementKind.RELEASE, SettlementKind.CAPTURE) else "",
        intended_at=one.intended_at,
    )


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


def _exchange_key(request: Return) -> str:
    sent = (one.key for one in request.settlements if one.kind is SettlementKind.EXCHANGE and one.counts)
    return next(sent, "")
