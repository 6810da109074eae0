"""Australia Post says everything in words: events have no codes, and items a status in words.

A wording is read whole, else up to its dash ("Delivered - Left in a safe place"), else by the beginning that it shares
with its like ("In transit to next facility in DARRA QLD"). What follows a beginning is a place: no other wording in
the table starts with the same words. Wordings that all carriers share come last. The list is from answers seen in
public and Australia Post's own pages: it is not published whole.
"""

from functools import lru_cache

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

STATUSES = phrases(
    (M.PRE_TRANSIT, None, ("Created", "Sealed", "Initiated")),
    (M.IN_TRANSIT, None, ("In transit", "Despatched")),
    (M.OUT_FOR_DELIVERY, None, ("On Board for Delivery", "Onboard for delivery")),
    (M.AVAILABLE_FOR_PICKUP, None, ("Awaiting collection", "Ready for Pickup")),
    (M.DELIVERY_ATTEMPTED, None, ("Unsuccessful Delivery",)),
    (M.DELIVERED, None, ("Delivered", "Delivered in Full")),
    (M.DELAYED, None, ("Possible delay", "To be Re-Delivered", "Held by courier")),
    (M.EXCEPTION, None, ("Cannot be delivered",)),
    (M.DAMAGED, R.DAMAGE, ("Article damaged",)),
    (M.RETURN_IN_TRANSIT, None, ("Return to sender", "Returning to sender")),
    (M.RETURNED_TO_SENDER, None, ("Returned to sender",)),
    (M.CANCELLED, None, ("Cancelled",)),
    (M.UNKNOWN, None, ("Unknown", "Track items for detailed delivery information")),
)
"""``status`` of an item."""

WORDINGS = phrases(
    (
        M.PRE_TRANSIT,
        None,
        (
            "Shipping information received by Australia Post",
            "Shipping information approved by Australia Post",
            "Shipping information received",
            "Shipping information approved",
            "Manifest received",
            "Label created by sender",
            "Pick up requested",
        ),
    ),
    (
        M.ACCEPTED,
        None,
        (
            "Received by Australia Post",
            "Received and ready for processing",
            "Received item from Sender",
            "Received from sender",
            "Lodged at Post Office",
            "Lodged at Parcel Locker",
            "Pick up completed",
            "Picked up",
            "Accepted by Driver",
            "We've got it",
        ),
    ),
    (
        M.IN_TRANSIT,
        None,
        (
            "In transit",
            "It's on its way",
            "Despatched",
            "Item processed at facility",
            "Processed at facility",
            "Processed through Australia Post facility",
            "Item processed at sorting facility",
            "Arrived at facility",
            "Arrived at sorting facility",
            "Arrived at delivery facility",
            "Arrived at destination country",
            "Arrived awaiting clearance",
            "Departed facility",
            "Processed by air carrier",
            "Processed at Export Facility",
            "Despatch Parcels from Export Facility",
            "International departure",
            "Cleared and awaiting international departure",
            "International arrival",
            "Presented to Customs",
            "Item is in Customs",
            "Item cleared by Customs",
            "Cleared by Customs",
            "Customs cleared",
            "Returned from Customs",
            "Transferred to another facility",
            "Redirected",
        ),
    ),
    (
        M.OUT_FOR_DELIVERY,
        None,
        (
            "Onboard for delivery",
            "On board for delivery",
            "Out for delivery",
            "Onboard with driver",
            "With driver",
            "It's coming today",
            "With Australia Post for delivery today",
        ),
    ),
    (
        M.AVAILABLE_FOR_PICKUP,
        None,
        (
            "Awaiting collection",
            "Ready for collection",
            "Ready for pickup",
            "Available for collection",
            "Held at Post Office",
        ),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        R.CONSIGNEE_ABSENT,
        (
            "Attempted delivery",
            "Delivery attempted",
            "Unsuccessful delivery",
            "Unable to deliver",
            "Attempted delivery - Customer not home",
            "Attempted delivery - Card left",
            "Customer not home - carded",
        ),
    ),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, ("Attempted delivery - Business closed", "Business closed")),
    (
        M.DELIVERY_ATTEMPTED,
        R.ADDRESS,
        ("Attempted delivery - Incorrect address", "Attempted delivery - Insufficient address"),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        R.CONSIGNEE_REFUSED,
        ("Attempted delivery - Refused by customer", "Attempted delivery - Refused"),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        R.OTHER,
        (
            "Attempted delivery - Unable to gain access",
            "Attempted delivery - Unable to access property",
            "Attempted delivery - No safe place",
            "Attempted delivery - Not safe to leave",
        ),
    ),
    (
        M.DELIVERED,
        None,
        (
            "Delivered",
            "Delivered in full",
            "Item delivered",
            "Collected",
            "Collected by customer",
            "Left in a safe place",
            "Picked up by customer",
        ),
    ),
    (M.DELAYED, None, ("Possible delay", "Delayed", "To be re-delivered", "Held by courier", "Item delayed")),
    (M.DELAYED, R.WEATHER, ("Delayed due to weather", "Possible delay - Weather")),
    (M.DELAYED, R.MISROUTED, ("Missorted", "Item missorted")),
    (M.EXCEPTION, None, ("Cannot be delivered", "Unable to be delivered")),
    (M.EXCEPTION, R.CUSTOMS, ("Held by Customs", "Held in Customs")),
    (M.EXCEPTION, R.ADDRESS, ("Incorrect address", "Insufficient address")),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, ("Refused by customer",)),
    (M.EXCEPTION, R.PICKUP_EXPIRED, ("Unclaimed",)),
    (M.DAMAGED, R.DAMAGE, ("Article damaged", "Item damaged")),
    (M.LOST, R.NETWORK, ("Item lost",)),
    (M.RETURN_IN_TRANSIT, None, ("Return to sender", "Returning to sender", "Being returned to sender")),
    (M.RETURNED_TO_SENDER, None, ("Returned to sender", "Delivered to sender")),
    (M.CANCELLED, None, ("Cancelled", "Article cancelled")),
    (
        M.UNKNOWN,
        None,
        (
            "Customer requested safe place",
            "Delivery instructions received",
            "Redirection requested",
            "Notification sent",
            "Proof of delivery available",
        ),
    ),
)
"""``description`` of an event."""

BEGINNINGS = phrases(
    (M.ACCEPTED, None, ("Lodged at", "Received item from sender")),
    (
        M.IN_TRANSIT,
        None,
        ("In transit to next facility in", "In transit to", "Arrived in", "Arrived at facility in", "Departed from"),
    ),
    (
        M.AVAILABLE_FOR_PICKUP,
        None,
        ("Awaiting collection at", "Available for collection at", "Ready for collection at"),
    ),
)
"""Wordings that end in a place."""

_LONGEST = max(len(words.split()) for words in BEGINNINGS)


@lru_cache(maxsize=1024)
@kept
def reading(description: str) -> Reading:
    """What an event says."""
    words = phrase(description)
    found = WORDINGS.get(words) or WORDINGS.get(phrase(description.partition(" - ")[0]))
    found = found or WORDINGS.get(phrase(description.partition(" (")[0]))
    if found:
        return found
    beginning = words.split()[:_LONGEST]
    while beginning:
        if found := BEGINNINGS.get(" ".join(beginning)):
            return found
        beginning.pop()
    return said(description) or UNRECOGNISED


def status_reading(status: str) -> Reading:
    """What an item's status says."""
    return STATUSES.get(phrase(status), UNRECOGNISED)
