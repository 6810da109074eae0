"""GEODIS's codes: a situation and its justification (``LIV/CFM``: delivered, as ordered), of the INOVERT standard that
French carriers share. GEODIS's own list was not to be had; what is here has one meaning in the standard, as other
carriers print it in words.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, table
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.ACCEPTED, None, "PCH/CFM"),
    (M.IN_TRANSIT, None, "EXP/CFM AAR/CFM"),
    (M.OUT_FOR_DELIVERY, None, "MLV/CFM"),
    (M.AVAILABLE_FOR_PICKUP, None, "MLV/ARS"),
    (M.DELIVERED, None, "LIV/CFM LIV/GAR LIV/RTI LIV/VOI"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "REN/ARV REN/AVI REN/NRV"),
    (M.DELAYED, R.MISROUTED, "AAR/DVY"),
    (M.EXCEPTION, R.ADDRESS, "REN/CAD REN/DIA"),
    (M.EXCEPTION, R.CUSTOMS, "DOU/DOU"),
    (M.RETURNED_TO_SENDER, None, "LIV/REO"),
    (M.UNKNOWN, None, "COM/CFM"),
)
"""Taken over, sent, arrived at an agency, loaded for delivery (or for a shop), delivered (to the caretaker, to a
neighbour, or back at its origin), not delivered, held by customs; ``COM`` is information only. ``SOL`` and ``RST`` are
not here on purpose.
"""


def reading(code: str) -> Reading:
    """What a pair of codes means."""
    return CODES.get(code, UNRECOGNISED)
