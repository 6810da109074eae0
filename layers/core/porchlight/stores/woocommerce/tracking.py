"""Tracking numbers in an order's meta data: WooCommerce has no field for them, its plugins have.

Read are Shipment Tracking and Advanced Shipment Tracking (``_wc_shipment_tracking_items``; before 2016 single fields),
and AfterShip (``_aftership_tracking_items``; before that single fields). ParcelPanel keeps its numbers in tables of
its own, which no webhook shows.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from porchlight.bodies import clean
from porchlight.domain.carriers import carrier_id
from porchlight.domain.orders import ParcelShipped
from porchlight.domain.packing import ParcelLine
from porchlight.errors import UnreadableBodyError
from porchlight.stores import reading

_ITEMS = "_wc_shipment_tracking_items"
_AFTERSHIP = "_aftership_tracking_items"
_SINGLE = (
    ("_tracking_number", ("_custom_tracking_provider", "_tracking_provider"), "_date_shipped"),
    ("_aftership_tracking_number", ("_aftership_tracking_provider_name", "_aftership_tracking_provider"), ""),
)
_NO_CARRIER = frozenset({"", "custom", "other", "shipping"})
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class _Item(NamedTuple):
    number: str
    carrier: str
    key: str
    shipped: datetime | None
    lines: tuple[ParcelLine, ...]


def tracked(meta: dict[str, Any], order_id: str, placed: datetime, modified: datetime) -> list[ParcelShipped]:
    """The parcels that plugins know of, each once. ``modified`` is when the order last changed.

    Two plugins may know the same parcel: the first that does is believed, in the order above.
    """
    found: dict[str, ParcelShipped] = {}
    for item in (*_items(meta.get(_ITEMS)), *_items(meta.get(_AFTERSHIP)), *_single(meta)):
        if item.number in found:
            continue
        # A day is noted as its midnight: a parcel leaves neither before its order nor after we hear of it.
        shipped = min(max(item.shipped, placed), modified) if item.shipped else modified
        found[item.number] = ParcelShipped(
            external_order_id=order_id,
            fulfillment_id=item.key,
            carrier=carrier_id(item.carrier) or None,
            tracking_numbers=(item.number,),
            shipped_at=shipped,
            lines=item.lines,
            # Without lines nothing about it can change, and no later body is news.
            updated_at=modified if item.lines else placed,
        )
    return list(found.values())


def _items(value: Any) -> Iterator[_Item]:
    for entry in _entries(value):
        try:
            numbers = reading.numbers(entry.get("tracking_number"))
        except UnreadableBodyError:
            continue  # people write whole sentences there; the order is readable all the same
        names = ("custom_tracking_provider", "tracking_provider", "formatted_tracking_provider", "slug")
        carrier = next((name for key in names if (name := clean(entry.get(key), 100)).lower() not in _NO_CARRIER), "")
        key = clean(entry.get("tracking_id"), 128)
        for number in numbers:
            yield _Item(
                number,
                carrier,
                key if key and len(numbers) == 1 else number,
                _day(entry.get("date_shipped")),
                _lines(entry) if len(numbers) == 1 else (),
            )


def _entries(value: Any) -> Iterator[dict[str, Any]]:
    """The entries of a list: as JSON, as an object keyed by numbers (PHP), or as JSON in a string."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if isinstance(value, dict):
        value = [value] if "tracking_number" in value else list(value.values())
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, dict):
            yield entry


def _single(meta: dict[str, Any]) -> Iterator[_Item]:
    for number_key, carrier_keys, day_key in _SINGLE:
        try:
            numbers = reading.numbers(meta.get(number_key))
        except UnreadableBodyError:
            continue
        carrier = next(
            (name for key in carrier_keys if (name := clean(meta.get(key), 100)).lower() not in _NO_CARRIER), ""
        )
        for number in numbers:
            yield _Item(number, carrier, number, _day(meta.get(day_key)) if day_key else None, ())


def _day(value: Any) -> datetime | None:
    """The shipping day: seconds since 1970, as text or as a number; None for anything else."""
    text = clean(value, 20)
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        return None
    found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(text))
    return found if found > _LONG_AGO else None


def _lines(entry: dict[str, Any]) -> tuple[ParcelLine, ...]:
    """What is in the parcel: ``products_list`` (Advanced Shipment Tracking) or ``line_items`` (AfterShip)."""
    found: dict[str, int] = {}
    for listed in (entry.get("products_list"), entry.get("line_items")):
        for line in listed if isinstance(listed, list) else ():
            if not isinstance(line, dict):
                return ()
            line_id, quantity = (
                clean(line.get("item_id") or line.get("id"), 128),
                clean(line.get("qty") if "qty" in line else line.get("quantity"), 8),
            )
            if not line_id or not quantity.isascii() or not quantity.isdigit():
                return ()
            found[line_id] = found.get(line_id, 0) + int(quantity)
    return tuple(ParcelLine(line_id=key, quantity=quantity) for key, quantity in found.items() if quantity)
