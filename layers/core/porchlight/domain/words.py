"""Text from outside made fit to be shown, and names: the same in every language (``domain.speech`` has the rest)."""

import re
import unicodedata
from datetime import UTC, datetime
from urllib.parse import urlsplit

from porchlight.domain.dates import zone

_CARRIER_NAMES = {
    **{"ups": "UPS", "usps": "USPS", "fedex": "FedEx", "dhl": "DHL", "dhl_express": "DHL Express", "dpd": "DPD"},
    **{"gls": "GLS", "royal_mail": "Royal Mail", "postnord": "PostNord", "bring": "Bring", "ontrac": "OnTrac"},
    **{"canada_post": "Canada Post", "australia_post": "Australia Post", "la_poste": "La Poste", "evri": "Evri"},
    **{"dhl_parcel_de": "DHL", "dpd_uk": "DPD", "gls_us": "GLS", "postnl": "PostNL", "tnt": "TNT", "canpar": "Canpar"},
    **{"dhl_ecommerce_us": "DHL eCommerce", "dhl_poland": "DHL", "hermes_de": "Hermes"},
    **{"dhl_ecommerce": "DHL eCommerce", "deutsche_post": "Deutsche Post", "posti": "Posti", "inpost": "InPost"},
}
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "herr", "frau", "mme"})
_UNWANTED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"
"""Format characters that letters and emoji are written with; every other one can only mislead (bidi
overrides, zero widths).
"""
_SPACES = re.compile(r"\s+")


def clean(text: object, limit: int = 300) -> str:
    """One line of visible text: control and direction characters gone, spaces joined, cut with an ellipsis at
    ``limit``.
    """
    line = _SPACES.sub(" ", "" if text is None else str(text)[: limit * 4])
    if not line.isascii() or not line.isprintable():
        line = "".join(c for c in line if c in _JOINERS or unicodedata.category(c) not in _UNWANTED)
    line = line.strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def safe_url(url: object) -> str:
    """The URL if it is a plain web address, empty otherwise: nothing else may stand behind a link."""
    text = clean(url, 2000)
    parts = urlsplit(text)
    return text if parts.scheme in ("https", "http") and parts.netloc and " " not in text else ""


def local_time(moment: datetime, zone_name: str | None) -> tuple[datetime, str]:
    """A scan's time as its place shows it, and a zone's name only where the time could be mistaken.

    Times without a zone and times with an offset are local as printed. UTC says nothing about the place: it
    is shown at the destination where that is known, else it says that it is UTC.
    """
    if moment.tzinfo is None:
        return moment, ""
    if moment.utcoffset():
        return moment, ""
    known = zone(zone_name)
    return (moment.astimezone(known), "") if known else (moment.astimezone(UTC), "UTC")


def carrier_name(carrier: str) -> str:
    """``UPS`` for ``ups``; empty where there is no name to give."""
    if carrier.lower() in ("", "unknown", "other"):
        return ""
    return _CARRIER_NAMES.get(carrier.lower()) or clean(carrier.replace("_", " ").title(), 40)


def first_name(name: str) -> str:
    """The first name where it looks like one, else empty: a wrong greeting is worse than none."""
    word = clean(name, 80).partition(" ")[0].rstrip(",.")
    letters = all(c.isalpha() or c in "-'’" or unicodedata.category(c).startswith("M") for c in word)
    if word.lower() in _TITLES or not 2 <= len(word) <= 20 or not letters:
        return ""
    return word.title() if word.isupper() or word.islower() else word
