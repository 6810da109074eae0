"""OnTrac's status codes (its web services, list of September 2023, with those of older lists that are gone from it),
and LaserShip's event types, which the merged network still answers with.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.PRE_TRANSIT, None, "OE OO XX"),
    (M.ACCEPTED, None, "OS PU"),
    (M.IN_TRANSIT, None, "PS RD SD"),
    (M.OUT_FOR_DELIVERY, None, "OD"),
    (M.AVAILABLE_FOR_PICKUP, None, "HP"),
    (M.DELIVERED, None, "CL DN DW OK"),
    (M.DELIVERED, R.DAMAGE, "DD DM"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "NH"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, "CO HO"),
    (M.DELAYED, None, "AN LM RB"),
    (M.DELAYED, R.WEATHER, "BW LW"),
    (M.DELAYED, R.MISROUTED, "MR MS"),
    (M.DELAYED, R.ADDRESS, "MC"),
    (M.DELAYED, R.CONSIGNEE_REQUEST, "DI"),
    (M.DELAYED, R.OTHER, "LR"),
    (M.EXCEPTION, None, "DR LC UN"),
    (M.EXCEPTION, R.ADDRESS, "AI UA WA"),
    (M.EXCEPTION, R.ADDRESS, P.CONSIGNEE, "HW UG"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "CR"),
    (M.EXCEPTION, R.MISROUTED, "WD"),
    (M.EXCEPTION, R.OTHER, P.RETAILER, "DG IP UC UO"),
    (M.DAMAGED, R.DAMAGE, "DC UD"),
    (M.RETURN_IN_TRANSIT, None, "RS UM"),
    (M.UNKNOWN, None, "CA CK ER"),
)
"""``OS`` is the origin scan. ``NH`` says "not home" in older lists and hides it in the newest ("Delayed")."""

TYPES = table(
    (M.PRE_TRANSIT, None, "OrderReceived OrderCreated"),
    (M.ACCEPTED, None, "Received"),
    (M.IN_TRANSIT, None, "Arrived"),
    (M.OUT_FOR_DELIVERY, None, "OutForDelivery"),
    (M.DELIVERED, None, "Delivered Released"),
)
"""``Released`` was left at the door without a signature: delivered."""

LABELS = phrases(
    (M.PRE_TRANSIT, None, ("label created", "ship request received", "order received")),
    (M.ACCEPTED, None, ("origin scan", "package received", "picked up")),
    (
        M.IN_TRANSIT,
        None,
        (
            "in transit",
            "arrived at facility",
            "departed facility",
            "arrived at final servicing facility",
            "loaded onto vehicle",
        ),
    ),
    (M.OUT_FOR_DELIVERY, None, ("out for delivery",)),
    (M.DELIVERY_ATTEMPTED, None, ("delivery attempted", "attempted delivery")),
    (M.DELIVERED, None, ("delivered",)),
)
"""LaserShip's short texts, for types that no table has."""


@kept
def reading(code: str, words: str = "") -> Reading:
    """What a status of the web services means: its code, else its words."""
    return CODES.get(code) or said(words) or UNRECOGNISED


def laser_reading(kind: str, label: str) -> Reading:
    """What a LaserShip event means: its type, else its label up to the first colon ("Out for Delivery: ETA 8pm"), else
    the words that all carriers use.
    """
    return TYPES.get(kind) or LABELS.get(phrase(label.partition(":")[0])) or said(label) or UNRECOGNISED
