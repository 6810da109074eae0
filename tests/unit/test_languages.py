"""Language tags: who is written to in which of the languages that there are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.languages import accepted, best, language_of, matched, region_of

SPOKEN = ("de", "en", "fr", "fr-CA", "pt-BR")


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        *(("de", "de"), ("de-AT", "de"), ("de_AT", "de"), ("DE-at", "de"), ("de-1996", "de")),
        *(("fr-CA", "fr-CA"), ("fr-ca", "fr-CA"), ("fr-BE", "fr"), ("pt", "pt-BR"), ("pt-PT", "pt-BR")),
        *(("zh-Hant-TW", None), ("sv", None), ("", None), (None, None), ("x", None), ("d-e", None), ("de ", "de")),
        ("'; DROP TABLE", None),
    ],
)
def test_the_closest_is_taken(tag: str | None, found: str | None) -> None:
    assert matched(tag, SPOKEN) == found


def test_wishes_are_asked_in_turn_and_english_is_the_last_resort() -> None:
    assert best(SPOKEN, None, "sv", "de-CH", "fr") == "de"
    assert best(SPOKEN, "sv", None) == "en"
    assert best((), "de") == "en"


def test_a_tag_has_a_language_and_perhaps_a_country() -> None:
    assert (language_of("zh-Hant-TW"), region_of("zh-Hant-TW")) == ("zh", "TW")
    assert (language_of("es-419"), region_of("es-419")) == ("es", None)
    assert (language_of("1"), region_of("1")) == ("", None)


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", ["de-AT", "de", "en"]),
        ("en;q=0.1, fr;q=0.9", ["fr", "en"]),
        ("de;q=0, en", ["en"]),
        ("*", []),
        ("", []),
        (None, []),
        (";q=1,,  ;", []),
    ],
)
def test_what_the_browser_wishes(header: str | None, tags: list[str]) -> None:
    assert accepted(header) == tags


@given(st.text(max_size=600))
def test_no_header_is_too_strange(header: str) -> None:
    assert best(SPOKEN, *accepted(header), header) in SPOKEN
