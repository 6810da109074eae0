"""Purolator's scan types, and the words that say what a scan is.

The type is a poor guide: "Undeliverable" stands on the creation of a shipment and on a parcel that waits at the
counter, "Other" on everything between. So words come first, whole or up to what they end in (a place, a name, a date);
"Delivery" and "OnDelivery" need no words. English and French.
"""

from functools import lru_cache

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

TYPES = table(
    (M.ACCEPTED, None, "ProofOfPickUp"),
    (M.IN_TRANSIT, None, "InternationalOutbound"),
    (M.OUT_FOR_DELIVERY, None, "OnDelivery"),
    (M.DELIVERED, None, "Delivery"),
    (M.EXCEPTION, None, "Undeliverable"),
    (M.UNKNOWN, None, "Other"),
)
"""Known types; "Other" means nothing without its words."""

_WORDLESS = frozenset({"Delivery", "OnDelivery", "ProofOfPickUp"})

WORDS = phrases(
    (
        M.PRE_TRANSIT,
        None,
        (
            "Shipment created",
            "Shipping label created",
            "Electronic information submitted",
            "Envoi créé",
            "Étiquette créée",
        ),
    ),
    (
        M.ACCEPTED,
        None,
        (
            "Picked up by Purolator",
            "Picked up by Purolator at",
            "Picked up",
            "Shipment picked up",
            "Shipment dropped off",
            "Dropped off",
            "Received by Purolator",
            "Ramassé par Purolator",
            "Ramassé par Purolator à",
            "Envoi ramassé",
        ),
    ),
    (
        M.IN_TRANSIT,
        None,
        (
            "Arrived at sort facility",
            "Departed sort facility",
            "Shipment in transit",
            "In transit",
            "Arrived at facility",
            "Departed facility",
            "Departed from",
            "Arrived at",
            "Shipment processed",
            "Shipment forwarded",
            "Customs cleared",
            "Cleared customs",
            "Released by customs",
            "Shipment is being cleared by customs",
            "Shipment cleared customs",
            "Shipment in customs",
            "Arrivé au centre de tri",
            "A quitté le centre de tri",
            "Envoi en transit",
            "En transit",
        ),
    ),
    (M.OUT_FOR_DELIVERY, None, ("On vehicle for delivery", "Out for delivery", "À bord du véhicule pour livraison")),
    (
        M.AVAILABLE_FOR_PICKUP,
        None,
        (
            "Available for pickup",
            "Available for pickup for 5 business days from arrival date at the counter",
            "Available for pick up",
            "Available for pickup at",
            "Held for pickup",
            "Shipment available for pickup",
            "Disponible pour ramassage",
        ),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        R.CONSIGNEE_ABSENT,
        (
            "Attempted Delivery",
            "Attempted Delivery - Customer Not Home",
            "Attempted Delivery - No Answer",
            "Attempted Delivery - Receiver not available",
            "Tentative de livraison",
            "Tentative de livraison - Client absent",
        ),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        R.PREMISES_CLOSED,
        ("Attempted Delivery - Customer Closed", "Attempted Delivery - Business Closed", "Customer closed"),
    ),
    (M.DELIVERY_ATTEMPTED, R.ADDRESS, ("Attempted Delivery - Incorrect Address",)),
    (
        M.DELIVERY_ATTEMPTED,
        R.CONSIGNEE_REFUSED,
        ("Attempted Delivery - Refused", "Attempted Delivery - Customer Refused"),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        R.OTHER,
        ("Attempted Delivery - No Access", "Attempted Delivery - Payment not available"),
    ),
    (
        M.DELIVERED,
        None,
        (
            "Shipment delivered",
            "Shipment delivered to",
            "Delivered",
            "Delivered to",
            "Envoi livré",
            "Envoi livré à",
            "Livré à",
        ),
    ),
    (M.DELAYED, None, ("Delivery rescheduled", "Shipment delayed", "Future delivery requested", "Envoi retardé")),
    (M.DELAYED, R.WEATHER, ("Weather delay", "Delayed due to weather", "Shipment delayed due to weather")),
    (M.DELAYED, R.MISROUTED, ("Shipment misrouted", "Missorted")),
    (M.DELAYED, R.NETWORK, ("Mechanical delay", "Flight delay")),
    (M.EXCEPTION, None, ("Undeliverable", "Shipment on hold", "Held at depot")),
    (
        M.EXCEPTION,
        R.ADDRESS,
        (
            "Incorrect address",
            "Address incorrect",
            "Incomplete address",
            "Address correction required",
            "Customer moved",
        ),
    ),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, ("Refused", "Shipment refused", "Refused by receiver")),
    (
        M.EXCEPTION,
        R.CUSTOMS,
        (
            "Held by customs",
            "Shipment held by customs",
            "Shipment held at customs",
            "Shipment held at depot - Customs",
            "Awaiting customs clearance",
            "Retenu aux douanes",
        ),
    ),
    (M.DAMAGED, R.DAMAGE, ("Damaged", "Shipment damaged", "Package damaged")),
    (M.LOST, R.NETWORK, ("Shipment lost", "Missing package")),
    (
        M.RETURN_IN_TRANSIT,
        None,
        (
            "Return to sender",
            "Returned to sender",
            "Returning to sender",
            "Shipment being returned to sender",
            "Retour à l'expéditeur",
        ),
    ),
    (M.CANCELLED, None, ("Shipment cancelled", "Shipment voided")),
    (M.UNKNOWN, None, ("New Tracking Number Assigned", "Proof of delivery available", "Signature available")),
)
"""A scan's description, whole or its beginning."""

_LONGEST = max(len(words.split()) for words in WORDS)


@lru_cache(maxsize=1024)
@kept
def reading(kind: str, description: str) -> Reading:
    """What a scan means: its words, whole or their beginning (of two words or more), else what all carriers mean by
    them, else its type.
    """
    words = phrase(description)
    found = WORDS.get(words)
    if found or kind in _WORDLESS:
        return found or TYPES[kind]
    beginning = words.split()[:_LONGEST]
    while len(beginning) > 1:
        if found := WORDS.get(" ".join(beginning)):
            return found
        beginning.pop()
    return said(description) or (TYPES.get(kind, UNRECOGNISED) if kind != "Other" else UNRECOGNISED)
