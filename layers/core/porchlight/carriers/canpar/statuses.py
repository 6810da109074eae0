"""Canpar's three-letter codes, as far as they are known (the list is not public), and their English words for the rest.

The French words arrive mis-encoded and are not read. ``delivered`` of the answer is false beside a delivery, and is not
read either.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.carriers.wording import HEARD, said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.PRE_TRANSIT, None, "MAN"),
    (M.ACCEPTED, None, "PIC"),
    (M.IN_TRANSIT, None, "ARR DEP INA INO"),
    (M.OUT_FOR_DELIVERY, None, "OFD"),
    (M.DELIVERY_ATTEMPTED, None, "ATT"),
    (M.DELIVERED, None, "DEL"),
    (M.EXCEPTION, None, "XCP"),
    (M.RETURN_IN_TRANSIT, None, "RTS"),
)

WORDS = phrases(
    (M.PRE_TRANSIT, None, ("MANIFESTED", "SHIPMENT INFORMATION RECEIVED", "LABEL CREATED")),
    (M.ACCEPTED, None, ("PICKUP FROM CUSTOMER/SHIPPER", "PICKED UP", "PICKUP")),
    (
        M.IN_TRANSIT,
        None,
        (
            "ARRIVAL AT HUB/TERMINAL FROM BULK/CITY TRAILER",
            "ARRIVAL AT HUB/TERMINAL",
            "ARRIVAL AT TERMINAL",
            "DEPARTURE FROM TERMINAL",
            "ARRIVAL AT INTERLINE",
            "INTERLINE OUTBOUND",
            "IN TRANSIT",
        ),
    ),
    (M.OUT_FOR_DELIVERY, None, ("OUT FOR DELIVERY", "WITH DELIVERY COURIER", "ON VEHICLE FOR DELIVERY")),
    (M.AVAILABLE_FOR_PICKUP, None, ("HELD FOR PICKUP", "AVAILABLE FOR PICKUP", "DELIVERED TO PICKUP LOCATION")),
    (
        M.DELIVERY_ATTEMPTED,
        R.CONSIGNEE_ABSENT,
        ("DELIVERY ATTEMPTED", "ATTEMPTED DELIVERY", "NOT HOME", "RECEIVER NOT HOME", "CONSIGNEE NOT AVAILABLE"),
    ),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, ("CLOSED", "BUSINESS CLOSED", "RECEIVER CLOSED")),
    (M.DELIVERED, None, ("DELIVERED",)),
    (M.DELAYED, None, ("DELAYED", "DELIVERY RESCHEDULED")),
    (M.DELAYED, R.WEATHER, ("WEATHER DELAY", "DELAYED BY WEATHER")),
    (M.DELAYED, R.MISROUTED, ("MISSORT", "MISROUTED")),
    (M.EXCEPTION, R.ADDRESS, ("WRONG ADDRESS", "INCORRECT ADDRESS", "INSUFFICIENT ADDRESS", "CONSIGNEE MOVED")),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, ("REFUSED", "REFUSED BY CONSIGNEE")),
    (M.EXCEPTION, R.CUSTOMS, ("HELD AT CUSTOMS",)),
    (M.DAMAGED, R.DAMAGE, ("DAMAGED",)),
    (M.LOST, R.NETWORK, ("LOST",)),
    (M.RETURN_IN_TRANSIT, None, ("RETURN TO SHIPPER", "RETURN TO SENDER", "RETURNED TO SHIPPER")),
)


_VAGUE = frozenset({M.DELIVERY_ATTEMPTED, M.EXCEPTION})


@kept
def reading(code: str, words: str) -> Reading:
    """What an event means: its code, else its English words, which also say why where a code names some trouble."""
    found = CODES.get(code)
    if found and found.milestone not in _VAGUE:
        return found
    meant = WORDS.get(phrase(words)) or said(words)
    if not found:
        return meant or UNRECOGNISED
    return meant if meant and meant.milestone in HEARD[found.milestone] else found
