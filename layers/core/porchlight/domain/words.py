"""Facts as people say them: days, honest ranges, times, names. English; pure functions of their arguments.

A day near ``today`` is called by its weekday ("Thursday"), a further one by its date ("Thursday 26
November"). Emails are read later than they are written, so only pages (``relative=True``) say "tomorrow" and
"yesterday".
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time
from urllib.parse import urlsplit

from porchlight.domain.dates import DateRange, zone

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_TWELVE_HOUR_COUNTRIES = frozenset({"US", "CA", "AU", "NZ", "IN", "PH"})
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
NEAR_AHEAD, NEAR_BEHIND = 4, 2
"""Days that a weekday names: so few that no name can mean both a past and a coming day."""
_FAR_DAYS = 180


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


def day_date(day: date, today: date) -> str:
    """``Thursday 26 November``, with the year where it could be mistaken."""
    year = f" {day.year}" if abs((day - today).days) > _FAR_DAYS else ""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}{year}"


def day_short(day: date, today: date) -> str:
    """``Thu 26 Nov``, for narrow places."""
    year = f" {day.year}" if abs((day - today).days) > _FAR_DAYS else ""
    return f"{_WEEKDAYS[day.weekday()][:3]} {day.day} {_MONTHS[day.month - 1][:3]}{year}"


def day_subject(day: date, today: date) -> str:
    """A day for a subject line: ``today``, ``Thursday`` or ``Thu 26 Nov``."""
    return day_words(day, today) if _near(day, today) else day_short(day, today)


def day_words(day: date, today: date, *, relative: bool = False) -> str:
    """``today``, ``Thursday`` nearby, ``Thursday 3 December`` beyond; ``relative`` adds tomorrow and
    yesterday.
    """
    distance = (day - today).days
    if distance == 0:
        return "today"
    if relative and distance in (1, -1):
        return "tomorrow" if distance == 1 else "yesterday"
    return _WEEKDAYS[day.weekday()] if _near(day, today) else day_date(day, today)


def _near(day: date, today: date) -> bool:
    return -NEAR_BEHIND <= (day - today).days <= NEAR_AHEAD


def on(words: str) -> str:
    """``on Thursday``; today, tomorrow and yesterday need no preposition."""
    return words if not words or words.split(",")[0] in ("today", "tomorrow", "yesterday") else f"on {words}"


def range_words(days: DateRange | None, today: date, *, relative: bool = False) -> str:
    """``on Thursday, or Friday at the latest``; ``by Friday`` where the likely day is gone; empty where all
    of it is.
    """
    if days is None or days.latest < today:
        return ""
    latest = day_words(days.latest, today, relative=relative)
    if days.earliest < today:
        return latest if latest == "today" else f"by {latest}"
    earliest = on(day_words(days.earliest, today, relative=relative))
    return earliest if days.earliest == days.latest else f"{earliest}, or {latest} at the latest"


def range_date(days: DateRange | None, today: date) -> str:
    """The range by the calendar: ``Thursday 26 or Friday 27 November`` where neighbours, ``… to …``
    otherwise; "" when past.
    """
    if days is None or days.latest < today:
        return ""
    first = max(days.earliest, today)
    if first == days.latest:
        return day_date(first, today)
    joint = "or" if (days.latest - first).days == 1 else "to"
    start = day_date(first, today)
    if (first.year, first.month) == (days.latest.year, days.latest.month):
        start = f"{_WEEKDAYS[first.weekday()]} {first.day}"
    return f"{start} {joint} {day_date(days.latest, today)}"


def range_short(days: DateRange | None, today: date) -> str:
    """``Thu 26 Nov`` or ``26–27 Nov`` for the last step of the progress line; "" when past. Breaks between days."""
    if days is None or days.latest < today:
        return ""
    first = max(days.earliest, today)
    if first == days.latest:
        return day_short(first, today)
    month = _MONTHS[days.latest.month - 1][:3]
    if first.month == days.latest.month:
        return f"{first.day}–{days.latest.day} {month}"
    return f"{first.day}\N{NO-BREAK SPACE}{_MONTHS[first.month - 1][:3]}–{days.latest.day}\N{NO-BREAK SPACE}{month}"


def clock(moment: time | datetime, country: str | None) -> str:
    """``14:12``, or ``2:12 pm`` where people say so."""
    if country not in _TWELVE_HOUR_COUNTRIES:
        return f"{moment.hour:02}:{moment.minute:02}"
    return f"{moment.hour % 12 or 12}:{moment.minute:02} {'pm' if moment.hour >= 12 else 'am'}"


def window_words(start: datetime, end: datetime, country: str | None) -> str:
    """``between 2 and 5 pm``, ``between 14:00 and 17:00``."""
    if country not in _TWELVE_HOUR_COUNTRIES:
        return f"between {clock(start, country)} and {clock(end, country)}"
    first, last = clock(start, country).replace(":00", ""), clock(end, country).replace(":00", "")
    if first[-2:] == last[-2:]:
        first = first[:-3]
    return f"between {first} and {last}"


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
    """``UPS`` for ``ups``; "the carrier" where there is no name to give."""
    if carrier.lower() in ("", "unknown", "other"):
        return "the carrier"
    return _CARRIER_NAMES.get(carrier.lower()) or clean(carrier.replace("_", " ").title(), 40)


def first_name(name: str) -> str:
    """The first name where it looks like one, else empty: a wrong greeting is worse than none."""
    word = clean(name, 80).partition(" ")[0].rstrip(",.")
    if word.lower() in _TITLES or not 2 <= len(word) <= 20 or not all(c.isalpha() or c in "-'’" for c in word):
        return ""
    return word.title() if word.isupper() or word.islower() else word
