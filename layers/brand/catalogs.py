"""Translations of the default's words: gettext catalogs, ``locales/<language>/LC_MESSAGES/words.po``.

A text is known by its place (``msgctxt``: ``moments.shipped.headline``) and by its English (``msgid``). Where the
English has changed since, or a brand says it in its own words, there is no translation of it: nobody reads what is no
longer meant.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

type Words = Mapping[str, Any]

DOMAIN = "words"


class CatalogError(Exception):
    """What is wrong with a catalog, with the file that it is."""


_FUZZY = "fuzzy"
_UNSPOKEN = ".tone"
"""Words that choose a colour; they are the same in every language."""
_HEADER = """{title}
msgid ""
msgstr ""
{language}"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def files(defaults: Path) -> dict[str, Path]:
    """Where the catalogs are, by language tag."""
    found = sorted((defaults / "locales").glob(f"*/LC_MESSAGES/{DOMAIN}.po"))
    return {tag(file.parents[1].name): file for file in found}


def tag(name: str) -> str:
    """``pt-BR`` of ``pt_BR``, as folders are called."""
    return name.replace("_", "-")


def place(defaults: Path, language: str) -> Path:
    """Where the catalog of a language lies."""
    return defaults / "locales" / language.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.po"


def texts(words: Words, at: str = "") -> Iterator[tuple[str, str]]:
    """What is to be translated: each text with its place, in the order of the file."""
    for name, value in words.items():
        where = f"{at}.{name}" if at else str(name)
        if isinstance(value, Mapping):
            yield from texts(value, where)
        elif is_text(where, value):
            yield where, value


def is_text(where: str, value: str) -> bool:
    """True for what is to be translated."""
    return bool(value) and not where.endswith(_UNSPOKEN)


def read(file: Path) -> Catalog:
    """A catalog. CatalogError where it cannot be read."""
    try:
        return read_po(BytesIO(file.read_bytes()), charset="utf-8", abort_invalid=True)
    except (OSError, ValueError, PoFileError) as error:
        raise CatalogError(f"{file}: not a catalog: {error}") from None


def translation(catalog: Catalog, where: str, english: str) -> str:
    """The translation of a text, empty where there is none that somebody stands by."""
    message = catalog.get(english, where)
    return str(message.string) if message and message.string and not message.fuzzy else ""


def missing(catalog: Catalog, words: Words) -> list[str]:
    """The places that have no translation."""
    return [where for where, english in texts(words) if not translation(catalog, where, english)]


def add(catalog: Catalog, where: str, english: str, string: str = "", *, like: Message | None = None) -> None:
    """One text, with the comments and the mark of the message that it is taken from. Babel takes braces for Python's,
    and would say so in the file.
    """
    comments = like.user_comments if like else ()
    made = catalog.add(english, string, context=where, user_comments=comments)
    made.flags = {_FUZZY} if like and (like.fuzzy or like.id != english or like.context != where) else set()


def template(words: Words) -> Catalog:
    """All texts, translated nowhere."""
    catalog = Catalog(charset="utf-8")
    for where, english in texts(words):
        add(catalog, where, english)
    return catalog


def updated(old: Catalog, words: Words) -> Catalog:
    """A catalog for the texts that there are now. What was translated from another English, or in another place, is
    kept as a proposal: fuzzy, so that it is not used before somebody has looked at it.
    """
    before = {str(message.context): message for message in _messages(old)}
    elsewhere = {str(message.id): message for message in _messages(old) if not message.fuzzy}
    catalog = Catalog(charset="utf-8")
    for where, english in texts(words):
        same = old.get(english, where)
        if same and same.string:
            add(catalog, where, english, str(same.string), like=same)
        elif proposed := before.get(where) or elsewhere.get(english):
            add(catalog, where, english, str(proposed.string), like=proposed)
        else:
            add(catalog, where, english)
    return catalog


def text(catalog: Catalog, language: str = "") -> str:
    """The catalog as a file. Without dates: what has not changed gives the same bytes."""
    out = BytesIO()
    write_po(out, catalog, width=0, omit_header=True)
    title = (
        f"# What shoppers read, in {language}: docs/branding.md."
        if language
        else "# What shoppers read: docs/branding.md."
    )
    stated = f'"Language: {language.replace("-", "_")}\\n"\n' if language else ""
    return _HEADER.format(title=title, language=stated) + out.getvalue().decode()


def _messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id and message.string)
