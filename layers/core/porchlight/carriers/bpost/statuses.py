"""bpost's state codes. Its list was not to be had: what is here was seen with its words, or is read alike by
integrators (the U group, pickup points, transit).
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M

CODES = table(
    (M.IN_TRANSIT, None, "T00 R00 R01 R02 R03 R04 R05"),
    (M.OUT_FOR_DELIVERY, None, "L00"),
    (M.AVAILABLE_FOR_PICKUP, None, "N74 R13"),
    (M.DELIVERED, None, "U00 U01 U02 U03 U04 U05 U06 U07 U08"),
)


@kept
def reading(code: str, words: str = "") -> Reading:
    """What a state means: its code, else its words."""
    return CODES.get(code) or said(words) or UNRECOGNISED
