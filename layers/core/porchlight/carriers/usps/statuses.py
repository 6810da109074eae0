"""USPS event codes (Publication 199, as far as it could be verified) and, where a code is silent, the event's own
words.

The text matters in two ways: it splits a code ("Delivered, To Original Sender" is 01 like any delivery), and it reads
events whose code is not in the table.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.PRE_TRANSIT, None, "MA GX PA 89"),
    (M.ACCEPTED, None, "03 43 OA UA GC TM"),
    (M.IN_TRANSIT, None, "07 10 A1 AD EF L1 NT PC SF T1 TL U1 19 41"),
    (M.IN_TRANSIT, None, "06 42 80 81 82 83"),
    (M.OUT_FOR_DELIVERY, None, "OF"),
    (M.AVAILABLE_FOR_PICKUP, None, "14 16"),
    (M.DELIVERED, None, "01 17"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "02 52 55 56"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, "51"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, P.CONSIGNEE, "53 54"),
    (M.DELAYED, R.MISROUTED, "08 15"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "04"),
    (M.EXCEPTION, R.ADDRESS, "05 21 22 23 24 25 26 28"),
    (M.EXCEPTION, R.PICKUP_EXPIRED, "27"),
    (M.EXCEPTION, R.ADDRESS, P.RETAILER, "11"),
    (M.EXCEPTION, R.OTHER, P.RETAILER, "44"),
    (M.EXCEPTION, R.NETWORK, "DX"),
    (M.RETURN_IN_TRANSIT, None, "09 29"),
    (M.RETURN_IN_TRANSIT, R.PICKUP_EXPIRED, "31"),
)

SPLITS = phrases(
    (M.RETURNED_TO_SENDER, None, ("delivered to original sender", "delivered, returned to sender")),
    (
        M.RETURN_IN_TRANSIT,
        None,
        (
            "return to sender",
            "being returned to sender",
            "return to sender processed",
            "unclaimed being returned to sender",
            "unclaimed/max hold time expired",
            "tendered to returns agent",
        ),
    ),
    (
        M.DELAYED,
        R.WEATHER,
        (
            "delivery exception local weather delay",
            "processing exception local weather delay",
            "local weather delay",
            "weather delay",
        ),
    ),
    (
        M.EXCEPTION,
        R.OTHER,
        ("delivery exception animal interference", "processing exception other delay"),
    ),
    (M.DELAYED, None, ("arriving late", "in transit arriving late", "in transit to next facility arriving late")),
    (
        M.AVAILABLE_FOR_PICKUP,
        None,
        (
            "held at post office at customer request",
            "held at post office retrieved from full parcel locker",
            "available for pickup",
            "available for redelivery or pickup",
        ),
    ),
)
"""Words that say more than any code they come with."""

TEXTS = phrases(
    (
        M.PRE_TRANSIT,
        None,
        (
            "pre shipment usps awaiting item",
            "pre shipment info sent usps awaiting item",
            "pre-shipment info sent to usps, usps awaiting item",
            "shipping label created usps awaiting item",
            "shipping label created",
            "pre shipment",
            "usps awaiting item",
            "usps expects item",
            "electronic shipping info received",
        ),
    ),
    (
        M.ACCEPTED,
        None,
        (
            "usps in possession of item",
            "accepted at usps origin facility",
            "accepted at usps regional origin facility",
            "accepted at usps facility",
            "acceptance",
            "accepted",
            "picked up",
            "shipment received package acceptance pending",
            "shipment received acceptance pending",
        ),
    ),
    (
        M.IN_TRANSIT,
        None,
        (
            "accepted at usps regional destination facility",
            "accepted at usps destination facility",
            "arrived at usps facility",
            "arrived at usps regional facility",
            "arrived at usps regional origin facility",
            "arrived at usps regional destination facility",
            "arrived at usps origin facility",
            "arrived at usps destination facility",
            "arrived at post office",
            "arrived at hub",
            "arrived at facility",
            "arrived at unit",
            "departed usps facility",
            "departed usps regional facility",
            "departed usps regional origin facility",
            "departed usps regional destination facility",
            "departed usps origin facility",
            "departed post office",
            "departed",
            "picked up by shipping partner",
            "arrived shipping partner facility",
            "departed shipping partner facility",
            "in transit",
            "in transit to next facility",
            "in transit arriving on time",
            "moving through network",
            "processed at facility",
            "processed through facility",
            "processed through usps facility",
            "processed through regional facility",
            "sorting complete",
            "sorting processing complete",
            "forwarded",
            "forward processed",
            "arrived at military post office",
            "depart usps facility",
            "depart usps sort facility",
            "depart post office",
            "arrival at post office",
            "arrival at unit",
            "arrival at hub",
            "dispatched to sort facility",
            "processed at usps facility",
            "processed at usps origin sort facility",
            "processed through usps sort facility",
            "dispatched from usps international service center",
            "processed through usps international service center",
            "origin post is preparing shipment",
            "customs clearance",
            "customs clearance processing complete",
            "inbound into customs",
            "inbound out of customs",
        ),
    ),
    (M.DELAYED, None, ("delayed", "rescheduled to next delivery day")),
    (
        M.OUT_FOR_DELIVERY,
        None,
        ("out for delivery", "out for delivery today", "out for delivery expected delivery today"),
    ),
    (M.AVAILABLE_FOR_PICKUP, None, ("ready for pickup", "arrival at pickup point", "arrived at pickup point")),
    (
        M.DELIVERY_ATTEMPTED,
        R.CONSIGNEE_ABSENT,
        (
            "notice left",
            "notice left no authorized recipient available",
            "notice left no secure location available",
            "delivery attempt",
            "attempted delivery",
            "delivery attempted",
            "delivery attempted no access to delivery location",
            "no access",
            "no access to delivery location",
            "no secure location available",
            "no authorized recipient available",
            "attempted delivery abroad",
            "addressee not available",
            "addressee not available will attempt delivery on next working day",
        ),
    ),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, ("notice left business closed", "business closed")),
    (
        M.DELIVERY_ATTEMPTED,
        R.OTHER,
        (
            "notice left receptacle blocked",
            "notice left receptacle full item oversized",
            "receptacle blocked",
            "receptacle full item oversized",
        ),
    ),
    (
        M.DELIVERED,
        None,
        (
            "delivered",
            "delivered to agent",
            "delivered to agent for final delivery",
            "tendered to agent for final delivery",
            "tendered to military agent",
        ),
    ),
    (M.EXCEPTION, None, ("alert", "delivery exception", "processing exception")),
    (
        M.UNKNOWN,
        None,
        (
            "redelivery scheduled",
            "redelivery scheduled for next business day",
            "reminder to schedule redelivery of your item",
        ),
    ),
    (M.EXCEPTION, R.NETWORK, ("delivery exception delivery status not updated", "delivery status not updated")),
    (M.EXCEPTION, R.CUSTOMS, ("held in customs",)),
    (
        M.EXCEPTION,
        R.ADDRESS,
        (
            "undeliverable as addressed",
            "insufficient address",
            "no such number",
            "addressee unknown",
            "moved left no address",
            "forward expired",
            "vacant",
            "disposed by post office",
            "dead mail disposed by post office",
            "dead mail sent to recovery center",
            "sent to mail recovery center",
        ),
    ),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, ("refused",)),
    (M.DELAYED, R.MISROUTED, ("missent", "mis shipped")),
)
"""Event texts and status categories, for events without a code of the table."""


@kept
def reading(code: str, text: str = "") -> Reading:
    """What an event means: words that split a code first, then the code, then the words: USPS's own, then those that
    all carriers share.
    """
    words = phrase(text)
    found = SPLITS.get(words) or CODES.get(code) or TEXTS.get(words)
    if not found and "," in text:
        found = TEXTS.get(phrase(text.partition(",")[0]))
    return found or said(text) or UNRECOGNISED
