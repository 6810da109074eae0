"""The columns of an order file, and the order that rows with one `order_id` make: the body of `PUT /v1/orders/{id}`.

docs/api.md has the list for people; a test compares it with this one.
"""

import re
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

REQUIRED = ("order_id", "placed_at", "currency", "title", "unit_price")
COLUMNS: dict[str, str] = {
    "order_id": "order",
    "number": "order",
    "placed_at": "order",
    "updated_at": "order",
    "currency": "order",
    "total": "order",
    "tier": "order",
    "service": "order",
    "origin": "order",
    "ship_by": "order",
    "cancelled_at": "order",
    "shipping": "order",
    "standard_shipping": "order",
    "shipping_tax": "order",
    "channel": "order",
    "gift": "order",
    "exchange_of": "order",
    "payment_reference": "order",
    "shopper_id": "shopper",
    "name": "shopper",
    "email": "shopper",
    "phone": "shopper",
    "language": "shopper",
    "country": "destination",
    "region": "destination",
    "postcode": "destination",
    "zone": "destination",
    "promise_earliest": "promise",
    "promise_latest": "promise",
    "line_id": "line",
    "sku": "line",
    "title": "line",
    "quantity": "line",
    "unit_price": "line",
    "final_sale": "line",
    "supplier": "line",
    "paid": "line",
    "tax": "line",
    "category": "line",
    "hazmat": "line",
    "weight_grams": "line",
    "no_withdrawal": "line",
    "carrier": "parcel",
    "tracking_number": "parcel",
    "shipped_at": "parcel",
}
"""Each column, and what it says something about."""
_ORDER_WIDE = tuple(name for name, part in COLUMNS.items() if part not in ("line", "parcel"))
_BODY_NAMES = {"shopper_id": "id", "line_id": "id", "postcode": "postal_prefix"}
_BODY_NAMES |= {"promise_earliest": "earliest", "promise_latest": "latest"}
_COLUMN_OF = {
    **{("shopper", _BODY_NAMES.get(name, name)): name for name, part in COLUMNS.items() if part == "shopper"},
    **{("destination", _BODY_NAMES.get(name, name)): name for name, part in COLUMNS.items() if part == "destination"},
    **{("promise", _BODY_NAMES.get(name, name)): name for name, part in COLUMNS.items() if part == "promise"},
    **{("lines", _BODY_NAMES.get(name, name)): name for name, part in COLUMNS.items() if part == "line"},
    **{("parcels", name): name for name, part in COLUMNS.items() if part == "parcel"},
    ("parcels", "supplier"): "supplier",
    ("parcels", "lines"): "quantity",
    **{("lines", ""): "title", ("parcels", ""): "tracking_number", ("promise", ""): "promise_latest"},
}
_OFFSET_APART = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")
_AS_THEY_ARE = (
    *("tier", "service", "origin", "ship_by", "cancelled_at"),
    *("shipping", "standard_shipping", "shipping_tax", "channel", "gift", "exchange_of", "payment_reference"),
)
_SEEN_AS_DATES = ("placed_at", "updated_at", "cancelled_at", "shipped_at")


class Problem(Exception):
    """What is wrong with a row: `column` is "" where no single one is to blame. Never quotes a value."""

    def __init__(self, row: int, column: str, what: str) -> None:
        super().__init__(what)
        self.row, self.column, self.what = row, column, what


type Row = Mapping[str, str]
type Numbered = tuple[int, Row]
"""A row with its number: the heading is row 1, as a spreadsheet counts."""


def order_body(rows: Sequence[Numbered], zone: ZoneInfo | None) -> dict[str, Any]:
    """The body that the rows of one order make, its values as the API wants them; Problem for rows that contradict
    each other, or times without an offset where no zone was given.
    """
    first_row, first = rows[0]
    whole = {name: _whole(rows, name) for name in _ORDER_WIDE}
    whole |= {name: _instant(first_row, name, whole[name], zone) for name in _SEEN_AS_DATES if name in whole}
    lines = _lines(rows)
    parcels = _parcels(rows, zone, whole["placed_at"], {line["id"] for line in lines})
    body: dict[str, Any] = {
        "number": whole["number"] or first["order_id"],
        "placed_at": whole["placed_at"],
        # A clock of its own, so that the same file twice changes nothing.
        "updated_at": whole["updated_at"] or whole["placed_at"],
        "currency": whole["currency"].upper(),
        "total": whole["total"] or _sum(lines, whole["shipping"]),
        "lines": lines,
        "shopper": _part(whole, "shopper"),
        "destination": _part(whole | _place(whole), "destination"),
        "parcels": parcels,
    }
    if promise := _part(whole, "promise"):
        days = [promise.get("earliest") or promise["latest"], promise.get("latest") or promise["earliest"]]
        body["promise"] = dict(zip(("earliest", "latest"), days, strict=True))
    return body | {name: whole[name] for name in _AS_THEY_ARE if whole[name]}


def _place(whole: Row) -> dict[str, str]:
    return {"country": whole["country"].upper(), "region": whole["region"].upper(), "postcode": _prefix(whole)}


def blame(location: tuple[int | str, ...], rows: Sequence[Numbered]) -> tuple[int, str]:
    """The row and column behind a place in the body, such as ``("lines", 1, "quantity")``."""
    head, *rest = location or ("",)
    if head == "lines" and len(rest) >= 1 and isinstance(rest[0], int):
        with_lines = [number for number, row in rows if row["title"]]
        name = str(rest[1]) if len(rest) > 1 else ""
        return with_lines[rest[0]], _COLUMN_OF.get(("lines", name), name)
    if head == "parcels" and len(rest) >= 1 and isinstance(rest[0], int):
        firsts = {row["tracking_number"]: number for number, row in reversed(rows) if row["tracking_number"]}
        number = sorted(firsts.values())[rest[0]]
        name = str(rest[1]) if len(rest) > 1 else ""
        return number, _COLUMN_OF.get(("parcels", name), name)
    name = str(rest[0]) if rest else ""
    return rows[0][0], _COLUMN_OF.get((str(head), name), "order_id" if head == "" else str(head))


def _whole(rows: Sequence[Numbered], name: str) -> str:
    """What the rows say about the order as a whole: the first that says it, and none may say otherwise."""
    found = ""
    for number, row in rows:
        value = row[name]
        if found and value and value != found:
            raise Problem(number, name, "differs from an earlier row of the same order")
        found = found or value
    return found


def _part(values: Mapping[str, str], part: str) -> dict[str, str]:
    names = (name for name, belongs in COLUMNS.items() if belongs == part)
    return {_BODY_NAMES.get(name, name): values[name] for name in names if values[name]}


def _prefix(values: Mapping[str, str]) -> str:
    """Three characters of the postcode: no more of it ever leaves this machine."""
    return values["postcode"].replace(" ", "").upper()[:3]


def _lines(rows: Sequence[Numbered]) -> list[dict[str, str]]:
    lines: list[dict[str, str]] = []
    seen: set[str] = set()
    for number, row in rows:
        if not row["title"]:
            for name, part in COLUMNS.items():
                if part == "line" and row[name] and name not in ("line_id", "quantity", "supplier"):
                    raise Problem(number, "title", "is missing")
            continue
        line_id = row["line_id"] or str(len(lines) + 1)
        if line_id in seen:
            raise Problem(number, "line_id", "stands twice in the order")
        seen.add(line_id)
        line = _part({**row, "line_id": line_id, "quantity": row["quantity"] or "1"}, "line")
        lines.append(line)
    return lines


def _parcels(rows: Sequence[Numbered], zone: ZoneInfo | None, placed_at: str, known: Set[str]) -> list[dict[str, Any]]:
    """One parcel for each tracking number; the lines that stand in its rows are in it. A row without a title says where
    more of an earlier line is.
    """
    parcels: dict[str, dict[str, Any]] = {}
    position = 0
    for number, row in rows:
        position += bool(row["title"])
        tracking = row["tracking_number"]
        if not tracking:
            if row["carrier"] or row["shipped_at"]:
                raise Problem(number, "tracking_number", "is missing")
            continue
        shipped = _instant(number, "shipped_at", row["shipped_at"], zone)
        fresh = {"carrier": row["carrier"], "tracking_number": tracking, "shipped_at": shipped or placed_at}
        parcel = parcels.setdefault(tracking, {**fresh, "lines": []})
        if row["carrier"] and row["carrier"] != parcel["carrier"]:
            raise Problem(number, "carrier", "differs from an earlier row of the same parcel")
        line_id = row["line_id"] or (str(position) if row["title"] else "")
        if line_id and line_id not in known:
            raise Problem(number, "line_id", "is no line of this order")
        if line_id:
            parcel["lines"].append({"id": line_id, "quantity": row["quantity"] or "1"})
        if row["supplier"]:
            parcel["supplier"] = row["supplier"]
    return list(parcels.values())


def _instant(row: int, name: str, text: str, zone: ZoneInfo | None) -> str:
    """An instant with its offset; one without is read in ``zone``."""
    if not text:
        return ""
    try:
        found = datetime.fromisoformat(_OFFSET_APART.sub("", text))
    except ValueError:
        raise Problem(row, name, "is not a date and time such as 2026-03-01T09:30:00+01:00") from None
    if found.tzinfo is None:
        if zone is None:
            raise Problem(row, name, "has no offset; say with --zone where its clock stands")
        found = found.replace(tzinfo=zone)
    return found.isoformat()


def _sum(lines: Sequence[Mapping[str, str]], shipping: str) -> str:
    """What the lines and the shipping cost together; 0 where that cannot be told: what is at fault is named anyhow."""
    try:
        paid = (Decimal(one.get("paid") or Decimal(one["unit_price"]) * int(one["quantity"])) for one in lines)
        return f"{sum(paid, Decimal(shipping or 0)):f}"
    except (InvalidOperation, ValueError, KeyError):
        return "0"
