"""Raw statuses of services ``ecommerce-europe`` and ``ecommerce-ppl`` (Czechia).

A parcel that was handed over to a shop, a locker or a post office (43 to 46) counts as delivered with DHL; for the
shopper it is ready to be collected.
"""

from porchlight.carriers.reading import table
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party as P
from porchlight.domain.milestones import Reason as R

EUROPE = table(
    (M.PRE_TRANSIT, None, "1 254 367 368 369 370"),
    (M.ACCEPTED, None, "2 3 4 5 6 7 8 9 14 15 16 17 226 228"),
    (
        M.IN_TRANSIT,
        None,
        "19 20 22 23 25 26 27 28 29 30 31 32 33 37 38 40 41 130 133 230 231 232 233 234 235 236 237 238 240 242 255 "
        "258 354 355 356 358 377 378 379 380 47",
    ),
    (M.OUT_FOR_DELIVERY, None, "42"),
    (M.AVAILABLE_FOR_PICKUP, None, "43 44 45 46"),
    (M.DELIVERY_ATTEMPTED, None, "72 154 161 217"),
    (M.DELIVERY_ATTEMPTED, R.ADDRESS, "79 80 206"),
    (M.DELIVERY_ATTEMPTED, R.ADDRESS, P.CONSIGNEE, "81"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_ABSENT, "73 74 75 85 372"),
    (M.DELIVERY_ATTEMPTED, R.CONSIGNEE_REQUEST, "159 218 219 222 223"),
    (M.DELIVERY_ATTEMPTED, R.NETWORK, "88 91 93 94 97 265"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, "156 253"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, P.CONSIGNEE, "77 78 82 86 214 215 330"),
    (M.DELIVERY_ATTEMPTED, R.OTHER, P.RETAILER, "89 92 95 98 200"),
    (M.DELIVERY_ATTEMPTED, R.PREMISES_CLOSED, P.CARRIER, "87 90 96 395"),
    (M.DELIVERY_ATTEMPTED, R.WEATHER, "264"),
    (M.DELIVERED, None, "63 64 65 66 67 68 69 70 71 302"),
    (M.DELIVERED, R.DAMAGE, "306"),
    (M.DELAYED, None, "269"),
    (M.DELAYED, R.CONSIGNEE_ABSENT, "141"),
    (M.DELAYED, R.CONSIGNEE_REQUEST, "142 172 194"),
    (M.DELAYED, R.NETWORK, "267 392"),
    (M.DELAYED, R.WEATHER, "266"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "76 207 208 209 210 211"),
    (M.EXCEPTION, R.OTHER, P.CONSIGNEE, "268"),
    (M.DAMAGED, R.DAMAGE, "83"),
    (M.RETURN_IN_TRANSIT, None, "149 160 248 249 363 364 365"),
    (M.RETURN_IN_TRANSIT, R.ADDRESS, P.CONSIGNEE, "157"),
    (M.RETURN_IN_TRANSIT, R.CONSIGNEE_REFUSED, "151"),
    (M.RETURN_IN_TRANSIT, R.CUSTOMS, "152"),
    (M.RETURN_IN_TRANSIT, R.CUSTOMS, P.RETAILER, "259"),
    (M.RETURN_IN_TRANSIT, R.PICKUP_EXPIRED, "99 100 101 102 155"),
    (M.RETURNED_TO_SENDER, None, "366"),
    (M.UNKNOWN, None, "52 53 56 57 58 59 60 61 62"),
)

PPL = table(
    (M.PRE_TRANSIT, None, "900"),
    (M.ACCEPTED, None, "150"),
    (M.IN_TRANSIT, None, "300 400 500"),
    (M.AVAILABLE_FOR_PICKUP, None, "343"),
    (M.DELIVERED, None, "450"),
    (M.DELAYED, None, "460"),
    (M.EXCEPTION, R.CONSIGNEE_REFUSED, "464"),
    (M.LOST, R.NETWORK, "997"),
    (M.CANCELLED, None, "999"),
)
