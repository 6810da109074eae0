"""Sendle's event types (its whole list) and the states of a parcel that stand beside them; capitals vary."""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases
from porchlight.carriers.wording import finer
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

TYPES = phrases(
    (M.ACCEPTED, None, ("Pickup", "Drop Off", "Dropped Off")),
    (M.IN_TRANSIT, None, ("In Transit",)),
    (M.OUT_FOR_DELIVERY, None, ("Out for Delivery", "Local Delivery")),
    (M.AVAILABLE_FOR_PICKUP, None, ("Left with Agent",)),
    (M.DELIVERY_ATTEMPTED, None, ("Delivery Attempted",)),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, ("Card Left",)),
    (M.DELIVERED, None, ("Delivered",)),
    (M.EXCEPTION, None, ("Unable to Deliver",)),
    (M.DAMAGED, R.DAMAGE, ("Damaged",)),
    (M.UNKNOWN, None, ("Info", "Expired", "Pickup Attempted")),
)
"""``Pickup Attempted`` is a pickup that failed, not a delivery: the parcel is where it was."""

STATES = phrases(
    (M.PRE_TRANSIT, None, ("Booking", "Pickup", "Drop Off")),
    (M.ACCEPTED, None, ("Picked up",)),
    (M.IN_TRANSIT, None, ("Transit", "In Transit")),
    (M.DELIVERED, None, ("Delivered",)),
    (M.CANCELLED, None, ("Cancelled",)),
    (M.RETURNED_TO_SENDER, None, ("Returned",)),
)
"""States of a parcel. Only the last two say more than the events do."""


@kept
def reading(kind: str, words: str = "") -> Reading:
    """What an event type means; its words may say the same more finely."""
    return finer(TYPES.get(phrase(kind), UNRECOGNISED), words)
