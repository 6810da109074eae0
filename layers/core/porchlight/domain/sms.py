"""How many parts an SMS is billed as (3GPP TS 23.038), and texts that fit into few of them."""

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Behind an escape: each takes two places."""
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("–—‐‑‒―−", "-"),
        **dict.fromkeys("\u00a0\u202f\u2007\u2009\u200a\u2002\u2003", " "),
        "…": "...",
        "•": "-",
        "·": "-",
        "\u200c": None,
        "\u200d": None,
        "\ufeff": None,
    }
)
"""Typography that GSM has other letters for; nothing is lost by it."""


class Size(NamedTuple):
    """What a text is billed as."""

    encoding: str
    """``GSM-7`` or ``UCS-2``."""
    segments: int


class Fitting(NamedTuple):
    """A text that fits, and its parts."""

    text: str
    segments: int


def parts(text: str) -> Size:
    """Encoding and segments. A letter outside of GSM 7-bit makes all of it UCS-2; no letter is cut in two by a
    boundary.
    """
    if all(letter in _BASIC or letter in _EXTENDED for letter in text):
        return Size("GSM-7", _segments([2 if letter in _EXTENDED else 1 for letter in text], 160, 153))
    return Size("UCS-2", _segments([2 if ord(letter) > 0xFFFF else 1 for letter in text], 70, 67))


def _segments(widths: list[int], alone: int, joined: int) -> int:
    if sum(widths) <= alone:
        return 1
    found, room = 1, joined
    for width in widths:
        if width > room:
            found, room = found + 1, joined
        room -= width
    return found


def plain(text: str) -> str:
    """The text with typographic quotes, dashes and spaces as GSM has them, where that makes it GSM; else as it was."""
    simple = unicodedata.normalize("NFC", text).translate(_PLAIN)
    return simple if parts(simple).encoding == "GSM-7" else text


def fit(forms: Iterable[str], most: int) -> Fitting | None:
    """The first of the forms (the longest first) that takes at most so many segments; None where none does."""
    for form in forms:
        text = plain(" ".join(form.split()))
        if (size := parts(text)).segments <= most:
            return Fitting(text, size.segments)
    return None
