"""Hermes Germany's event codes: four digits ("2x2"), or nine in three groups ("3x3", also printed as ``45-1-8``).

37xx is said on the tour and 40xx when the parcel is back in the depot for the same cause: the attempt counts once, the
way back is a delay (or says no more than that the parcel was refused). The last group of a long code is the place that
scanned (002 and 003 are depots).
"""

from porchlight.carriers.reading import UNRECOGNISED, Reading, table
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

CODES = table(
    (M.PRE_TRANSIT, None, "0000"),
    (M.ACCEPTED, None, "1900 1901 1910 2400"),
    (M.IN_TRANSIT, None, "1000 1510 1610 1710 1720 1810 1820 2000 2100 2300 3010 3300 3430 4025 4500 6090"),
    (M.IN_TRANSIT, R.CONSIGNEE_REQUEST, "6088"),
    (M.OUT_FOR_DELIVERY, None, "3000"),
    (M.AVAILABLE_FOR_PICKUP, None, "3410"),
    (M.DELIVERY_ATTEMPTED, R.ADDRESS, "3720"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "3731 3732 3733 3734"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_REFUSED, "3710"),
    (
        M.DELIVERY_ATTEMPTED,
        R.OTHER,
        P.CONSIGNEE,
        "3715 3751 3752 3753 3754 3782 3783 3784 3785 3786 3787",
    ),
    (M.DELIVERED, None, "3500 3510 3511 3520 3530"),
    (M.DELAYED, R.CONSIGNEE_ABSENT, "4031 4032 4033"),
    (M.DELAYED, R.MISROUTED, "3780 4080 6086 6087"),
    (M.DELAYED, R.NETWORK, "3750 4050 4100 4610 4620"),
    (M.DELAYED, R.NOT_DISPATCHED, "0600 0700 0800 0900"),
    (M.DELAYED, R.OTHER, "4024"),
    (M.DELAYED, R.OTHER, P.CONSIGNEE, "4015 4051 4052 4053 4081 4082 4083 4084 4085 4086 4087"),
    (M.EXCEPTION, R.ADDRESS, "4020"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "4010"),
    (M.EXCEPTION, R.CUSTOMS, "1730 1751"),
    (M.EXCEPTION, R.DAMAGE, "3740 4040 6085"),
    (M.EXCEPTION, R.NETWORK, "4630"),
    (M.EXCEPTION, R.OTHER, "3795 4095"),
    (M.EXCEPTION, R.PICKUP_EXPIRED, "4035"),
    (M.RETURN_IN_TRANSIT, None, "1520 3760 3761 4060 4061 4062 6080 6089"),
    (M.RETURN_IN_TRANSIT, R.ADDRESS, "6083"),
    (M.RETURN_IN_TRANSIT, R.CONSIGNEE_ABSENT, "4034 6084"),
    (M.RETURN_IN_TRANSIT, R.CONSIGNEE_REFUSED, "6081"),
    (M.RETURN_IN_TRANSIT, R.LABEL, "6082"),
    (M.RETURN_IN_TRANSIT, R.OTHER, "6096 6099"),
    (M.RETURN_IN_TRANSIT, R.OTHER, P.CONSIGNEE, "4054 6092 6094 6098"),
    (M.RETURN_IN_TRANSIT, R.PICKUP_EXPIRED, "6093"),
    (M.RETURNED_TO_SENDER, None, "7500"),
    (M.CANCELLED, None, "9340 9341"),
    (
        M.UNKNOWN,
        None,
        "4070 4072 4690 9040 9041 9311 9315 9321 9322 9323 9324 9325 9327 9328 9381 9385 9391 9394 9395 9399",
    ),
)
"""Four digits, by Hermes's list of event codes."""

SEEN = table(
    (M.AVAILABLE_FOR_PICKUP, None, "5000"),
    (M.DELIVERY_ATTEMPTED, None, "4000"),
    (M.DELAYED, None, "7000"),
    (M.EXCEPTION, None, "6000"),
)
"""Not in Hermes's list, but integrators read them so."""

STORED = table(
    (M.DELAYED, R.CONSIGNEE_REQUEST, "080002"),
    (M.DELAYED, R.OTHER, P.RETAILER, "080003"),
)
"""Long codes that say why a parcel is kept, which their short code (4100) does not."""

_SHORT = {
    long: short
    for short, longs in (
        pair.split("=")
        for pair in (
            "0000=000000 0600=000001 0700=000002 0800=000003 0900=000004 1000=010000 1510=030000,030015 1520=115001 "
            "1610=035001 1710=033001 1720=033002 1730=033003 1751=033051 1810=033005 1820=033006 1900=037001,037004 "
            "1901=037002 1910=037003 2000=045000,045001,045005 2100=045002 2300=045020 3000=050001 "
            "3010=050021,050026,050028,050029 3300=050024 3410=055001 3430=055002 3500=090000 3510=090001 3511=090005 "
            "3520=090002 3530=090003 4010=060001 4015=060010 4020=060002 4024=060024 4025=060000 4031=060003 "
            "4032=060004 4033=060005 4034=060006 4035=060012 4040=060008 4050=060009 4051=060032 4052=060033 "
            "4053=060034 4054=060035 4060=065001 4061=065002 4070=050090 4072=060090,100090 4080=060007 4081=060011 "
            "4082=060013 4083=060014 4084=060015 4085=060016 4086=060017 4087=060018 4095=060095 "
            "4100=080001,080004,080005,080006,080007 4500=085001 4610=048001 4620=048002 4630=048003 4690=048090 "
            "6080=100000 6081=100001 6082=100002 6083=100003 6084=100004 6085=100005 6086=100006 6087=100007 "
            "6088=100008 6089=100009 6090=101001 6092=100011 6093=100015 6094=100010 6096=100024 6098=100018 "
            "6099=100099 7500=125001 9040=031040 9041=031041 9311=310001 9315=310005 9321=320001 9322=320002 "
            "9323=320003 9324=320004 9325=320005 9327=320007 9328=320008 9340=320020 9341=320021 9381=380001 "
            "9385=380005 9391=390001 9394=390004 9395=390005 9399=390020"
        ).split()
    )
    for long in longs.split(",")
}
_DEPOTS = frozenset({"002", "003"})


def reading(code: str) -> Reading:
    """What an event code means, long or short."""
    if "-" in code:
        code = "".join(group.zfill(3) for group in code.split("-"))
    if len(code) == 9:
        if code == "045001008":
            return CODES["2400"]
        long, place = code[:6], code[6:]
        if long in STORED:
            return STORED[long]
        code = _SHORT.get(long, "")
        if code.startswith("40") and place not in _DEPOTS:
            on_tour = CODES.get(f"37{code[2:]}")
            if on_tour:
                return on_tour
    return CODES.get(code) or SEEN.get(code) or UNRECOGNISED
