"""What sources that report for many carriers share: carriers' own codes, the summary of a parcel, places in words."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module

from porchlight.carriers.countries import country_code
from porchlight.carriers.reading import UNRECOGNISED, Reading, place, summary
from porchlight.carriers.wording import said
from porchlight.domain.events import Place, TrackingEvent
from porchlight.domain.milestones import Milestone as M

_OWN = {
    "canada_post": ("canada_post", "CODES"),
    "dhl": ("dhl_unified", "UNIFIED"),
    "dhl_express": ("dhl_express", "CODES"),
    "fedex": ("fedex", "EVENTS"),
    "royal_mail": ("royal_mail", "CODES"),
    "usps": ("usps", "CODES"),
}
"""The carriers whose codes have one table, and where it stands."""

_TROUBLE = frozenset(
    {
        M.DELIVERY_ATTEMPTED,
        M.AVAILABLE_FOR_PICKUP,
        M.DELAYED,
        M.EXCEPTION,
        M.RETURN_IN_TRANSIT,
        M.RETURNED_TO_SENDER,
        M.CANCELLED,
        M.LOST,
        M.DAMAGED,
    }
)


def own_code(carrier: str, code: str, *, trouble: bool = False, label: bool = False) -> Reading | None:
    """The carrier's own code read by the carrier's own table, where we have it. ``trouble`` and ``label``: the
    aggregator calls the event a problem, or one before the pickup (UPS has one code in several tables).
    """
    if not code:
        return None
    if carrier == "ups":
        from porchlight.carriers.ups.statuses import reading

        found = reading("X" if trouble else "M" if label else "I", code, "")
        return found if found.recognised else None
    if carrier not in _OWN:
        return None
    return _own_table(carrier).get(code.lstrip("0") if carrier == "canada_post" else code)


@cache
def _own_table(carrier: str) -> dict[str, Reading]:
    folder, name = _OWN[carrier]
    found: dict[str, Reading] = getattr(import_module(f"porchlight.carriers.{folder}.statuses"), name)
    return found


def settled(own: M | None, events: Sequence[TrackingEvent]) -> M:
    """Where the parcel stands: the source's own summary ``own``, and the events where they say the same more finely
    or the summary says nothing.
    """
    told = summary(events)
    if own is None or own is M.UNKNOWN:
        return told or M.UNKNOWN
    if own is M.IN_TRANSIT or (own is M.EXCEPTION and told in _TROUBLE):
        return told or own
    return own


_REGIONS = frozenset(
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA"
    " RI SC SD TN TX UT VT VA WA WV WI WY DC PR AB BC MB NB NL NS NT NU ON PE QC SK YT".split()
)


def place_in(text: str) -> Place:
    """The place in a line such as ``Los Angeles, CA, US``. Parts with digits are left out: streets and postcodes, of
    which nobody needs to know more than the town.
    """
    parts = [part for part in map(str.strip, text.split(",")) if part and not any(map(str.isdigit, part))]
    if not parts:
        return place()
    country = region = None
    last = parts[-1]
    if len(last) == 2 and last.isupper() and (len(parts) > 2 or last not in _REGIONS):
        country = "GB" if last == "UK" else last
    elif len(last) == 3 and last.isupper():
        country = country_code(last)
    if country:
        parts.pop()
        last = parts[-1] if parts else ""
    if len(parts) > 1 and len(last) <= 3 and last.isupper():
        region = parts.pop()
    city = parts[0][:100] if parts else None
    return place(city=city, region=region, country=country)


def own_words(carrier: str, words: str) -> Reading:
    """An event that has words only: the carrier's own wording, where we have a table of it, else the common ones."""
    if carrier == "usps":
        from porchlight.carriers.usps.statuses import reading

        found = reading("", words)
        if found.recognised:
            return found
    return said(words) or UNRECOGNISED
