"""Carrying out a remedy, exactly once: intent → the brand's system → record, as ``settle_return`` does it.

The intent is written on the condition that the parcel is still what it was when it was read: one that is delivered at
this moment is never refunded. From then on the remedy happens, under its one key; what arrives after is noted. Its
money is promised in the order's ledger before: what returns and other parcels get at the same moment is seen there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from porchlight.deciding import Remedies, Task
from porchlight.domain import amends, steps
from porchlight.domain.brands import BrandConfig
from porchlight.domain.orders import Order, OrderRefunded
from porchlight.domain.remedies import NOTHING_DUE, Remedy, RemedyRecord, refund_id, remedy_key
from porchlight.domain.returns import SETTLED
from porchlight.domain.rma import ledger
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.domain.rma.next_step import PRINCIPAL, owed
from porchlight.domain.steps import Late
from porchlight.errors import InvalidInputError, PermanentProviderError
from porchlight.ports import Brands, Metrics, Orders, Returns
from porchlight.services.bearers import Bearers
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.ledger_book import LedgerBook
from porchlight.services.order_delays import Dispatches
from porchlight.services.retrying import until_settled
from porchlight.services.settle_return import OVER, REVIEW, Settler

Record = RemedyRecord


@dataclass(frozen=True)
class Amends:
    """Carries out what was decided."""

    bearers: Bearers
    orders: Orders
    returns: Returns
    brands: Brands
    keeper: OrderKeeper
    provider_of: Callable[[BrandConfig], Remedies]
    book: LedgerBook
    settler: Settler
    metrics: Metrics

    def carry_out(self, brand_id: str, shipment_id: str, order_id: str, delay_id: str, now: datetime) -> str:
        """``done``, ``refused`` (a person is asked), ``dropped`` (news came first) or ``superseded``. TransientError:
        try again, under the same key.
        """
        brand = self.brands.get(brand_id)

        def read() -> Late | None:
            late = self.bearers.read(brand, shipment_id, order_id, now)
            return late if late and late.delay.delay_id == delay_id else None

        def attempt() -> str:
            late = read()
            if late is None:
                return "superseded"
            record = steps.pending(late.delay)
            if record is None:
                if late.delay.chosen is None or not late.delay.is_open or self._is_cancelled(late):
                    self._free(late, now)
                    return "dropped"
                record = self._meant(brand, late, late.delay.chosen, now)
                if record.why:
                    return self._refuse(brand, late, record, record.why, now)
                if not self._is_promised(late, record, now):
                    return self._refuse(brand, late, record, "more_than_left", now)
                late = self.bearers.write(brand, steps.intend(late, record, now), now)
            try:
                reference = self._ask(brand, late, record, now)
            except PermanentProviderError:
                return self._refuse(brand, late, record, "provider_refused", now)
            self._remember(brand, late, record, reference, now)
            late = read()  # remembering has written the order, and news may have come
            if late is None or steps.pending(late.delay) is None:
                return "done"
            self.bearers.write(brand, steps.done(late, record, reference, now), now)
            self.metrics.count("RemediesCarriedOut", remedy=record.remedy.value)
            return "done"

        return until_settled(attempt)

    def _refuse(self, brand: BrandConfig, late: Late, record: Record, why: str, now: datetime) -> str:
        """It cannot be had that way: a person is asked, and operators see that. Its money is free again."""
        self._book(late, record.key, SettlementState.FAILED, now)
        self.bearers.write(brand, steps.refuse(late, record, why, now), now)
        self.metrics.count("RemediesRefused", remedy=record.remedy.value)
        return "refused"

    def _meant(self, brand: BrandConfig, late: Late, remedy: Remedy, now: datetime) -> Record:
        """The remedy with its lines and its money; with a word in ``why`` where it cannot be had that way."""
        known = steps.record_of(late.delay, remedy)
        bare = Record(
            key=remedy_key(brand.brand_id, late.delay.delay_id, remedy),
            remedy=remedy,
            intended_at=now,
            refusals=known.refusals if known else 0,
        )
        order = self._order(late)
        if order is None:
            return bare.model_copy(update={"why": "order_unknown"})
        if remedy is Remedy.CREDIT:
            return bare.model_copy(update={"amount": known.amount if known else None})
        if late.shipment and late.shipment.is_return:
            fits = remedy in (Remedy.REFUND, Remedy.CLAIM)
            return bare if fits else bare.model_copy(update={"why": "not_for_returns"})
        shipments, contents = self.bearers.shipments, self.orders.contents(brand.brand_id, order.order_id)
        parcels = [parcel for one in contents.shipment_ids if (parcel := shipments.get(brand.brand_id, one))]
        if late.shipment:
            lines = amends.lines_of_parcel(late.shipment, order, parcels, contents.untracked)
        else:
            held = Dispatches(self.orders, shipments, self.bearers.dates).held(brand.brand_id, order.order_id)
            lines = amends.lines_to_ship(order, held)
        if lines is None:
            return bare.model_copy(update={} if remedy is Remedy.CLAIM else {"why": "contents_unknown"})
        update: dict[str, object] = {"lines": lines}
        if remedy in amends.MONEY_BACK:
            if not amends.is_countable(order):
                return bare.model_copy(update={"why": "other_currency"})
            returns = self.returns.of_order(brand.brand_id, order.order_id)
            update["amount"] = amends.money_back(order, lines, returns, parcels, bare.key)
        elif remedy is Remedy.CLAIM:
            update["amount"] = amends.value_of(order, lines)
        return bare.model_copy(update=update)

    def _is_promised(self, late: Late, record: Record, now: datetime) -> bool:
        """Promise the money in the order's ledger; False where less is left of it. Returns and other parcels of the
        order that are promised money at this very moment are seen there.
        """
        order = self._order(late)
        if order is None or record.remedy not in amends.MONEY_BACK or not (record.amount and record.amount.amount):
            return True
        known = self.book.open(order)
        after = ledger.reserve(known, order, self.book.paid(order), record.key, record.amount.amount, now)
        if after is not None and after is not known:
            self.book.ledgers.save(after)
        return after is not None

    def _free(self, late: Late, now: datetime) -> None:
        """News came between the promise and the intent: nothing was asked for."""
        for remedy in amends.MONEY_BACK:
            key = remedy_key(late.record.brand, late.delay.delay_id, remedy)
            if not any(record.key == key for record in late.delay.remedies):
                self._book(late, key, SettlementState.FAILED, now)

    def _book(self, late: Late, key: str, state: SettlementState, now: datetime, reference: str = "") -> None:
        """Note in the ledger what became of a promise, if there is one."""
        order = self._order(late)
        known = self.book.ledgers.get(order.brand, order.order_id) if order else None
        if known and (after := ledger.moved(known, key, state, now, reference)) is not known:
            self.book.ledgers.save(after)

    def _ask(self, brand: BrandConfig, late: Late, record: Record, now: datetime) -> str:
        """The other side's reference."""
        parcel = late.shipment
        if parcel and parcel.is_return and record.remedy is Remedy.REFUND:
            return self._refund_return(brand, parcel.return_id or "", now)
        if record.remedy is Remedy.REFUND and record.amount and not record.amount.amount:
            return NOTHING_DUE
        task = Task(
            key=record.key,
            remedy=record.remedy,
            brand=brand.brand_id,
            order_id=late.order_id or "",
            shipment_id=parcel.shipment_id if parcel else None,
            delay_id=late.delay.delay_id,
            kind=late.delay.kind,
            amount=record.amount,
            lines=record.lines,
            decided_at=record.intended_at,
        )
        return self.provider_of(brand).carry_out(brand, task)

    def _refund_return(self, brand: BrandConfig, return_id: str, now: datetime) -> str:
        """A return's money goes the return's own way, under the return's own key: mostly it has gone already."""
        request = self.returns.get(brand.brand_id, return_id)
        if request is None or request.state in SETTLED:
            return NOTHING_DUE
        if request.scanned_at is None:
            raise PermanentProviderError("a return that was never scanned is not refunded")
        kind = PRINCIPAL[request.resolution]
        if next(owed(request), None) is not kind or kind is SettlementKind.REPAIR:
            raise PermanentProviderError("something else comes first: a payment, or the goods")
        try:
            outcome = self.settler.settle(brand.brand_id, return_id, kind, now)
        except InvalidInputError as error:  # no return to be paid back any more
            raise PermanentProviderError(error.detail) from None
        if outcome in (REVIEW, OVER):  # paid back elsewhere meanwhile, refused, or given up
            raise PermanentProviderError("people are asked about the return")
        return return_id

    def _remember(self, brand: BrandConfig, late: Late, record: Record, reference: str, now: datetime) -> None:
        """Later returns, and later parcels, find the refund among those of the order."""
        order = self._order(late)
        if order is None or record.remedy not in amends.MONEY_BACK or not (record.amount and record.amount.amount):
            return
        refunded = OrderRefunded(
            external_order_id=order.external_id,
            refund_id=refund_id(record.key, reference),
            amount=record.amount,
            refunded_at=now,
        )
        self._book(late, record.key, SettlementState.DONE, now, reference)
        self.keeper.refund(brand, refunded, now)

    def _is_cancelled(self, late: Late) -> bool:
        """True where the store has ended the order meanwhile, and with it what was chosen about a parcel of it."""
        order = self._order(late)
        return bool(order and order.cancelled_at and not late.delay.unpaid) and not (
            late.shipment and late.shipment.is_return
        )

    def _order(self, late: Late) -> Order | None:
        return late.order or self.orders.get(late.record.brand, late.order_id or "")
