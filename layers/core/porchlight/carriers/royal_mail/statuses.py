"""Royal Mail's event codes, as far as they are public (their own list is not), and the categories of a summary.

A code is ``EV`` (an event) with three letters, or ends in ``RXS`` (what the addressee asked for). "Forwarded, mis-sort"
keeps the parcel moving, by Royal Mail's own category, and is the carrier's fault all the same.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.PRE_TRANSIT, None, "EVAIE EVAIP"),
    (M.ACCEPTED, None, "EVPPA"),
    (M.IN_TRANSIT, None, "EVBAH EVBAV EVDAC EVDAV EVIAV EVIMC EVNSR EVOAC EVOCO EVODO EVORI"),
    (M.IN_TRANSIT, R.MISROUTED, "EVGMI EVIPI EVNMI"),
    (M.OUT_FOR_DELIVERY, None, "EVGPD"),
    (M.AVAILABLE_FOR_PICKUP, None, "EVKLC EVKLS EVPLA"),
    (M.AVAILABLE_FOR_PICKUP, R.CONSIGNEE_ABSENT, "EVNDA"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "EVKNA EVKNR"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, "EVKSU EVNDN"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, P.CONSIGNEE, "EVKAA EVNAA"),
    (M.DELIVERED, None, "EVKDN EVKOP EVKSF EVKSP EVNOC EVPLC"),
    (M.DELAYED, None, "EVNAR"),
    (M.DELAYED, R.CONSIGNEE_REQUEST, "EVNKS EVNRT"),
    (M.RETURN_IN_TRANSIT, R.ADDRESS, "EVKAI EVKGA EVNGA"),
    (M.RETURN_IN_TRANSIT, R.CONSIGNEE_REFUSED, "EVKRF EVNRF"),
    (M.RETURNED_TO_SENDER, None, "EVRTS"),
    (M.UNKNOWN, None, "ASRXS RFRXS RNRXS RORXS RPRXS RSRXS"),
)

NAMES = phrases(
    (M.PRE_TRANSIT, None, ("Sender despatching item", "Sender preparing item", "Sender preparing/despatching item")),
    (M.ACCEPTED, None, ("Accepted at Post Office", "Accepted at Parcelshop", "Item collected")),
    (
        M.IN_TRANSIT,
        None,
        (
            "Item Received",
            "Item despatched to DO",
            "Item despatched to MC",
            "Arrived at",
            "Item leaving the UK",
            "Leaving the UK",
            "Arrived at overseas office",
            "In transit",
        ),
    ),
    (M.IN_TRANSIT, R.MISROUTED, ("Forwarded - Mis-sort",)),
    (M.OUT_FOR_DELIVERY, None, ("Due to be delivered today", "Ready for Delivery", "Out for delivery")),
    (M.AVAILABLE_FOR_PICKUP, None, ("Available for collection",)),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, ("Delivery attempted - No answer", "Delivery attempted")),
    (
        M.DELIVERED,
        None,
        (
            "Delivered by",
            "Delivered and signed",
            "Delivered to Safeplace by",
            "Delivered to neighbour",
            "Collected",
            "Delivered",
        ),
    ),
    (M.RETURN_IN_TRANSIT, None, ("Return to sender",)),
    (M.RETURNED_TO_SENDER, None, ("Returned to sender",)),
)
"""Event names, for codes that are in no table, and the status categories of a summary."""


@kept
def reading(code: str, name: str = "") -> Reading:
    """What an event means: its code, else its name, else what all carriers mean by such a name."""
    return CODES.get(code) or NAMES.get(phrase(name)) or said(name) or UNRECOGNISED
