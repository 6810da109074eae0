"""What a return settles with others, exactly once: intent → provider → record.

The intent is written with the order's ledger in one transaction before anybody is asked, under the key with which it
happens once. Killed after any step, the next try reads how far the last one came: without intent it writes one; with an
intent it asks again under the same key, which is the same refund there; what was accepted is asked about; with the
answer recorded it does nothing. What failed is another try with another key, once a person has said so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from porchlight.domain.brands import BrandConfig
from porchlight.domain.returns import GIVEN_UP, Return
from porchlight.domain.rma import dues
from porchlight.domain.rma.dues import Around, Due
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from porchlight.errors import InvalidInputError, PermanentProviderError, TransientError
from porchlight.ports import Brands
from porchlight.returning import Answer, Instruction, SettlementProvider
from porchlight.services.retrying import until_settled
from porchlight.services.settlement_book import SettlementBook

Providers = Callable[[BrandConfig, SettlementKind], SettlementProvider]
DONE, ACCEPTED, REVIEW, OVER = "done", "accepted", "review", "over"
CLAIM = timedelta(seconds=60)
"""Longer than a task lives: whoever asks a provider that knows no keys is alone for so long."""


@dataclass(frozen=True)
class Settler:
    """Has money moved and goods sent."""

    settlement_book: SettlementBook
    brands: Brands
    provider_of: Providers

    def settle(self, brand_id: str, return_id: str, kind: SettlementKind, now: datetime) -> str:
        """``done``, also where it was before; ``accepted``: it was taken, and news is waited for; ``review``: a person
        is asked; ``over``: it was given up meanwhile. TransientError: to be asked again.
        """
        brand = self.brands.get(brand_id)

        def attempt() -> str:
            request = self.settlement_book.read(brand_id, return_id)
            if not request.is_approved:
                raise InvalidInputError("only an approved return is settled", code="return-not-refundable")
            if request.state in GIVEN_UP:
                return OVER
            around = self.settlement_book.around(request)
            wanted = dues.dues(request, kind, around)
            outcome = DONE
            for due in wanted:
                if outcome is ACCEPTED and not due.asks:  # money of another order goes into goods once they are sent
                    continue
                request, state = self._settle(brand, request, due, wanted, around, now)
                if state is SettlementState.FAILED:
                    return REVIEW
                outcome = ACCEPTED if state is SettlementState.ACCEPTED else outcome
            if outcome is DONE:
                self.settlement_book.end(brand, request, wanted, now)
            return outcome

        return until_settled(attempt)

    def _settle(
        self, brand: BrandConfig, request: Return, due: Due, wanted: Sequence[Due], around: Around, now: datetime
    ) -> tuple[Return, SettlementState]:
        """One due as far as it goes now: the return after it, and where the due is."""
        one = dues.latest(request, due.key)
        if one is None or not one.counts:
            if one and not dues.may_try_again(request, one):
                return request, SettlementState.FAILED
            request = self.settlement_book.intend(request, due, around, one, now)
            one = dues.latest(request, due.key)
            assert one is not None
        if one.state in (SettlementState.DONE, SettlementState.FAILED):
            return request, one.state
        if not due.asks:
            return self.settlement_book.record(
                brand, request, one, Answer(state=SettlementState.DONE), wanted, now
            ), SettlementState.DONE
        provider, asked = self.provider_of(brand, one.kind), instruction(request, one)
        if one.kind in provider.alone and one.state is SettlementState.INTENDED:
            if one.asked_at and now - one.asked_at < CLAIM:
                raise TransientError("somebody is asking for it at this moment")
            request = self.settlement_book.updated(dues.claimed(request, one.key, now))
            known = self.settlement_book.references(request, one)
            asked = asked.model_copy(update={"first": one.asked_at is None, "taken": known})
        answer = self._ask(provider, brand, asked, one)
        return self.settlement_book.record(brand, request, one, answer, wanted, now), answer.state

    @staticmethod
    def _ask(provider: SettlementProvider, brand: BrandConfig, wanted: Instruction, one: Settlement) -> Answer:
        try:
            if one.state is SettlementState.ACCEPTED:
                return provider.look(brand, wanted, one.reference)
            return provider.carry_out(brand, wanted)
        except PermanentProviderError as error:
            return Answer(state=SettlementState.FAILED, why=error.problem)


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
