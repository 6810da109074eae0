"""Reading the JSON bodies of strangers: everything may be missing, of another type, enormous or absurd.

What is here either answers or raises ``UnreadableBodyError`` with a reason that is safe to show (it never quotes the
body). Connectors build on it so that nothing else can escape from their ``parse``.
"""

import hmac
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

from porchlight.errors import UnreadableBodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_BYTES = 2_000_000
"""Twice what the front door takes: also files given to ``porchlight parse`` have an end."""

NET = "the parser could not cope with the body"

_FIRST_YEAR, _LAST_YEAR = 1990, 2199


def load_json(body: bytes | str) -> Any:
    """The JSON value in ``body``; NaN, broken text, endless nesting and endless numbers are unreadable."""
    from pydantic_core import from_json  # most signatures need no parser, and their cold start shall not pay for one

    if len(body) > MAX_BYTES:
        raise UnreadableBodyError("the body is larger than any report of a parcel")
    bare = body.removeprefix(b"\xef\xbb\xbf") if isinstance(body, bytes) else body
    try:
        return from_json(bare, allow_inf_nan=False)
    except (ValueError, TypeError):
        pass  # broken, or one of the few things that only the careful parser takes (half a surrogate, deep nesting)
    try:
        return _DECODER.decode(bare.decode() if isinstance(bare, bytes) else bare)
    except RecursionError:
        raise UnreadableBodyError("the body is nested too deeply") from None
    except UnicodeDecodeError:
        raise UnreadableBodyError("the body is not UTF-8 text") from None
    except ValueError:
        raise UnreadableBodyError("the body is not JSON") from None


_PROLOGUE = re.compile(rb"^\s+(?=<)")
_MAX_DEPTH = 60
_ASCII_LIKE = frozenset({b"utf-8", b"us-ascii", b"iso-8859-1"})


def load_xml(body: bytes) -> "Element":
    """The root element of an XML body, all tags and attributes without their namespaces.

    Document types, entities and outside references are unreadable, as is a tree deeper than any report of a parcel.
    """
    from xml.etree.ElementTree import ParseError

    if len(body) > MAX_BYTES:
        raise UnreadableBodyError("the body is larger than any report of a parcel")
    body = _PROLOGUE.sub(b"", body.removeprefix(b"\xef\xbb\xbf"))
    plain = _cannot_declare(body)
    try:
        root = _fast_tree(body) if plain else _careful_tree(body)
    except (ParseError, ValueError, LookupError):
        raise UnreadableBodyError("the body is not XML that we take") from None
    named = not plain or b"xmlns" in body or b"xml:" in body
    bare = _BareNames()
    level = [root]
    for _ in range(_MAX_DEPTH):
        if named:
            for element in level:
                if (tag := element.tag)[0] == "{":
                    element.tag = bare[tag]
                if element.keys():
                    element.attrib = {bare[name]: value for name, value in element.items()}
        level = [child for element in level if len(element) for child in element[:]]
        if not level:
            return root
    raise UnreadableBodyError("the body is nested too deeply")


def _cannot_declare(body: bytes) -> bool:
    """True if a body can hold no document type, and with it no entities: in an encoding that begins with ASCII it
    would have to spell it out.
    """
    if b"<!DOCTYPE" in body or b"\x00" in body:
        return False
    if not body.startswith(b"<?xml"):
        return True
    head = body[: body.find(b"?>")]
    if b"encoding" not in head:
        return True
    given = head.partition(b"encoding")[2].replace(b'"', b"'").split(b"'")
    return len(given) > 2 and given[0].strip() == b"=" and given[1].lower() in _ASCII_LIKE


def _fast_tree(body: bytes) -> "Element":
    """For bodies without a document type: what makes XML dangerous is not in them."""
    from xml.etree.ElementTree import fromstring

    return fromstring(body)  # noqa: S314 (see _cannot_declare)


def _careful_tree(body: bytes) -> "Element":
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        raise UnreadableBodyError("the body is not XML that we take") from None
    return root


class _BareNames(dict[str, str]):
    """Names without the namespace that stands before them in braces."""

    def __missing__(self, name: str) -> str:
        bare = self[name] = name.rpartition("}")[2]
        return bare


def xml_fields(element: "Element") -> dict[str, str]:
    """The texts of the direct children by their tags, the first of equal ones, as they stand ("" where a child is
    empty).
    """
    return {child.tag: child.text or "" for child in reversed(element)}


def xml_children(element: "Element | None", *tags: str) -> "list[Element]":
    """The elements that lie under ``element`` by these tags, one for each step: what a path would find, without the
    cost of one.
    """
    found = [] if element is None else [element]
    for tag in tags:
        found = [child for parent in found for child in parent[:] if child.tag == tag]
    return found


def xml_text(element: "Element | None", path: str, limit: int = 500) -> str:
    """``clean`` of the text of the first element at ``path``; "" where there is none."""
    return clean(element.findtext(path), limit) if element is not None else ""


def only_unreadable[**P, T](parse: Callable[P, T]) -> Callable[P, T]:
    """The last net under a parser: whatever a strange body makes it trip over, the body is quarantined and nothing
    dies.

    Tests hold every connector to never needing it.
    """

    @wraps(parse)
    def netted(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return parse(*args, **kwargs)
        except UnreadableBodyError:
            raise
        except Exception as error:
            raise UnreadableBodyError(f"{NET} ({type(error).__name__})") from error

    return netted


def _no_constant(name: str) -> None:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def as_object(value: Any, what: str) -> dict[str, Any]:
    """``value`` as a JSON object."""
    if not isinstance(value, dict):
        raise UnreadableBodyError(f"{what} is not an object")
    return value


def optional_object(value: Any) -> dict[str, Any]:
    """``value`` if it is an object, else an empty one (for places, addresses and other extras)."""
    return value if isinstance(value, dict) else {}


def as_objects(value: Any, what: str) -> list[dict[str, Any]]:
    """``value`` as a list of objects; nothing is an empty list, a single object a list of one, null entries are left
    out.
    """
    if value is None or value == "":
        return []
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        raise UnreadableBodyError(f"{what} is not a list")
    found = [item for item in value if item is not None]
    for item in found:
        if not isinstance(item, dict):
            raise UnreadableBodyError(f"an entry of {what} is not an object")
    return found


def clean(value: Any, limit: int = 500) -> str:
    """``value`` as one line of printable text without outer space; "" for anything that is neither text nor a whole
    number.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        text = value.strip()
        if not text.isprintable():
            text = " ".join(text.split())  # line ends and the like: nearly always all that there is
            if not text.isprintable():
                text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
        return text if len(text) <= limit else text[:limit]
    if isinstance(value, int) and not isinstance(value, bool) and -(10**30) < value < 10**30:
        return str(value)
    return ""


def optional_text(value: Any, limit: int = 200) -> str | None:
    """``clean``, with None for nothing."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if text.isprintable() and len(text) <= limit:
            return text or None
    return clean(value, limit) or None


def required_text(value: Any, what: str, limit: int) -> str:
    """``clean``, refusing nothing and too much."""
    text = clean(value, limit + 1)
    if not text:
        raise UnreadableBodyError(f"{what} is missing")
    if len(text) > limit:
        raise UnreadableBodyError(f"{what} is too long")
    return text


def moment(value: Any, what: str) -> datetime:
    """An ISO 8601 date and time, aware if a zone is printed, naive (local) if not; sane years only."""
    try:
        found = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        try:
            found = datetime.fromisoformat(clean(value, 60))
        except ValueError:
            raise UnreadableBodyError(f"{what} is not a date and time") from None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else sane(found, what)


_HALVES = {"AM": 0, "PM": 12}


def us_moment(value: Any, what: str) -> datetime:
    """``10/01/2025 08:00 AM``, ``8/17/2021 7:11:26 PM``, ``8/17/2021 19:11``: month first, local time, sane years
    only.
    """
    parts = clean(value, 60).split(" ")
    try:
        month, day, year = parts[0].split("/")
        clock = parts[1].split(":")
        if len(parts) > 3 or len(clock) > 3:
            raise ValueError
        hour = int(clock[0])
        if len(parts) == 3:
            hour = hour % 12 + _HALVES[parts[2].upper()]
        second = int(clock[2]) if len(clock) == 3 else 0
        found = datetime(int(year), int(month), int(day), hour, int(clock[1]), second)  # noqa: DTZ001 (local on purpose)
    except (ValueError, KeyError, IndexError, OverflowError):
        raise UnreadableBodyError(f"{what} is not a date and time") from None
    return sane(found, what)


def aware_moment(value: Any, what: str) -> datetime:
    """``moment``, refusing one without a zone."""
    found = moment(value, what)
    if found.tzinfo is None:
        raise UnreadableBodyError(f"{what} has no time zone")
    return found


def sane(found: datetime, what: str) -> datetime:
    """``found``, refusing years in which no parcel travels (they overflow when converted to UTC)."""
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise UnreadableBodyError(f"{what} lies outside of all reason")
    return found


def optional_day(value: Any) -> date | None:
    """The day of an ISO date or date-time; None for anything else: an estimate is an extra, no reason to refuse."""
    if not value:
        return None
    try:
        found = datetime.fromisoformat(clean(value, 60))
    except ValueError:
        return None
    return found.date() if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def same(given: str, expected: str | bytes) -> bool:
    """Constant-time equality for what a stranger sends; an empty expectation equals nothing."""
    wanted = expected.encode() if isinstance(expected, str) else expected
    return bool(wanted) and hmac.compare_digest(given.encode("utf-8", "replace"), wanted)


def signed_base64(given: str, secret: str, parts: Iterable[bytes]) -> bool:
    """True if ``given`` is the base64 HMAC-SHA256 of the joined parts; an empty secret or signature is never right."""
    if not secret or not given:
        return False
    digest = hmac.digest(secret.encode(), b"".join(parts), "sha256")
    return same(given.strip(), b64encode(digest))
