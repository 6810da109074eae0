"""What a DHL Unified event means: the raw status of the division that moves the parcel, else its words, else the
unified status code.

``statusCode`` has five values, too coarse to tell "out for delivery" or "nobody there" from transit. ``status`` is the
division's own code where there is one, and means different things in different services: ``CA`` is an Express code,
``100`` is a pickup in ``ecommerce`` and a return in ``ecommerce-europe``. Words may only refine the status code they
come with: an event that is "pre-transit" and "delivered" at once is left to a person.
"""

from importlib import import_module

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.carriers.wording import said as meant
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

UNIFIED = table(
    (M.PRE_TRANSIT, None, "pre-transit"),
    (M.IN_TRANSIT, None, "transit"),
    (M.DELIVERED, None, "delivered"),
    (M.EXCEPTION, None, "failure"),
    (M.UNKNOWN, None, "unknown"),
)

_SERVICES = {
    "express": (("dhl_express.statuses", "CODES"), ("dhl_express.statuses", "SEEN")),
    "parcel-de": (("dhl_parcel_de.statuses", "STANDARD"),),
    "parcel-nl": (("dhl_unified.codes_nl", "CODES"),),
    "parcel-pl": (("dhl_poland.statuses", "CODES"),),
    "ecommerce": (("dhl_ecommerce_us.statuses", "CODES"),),
    "ecommerce-apac": (("dhl_ecommerce_us.statuses", "CODES"),),
    "ecommerce-europe": (("dhl_unified.codes_europe", "EUROPE"),),
    "ecommerce-ppl": (("dhl_unified.codes_europe", "PPL"),),
    "freight": (("dhl_unified.codes_other", "FREIGHT"),),
    "dgf": (("dhl_unified.codes_other", "FORWARDING"),),
    "svb": (("dhl_unified.codes_other", "LETTERS"),),
    "post-de": (("dhl_unified.codes_other", "LETTERS"), ("dhl_parcel_de.statuses", "STANDARD")),
}
"""Where the tables of a service's raw statuses stand; they are imported when the service is first seen."""

_TABLES: dict[str, dict[str, Reading]] = {}

TEXTS = phrases(
    (
        M.PRE_TRANSIT,
        None,
        (
            "shipment information received",
            "shipment data received",
            "label created",
            "the instruction data for this shipment have been provided by the sender to dhl electronically",
            "die sendung wurde elektronisch angekündigt",
            "die auftragsdaten zu dieser sendung wurden vom absender elektronisch an dhl übermittelt",
        ),
    ),
    (
        M.ACCEPTED,
        None,
        (
            "shipment picked up",
            "picked up",
            "the shipment has been picked up",
            "the shipment has been posted by the sender at the packstation",
            "the shipment has been posted by the sender at the retail outlet",
            "die sendung wurde abgeholt",
            "die sendung wurde vom absender in die packstation eingeliefert",
            "die sendung wurde vom absender in der filiale eingeliefert",
        ),
    ),
    (M.IN_TRANSIT, None, ("in transit", "processed", "in customs", "in zustellung an filiale", "transit")),
    (
        M.OUT_FOR_DELIVERY,
        None,
        (
            "out for delivery",
            "in delivery",
            "with delivery courier",
            "with delivering courier",
            "shipment is out with courier for delivery",
            "the shipment is out for delivery",
            "the shipment has been loaded onto the delivery vehicle",
            "the shipment has been loaded to the van",
            "die sendung wurde in das zustellfahrzeug geladen",
            "die sendung befindet sich in der zustellung",
            "in zustellung",
        ),
    ),
    (
        M.AVAILABLE_FOR_PICKUP,
        None,
        (
            "ready for pickup",
            "ready for collection",
            "awaiting consignee collection",
            "awaiting collection by recipient as requested",
            "awaiting collection by the recipient as requested",
            "awaiting collection by the consignee as requested",
            "the shipment is ready for pick up at the packstation",
            "the shipment is ready for pick up at the retail outlet",
            "the recipient can pick up the shipment from the packstation",
            "the recipient can pick up the shipment from the retail outlet",
            "die sendung liegt in der packstation zur abholung bereit",
            "die sendung liegt in der filiale zur abholung bereit",
            "die sendung liegt zur abholung bereit",
        ),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        None,
        (
            "delivery attempted",
            "delivery attempt",
            "delivery attempt not successful",
            "delivery attempt could not be completed",
            "the shipment could not be delivered",
            "the shipment could not be delivered and the recipient has been notified",
            "die sendung konnte nicht zugestellt werden",
            "zustellung nicht möglich",
        ),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        R.CONSIGNEE_ABSENT,
        (
            "delivery attempted recipient not home",
            "delivery attempted consignee not home",
            "delivery attempted recipient not available",
            "delivery attempted but no response at consignee address",
            "carded customer not in",
            "not home",
            "der empfänger wurde nicht angetroffen",
            "der empfänger konnte nicht angetroffen werden",
        ),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        R.PREMISES_CLOSED,
        ("delivery attempted recipient premises closed", "delivery attempted consignee premises closed"),
    ),
    (
        M.DELIVERED,
        None,
        (
            "delivered",
            "delivery successful",
            "delivered to recipient",
            "successfully delivered",
            "the shipment has been successfully delivered",
            "the shipment has been delivered",
            "die sendung wurde erfolgreich zugestellt",
            "zustellung erfolgreich",
            "zugestellt",
        ),
    ),
    (M.EXCEPTION, None, ("shipment on hold", "on hold", "delivery exception", "exception")),
    (
        M.EXCEPTION,
        R.ADDRESS,
        (
            "address information needed contact dhl",
            "address information needed",
            "delivery not possible delivery address incorrect",
            "recipient moved",
        ),
    ),
    (
        M.EXCEPTION,
        R.CONSIGNEE_REFUSED,
        (
            "recipient refused delivery",
            "consignee refused delivery",
            "the shipment was refused by the recipient",
            "annahme verweigert",
        ),
    ),
    (M.EXCEPTION, R.CUSTOMS, ("clearance event", "clearance delay", "held by customs", "held at customs")),
    (M.DELAYED, None, ("delayed", "delay", "shipment delayed")),
    (M.DELAYED, R.WEATHER, ("weather delay", "shipment delayed due to weather")),
    (
        M.RETURN_IN_TRANSIT,
        None,
        (
            "return to sender",
            "returning to sender",
            "the shipment is being returned to the sender",
            "the shipment will be returned to the sender",
            "die sendung wird zurück an den absender gesandt",
            "die sendung wird an den absender zurückgesandt",
        ),
    ),
    (
        M.RETURNED_TO_SENDER,
        None,
        (
            "returned to sender",
            "returned to shipper",
            "returned to consignor",
            "die rücksendung wurde dem absender zugestellt",
        ),
    ),
)
"""Words of statuses and descriptions, in English and German, for events without a code of their division; where they
are silent, the wordings that all carriers share.
"""

STARTS = phrases(
    (
        M.IN_TRANSIT,
        None,
        (
            "processed at",
            "processed for clearance at",
            "departed facility in",
            "departed from dhl facility in",
            "shipment has departed from a dhl facility",
            "arrived at sort facility",
            "arrived at dhl sort facility",
            "arrived at delivery facility in",
            "arrived at dhl delivery facility",
            "arrived at dhl facility in",
            "transferred through",
            "clearance processing complete at",
            "customs status updated",
            "customs clearance status updated",
            "forwarded for delivery",
            "the shipment has been processed in the",
            "the shipment has been taken from the packstation for onward transportation",
            "the shipment has arrived in the region of recipient",
            "die sendung wurde im start paketzentrum bearbeitet",
            "die sendung wurde im ziel paketzentrum bearbeitet",
            "die sendung wurde im paketzentrum bearbeitet",
            "die sendung ist in der region des empfängers angekommen",
        ),
    ),
    (
        M.AVAILABLE_FOR_PICKUP,
        None,
        (
            "awaiting collection by",
            "the recipient can pick up the shipment",
            "the shipment is ready for pick up",
            "die sendung liegt in der",
            "die sendung liegt für den empfänger",
        ),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        None,
        (
            "the shipment could not be delivered",
            "die sendung konnte nicht zugestellt werden",
            "die zustellung an die gewünschte packstation war nicht möglich",
            "die zustellung an die gewünschte filiale war nicht möglich",
        ),
    ),
    (M.DELIVERED, None, ("delivered signed for by",)),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, ("der empfänger hat die annahme",)),
    (M.DELAYED, None, ("die sendung wurde zurückgestellt",)),
    (M.DAMAGED, R.DAMAGE, ("die sendung wurde beschädigt",)),
    (
        M.RETURN_IN_TRANSIT,
        None,
        (
            "the shipment is being returned to the sender",
            "die sendung wird zurückgesandt",
            "die sendung wurde zurückgesandt",
            "die sendung wird an den absender",
            "die sendung wurde an den absender",
        ),
    ),
    (M.RETURNED_TO_SENDER, None, ("the shipment has been delivered to the original sender",)),
)
"""How descriptions begin that end in a place or a name."""

_LONGEST = max(start.count(" ") + 1 for start in STARTS)
_CUTS = (" - ", ". ", ": ", " : ", "; ")
"""Where a place, a name or a second sentence begins behind the words that count."""

_MAY_SAY = {
    M.PRE_TRANSIT: frozenset({M.PRE_TRANSIT, M.CANCELLED}),
    M.IN_TRANSIT: frozenset(M) - {M.PRE_TRANSIT, M.DELIVERED, M.RETURNED_TO_SENDER},
    M.DELIVERED: frozenset({M.DELIVERED, M.AVAILABLE_FOR_PICKUP, M.RETURNED_TO_SENDER}),
    M.EXCEPTION: frozenset(M) - {M.PRE_TRANSIT, M.ACCEPTED, M.IN_TRANSIT, M.DELIVERED},
}
"""What words may make of a unified status code."""


@kept
def reading(service: str, status_code: str, status: str, said: str) -> Reading:
    """What an event means. ``said``: its description or whatever words it has beside ``status``."""
    raw = _raw(service.casefold(), status) or _raw(service.casefold(), status_code)
    if raw:
        return raw
    unified = UNIFIED.get(status_code.casefold().replace("_", "-").replace(" ", "-"))
    words = _words(status) or _words(said)
    if not unified or unified.milestone is M.UNKNOWN:
        return words or meant(status) or meant(said) or unified or UNRECOGNISED
    if not words:
        words = meant(status) or meant(said)
        return words if words and words.milestone in _MAY_SAY[unified.milestone] else unified
    if words.milestone in (M.IN_TRANSIT, unified.milestone):
        return words if words.milestone is unified.milestone else unified
    return words if words.milestone in _MAY_SAY[unified.milestone] else UNRECOGNISED


def _raw(service: str, status: str) -> Reading | None:
    """The reading of a division's own code."""
    if service not in _SERVICES or not status:
        return None
    found = _TABLES.get(service)
    if found is None:
        found = _TABLES[service] = {}
        for module, name in _SERVICES[service]:
            found.update(getattr(import_module(f"porchlight.carriers.{module}"), name))
    return found.get(status) or found.get(status.upper())


def _words(text: str) -> Reading | None:
    """The reading of a text, of what stands before a place, a name or a second sentence, or of how it begins."""
    if not text:
        return None
    said = phrase(text)
    found = TEXTS.get(said)
    if found:
        return found
    ends = [end for cut in _CUTS if (end := text.find(cut)) > 0]
    if ends and (found := TEXTS.get(phrase(text[: min(ends)]))):
        return found
    words = said.split(" ", _LONGEST)[:_LONGEST]
    return next((found for count in range(len(words), 0, -1) if (found := STARTS.get(" ".join(words[:count])))), None)
