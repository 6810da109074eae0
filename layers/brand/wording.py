"""Which words a brand has, in which languages: the default's English with the brand's own laid over it, and of each
other language what is translated of exactly these texts.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import catalogs
from babel.messages.catalog import Catalog
from problems import BrandError

from porchlight.domain.brands import BrandConfig
from porchlight.domain.facts import VARIANTS
from porchlight.domain.languages import matched

type Words = dict[str, Any]
type Reader = Callable[[Path], dict[str, Any]]

SOURCE = "en"
_OPEN = "returns.reasons."
"""Reasons of the brand's own policy have words of their own there."""
_NAMED = 5
"""So many missing texts are named; of more, how many."""


class Wording(NamedTuple):
    """All words of a brand by language, and the places that are missing in languages that it does not speak."""

    spoken: dict[str, Words]
    missing: dict[str, list[str]]


def read_catalogs(defaults: Path) -> dict[str, Catalog]:
    """The default's catalogs by language tag."""
    try:
        return {language: catalogs.read(file) for language, file in catalogs.files(defaults).items()}
    except catalogs.CatalogError as error:
        raise BrandError(str(error)) from None


def wording(
    defaults: Path, folder: Path, config: BrandConfig | None, known: Mapping[str, Catalog], read: Reader
) -> Wording:
    """The words in all languages that the brand speaks: those in its ``languages``, which have to be whole; where it
    names none, all that are. ``known``: the default's catalogs. BrandError names what is missing.
    """
    own = {catalogs.tag(file.stem): file for file in sorted((folder / "words").glob("*.yaml"))} if config else {}
    english = read(defaults / "words" / f"{SOURCE}.yaml")
    check_variants(english, f"{defaults / 'words' / SOURCE}.yaml: ")
    if SOURCE in own:
        english = _with(english, own.pop(SOURCE), read)
    found, missing = {SOURCE: english}, {}
    for language in sorted({*known, *own}):
        words, lacks = translated(english, known.get(language) or Catalog())
        if language in own:
            words, given = _with(words, own[language], read), dict(catalogs.texts(read(own[language])))
            lacks = [where for where in lacks if where not in given]
        if lacks:
            missing[language] = lacks
        else:
            found[language] = words
    return Wording(_chosen(folder, config, found, missing) if config else found, missing)


def _chosen(
    folder: Path, config: BrandConfig, found: Mapping[str, Words], missing: Mapping[str, list[str]]
) -> dict[str, Words]:
    where = folder / "brand.yaml"
    wanted = config.languages or tuple(found)
    for language in wanted:
        if language not in found:
            lacks = missing.get(language, ["all of it"])
            more = f" and {len(lacks) - _NAMED} more" if len(lacks) > _NAMED else ""
            raise BrandError(f"{where}: languages: {language} has no words for {', '.join(lacks[:_NAMED])}{more}")
    if matched(config.language, wanted) is None:
        raise BrandError(f"{where}: language: {config.language!r} is none of {', '.join(wanted)}")
    return {language: found[language] for language in wanted}


def translated(english: Mapping[str, Any], catalog: Catalog, at: str = "") -> tuple[Words, list[str]]:
    """The same words in another language, and the places that have none."""
    words: Words = {}
    lacks: list[str] = []
    for name, value in english.items():
        where = f"{at}.{name}" if at else str(name)
        if isinstance(value, Mapping):
            words[name], below = translated(value, catalog, where)
            lacks += below
        elif catalogs.is_text(where, value):
            words[name] = catalogs.translation(catalog, where, value)
            lacks += [] if words[name] else [where]
        else:
            words[name] = value
    return words, lacks


def _with(base: Words, file: Path, read: Reader) -> Words:
    words = _laid_over(base, read(file), f"{file}: ")
    check_variants(words, f"{file}: ")
    return words


def _laid_over(base: Words, own: Words, where: str) -> Words:
    """``base`` with the words of ``own``. A name that the defaults do not have is a misspelling, unless it is
    a variant.
    """
    merged = dict(base)
    for key, value in own.items():
        if key == "variants" and isinstance(value, dict):
            variants = base.get("variants", {})
            merged[key] = variants | {name: variants.get(name, {}) | words for name, words in value.items()}
        elif key not in base:
            if not where.endswith(_OPEN):
                raise BrandError(f"{where}{key}: there is no such word")
            merged[key] = value
        elif isinstance(base[key], dict) != isinstance(value, dict):
            raise BrandError(f"{where}{key}: has to be {'a group of words' if isinstance(base[key], dict) else 'text'}")
        else:
            merged[key] = _laid_over(base[key], value, f"{where}{key}.") if isinstance(value, dict) else value
    return merged


def check_variants(words: Words, where: str) -> None:
    """Every word is text, and variants change words that there are, under names that there are."""
    for key, value in words.items():
        if key == "variants":
            for name, changed in value.items():
                if name not in VARIANTS:
                    raise BrandError(
                        f"{where}variants.{name}: no such variant; there are {', '.join(sorted(VARIANTS))}"
                    )
                if unknown := changed.keys() - words.keys():
                    raise BrandError(f"{where}variants.{name}.{min(unknown)}: there is no such word")
                check_variants(changed, f"{where}variants.{name}.")
        elif isinstance(value, dict):
            check_variants(value, f"{where}{key}.")
        elif not isinstance(value, str):
            raise BrandError(f"{where}{key}: has to be text")
