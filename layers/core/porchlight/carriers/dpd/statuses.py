"""DPD's statuses of a parcel's life cycle.

The label beside a status is the phase of the journey and misleads ("Parcel out for delivery" stands at the depot, at a
failed delivery and at the shop): only the status is read.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M

SERVICE = table(
    (M.PRE_TRANSIT, None, "SHIPMENT"),
    (M.ACCEPTED, None, "PickedUp"),
    (M.IN_TRANSIT, None, "BetweenDepots Depot"),
    (M.OUT_FOR_DELIVERY, None, "Courier"),
    (M.DELIVERY_ATTEMPTED, None, "DeliveryFailure ReturningFromDelivery"),
    (M.AVAILABLE_FOR_PICKUP, None, "ParcelShop"),
    (M.DELIVERED, None, "Delivered"),
)
"""ParcelLifeCycleService 2.0. ``ReturningFromDelivery`` is back at the depot after a delivery that failed."""

PUBLIC = table(
    (M.ACCEPTED, None, "ACCEPTED"),
    (M.IN_TRANSIT, None, "AT_SENDING_DEPOT ON_THE_ROAD AT_DELIVERY_DEPOT"),
    (M.OUT_FOR_DELIVERY, None, "OUT_FOR_DELIVERY"),
    (M.DELIVERED, None, "DELIVERED"),
)
"""The public life cycle (JSON)."""


@kept
def reading(status: str, words: str = "") -> Reading:
    """What a status means; one that is in no table is read by its words."""
    return SERVICE.get(status) or PUBLIC.get(status) or said(words) or UNRECOGNISED
