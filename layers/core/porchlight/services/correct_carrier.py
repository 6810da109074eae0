"""A store named the wrong carrier for a parcel, and a person puts it right."""

from dataclasses import dataclass
from datetime import datetime

from porchlight.domain.carriers import family
from porchlight.domain.mending import handed_over
from porchlight.domain.shipments import Shipment
from porchlight.errors import ConflictError, InvalidInputError, NotFoundError
from porchlight.ports import Shipments
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.retrying import until_settled


@dataclass(frozen=True)
class CarrierDesk:
    """What ``porchlight shipment correct`` does."""

    keeper: OrderKeeper

    def correct(self, brand: str, wrong_id: str, carrier: str, now: datetime) -> Shipment:
        """Make the parcel with the same number at ``carrier`` the order's parcel; returns it.

        What the wrong carrier reported stays with the wrong parcel, which is no order's any more and tells nobody
        anything; a delay that the shopper was told of goes on with the right one. The store may go on naming the wrong
        carrier: the correction stands. Doing it twice changes nothing; dying in between is mended by doing it again.
        NotFoundError, InvalidInputError where it is that carrier's already, ConflictError where it was corrected
        otherwise, or a remedy is under way.
        """
        shipments: Shipments = self.keeper.shipments
        wrong = shipments.get(brand, wrong_id)
        if wrong is None:
            raise NotFoundError("no such parcel")
        if wrong.carrier == carrier:
            raise InvalidInputError(f"the parcel is with {carrier} already")
        if family(wrong.carrier) == family(carrier):
            return until_settled(lambda: self._rename(brand, wrong_id, carrier, now))
        if wrong.moved_to:
            return self._moved(shipments, brand, wrong.moved_to, carrier)
        if wrong.order_id is None:
            raise InvalidInputError("the parcel belongs to no order: there is nothing to correct")
        if wrong.delay and wrong.delay.committed:
            raise ConflictError("a remedy for the parcel is under way: correct it when that is done")
        right_id = self.keeper.adopt(brand, wrong, wrong.order_id, carrier, now)
        until_settled(lambda: self._let_go(shipments, brand, wrong_id, right_id, now))
        found = shipments.get(brand, right_id)
        assert found is not None
        return found

    def _moved(self, shipments: Shipments, brand: str, moved_to: str, carrier: str) -> Shipment:
        """The parcel that this one was corrected to before."""
        found = shipments.get(brand, moved_to)
        if found is None or family(found.carrier) != family(carrier):
            raise ConflictError(f"the parcel was moved to {moved_to} before")
        return found

    def _rename(self, brand: str, shipment_id: str, carrier: str, now: datetime) -> Shipment:
        """Another carrier of the same family: the same parcel under a better name."""
        stored = self.keeper.shipments.get(brand, shipment_id)
        assert stored is not None
        renamed = stored.model_copy(update={"carrier": carrier, "updated_at": now, "version": stored.version + 1})
        settled = self.keeper.dates.settled(renamed, self.keeper.brands.get(brand), now)
        self.keeper.shipments.save(settled.shipment, due_at=settled.due_at, decisions=settled.decisions)
        return settled.shipment

    def _let_go(self, shipments: Shipments, brand: str, wrong_id: str, right_id: str, now: datetime) -> None:
        """Take the wrong parcel from its order; nothing is due for it any more."""
        stored = shipments.get(brand, wrong_id)
        if stored is None or stored.order_id is None:
            return
        update: dict[str, object] = {"order_id": None, "shopper_id": None, "moved_to": right_id, "updated_at": now}
        update |= {"promise": None, "expected": None, "version": stored.version + 1}
        policy = self.keeper.brands.get(brand).delays
        freed, decisions = handed_over(stored.model_copy(update=update), right_id, policy, now)
        shipments.rewrite(freed, due_at=None, unlink=stored.order_id, decisions=decisions)
