"""A label is written down: its parcel first, so that no scan is missed, then the approval with its label."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from porchlight.domain.orders import Order
from porchlight.domain.returns import GIVEN_UP, Label, Return, ReturnState
from porchlight.domain.rma.labels import is_our_number
from porchlight.domain.rma.next_step import NO_LABEL
from porchlight.domain.shipments import Shipment
from porchlight.errors import ConflictError, NotFoundError
from porchlight.ports import Brands, Metrics, Orders, Returns, Shipments
from porchlight.services.lookout import Lookout
from porchlight.services.request_return import get_return


@dataclass(frozen=True)
class LabelBook:
    """Writes returns with their labels, and the parcels under them."""

    returns: Returns
    orders: Orders
    shipments: Shipments
    brands: Brands
    lookout: Lookout
    metrics: Metrics

    def record(self, brand: str, return_id: str, label: Label, now: datetime, *, instead: bool = False) -> Return:
        """The return with this label, unless it was given up meanwhile, or has one already (``instead``: in place of
        that one).
        """
        request = get_return(self.returns, brand, return_id)
        if (request.label and not instead) or request.state in GIVEN_UP:
            return request
        self._put_parcel(request, label, now)
        waiting = request.state in (ReturnState.REQUESTED, ReturnState.IN_REVIEW)
        state = ReturnState.APPROVED if waiting else request.state
        review = None if request.review and request.review.why == NO_LABEL else request.review
        written = self.write(_aside(request), {"state": state, "label": label, "review": review})
        self.metrics.count("LabelsMade", provider=label.provider, carrier=label.carrier)
        return written

    def set_aside(self, request: Return) -> Return:
        """Without its label, which still counts when it is scanned: the next one has another key."""
        return self.write(_aside(request), {})

    def write(self, request: Return, update: Mapping[str, object]) -> Return:
        """The next version."""
        changed = request.model_copy(update={**update, "version": request.version + 1})
        self.returns.update(changed)
        return changed

    def order(self, request: Return) -> Order:
        """Its own order."""
        order = self.orders.get(request.brand, request.order_id)
        if order is None:
            raise NotFoundError("no such order")
        return order

    def _put_parcel(self, request: Return, label: Label, now: datetime) -> None:
        """The return parcel under its label's number, watched where a carrier can be asked about it; a scan that came
        before made it already, without the return.
        """
        found = self.shipments.contents(request.brand, label.shipment_id)
        if found.shipment and found.shipment.return_id == request.return_id:
            return
        if found.shipment and (found.shipment.order_id or found.shipment.return_id):
            raise ConflictError("the number is that of another parcel", code="number-in-use")
        parcel = found.shipment or Shipment(
            brand=request.brand,
            shipment_id=label.shipment_id,
            carrier=label.carrier,
            tracking_number=label.tracking_number,
            created_at=now,
            updated_at=now,
        )
        update = {
            "order_id": request.order_id,
            "shopper_id": request.shopper_id,
            "return_id": request.return_id,
            "zone": self.order(request).destination.zone,
            "expected": None,
            "updated_at": now,
            "version": parcel.version + 1,
        }
        parcel = parcel.model_copy(update=update)
        brand, watch = self.brands.get(request.brand), None
        if not is_our_number(label):
            watch = self.lookout.linked(brand, parcel, found.watch, now)
        self.shipments.save(parcel, due_at=None, watch=watch)


def _aside(request: Return) -> Return:
    if request.label is None:
        return request.model_copy(update={"label_asked_at": None})
    update = {"label": None, "label_asked_at": None, "label_number": request.label_number + 1}
    return request.model_copy(update={**update, "old_labels": (*request.old_labels, request.label)})
