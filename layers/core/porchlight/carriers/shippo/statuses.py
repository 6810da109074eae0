"""Shippo's words: a status, and a substatus that says more. The status wins where the two contradict each other."""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.carriers.wording import finer, said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

STATUSES = table(
    (M.UNKNOWN, None, "UNKNOWN"),
    (M.PRE_TRANSIT, None, "PRE_TRANSIT"),
    (M.IN_TRANSIT, None, "TRANSIT"),
    (M.DELIVERED, None, "DELIVERED"),
    (M.RETURN_IN_TRANSIT, None, "RETURNED"),
    (M.EXCEPTION, None, "FAILURE"),
)
"""RETURNED is on its way back or back already: the words tell which."""

_TRANSIT = table(
    (M.ACCEPTED, None, "package_accepted"),
    (M.IN_TRANSIT, None, "package_arrived package_departed package_forwarded package_processed package_processing"),
    (M.OUT_FOR_DELIVERY, None, "out_for_delivery"),
    (M.AVAILABLE_FOR_PICKUP, None, "pickup_available"),
    (M.DELIVERY_ATTEMPTED, None, "delivery_attempted"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "notice_left"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, "location_inaccessible"),
    (M.DELAYED, None, "delayed delivery_rescheduled"),
    (M.EXCEPTION, None, "contact_carrier package_held"),
    (M.EXCEPTION, R.CONSIGNEE_ABSENT, "reschedule_delivery"),
    (M.EXCEPTION, R.ADDRESS, "address_issue"),
    (M.DAMAGED, R.DAMAGE, "package_damaged"),
    (M.UNKNOWN, None, "delivery_scheduled"),
)

SUBSTATUSES = {
    "UNKNOWN": table((M.UNKNOWN, None, "other")),
    "PRE_TRANSIT": table((M.PRE_TRANSIT, None, "information_received")),
    "TRANSIT": _TRANSIT,
    "DELIVERED": table((M.DELIVERED, None, "delivered")),
    "RETURNED": table(
        (M.RETURN_IN_TRANSIT, None, "return_to_sender"),
        (M.RETURN_IN_TRANSIT, R.PICKUP_EXPIRED, "package_unclaimed"),
    ),
    "FAILURE": table(
        (M.EXCEPTION, R.OTHER, "package_undeliverable package_disposed"),
        (M.LOST, R.NETWORK, "package_lost"),
    ),
}
"""The substatuses of each status."""

_TROUBLES = (_TRANSIT, SUBSTATUSES["FAILURE"], SUBSTATUSES["RETURNED"])
"""What a parcel on its way, or in trouble, may be told more finely by."""

_GENERAL = frozenset(
    {"", "other", "return_to_sender", "delivered", "contact_carrier", "package_held", "package_undeliverable"}
)
"""Substatuses that leave it to the words to say more."""


@kept
def reading(status: str, substatus: str = "", words: str = "") -> Reading:
    """What an entry of a parcel's history (or its head) means."""
    coarse = STATUSES.get(status, UNRECOGNISED)
    found = SUBSTATUSES.get(status, {}).get(substatus)
    if found is None and coarse.milestone in (M.IN_TRANSIT, M.EXCEPTION):
        found = next((codes[substatus] for codes in _TROUBLES if substatus in codes), None)
    found = found or coarse
    if substatus not in _GENERAL:
        return found
    if found.milestone is M.UNKNOWN:
        return said(words) or found
    return finer(found, words)
