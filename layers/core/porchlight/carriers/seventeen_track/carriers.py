"""17TRACK's numbers of carriers, and ours: from its public list (apicarrier.all.json), and only the carriers that
Porchlight has an id for.
"""

from porchlight.domain.carriers import carrier_id

_KEYS = {
    "amazon": (100308, 100309, 100417),
    "asendia": (100029, 100016),
    "australia_post": (1151,),
    "bpost": (2061, 2063),
    "canada_post": (3041,),
    "canpar": (100146,),
    "china_post": (3011,),
    "chronopost": (100137,),
    "dhl_ecommerce": (7047, 7048, 100765),
    "dhl_express": (100001,),
    "dhl_parcel_de": (7041,),
    "dpd": (100007, 100072, 100111, 100142, 100177, 100204, 100321, 100404, 100483, 100071),
    "dpd_uk": (100010,),
    "evri": (100331,),
    "fedex": (100003, 100222),
    "geodis": (100356,),
    "gls": (100005, 100024, 100189, 100207, 100280, 100281, 100282, 100283, 100284, 100316, 100384),
    "gls_us": (100305,),
    "hermes_de": (100031,),
    "la_poste": (6051,),
    "landmark": (100021,),
    "newgistics": (100395,),
    "ontrac": (100049, 100052),
    "pitney_bowes": (100036,),
    "postnl": (14041, 14044),
    "purolator": (100042,),
    "royal_mail": (11031,),
    "seko": (100332,),
    "sendle": (100123,),
    "spring": (100213,),
    "tnt": (100004, 100065, 100200, 100241),
    "ups": (100002, 100398),
    "usps": (21051,),
}
"""The first of each is the one to register a number with."""

_IDS = {key: carrier for carrier, keys in _KEYS.items() for key in keys}


def key_of(carrier: str) -> int | None:
    """17TRACK's number of one of our carriers."""
    keys = _KEYS.get(carrier)
    return keys[0] if keys else None


def carrier_of(key: object, name: str = "") -> str:
    """Our id of a carrier by its number, else by its name; "" for a stranger without a name."""
    number = int(key) if isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 9 else key
    found = _IDS.get(number) if isinstance(number, int) else None
    return found or carrier_id(name)
