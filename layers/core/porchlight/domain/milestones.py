"""The two axes of every tracking event: the milestone, and the reason with who is at fault."""

from datetime import datetime, timedelta
from enum import StrEnum


class _Word(StrEnum):
    """A word of ours. Its hash is that of its text, as is its equality, and costs no call: words key every table."""

    __hash__ = str.__hash__


class Milestone(_Word):
    """What happened to the parcel, in the words that all carriers are translated to."""

    PRE_TRANSIT = "pre_transit"
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    DELIVERY_ATTEMPTED = "delivery_attempted"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    DELAYED = "delayed"
    RETURN_IN_TRANSIT = "return_in_transit"
    RETURNED_TO_SENDER = "returned_to_sender"
    CANCELLED = "cancelled"
    LOST = "lost"
    DAMAGED = "damaged"
    UNKNOWN = "unknown"


class Reason(_Word):
    """Why a parcel did not simply go on. ``OTHER`` when the carrier names a trouble that fits none."""

    ADDRESS = "address"
    CONSIGNEE_ABSENT = "consignee_absent"
    CONSIGNEE_REFUSED = "consignee_refused"
    CONSIGNEE_REQUEST = "consignee_request"
    CUSTOMS = "customs"
    DAMAGE = "damage"
    LABEL = "label"
    MISROUTED = "misrouted"
    MISSED_CUTOFF = "missed_cutoff"
    NETWORK = "network"
    NOT_DISPATCHED = "not_dispatched"
    PICKUP_EXPIRED = "pickup_expired"
    PREMISES_CLOSED = "premises_closed"
    SECURITY = "security"
    WEATHER = "weather"
    OTHER = "other"


class Party(_Word):
    """Who is at fault for a reason."""

    CARRIER = "carrier"
    RETAILER = "retailer"
    CONSIGNEE = "consignee"
    CUSTOMS = "customs"
    WEATHER = "weather"


class Signal(_Word):
    """What couriers of the same day say beside the milestone."""

    DRIVER_ASSIGNED = "driver_assigned"
    DRIVER_NEARBY = "driver_nearby"


FAULT: dict[Reason, Party | None] = {
    Reason.ADDRESS: Party.RETAILER,
    Reason.CONSIGNEE_ABSENT: Party.CONSIGNEE,
    Reason.CONSIGNEE_REFUSED: Party.CONSIGNEE,
    Reason.CONSIGNEE_REQUEST: Party.CONSIGNEE,
    Reason.CUSTOMS: Party.CUSTOMS,
    Reason.DAMAGE: Party.CARRIER,
    Reason.LABEL: Party.RETAILER,
    Reason.MISROUTED: Party.CARRIER,
    Reason.MISSED_CUTOFF: Party.CARRIER,
    Reason.NETWORK: Party.CARRIER,
    Reason.NOT_DISPATCHED: Party.RETAILER,
    Reason.PICKUP_EXPIRED: Party.CONSIGNEE,
    Reason.PREMISES_CLOSED: Party.CONSIGNEE,
    Reason.SECURITY: Party.CARRIER,
    Reason.WEATHER: Party.WEATHER,
    Reason.OTHER: None,
}
"""The usual fault of a reason; a connector may say otherwise where the carrier's code does."""

TERMINAL = frozenset({Milestone.DELIVERED, Milestone.RETURNED_TO_SENDER, Milestone.CANCELLED, Milestone.LOST})
"""Nothing more is expected of the parcel after these."""

AFTER_DELIVERY = frozenset(
    {
        Milestone.RETURN_IN_TRANSIT,
        Milestone.RETURNED_TO_SENDER,
        Milestone.DAMAGED,
        Milestone.LOST,
    }
)
"""What can still be true of a delivered parcel; of anything else ``corrects_delivery`` decides."""

LAST_MILE = frozenset({Milestone.OUT_FOR_DELIVERY, Milestone.DELIVERY_ATTEMPTED, Milestone.AVAILABLE_FOR_PICKUP})
"""Scans that a parcel gets only while it is still to be handed over."""

WRONG_DOOR = frozenset({Reason.ADDRESS, Reason.MISROUTED})
"""Reasons of a trouble that takes a delivery back: it was the wrong door, or the wrong parcel."""

SKEW = timedelta(hours=12)
"""Clocks of scanners and zones that nobody printed differ by less than this: a last-mile scan so much later than the
delivery is no late or skewed one.
"""

BEFORE_MOVEMENT = frozenset({Milestone.PRE_TRANSIT, Milestone.ACCEPTED})
"""Milestones that a parcel that has moved never goes back to (carriers date labels after the pickup)."""

PROGRESS: dict[Milestone, int] = {
    Milestone.UNKNOWN: 0,
    Milestone.PRE_TRANSIT: 1,
    Milestone.ACCEPTED: 2,
    Milestone.IN_TRANSIT: 3,
    Milestone.DELAYED: 4,
    Milestone.EXCEPTION: 5,
    Milestone.OUT_FOR_DELIVERY: 6,
    Milestone.DELIVERY_ATTEMPTED: 7,
    Milestone.AVAILABLE_FOR_PICKUP: 8,
    Milestone.CANCELLED: 9,
    Milestone.DAMAGED: 10,
    Milestone.LOST: 11,
    Milestone.RETURN_IN_TRANSIT: 12,
    Milestone.DELIVERED: 13,
    Milestone.RETURNED_TO_SENDER: 14,
}
"""Order of two events that carry the same instant: the further one is taken to be the later."""

MOVEMENT = frozenset(
    {
        Milestone.ACCEPTED,
        Milestone.IN_TRANSIT,
        Milestone.OUT_FOR_DELIVERY,
        Milestone.DELIVERY_ATTEMPTED,
        Milestone.AVAILABLE_FOR_PICKUP,
    }
)
"""Milestones that say the carrier has the parcel and it goes on; a carrier's own "delayed" is no movement."""


def corrects_delivery(milestone: Milestone, reason: Reason | None, after: timedelta) -> bool:
    """True if what happened ``after`` a delivery says that it was none: the parcel is on a van again half a day later,
    or the carrier says that it was handed over wrongly. Anything else is a late or skewed scan, and delivered stays
    delivered.
    """
    if milestone in LAST_MILE:
        return after >= SKEW
    return milestone is Milestone.EXCEPTION and reason in WRONG_DOOR


class Course:
    """Where a parcel stands, told event by event in the order of their instants: the one rule for whole shipments and
    for single bodies.
    """

    __slots__ = ("at", "milestone", "moved")

    def __init__(self) -> None:
        self.milestone: Milestone | None = None
        self.at: datetime | None = None
        self.moved = False

    def hear(self, milestone: Milestone, reason: Reason | None, at: datetime) -> bool:
        """True if the parcel now stands at ``milestone``; False for notices, and for scans that come too late to
        count.
        """
        current = self.milestone
        if milestone is Milestone.UNKNOWN or current is Milestone.RETURNED_TO_SENDER:
            return False
        if current is Milestone.DELIVERED and milestone is not current and milestone not in AFTER_DELIVERY:
            assert self.at is not None
            if not corrects_delivery(milestone, reason, at - self.at):
                return False
        if milestone in BEFORE_MOVEMENT and self.moved and current and PROGRESS[milestone] < PROGRESS[current]:
            return False
        self.moved = self.moved or milestone is not Milestone.PRE_TRANSIT
        if milestone is not current or milestone is not Milestone.DELIVERED:
            self.at = at
        self.milestone = milestone
        return True
