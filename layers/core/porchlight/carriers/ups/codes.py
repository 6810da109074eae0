"""UPS activity codes, one table for each kind of activity: the same code means different things in different tables.

Written from the meanings in the tracking appendix of UPS's API documentation, in our reading. ``UNKNOWN`` is a notice
(a new estimate, a delivery option, a claim): part of the parcel's history that moves nothing. "The receiver has to
provide papers" is an exception, "waiting for the agency" is transit. "Out for delivery" is said of parcels on the
road, not of parcels that are being loaded.
"""

from porchlight.carriers.reading import table
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

STATUS = table(
    (M.PRE_TRANSIT, None, "003 044 045 077 079 080 157 166"),
    (M.ACCEPTED, None, "038 160 167 168 169"),
    (
        M.IN_TRANSIT,
        None,
        "005 010 012 014 016 025 039 047 057 070 071 072 073 074 075 084 087 092 123 126 134 137 138 "
        "143 158 159 164 165",
    ),
    (M.OUT_FOR_DELIVERY, None, "006 021 037 078 089 091 146 162"),
    (M.AVAILABLE_FOR_PICKUP, None, "017 040 144 161"),
    (M.DELIVERY_ATTEMPTED, None, "060 145"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "022 023 024 061 066"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, P.CONSIGNEE, "062"),
    (M.DELIVERED, None, "011 026 156"),
    (M.DELAYED, None, "046 048 049 055 086 090 136"),
    (M.DELAYED, R.CONSIGNEE_REQUEST, "019"),
    (M.DELAYED, R.SECURITY, "132"),
    (M.DELAYED, R.WEATHER, "032 051 052 053"),
    (M.EXCEPTION, None, "013 029 030 069 076 083 104"),
    (M.EXCEPTION, R.ADDRESS, "050"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "064"),
    (M.EXCEPTION, R.CUSTOMS, "058 124 125 141"),
    (M.EXCEPTION, R.NETWORK, "068"),
    (M.EXCEPTION, R.NOT_DISPATCHED, "065 131 135"),
    (M.EXCEPTION, R.OTHER, P.CONSIGNEE, "085 139"),
    (M.EXCEPTION, R.OTHER, P.RETAILER, "147 149"),
    (M.DAMAGED, R.DAMAGE, "059"),
    (M.RETURN_IN_TRANSIT, None, "035 036 117 118"),
    (M.RETURN_IN_TRANSIT, R.DAMAGE, "081"),
    (M.RETURNED_TO_SENDER, None, "034 067"),
    (M.CANCELLED, None, "007"),
    (
        M.UNKNOWN,
        None,
        "000 018 020 027 028 033 041 042 043 054 056 063 082 088 093 094 095 096 097 098 099 100 101 "
        "102 103 105 106 107 108 109 110 111 112 113 114 115 116 119 120 121 122 127 128 129 130 133 "
        "140 142 148 153 154 155 163",
    ),
)
"""The three-digit status (``statusCode``, ``descriptionCode``): unique, and the better word where it says anything."""

MANIFEST = table(
    (M.PRE_TRANSIT, None, "DP MP RD"),
    (M.CANCELLED, None, "VP"),
)
"""Types M and MV."""

MOVEMENT = table(
    (M.PRE_TRANSIT, None, "OC PL SP"),
    (M.ACCEPTED, None, "OR PC PT PU XD"),
    (M.IN_TRANSIT, None, "AG AR AT DL DP DS EP HU IP LC LM OD UL WH XA XR YH YM YN YP"),
    (M.OUT_FOR_DELIVERY, None, "OF OT YF YI"),
    (M.UNKNOWN, None, "CA CD CL UA UD VP"),
)
"""Types I and P."""

UPDATE = table(
    (M.UNKNOWN, None, "PX UP UT"),
)
"""Type U, Track Alert only."""

DELIVERY = table(
    (M.ACCEPTED, None, "VS"),
    (M.IN_TRANSIT, None, "2D 2J 4X 70 83 85 86 B2 BN EZ F0 F3 F7 FB L4 YH"),
    (M.OUT_FOR_DELIVERY, None, "2K 7K"),
    (M.AVAILABLE_FOR_PICKUP, None, "1N 2Q EP ZI ZQ"),
    (M.DELIVERY_ATTEMPTED, None, "DO"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "CI"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, P.CONSIGNEE, "DI"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, "BI FO"),
    (
        M.DELIVERED,
        None,
        "2W 3F 3G 3H 8N 8O 9E A0 AI F4 FS FT FV KM M1 M2 M3 M4 M5 M6 M7 M8 M9 MA MB MC MD ME MG MH MJ "
        "MK ML MM MN MP MQ MR MS MU MW MX NL NT OO OZ P5 PF UC YC ZE ZF ZG ZH",
    ),
    (M.DELAYED, None, "KU"),
    (M.DELAYED, R.ADDRESS, "EG"),
    (M.DELAYED, R.CUSTOMS, "DK"),
    (M.DELAYED, R.MISSED_CUTOFF, "EK"),
    (M.DELAYED, R.NETWORK, "0 12 32 41 42 44 57 9 98 CB EF EI EL EM EQ"),
    (M.DELAYED, R.WEATHER, "CR EJ"),
    (M.EXCEPTION, R.ADDRESS, "50 BO BS DZ FC MV NS NX OE"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "53"),
    (M.EXCEPTION, R.CUSTOMS, "ET RQ SG ST"),
    (M.EXCEPTION, R.LABEL, "74 CU"),
    (M.EXCEPTION, R.NOT_DISPATCHED, "CO"),
    (M.EXCEPTION, R.OTHER, P.RETAILER, "61 62 BL BM HI RN"),
    (M.EXCEPTION, R.PICKUP_EXPIRED, "5F"),
    (M.DAMAGED, R.DAMAGE, "28 GK"),
    (M.RETURNED_TO_SENDER, None, "B0"),
    (M.UNKNOWN, None, "1Z 2C 38 7A 7B 8Q AU EA EB EC EE F1 F2 FD FI FZ GW L6 LM MY SB SE TW UJ"),
)
"""Type D: where it was left, and why it was not. F4, FS, FT and KM are seen live and not in the appendix."""

EXCEPTIONS = table(
    (M.ACCEPTED, None, "HF P4 Z5"),
    (
        M.IN_TRANSIT,
        None,
        "1M 1P 1U 2N 2O 2R 2S 2T 2U 2V 4B 4C 4F 4H 5 5V 5W 6P 76 77 7I 7M 8M 8R B3 B4 B6 B8 BV BW BX C3 "
        "CE D5 DA DB DE E4 E8 E9 EO ER F0 F3 F7 GD HL HM HW I8 IP L3 LV LX LY MI OA OB P7 PG R1 R4 R5 "
        "RB RC RD RE RJ RM RP RU RZ S4 S5 SF SI SR SS SV SX SY T9 TE TG TT UI VK VQ VR VX VZ W8 X0 X2 X3 "
        "X4 X7 XD XJ XK XL XY Y1 Y5 Y9 YA YG YR YT YX Z1 Z3 ZK ZN ZV ZW ZX ZY ZZ",
    ),
    (M.OUT_FOR_DELIVERY, None, "RK RL ZS"),
    (M.AVAILABLE_FOR_PICKUP, None, "54 5G 6B 8I E2 I5 UE VB ZP"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "2X 48 49 5R 6R 7L 89 AX C4 FM G7 G8 GB HQ KX OH YD"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_REFUSED, "YE"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, "5Z"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, P.CONSIGNEE, "51 52 IQ IR KZ PI"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, "55 AY G3 L1 ZM"),
    (M.DELIVERED, None, "F4 FN FT K7 KM"),
    (M.DELAYED, None, "14 2 4Y 72 O6 RO TH"),
    (M.DELAYED, R.ADDRESS, "AH IJ"),
    (M.DELAYED, R.CONSIGNEE_REQUEST, "LI MF UG Y7"),
    (M.DELAYED, R.CUSTOMS, "CN CP OI XZ"),
    (M.DELAYED, R.MISROUTED, "34 6 7 8G D1 YI"),
    (M.DELAYED, R.MISSED_CUTOFF, "3 CL MT"),
    (
        M.DELAYED,
        R.NETWORK,
        "1 11 15 16 17 18 19 1B 1G 1H 1K 1L 1O 1Q 1V 1X 22 23 2H 2Y 2Z 31 3A 3B 3C 3T 4 4K 68 6E 7G 7N "
        "7Y 7Z 8 87 8K 8L 8Y 8Z 9L 9M 9N 9O 9P 9Q 9R 9S 9T 9U 9V 9X 9Y 9Z C6 CC CD CK CM CQ DC DR DU E3 "
        "ED EH EN FG GH GI GV HA HG HH K1 LE LF NP NW OD OS P6 Q1 S8 TI TN UK",
    ),
    (M.DELAYED, R.NOT_DISPATCHED, "8A K2"),
    (M.DELAYED, R.OTHER, "3L AZ B1 DG DQ GC H7 Q0 RY"),
    (M.DELAYED, R.OTHER, P.RETAILER, "46 D4 OM T3"),
    (M.DELAYED, R.PREMISES_CLOSED, "3J VL"),
    (M.DELAYED, R.SECURITY, "7R 7S G6 G9"),
    (M.DELAYED, R.WEATHER, "1E 2A 3D 6D 7V 7W 7X C5 DF DJ PZ"),
    (M.EXCEPTION, None, "1A 5T 99 BF TC"),
    (
        M.EXCEPTION,
        R.ADDRESS,
        "47 A6 A7 A8 A9 AA AB AC AD AE AF AG AK AL AV AW C8 CW CY DW E1 FA H1 H2 H3 H4 H5 OJ PH TF YF YL YM",
    ),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "8H AM AN AP AQ AS KI KQ KR KS KT"),
    (M.EXCEPTION, R.CUSTOMS, "CT ES Y4"),
    (
        M.EXCEPTION,
        R.CUSTOMS,
        P.CONSIGNEE,
        "1C 1W 29 2B 7F 7P 7U B5 BG BH BJ BK BP D9 DY EU EV EW EY FE GF GZ OQ R7 RR RS S2 S3 SJ SL SP X6 X9 XA XB",
    ),
    (
        M.EXCEPTION,
        R.CUSTOMS,
        P.RETAILER,
        "40 43 4T 71 7H 7T AO B9 BA BB BD BE CX CZ D0 DN FF L2 L5 OT R6 RA RX S1 SN VP X5 X8 XC XE XG XN XO XV XW",
    ),
    (M.EXCEPTION, R.LABEL, "91 C7 CH CJ DS YV"),
    (M.EXCEPTION, R.LABEL, P.CARRIER, "4Z"),
    (M.EXCEPTION, R.NETWORK, "F8 S9 TJ UO UP"),
    (M.EXCEPTION, R.NOT_DISPATCHED, "G4 G5 KY"),
    (M.EXCEPTION, R.OTHER, "5U 84 XS"),
    (M.EXCEPTION, R.OTHER, P.CONSIGNEE, "95 A5 DD VI VJ Y3 YU YW"),
    (
        M.EXCEPTION,
        R.OTHER,
        P.RETAILER,
        "1F 33 4P 60 6T 73 8D 9F BZ C9 CA CV D2 DP EX H9 HK HO I2 IY J0 NI OR TX U0 U3 UN UR US",
    ),
    (M.DAMAGED, R.DAMAGE, "13 24 25 26 27 45 64 65 66 67 A1 A2 A3 A4 AJ HD HE HR TV"),
    (M.RETURN_IN_TRANSIT, None, "4R 4S CS DL H8 I1 KP O0 O4 PP RV UF XU YK"),
    (M.RETURN_IN_TRANSIT, R.ADDRESS, "TU YJ"),
    (M.RETURN_IN_TRANSIT, R.CUSTOMS, "CF"),
    (M.RETURN_IN_TRANSIT, R.OTHER, P.RETAILER, "90"),
    (M.RETURN_IN_TRANSIT, R.PICKUP_EXPIRED, "3N 6C"),
    (M.RETURNED_TO_SENDER, None, "UA"),
    (M.CANCELLED, None, "5D"),
    (
        M.UNKNOWN,
        None,
        "1D 1T 2E 2G 30 37 39 3P 3Q 3R 3S 3U 3V 3W 3Z 4I 4J 4L 4M 4N 4Q 56 59 5A 5B 5S 63 6G 6H 6I 6J "
        "6K 6L 6W 6X 6Z 78 79 7C 7D 7E 7Q 8C 8E 8F 92 93 9C 9D 9I 9J 9K AT BQ BR BT CG D7 DT E0 E7 F5 "
        "FW G1 GN GO GQ GR H6 HJ HN I3 I9 IB J8 J9 JA JB JC JH JI JJ K5 K6 K8 KN KO L0 L8 LH LN LO LQ "
        "LU LZ O1 O2 O3 O5 O7 O8 O9 OL R3 R8 RF RG RH RI RW S0 S6 S7 SO SU T4 T5 T6 T7 T8 TA TB TK TL "
        "TO TR TS UD UL UT UW UX UZ V9 VA VD VE VF VG VH VM VN VU VV VW Y2 YS Z7 Z8 ZA ZB ZC ZD ZL ZO "
        "ZU",
    ),
)
"""Type X. SR is seen live and not in the appendix."""
