"""Ledgers as services use them: opened with all that was promised before, read with what an order was paid."""

from dataclasses import dataclass

from porchlight.domain.amends import MONEY_BACK
from porchlight.domain.orders import Order
from porchlight.domain.returns import Return
from porchlight.domain.rma.amounts import own_payment
from porchlight.domain.rma.ledger import Ledger, opened
from porchlight.ports import Orders, Returns, Shipments
from porchlight.returning import Ledgers


@dataclass(frozen=True)
class LedgerBook:
    """The ledgers of orders."""

    ledgers: Ledgers
    orders: Orders
    returns: Returns
    shipments: Shipments

    def open(self, order: Order) -> Ledger:
        """The ledger of an order; one that has none begins with what its returns and delays were promised."""
        if found := self.ledgers.get(order.brand, order.order_id):
            return found
        returns = self.returns.of_order(order.brand, order.order_id)
        keys = self.orders.contents(order.brand, order.order_id).shipment_ids
        parcels = (self.shipments.get(order.brand, key) for key in keys)
        delays = (order.delay, *(parcel.delay for parcel in parcels if parcel))
        remedies = [one for delay in delays if delay for one in delay.remedies if one.remedy in MONEY_BACK]
        return opened(order, returns, remedies)

    def paid(self, order: Order) -> int:
        """Minor units that were paid with an order itself."""
        return own_payment(order, self.origins(order))

    def origins(self, *orders: Order) -> dict[str, Return]:
        """The returns in exchange for which orders were sent, by id."""
        found = {one.exchange_of: self.returns.get(one.brand, one.exchange_of) for one in orders if one.exchange_of}
        return {key: one for key, one in found.items() if one}
