"""La Poste's codes: three letters in Suivi v2, six in Colissimo's older service (some systems still pass them on).

The six letters are what and why (``REN`` + why it came back, ``DOU`` + which paper customs misses). A parcel held for a
paper is an exception of the sender's making; one that customs is at work on is in transit.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, table
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.PRE_TRANSIT, None, "DR1"),
    (M.ACCEPTED, None, "PC1 PC2"),
    (M.IN_TRANSIT, None, "DO1 DO2 EP1 ET1 ET2 ET3 ET4 PB2"),
    (M.OUT_FOR_DELIVERY, None, "MD1 MD2"),
    (M.AVAILABLE_FOR_PICKUP, None, "AG1"),
    (M.DELIVERED, None, "DI0 DI1"),
    (M.DELAYED, None, "DI3"),
    (M.EXCEPTION, None, "ND1 PB1"),
    (M.EXCEPTION, R.CUSTOMS, "DO3"),
    (M.EXCEPTION, R.NOT_DISPATCHED, "DR2"),
    (M.RETURN_IN_TRANSIT, None, "RE1"),
    (M.RETURNED_TO_SENDER, None, "DI2"),
    (M.UNKNOWN, None, "ID0"),
)
"""Suivi v2."""

COLISSIMO = table(
    (M.PRE_TRANSIT, None, "COMCFM EMLCFM PCHMQT"),
    (M.ACCEPTED, None, "DEPGUI ECHCFM PCHCEX PCHCFM"),
    (M.IN_TRANSIT, None, "AARCFM CHGCFM DCHCFM DCHDDT EXPCFM MLVCFM RSTNCG"),
    (M.IN_TRANSIT, R.CONSIGNEE_REQUEST, "RENLNA RSTDIL"),
    (M.IN_TRANSIT, R.DAMAGE, "CHGRCA"),
    (M.IN_TRANSIT, R.MISROUTED, "AARDVY"),
    (M.AVAILABLE_FOR_PICKUP, None, "MLVARS RENAVI RSTBRT"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "RENARV RENNRV"),
    (M.DELIVERED, None, "LIVCFM LIVGAR LIVRTI LIVVOI"),
    (M.DELAYED, None, "QDICFM"),
    (M.DELAYED, R.CONSIGNEE_ABSENT, "RENACP"),
    (M.DELAYED, R.NOT_DISPATCHED, "PCHTAR"),
    (M.EXCEPTION, R.ADDRESS, "RENAIN RENCAD"),
    (M.EXCEPTION, R.CUSTOMS, "DOUDOU DOUIDD"),
    (M.EXCEPTION, R.CUSTOMS, P.CONSIGNEE, "DOUDVR DOUNIR DOURES"),
    (
        M.EXCEPTION,
        R.CUSTOMS,
        P.RETAILER,
        "DOUAGV DOUCOI DOUCOM DOUCRR DOUDDI DOUDDM DOUEXI DOUFCI DOUFCM DOUIIR DOUPRO",
    ),
    (M.EXCEPTION, R.NOT_DISPATCHED, "ENEMQT"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, P.CONSIGNEE, "RSTFHB RSTFMA"),
    (M.RETURN_IN_TRANSIT, None, "SOLREI SOLREO"),
    (M.RETURN_IN_TRANSIT, R.ADDRESS, "RENDIA"),
    (M.RETURN_IN_TRANSIT, R.CONSIGNEE_REFUSED, "RENAVA RENDIV RENSNC RENSRB RENTAR"),
    (M.RETURNED_TO_SENDER, None, "LIVREO"),
)
"""Colissimo's older service."""


def reading(code: str) -> Reading:
    """What a code means."""
    return CODES.get(code) or COLISSIMO.get(code) or UNRECOGNISED
