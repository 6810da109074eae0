"""TNT's status codes, as far as they were seen, and the four summaries of a consignment (complete)."""

from porchlight.carriers.reading import UNRECOGNISED, Reading, table
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.ACCEPTED, None, "CI PU"),
    (M.IN_TRANSIT, None, "AS IR IS OS TR"),
    (M.IN_TRANSIT, R.DAMAGE, "CDB FDB"),
    (M.OUT_FOR_DELIVERY, None, "OD"),
    (M.DELIVERED, None, "OK PA"),
    (M.DELAYED, R.NETWORK, "LAC MLA NR"),
    (M.DELAYED, R.OTHER, "LAA"),
    (M.UNKNOWN, None, "AA"),
)
"""CDB and FDB: repacked after damage, and going on. PA: delivered by mail. LAA: held up by authorities of some kind."""

SUMMARIES = table(
    (M.IN_TRANSIT, None, "INT"),
    (M.DELIVERED, None, "DEL"),
    (M.EXCEPTION, None, "EXC"),
    (M.UNKNOWN, None, "CNF"),
)
"""``CNF``: consignment not found."""


def reading(code: str) -> Reading:
    """What a status code means."""
    return CODES.get(code, UNRECOGNISED)
