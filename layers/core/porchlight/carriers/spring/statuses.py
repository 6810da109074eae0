"""Spring's event codes, from section 3 of its XBS API documentation as integrators repeat it."""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.PRE_TRANSIT, None, "0 12"),
    (M.ACCEPTED, None, "18 20"),
    (M.IN_TRANSIT, None, "15 19 21 22 40 93 101 2101 2102 2103 9101 9102"),
    (M.OUT_FOR_DELIVERY, None, "9301"),
    (M.AVAILABLE_FOR_PICKUP, None, "92"),
    (M.DELIVERY_ATTEMPTED, None, "91"),
    (M.DELIVERED, None, "100"),
    (M.DELAYED, None, "9302"),
    (M.EXCEPTION, None, "31"),
    (M.EXCEPTION, R.CUSTOMS, "41"),
    (M.EXCEPTION, R.LABEL, "1001"),
    (M.EXCEPTION, R.OTHER, "12506"),
    (M.LOST, R.NETWORK, "111"),
    (M.RETURN_IN_TRANSIT, None, "124"),
    (M.RETURNED_TO_SENDER, None, "125 12406 12505"),
    (M.RETURNED_TO_SENDER, R.CONSIGNEE_REFUSED, "12501"),
    (M.RETURNED_TO_SENDER, R.ADDRESS, "12502"),
    (M.RETURNED_TO_SENDER, R.DAMAGE, "12503"),
    (M.RETURNED_TO_SENDER, R.PICKUP_EXPIRED, "12504"),
    (M.CANCELLED, R.OTHER, P.RETAILER, "4106"),
    (M.UNKNOWN, None, "25 9999"),
)
"""101 is "delivered to the destination country", where tracking ends: the parcel is not with its receiver."""


@kept
def reading(code: str, words: str = "") -> Reading:
    """What an event means: its code, else its words."""
    return CODES.get(code) or said(words) or UNRECOGNISED
