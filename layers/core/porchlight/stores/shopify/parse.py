"""Shopify bodies: the bare object in a webhook, the same object under its name in a REST answer."""

from decimal import Decimal
from typing import Any

from porchlight.bodies import (
    as_object,
    as_objects,
    aware_moment,
    clean,
    load_json,
    only_unreadable,
    optional_day,
    optional_object,
    optional_text,
    required_text,
)
from porchlight.domain.carriers import carrier_id
from porchlight.domain.dates import DateRange
from porchlight.domain.money import Money
from porchlight.domain.orders import (
    ContactDetails,
    Destination,
    OrderLine,
    OrderPlaced,
    OrderRefunded,
    ParcelShipped,
    StoreChange,
)
from porchlight.domain.zones import zone_of
from porchlight.errors import UnreadableBodyError

KINDS = {"orders": "order", "fulfillments": "fulfillment", "refunds": "refund"}
_FINAL_SALE = frozenset({"final_sale", "final-sale", "final sale", "_final_sale"})
_NOT_SHIPPED = frozenset({"cancelled", "error", "failure"})
_LARGEST = Decimal(10) ** 15


@only_unreadable
def changes(topic: str, body: bytes) -> list[StoreChange]:
    """What the body says under its topic. The topic is not signed: a body of another kind is refused."""
    kind = KINDS[topic.partition("/")[0]]
    data = as_object(load_json(body), "the body")
    if kind in data and "id" not in data:
        data = as_object(data[kind], kind)
    if kind_of(data) != kind:
        raise UnreadableBodyError(f"the body does not look like what {topic} brings")
    if kind == "order":
        return _order(data)
    return _fulfillment(data) if kind == "fulfillment" else _refund(data)


def kind_of(data: dict[str, Any]) -> str | None:
    """``order``, ``fulfillment`` or ``refund`` by the fields that only one of them has; None for anything else."""
    if "order_id" not in data:
        return "order" if "line_items" in data and "total_price" in data else None
    if "transactions" in data or "refund_line_items" in data:
        return "refund"
    return "fulfillment" if "tracking_numbers" in data or "tracking_number" in data else None


def _order(data: dict[str, Any]) -> list[StoreChange]:
    currency = _currency(data.get("currency"))
    tags = _tags(data.get("tags"))
    final = any(tag.lower() in _FINAL_SALE for tag in tags)
    entries = as_objects(data.get("line_items"), "line_items")
    lines = tuple(line for entry in entries if (line := _line(entry, currency, final)))
    if not lines:
        return []
    customer = optional_object(data.get("customer"))
    address = optional_object(data.get("shipping_address"))
    country = clean(address.get("country_code"), 3).upper()
    zone = zone_of(country)
    placed = aware_moment(data.get("created_at"), "created_at")
    cancelled = data.get("cancelled_at")
    return [
        OrderPlaced(
            external_id=required_text(data.get("id"), "id", 128),
            number=clean(data.get("name"), 64) or f"#{clean(data.get('order_number'), 63)}",
            placed_at=placed,
            updated_at=aware_moment(data.get("updated_at"), "updated_at") if data.get("updated_at") else placed,
            currency=currency,
            total=_money(data.get("total_price"), currency, "total_price"),
            lines=lines,
            contact=_contact(data, customer, address),
            tier=_tier(tags + _tags(customer.get("tags"))),
            destination=Destination(
                country=country if len(country) == 2 and country.isascii() and country.isalpha() else None,
                postal_prefix=clean(address.get("zip")).replace(" ", "").upper()[:3] or None,
                zone=zone,
            ),
            promise=_promise(data, zone),
            cancelled_at=aware_moment(cancelled, "cancelled_at") if cancelled else None,
        )
    ]


def _line(entry: dict[str, Any], currency: str, final: bool) -> OrderLine | None:
    """A line with what was paid for one: the price less its share of the discounts."""
    quantity = _quantity(entry.get("quantity"))
    if quantity == 0:
        return None
    price = _decimal(entry.get("price"), "price of a line")
    for discount in as_objects(entry.get("discount_allocations"), "discount_allocations"):
        price -= _decimal(discount.get("amount"), "amount of a discount") / quantity
    properties = as_objects(entry.get("properties"), "properties")
    return OrderLine(
        line_id=required_text(entry.get("id"), "id of a line", 128),
        sku=optional_text(entry.get("sku")),
        title=clean(entry.get("title")) or clean(entry.get("name")) or "Item",
        quantity=quantity,
        unit_price=Money.of(max(price, Decimal(0)), currency),
        final_sale=final or any(_is_final_sale(item) for item in properties),
    )


def _is_final_sale(item: dict[str, Any]) -> bool:
    value = item.get("value")
    denied = value is False or clean(value).lower() in ("false", "no", "0")
    return clean(item.get("name")).lower() in _FINAL_SALE and not denied


def _contact(data: dict[str, Any], customer: dict[str, Any], address: dict[str, Any]) -> ContactDetails:
    whole = " ".join(part for key in ("first_name", "last_name") if (part := clean(customer.get(key), 100)))
    emails = (data.get("email"), data.get("contact_email"), customer.get("email"))
    phones = (data.get("phone"), address.get("phone"), customer.get("phone"))
    return ContactDetails(
        customer_key=optional_text(customer.get("id"), 128),
        name=whole or clean(address.get("name"), 200),
        email=next((text for value in emails if "@" in (text := clean(value)) and len(text) <= 320), None),
        phone=next((text for value in phones if (text := clean(value)) and len(text) <= 40), None),
        language=_language(data.get("customer_locale")) or _language(customer.get("locale")),
    )


def _language(value: Any) -> str | None:
    """A BCP 47 tag as Shopify prints it (``en``, ``de-DE``)."""
    text = clean(value, 36).replace("_", "-")
    return text if text.replace("-", "").isalnum() and text.isascii() and len(text) <= 35 else None


def _promise(data: dict[str, Any], zone: str | None) -> DateRange | None:
    """The note attributes ``promised_delivery_from`` and ``…_to``: days that checkout told the shopper."""
    notes = {
        clean(note.get("name")).lower(): optional_day(note.get("value"))
        for note in as_objects(data.get("note_attributes"), "note_attributes")
    }
    first, last = notes.get("promised_delivery_from"), notes.get("promised_delivery_to")
    earliest, latest = first or last, last or first
    if not earliest or not latest or earliest > latest:
        return None
    return DateRange(earliest=earliest, latest=latest, zone=zone)


def _tags(value: Any) -> list[str]:
    """Shopify prints tags as one text with commas, GraphQL-fed apps as a list."""
    items = value if isinstance(value, list) else clean(value, 5_000).split(",")
    return [tag for item in items if (tag := clean(item))]


def _tier(tags: list[str]) -> str | None:
    """``tier:elite`` among the tags of order or customer, the order's first."""
    for tag in tags:
        name, _, value = tag.partition(":")
        if name.strip().lower() == "tier" and value.strip():
            return value.strip().lower()
    return None


def _fulfillment(data: dict[str, Any]) -> list[StoreChange]:
    numbers = data.get("tracking_numbers")
    found = [clean(number, 65) for number in numbers] if isinstance(numbers, list) else []
    found.append(clean(data.get("tracking_number"), 65))
    if any(len(number) > 64 for number in found):
        raise UnreadableBodyError("a tracking number is too long")
    return [
        ParcelShipped(
            external_order_id=required_text(data.get("order_id"), "order_id", 128),
            fulfillment_id=required_text(data.get("id"), "id", 128),
            carrier=carrier_id(clean(data.get("tracking_company"))) or None,
            tracking_numbers=tuple(dict.fromkeys(number for number in found if number)),
            shipped_at=aware_moment(data.get("created_at"), "created_at"),
            cancelled=clean(data.get("status")).lower() in _NOT_SHIPPED,
        )
    ]


def _refund(data: dict[str, Any]) -> list[StoreChange]:
    """The sum of the transactions that moved money; a refund without one (pending, failed) changes nothing."""
    moved = [
        entry
        for entry in as_objects(data.get("transactions"), "transactions")
        if clean(entry.get("kind")) == "refund" and clean(entry.get("status")) == "success"
    ]
    if not moved:
        return []
    currency = _currency(moved[0].get("currency"))
    if any(_currency(entry.get("currency")) != currency for entry in moved):
        raise UnreadableBodyError("a refund in two currencies")
    amount = sum((_decimal(entry.get("amount"), "amount of a transaction") for entry in moved), Decimal(0))
    if amount <= 0:
        return []
    return [
        OrderRefunded(
            external_order_id=required_text(data.get("order_id"), "order_id", 128),
            refund_id=required_text(data.get("id"), "id", 128),
            amount=Money.of(amount, currency),
            refunded_at=aware_moment(data.get("created_at"), "created_at"),
        )
    ]


def _currency(value: Any) -> str:
    text = clean(value, 4).upper()
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise UnreadableBodyError("the currency is not one of ISO 4217")
    return text


def _decimal(value: Any, what: str) -> Decimal:
    """An amount: Shopify prints text, some apps numbers."""
    try:
        found = Decimal(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except ArithmeticError:
        found = None
    if found is None or not found.is_finite() or abs(found) > _LARGEST:
        raise UnreadableBodyError(f"{what} is not an amount of money")
    return found


def _money(value: Any, currency: str, what: str) -> Money:
    return Money.of(_decimal(value, what), currency)


def _quantity(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1_000_000:
        raise UnreadableBodyError("the quantity of a line is not a number of things")
    return value
