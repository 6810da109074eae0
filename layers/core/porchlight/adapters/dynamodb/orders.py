"""Orders, what hangs on them, and shoppers."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.decisions import decision_writes
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.domain.delays import DelayDecision
from porchlight.domain.messages import MessageRecord
from porchlight.domain.money import Money
from porchlight.domain.orders import Order, Shopper, plain_number
from porchlight.domain.packing import Packing
from porchlight.domain.preferences import address_digest
from porchlight.ports import OrderContents

_MOST_OF_A_NUMBER = 5
"""Two stores of one brand may count alike."""


class DynamoOrders:
    """``ports.Orders`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, brand: str, order_id: str) -> Order | None:
        """The order alone."""
        found = self._table.get(keys.order_pk(brand, order_id), keys.ORDER)
        return load(Order, found) if found else None

    def find(self, brand: str, number: str) -> list[Order]:
        """By the pointers under the number; an order that has another one by now is passed over."""
        plain = plain_number(number)
        if not plain:
            return []
        pointers = self._table.query(keys.number_pk(brand, plain), limit=_MOST_OF_A_NUMBER)
        orders = [self.get(brand, pointer["sk"]["S"]) for pointer in pointers]
        return [order for order in orders if order and plain_number(order.number) == plain]

    def contents(self, brand: str, order_id: str) -> OrderContents:
        """One query over the order's partition."""
        order: Order | None = None
        parcels: list[str] = []
        untracked: dict[str, Packing] = {}
        refunds: dict[str, Money] = {}
        messages: list[MessageRecord] = []
        returns: list[str] = []
        for found in self._table.query(keys.order_pk(brand, order_id)):
            sk: str = found["sk"]["S"]
            if sk == keys.ORDER:
                order = load(Order, found)
            elif sk.startswith(keys.PARCEL):
                parcels.append(sk.removeprefix(keys.PARCEL))
            elif sk.startswith(keys.UNTRACKED):
                untracked[sk.removeprefix(keys.UNTRACKED)] = load(Packing, found)
            elif sk.startswith(keys.REFUND):
                refunds[sk.removeprefix(keys.REFUND)] = load(Money, found)
            elif sk.startswith(keys.MESSAGE):
                messages.append(load(MessageRecord, found))
            elif sk.startswith(keys.ORDER_RETURN):
                returns.append(sk.removeprefix(keys.ORDER_RETURN))
        messages.sort(key=lambda message: message.planned_at)
        return OrderContents(
            order=order,
            shipment_ids=tuple(parcels),
            untracked=untracked,
            refunds=refunds,
            messages=tuple(messages),
            return_ids=tuple(returns),
        )

    def save(
        self,
        order: Order,
        shopper: Shopper | None = None,
        *,
        due_at: datetime | None = None,
        decisions: Sequence[DelayDecision] = (),
    ) -> None:
        """The shopper first: an order never names a shopper who is not there; then the pointer of its number, by which
        nothing is found before the order is there. Decisions in one transaction with it.

        A store knows nothing of who asked to be forgotten: ConflictError if that changed since it was read.
        """
        if shopper:
            self.put_shopper(shopper)
        if plain := plain_number(order.number):
            self._table.put(item(keys.number_pk(order.brand, plain), order.order_id, "order_number", None))
        pk = keys.order_pk(order.brand, order.order_id)
        new = item(pk, keys.ORDER, "order", order, due_at=due_at)
        if not decisions:
            self._table.replace(new, order.version)
            return
        projection = {"Put": self._table.guarded(new, order.version)}
        self._table.transact([projection, *decision_writes(self._table, pk, decisions)])

    def put_refund(self, brand: str, order_id: str, refund_id: str, amount: Money) -> None:
        """The same refund twice is one item."""
        self._table.put(item(keys.order_pk(brand, order_id), keys.REFUND + refund_id, "store_refund", amount))

    def put_untracked(self, brand: str, order_id: str, fulfillment_id: str, packing: Packing) -> None:
        """What the store says last takes the place of what it said before."""
        sk = keys.UNTRACKED + fulfillment_id
        self._table.put(item(keys.order_pk(brand, order_id), sk, "untracked", packing))

    def shopper(self, brand: str, shopper_id: str) -> Shopper | None:
        """The contact points."""
        found = self._table.get(keys.shopper_pk(brand, shopper_id), keys.CONTACT)
        return load(Shopper, found) if found else None

    def put_shopper(self, shopper: Shopper) -> None:
        """The pointers of the addresses first: where nobody has an address yet, nobody is found by it."""
        known = filter(None, (shopper.email, shopper.phone))
        for pointer in address_items(shopper.brand, shopper.shopper_id, known):
            self._table.put(pointer)
        self._table.put_over(shopper_item(shopper), "erased")


def shopper_item(shopper: Shopper) -> Item:
    """The contact points as they are stored."""
    pk = keys.shopper_pk(shopper.brand, shopper.shopper_id)
    return item(
        pk, keys.CONTACT, "shopper", shopper, erased=keys.instant(shopper.erased_at) if shopper.erased_at else ""
    )


def address_items(brand: str, shopper_id: str, addresses: Iterable[str]) -> list[Item]:
    """Pointers by which a shopper is found; an address is named by its digest."""
    digests = dict.fromkeys(address_digest(brand, address) for address in addresses)
    return [item(keys.address_pk(brand, digest), shopper_id, "address", None) for digest in digests]
