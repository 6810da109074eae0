"""Asendia's codes: the carriers' own in Asendia Sync, milestones in Asendia USA.

Neither list is published; what stands here was seen. Everything else is read by its words, where they are known.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.ACCEPTED, None, "PU"),
    (M.IN_TRANSIT, None, "IT"),
    (M.DELIVERED, None, "DL"),
)
"""Asendia Sync."""

MILESTONES = table(
    (M.PRE_TRANSIT, None, "s1"),
    (M.ACCEPTED, None, "s2a"),
    (M.IN_TRANSIT, None, "s2b s2c s2d s4 s5 s7 s8"),
    (M.DELIVERED, None, "s10"),
)
"""Asendia USA; s2a is the first scan by Asendia."""

WORDS = phrases(
    (M.PRE_TRANSIT, None, ("shipment information received", "label created", "electronic information submitted")),
    (
        M.ACCEPTED,
        None,
        ("package picked up", "picked up", "collected", "received by Asendia", "processed by Asendia", "accepted"),
    ),
    (
        M.IN_TRANSIT,
        None,
        (
            "in transit",
            "in transit to destination",
            "sorted by Asendia",
            "service dispatched by Asendia",
            "shipment dispatched by Asendia",
            "departed from USA",
            "arrived in destination country",
            "in customs",
            "out of customs",
            "customs cleared",
            "arrived at destination delivery office",
        ),
    ),
    (M.OUT_FOR_DELIVERY, None, ("out for delivery", "out for physical delivery")),
    (M.AVAILABLE_FOR_PICKUP, None, ("available for pickup", "ready for pickup", "available for collection")),
    (
        M.DELIVERY_ATTEMPTED,
        None,
        ("delivery attempted", "attempted delivery", "unsuccessful delivery attempt", "delivery attempt unsuccessful"),
    ),
    (M.DELIVERED, None, ("delivered", "item delivered")),
    (M.EXCEPTION, R.CUSTOMS, ("held by customs", "held in customs")),
    (M.RETURN_IN_TRANSIT, None, ("return to sender", "returning to sender")),
    (M.RETURNED_TO_SENDER, None, ("returned to sender",)),
)


@kept
def reading(code: str, text: str) -> Reading:
    """What an event means: its code, else its words, Asendia's own or those that all carriers use."""
    return CODES.get(code) or MILESTONES.get(code) or WORDS.get(phrase(text)) or said(text) or UNRECOGNISED
