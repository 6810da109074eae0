"""17TRACK's words: a main status, a substatus ``Main_Detail``, and the stage of an event. v1 has numbers only.

An unknown substatus is read as its main status; an event without either is read by its words.
"""

from porchlight.carriers.aggregated import own_words
from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.carriers.wording import finer
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

MAIN = table(
    (M.UNKNOWN, None, "NotFound Expired"),
    (M.PRE_TRANSIT, None, "InfoReceived"),
    (M.IN_TRANSIT, None, "InTransit"),
    (M.AVAILABLE_FOR_PICKUP, None, "AvailableForPickup"),
    (M.OUT_FOR_DELIVERY, None, "OutForDelivery"),
    (M.DELIVERY_ATTEMPTED, None, "DeliveryFailure"),
    (M.DELIVERED, None, "Delivered"),
    (M.EXCEPTION, None, "Exception"),
)

STAGES = {
    **MAIN,
    **table(
        (M.ACCEPTED, None, "PickedUp"),
        (M.IN_TRANSIT, None, "Departure Arrival"),
        (M.RETURN_IN_TRANSIT, None, "Returning"),
        (M.RETURNED_TO_SENDER, None, "Returned"),
    ),
}

SUBSTATUSES = table(
    (M.UNKNOWN, None, "NotFound_Other NotFound_InvalidCode Expired_Other"),
    (M.PRE_TRANSIT, None, "InfoReceived"),
    (M.ACCEPTED, None, "InTransit_PickedUp"),
    (M.IN_TRANSIT, None, "InTransit_Other InTransit_Departure InTransit_Arrival"),
    (M.IN_TRANSIT, None, "InTransit_CustomsProcessing InTransit_CustomsReleased"),
    (M.EXCEPTION, R.CUSTOMS, "InTransit_CustomsRequiringInformation"),
    (M.AVAILABLE_FOR_PICKUP, None, "AvailableForPickup_Other"),
    (M.OUT_FOR_DELIVERY, None, "OutForDelivery_Other"),
    (M.DELIVERY_ATTEMPTED, None, "DeliveryFailure_Other"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, "DeliveryFailure_Security"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "DeliveryFailure_NoBody"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_REFUSED, "DeliveryFailure_Rejected"),
    (M.DELIVERY_ATTEMPTED, R.ADDRESS, "DeliveryFailure_InvalidAddress"),
    (M.DELIVERED, None, "Delivered_Other"),
    (M.EXCEPTION, None, "Exception_Other"),
    (M.RETURN_IN_TRANSIT, None, "Exception_Returning"),
    (M.RETURNED_TO_SENDER, None, "Exception_Returned"),
    (M.EXCEPTION, R.ADDRESS, "Exception_NoBody"),
    (M.EXCEPTION, R.OTHER, "Exception_Security Exception_Destroyed"),
    (M.DAMAGED, R.DAMAGE, "Exception_Damage Exception_Damaged"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "Exception_Rejected"),
    (M.DELAYED, None, "Exception_Delayed"),
    (M.LOST, R.NETWORK, "Exception_Lost"),
    (M.CANCELLED, None, "Exception_Cancel"),
)
"""``_Security`` is said of security, customs and fees alike; ``Exception_NoBody`` of a recipient whose data is not
sound, found before anybody went there.
"""

NUMBERS = table(
    (M.UNKNOWN, None, "0 20"),
    (M.IN_TRANSIT, None, "10"),
    (M.AVAILABLE_FOR_PICKUP, None, "30"),
    (M.DELIVERY_ATTEMPTED, None, "35"),
    (M.DELIVERED, None, "40"),
    (M.EXCEPTION, None, "50"),
)
"""The package's state in v1, which has none for its events."""


_GENERAL = ("", "InTransit_Other", "Exception_Other")


@kept
def reading(stage: str, substatus: str, carrier: str = "", words: str = "") -> Reading:
    """What an event means (or the head of a parcel, whose main status is given as ``stage``). Bodies without
    ``sub_status`` may have it as the stage.
    """
    if not substatus and stage in SUBSTATUSES:
        substatus = stage
    if not substatus and not stage:
        return own_words(carrier, words)
    found = SUBSTATUSES.get(substatus) or STAGES.get(substatus.partition("_")[0])
    if found is None or (substatus.endswith("_Other") and found.milestone in (M.IN_TRANSIT, M.EXCEPTION)):
        found = STAGES.get(stage) or found
    if found is None:
        return UNRECOGNISED
    general = substatus in _GENERAL and stage in ("", "InTransit", "Exception", substatus)
    return finer(found, words) if general else found
