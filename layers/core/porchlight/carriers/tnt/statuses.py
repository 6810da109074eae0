"""TNT's status codes, as far as they were seen, its sentences for the others, and the four summaries of a consignment
(complete).
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.ACCEPTED, None, "CI PU"),
    (M.IN_TRANSIT, None, "AS IR IS OS TR"),
    (M.IN_TRANSIT, R.DAMAGE, "CDB FDB"),
    (M.OUT_FOR_DELIVERY, None, "OD"),
    (M.DELIVERED, None, "OK PA"),
    (M.DELAYED, R.NETWORK, "LAC MLA NR"),
    (M.DELAYED, R.OTHER, "LAA"),
    (M.RETURN_IN_TRANSIT, None, "RTS"),
    (M.UNKNOWN, None, "AA"),
)
"""CDB and FDB: repacked after damage, and going on. PA: delivered by mail. LAA: held up by authorities of some kind."""

WORDS = phrases(
    (
        M.ACCEPTED,
        None,
        (
            "shipment collected from customer",
            "shipment collected from collection address",
            "shipment received at origin depot",
        ),
    ),
    (
        M.IN_TRANSIT,
        None,
        (
            "shipment in transit",
            "shipment received at TNT location",
            "shipment arrived at TNT location",
            "shipment received at transit point",
            "onforwarded for delivery",
            "pre-arrival customs clearance in progress",
            "customs clearance in progress",
        ),
    ),
    (M.DELIVERED, None, ("shipment delivered in good condition", "consignment delivered to residential")),
    (M.DELIVERED, R.DAMAGE, ("shipment delivered damaged",)),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, ("customer not home. Follow up actions underway",)),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, ("closed on delivery attempt. Follow up actions underway",)),
    (
        M.DELAYED,
        R.NETWORK,
        (
            "connection delay. Recovery actions underway",
            "delay. Recovery action underway",
            "delay due to congestion en route. Recovery action underway",
            "shipment delayed in transit. Recovery actions underway",
        ),
    ),
    (M.DELAYED, R.MISROUTED, ("shipment rerouted. Recovery actions underway",)),
    (M.EXCEPTION, R.NETWORK, ("shipment partially delivered. Recovery actions underway",)),
    (
        M.UNKNOWN,
        None,
        (
            "contact with receiver required to agree delivery date/time",
            "delivery date/time slot agreed with receiver",
        ),
    ),
)

SUMMARIES = table(
    (M.IN_TRANSIT, None, "INT"),
    (M.DELIVERED, None, "DEL"),
    (M.EXCEPTION, None, "EXC"),
    (M.UNKNOWN, None, "CNF"),
)
"""``CNF``: consignment not found."""


@kept
def reading(code: str, text: str = "") -> Reading:
    """What a status means: its code, else its sentence, TNT's own or one that all carriers use."""
    return CODES.get(code) or WORDS.get(phrase(text)) or said(text) or UNRECOGNISED
