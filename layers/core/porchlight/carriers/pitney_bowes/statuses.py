"""Pitney Bowes' standardised event codes, as far as they are known, and its own status of an event for the rest.

An event of type ``RTN`` belongs to a return: its way is the way back, and its delivery is the merchant's.
"""

from porchlight.carriers.newgistics.statuses import backwards
from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.carriers.wording import finer
from porchlight.domain.milestones import Milestone as M

CODES = table(
    (M.PRE_TRANSIT, None, "LC PSR"),
    (M.IN_TRANSIT, None, "TRD"),
    (M.OUT_FOR_DELIVERY, None, "OFD"),
    (M.DELIVERED, None, "DLD"),
)

STATUSES = table(
    (M.PRE_TRANSIT, None, "MANIFEST"),
    (M.ACCEPTED, None, "PICKEDUP"),
    (M.IN_TRANSIT, None, "INTRANSIT"),
    (M.OUT_FOR_DELIVERY, None, "OUTFORDELIVERY"),
    (M.AVAILABLE_FOR_PICKUP, None, "READYFORPICKUP AVAILABLEFORPICKUP"),
    (M.DELIVERY_ATTEMPTED, None, "REATTEMPT DELIVERYATTEMPTED"),
    (M.DELIVERED, None, "DELIVERED"),
    (M.EXCEPTION, None, "EXCEPTION"),
    (M.RETURN_IN_TRANSIT, None, "RETURNED RETURNTOSENDER"),
    (M.CANCELLED, None, "CANCELLED CANCELED"),
    (M.UNKNOWN, None, "NOTIFICATION UNKNOWN"),
)
"""``packageStatus`` of an event, ``status`` of a parcel."""


@kept
def reading(code: str, status: str, kind: str = "", words: str = "") -> Reading:
    """What an event means: its code, else its status, which the words may say more finely; the other way round for a
    return.
    """
    found = CODES.get(code) or finer(STATUSES.get(status.upper(), UNRECOGNISED), words)
    return backwards(found) if kind == "RTN" else found
