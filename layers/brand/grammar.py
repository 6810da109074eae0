"""What the build checks of words in every language without filling them in: that they are well formed, and ask for
nothing but facts that stand at their place.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import catalogs
from jinja2 import TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from problems import BrandError

from porchlight.domain.speech import PLACES

CATEGORIES = frozenset({"zero", "one", "two", "few", "many", "other"})
"""Plural categories of CLDR; every language has ``other``."""
FILTERS = frozenset({"sentence", "joined", "plural", "length"})
_UNSAFE = (nodes.Getattr, nodes.Call, nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_ENV = ImmutableSandboxedEnvironment()
_ENV.filters = dict.fromkeys(FILTERS, str)


class _Read(NamedTuple):
    names: frozenset[str]
    fault: str


def facts_of(view: Any, found: dict[str, frozenset[str]]) -> None:
    """Note for each entry of the words that ``view`` says something of which facts it is given every time."""
    if isinstance(view, Mapping):
        if "say" in view:
            place, given = str(view["say"]), frozenset(view["facts"])
            found[place] = found.get(place, given) & given
        for value in view.values():
            facts_of(value, found)
    elif isinstance(view, list | tuple):
        for value in view:
            facts_of(value, found)


def check_words(words: Mapping[str, Any], facts: Mapping[str, frozenset[str]], where: str) -> None:
    """BrandError names the first text that does not fit. ``facts``: of entries, as ``facts_of`` finds them."""
    for place, text in catalogs.texts(words):
        if place.startswith("phrases."):
            name = place.removeprefix("phrases.").partition(".")[0]
            fault = _unfit(text, frozenset(PLACES.get(name, ())))
        else:
            known = next((facts[entry] for entry in _entries(place) if entry in facts), None)
            fault = _unfit(text, known) if known is not None else _read(text).fault
        if fault:
            raise BrandError(f"{where}{place}: {fault}")


def _entries(place: str) -> Iterator[str]:
    """``moments.shipped.variants.x.headline``, ``moments.shipped.variants.x`` …"""
    while place:
        yield place
        place = place.rpartition(".")[0]


def _unfit(text: str, known: frozenset[str]) -> str:
    if "{" not in text:
        return ""
    read = _read(text)
    if unknown := read.names - known:
        return f"there is no fact {min(unknown)!r} here"
    return read.fault


@cache
def _read(text: str) -> _Read:
    """The facts that a text asks for, and what is wrong with it."""
    if "{" not in text:
        return _Read(frozenset(), "")
    try:
        tree = _ENV.parse(text)
        return _Read(frozenset(meta.find_undeclared_variables(tree)), next(_faults(tree), ""))
    except TemplateSyntaxError as error:
        return _Read(frozenset(), str(error))


def _faults(tree: nodes.Template) -> Iterator[str]:
    reached = (found for found in tree.find_all(nodes.Getitem) if not isinstance(found.arg, nodes.Slice))
    if next(tree.find_all(_UNSAFE), None) or next(reached, None):
        yield "words reach for nothing but facts"
    for used in tree.find_all(nodes.Filter):
        if used.name == "plural":
            forms = {form.key for form in used.kwargs}
            if used.args or not {"other"} <= forms <= CATEGORIES:
                yield f"plural needs other=…, and may have {', '.join(sorted(CATEGORIES - {'other'}))}"
