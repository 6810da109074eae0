"""EasyPost's words. ``status`` is coarse; ``status_detail``, the carrier's own code and, last, the message refine it.

Refinements are needed: a delivery attempt arrives as ``failure`` (or ``in_transit`` + ``delayed``) and says so only
in the message; a pickup scan arrives as ``in_transit``.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, phrase, phrases, table
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

_FEDEX = table(
    (M.PRE_TRANSIT, None, "OC"),
    (M.ACCEPTED, None, "PU PX DO IP"),
    (M.DELAYED, None, "DY DD"),
    (M.EXCEPTION, R.CUSTOMS, "CD"),
    (M.RETURN_IN_TRANSIT, None, "RS"),
)

_ATTEMPTS = (
    "delivery attempt",
    "delivery attempted",
    "attempted delivery",
    "delivery attempt made",
    "delivery attempt unsuccessful",
    "unsuccessful delivery attempt",
    "delivery attempted no access to delivery location",
    "first attempt made",
    "first delivery attempt made",
    "second delivery attempted",
    "final attempt made",
    "final delivery attempt made",
    "notice left",
    "delivery notice left",
    "missed delivery",
    "we missed you",
    "attempt fail",
    "failed delivery attempt",
    "customer not available",
    "recipient not available",
    "customer not available or business closed",
    "recipient not in or business closed",
    "customer was not available when ups attempted delivery",
    "the receiver was not available for delivery",
    "the receiver was not available at the time of the first delivery attempt",
    "the receiver was not available at the time of the second delivery attempt",
    "the receiver was not available at the time of the final delivery attempt",
    "receiver was not available for delivery",
)

MESSAGES = phrases(
    (
        M.ACCEPTED,
        None,
        (
            "origin scan",
            "pickup scan",
            "picked up",
            "pick up",
            "package received",
            "drop off",
            "dropped off",
            "shipment picked up",
            "we have your package",
            "your package has been picked up",
            "in fedex possession",
            "usps in possession of item",
            "accepted at usps origin facility",
            "accepted at usps facility",
            "accepted at usps origin sort facility",
            "acceptance",
            "accepted",
            "package acceptance",
        ),
    ),
    (
        M.IN_TRANSIT,
        None,
        (
            "arrived at usps origin facility",
            "arrived at usps regional origin facility",
            "arrived at usps regional facility",
            "arrived at usps facility",
            "arrived at post office",
        ),
    ),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, _ATTEMPTS),
    (
        M.DELIVERY_ATTEMPTED,
        R.PREMISES_CLOSED,
        (
            "business closed",
            "notice left business closed",
            "the receiving business was closed",
            "delivery attempted business closed",
        ),
    ),
    (
        M.EXCEPTION,
        R.CONSIGNEE_REFUSED,
        ("refused", "delivery refused", "refused by recipient", "the receiver refused the delivery"),
    ),
    (
        M.EXCEPTION,
        R.ADDRESS,
        (
            "undeliverable as addressed",
            "insufficient address",
            "incorrect address",
            "address information required",
            "no such number",
            "addressee unknown",
            "moved left no address",
            "vacant",
        ),
    ),
    (M.RETURN_IN_TRANSIT, None, ("return to sender", "returning to sender", "returning package to shipper")),
    (
        M.RETURNED_TO_SENDER,
        None,
        ("delivered to original sender", "returned to sender", "delivered to shipper", "returned to shipper"),
    ),
)

_HEARD = {
    "in_transit": frozenset({M.ACCEPTED, M.IN_TRANSIT, M.DELIVERY_ATTEMPTED, M.EXCEPTION}),
    "failure": frozenset({M.DELIVERY_ATTEMPTED, M.EXCEPTION, M.RETURN_IN_TRANSIT, M.RETURNED_TO_SENDER}),
    "unknown": frozenset({M.ACCEPTED, M.IN_TRANSIT, M.DELIVERY_ATTEMPTED, M.EXCEPTION}),
    "return_to_sender": frozenset({M.RETURNED_TO_SENDER}),
    "delivered": frozenset({M.RETURNED_TO_SENDER}),
}
"""Milestones of a message that are heard under a status: a message never contradicts, it only says more."""


def reading(status: str, detail: str, carrier: str = "", code: str = "", message: str = "") -> Reading:
    """What an entry of a tracker (or its head) means: message, carrier's code, detail, status, the finest first."""
    coarse = STATUSES.get(status, UNRECOGNISED)
    if status == "delivered" and detail == "return":
        return Reading(M.RETURNED_TO_SENDER)
    heard = _HEARD.get(status, frozenset())
    if message and heard:
        for said in (_said(message), _own_words(carrier, message)):
            if said and said.milestone in heard:
                return said
    finer = _REFINE.get(status, frozenset())
    for found in (_own_code(carrier, status, code), DETAILS.get(detail)):
        if found and found.milestone in finer:
            return found
    return coarse


def _said(message: str) -> Reading | None:
    """The message in the table, whole or up to its first comma, bracket or full stop ("Notice Left (No Secure
    Location)").
    """
    found = MESSAGES.get(phrase(message))
    if found:
        return found
    cut = min((at for at in map(message.find, ",(;.:") if at > 0), default=0)
    return MESSAGES.get(phrase(message[:cut])) if cut else None


def _own_words(carrier: str, message: str) -> Reading | None:
    """The message read as USPS's own wording, which EasyPost passes on."""
    if carrier != "usps":
        return None
    from porchlight.carriers.usps.statuses import reading as usps_reading

    return usps_reading("", message)


def _own_code(carrier: str, status: str, code: str) -> Reading | None:
    """The carrier's own code read by the carrier's own table, where we have it."""
    if not code:
        return None
    if carrier == "usps":
        from porchlight.carriers.usps.statuses import CODES

        return CODES.get(code)
    if carrier == "ups":
        from porchlight.carriers.ups.statuses import reading as ups_reading

        return ups_reading("X" if status == "failure" else "I", code, "")
    if carrier == "fedex":
        return _FEDEX.get(code)
    return None
