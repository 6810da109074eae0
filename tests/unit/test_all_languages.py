"""Every email and page of the default, in every language: whole, in its direction, within limits."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from porchlight.adapters import brandpack
from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from porchlight.domain.brands import BrandConfig
from tests.packs import repository_pack
from tests.unit.speaking import LANGUAGES

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

import checks  # noqa: E402
import samples  # noqa: E402

BRAND_OF = {language: ("larkspur", "fjordhus")[index % 2] for index, language in enumerate(LANGUAGES)}
"""A dollar brand with twelve hours, and a euro brand in Germany: each language has one of them."""
TEMPLATE = re.compile(r"\{\{|\}\}|\{%|\bNone\b|\bUndefined\b|jinja\d{4}x")
DIRECTION = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"')
IMAGE = re.compile(r'<[^>]*\brole="img"[^>]*>|<img\b[^>]*>')
ENGLISH = re.compile(r"\b(We are sorry|Your (?:parcel|order)|You hear from us|Tracking number)\b")


@pytest.fixture(scope="module")
def renderer() -> PackRenderer:
    return PackRenderer(BrandPack(repository_pack()))


def width(text: str) -> int:
    """Columns: letters of China and Japan take two, marks above and below others none."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.category(letter) == "Mn" for letter in text)


def emails(renderer: PackRenderer, brand: BrandConfig, language: str) -> Iterator[tuple[str, str, str, str]]:
    speech = renderer.speech(brand, language)
    for sample in samples.emails(brand):
        view = checks.email_of(brand, sample, speech)
        yield sample.name, *renderer.email(brand, sample.moment, view)


def direction(language: str) -> str:
    return "rtl" if language == "ar" else "ltr"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_email_is_whole(renderer: PackRenderer, language: str) -> None:
    brand = renderer._pack.get(BRAND_OF[language])
    long = set()
    for name, subject, html, text in emails(renderer, brand, language):
        where = f"{language} {name}"
        assert f'<html lang="{language}" dir="{direction(language)}"' in html, where
        assert len(html.encode()) < checks.MAX_HTML, where
        for part in (subject, html, text):
            assert not TEMPLATE.search(part), f"{where}: {TEMPLATE.search(part)}"
            assert not DIRECTION.search(part), where
            assert language == "en" or not ENGLISH.search(part), f"{where}: {ENGLISH.search(part)}"
        assert not re.search(r"\S[ \u00a0]{2,}\S", text), f"{where}\n{text}"
        assert not re.search(r"\w\.\.(?!\.)", text), f"{where}\n{text}"
        links = LINK.findall(html)
        assert links, where
        assert all(link.startswith("https://") for link in links), where
        assert all(re.search(r'(aria-label|alt)="[^"]+"', image) for image in IMAGE.findall(html)), where
        if not 0 < width(subject) < checks.MAX_SUBJECT:
            long.add(f"{width(subject)} {name}: {subject}")
    assert not long, "\n".join(sorted(long))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_whole(renderer: PackRenderer, language: str) -> None:
    brand = renderer._pack.get(BRAND_OF[language])
    for name, template, view in checks._pages(brand, renderer.speech(brand, language)):
        html, where = renderer.page(brand, template, view), f"{language} {template} {name}"
        assert f'lang="{language}" dir="{direction(language)}"' in html, where
        assert not TEMPLATE.search(re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)), where
        assert not DIRECTION.search(html), where
        assert language == "en" or not ENGLISH.search(html), f"{where}: {ENGLISH.search(html)}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_of_nobody_speaks_as_the_browser_wishes(renderer: PackRenderer, language: str) -> None:
    assert f'<html lang="{language}"' in renderer.page(None, "not_found", {"language": language})


def test_arabic_mirrors_the_line_and_keeps_numbers(renderer: PackRenderer) -> None:
    brand = renderer._pack.get("larkspur")
    html = next(html for name, _, html, _ in emails(renderer, brand, "ar") if name == "accepted")
    assert "direction:rtl" in html
    assert "direction:ltr" not in html
    assert '<bdi dir="ltr">1Z999AA10123456784</bdi>' in html
    assert "text-align:right" in html


@pytest.mark.parametrize(
    ("wished", "spoken"),
    [
        *((("fr-CA",), "fr"), (("pt-PT",), "pt-BR"), (("pt_BR",), "pt-BR"), (("DE-at",), "de")),
        *((("zh-TW",), "en"), (("",), "en"), ((None,), "en"), (("../../x",), "en"), (("xx", "it"), "it")),
        *(((None, "nl", "de"), "nl"), (("en-GB", "de"), "en"), (("zh-Hant-TW", "ja-JP"), "ja")),
    ],
)
def test_who_wishes_what_reads_what(renderer: PackRenderer, wished: tuple[str | None, ...], spoken: str) -> None:
    """Given a brand whose own language is English."""
    assert renderer.speech(renderer._pack.get("larkspur"), *wished).tag == spoken


def test_only_the_words_that_are_spoken_are_loaded(renderer: PackRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a process that writes one Polish email, it reads one file of words."""
    read = []
    load = brandpack._load.__wrapped__
    monkeypatch.setattr(brandpack, "_load", lambda file: read.append(file.name) or load(file))
    fresh = PackRenderer(BrandPack(renderer._pack._root()))
    brand = fresh._pack.get("larkspur")
    next(emails(fresh, brand, "pl"))
    assert {name for name in read if ".words." in name} == {"default.words.pl.json"}


def test_words_count_in_the_language(renderer: PackRenderer) -> None:
    """Given a driver who is some minutes away, the noun follows its number."""
    brand = renderer._pack.get("larkspur")
    pages = {page.name: page for page in samples.pages(brand)}
    said = {}
    for name in ("driver-1-minute", "driver-10-minutes"):
        speech = renderer.speech(brand, "de")
        said[name] = renderer.page(brand, "tracking", checks.page_of(brand, pages[name], speech))
    assert "1 Minute " in said["driver-1-minute"]
    assert "10 Minuten " in said["driver-10-minutes"]
