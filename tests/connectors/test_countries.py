"""Countries as carriers write them."""

import pytest

from porchlight.carriers import countries
from porchlight.carriers.countries import country_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "DE"),
        ("de", "DE"),
        ("DEU", "DE"),
        ("CHN", "CN"),
        ("AUT", "AT"),
        ("AUS", "AU"),
        (" POL ", "PL"),
        ("Germany", "DE"),
        ("DEUTSCHLAND", "DE"),
        ("Österreich", "AT"),
        ("United Kingdom", "GB"),
        ("USA", "US"),
        ("", None),
        ("D", None),
        ("12", None),
        ("QQQ", None),
        ("Lindenau", None),
    ],
)
def test_spellings(text: str, code: str | None) -> None:
    assert country_code(text) == code


def test_every_country_has_one_short_code() -> None:
    """ISO 3166-1 lists 249."""
    long = [*countries._LIKE_THEIR_SHORT, *countries._OTHERS]
    short = [country_code(code) for code in long]
    assert len(set(long)) == len(set(short)) == len(long) == 249
    assert set(countries._NAMES.values()) <= set(short)
