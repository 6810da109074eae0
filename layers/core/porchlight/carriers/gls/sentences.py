"""GLS's sentences in English. Its interfaces and countries number the same events differently; the sentences are common
up to the name of a place: a parcel center is a depot, a warehouse or a location too, with or without "GLS".
"""

from porchlight.carriers.reading import phrase, phrases
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

_CENTER = "parcel center"
_STORED = f"the parcel is stored in the {_CENTER}"
_SYNONYMS = (
    ("gls ", ""),
    (" depot", f" {_CENTER}"),
    (" warehouse", f" {_CENTER}"),
    (" location", f" {_CENTER}"),
    ("is being stored in", "is stored in"),
    ("remains in", "is stored in"),
    ("could not be delivered", "not delivered"),
    ("cannot be delivered", "not delivered"),
    ("reception is", "reception was"),
    ("consignee is", "consignee was"),
)


def plain(text: str) -> str:
    """A sentence as it stands in ``SENTENCES``."""
    words = phrase(text)
    for other, usual in _SYNONYMS:
        words = words.replace(other, usual)
    return words


_WHY: tuple[tuple[M, R, str], ...] = (
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "as the consignee was absent; as the consignee was on holidays"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, "as the reception was closed"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, "as the consignee had no cash available/suitable; due to missing delivery note"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, "as the consignee refused to pay charges"),
    (M.EXCEPTION, R.ADDRESS, "as further address information is needed; due to wrong or incomplete address"),
    (M.EXCEPTION, R.ADDRESS, "due to a wrong address; due to missing address data"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "as the recipient refused acceptance; as the consignee refused acceptance"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "as acceptance has been refused due to delayed delivery"),
    (M.DELAYED, R.MISSED_CUTOFF, "due to exceeded time frame"),
    (M.DELAYED, R.NETWORK, "due to traffic problems; as the consignment is not complete"),
    (M.DELAYED, R.WEATHER, "due to the weather condition; due to the weather conditions"),
)
"""Why a parcel was not delivered, or is stored."""

_UNDELIVERED = ("the parcel could not be delivered", f"{_STORED}. It cannot be delivered")

_SENTENCES: tuple[tuple[M, R | None, tuple[str, ...]], ...] = (
    *(
        (milestone, reason, tuple(f"{start} {why}" for start in _UNDELIVERED for why in whys.split("; ")))
        for milestone, reason, whys in _WHY
    ),
    (
        M.PRE_TRANSIT,
        None,
        (
            "the parcel data was entered into the GLS IT system",
            "the parcel data was entered into the GLS IT system; the parcel was not yet handed over to GLS",
            "the parcel data was entered into the GLS system; the parcel was not yet handed over to GLS",
            "the parcel was provided by the sender for collection by GLS",
            "the parcel data for Pickup-Service was entered into the GLS system",
            "the parcel label for the pickup has been produced",
            "the driver has received the order to pick up the parcel during the day",
        ),
    ),
    (
        M.EXCEPTION,
        R.NOT_DISPATCHED,
        (
            "the parcel could not be picked up as the goods to be picked up were not packed",
            "the parcel could not be picked up as the customer was not informed about the pickup",
        ),
    ),
    (M.ACCEPTED, None, ("the parcel was handed over to GLS",)),
    (
        M.IN_TRANSIT,
        None,
        (
            "the parcel has left the parcel center",
            "the parcel has reached the parcel center",
            "the parcel has reached the parcel center and was sorted manually",
            _STORED,
            "the parcel is stored in the final parcel center",
            "parcel is sent from the parcel center to sorting center",
            "check scan normal",
            "forwarded normal",
            "the parcel was released by customs",
            "the parcel was released by customs. Customs clearance is carried out by the consignee",
            "the customs documents are being prepared",
            "customs data must be recorded",
        ),
    ),
    (M.IN_TRANSIT, R.LABEL, ("the parcel has reached the parcel center, the parcel label is not readable",)),
    (
        M.IN_TRANSIT,
        R.CONSIGNEE_REQUEST,
        ("the parcel has been forwarded to the desired address to be delivered there",),
    ),
    (
        M.OUT_FOR_DELIVERY,
        None,
        (
            "the parcel is expected to be delivered during the day",
            "the parcel will be delivered in the evening",
            "the parcel is in the GLS delivery vehicle to be delivered in the course of the day",
            "out for delivery",
        ),
    ),
    (
        M.AVAILABLE_FOR_PICKUP,
        None,
        (
            "the parcel has reached the ParcelShop",
            "the parcel has been delivered at the ParcelShop",
            "the parcel has been delivered at the ParcelShop (see ParcelShop information)",
            "the parcel has been delivered at the ParcelShop (see parcel information)",
            "the parcel has been delivered at the ParcelShop (see above)",
            "parcel is stored in GLS ParcelShop",
            f"{_STORED}. The consignee has agreed to collect the goods himself",
        ),
    ),
    (
        M.DELIVERED,
        None,
        (
            "the parcel has been delivered",
            "the parcel has been delivered / dropped off",
            "the parcel has been delivered at the neighbour's",
            "the parcel has been delivered at the neighbour's (see signature)",
            "the parcel has been delivered at the neighbour's (see parcel information)",
            "the parcel has been delivered at the consignee or deposited as requested",
            "the parcel has been delivered to the parcel box",
            "the parcel was handed over to the consignee",
        ),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        R.CONSIGNEE_ABSENT,
        (
            "the consignee was informed by notification card about the delivery/pickup attempt",
            "consignee was not in, contact card couldn't be left",
        ),
    ),
    (M.DELAYED, None, (f"{_STORED} to be delivered at a new delivery date",)),
    (M.DELAYED, R.MISSED_CUTOFF, ("not delivered lack of time",)),
    (
        M.DELAYED,
        R.MISROUTED,
        ("sorting error at the parcel center", "forwarded sorting error", "forwarded misrouted"),
    ),
    (M.DELAYED, R.CUSTOMS, ("customs clearance is delayed due to a customs inspection",)),
    (
        M.EXCEPTION,
        R.CUSTOMS,
        (
            "customs clearance is delayed due to a missing invoice",
            "customs clearance is delayed due to incomplete documents",
            "customs clearance is delayed due to missing or inaccurate customs documents",
            "customs clearance is delayed as the consignee's phone number is not available",
            "customs clearance is delayed until the consignee's approval is available",
            "customs parcel locked in origin country",
            "parcel was confiscated by the customs authorities",
        ),
    ),
    (
        M.EXCEPTION,
        R.CONSIGNEE_REFUSED,
        ("the parcel has been refused", "parcel was refused because the goods was not ordered"),
    ),
    (M.EXCEPTION, R.PICKUP_EXPIRED, ("the parcel has reached the maximum storage time in the ParcelShop",)),
    (M.EXCEPTION, R.NETWORK, ("parcel is under investigation", "parcel is not to locate")),
    (
        M.EXCEPTION,
        R.OTHER,
        (
            "disposed",
            "the parcel was disposed upon shipper's request",
            "parcel is excluded from General Terms and Conditions",
        ),
    ),
    (M.DAMAGED, R.DAMAGE, ("inbound damaged", "parcel was completely damaged")),
    (
        M.RETURN_IN_TRANSIT,
        None,
        ("the parcel has been returned to sender", "the parcel has been returned to the shipper"),
    ),
    (
        M.CANCELLED,
        None,
        (
            "the parcel data have been deleted from the GLS IT system",
            "the pickup request has been cancelled as there were no goods to be picked up",
            "the pickup request has been cancelled as the goods were sent by other means",
            "pick and ship/return cancelled",
        ),
    ),
    (
        M.UNKNOWN,
        None,
        (
            "the COD data was entered into the GLS IT system",
            "the changed delivery option has been saved in the GLS system",
            "the changed delivery option has been saved in the GLS system and will be implemented as requested",
            "change completed for delivery address",
            "change delivery for shipper's request",
            "relabelled/normal",
            "forwarded redirected",
            "signature confirmed",
            "delivery note not signed",
            "consignee contacted email delivery notification",
        ),
    ),
)

SENTENCES = {plain(text): reading for text, reading in phrases(*_SENTENCES).items()}
"""A parcel that is on its way back is delivered to the sender in the usual words: see ``parse``."""
