"""What all stores share: reading amounts, names, contact points and tracking numbers from the bodies of strangers."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from porchlight.bodies import as_object, clean, load_json, optional_day
from porchlight.domain.dates import DateRange
from porchlight.domain.money import Money
from porchlight.domain.orders import Destination
from porchlight.domain.zones import zone_of_place
from porchlight.errors import UnreadableBodyError
from porchlight.stores.regions import region

LARGEST = Decimal(10) ** 15
MOST_PARCELS = 200


def bare(body: bytes, wrappers: Iterable[str]) -> dict[str, Any]:
    """The object in a body: bare as webhooks have it, or under its own name as REST answers have it."""
    data = as_object(load_json(body), "the body")
    for name in wrappers:
        if "id" not in data and isinstance(data.get(name), dict):
            found: dict[str, Any] = data[name]
            return found
    return data


def currency(value: Any) -> str:
    """An ISO 4217 code."""
    text = clean(value, 4).upper()
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise UnreadableBodyError("the currency is not one of ISO 4217")
    return text


def amount(value: Any, what: str) -> Decimal:
    """An amount: stores print text, some apps numbers."""
    try:
        found = Decimal(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except ArithmeticError:
        found = None
    if found is None or not found.is_finite() or abs(found) > LARGEST:
        raise UnreadableBodyError(f"{what} is not an amount of money")
    return found


def money(value: Any, code: str, what: str) -> Money:
    """An amount in a currency."""
    return Money.of(amount(value, what), code)


def each(total: Decimal, quantity: int, code: str) -> Money:
    """What was paid for one of ``quantity`` that cost ``total`` together; never less than nothing."""
    return Money.of(max(total / quantity, Decimal(0)), code)


def reduced_from(full: Decimal | None, paid: Decimal, quantity: int, code: str) -> Money | None:
    """What one of ``quantity`` would have cost, where they cost ``full`` and less was paid for them."""
    return each(full, quantity, code) if full is not None and full > paid else None


def known(value: Any, code: str) -> Money | None:
    """An amount that the order does not hang on: None where it is none, or less than nothing."""
    try:
        found = money(value, code, "an amount")
    except UnreadableBodyError:
        return None
    return found if found.amount >= 0 else None


def whole(paid: Decimal, unit: Money, quantity: int, code: str) -> Money | None:
    """What was paid for all of a line, where that is not ``quantity`` times ``unit``."""
    exact = Money.of(max(paid, Decimal(0)), code)
    return None if exact == unit.times(quantity) else exact


def total_of(entries: Iterable[Any], name: str) -> Decimal:
    """The sum of an amount in each entry; what is none counts for nothing."""
    found = Decimal(0)
    for entry in entries:
        try:
            found += amount(entry.get(name), name) if isinstance(entry, dict) and entry.get(name) is not None else 0
        except UnreadableBodyError:
            continue
    return found


def channel(value: Any, stores: Iterable[str]) -> str:
    """Where it was bought: ``store`` for those names of the shop's tills, else ``web``."""
    return "store" if clean(value, 40).lower() in stores else "web"


def return_of(value: Any) -> str:
    """The return of ours (``rma_…``) in exchange for which an order was made, where the shop says so."""
    text = clean(value, 40)
    return text if re.fullmatch(r"rma_[a-z2-7]{20}", text) else ""


def code(value: Any) -> str | None:
    """A word of the kind ``custom_made``."""
    text = clean(value, 40).lower()
    return text if re.fullmatch(r"[a-z][a-z_]*", text) else None


def quantity(value: Any) -> int:
    """How many of a line; 0 for one that was removed."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1_000_000:
        raise UnreadableBodyError("the quantity of a line is not a number of things")
    return value


def first_email(*values: Any) -> str | None:
    """The first that looks like an address."""
    return next((text for value in values if "@" in (text := clean(value)) and len(text) <= 320), None)


def first_phone(*values: Any) -> str | None:
    """The first that is there."""
    return next((text for value in values if (text := clean(value)) and len(text) <= 40), None)


def full_name(*parts: Any) -> str:
    """First and last name, as far as known."""
    return " ".join(text for part in parts if (text := clean(part, 100)))


def language(value: Any) -> str | None:
    """A BCP 47 tag (``en``, ``de-DE``)."""
    text = clean(value, 36).replace("_", "-")
    return text if text.replace("-", "").isalnum() and text.isascii() and len(text) <= 35 else None


def destination(country: Any, state: Any, postcode: Any) -> Destination:
    """Country, state, time zone where one of them has one clock, the first three characters of the postcode."""
    code = clean(country, 3).upper()
    known = code if len(code) == 2 and code.isascii() and code.isalpha() else None
    place = region(known, state) if known else None
    return Destination(
        country=known,
        region=place,
        postal_prefix=clean(postcode).replace(" ", "").upper()[:3] or None,
        zone=zone_of_place(known, place),
    )


def promise(first: Any, last: Any, zone: str | None) -> DateRange | None:
    """Days that checkout told the shopper; one of them alone is both."""
    earliest, latest = _day(first), _day(last)
    earliest, latest = earliest or latest, latest or earliest
    if not earliest or not latest or earliest > latest:
        return None
    return DateRange(earliest=earliest, latest=latest, zone=zone)


def _day(value: Any) -> date | None:
    return optional_day(value) if value else None


def denied(value: Any) -> bool:
    """True for a flag that says no; one without a value says yes by being there."""
    return value is False or clean(value).lower() in ("0", "false", "no")


def numbers(*values: Any) -> tuple[str, ...]:
    """Tracking numbers, each once. People write several into one field."""
    found: list[str] = []
    for value in values:
        for text in value if isinstance(value, list) else [value]:
            for part in clean(text, 1_000).replace(";", ",").replace("|", ",").split(","):
                number = part.strip()
                if len(number) > 64:
                    raise UnreadableBodyError("a tracking number is too long")
                if number:
                    found.append(number)
    if len(found) > MOST_PARCELS:
        raise UnreadableBodyError("more parcels than one fulfilment can have")
    return tuple(dict.fromkeys(found))


def as_printed(value: Any) -> str | None:
    """A short text (or a number) of the store's own, for ``preview``."""
    return clean(str(value) if isinstance(value, float) else value, 200) or None


def count(value: Any) -> int:
    """How many entries a list has, for ``preview``."""
    return len(value) if isinstance(value, list) else 0
