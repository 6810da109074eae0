"""EasyPost's words. ``status`` is coarse; ``status_detail``, the carrier's own code and, last, the message refine it.

Refinements are needed: a delivery attempt arrives as ``failure`` (or ``in_transit`` + ``delayed``) and says so only
in the message; a pickup scan arrives as ``in_transit``.
"""

from porchlight.carriers.aggregated import own_code
from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.carriers.wording import said as meant
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

STATUSES = table(
    (M.UNKNOWN, None, "unknown error"),
    (M.PRE_TRANSIT, None, "pre_transit"),
    (M.IN_TRANSIT, None, "in_transit"),
    (M.OUT_FOR_DELIVERY, None, "out_for_delivery"),
    (M.DELIVERED, None, "delivered"),
    (M.AVAILABLE_FOR_PICKUP, None, "available_for_pickup"),
    (M.RETURN_IN_TRANSIT, None, "return_to_sender"),
    (M.EXCEPTION, None, "failure"),
    (M.CANCELLED, None, "cancelled"),
)

DETAILS = table(
    (M.UNKNOWN, None, "unknown status_update expired"),
    (M.PRE_TRANSIT, None, "label_created"),
    (M.ACCEPTED, None, "received_at_origin_facility"),
    (M.IN_TRANSIT, None, "arrived_at_facility departed_facility departed_origin_facility in_transit"),
    (M.IN_TRANSIT, None, "received_at_destination_facility transferred_to_destination_carrier"),
    (M.OUT_FOR_DELIVERY, None, "out_for_delivery"),
    (M.AVAILABLE_FOR_PICKUP, None, "arrived_at_pickup_location"),
    (M.DELIVERED, None, "arrived_at_destination"),
    (M.DELAYED, None, "delayed"),
    (M.DELAYED, R.WEATHER, "weather_delay"),
    (M.DELAYED, R.MISROUTED, "missorted"),
    (M.EXCEPTION, None, "delivery_exception transit_exception failure held awaiting_information"),
    (M.EXCEPTION, R.ADDRESS, "address_correction"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "refused"),
    (M.RETURN_IN_TRANSIT, None, "return"),
    (M.CANCELLED, None, "cancelled"),
    (M.DAMAGED, R.DAMAGE, "damaged"),
    (M.LOST, R.NETWORK, "lost"),
)
"""What a detail means by itself; ``_refined`` says under which status it may be heard."""

_REFINE = {
    "in_transit": frozenset({M.ACCEPTED, M.DELAYED, M.EXCEPTION, M.RETURN_IN_TRANSIT, M.DAMAGED, M.LOST}),
    "failure": frozenset({M.DELAYED, M.EXCEPTION, M.RETURN_IN_TRANSIT, M.DAMAGED, M.LOST, M.CANCELLED}),
    "unknown": frozenset({M.PRE_TRANSIT, M.OUT_FOR_DELIVERY, M.DELAYED, M.RETURN_IN_TRANSIT, M.DAMAGED, M.LOST}),
}
"""Milestones of a detail (or of the carrier's own code) that are finer than the status they come with."""

_HEARD = {
    "in_transit": frozenset(
        {M.ACCEPTED, M.IN_TRANSIT, M.DELIVERY_ATTEMPTED, M.DELAYED, M.EXCEPTION, M.RETURN_IN_TRANSIT}
    ),
    "failure": frozenset({M.DELIVERY_ATTEMPTED, M.DELAYED, M.EXCEPTION, M.RETURN_IN_TRANSIT, M.RETURNED_TO_SENDER}),
    "unknown": frozenset({M.ACCEPTED, M.IN_TRANSIT, M.DELIVERY_ATTEMPTED, M.EXCEPTION}),
    "return_to_sender": frozenset({M.RETURNED_TO_SENDER}),
    "delivered": frozenset({M.RETURNED_TO_SENDER}),
}
"""Milestones of a message that are heard under a status: a message never contradicts, it only says more."""


_TROUBLES = frozenset({M.DELAYED, M.EXCEPTION})
_SOME_TROUBLE = Reading(M.EXCEPTION)
"""A carrier's code, or a message, that says no more than that: the detail says more."""


@kept
def reading(status: str, detail: str, carrier: str = "", code: str = "", message: str = "") -> Reading:
    """What an entry of a tracker (or its head) means: message, carrier's code, detail, status, the finest first."""
    coarse = STATUSES.get(status, UNRECOGNISED)
    if status == "delivered" and detail == "return":
        return Reading(M.RETURNED_TO_SENDER)
    heard = _HEARD.get(status, frozenset())
    if message and heard:
        for said in (_own_words(carrier, message), meant(message)):
            if said and said.milestone in heard and said != _SOME_TROUBLE:
                return said
    finer = _REFINE.get(status, frozenset())
    named = DETAILS.get(detail)
    trouble = status == "failure" or (named is not None and named.milestone in _TROUBLES)
    own = own_code(carrier, code, trouble=trouble)
    for found in (named, own) if own == _SOME_TROUBLE else (own, named):
        if found and found.milestone in finer:
            return found
    return coarse


def _own_words(carrier: str, message: str) -> Reading | None:
    """The message read as USPS's own wording, which EasyPost passes on."""
    if carrier != "usps":
        return None
    from porchlight.carriers.usps.statuses import reading as usps_reading

    return usps_reading("", message)
