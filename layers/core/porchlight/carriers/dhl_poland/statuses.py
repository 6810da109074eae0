"""DHL24's status codes, which are also the raw statuses of service ``parcel-pl`` in DHL Unified.

The part before the underscore is the status (AWI nobody there, OP refused, OWL to be collected, SP at a POP, DOR
delivered, ZWR going back), the part after it the circumstance. What the recipient decides beforehand is a notice.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, table
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.PRE_TRANSIT, None, "EDWP"),
    (M.ACCEPTED, None, "DWP SP_DWP"),
    (
        M.IN_TRANSIT,
        None,
        "BCZ EDB EDC EXA EXC KWC LIK LP LW LW_PL SEC SORT SP_ATDSP SP_DW SP_PU TRM TRM2 TRM_X WEJPL WER WYJPL ZID ZMA "
        "ZOS ZWW_KRYZ ZWW_NSP",
    ),
    (M.OUT_FOR_DELIVERY, None, "LK"),
    (
        M.AVAILABLE_FOR_PICKUP,
        None,
        "DOR_POC DOR_SP OWL OWL_KP OWL_ONO OWL_PS_KP OWL_PS_ONO OWL_SP_KP OWL_SP_ONO SP_DSP SP_KP SP_PA",
    ),
    (M.DELIVERY_ATTEMPTED, None, "AWI_NSP ZWW"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "AWI AWI_DP2 AWI_ONU AWI_SAS"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, P.CONSIGNEE, "AWI_OZ AWI_ROD"),
    (M.DELIVERED, None, "DOR DOR_LOK DOR_OTH DOR_OWL DOR_RDZ DOR_SAS PPDOR SP_DOR"),
    (M.DELAYED, R.NETWORK, "AWI_SPCAP SP_CAP"),
    (M.EXCEPTION, None, "CC"),
    (M.EXCEPTION, R.ADDRESS, "AN AN_BO AN_RA"),
    (M.EXCEPTION, R.ADDRESS, P.CONSIGNEE, "AN_SAS"),
    (
        M.EXCEPTION,
        R.CONSIGNEE_REFUSED,
        "OP OP_BWER OP_OTH OP_PNK OP_REZ OP_SAS OP_USK OP_USP",
    ),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, P.RETAILER, "OP_COD OP_DUB OP_PLA OP_ROD OP_TNZ OP_UMO"),
    (M.EXCEPTION, R.NETWORK, "SP_ZAM"),
    (M.EXCEPTION, R.OTHER, P.CARRIER, "PNK"),
    (M.EXCEPTION, R.OTHER, P.CONSIGNEE, "BRG BRG_SAS"),
    (M.RETURN_IN_TRANSIT, None, "ZWR ZWR_WER"),
    (M.RETURN_IN_TRANSIT, R.ADDRESS, "ZWR_AN"),
    (M.RETURN_IN_TRANSIT, R.CONSIGNEE_ABSENT, "AWI_CZAS"),
    (M.RETURN_IN_TRANSIT, R.CONSIGNEE_REFUSED, "SP_OP SP_ZWR ZWR_OP"),
    (M.RETURN_IN_TRANSIT, R.CONSIGNEE_REQUEST, "REZ"),
    (M.RETURN_IN_TRANSIT, R.OTHER, P.CONSIGNEE, "OP_DO OP_DOK"),
    (M.RETURN_IN_TRANSIT, R.PICKUP_EXPIRED, "SP_KZW SP_TO ZWR_ZB ZWR_ZT"),
    (M.RETURNED_TO_SENDER, None, "ZWN"),
    (M.CANCELLED, None, "SP_CN"),
    (M.UNKNOWN, None, "PNPT PO18 POW PSHOP SAS SOB ZA ZAIT"),
)


def reading(code: str) -> Reading:
    """What a status means."""
    return CODES.get(code, UNRECOGNISED)
