"""What the warehouse says of goods that come back: bookings, inspections, repairs. They are recorded whatever else has
happened; nothing is refunded by them here. The workflow sees the record change, and goes by its terms.

The same booking again changes nothing; another story under the same id is refused. What belongs to no return of ours is
kept for people.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from porchlight.domain import ids
from porchlight.domain.orders import Order, OrderLine
from porchlight.domain.returns import ENDED, GIVEN_UP, Outcome, Return, ReturnState
from porchlight.domain.rma import inspection as goods
from porchlight.domain.rma.amounts import EXCHANGES, share
from porchlight.domain.rma.answers import decision, reopen, resting_state
from porchlight.domain.rma.goods import Inspection, ItemFound, Receipt, RepairStep, Unmatched
from porchlight.domain.rma.names import FROM_WHAT_WAS_PAID, Discrepancy, RepairState, Resolution
from porchlight.domain.rma.settlements import Parts
from porchlight.domain.rma.standing import GOODS, last_word
from porchlight.domain.shipments import Shipment
from porchlight.errors import ConflictError, InvalidInputError, NotFoundError
from porchlight.ports import Brands, Metrics, Orders, Returns, Shipments
from porchlight.returning import UnmatchedGoods
from porchlight.services.lookout import Lookout
from porchlight.services.request_return import get_return
from porchlight.services.retrying import until_settled
from porchlight.services.warehouse_bodies import RepairBody, digest

UNDER_WAY = frozenset({ReturnState.APPROVED, ReturnState.IN_TRANSIT, ReturnState.RECEIVED, ReturnState.INSPECTED})
"""States in which goods move the state. What was settled, or has ended, stays as it is."""
_WAITING = UNDER_WAY | {ReturnState.EXPIRED}
REPAIR_REJECTED = "repair_rejected"
MOST_BYTES = 340_000
"""Of a return with all that is said of its goods: an item of the table has 400 KB, and what comes after has to fit in.
"""


@dataclass(frozen=True)
class WarehouseDesk:
    """Books what comes back."""

    returns: Returns
    orders: Orders
    shipments: Shipments
    brands: Brands
    unmatched_goods: UnmatchedGoods
    lookout: Lookout
    metrics: Metrics

    def find(self, brand: str, carrier: str, tracking_number: str) -> str:
        """The return of a parcel, by its number; "" where none of ours has it. The parcel that brought an order comes
        back itself where nobody took it: it is of the one return of that order for which goods are waited for.
        """
        parcel = self.shipments.get(brand, ids.shipment_id(brand, carrier, tracking_number)) if carrier else None
        if parcel is None or parcel.return_id or not parcel.order_id:
            return parcel.return_id or "" if parcel else ""
        known = self.returns.of_order(brand, parcel.order_id)
        booked = [one for one in known if parcel.tracking_number in {each.tracking_number for each in one.receipts}]
        waiting = booked or [one for one in known if one.state in _WAITING]
        return waiting[0].return_id if len(waiting) == 1 else ""

    def stray(
        self, brand: str, receipt: Receipt, now: datetime, *, return_id: str = "", carrier: str = ""
    ) -> Unmatched:
        """Keep what belongs to no return of ours, for people of the brand."""
        found = Unmatched(brand=brand, receipt=receipt, return_id=return_id, carrier=carrier, noted_at=now)
        self.unmatched_goods.put(found)
        self.metrics.count("GoodsUnmatched", brand=brand)
        return found

    def receive(self, brand: str, return_id: str, receipt: Receipt, now: datetime) -> Return:
        """Book a parcel under a return. What the box holds of other returns of the same shopper is booked under those.

        NotFoundError for no return of the brand; ConflictError (``told-otherwise``) where the id was used for another
        story.
        """
        said = receipt.digest or digest(receipt)
        request = get_return(self.returns, brand, return_id)
        if _same(request.receipts, "receipt_id", receipt.receipt_id, said):
            self.unmatched_goods.remove(brand, receipt.receipt_id)
            return request
        boxes = self._boxes(request, receipt.items, partial(_in_other_receipts, receipt.receipt_id))
        grams = receipt.weight_grams if len(boxes) == 1 else None  # a box of several returns tells nothing of each
        for key, items in boxes:
            part = receipt.model_copy(update={"items": items, "digest": said, "weight_grams": grams})
            request = until_settled(partial(self._book, brand, key, part, now))
        self.unmatched_goods.remove(brand, receipt.receipt_id)
        return request

    def inspect(self, brand: str, return_id: str, inspection: Inspection, now: datetime, currency: str = "") -> Return:
        """Record what was found: what differs, where each item goes, what is taken off while money has not moved.

        ``currency``: of what is taken off, where the caller says it. ConflictError (``told-otherwise``) where the
        id was used for another story.
        """
        said = inspection.digest or digest(inspection)
        request = get_return(self.returns, brand, return_id)
        if _same(request.inspections, "inspection_id", inspection.inspection_id, said):
            return request
        orders = self._orders(request)
        if currency and any(order.currency != currency for order in orders.values()):
            raise InvalidInputError("deduct_minor is in another currency than the order", code="other-currency")
        if inspection.replaces and inspection.replaces not in {one.inspection_id for one in request.inspections}:
            raise InvalidInputError("there is no such inspection to replace", code="no-such-inspection")
        for key, items in self._boxes(request, inspection.items, partial(_in_other_inspections, inspection)):
            update: dict[str, object] = {"items": items, "digest": said}
            if key != return_id:  # of another return's box we know no more than what lay in this one
                update |= {"complete": False, "weight_grams": None}
            part = inspection.model_copy(update=update)
            request = until_settled(partial(self._note, brand, key, part, now))
        return request

    def repair(self, brand: str, return_id: str, body: RepairBody, by: str, now: datetime) -> Return:
        """Record how far a repair is. What goes back to the shopper is followed as a parcel of the order. A repair that
        is rejected ends the return with its reason; a person can take it up again.

        ConflictError (``not-a-repair``) for a return that is none; ``repair-over`` where it has ended otherwise;
        ``number-of-another-parcel`` for one that is on its way to us, or to somebody else.
        """

        def attempt() -> Return:
            request = get_return(self.returns, brand, return_id)
            last = request.repairs[-1] if request.repairs else None
            shipment_id = ids.shipment_id(brand, body.carrier, body.tracking_number) if body.carrier else ""
            if last and (last.state, last.shipment_id, last.note) == (body.state, shipment_id, body.note):
                return request
            if request.resolution is not Resolution.REPAIR or not request.is_approved:
                raise ConflictError("this return is not being repaired", code="not-a-repair")
            more = last is not None and last.state is body.state  # of a repair that has ended: its parcel
            if not more and (request.state in ENDED or (last and last.state is not RepairState.IN_REPAIR)):
                raise ConflictError("the repair has ended", code="repair-over")
            if body.carrier:
                self._parcel_back(request, body, shipment_id, now)
            step = RepairStep(state=body.state, at=body.at or now, shipment_id=shipment_id, by=by, note=body.note)
            return self._write(request, _repaired(request, step, now))

        return until_settled(attempt)

    def _book(self, brand: str, return_id: str, receipt: Receipt, now: datetime) -> Return:
        request = get_return(self.returns, brand, return_id)
        if _same(request.receipts, "receipt_id", receipt.receipt_id, receipt.digest):
            return request
        wrong = self._wrong_with(request, receipt)
        booked = request.model_copy(
            update={"receipts": (*request.receipts, receipt.model_copy(update={"discrepancies": wrong}))}
        )
        return self._write(request, _moved(booked, now))

    def _note(self, brand: str, return_id: str, inspection: Inspection, now: datetime) -> Return:
        request = get_return(self.returns, brand, return_id)
        if _same(request.inspections, "inspection_id", inspection.inspection_id, inspection.digest):
            return request
        orders = self._orders(request)
        asked, policy = goods.wanted(request, orders), self.brands.get(brand).returns
        items = goods.sorted_out(inspection.items, asked.lines, policy.dispositions)
        one = inspection.model_copy(update={"items": items})
        all_items = [item for each in goods.in_force((*request.inspections, one)) for item in each.items]
        whole = goods.counted(all_items)
        complete = one.complete or all(whole[line] >= count for line, count in asked.quantities.items())
        wrong = goods.compare(asked, all_items, complete=complete).discrepancies
        for name in wrong:
            self.metrics.count("GoodsDiffer", brand=brand, discrepancy=name.value)
        one = one.model_copy(update={"complete": complete, "discrepancies": wrong})
        noted = request.model_copy(update={"inspections": (*request.inspections, one)})
        return self._write(request, _moved(with_deductions(noted, orders), now))

    def _wrong_with(self, request: Return, receipt: Receipt) -> tuple[Discrepancy, ...]:
        """What a booking alone shows: an empty box, a weight that cannot be right. Boxes that were not counted are
        weighed together; missing items are the inspection's.
        """
        counted = goods.counted(receipt.items)
        if receipt.items and not counted.total():
            return (Discrepancy.EMPTY_BOX,)
        if receipt.weight_grams is None:
            return ()
        asked, weights = goods.wanted(request, self._orders(request)), self.brands.get(request.brand).returns.weights
        grams, expected = receipt.weight_grams, asked.weight(counted) if receipt.items else asked.grams
        if not receipt.items:
            before = [one.weight_grams for one in request.receipts if not one.items]
            if None in before:
                return ()
            grams += sum(one for one in before if one)
        return () if goods.weighs_right(grams, expected, weights) else (Discrepancy.WEIGHT_MISMATCH,)

    def _boxes(
        self, request: Return, items: Sequence[ItemFound], came: Callable[[Return], list[ItemFound]]
    ) -> list[tuple[str, tuple[ItemFound, ...]]]:
        """Which items belong to which return: others of the shopper that hold something, and this one last: killed in
        between, a repeat goes on. ``came``: what other boxes held of a return.
        """
        lines, candidates = _lines(self._orders(request)), [request]
        alone = goods.share_out(items, candidates, lines, {})
        over = goods.compare(goods.wanted(request, {}), (*alone[request.return_id], *came(request)), complete=False)
        if over.extra or over.strange:
            others = reversed(self.returns.of_shopper(request.brand, request.shopper_id))
            candidates += [o for o in others if o.return_id != request.return_id and o.state not in GIVEN_UP]
            for other in candidates[1:]:
                lines |= _lines(self._orders(other))
        known = {one.return_id: goods.counted(came(one)) for one in candidates}
        return list(reversed(goods.share_out(items, candidates, lines, known).items()))

    def _orders(self, request: Return) -> dict[str, Order]:
        found = ((key, self.orders.get(request.brand, key)) for key in request.order_ids)
        return {key: order for key, order in found if order}

    def _parcel_back(self, request: Return, body: RepairBody, shipment_id: str, now: datetime) -> None:
        """The parcel to the shopper, under its order; a scan that came before made it already."""
        found = self.shipments.contents(request.brand, shipment_id)
        if found.shipment and (found.shipment.is_return or found.shipment.order_id not in (None, request.order_id)):
            raise ConflictError("this number is that of another parcel", code="number-of-another-parcel")
        if found.shipment and found.shipment.order_id:
            return
        order = self.orders.get(request.brand, request.order_id)
        if order is None:
            raise NotFoundError("no such order")
        number = ids.number_key(body.tracking_number)
        parcel = found.shipment or Shipment(
            **{"brand": request.brand, "shipment_id": shipment_id, "carrier": body.carrier, "tracking_number": number},
            created_at=now,
            updated_at=now,
        )
        known = {"order_id": order.order_id, "shopper_id": order.shopper_id, "zone": order.destination.zone}
        update = {**known, "shipped_at": body.at or now, "updated_at": now, "version": parcel.version + 1}
        parcel = parcel.model_copy(update=update)
        watch = self.lookout.linked(self.brands.get(request.brand), parcel, found.watch, now)
        self.shipments.save(parcel, due_at=None, link=True, watch=watch)

    def _write(self, before: Return, after: Return) -> Return:
        changed = after.model_copy(update={"version": before.version + 1})
        if len(changed.model_dump_json(exclude_defaults=True).encode()) > MOST_BYTES:
            raise ConflictError("more was said of this return than can be kept", code="too-much-told")
        self.returns.update(changed)
        return changed


def with_deductions(request: Return, orders: Mapping[str, Order]) -> Return:
    """The return with what the inspections take off its amount, while no money was asked for and nobody has named an
    amount.
    """
    word, parts = last_word(request, GOODS), request.parts
    moved = any(one.kind in FROM_WHAT_WAS_PAID and one.counts for one in request.settlements)
    if parts is None or moved or (word and "amount_minor" in word.facts):
        return request
    before, taken = parts.items + parts.shipping + parts.fee, -parts.deduction
    off = min(sum(goods.deductions(request, orders).values()), parts.items, max(0, before))
    if off == taken:
        return request
    known = parts.model_dump()
    known["deduction"] = -off
    known["capped"] = min(0, parts.capped + off - taken) if parts.capped else 0
    known["bonus"] = share(parts.bonus, before - off, before - taken) if before > taken else 0
    changed = Parts(**known)
    update: dict[str, object] = {"parts": changed, "refund_amount": changed.total}
    if request.resolution in EXCHANGES:
        update["difference_minor"] = request.difference_minor + off - taken
    return request.model_copy(update=update)


def _moved(request: Return, now: datetime) -> Return:
    """The return with the state that its goods give it. What was given up is put before people."""
    if request.state in UNDER_WAY:
        return request.model_copy(update={"state": resting_state(request)})
    if request.state in GIVEN_UP and request.review is None:
        return reopen(request, "warehouse", now)
    return request


def _repaired(request: Return, step: RepairStep, now: datetime) -> Return:
    update: dict[str, object] = {"repairs": (*request.repairs, step)}
    if step.shipment_id:
        update["replacement_shipment_id"] = step.shipment_id
    if step.state is RepairState.IN_REPAIR and request.state not in {*GIVEN_UP, ReturnState.FAILED}:
        update["state"] = ReturnState.IN_REPAIR
    elif step.state is RepairState.REPAIRED:
        update["state"] = ReturnState.REPAIRED
    elif step.state is RepairState.REJECTED:
        update |= {"state": ReturnState.REFUSED, "review": None}
        if request.state is not ReturnState.REFUSED:
            said = decision(request, Outcome.REFUSE, REPAIR_REJECTED, now, {}, step.by or "warehouse", step.note)
            update["decisions"] = (*request.decisions, said)
    return request.model_copy(update=update)


def _same(known: Sequence[Receipt] | Sequence[Inspection], name: str, key: str, said: str) -> bool:
    """True for a repeat. ConflictError where the id was used for another story."""
    for one in known:
        if getattr(one, name) == key:
            if one.digest == said:
                return True
            raise ConflictError(f"this {name} was used for another story", code="told-otherwise")
    return False


def _in_other_receipts(receipt_id: str, request: Return) -> list[ItemFound]:
    return [item for one in request.receipts if one.receipt_id != receipt_id for item in one.items]


def _in_other_inspections(inspection: Inspection, request: Return) -> list[ItemFound]:
    own = (inspection.inspection_id, inspection.replaces)
    others = [one for one in goods.in_force(request.inspections) if one.inspection_id not in own]
    return [item for one in others for item in one.items]


def _lines(orders: Mapping[str, Order]) -> dict[goods.Line, OrderLine]:
    return {(order.order_id, line.line_id): line for order in orders.values() for line in order.lines}
