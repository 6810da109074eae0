"""The forms of WooCommerce's bodies: REST API v1 to v3 (bare), and the legacy API (under a name, other field names)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from porchlight.bodies import as_objects, clean, moment, optional_object
from porchlight.errors import UnreadableBodyError

WRAPPERS = ("order", "order_refund")


def kind_of(data: dict[str, Any]) -> str | None:
    """``order``, ``refund`` or ``deleted`` by the fields that only one of them has."""
    if "amount" in data and "total" not in data:
        return "refund"
    if "line_items" in data and "total" in data:
        return "order"
    return "deleted" if set(data) == {"id"} else None


def first(data: dict[str, Any], *names: str) -> Any:
    """The value under the first of the names that has one: today's name, then the legacy one."""
    return next((data[name] for name in names if data.get(name) not in (None, "")), None)


def instant(data: dict[str, Any], *names: str) -> datetime:
    """A time that is surely UTC: ``…_gmt`` (printed without a zone), or a legacy one that says so itself."""
    value = first(data, *names)
    if value is None:
        raise UnreadableBodyError(f"{names[0]} is missing, and the site's own time names no zone")
    found = moment(value, names[0])
    if found.tzinfo is not None:
        return found
    if not any(name.endswith("_gmt") and data.get(name) == value for name in names):
        raise UnreadableBodyError(f"{names[0]} has no time zone")
    return found.replace(tzinfo=UTC)


def metadata(data: dict[str, Any]) -> dict[str, Any]:
    """What plugins have added, by lower-case key; of several under one key the last counts, as in WordPress."""
    return {
        clean(entry.get("key"), 200).lower(): entry.get("value")
        for entry in as_objects(data.get("meta_data"), "meta_data")
    }


def order_of_refund(data: dict[str, Any]) -> str:
    """A refund names its order in its links only (``…/orders/723``); "" where it does not."""
    links = optional_object(data.get("_links"))
    for href in _hrefs(links, ("up", "self", "collection")):
        _, found, rest = href.partition("/orders/")
        number = rest.partition("/")[0]
        if found and number.isascii() and number.isdigit():
            return number
    parent = clean(data.get("parent_id"), 20)
    return parent if parent not in ("", "0") else ""


def _hrefs(links: dict[str, Any], names: Iterable[str]) -> Iterator[str]:
    for name in names:
        listed = links.get(name)
        for entry in listed if isinstance(listed, list) else ():
            if isinstance(entry, dict):
                yield clean(entry.get("href"), 1_000)
