"""Whether an email address or a phone number is one, and how a provider wants it. Nothing is looked up anywhere."""

from typing import NamedTuple

MOST_LETTERS = 320


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
    from email_validator import EmailNotValidError, validate_email

    if not text or len(text) > MOST_LETTERS:
        return None
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.normalized
