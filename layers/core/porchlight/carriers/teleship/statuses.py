"""Teleship's codes, in capitals in webhooks and small in answers. Its list is not public: these are the codes seen in
examples; all others are read by their words.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.carriers.wording import finer, said
from porchlight.domain.milestones import Milestone as M

CODES = table(
    (M.PRE_TRANSIT, None, "pending created label_created"),
    (M.ACCEPTED, None, "picked_up collected"),
    (M.IN_TRANSIT, None, "in_transit in_hub customs_cleared"),
    (M.OUT_FOR_DELIVERY, None, "out_for_delivery"),
    (M.DELIVERED, None, "delivered"),
    (M.DELIVERY_ATTEMPTED, None, "delivery_failed"),
    (M.RETURNED_TO_SENDER, None, "returned"),
    (M.CANCELLED, None, "cancelled"),
)


@kept
def reading(code: str, words: str = "") -> Reading:
    """What an event (or the head of a parcel) means."""
    found = CODES.get(code.casefold())
    if found is None:
        return said(words) or UNRECOGNISED
    return finer(found, words)
