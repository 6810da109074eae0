"""PostNL's codes: what happened to a shipment (``J05``), and the status that it has by then (``7``).

The phase beside a status ("4, delivered") is not read: a parcel that waits at a pickup point is in it too. "Sorry, the
delivery time has been updated" is a delay in polite words. Codes of before 2021 have their letter at the end (``01B``
is ``B01``); such bodies exist with the code of one event beside the words of another, so their words come first.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, phrases, table
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

STATUSES = table(
    (M.PRE_TRANSIT, None, "1 13"),
    (M.ACCEPTED, None, "2 3 23"),
    (M.IN_TRANSIT, None, "5 9 20 21 31"),
    (M.OUT_FOR_DELIVERY, None, "7"),
    (M.AVAILABLE_FOR_PICKUP, None, "12"),
    (M.DELIVERY_ATTEMPTED, None, "8"),
    (M.DELIVERED, None, "11 22"),
    (M.DELAYED, R.NETWORK, "6"),
    (M.EXCEPTION, None, "19"),
    (M.EXCEPTION, R.NETWORK, "15 16 17"),
    (M.EXCEPTION, R.NOT_DISPATCHED, "4 14"),
    (M.LOST, R.NETWORK, "18"),
    (M.RETURN_IN_TRANSIT, None, "27 28"),
    (M.UNKNOWN, None, "99"),
)

CODES = table(
    (M.PRE_TRANSIT, None, "A01 A10 A71 F01 J56 X80"),
    (M.ACCEPTED, None, "A73 A74 B01 B04 B06 C01 C02 V12 V13 V22 V23 V50 X40 Z80"),
    (
        M.IN_TRANSIT,
        None,
        "A28 A72 A75 A76 I06 J01 J06 J10 J27 J28 J45 J55 J61 K02 K03 Q12 Q13 Q15 Q16 Q17 Q18 Q19 R01 S05 X01 X02 X03 "
        "X04 X07 X08 X11 X14 X15 X16 X17 X19 X50 X51 X52 X60 X61 X62 X65 X68 Y23 Y24 Y25",
    ),
    (M.IN_TRANSIT, R.PICKUP_EXPIRED, "J47"),
    (M.OUT_FOR_DELIVERY, None, "J05 J59 X06 X55 Y05"),
    (M.AVAILABLE_FOR_PICKUP, None, "I08 J02 J12 J23 J52 X05 Y26"),
    (M.DELIVERY_ATTEMPTED, None, "H34 J08 K70 Y38"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "D08 J94 K14 K71 Y02 Y10 Y42"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, "J29 J41 J42 J48"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, P.CONSIGNEE, "J16 K16 K41 Y36 Y41"),
    (
        M.DELIVERED,
        None,
        "I01 I02 I03 I05 I09 I10 I11 I12 I22 I23 J91 Z01 Z02 Z03 Z04 Z05 Z06 Z08 Z09",
    ),
    (
        M.DELAYED,
        None,
        "G01 G02 G03 G05 H32 J09 J14 J24 J26 J36 J39 J92 J95 K01 T02 V01 V02 V03 V11 V21 V31 Y07 Y08 Y33 "
        "Y35 Y60 Y61 Y62",
    ),
    (M.DELAYED, R.CUSTOMS, "X30 X63 X64 Y64"),
    (M.DELAYED, R.CUSTOMS, P.RETAILER, "Y46"),
    (M.DELAYED, R.NETWORK, "J22 K25 V06 Y66"),
    (M.DELAYED, R.NOT_DISPATCHED, "V04"),
    (M.DELAYED, R.PREMISES_CLOSED, "J07 J17 K91 Y43"),
    (M.DELAYED, R.WEATHER, "Y65"),
    (M.EXCEPTION, None, "K15 K30 Y15 Y37"),
    (M.EXCEPTION, R.ADDRESS, "D02 D04 F06 F07 H36 J33 Y01 Y09 Y12 Y17 Y22 Y30 Y31 Y32"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "Y03 Y13 Y50"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, P.CARRIER, "Y44"),
    (M.EXCEPTION, R.CUSTOMS, "X66 Y29"),
    (M.EXCEPTION, R.CUSTOMS, P.CONSIGNEE, "X67"),
    (M.EXCEPTION, R.CUSTOMS, P.RETAILER, "X10 Y48"),
    (M.EXCEPTION, R.LABEL, "D06"),
    (M.EXCEPTION, R.NOT_DISPATCHED, "D03 D05 D09 D40 J93 M01 M03 Y80 Y81"),
    (M.EXCEPTION, R.OTHER, "A20 A22 K92"),
    (M.EXCEPTION, R.OTHER, P.RETAILER, "D07 F03 F04 F05 F08 F10 X42 X43 Y45"),
    (M.EXCEPTION, R.SECURITY, "Q14"),
    (M.DAMAGED, R.DAMAGE, "Y04 Y11 Y14"),
    (M.LOST, R.NETWORK, "Y71"),
    (M.RETURN_IN_TRANSIT, None, "H18 H20 I07 K43 X20 X21 X22 X81 Y21"),
    (M.RETURN_IN_TRANSIT, R.ADDRESS, "H02 H12 Y16"),
    (M.RETURN_IN_TRANSIT, R.CONSIGNEE_ABSENT, "H05 H07 Y40"),
    (M.RETURN_IN_TRANSIT, R.CONSIGNEE_REFUSED, "H01 H38"),
    (M.RETURN_IN_TRANSIT, R.CONSIGNEE_REQUEST, "H24"),
    (M.RETURN_IN_TRANSIT, R.CUSTOMS, P.RETAILER, "H17 Y47"),
    (M.RETURN_IN_TRANSIT, R.DAMAGE, "H04 H35 Y18"),
    (M.RETURN_IN_TRANSIT, R.NETWORK, "H09"),
    (M.RETURN_IN_TRANSIT, R.OTHER, "H52"),
    (M.RETURN_IN_TRANSIT, R.OTHER, P.CONSIGNEE, "H08 H16 H25 H51"),
    (M.RETURN_IN_TRANSIT, R.OTHER, P.RETAILER, "H10 H15 H22 Y19"),
    (M.RETURN_IN_TRANSIT, R.PICKUP_EXPIRED, "H03 Y20"),
    (M.RETURNED_TO_SENDER, None, "J63 X24"),
    (M.CANCELLED, None, "D41 H23 H30 H31 Q02 R06"),
    (
        M.UNKNOWN,
        None,
        "A08 A09 A11 A12 A13 A21 A27 A29 A30 A31 A32 A34 A35 A41 A42 A43 A46 A94 A99 J80 J90 K90 P20 P21 "
        "P22 P23 P24 Y39",
    ),
)

TEXTS = phrases(
    (M.PRE_TRANSIT, None, ("Zending wordt verwacht, maar zit nog niet in sorteerproces",)),
    (M.ACCEPTED, None, ("Zending is bij PostNL", "Zending is ontvangen door PostNL")),
    (M.IN_TRANSIT, None, ("Zending is gesorteerd",)),
    (M.OUT_FOR_DELIVERY, None, ("Bezorger is onderweg",)),
    (M.AVAILABLE_FOR_PICKUP, None, ("Pakket ligt voor je klaar op PostNL-punt",)),
    (
        M.DELIVERED,
        None,
        ("Zending is bezorgd", "Zending is bezorgd bij de buren", "Zending is bezorgd in de brievenbus"),
    ),
)
"""Words that come before a code of the old form."""


@kept
def reading(code: str, text: str = "") -> Reading:
    """What an event code means, in the new form or in the old."""
    found = CODES.get(code)
    if found is None and len(code) == 3 and code[2:].isalpha():
        found = TEXTS.get(phrase(text)) or CODES.get(code[2] + code[:2])
    return found or UNRECOGNISED


def status_reading(code: str) -> Reading:
    """What a status means, with or without its zero."""
    return STATUSES.get(code.lstrip("0"), UNRECOGNISED)
