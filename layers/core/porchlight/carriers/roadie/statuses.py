"""Roadie's event names and states. Same-day: the driver is part of the story, and "out for delivery" begins when the
parcel leaves its sender.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, table
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R
from porchlight.domain.milestones import Signal

EVENTS = {
    **table(
        (M.PRE_TRANSIT, None, "shipment_created en_route_to_pickup at_pickup"),
        (M.ACCEPTED, None, "pickup_confirmed"),
        (M.OUT_FOR_DELIVERY, None, "en_route_to_delivery"),
        (M.DELIVERED, None, "delivery_confirmed"),
        (M.DELIVERY_ATTEMPTED, None, "delivery_attempted"),
        (M.RETURNED_TO_SENDER, None, "returned"),
        (M.CANCELLED, None, "canceled"),
    ),
    "driver_assigned": Reading(M.PRE_TRANSIT, signal=Signal.DRIVER_ASSIGNED),
    "driver_approaching_delivery": Reading(M.OUT_FOR_DELIVERY, signal=Signal.DRIVER_NEARBY),
    "at_delivery": Reading(M.OUT_FOR_DELIVERY, signal=Signal.DRIVER_NEARBY),
}
"""``at_delivery``: the driver is at the door, the parcel not yet handed over."""

STATES = table(
    (M.PRE_TRANSIT, None, "scheduled assigned en_route_to_pickup at_pickup"),
    (M.OUT_FOR_DELIVERY, None, "en_route_to_delivery en_route_to_dropoff at_delivery at_dropoff"),
    (M.DELIVERED, None, "delivered"),
    (M.DELIVERY_ATTEMPTED, None, "attempted"),
    (M.EXCEPTION, R.NETWORK, "expired"),
    (M.RETURNED_TO_SENDER, None, "returned"),
    (M.CANCELLED, None, "canceled"),
)
"""``expired``: no driver took it."""


def reading(name: str) -> Reading:
    """What an event means."""
    return EVENTS.get(name, UNRECOGNISED)
