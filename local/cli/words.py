"""`porchlight words`: translations of what shoppers read, as gettext catalogs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.options import Json
from local.console import Output

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

commands = typer.Typer(
    name="words",
    help="Translations of what shoppers read: write a template, bring catalogs up to date, see what is missing.",
    no_args_is_help=True,
)

BRANDS = Path(__file__).resolve().parents[2] / "brand"

Languages = Annotated[
    list[str] | None, typer.Argument(metavar="[LANGUAGE]…", help="de, pt-BR …; all that there are without it.")
]
Source = Annotated[Path, typer.Option("--source", help="The brand folder.")]


@commands.command()
def extract(
    out: Annotated[Path | None, typer.Option("--out", help="words.pot beside the catalogs without it.")] = None,
    source: Source = BRANDS,
) -> None:
    """Write words.pot: every English text with its place, for translators' programs."""
    from layers.brand import catalogs

    file = out or _defaults(source) / "locales" / f"{catalogs.DOMAIN}.pot"
    output = Output()
    english = _english(source, output)
    _write(file, catalogs.text(catalogs.template(english)))
    output.say(f"{file}: {len(list(catalogs.texts(english)))} texts")


@commands.command()
def update(languages: Languages = None, source: Source = BRANDS) -> None:
    """Bring catalogs up to date with the English. What was said of another English stays as a proposal, marked fuzzy:
    it is not used until the mark is taken away. A language that has no catalog gets an empty one.
    """
    from layers.brand import catalogs

    output = Output()
    english = _english(source, output)
    for language in _wanted(languages, source):
        file = catalogs.place(_defaults(source), language)
        old = _read(output, file) if file.is_file() else catalogs.template({})
        _write(file, catalogs.text(catalogs.updated(old, english), language))
        output.say(f"{file}: {len(catalogs.missing(_read(output, file), english))} texts to do")


@commands.command()
def check(languages: Languages = None, source: Source = BRANDS, json: Json = False) -> None:
    """What has no translation yet, and which are fuzzy; fails while there are any. Brands' own texts are checked when
    the pack is built.
    """
    from layers.brand import catalogs

    output = Output(json)
    english = _english(source, output)
    rows, open_ = [], {}
    for language in _wanted(languages, source):
        catalog = _read(output, catalogs.place(_defaults(source), language))
        lacks = catalogs.missing(catalog, english)
        fuzzy = [place for place, text in catalogs.texts(english) if _is_fuzzy(catalog, place, text)]
        rows.append({"language": language, "missing": len(lacks) - len(fuzzy), "fuzzy": len(fuzzy)})
        open_[language] = lacks
    if json:
        output.document({"languages": rows, "open": open_})
    else:
        output.report("Words", rows)
        for language, lacks in open_.items():
            for place in lacks:
                output.say(f"{language}: {place}")
    if any(open_.values()):
        raise typer.Exit(1)


def _is_fuzzy(catalog: Catalog, place: str, text: str) -> bool:
    message = catalog.get(text, place)
    return bool(message and message.fuzzy)


def _defaults(source: Path) -> Path:
    return source / "default"


def _english(source: Path, output: Output) -> dict[str, Any]:
    import yaml

    file = _defaults(source) / "words" / "en.yaml"
    try:
        words: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        output.fail(f"{file}: cannot be read: {error}")
    return words


def _wanted(languages: list[str] | None, source: Path) -> list[str]:
    from layers.brand import catalogs

    return [catalogs.tag(language) for language in languages or catalogs.files(_defaults(source))]


def _read(output: Output, file: Path) -> Catalog:
    from layers.brand import catalogs

    try:
        return catalogs.read(file)
    except catalogs.CatalogError as error:
        output.fail(str(error))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
