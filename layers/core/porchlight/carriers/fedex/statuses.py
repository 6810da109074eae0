"""FedEx codes: the event type says what happened, the exception code why.

``derivedStatusCode`` folds "out for delivery" and "ready for pickup" into "in transit"; it is heard only where there is
no event type. A delivery or shipment exception (DE, SE) is split by its exception code: nobody there is an attempt, a
parcel on its way to another counter is none. Exception codes keep their zeros: Express has two digits (07: refused),
Ground three (007: nobody at home).
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.domain.milestones import FAULT
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

EVENTS = table(
    (M.PRE_TRANSIT, None, "AP DS EP OC"),
    (M.ACCEPTED, None, "DO IP PU PX"),
    (
        M.IN_TRANSIT,
        None,
        "AA AC AF AR AX CC CH CP DP EA EO FD IN IT IX LO MD OF OW Ow OX PF PL PM SF TR",
    ),
    (M.OUT_FOR_DELIVERY, None, "AD ED OD"),
    (M.AVAILABLE_FOR_PICKUP, None, "HL HP"),
    (M.DELIVERED, None, "DL"),
    (M.DELAYED, None, "DD DY PD"),
    (M.EXCEPTION, None, "DE SE"),
    (M.EXCEPTION, R.CUSTOMS, "CD"),
    (M.RETURN_IN_TRANSIT, None, "RS"),
    (M.CANCELLED, None, "CA"),
    (M.UNKNOWN, None, "AE AO AS DR HA LC LP PR RA RC RD RG RM RP RR RT SP US"),
)
"""Event types, of scans and of AIV. Notices: new estimates, delivery options, return labels, a split status."""

DERIVED = table(
    (M.PRE_TRANSIT, None, "IN"),
    (M.DELAYED, None, "RL"),
)
"""Derived codes that are no event types (IN is one as well, with another meaning: on-demand care completed)."""

EXCEPTIONS = table(
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "004 007 08"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, "027"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, P.CARRIER, "30"),
    (M.EXCEPTION, R.PREMISES_CLOSED, "15 42"),
    (M.EXCEPTION, R.ADDRESS, "002 03"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "006 07"),
    (M.EXCEPTION, R.CONSIGNEE_REQUEST, "017 17 29 A12 A13 A47"),
    (M.EXCEPTION, R.CUSTOMS, "52 55 60 62 64 73 90 A25"),
    (M.EXCEPTION, R.CUSTOMS, P.CONSIGNEE, "58 63"),
    (M.EXCEPTION, R.CUSTOMS, P.RETAILER, "50 88"),
    (M.EXCEPTION, R.MISROUTED, "012 12 18"),
    (M.EXCEPTION, R.MISSED_CUTOFF, "22 31 48"),
    (M.EXCEPTION, R.NETWORK, "01 32 33 44 54 85 89"),
    (M.EXCEPTION, R.NOT_DISPATCHED, "57"),
    (M.EXCEPTION, R.SECURITY, P.CONSIGNEE, "001 05"),
    (M.EXCEPTION, R.OTHER, "083 084 099 53 84"),
    (M.EXCEPTION, R.OTHER, P.CONSIGNEE, "93"),
    (M.EXCEPTION, R.OTHER, P.RETAILER, "20 91"),
    (M.DAMAGED, R.DAMAGE, "010 10 37"),
    (M.RETURN_IN_TRANSIT, R.OTHER, P.RETAILER, "060G"),
    (M.UNKNOWN, None, "005 015A A3 A52"),
)
"""Exception codes. The reason is heard for every event that tells of a trouble, the milestone for DE and SE only."""

TEXTS = phrases(
    (
        M.DELIVERY_ATTEMPTED,
        R.CONSIGNEE_ABSENT,
        (
            "customer not available or business closed",
            "recipient not in",
            "recipient not in or business closed",
            "business closed or adult recipient unavailable delivery not completed",
        ),
    ),
    (M.EXCEPTION, R.ADDRESS, ("incorrect address", "incorrect recipient address")),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, ("refused by recipient", "shipment refused by recipient")),
    (M.EXCEPTION, R.CONSIGNEE_REQUEST, ("future delivery requested", "customer requested future delivery")),
    (
        M.DELAYED,
        R.WEATHER,
        (
            "weather delay",
            "local weather delay",
            "local weather delay delivery not attempted",
            "severe weather",
            "severe weather conditions",
            "adverse weather conditions",
        ),
    ),
    (M.DAMAGED, R.DAMAGE, ("damaged delivery not completed",)),
)
"""The words of an exception, for codes that are in no table (FedEx publishes no list of them) or say little."""

DELAYS = {
    "WEATHER": R.WEATHER,
    "CLEARANCE": R.CUSTOMS,
    "OPERATIONAL": R.NETWORK,
    "LOCAL": R.OTHER,
}
"""``delayDetail.type``; GENERAL says nothing."""

_TROUBLES = frozenset({M.EXCEPTION, M.DELAYED})
_SPLIT = frozenset({"DE", "SE"})


@kept
def reading(kind: str, derived: str = "", exception: str = "", text: str = "", delay: str = "") -> Reading:
    """What a scan means: its event type, refined by the exception's code, or its words and the kind of delay where
    the code is unknown or says little ("delay beyond our control").
    """
    found = (DERIVED.get(derived) if kind == derived else None) or EVENTS.get(kind)
    if not found:
        found = DERIVED.get(derived) or EVENTS.get(derived) or UNRECOGNISED
    if found.milestone not in _TROUBLES:
        return found
    why = EXCEPTIONS.get(exception)
    if text and not (why and why.at_fault):
        why = TEXTS.get(phrase(text)) or why
    if delay and not found.reason and not (why and why.at_fault) and (reason := DELAYS.get(delay)):
        milestone = M.DELAYED if reason is R.WEATHER else found.milestone
        return Reading(milestone, reason, FAULT[reason])
    if not why or not why.reason:
        return found
    return why if kind in _SPLIT else Reading(found.milestone, why.reason, why.at_fault)
