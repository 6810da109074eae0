"""karrio's words. Newer versions give an event a ``status`` and a ``reason``; older ones only the carrier's code."""

from porchlight.carriers.aggregated import own_code, own_words
from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, table
from porchlight.carriers.wording import HEARD, finer
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

STATUSES = table(
    (M.PRE_TRANSIT, None, "pending"),
    (M.ACCEPTED, None, "picked_up"),
    (M.UNKNOWN, None, "unknown"),
    (M.EXCEPTION, None, "on_hold"),
    (M.CANCELLED, None, "cancelled"),
    (M.DELIVERED, None, "delivered"),
    (M.IN_TRANSIT, None, "in_transit"),
    (M.DELAYED, None, "delivery_delayed"),
    (M.OUT_FOR_DELIVERY, None, "out_for_delivery"),
    (M.AVAILABLE_FOR_PICKUP, None, "ready_for_pickup"),
    (M.DELIVERY_ATTEMPTED, None, "delivery_failed"),
    (M.RETURN_IN_TRANSIT, None, "return_to_sender"),
)

_WHY = {
    R.DAMAGE: "carrier_damaged_parcel",
    R.MISROUTED: "carrier_sorting_error",
    R.ADDRESS: "carrier_address_not_found consignee_incorrect_address retailer_incorrect_data",
    R.NETWORK: "carrier_parcel_lost carrier_vehicle_issue carrier_capacity_exceeded carrier_mechanical_delay",
    R.MISSED_CUTOFF: "carrier_not_enough_time",
    R.NOT_DISPATCHED: "retailer_not_ready",
    R.LABEL: "retailer_incorrect_parcel retailer_incorrect_dimensions retailer_packaging_issue",
    R.CONSIGNEE_REFUSED: "consignee_refused",
    R.PREMISES_CLOSED: "consignee_business_closed consignee_access_restricted",
    R.CONSIGNEE_ABSENT: "consignee_not_available consignee_not_home consignee_safe_place_unavailable",
    R.CONSIGNEE_REQUEST: "consignee_cancelled",
    R.CUSTOMS: "customs_delay customs_documentation customs_duties_unpaid customs_prohibited customs_inspection",
    R.WEATHER: "weather_delay natural_disaster force_majeure",
    R.SECURITY: "security_issue regulatory_hold",
    R.OTHER: "retailer_cancelled consignee_verification_failed parcel_being_researched",
}
_PARTIES = {"carrier": P.CARRIER, "retailer": P.RETAILER, "consignee": P.CONSIGNEE, "customs": P.CUSTOMS}

REASONS = {
    word: (reason, _PARTIES.get(word.partition("_")[0], P.WEATHER if reason is R.WEATHER else None))
    for reason, words in _WHY.items()
    for word in words.split()
}
"""karrio's reasons, each with the party that its first word names."""

_TROUBLE = frozenset({M.EXCEPTION, M.DELAYED, M.DELIVERY_ATTEMPTED, M.DAMAGED, M.LOST})


@kept
def reading(status: str, code: str = "", carrier: str = "", words: str = "", reason: str = "") -> Reading:
    """What an event (or the head of a tracker) means."""
    found = _what(status, code, carrier, words)
    if reason in REASONS and found.milestone in _TROUBLE:
        why, party = REASONS[reason]
        milestone = M.LOST if reason == "carrier_parcel_lost" else found.milestone
        return Reading(milestone, why, party, found.recognised)
    return found


def _what(status: str, code: str, carrier: str, words: str) -> Reading:
    coarse = STATUSES.get(status)
    if coarse is None or coarse.milestone is M.UNKNOWN:
        named = STATUSES.get(code) or own_code(carrier, code) or own_code(carrier, code, label=True)
        if not named and carrier.startswith("dhl"):
            named = own_code("dhl", code)
        return finer(named, words) if named else _or(own_words(carrier, words), coarse)
    heard = HEARD.get(coarse.milestone, ())
    own = own_code(carrier, code, trouble=coarse.milestone in _TROUBLE)
    return own if own and own.milestone in heard else finer(coarse, words)


def _or(found: Reading, coarse: Reading | None) -> Reading:
    return found if found.recognised else coarse or UNRECOGNISED
