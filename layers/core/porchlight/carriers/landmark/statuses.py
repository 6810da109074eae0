"""Landmark Global's event codes (its Track API), and the words that stand alone where no code is printed (the answer to
a question for the last status only) or the code is new.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.PRE_TRANSIT, None, "50 60 75 80 100"),
    (M.IN_TRANSIT, None, "125 150 155 200 225 250 275 450"),
    (M.OUT_FOR_DELIVERY, None, "300"),
    (M.AVAILABLE_FOR_PICKUP, None, "410"),
    (M.DELIVERY_ATTEMPTED, None, "400"),
    (M.DELIVERED, None, "500 510"),
    (M.EXCEPTION, None, "900"),
    (M.EXCEPTION, R.CUSTOMS, "135"),
    (M.EXCEPTION, R.OTHER, "90"),
    (M.RETURN_IN_TRANSIT, None, "550"),
    (M.RETURNED_TO_SENDER, None, "570"),
    (M.UNKNOWN, None, "800"),
)
"""75 (processed) and 80 (fulfilled) happen in Landmark's warehouse: the parcel can still be cancelled."""

WORDS = phrases(
    (
        M.PRE_TRANSIT,
        None,
        (
            "shipment data uploaded",
            "shipment inventory allocated",
            "shipment processed",
            "processed",
            "shipment fulfilled",
            "shipment information transmitted to carrier",
        ),
    ),
    (
        M.IN_TRANSIT,
        None,
        (
            "customs cleared",
            "customs clearance in progress",
            "crossing border",
            "crossing border and in transit to carrier hub",
            "crossing received",
            "item scanned at postal facility",
            "item grouped at Landmark facility",
            "item grouped at Landmark or partner facility",
            "item scanned for crossing",
            "item in transit with carrier",
            "item re-directed to new address",
            "package scanned at carrier facility",
            "incoming scan at facility",
            "outgoing scan at facility",
        ),
    ),
    (M.OUT_FOR_DELIVERY, None, ("item out for delivery", "out for delivery")),
    (M.AVAILABLE_FOR_PICKUP, None, ("item available for pickup", "available for pickup")),
    (M.DELIVERY_ATTEMPTED, None, ("attempted delivery", "delivery attempted")),
    (M.DELIVERED, None, ("item successfully delivered", "item delivered", "delivered", "proof of delivery")),
    (M.EXCEPTION, None, ("delivery failed",)),
    (M.EXCEPTION, R.CUSTOMS, ("customs issue",)),
    (M.EXCEPTION, R.OTHER, ("shipment held for payment",)),
    (M.RETURN_IN_TRANSIT, None, ("return received at handling facility",)),
    (M.RETURNED_TO_SENDER, None, ("return received",)),
    (M.UNKNOWN, None, ("claim issued",)),
)


@kept
def reading(code: str, text: str) -> Reading:
    """What an event means: its code, or its words where it has none that is known."""
    return CODES.get(code) or WORDS.get(phrase(text)) or said(text) or UNRECOGNISED
