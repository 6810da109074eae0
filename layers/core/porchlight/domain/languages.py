"""Language tags (BCP 47): which of the languages that a brand speaks somebody is written to in."""

import re
from collections.abc import Collection

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})

_TAG = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?(?:-[a-z0-9]{1,8})*", re.IGNORECASE)
_WEIGHT = re.compile(r";\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$")
_LONGEST = 500
"""Of a header; what is beyond is nobody's preference."""


def language_of(tag: str) -> str:
    """``pt`` of ``pt-BR``; "" where it is no tag."""
    found = _TAG.fullmatch(tag.replace("_", "-"))
    return found[1].lower() if found else ""


def region_of(tag: str) -> str | None:
    """``BR`` of ``pt-BR``, None where the tag names no country."""
    found = _TAG.fullmatch(tag.replace("_", "-"))
    return found[3].upper() if found and found[3] and found[3].isalpha() else None


def own_name(tag: str) -> str:
    """What a language is called by those who speak it (``Deutsch``); the tag where nobody knows."""
    from babel import Locale, UnknownLocaleError  # brings the data of locales

    try:
        name = Locale.parse(tag, sep="-").get_display_name() or tag
    except (UnknownLocaleError, ValueError):
        return tag
    return name[:1].upper() + name[1:]


def matched(tag: str | None, spoken: Collection[str]) -> str | None:
    """The one of ``spoken`` that a reader of ``tag`` understands best: the same tag, its language, the language of
    another country; None where there is none.
    """
    language = language_of((tag or "").strip())
    if not language:
        return None
    wanted = (tag or "").strip().replace("_", "-").lower()
    alike = [one for one in sorted(spoken) if language_of(one) == language]
    return next((one for one in (*(one for one in alike if one.lower() == wanted), *alike)), None)


def best(spoken: Collection[str], *wished: str | None) -> str:
    """The first of ``wished`` that is spoken, in the order of preference; the last resort is English."""
    found = (matched(tag, spoken) for tag in wished)
    return next((one for one in found if one), "en")


def accepted(header: str | None) -> list[str]:
    """The tags of an ``Accept-Language`` header (RFC 9110), the most wanted first; what cannot be read is left out."""
    wanted: list[tuple[float, str]] = []
    for part in (header or "")[:_LONGEST].split(","):
        weight = _WEIGHT.search(part)
        tag, rank = part.partition(";")[0].strip(), float(weight[1]) if weight else 1.0
        if rank > 0 and language_of(tag):
            wanted.append((rank, tag))
    return [tag for _, tag in sorted(wanted, key=lambda one: -one[0])]
