"""GEODIS's codes: a situation and its justification (``LIV/CFM``: delivered, as ordered), of the INOVERT standard that
French carriers share. GEODIS's own list was not to be had; what is here is read alike by all of them.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, table
from porchlight.domain.milestones import Milestone as M

CODES = table(
    (M.ACCEPTED, None, "PCH/CFM"),
    (M.IN_TRANSIT, None, "EXP/CFM AAR/CFM"),
    (M.OUT_FOR_DELIVERY, None, "MLV/CFM"),
    (M.DELIVERED, None, "LIV/CFM LIV/GAR LIV/VOI"),
    (M.UNKNOWN, None, "COM/CFM"),
)
"""Taken over, sent, arrived at an agency, loaded for delivery, delivered (to the caretaker, to a neighbour); ``COM`` is
information only.
"""


def reading(code: str) -> Reading:
    """What a pair of codes means."""
    return CODES.get(code, UNRECOGNISED)
