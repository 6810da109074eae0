"""What a label needs to know of its return."""

from porchlight.domain.ids import stable_id
from porchlight.domain.orders import Order
from porchlight.domain.returns import Label, Return

OUR_NUMBERS = "PLR"
DEFAULT_CARRIER = "usps"
"""Whose label is wanted where nothing was shipped yet; otherwise it is the carrier that brought the order."""


def is_our_number(label: Label) -> bool:
    """True for a number that we made up (``labels.own``): no carrier could be asked about it."""
    return label.tracking_number.startswith(OUR_NUMBERS)


def label_key(request: Return) -> str:
    """The key of the label that is to be made: the same for each try, another one for each label of a return."""
    number = (str(request.label_number),) if request.label_number else ()
    return stable_id("plr", request.brand, request.return_id, *number)


def weight_of(request: Return, order: Order) -> int | None:
    """What comes back weighs so many grams; None where the shop did not say it of every line."""
    grams = {line.line_id: line.weight_grams for line in order.lines}
    total = 0
    for line in request.lines:
        one = grams.get(line.line_id) if (line.order_id or request.order_id) == order.order_id else None
        if one is None:
            return None
        total += one * line.quantity
    return total
