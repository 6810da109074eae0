"""The words of returns: kinds, resolutions, triggers, methods, grades and dispositions. Values are stable: they stand
in policies, records, events and the API.
"""

from enum import StrEnum


class ReturnKind(StrEnum):
    """Under which right something comes back."""

    RETURN = "return"
    """Under the brand's policy."""
    WITHDRAWAL = "withdrawal"
    """Statutory withdrawal from a distance contract: no rule of a brand stands above it."""
    WARRANTY = "warranty"
    """Something is defective: the legal guarantee, or the brand's own warranty."""
    CLAIM = "claim"
    """The carrier says delivered, the shopper says that nothing came. Nothing is sent back."""


class Resolution(StrEnum):
    """What the shopper gets for what comes back."""

    REFUND = "refund"
    """To the means that it was paid with."""
    STORE_CREDIT = "store_credit"
    EXCHANGE = "exchange"
    """Another variant or item, once the refund's trigger is reached; the difference is refunded or charged."""
    INSTANT_EXCHANGE = "instant_exchange"
    """The other item goes out at once; its value is held on the shopper's means until theirs is back."""
    REPLACE = "replace"
    """The same item once more."""
    REPAIR = "repair"


class ReturnMethod(StrEnum):
    """How the goods come back."""

    LABEL = "label"
    """A label to print."""
    QR = "qr"
    """A code that the drop-off point prints the label from."""
    BOX_FREE = "box_free"
    """A code for a drop-off point that takes the goods as they are."""
    OWN = "own"
    """A parcel that the shopper sends and pays, with a number or a proof of posting that they tell us."""
    IN_STORE = "in_store"
    KEEP = "keep"
    """Nothing comes back: the shopper keeps it."""
    DONATE = "donate"
    """Nothing comes back: the shopper gives it to a good cause."""


NOTHING_COMES = frozenset({ReturnMethod.KEEP, ReturnMethod.DONATE})
"""Methods after which no parcel is waited for."""

BY_PARCEL = frozenset({ReturnMethod.LABEL, ReturnMethod.QR, ReturnMethod.BOX_FREE, ReturnMethod.OWN})


class RefundTrigger(StrEnum):
    """When money moves, from the earliest on."""

    INSTANT = "instant"
    FIRST_SCAN = "first_scan"
    DELIVERED = "delivered"
    """The carrier says that the parcel is with us."""
    RECEIVED = "received"
    """The warehouse has booked it."""
    INSPECTED = "inspected"


TRIGGERS = tuple(RefundTrigger)
"""In order: of several, the latest is the most careful one."""


class Payer(StrEnum):
    """Who pays for the way back."""

    BRAND = "brand"
    SHOPPER = "shopper"


class Grade(StrEnum):
    """The state in which an item came back."""

    NEW = "new"
    OPENED = "opened"
    WORN = "worn"
    DAMAGED = "damaged"
    DEFECTIVE = "defective"


class Disposition(StrEnum):
    """Where an item goes from the inspection."""

    RESTOCK = "restock"
    REFURBISH = "refurbish"
    RECYCLE = "recycle"
    DONATE = "donate"
    SEND_BACK = "send_back"
    REPAIR = "repair"


class Discrepancy(StrEnum):
    """What is wrong with what came."""

    MISSING_ITEM = "missing_item"
    EXTRA_ITEM = "extra_item"
    WRONG_ITEM = "wrong_item"
    EMPTY_BOX = "empty_box"
    WEIGHT_MISMATCH = "weight_mismatch"


class RepairState(StrEnum):
    """How far a repair is."""

    IN_REPAIR = "in_repair"
    REPAIRED = "repaired"
    """It goes back to the shopper."""
    REJECTED = "rejected"
    """It cannot be repaired under the guarantee: it goes back as it is."""


class SettlementKind(StrEnum):
    """What somebody else is asked to do for a return."""

    REFUND = "refund"
    CREDIT = "credit"
    EXCHANGE = "exchange"
    """Send the other item (an order without payment)."""
    REPLACE = "replace"
    CHARGE = "charge"
    """The other item costs more: the shopper is asked for the difference."""
    HOLD = "hold"
    RELEASE = "release"
    CAPTURE = "capture"
    """The goods never came: what was held is taken."""
    REPAIR = "repair"


MONEY_BACK = frozenset({SettlementKind.REFUND})
"""What takes money out of what was paid for an order. Credit does too, where it stands in place of a refund."""

FROM_WHAT_WAS_PAID = frozenset({SettlementKind.REFUND, SettlementKind.CREDIT, SettlementKind.EXCHANGE})
"""Settlements whose amount counts against what was paid for the order: together never more than that."""


class SettlementState(StrEnum):
    """intended → (accepted →) done | failed. What failed may be intended anew, under another key."""

    INTENDED = "intended"
    ACCEPTED = "accepted"
    """The provider has taken it; the money has not moved yet."""
    DONE = "done"
    FAILED = "failed"


NOBODY = "nobody"
"""Stands for a shopper whom nobody knows: they have no record."""


class RiskLevel(StrEnum):
    """What a score means under the thresholds of a policy."""

    LOW = "low"
    ELEVATED = "elevated"
    HIGH = "high"
