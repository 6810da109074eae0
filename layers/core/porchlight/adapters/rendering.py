"""Words and looks: emails and pages from the brand pack.

Templates are the brand's, facts are strangers'. So: a sandbox that calls nothing unsafe and changes nothing,
an error for every unknown name, views of plain data only, and escaping by the kind of document. Words are
rendered as plain text first and escaped like any other text where they are shown, so neither a word nor a
fact can bring markup along.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from porchlight.adapters.brandpack import NEUTRAL, BrandPack
from porchlight.domain.brands import BrandConfig
from porchlight.domain.facts import brand_view, say
from porchlight.domain.languages import best
from porchlight.domain.speech import Speech, put_in

_KEPT = "\n\u200c\u200d"
_SPACES = re.compile(r"[ \t\r\n]+")
_TWO_STOPS = re.compile(r"(?<=[^\W\d_])\.\.(?=[\s)»”\"]|$)")
"""After an abbreviation that ends a sentence ("6:30 p. m."): one stop says both."""


class PackRenderer:
    """The ``Renderer`` port over a brand pack."""

    def __init__(self, pack: BrandPack | None = None) -> None:
        self._pack = pack or BrandPack()
        self._kits: dict[str, _Kit] = {}

    @property
    def policy(self) -> str:
        """The strictest content security policy under which the pages work: their one style block, and forms
        to ourselves.
        """
        styles = " ".join(f"'{digest}'" for digest in self._pack.style_hashes())
        return f"default-src 'none'; style-src {styles}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

    def speech(self, brand: BrandConfig | None, *wished: str | None) -> Speech:
        """How the brand speaks to a reader of the first of the ``wished`` languages that it has, else of its own."""
        return self._kit(brand).tongue(*wished).speech

    def languages(self, brand: BrandConfig) -> list[str]:
        """The languages that the brand has words in."""
        return sorted(self._kit(brand).languages)

    def email(self, brand: BrandConfig, moment: str, view: Mapping[str, Any]) -> tuple[str, str, str]:
        """Subject, HTML part and text part of a message."""
        kit = self._kit(brand)
        spoken = kit.speak(view)
        html = kit.document(f"email/{moment}.html", "email/message.html", spoken)
        text = kit.document(f"email/{moment}.txt", "email/message.txt", spoken)
        return _line(spoken["words"]["subject"]), html, _visible(text).strip() + "\n"

    def texts(self, brand: BrandConfig, view: Mapping[str, Any]) -> dict[str, str]:
        """The words of a message alone, without a document around them."""
        found: dict[str, str] = self._kit(brand).speak({"words": view["words"], "language": view["language"]})["words"]
        return found

    def page(self, brand: BrandConfig | None, name: str, view: Mapping[str, Any]) -> str:
        """An HTML page: ``tracking`` (of a tracking view), ``unsubscribe`` (of ``{"unsubscribed": bool}``),
        ``not_found``; or a piece of one: ``promise`` (of its words). In ``view["language"]``, where it names one.
        """
        kit = self._kit(brand)
        shown = brand_view(brand) if brand else {"name": ""}
        words = say(name, {"brand": shown["name"]}) if kit.has_words(name) else {}
        spoken = kit.speak({"brand": shown, "words": words, **view})
        return kit.document(f"pages/{name}.html", f"pages/{name}.html", spoken)

    def words(
        self, brand: BrandConfig, name: str, facts: Mapping[str, Any], language: str | None = None
    ) -> dict[str, str]:
        """The entry ``name`` of the brand's words, with these facts in it: plain text."""
        view = {"words": say(name, dict(facts)), "language": language}
        found: dict[str, str] = self._kit(brand).speak(view)["words"]
        return found

    def _kit(self, brand: BrandConfig | None) -> "_Kit":
        key = brand.brand_id if brand else NEUTRAL
        if key not in self._kits:
            self._kits[key] = _Kit(self._pack, key, brand.language if brand else "en")
        return self._kits[key]


class _Kit:
    """One brand's templates, compiled when they are first used, and the languages that it speaks."""

    def __init__(self, pack: BrandPack, brand: str, language: str) -> None:
        data = pack.data(brand)
        look: Mapping[str, Any] = data["look"]
        self._pack, self._brand, self._language = pack, brand, language
        self._templates: Mapping[str, str] = data["templates"]
        self.languages: Sequence[str] = data["languages"]
        self._tongues: dict[str, _Tongue] = {}
        self._env = _environment()
        self._env.autoescape = lambda name: bool(name and name.endswith(".html"))
        self._env.loader = FunctionLoader(self._templates.get)
        # The brand's own, checked when the pack was built: markup as it stands.
        self._env.globals["look"] = {
            **look,
            "style": Markup(look["style"]),  # noqa: S704
            "logo": Markup(look["logo"]),  # noqa: S704
        }

    def document(self, name: str, fallback: str, view: Mapping[str, Any]) -> str:
        """The template ``name`` (or ``fallback``) with a view that has been spoken."""
        return self._env.get_template(name if name in self._templates else fallback).render(view)

    def has_words(self, name: str) -> bool:
        """True where the word list has an entry of its own for a page."""
        return self.tongue().has(name)

    def tongue(self, *wished: str | None) -> "_Tongue":
        """The words in the first of the languages that there are words in."""
        found = best(self.languages, *wished, self._language)
        if found not in self._tongues:
            self._tongues[found] = _Tongue(found, self._pack.words(self._brand, found))
        return self._tongues[found]

    def speak(self, view: Mapping[str, Any]) -> dict[str, Any]:
        """The view with each ``say`` replaced by words, each text made visible, and nothing but plain data
        left in it; and how the document is written.
        """
        tongue = self.tongue(view.get("language"))
        spoken: dict[str, Any] = tongue.plain(view)
        direction = tongue.speech.direction
        start, end = ("right", "left") if direction == "rtl" else ("left", "right")
        return {**spoken, "language": tongue.speech.tag, "direction": direction, "start": start, "end": end}


class _Tongue:
    """A brand's words in one language, compiled when they are first used."""

    def __init__(self, tag: str, words: Mapping[str, Any]) -> None:
        self.speech = Speech(tag, words["phrases"], fill=self._phrase)
        self._words = words
        self._compiled: dict[str, Template] = {}
        self._env = _environment()
        self._env.filters["plural"] = partial(_plural, self.speech)

    def has(self, name: str) -> bool:
        """True where the word list has such an entry."""
        return name in self._words

    def plain(self, value: Any) -> Any:
        """Plain data with words in it."""
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, str):
            return _visible(value)
        if isinstance(value, Mapping):
            if "say" in value:
                return self._said(value)
            return {str(key): self.plain(item) for key, item in value.items()}
        if isinstance(value, Sequence):
            return [self.plain(item) for item in value]
        raise TypeError(f"a view holds plain data only, not {type(value).__name__}")

    def _said(self, node: Mapping[str, Any]) -> Any:
        entry: Any = self._words
        for part in str(node["say"]).split("."):
            entry = entry[part]
        facts = self.plain(node["facts"])
        if isinstance(entry, str):
            return self._render(entry, facts)
        chosen: Mapping[str, str] = next(
            (entry["variants"][name] for name in node["variants"] if name in entry.get("variants", {})), {}
        )
        return {field: self._render(text, facts) for field, text in {**entry, **chosen}.items() if field != "variants"}

    def _phrase(self, text: str, facts: Mapping[str, str]) -> str:
        """Most phrases are plain; only what has conditions needs a template."""
        filled = put_in(text, facts)
        return self._render(text, facts) if "{" in filled else filled

    def _render(self, text: str, facts: Mapping[str, Any]) -> str:
        if "{" not in text:
            return text
        if text not in self._compiled:
            self._compiled[text] = self._env.from_string(text)
        said = _SPACES.sub(" ", self._compiled[text].render(facts)).strip()
        return _TWO_STOPS.sub(".", said) if ".." in said else said


def _environment() -> ImmutableSandboxedEnvironment:
    env = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    env.globals.clear()
    env.filters["sentence"] = lambda text: str(text)[:1].upper() + str(text)[1:]
    env.filters["joined"] = _joined
    return env


def _plural(speech: Speech, number: Any, **forms: str) -> str:
    """``2 parcels`` of ``{{ n|plural(one="# parcel", other="# parcels") }}``, by the language's plural categories."""
    return speech.plural(int(number or 0), forms)


def _joined(parts: Sequence[str], word: str) -> str:
    """``keep waiting, a new one or your money back``."""
    return f" {word} ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _visible(text: str) -> str:
    """Without control and direction characters, which could only mislead the reader (or end a header)."""
    if text.isascii() and text.isprintable():
        return str(text)
    return "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def _line(text: str) -> str:
    return " ".join(_visible(text).split())
