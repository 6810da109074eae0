"""Canada Post's event numbers, without the zeros that answers put before them (``0174`` is 174).

Several numbers say two things: the event of a parcel on its way, and the same event of a parcel on its way BACK. Only
the words tell, in English or in French; ``TWO_WAYS`` holds what they mean then. A card in the letter box is an attempt,
a signature or a photo that became available is a notice.
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, kept, phrase, table
from porchlight.carriers.wording import said
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.PRE_TRANSIT, None, "3000 3002"),
    (M.ACCEPTED, None, "1300 1301 1302 1303 2300 4000"),
    (
        M.IN_TRANSIT,
        None,
        "100 102 104 105 106 107 113 114 115 116 130 170 175 400 405 410 700 701 800 804 815 900 910 1240 1241 1244 "
        "1480 1490 1703 1705 2500 2501 2601 4100 4202 4310 4311 4330 4400 4450 4500 4550 4600 4900 4950 5201 8901",
    ),
    (M.OUT_FOR_DELIVERY, None, "174 500"),
    (M.AVAILABLE_FOR_PICKUP, None, "156 1405 1407 1701 2407"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "1435 1436 1437 1438 1443 1479 1488"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, "1411"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, P.CARRIER, "630"),
    (
        M.DELIVERED,
        None,
        "610 611 612 613 614 615 616 617 618 619 620 1406 1408 1409 1421 1422 1423 1424 1425 1426 1427 1428 1429 1430 "
        "1431 1432 1433 1434 1441 1442 1461 1462 1463 1465 1466 1467 1468 1469 1471 1472 1473 1475 1476 1496 1498",
    ),
    (M.DELAYED, None, "621 622 623 624 625 626 627 628 1414 1444 2414"),
    (M.DELAYED, R.CONSIGNEE_REQUEST, "1410 2410"),
    (M.DELAYED, R.MISROUTED, "172"),
    (M.DELAYED, R.NETWORK, "161 162 163"),
    (M.DELAYED, R.OTHER, "160"),
    (M.DELAYED, R.PREMISES_CLOSED, "2411"),
    (M.DELAYED, R.WEATHER, "159"),
    (M.EXCEPTION, None, "179 1450 1483 1484 1493 1494 4650 4700"),
    (M.EXCEPTION, R.ADDRESS, "118 120 171 173 1412 2412"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "121"),
    (M.EXCEPTION, R.CUSTOMS, "127 810"),
    (M.EXCEPTION, R.CUSTOMS, P.CONSIGNEE, "1487 1495"),
    (M.EXCEPTION, R.CUSTOMS, P.RETAILER, "117"),
    (M.EXCEPTION, R.PICKUP_EXPIRED, "150 629"),
    (M.DAMAGED, R.DAMAGE, "710"),
    (M.RETURN_IN_TRANSIT, None, "1420 2600 2802 3001"),
    (M.RETURN_IN_TRANSIT, R.ADDRESS, "1415 1416 1481 1491"),
    (M.RETURN_IN_TRANSIT, R.CONSIGNEE_REFUSED, "1417 1482 1492"),
    (M.RETURN_IN_TRANSIT, R.CUSTOMS, P.RETAILER, "182 1100"),
    (M.RETURN_IN_TRANSIT, R.LABEL, "169 181"),
    (M.RETURN_IN_TRANSIT, R.NETWORK, "183"),
    (M.RETURN_IN_TRANSIT, R.OTHER, P.CONSIGNEE, "1418"),
    (M.RETURN_IN_TRANSIT, R.OTHER, P.RETAILER, "167 168 184"),
    (M.RETURN_IN_TRANSIT, R.PICKUP_EXPIRED, "1419"),
    (M.CANCELLED, None, "190"),
    (
        M.UNKNOWN,
        None,
        "20 21 152 198 1200 1203 1210 1214 1215 1216 1220 1221 1223 1224 1225 1230 1232 1234 1245 2001 2101",
    ),
)

TWO_WAYS = table(
    (M.RETURN_IN_TRANSIT, None, "174 1412 1479 1703 4700"),
    (M.RETURNED_TO_SENDER, None, "1496 1498"),
    (M.EXCEPTION, R.CUSTOMS, "4450"),
)
"""The second sense of a number, where ``MARKS`` are in its words."""

_BACK = ("return", "retour", "renvoy")
MARKS = {**dict.fromkeys(TWO_WAYS, _BACK), "4450": ("refus",)}

TYPES = table(
    (M.ACCEPTED, None, "INDUCTION"),
    (M.OUT_FOR_DELIVERY, None, "OUT"),
    (M.DELIVERY_ATTEMPTED, None, "ATTEMPTED"),
    (M.DELIVERED, None, "DELIVERED"),
    (M.UNKNOWN, None, "INFO"),
)
"""``event-type`` of a summary, which prints no event number. Its wording says more, where it is one of these:"""

WORDINGS = {
    phrase(text): number
    for number, text in (
        ("100", "Item processed"),
        ("100", "Item processed at postal facility"),
        ("175", "Item in transit"),
        ("400", "Item arrived"),
        ("410", "Item departed"),
        ("174", "Item out for delivery"),
        ("500", "Out for delivery"),
        ("1701", "Item available for pickup at Post Office"),
        ("1703", "Item in transit to Post Office"),
        ("1479", "Attempted delivery. Notice card left indicating where item can be picked up."),
        ("1435", "Notice card left indicating where and when to pick up item"),
        ("156", "Final Notice; Item will be returned to sender if not collected within 10 days"),
        ("1496", "Item successfully delivered"),
        ("1498", "Delivered"),
        ("20", "Signature image recorded for Online viewing"),
        ("20", "Signature available"),
        ("173", "Customer addressing error found; attempting to correct. Possible delay"),
        ("1302", "Item accepted at the Post Office"),
        ("2300", "Item picked up by Canada Post"),
        ("2300", "Shipment picked up by Canada Post"),
        ("3000", "Electronic information submitted by shipper"),
        ("3000", "Order information received by Canada Post"),
        ("800", "Presented to Canada Border Services Agency for customs review"),
        ("810", "Item held by Customs"),
        ("1420", "Item being returned to sender"),
        ("2600", "Item has been returned and is en route to the sender"),
    )
}


@kept
def reading(code: str, text: str) -> Reading:
    """What an event number means, with or without its zeros; the words that come with one that is in no table."""
    number = code.lstrip("0")
    marks = MARKS.get(number)
    if marks:
        words = text.casefold()
        if any(mark in words for mark in marks):
            return TWO_WAYS[number]
    found = CODES.get(number)
    if found:
        return found
    known = WORDINGS.get(phrase(text))
    return CODES[known] if known else said(text) or UNRECOGNISED


def summary_reading(kind: str, text: str) -> Reading:
    """What the event of a summary means: its wording before its type."""
    number = WORDINGS.get(phrase(text))
    return CODES[number] if number else TYPES.get(kind, UNRECOGNISED)
