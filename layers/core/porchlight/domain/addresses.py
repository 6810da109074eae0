"""Whether an email address or a phone number is one, and how a provider wants it. Nothing is looked up anywhere."""

import re
from typing import NamedTuple

MOST_LETTERS = 320

_USUAL = re.compile(r"([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*)@((?:[A-Za-z0-9](?:-?[A-Za-z0-9])*\.)+([A-Za-z]{2,24}))")
"""What nearly all addresses look like. No domain of these has a form that IDNA forbids."""
_NOWHERE = frozenset("arpa invalid local localhost onion test".split())
_MOST_LOCAL, _MOST_LABEL, _MOST_USUAL = 64, 63, 254


class Number(NamedTuple):
    """A phone number that can exist. ``country``: ISO 3166-1, None for those of no country (+800 and the like)."""

    e164: str
    country: str | None


def phone_number(text: str, country: str | None) -> Number | None:
    """The number that somebody typed, None where it can be none. ``country`` reads one without a country's code."""
    import phonenumbers  # some megabytes of tables: for those who write to phones

    if not text or len(text) > 40:
        return None
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    region = phonenumbers.region_code_for_number(parsed)
    known = region if region and len(region) == 2 and region.isalpha() else None
    return Number(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), known)


def valid_email(text: str) -> str | None:
    """The address, normalised; None where it can be none. Whether its domain takes mail is not asked."""
    if not text or len(text) > MOST_LETTERS:
        return None
    if usual := _usual(text.strip()):
        return usual
    # Compiles its patterns for a tenth of a second: only where an address needs it.
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.normalized


def _usual(text: str) -> str | None:
    """The address, where it is one at the first look; what is longer or less usual is for the library to judge."""
    found = _USUAL.fullmatch(text)
    if found is None or len(text) > _MOST_USUAL:
        return None
    local, domain, top = found.groups()
    if len(local) > _MOST_LOCAL or max(map(len, domain.split("."))) > _MOST_LABEL or top.lower() in _NOWHERE:
        return None
    return f"{local}@{domain.lower()}"
