"""FedEx codes: the event type says what happened, the exception code why.

``derivedStatusCode`` folds "out for delivery" and "ready for pickup" into "in transit"; it is heard only where there is
no event type. A delivery exception (DE) is split by its exception code: nobody there is an attempt, a parcel on its
way to another counter is none. Exception codes keep their zeros: Express has two digits (07: refused), Ground three
(007: nobody at home).
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, phrase, phrases, table
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
        "AA AC AF AR AX CC CH CP DP EA EO FD IN IT IX LO MD OF OW OX PF PL PM SF TR",
    ),
    (M.OUT_FOR_DELIVERY, None, "AD ED OD"),
    (M.AVAILABLE_FOR_PICKUP, None, "HL HP"),
    (M.DELIVERED, None, "DL"),
    (M.DELAYED, None, "DD DY PD"),
    (M.EXCEPTION, None, "DE SE"),
    (M.EXCEPTION, R.CUSTOMS, "CD"),
    (M.RETURN_IN_TRANSIT, None, "RS"),
    (M.CANCELLED, None, "CA"),
    (M.UNKNOWN, None, "AE AO AS DR HA LC PR RA RC RD RG RM RP RR RT SP US"),
)
"""Event types, of scans and of AIV. Notices: new estimates, delivery options, return labels, a split status."""

DERIVED = table(
    (M.PRE_TRANSIT, None, "IN"),
    (M.DELAYED, None, "RL"),
)
"""Derived codes that are no event types (IN is one as well, with another meaning: on-demand care completed)."""

EXCEPTIONS = table(
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "004 007 08"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, "027 30"),
    (M.EXCEPTION, R.PREMISES_CLOSED, "15 42"),
    (M.EXCEPTION, R.ADDRESS, "002 03"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "006 07"),
    (M.EXCEPTION, R.CONSIGNEE_REQUEST, "017 17 29 A12 A13 A47"),
    (M.EXCEPTION, R.CUSTOMS, "55 62 64 73 90 A25"),
    (M.EXCEPTION, R.CUSTOMS, P.CONSIGNEE, "58 63"),
    (M.EXCEPTION, R.CUSTOMS, P.RETAILER, "50 88"),
    (M.EXCEPTION, R.MISROUTED, "012 12 18"),
    (M.EXCEPTION, R.NETWORK, "01 22 31 32 33 44 48 54 85 89"),
    (M.EXCEPTION, R.SECURITY, "001 05"),
    (M.EXCEPTION, R.OTHER, "083 084 099 84"),
    (M.EXCEPTION, R.OTHER, P.CONSIGNEE, "93"),
    (M.EXCEPTION, R.OTHER, P.RETAILER, "20 53 91"),
    (M.DAMAGED, R.DAMAGE, "010 10 37"),
    (M.UNKNOWN, None, "005 015A A3 A52"),
)
"""Exception codes. The reason is heard for every event that tells of a trouble, the milestone for DE only."""

TEXTS = phrases(
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, ("customer not available or business closed", "recipient not in")),
    (M.EXCEPTION, R.ADDRESS, ("incorrect address", "incorrect recipient address")),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, ("refused by recipient", "shipment refused by recipient")),
    (M.EXCEPTION, R.CONSIGNEE_REQUEST, ("future delivery requested", "customer requested future delivery")),
    (M.EXCEPTION, R.WEATHER, ("weather delay", "local weather delay", "severe weather", "adverse weather conditions")),
    (M.DAMAGED, R.DAMAGE, ("damaged delivery not completed",)),
)
"""The words of an exception, for codes that are in no table (FedEx publishes no list of them)."""

DELAYS = {
    "WEATHER": R.WEATHER,
    "CLEARANCE": R.CUSTOMS,
    "OPERATIONAL": R.NETWORK,
    "LOCAL": R.OTHER,
}
"""``delayDetail.type``; GENERAL says nothing."""

_TROUBLES = frozenset({M.EXCEPTION, M.DELAYED})


def reading(kind: str, derived: str = "", exception: str = "", text: str = "", delay: str = "") -> Reading:
    """What a scan means: its event type, refined by the exception's code (or, where that is unknown, its words) and by
    the kind of delay.
    """
    found = (DERIVED.get(derived) if kind == derived else None) or EVENTS.get(kind)
    if not found:
        found = DERIVED.get(derived) or EVENTS.get(derived) or UNRECOGNISED
    if found.milestone not in _TROUBLES:
        return found
    why = EXCEPTIONS.get(exception) or (TEXTS.get(phrase(text)) if text else None)
    if why and why.reason:
        if kind == "DE":
            return why
        return Reading(found.milestone, why.reason, why.at_fault)
    reason = DELAYS.get(delay)
    if reason and not found.reason:
        return Reading(found.milestone, reason, FAULT[reason])
    return found
