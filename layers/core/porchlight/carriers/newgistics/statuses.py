"""Newgistics' event codes, as far as they are known, their words, and the postal codes inside of ``PTS03``.

For a return service every step is read in the other direction: on its way back, and "delivered" is back at the
merchant.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.ACCEPTED, None, "PUU"),
    (M.IN_TRANSIT, None, "DNF IPS"),
    (M.DELIVERED, None, "DRC"),
)

STATUSES = table(
    (M.PRE_TRANSIT, None, "Manifested"),
    (M.IN_TRANSIT, None, "Received InTransit Departed InUSPSNetwork"),
    (M.OUT_FOR_DELIVERY, None, "OutForDelivery"),
    (M.DELIVERED, None, "Delivered"),
    (M.UNKNOWN, None, "NotFound"),
)
"""``Status`` of a package."""

WORDS = phrases(
    (M.PRE_TRANSIT, None, ("Label created", "Return label created", "Manifested", "Pre-shipment information received")),
    (M.ACCEPTED, None, ("Arrival at USPS", "Picked up by USPS", "Received by the USPS", "Accepted at USPS")),
    (
        M.IN_TRANSIT,
        None,
        (
            "In transit",
            "Arrived at Shipping Facility",
            "Departed Shipping Facility",
            "Inducted into Newgistics Network",
            "Departing Newgistics Facility",
            "Arrived at Newgistics Facility",
        ),
    ),
    (M.OUT_FOR_DELIVERY, None, ("Out for delivery",)),
    (M.DELIVERY_ATTEMPTED, None, ("Delivery attempted", "Notice left")),
    (M.DELIVERED, None, ("Delivered", "Delivered to Return Center")),
    (M.DELAYED, None, ("Delayed",)),
    (M.EXCEPTION, None, ("Exception",)),
    (M.DAMAGED, R.DAMAGE, ("Damaged",)),
)

_BACKWARDS = {
    M.ACCEPTED: M.RETURN_IN_TRANSIT,
    M.IN_TRANSIT: M.RETURN_IN_TRANSIT,
    M.OUT_FOR_DELIVERY: M.RETURN_IN_TRANSIT,
    M.DELIVERY_ATTEMPTED: M.RETURN_IN_TRANSIT,
    M.DELIVERED: M.RETURNED_TO_SENDER,
}


@kept
def reading(code: str, postal: str, *words: str) -> Reading:
    """What an event means: its code, its words, the exact ones first, and the post's own code (``PTS03`` is 03)."""
    found = CODES.get(code)
    for text in words:
        found = found or WORDS.get(phrase(text))
    if not found and postal.startswith("PTS"):
        from porchlight.carriers.usps.statuses import CODES as POSTAL

        found = POSTAL.get(postal[3:])
    return found or UNRECOGNISED


def backwards(found: Reading) -> Reading:
    """The reading for a parcel whose way is the way back."""
    return found._replace(milestone=_BACKWARDS.get(found.milestone, found.milestone))
