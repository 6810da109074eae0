"""What was promised, what providers did, and what the shop booked are compared, ledger by ledger.

authorized = executed = booked. A ledger is looked at by the first run 20 hours after its last change, and each day from
then on until all of it is as it should be. Runs are hourly, so that no run has a whole day's work.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from porchlight.domain.brands import BrandConfig
from porchlight.domain.orders import Order
from porchlight.domain.returns import Return
from porchlight.domain.rma import ledger
from porchlight.domain.rma.answers import GONE
from porchlight.domain.rma.ledger import Ledger, LedgerEntry
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from porchlight.errors import ConflictError, PermanentProviderError, TransientError
from porchlight.ports import Brands, Metrics
from porchlight.returning import MoneyNews
from porchlight.services.money_news import MoneyDesk
from porchlight.services.settle_return import Providers, instruction
from porchlight.services.settlement_book import SettlementBook

STUCK_AFTER = timedelta(hours=24)
"""Asked for and neither done nor refused for so long: operators look at it."""
BOOKED_WITHIN = timedelta(days=3)
"""So long after it was done the shop has to report a refund that was made in the shop."""
GIVE_UP = timedelta(days=60)
"""What was not booked by then is not waited for any more; it stays in the record."""
STUCK = "stuck"
State = SettlementState
_OPEN = frozenset({State.INTENDED, State.ACCEPTED})


class Difference(BaseModel):
    """Something that is not as it should be. ``why``: ``stuck``, ``not_booked``, ``above_paid``, ``no_settlement``,
    ``state_differs``, ``gone``.
    """

    model_config = ConfigDict(frozen=True)

    brand: str
    order_id: str
    return_id: str
    key: str
    why: str
    minor: int
    currency: str


class Report(BaseModel):
    """What a run found."""

    model_config = ConfigDict(frozen=True)

    ledgers: int
    entries: int
    differences: tuple[Difference, ...] = ()

    @property
    def stuck(self) -> int:
        """How many were asked for and are not known to be done."""
        return sum(one.why == STUCK for one in self.differences)


@dataclass(frozen=True)
class Reconciler:
    """Compares."""

    settlement_book: SettlementBook
    money_desk: MoneyDesk
    brands: Brands
    provider_of: Providers
    metrics: Metrics

    def run(self, now: datetime, keep_going: Callable[[], bool] = lambda: True) -> Report:
        """All that is due, brand by brand; what is stuck or differs is counted, and noted in the ledger. What there is
        no time for is left to the next run.
        """
        ledgers = entries = 0
        found: list[Difference] = []
        for brand_id in self.brands.ids():
            brand = self.brands.get(brand_id)
            for known in self._due(brand_id, now):
                if not keep_going():
                    break
                ledgers, entries = ledgers + 1, entries + len(known.entries)
                found += self._compared(brand, known, now)
        report = Report(ledgers=ledgers, entries=entries, differences=tuple(found))
        self.metrics.count("RefundsReconciled", entries)
        self.metrics.count("RefundsStuck", report.stuck)
        for one in found:
            if one.why != STUCK:
                self.metrics.count("RefundsDiffer", why=one.why)
        return report

    def _due(self, brand: str, now: datetime) -> Iterator[Ledger]:
        after = ""
        while True:
            found, after = self.settlement_book.ledger_book.ledgers.due(brand, now, after=after)
            yield from found
            if not after:
                return

    def _compared(self, brand: BrandConfig, known: Ledger, now: datetime) -> list[Difference]:
        """Ask about what is open, then compare; the ledger keeps what was found, and is looked at again while there is
        something to look at.
        """
        gone = set[str]()
        for key, entry in known.entries.items():
            request = self._request(known, entry)
            if request and (one := _settlement(request, key)) and not self._is_there(brand, request, one, now):
                gone.add(key)
        order = self.settlement_book.orders.get(known.brand, known.order_id)
        fresh = self.settlement_book.ledger_book.ledgers.get(known.brand, known.order_id)
        if order is None or fresh is None:
            return []
        whys = {key: why for key in fresh.entries if (why := self._why(brand, order, fresh, key, now))}
        whys |= dict.fromkeys(gone & fresh.entries.keys(), "gone")
        if ledger.spent(fresh, order) > self.settlement_book.ledger_book.paid(order):
            whys.setdefault(max(fresh.entries, key=lambda key: fresh.entries[key].at), "above_paid")
        waits = any(self._waits(brand, order, fresh, key, now) for key in fresh.entries) or any(
            now - fresh.entries[key].at < GIVE_UP for key in whys
        )
        with suppress(ConflictError):  # something happens at this moment: the next run looks at it
            self.settlement_book.ledger_book.ledgers.save(
                ledger.checked(fresh, whys, now + ledger.CHECK_AFTER if waits else None)
            )
        return [_difference(fresh, key, why) for key, why in whys.items()]

    def _request(self, known: Ledger, entry: LedgerEntry) -> Return | None:
        return self.settlement_book.returns.get(known.brand, entry.return_id) if entry.return_id else None

    def _is_there(self, brand: BrandConfig, request: Return, one: Settlement, now: datetime) -> bool:
        """Ask the provider about what it has taken, and whether what it did still stands. False where that is not there
        any more (deleted by hand, or the brand has another provider since): no money came back with it.
        """
        provider = self.provider_of(brand, one.kind)
        done = one.state is State.DONE and provider.looks and one.amount.amount
        if one.state is not State.ACCEPTED and not done:
            return True
        try:
            answer = provider.look(brand, instruction(request, one), one.reference)
        except (TransientError, PermanentProviderError):
            return True  # tomorrow
        if done and answer.why == GONE:
            return False
        news = MoneyNews(
            return_id=request.return_id,
            key=one.key,
            reference=answer.reference,
            state=answer.state,
            why=answer.why,
            said_at=now,
        )
        self.money_desk.hear(request.brand, news, now)
        return True

    def _why(self, brand: BrandConfig, order: Order, known: Ledger, key: str, now: datetime) -> str:
        entry = known.entries[key]
        if entry.return_id:
            request = self._request(known, entry)
            one = _settlement(request, key) if request else None
            if one is None:
                return "no_settlement"
            captured = one.kind is SettlementKind.EXCHANGE and entry.state is State.FAILED  # paid for by itself since
            if one.state is not entry.state and not captured:
                return "state_differs"
        if entry.state in _OPEN:
            return STUCK if now - entry.at >= STUCK_AFTER else ""
        unbooked = self._is_to_be_booked(brand, order, entry) and not ledger.is_booked(known, order, key)
        return "not_booked" if unbooked and now - entry.at >= BOOKED_WITHIN else ""

    def _waits(self, brand: BrandConfig, order: Order, known: Ledger, key: str, now: datetime) -> bool:
        """True for what is on its way: to the shopper, or into the shop's books."""
        entry = known.entries[key]
        if entry.state in _OPEN:
            return now - entry.at < GIVE_UP
        unbooked = self._is_to_be_booked(brand, order, entry) and not ledger.is_booked(known, order, key)
        return unbooked and now - entry.at < BOOKED_WITHIN

    @staticmethod
    def _is_to_be_booked(brand: BrandConfig, order: Order, entry: LedgerEntry) -> bool:
        """True for refunds that were made in the very shop that the order is from: there they have to be seen."""
        done = entry.state is State.DONE and entry.echoes and entry.minor > 0
        return done and bool(entry.return_id) and order.source == brand.refunds.provider


def _settlement(request: Return, key: str) -> Settlement | None:
    return next((one for one in request.settlements if one.key == key), None)


def _difference(known: Ledger, key: str, why: str) -> Difference:
    entry = known.entries[key]
    return Difference(
        brand=known.brand,
        order_id=known.order_id,
        return_id=entry.return_id,
        key=key,
        why=why,
        minor=entry.minor,
        currency=known.currency,
    )
