"""Names that people, stores and aggregators give to carriers, and the one id that we use.

The id decides which shipment a report belongs to: the same parcel reported by UPS and by EasyPost must meet itself.
So each spelling is in the table, exactly; a name that is not there becomes a slug of itself and can never fall into
another carrier.
"""

import re

_SPELLINGS = {
    "usps": "usps unitedstatespostalservice uspostalservice uspspriority uspsreturns uspsship",
    "ups": "ups unitedparcelservice upsdap upsground upssurepost upsmailinnovations upsexpedited upsmi upsgroundsaver",
    "fedex": "fedex fedexdefault fedexground fedexexpress fedexsmartpost fedexgroundeconomy fedexcrossborder"
    " federalexpress fedexmailview fedexsamedaycity fedexuk",
    "dhl_express": "dhlexpress",
    "dhl_ecommerce": "dhlecommerce dhlglobalmail dhlecs dhlecommerceus dhlecommerceasia dhlecommercesolutions",
    "dhl_parcel_de": "dhlparcelde dhlpaket dhlgermany",
    "dhl": "dhl",
    "canada_post": "canadapost postescanada",
    "royal_mail": "royalmail",
    "australia_post": "australiapost auspost",
    "dpd": "dpd",
    "dpd_uk": "dpduk",
    "evri": "evri myhermes hermesuk",
    "gls": "gls glseu",
    "gls_us": "glsus",
    "postnl": "postnl",
    "la_poste": "laposte colissimo",
    "ontrac": "ontrac lasership lasershipv2",
    "purolator": "purolator",
    "canpar": "canpar canparexpress",
    "chronopost": "chronopost",
    "bpost": "bpost",
    "tnt": "tnt tntexpress",
    "asendia": "asendia asendiausa",
    "landmark": "landmark landmarkglobal",
    "newgistics": "newgistics",
    "amazon": "amazon amazonlogistics amazonshipping amazonlogisticsus amazonlogisticsuk amzlus amzluk",
}
_IDS = {spelling: carrier for carrier, spellings in _SPELLINGS.items() for spelling in spellings.split()}
_WORD = re.compile(r"[a-z0-9]+")


def carrier_id(name: str) -> str:
    """Our id of the carrier that ``name`` stands for: ``ups`` for "UPSDAP", a slug for a stranger, "" for no name."""
    words = _WORD.findall(name.casefold())
    return _IDS.get("".join(words)) or "_".join(words)[:40]
