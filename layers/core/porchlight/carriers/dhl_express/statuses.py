"""DHL Express checkpoints, by DHL's list of June 2024 and what its answers carry beside it.

The same codes are the raw statuses of service ``express`` in DHL Unified. A checkpoint that only moves papers through
customs is transit; one that waits for somebody's papers or money is an exception. PD keeps the parcel open: the rest
of the shipment is still to come.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.PRE_TRANSIT, None, "104"),
    (M.ACCEPTED, None, "PU SA"),
    (M.IN_TRANSIT, None, "102 AF AR BN BR CR DF FD IC PL RR SM TP TR"),
    (M.OUT_FOR_DELIVERY, None, "WC"),
    (M.AVAILABLE_FOR_PICKUP, None, "CC"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "NH"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, "ND"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, "CA"),
    (M.DELIVERED, None, "101 OK"),
    (M.DELIVERED, R.DAMAGE, "DD"),
    (M.DELAYED, R.MISROUTED, "MC MS"),
    (M.DELAYED, R.MISSED_CUTOFF, "MD"),
    (M.EXCEPTION, None, "103 OH"),
    (M.EXCEPTION, R.ADDRESS, "BA"),
    (M.EXCEPTION, R.ADDRESS, P.CONSIGNEE, "CM"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "RD"),
    (M.EXCEPTION, R.CUSTOMS, "CD UD"),
    (M.EXCEPTION, R.OTHER, "CS DS SS"),
    (M.EXCEPTION, R.OTHER, P.CARRIER, "PD"),
    (M.EXCEPTION, R.OTHER, P.CONSIGNEE, "HP"),
    (M.RETURNED_TO_SENDER, None, "RT"),
    (M.UNKNOWN, None, "AD PY SC"),
)

SEEN = table(
    (M.IN_TRANSIT, None, "PO"),
    (M.DELAYED, R.NETWORK, "TD"),
    (M.DELAYED, R.WEATHER, "WX"),
    (M.UNKNOWN, None, "RW"),
)
"""Not in DHL's list: left the port of origin, transport delay, weather, weighed again. Seen in answers."""


@kept
def reading(code: str, said: str = "") -> Reading:
    """What a checkpoint means: its code, or the words that come with one that is in no table."""
    found = CODES.get(code) or SEEN.get(code)
    if found or not said:
        return found or UNRECOGNISED
    from porchlight.carriers.dhl_unified.statuses import reading as of_words

    return of_words("", "", "", said)


def nameless(said: str) -> str:
    """``Delivered`` for "Delivered - Signed for by : A NAME" and "Delivered : A NAME"."""
    said = said.partition(":")[0]
    cut = said.lower().find("signed ")
    return (said[:cut] if cut > 0 else said).rstrip(" -,;")
