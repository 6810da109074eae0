"""What came, beside what was asked for: which items are missing, too many or others, whether a box weighs what it
should, where goods go, and what may be taken off a refund.

Parcels and returns are not one to one: a box may hold items of several returns, and a return may come in several boxes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from porchlight.domain.orders import Order, OrderLine
from porchlight.domain.policy.model import Sorting, Weights
from porchlight.domain.returns import GIVEN_UP, SETTLED, Return
from porchlight.domain.rma.amounts import paid_for, share
from porchlight.domain.rma.goods import Inspection, ItemFound
from porchlight.domain.rma.names import Discrepancy, Disposition, Grade, ReturnKind, SettlementKind

type Line = tuple[str, str]
"""An order and one of its lines."""

USUAL: Mapping[Grade, Disposition] = {
    Grade.NEW: Disposition.RESTOCK,
    Grade.OPENED: Disposition.REFURBISH,
    Grade.WORN: Disposition.REFURBISH,
    Grade.DAMAGED: Disposition.RECYCLE,
    Grade.DEFECTIVE: Disposition.RECYCLE,
}
"""Where goods go when the brand's table says nothing."""

DIMINISHED = frozenset({Grade.WORN, Grade.DAMAGED})
"""States that go beyond what is needed to see what something is like. Who withdraws answers for these alone (Directive
2011/83/EU, article 14 (2)): opening and trying on are free.
"""

ASKS_A_PERSON = (
    *(Discrepancy.EMPTY_BOX, Discrepancy.WRONG_ITEM, Discrepancy.MISSING_ITEM),
    Discrepancy.WEIGHT_MISMATCH,
)
"""What a person decides about before money moves, the gravest first. Too much in a box takes nothing from anybody."""

LATE = "arrived_late"
"""Why a person decides about goods of a return that was given up."""


@dataclass(frozen=True)
class Wanted:
    """What a return is about, as its orders say it."""

    quantities: Mapping[Line, int]
    lines: Mapping[Line, OrderLine]

    @property
    def grams(self) -> int | None:
        """What all of it weighs; None where that is not known of each."""
        return self.weight(self.quantities)

    def weight(self, quantities: Mapping[Line, int]) -> int | None:
        """What so much of it weighs."""
        total = 0
        for line, count in quantities.items():
            each = self.lines[line].weight_grams if line in self.lines else None
            if each is None:
                return None
            total += each * count
        return total


@dataclass(frozen=True)
class Findings:
    """What is wrong with what came; quantities by line."""

    missing: Mapping[Line, int] = field(default_factory=dict)
    extra: Mapping[Line, int] = field(default_factory=dict)
    strange: int = 0
    """Pieces of no line of the return."""
    discrepancies: tuple[Discrepancy, ...] = ()


def wanted(request: Return, orders: Mapping[str, Order]) -> Wanted:
    """How many of which lines come back. ``orders``: those of the return that are known, by id."""
    quantities: Counter[Line] = Counter()
    for line in request.lines:
        quantities[line.order_id or request.order_id, line.line_id] += line.quantity
    known = {(order.order_id, line.line_id): line for order in orders.values() for line in order.lines}
    return Wanted(dict(quantities), {line: known[line] for line in quantities if line in known})


def counted(items: Iterable[ItemFound]) -> Counter[Line]:
    """How many of each line; what is of no line under ("", "")."""
    total: Counter[Line] = Counter()
    for item in items:
        total[(item.order_id, item.line_id) if item.line_id else ("", "")] += item.quantity
    return +total


def in_force(inspections: Sequence[Inspection]) -> list[Inspection]:
    """Those that no later one corrects."""
    replaced = {one.replaces for one in inspections}
    return [one for one in inspections if one.inspection_id not in replaced]


def compare(asked: Wanted, items: Iterable[ItemFound], *, complete: bool = True) -> Findings:
    """What differs. While more is to come (``complete`` is False) nothing is missing, and nothing takes its place."""
    found = counted(items)
    strange = sum(count for line, count in found.items() if line not in asked.quantities)
    missing = {line: n - found[line] for line, n in asked.quantities.items() if n > found[line]} if complete else {}
    extra = {line: found[line] - n for line, n in asked.quantities.items() if found[line] > n}
    lacking, wrong = sum(missing.values()), []
    if complete and not found.total():
        wrong = [Discrepancy.EMPTY_BOX]
    else:
        signs = [
            (lacking > strange, Discrepancy.MISSING_ITEM),
            (bool(extra) or strange > lacking, Discrepancy.EXTRA_ITEM),
            (min(lacking, strange) > 0, Discrepancy.WRONG_ITEM),
        ]
        wrong = [name for holds, name in signs if holds]
    return Findings(missing, extra, strange, tuple(wrong))


def weighs_right(grams: int, expected: int | None, weights: Weights) -> bool:
    """True for a box that weighs what it should; of goods whose weight is not known nothing can be said."""
    if expected is None:
        return True
    slack = expected * weights.tolerance_percent / 100
    return expected - slack <= grams <= expected + slack + weights.packaging_grams


def share_out(
    items: Iterable[ItemFound],
    returns: Sequence[Return],
    lines: Mapping[Line, OrderLine],
    came: Mapping[str, Mapping[Line, int]],
) -> dict[str, tuple[ItemFound, ...]]:
    """Which items of a box belong to which of the returns, the first one before the others; it also gets what belongs
    to none. Items without a line are found by their SKU in ``lines``. ``came``: what other boxes held of each return.
    """
    first = returns[0]
    left = {one.return_id: Counter(wanted(one, {}).quantities) for one in returns}
    for key, counts in came.items():
        left[key] -= Counter(counts)
    result: dict[str, list[ItemFound]] = {first.return_id: []}
    for item in items:
        remaining = item.quantity
        for one in returns:
            line = _line(item, one, left[one.return_id], lines)
            taken = min(remaining, left[one.return_id][line]) if line else 0
            if line and taken:
                left[one.return_id][line] -= taken
                remaining -= taken
                result.setdefault(one.return_id, []).append(_part(item, line, taken))
        if remaining or not item.quantity:
            line = _line(item, first, wanted(first, {}).quantities, lines)
            result[first.return_id].append(_part(item, line, remaining) if line else _stray(item, remaining, lines))
    return {key: tuple(found) for key, found in result.items()}


def _line(
    item: ItemFound, request: Return, quantities: Mapping[Line, int], lines: Mapping[Line, OrderLine]
) -> Line | None:
    """The line that an item is of, where the return has it."""
    if item.line_id:
        named = [line for line in quantities if line[1] == item.line_id and item.order_id in ("", line[0])]
        own = [line for line in named if line[0] == request.order_id]
        return next(iter(own or named), None)
    of_sku = [line for line in quantities if item.sku and line in lines and lines[line].sku == item.sku]
    return max(of_sku, key=lambda line: quantities[line], default=None)


def _part(item: ItemFound, line: Line, quantity: int) -> ItemFound:
    """So many of an item. What is taken off goes with them in proportion."""
    deduct = item.deduct_minor * quantity // item.quantity if item.quantity else 0
    update = {"order_id": line[0], "line_id": line[1], "quantity": quantity, "deduct_minor": deduct}
    return item.model_copy(update=update)


def _stray(item: ItemFound, quantity: int, lines: Mapping[Line, OrderLine]) -> ItemFound:
    """Of no line of the return: what it is stays known by its SKU, or by what it was called."""
    named = [line for key, line in lines.items() if key[1] == item.line_id and item.order_id in ("", key[0])]
    sku = item.sku or next((line.sku for line in named if line.sku), item.line_id)
    update = {"quantity": quantity, "order_id": "", "line_id": "", "sku": sku, "deduct_minor": 0}
    return item.model_copy(update=update)


def disposition(grade: Grade, category: str | None, table: Sequence[Sorting]) -> Disposition:
    """Where an item goes: by the first row of the table that fits."""
    for row in table:
        if (row.grade is None or grade in row.grade) and (row.category is None or category in row.category):
            return row.to
    return USUAL[grade]


def sorted_out(
    items: Iterable[ItemFound], lines: Mapping[Line, OrderLine], table: Sequence[Sorting]
) -> tuple[ItemFound, ...]:
    """The items with a place to go, where they have a grade and nobody has said where."""

    def placed(item: ItemFound) -> ItemFound:
        if item.disposition or item.grade is None:
            return item
        line = lines.get((item.order_id, item.line_id))
        to = disposition(item.grade, line.category if line else None, table)
        return item.model_copy(update={"disposition": to})

    return tuple(placed(item) for item in items)


def deductions(request: Return, orders: Mapping[str, Order]) -> dict[str, int]:
    """What the inspections in force take off, in minor units by order: for no item more than was paid for it, and never
    more than the law leaves, by whichever name it was asked for in time. Nothing at all is taken from who returns
    something defective.
    """
    if request.kind in (ReturnKind.WARRANTY, ReturnKind.CLAIM):
        return {}
    asked, off = wanted(request, orders), Counter[Line]()
    by_law = request.kind is ReturnKind.WITHDRAWAL or bool(request.terms and request.terms.refund_by)
    for inspection in in_force(request.inspections):
        for item in inspection.items:
            if not by_law or item.grade in DIMINISHED:
                off[item.order_id, item.line_id] += item.deduct_minor
    total: Counter[str] = Counter()
    for line, minor in off.items():
        if line in asked.lines:
            bought = asked.lines[line]
            total[line[0]] += min(minor, share(paid_for(bought), asked.quantities[line], bought.quantity))
    return dict(+total)


def question(request: Return) -> str:
    """Why a person has to look at what came before anything else happens; "" where nobody has to.

    Asked while there is something to decide: money that has not moved, goods held against it, a return that was given
    up. The last inspection says it, before there is one the last booking.
    """
    if request.state in GIVEN_UP:
        return LATE if request.receipts or request.inspections else ""
    if request.state in SETTLED and not _holds(request):
        return ""
    if not request.inspections and not request.receipts:
        return ""
    last = request.inspections[-1].discrepancies if request.inspections else request.receipts[-1].discrepancies
    return next((one.value for one in ASKS_A_PERSON if one in last), "")


def _holds(request: Return) -> bool:
    """True while something is held on the shopper's means until theirs is back."""
    done = {one.kind for one in request.settlements if one.counts}
    return SettlementKind.HOLD in done and not done & {SettlementKind.RELEASE, SettlementKind.CAPTURE}
