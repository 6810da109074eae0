"""SEKO's OmniCodes, which carriers' own codes are translated to (the code beside them is the carrier's)."""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.PRE_TRANSIT, None, "OP-1 OP-8 OP-9 OP-12"),
    (M.ACCEPTED, None, "OP-10 OP-11 OP-14 OP-33 OP-89"),
    (
        M.IN_TRANSIT,
        None,
        "OP-3 OP-4 OP-5 OP-7 OP-18 OP-22 OP-47 OP-48 OP-50 OP-51 OP-53 OP-54 OP-56 OP-78 OP-79 OP-80 OP-81 OP-82",
    ),
    (M.OUT_FOR_DELIVERY, None, "OP-21"),
    (M.AVAILABLE_FOR_PICKUP, None, "OP-19 OP-25 OP-42 OP-76"),
    (M.DELIVERED, None, "OP-71 OP-72 OP-73 OP-74 OP-75 OP-77"),
    (M.DELIVERY_ATTEMPTED, None, "OP-45 OP-86"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "OP-24 OP-84"),
    (M.DELIVERY_ATTEMPTED, R.ADDRESS, "OP-27"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_REFUSED, "OP-28"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, P.CONSIGNEE, "OP-37 OP-38"),
    (M.DELAYED, None, "OP-16"),
    (M.DELAYED, R.MISROUTED, "OP-13 OP-35"),
    (M.EXCEPTION, None, "OP-2 OP-26 OP-30 OP-49 OP-70 OP-83 OP-91"),
    (M.EXCEPTION, R.ADDRESS, "OP-23"),
    (M.EXCEPTION, R.CUSTOMS, "OP-6"),
    (M.EXCEPTION, R.LABEL, "OP-41"),
    (M.EXCEPTION, R.PICKUP_EXPIRED, "OP-43"),
    (M.EXCEPTION, R.OTHER, "OP-40 OP-92"),
    (M.EXCEPTION, R.OTHER, P.CONSIGNEE, "OP-87"),
    (M.EXCEPTION, R.OTHER, P.RETAILER, "OP-88"),
    (M.DAMAGED, R.DAMAGE, "OP-17"),
    (M.LOST, R.NETWORK, "OP-15"),
    (M.CANCELLED, None, "OP-34"),
    (M.RETURN_IN_TRANSIT, None, "OP-29 OP-55 OP-66 OP-85 OP-94"),
    (M.RETURN_IN_TRANSIT, R.OTHER, "OP-60 OP-63"),
    (M.RETURN_IN_TRANSIT, R.OTHER, P.RETAILER, "OP-67"),
    (M.RETURNED_TO_SENDER, None, "OP-57 OP-62 OP-68 OP-90"),
    (M.RETURNED_TO_SENDER, R.OTHER, P.RETAILER, "OP-58"),
    (M.RETURNED_TO_SENDER, R.PICKUP_EXPIRED, "OP-59 OP-65"),
    (M.RETURNED_TO_SENDER, R.ADDRESS, "OP-61"),
    (M.RETURNED_TO_SENDER, R.CONSIGNEE_REFUSED, "OP-64"),
    (M.RETURNED_TO_SENDER, R.DAMAGE, "OP-69"),
    (M.UNKNOWN, None, "OP-20 OP-31 OP-32 OP-36 OP-39 OP-44 OP-46 OP-52"),
)
"""OP-76 waits in a locker or at a collection point: not with its receiver."""


@kept
def reading(code: str, words: str = "") -> Reading:
    """What an OmniCode means; an event without one has only words."""
    return CODES.get(code) or (None if code else said(words)) or UNRECOGNISED
