"""GLS's words: the status of a parcel, the codes of its events, and the sentences that come with them.

The status enum is complete. GLS publishes the list of event codes to its customers only; the table holds those that
were seen. The same sentence comes with different codes in GLS's APIs, so that the sentence reads what no table has.
"""

from porchlight.carriers.gls.sentences import SENTENCES, plain
from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

STATUSES = table(
    (M.PRE_TRANSIT, None, "PLANNEDPICKUP INPICKUP PREADVICE"),
    (M.IN_TRANSIT, None, "INTRANSIT INWAREHOUSE"),
    (M.OUT_FOR_DELIVERY, None, "INDELIVERY"),
    (M.AVAILABLE_FOR_PICKUP, None, "DELIVEREDPS"),
    (M.DELIVERED, None, "DELIVERED"),
    (M.EXCEPTION, None, "NOTDELIVERED"),
    (M.EXCEPTION, R.NOT_DISPATCHED, "NOTPICKEDUP"),
    (M.CANCELLED, None, "CANCELED"),
    (M.UNKNOWN, None, "FINAL"),
)
"""``DELIVEREDPS`` waits in a shop. ``FINAL`` closes the history, however it ended: the events say."""

CODES = table(
    (M.PRE_TRANSIT, None, "INTIAL.PREADVICE INTIAL.E48_DATA"),
    (M.ACCEPTED, None, "INTIAL.NORMAL"),
    (M.IN_TRANSIT, None, "INBOUD.NORMAL OUTBOD.NORMAL"),
    (M.OUT_FOR_DELIVERY, None, "OUTDEL.NORMAL"),
    (M.AVAILABLE_FOR_PICKUP, None, "DELIVD.PARCELSHOP"),
    (M.DELIVERED, None, "DELIVD.NORMAL DELIVD.DEL_BY_PSAPP"),
    (M.CANCELLED, None, "CANCEL.NORMAL"),
    (M.UNKNOWN, None, "CHANGD.MONEWADDR CHANGD.PARCELBOX"),
)
"""Spelled as GLS spells them."""

NUMBERS = table(
    (M.PRE_TRANSIT, None, "0.100"),
    (M.ACCEPTED, None, "0.0"),
    (M.IN_TRANSIT, None, "1.0 2.0"),
    (M.OUT_FOR_DELIVERY, None, "11.0"),
    (M.DELIVERED, None, "3.0"),
    (M.CANCELLED, None, "43.0"),
)
"""The same events in the elder interfaces."""


@kept
def reading(code: str, text: str = "") -> Reading:
    """What an event means: its code, else its sentence."""
    return CODES.get(code) or NUMBERS.get(code) or SENTENCES.get(plain(text)) or UNRECOGNISED
