"""AfterShip's words: a tag, and a subtag that says more. New subtags appear without notice: an unknown one is read as
its tag.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.carriers.wording import finer
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

TAGS = table(
    (M.UNKNOWN, None, "Pending Expired"),
    (M.PRE_TRANSIT, None, "InfoReceived"),
    (M.IN_TRANSIT, None, "InTransit"),
    (M.OUT_FOR_DELIVERY, None, "OutForDelivery"),
    (M.DELIVERY_ATTEMPTED, None, "AttemptFail"),
    (M.AVAILABLE_FOR_PICKUP, None, "AvailableForPickup"),
    (M.DELIVERED, None, "Delivered"),
    (M.EXCEPTION, None, "Exception"),
)

SUBTAGS = table(
    (M.UNKNOWN, None, "Pending_001 Pending_002 Pending_003 Pending_004 Pending_005 Pending_006 Expired_001"),
    (M.PRE_TRANSIT, None, "InfoReceived_001"),
    (M.ACCEPTED, None, "InTransit_002"),
    (M.IN_TRANSIT, None, "InTransit_001 InTransit_003 InTransit_004 InTransit_005 InTransit_006 InTransit_007"),
    (M.IN_TRANSIT, None, "InTransit_008 InTransit_009"),
    (M.OUT_FOR_DELIVERY, None, "OutForDelivery_001"),
    (M.AVAILABLE_FOR_PICKUP, None, "OutForDelivery_002 AvailableForPickup_001"),
    (M.UNKNOWN, None, "OutForDelivery_003 OutForDelivery_004"),
    (M.DELIVERED, None, "Delivered_001 Delivered_002 Delivered_003 Delivered_004 Delivered_005"),
    (M.DELIVERY_ATTEMPTED, None, "AttemptFail_001"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "AttemptFail_002"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, "AttemptFail_003"),
    (M.EXCEPTION, None, "Exception_001"),
    (M.EXCEPTION, R.ADDRESS, P.CONSIGNEE, "Exception_002"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "Exception_003"),
    (M.DELAYED, R.CUSTOMS, "Exception_004"),
    (M.DELAYED, R.OTHER, "Exception_005"),
    (M.EXCEPTION, R.OTHER, P.CONSIGNEE, "Exception_006"),
    (M.EXCEPTION, R.ADDRESS, "Exception_007"),
    (M.EXCEPTION, R.PICKUP_EXPIRED, "Exception_008"),
    (M.EXCEPTION, R.OTHER, P.RETAILER, "Exception_009"),
    (M.RETURN_IN_TRANSIT, None, "Exception_010"),
    (M.RETURNED_TO_SENDER, None, "Exception_011"),
    (M.DAMAGED, R.DAMAGE, "Exception_012"),
    (M.LOST, R.NETWORK, "Exception_013"),
    (M.DELAYED, R.NETWORK, "Exception_016 Exception_019"),
    (M.DELAYED, R.WEATHER, "Exception_017"),
    (M.EXCEPTION, R.CUSTOMS, P.RETAILER, "Exception_018"),
    (M.CANCELLED, None, "Exception_020"),
    (M.EXCEPTION, R.OTHER, "Exception_021"),
)
"""Customer contacted, and appointment made (OutForDelivery_003 and _004), are notices: no vehicle is on its way yet."""

RETURNING = frozenset({"Exception_010", "Exception_011"})
"""After one of these, a delivery is one to the sender."""

_GENERAL = frozenset({"", "InTransit_001", "Exception_001"})


@kept
def reading(tag: str, subtag: str, words: str = "") -> Reading:
    """What a checkpoint (or the head of a tracking) means."""
    found = SUBTAGS.get(subtag) or TAGS.get(tag) or TAGS.get(subtag.partition("_")[0], UNRECOGNISED)
    return finer(found, words) if subtag in _GENERAL else found
