"""What a remedy is about: which lines of an order, and how much money. Never more than is left of what was paid."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from porchlight.domain.dispatch import to_ship
from porchlight.domain.money import Money
from porchlight.domain.orders import Order
from porchlight.domain.packing import Packing, quantities
from porchlight.domain.policies import left_to_refund
from porchlight.domain.remedies import Remedy, RemedyRecord, RemedyState
from porchlight.domain.returns import Return
from porchlight.domain.shipments import Shipment

MONEY_BACK = frozenset({Remedy.REFUND, Remedy.CANCEL})
"""Remedies that give back what was paid."""


def lines_of_parcel(
    parcel: Shipment, order: Order, parcels: Sequence[Shipment], untracked: Mapping[str, Packing]
) -> dict[str, int] | None:
    """How many of which lines are in a parcel: {} for the whole order, None where nobody can say. ``parcels`` of the
    order, and what left ``untracked``: where there is more than the one, it is not known to hold all.
    """
    held = [packing for packing in parcel.packed.values() if not packing.cancelled]
    if held and all(packing.lines and packing.parcels == 1 for packing in held):
        inside = quantities(parcel.packed)
        return {} if _is_all(order, inside) else inside
    others = [one for one in parcels if one.shipment_id != parcel.shipment_id and _counts(one)]
    return None if others or untracked else _all_that_ships(order)


def lines_to_ship(order: Order, held: Sequence[Mapping[str, Packing]]) -> dict[str, int] | None:
    """How many of which lines have not left: {} for the whole order, None where nobody can say. ``held``: what its
    parcels hold.
    """
    return (to_ship(order, held) or None) if held else _all_that_ships(order)


def value_of(order: Order, lines: Mapping[str, int]) -> Money:
    """What was paid for lines; for all that ships with all that came on top."""
    if not lines:
        return order.total
    if all(lines.get(line.line_id, 0) >= line.quantity for line in order.lines if line.ships):
        others = sum(line.unit_price.times(line.quantity).amount for line in order.lines if not line.ships)
        return Money(amount=max(0, order.total.amount - others), currency=order.currency)
    worth = sum(line.unit_price.times(lines.get(line.line_id, 0)).amount for line in order.lines)
    return Money(amount=min(worth, order.total.amount), currency=order.currency)


def is_countable(order: Order) -> bool:
    """False where something was paid back in another currency: nobody here can say how much is left."""
    return all(refund.currency == order.currency for refund in order.refunds.values())


def money_back(
    order: Order, lines: Mapping[str, int], returns: Iterable[Return], parcels: Iterable[Shipment], key: str
) -> Money:
    """What is given back for lines: at most what is left after refunds, returns, and what is promised to other parcels.
    ``key``: of this very remedy.
    """
    others = [
        record
        for delay in (order.delay, *(parcel.delay for parcel in parcels))
        for record in (delay.remedies if delay else ())
        if record.state is not RemedyState.REFUSED and record.remedy in MONEY_BACK and record.key != key
    ]
    executed = {refund.partition(":")[0] for refund in order.refunds}
    promised = sum(_minor(record) for record in others if record.key not in executed)
    left = left_to_refund(order, returns).amount - promised
    return Money(amount=max(0, min(_worth(order, lines, others), left)), currency=order.currency)


def _worth(order: Order, lines: Mapping[str, int], others: Sequence[RemedyRecord]) -> int:
    """What was paid for lines; where they are the last of an order that never came, with all that came on top."""
    together = Counter(lines)
    for record in others:
        together.update(record.lines)
    if lines and all(together[line.line_id] >= line.quantity for line in order.lines if line.ships):
        return value_of(order, together).amount - sum(map(_minor, others))
    return value_of(order, lines).amount


def _minor(record: RemedyRecord) -> int:
    return record.amount.amount if record.amount else 0


def _all_that_ships(order: Order) -> dict[str, int]:
    """{} where that is all of it: a download or a gift card is not late, and is not paid back."""
    ships = {line.line_id: line.quantity for line in order.lines if line.ships}
    return {} if _is_all(order, ships) else ships


def _is_all(order: Order, lines: Mapping[str, int]) -> bool:
    return all(lines.get(line.line_id, 0) >= line.quantity for line in order.lines)


def _counts(parcel: Shipment) -> bool:
    return not parcel.is_return and not parcel.is_void and not parcel.moved_to
