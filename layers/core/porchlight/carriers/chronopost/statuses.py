"""Chronopost's codes, as seen in answers (their list is not public), and their words in French and English.

Partners reuse codes, and a code may come with other words than its own ("SD" is the sorting at the agency, and also a
delivery that was put off by a day): words that are known come first.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.PRE_TRANSIT, None, "DC EA"),
    (M.ACCEPTED, None, "DB DY"),
    (M.IN_TRANSIT, None, "EC EI O RB SC SD SJ T TP TS TT"),
    (M.OUT_FOR_DELIVERY, None, "TA"),
    (M.AVAILABLE_FOR_PICKUP, None, "AB"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "P"),
    (M.DELIVERED, None, "D"),
    (M.DELAYED, None, "A2 IA"),
    (M.EXCEPTION, None, "SK"),
    (M.RETURN_IN_TRANSIT, None, "R"),
    (M.UNKNOWN, None, "CL IS SM"),
)

LABELS = phrases(
    (
        M.PRE_TRANSIT,
        None,
        (
            "Colis en cours de préparation chez l'expéditeur",
            "Colis faisant partie d'une expédition groupée",
            "Shipment in preparation to be shipped",
        ),
    ),
    (
        M.ACCEPTED,
        None,
        (
            "Colis déposé par l'expéditeur",
            "Colis pris en charge par La Poste",
            "Colis pris en charge par Chronopost",
            "Shipment handed over by shipper",
            "Parcel Registered by the post office",
        ),
    ),
    (
        M.IN_TRANSIT,
        None,
        (
            "Colis en cours d'acheminement",
            "Tri effectué dans l'agence de départ",
            "Tri effectué dans l'agence de distribution",
            "Entrée dans l'agence",
            "Colis entré dans le pays de destination",
            "Colis remis par le relais Pickup au chauffeur",
            "Colis en cours de livraison au point de retrait",
            "Problème douanier résolu, colis en cours d'acheminement",
            "Shipment in transit",
            "Sorted at departure location",
            "Sorted at delivery location",
        ),
    ),
    (
        M.OUT_FOR_DELIVERY,
        None,
        (
            "Colis en cours de livraison",
            "Colis en cours de livraison par le livreur",
            "Shipment in delivery to the consignee",
        ),
    ),
    (
        M.AVAILABLE_FOR_PICKUP,
        None,
        ("Colis mis à disposition au point de retrait", "Shipment available at the pickup point"),
    ),
    (
        M.DELIVERY_ATTEMPTED,
        R.CONSIGNEE_ABSENT,
        ("Echec de livraison suite à l'absence du destinataire.", "Destinataire absent", "Consignee absent"),
    ),
    (M.DELIVERED, None, ("Livraison effectuée", "Delivered")),
    (M.DELAYED, None, ("Livraison reportée de 24h", "Colis retardé à l'agence de distribution")),
    (M.EXCEPTION, None, ("Colis en attente d'informations complémentaires de votre part",)),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, ("Colis refusé par le destinataire", "Refused by the consignee")),
    (M.EXCEPTION, R.CUSTOMS, ("Colis retenu en douane",)),
    (M.RETURN_IN_TRANSIT, None, ("Colis en retour expéditeur", "Return to shipper")),
    (M.RETURNED_TO_SENDER, None, ("Colis retourné à l'expéditeur", "Colis livré à l'expéditeur")),
    (
        M.UNKNOWN,
        None,
        (
            "Destinataire informé par SMS ou mail",
            "Instruction de livraison reçue",
            "Livraison prévue lundi prochain",
        ),
    ),
)


@kept
def reading(code: str, label: str) -> Reading:
    """What an event means: its words, else its code, else what all carriers mean by such (English) words."""
    return LABELS.get(phrase(label)) or CODES.get(code) or said(label) or UNRECOGNISED
