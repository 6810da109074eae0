"""TrackingMore's words: a status, and a substatus (``transit001``) that says more. An unknown substatus is read as its
status.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.carriers.wording import finer
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

STATUSES = table(
    (M.UNKNOWN, None, "pending notfound expired"),
    (M.PRE_TRANSIT, None, "inforeceived"),
    (M.IN_TRANSIT, None, "transit"),
    (M.OUT_FOR_DELIVERY, None, "pickup"),
    (M.DELIVERY_ATTEMPTED, None, "undelivered"),
    (M.DELIVERED, None, "delivered"),
    (M.EXCEPTION, None, "exception"),
)
"""``pickup`` means: out for delivery, or waiting at a counter (``pickup002``)."""

SUBSTATUSES = table(
    (M.UNKNOWN, None, "notfound002 expired001 pickup003"),
    (M.PRE_TRANSIT, None, "inforeceived001 notfound001"),
    (M.IN_TRANSIT, None, "transit001 transit002 transit003 transit004 transit005 transit006 transit007"),
    (M.OUT_FOR_DELIVERY, None, "pickup001"),
    (M.AVAILABLE_FOR_PICKUP, None, "pickup002"),
    (M.DELIVERED, None, "delivered001 delivered002 delivered003 delivered004"),
    (M.DELIVERY_ATTEMPTED, R.ADDRESS, "undelivered001 undelivered003"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "undelivered002"),
    (M.DELIVERY_ATTEMPTED, None, "undelivered004"),
    (M.EXCEPTION, None, "exception005 exception007"),
    (M.EXCEPTION, R.PICKUP_EXPIRED, "exception004"),
    (M.EXCEPTION, R.CUSTOMS, "exception006"),
    (M.CANCELLED, None, "exception008"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "exception009"),
    (M.RETURNED_TO_SENDER, None, "exception010"),
    (M.RETURN_IN_TRANSIT, None, "exception011"),
)
"""``exception007`` is damaged, lost or thrown away: the words tell which."""

_GENERAL = frozenset({"", "transit001", "exception005", "exception007"})


@kept
def reading(status: str, substatus: str, words: str = "") -> Reading:
    """What a checkpoint (or the head of a tracking) means."""
    code = substatus.replace(" ", "")
    found = SUBSTATUSES.get(code) or STATUSES.get(status) or STATUSES.get(code.rstrip("0123456789"), UNRECOGNISED)
    return finer(found, words) if code in _GENERAL else found
