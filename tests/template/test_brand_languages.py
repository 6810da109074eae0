"""Translations in the pack: what is whole is spoken, what is not is named, nothing is shown that was not meant."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

import catalogs  # noqa: E402
from build import build  # noqa: E402
from problems import BrandError  # noqa: E402

from porchlight.domain.languages import language_of  # noqa: E402

HEADLINE = "moments.shipped.headline"
Say = Callable[[str, str], str]


@pytest.fixture
def brands(tmp_path: Path) -> Path:
    """One brand, and a default that speaks English only."""
    copy = Path(shutil.copytree(ROOT / "brand", tmp_path / "brand"))
    shutil.rmtree(copy / "fjordhus")
    shutil.rmtree(copy / "default/locales", ignore_errors=True)
    return copy


def english(brands: Path) -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load((brands / "default/words/en.yaml").read_text())
    return words


def swedish(brands: Path, changes: dict[str, str] | None = None, *, fuzzy: str = "") -> None:
    """A catalog in which everything is translated by itself, but for ``changes``."""
    catalog = catalogs.template(english(brands))
    for where, text in catalogs.texts(english(brands)):
        message = catalog.get(text, where)
        assert message
        message.string = (changes or {}).get(where, text)
        message.flags = {"fuzzy"} if where == fuzzy else set()
    file = catalogs.place(brands / "default", "sv")
    file.parent.mkdir(parents=True)
    file.write_text(catalogs.text(catalog, "sv"), encoding="utf-8")


def brand_says(brands: Path, language: str, headline: str) -> None:
    folder = brands / "larkspur/words"
    folder.mkdir(exist_ok=True)
    (folder / f"{language}.yaml").write_text(yaml.safe_dump({"moments": {"shipped": {"headline": headline}}}))


def speaks(brands: Path, line: str) -> None:
    file = brands / "larkspur/brand.yaml"
    file.write_text(f"{file.read_text()}\n{line}\n")


def languages(pack: Path, name: str = "larkspur") -> dict[str, str]:
    found: dict[str, str] = json.loads((pack / f"{name}.json").read_text())["languages"]
    return found


def headline(pack: Path, language: str) -> str:
    words = json.loads((pack / f"{languages(pack)[language]}.json").read_text())
    said: str = words["moments"]["shipped"]["headline"]
    return said


def test_a_language_that_is_whole_is_spoken_by_every_brand(brands: Path, tmp_path: Path) -> None:
    swedish(brands, {HEADLINE: "Paketet är på väg."})
    pack = build(brands, tmp_path, check=False)
    assert sorted(languages(pack)) == sorted(languages(pack, "default")) == ["en", "sv"]
    assert headline(pack, "sv") == "Paketet är på väg."


def test_words_of_the_default_are_kept_once(brands: Path, tmp_path: Path) -> None:
    swedish(brands)
    pack = build(brands, tmp_path, check=False)
    assert set(languages(pack).values()) == {"default.words.en", "default.words.sv"}


@pytest.mark.parametrize(("changes", "fuzzy"), [({HEADLINE: ""}, ""), ({}, HEADLINE)], ids=["empty", "fuzzy"])
def test_a_language_with_a_gap_is_not_spoken(brands: Path, tmp_path: Path, changes: dict[str, str], fuzzy: str) -> None:
    swedish(brands, changes, fuzzy=fuzzy)
    assert list(languages(build(brands, tmp_path, check=False))) == ["en"]


@pytest.mark.parametrize(("changes", "fuzzy"), [({HEADLINE: ""}, ""), ({}, HEADLINE)], ids=["empty", "fuzzy"])
def test_a_gap_in_a_language_that_is_listed_is_named(
    brands: Path, tmp_path: Path, changes: dict[str, str], fuzzy: str
) -> None:
    swedish(brands, changes, fuzzy=fuzzy)
    speaks(brands, "languages: [en, sv]")
    with pytest.raises(BrandError, match=rf"larkspur/brand\.yaml: languages: sv has no words for {HEADLINE}$"):
        build(brands, tmp_path, check=False)


def test_a_text_whose_english_has_changed_has_no_translation(brands: Path, tmp_path: Path) -> None:
    swedish(brands)
    file = brands / "default/words/en.yaml"
    old = english(brands)["moments"]["shipped"]["status"]
    assert file.read_text().count(f"status: {old}\n") >= 1
    file.write_text(file.read_text().replace(f"status: {old}\n", "status: Sent\n"))
    assert list(languages(build(brands, tmp_path, check=False))) == ["en"]


def test_a_brands_own_english_is_not_shown_as_the_default_was_translated(
    brands: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given a brand with a headline of its own, it speaks Swedish only when it says that in Swedish, too."""
    swedish(brands)
    brand_says(brands, "en", "Off it goes.")
    pack = build(brands, tmp_path / "one", check=False)
    assert list(languages(pack)) == ["en"]
    assert f"larkspur does not speak sv: 1 texts of its own, first {HEADLINE}" in capsys.readouterr().err

    brand_says(brands, "sv", "Nu far den.")
    pack = build(brands, tmp_path / "two", check=False)
    assert (headline(pack, "en"), headline(pack, "sv")) == ("Off it goes.", "Nu far den.")
    assert languages(pack, "default") == {"en": "default.words.en", "sv": "default.words.sv"}


def test_a_brand_that_lists_a_language_is_asked_for_its_own_texts(brands: Path, tmp_path: Path) -> None:
    swedish(brands)
    brand_says(brands, "en", "Off it goes.")
    speaks(brands, "languages: [en, sv]")
    with pytest.raises(BrandError, match=f"sv has no words for {HEADLINE}"):
        build(brands, tmp_path, check=False)


def test_a_brand_may_say_it_otherwise_in_one_language_only(brands: Path, tmp_path: Path) -> None:
    swedish(brands)
    brand_says(brands, "sv", "Nu far den.")
    pack = build(brands, tmp_path, check=False)
    assert headline(pack, "sv") == "Nu far den."
    assert languages(pack)["en"] == "default.words.en"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("languages: [en, tlh]", "languages: tlh has no words for all of it"),
        ("language: sv", "language: 'sv' is none of en"),
        ("languages: [sv]", "languages: sv has no words"),
    ],
)
def test_a_brand_speaks_what_there_is(brands: Path, tmp_path: Path, line: str, said: str) -> None:
    file = brands / "larkspur/brand.yaml"
    kept = [old for old in file.read_text().splitlines() if not old.startswith("language")]
    file.write_text("\n".join([*kept, line, ""]))
    with pytest.raises(BrandError, match=said):
        build(brands, tmp_path, check=False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ carier }} har den.", "there is no fact 'carier' here"),
        ("{{ refund_means }} har den.", "there is no fact 'refund_means' here"),
        ("{{ carrier|shout }} har den.", "No filter named 'shout'"),
        ("{{ ''.__class__ }}", "nothing but facts"),
        ("{{ carrier['__class__'] }}", "nothing but facts"),
        ("{% if carrier %}", "Unexpected end"),
        ("{{ parcel_count|plural(one='# paket') }}", "plural needs other"),
        ("{{ parcel_count|plural(single='#', other='#') }}", "plural needs other"),
        ("{% include '/etc/passwd' %}", "nothing but facts"),
    ],
)
def test_a_translation_that_asks_for_what_is_not_there_is_named(
    brands: Path, tmp_path: Path, text: str, said: str
) -> None:
    swedish(brands, {HEADLINE: text})
    with pytest.raises(BrandError, match=rf"brand/larkspur: sv: {HEADLINE}: .*{said}"):
        build(brands, tmp_path)


@pytest.mark.parametrize("text", ["{{ dato }}", "på {{ first }}"])
def test_a_phrase_has_its_own_facts(brands: Path, tmp_path: Path, text: str) -> None:
    swedish(brands, {"phrases.on_date": text})
    with pytest.raises(BrandError, match=r"sv: phrases\.on_date: there is no fact"):
        build(brands, tmp_path)


def test_a_catalog_that_cannot_be_read_is_named(brands: Path, tmp_path: Path) -> None:
    swedish(brands)
    file = catalogs.place(brands / "default", "sv")
    file.write_text(file.read_text() + '\nmsgid "x\n')
    with pytest.raises(BrandError, match=r"sv/LC_MESSAGES/words\.po: not a catalog"):
        build(brands, tmp_path, check=False)


def test_the_layer_has_the_locales_of_what_is_spoken() -> None:
    """Given the catalogs that there are, the dependency layer keeps what Babel knows of their languages."""
    show = ["make", "-f", str(ROOT / "layers/dependencies/Makefile"), "--eval=show: ; @echo $(LANGUAGES)", "show"]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # `make test` has its own
    kept = subprocess.run(show, capture_output=True, text=True, check=True, env=bare).stdout.split()
    spoken = {language_of(tag) for tag in catalogs.files(ROOT / "brand/default")}
    assert set(kept) == spoken | {"en"}
    assert len(kept) == 13
