"""Shopify bodies: the bare object in a webhook, the same object under its name in a REST answer."""

from decimal import Decimal
from typing import Any

from porchlight.bodies import (
    as_objects,
    aware_moment,
    clean,
    only_unreadable,
    optional_object,
    optional_text,
    required_text,
)
from porchlight.domain.carriers import carrier_id
from porchlight.domain.money import Money
from porchlight.domain.orders import (
    ContactDetails,
    OrderLine,
    OrderPlaced,
    OrderRefunded,
    ParcelShipped,
    StoreChange,
)
from porchlight.domain.packing import ParcelLine
from porchlight.errors import UnreadableBodyError
from porchlight.stores import reading

KINDS = {"orders": "order", "fulfillments": "fulfillment", "refunds": "refund"}
WRAPPERS = (*KINDS.values(), "fulfillment_event")
_FINAL_SALE = frozenset({"final_sale", "final-sale", "final sale", "_final_sale"})
_TAKEN_BACK = "cancelled"
_NOT_SHIPPED = frozenset({_TAKEN_BACK, "error", "failure"})
_OURSELVES = frozenset({"", "manual", "gift_card"})
"""Fulfilment services that stand for the shop itself; any other one is an app that ships for it."""


@only_unreadable
def changes(topic: str, body: bytes) -> list[StoreChange]:
    """What the body says under its topic. The topic is not signed: a body of another kind is refused."""
    kind = KINDS[topic.partition("/")[0]]
    data = reading.bare(body, (kind,))
    if kind_of(data) != kind:
        raise UnreadableBodyError(f"the body does not look like what {topic} brings")
    if kind == "order":
        return _order(data)
    return _fulfillment(data) if kind == "fulfillment" else _refund(data)


def kind_of(data: dict[str, Any]) -> str | None:
    """``order``, ``fulfillment``, ``refund`` or ``fulfillment_event`` by the fields that only one of them has."""
    if "order_id" not in data:
        return "order" if "total_price" in data and ("line_items" in data or "order_number" in data) else None
    if "transactions" in data or "refund_line_items" in data:
        return "refund"
    if "fulfillment_id" in data and "status" in data:
        return "fulfillment_event"
    return "fulfillment" if "tracking_numbers" in data or "tracking_number" in data else None


def _order(data: dict[str, Any]) -> list[StoreChange]:
    if "line_items" not in data:
        raise UnreadableBodyError("the order comes without its lines")
    currency = reading.currency(data.get("currency"))
    tags = _tags(data.get("tags"))
    final = any(tag.lower() in _FINAL_SALE for tag in tags)
    entries = as_objects(data.get("line_items"), "line_items")
    taxed = data.get("taxes_included") is not False
    lines = tuple(line for entry in entries if (line := _line(entry, currency, final, taxed)))
    if not lines:
        return []
    customer = optional_object(data.get("customer"))
    address = optional_object(data.get("shipping_address"))
    destination = reading.destination(address.get("country_code"), address.get("province_code"), address.get("zip"))
    notes = {
        clean(note.get("name")).lower(): note.get("value")
        for note in as_objects(data.get("note_attributes"), "note_attributes")
    }
    placed = aware_moment(data.get("created_at"), "created_at")
    cancelled = data.get("cancelled_at")
    return [
        OrderPlaced(
            external_id=required_text(data.get("id"), "id", 128),
            number=clean(data.get("name"), 64) or f"#{clean(data.get('order_number'), 63)}",
            placed_at=placed,
            updated_at=aware_moment(data.get("updated_at"), "updated_at") if data.get("updated_at") else placed,
            currency=currency,
            total=reading.money(data.get("total_price"), currency, "total_price"),
            lines=lines,
            contact=_contact(data, customer, address),
            tier=_tier(tags + _tags(customer.get("tags"))),
            destination=destination,
            promise=reading.promise(
                notes.get("promised_delivery_from"), notes.get("promised_delivery_to"), destination.zone
            ),
            cancelled_at=aware_moment(cancelled, "cancelled_at") if cancelled else None,
            **_shipping(data, currency, taxed),
            standard_shipping=reading.known(notes.get("standard_shipping"), currency),
            channel=reading.channel(data.get("source_name"), ("pos",)),
            gift="gift" in notes and not reading.denied(notes["gift"]),
            exchange_of=reading.return_of(notes.get("exchange_of")),
        )
    ]


def _shipping(data: dict[str, Any], currency: str, taxed: bool) -> dict[str, Money]:
    """What was paid for shipping and the tax in it, where the body says so."""
    listed = data.get("shipping_lines")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    if not entries:
        return {}
    off = sum((reading.total_of(_listed(entry, "discount_allocations"), "amount") for entry in entries), Decimal(0))
    tax = sum((reading.total_of(_listed(entry, "tax_lines"), "price") for entry in entries), Decimal(0))
    paid = reading.total_of(entries, "price") - off + (0 if taxed else tax)
    return {"shipping": Money.of(max(paid, Decimal(0)), currency), "shipping_tax": Money.of(tax, currency)}


def _listed(entry: dict[str, Any], name: str) -> list[Any]:
    found = entry.get(name)
    return found if isinstance(found, list) else []


def _line(entry: dict[str, Any], currency: str, final: bool, taxed: bool) -> OrderLine | None:
    """A line with what was paid for one: the price less its share of the discounts. ``taxed``: with its tax."""
    quantity = reading.quantity(entry.get("quantity"))
    if quantity == 0:
        return None
    full = paid = reading.amount(entry.get("price"), "price of a line") * quantity
    for discount in as_objects(entry.get("discount_allocations"), "discount_allocations"):
        paid -= reading.amount(discount.get("amount"), "amount of a discount")
    properties = as_objects(entry.get("properties"), "properties")
    said = {clean(item.get("name")).lower().lstrip("_"): item.get("value") for item in properties}
    unit, taxes = reading.each(paid, quantity, currency), _listed(entry, "tax_lines")
    tax, grams = reading.total_of(taxes, "price"), entry.get("grams")
    return OrderLine(
        line_id=required_text(entry.get("id"), "id of a line", 128),
        sku=optional_text(entry.get("sku")),
        title=clean(entry.get("title")) or clean(entry.get("name")) or "Item",
        quantity=quantity,
        unit_price=unit,
        final_sale=final or any(_is_final_sale(item) for item in properties),
        supplier=_supplier(entry.get("fulfillment_service")),
        ships=entry.get("requires_shipping") is not False,
        list_price=reading.reduced_from(full, paid, quantity, currency),
        paid=reading.whole(paid + (0 if taxed else tax), unit, quantity, currency),
        tax=Money.of(tax, currency) if taxes else None,
        category=optional_text(said.get("category") or entry.get("product_type"), 100),
        hazmat="hazmat" in said and not reading.denied(said["hazmat"]),
        weight_grams=grams if type(grams) is int and 0 < grams <= 10_000_000 else None,
        no_withdrawal=reading.code(said.get("no_withdrawal")),
    )


def _is_final_sale(item: dict[str, Any]) -> bool:
    return clean(item.get("name")).lower() in _FINAL_SALE and not reading.denied(item.get("value"))


def _supplier(service: Any) -> str | None:
    name = clean(service, 100)
    return None if name.lower() in _OURSELVES else name


def _contact(data: dict[str, Any], customer: dict[str, Any], address: dict[str, Any]) -> ContactDetails:
    return ContactDetails(
        customer_key=optional_text(customer.get("id"), 128),
        name=reading.full_name(customer.get("first_name"), customer.get("last_name"))
        or clean(address.get("name"), 200),
        email=reading.first_email(data.get("email"), data.get("contact_email"), customer.get("email")),
        phone=reading.first_phone(data.get("phone"), address.get("phone"), customer.get("phone")),
        language=reading.language(data.get("customer_locale")) or reading.language(customer.get("locale")),
    )


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
    """A fulfilment never changes what it holds; only cancelling ends it, and then its last change is when."""
    status = clean(data.get("status")).lower()
    created = aware_moment(data.get("created_at"), "created_at")
    cancelled_at = data.get("updated_at") if status == _TAKEN_BACK else None
    return [
        ParcelShipped(
            external_order_id=required_text(data.get("order_id"), "order_id", 128),
            fulfillment_id=required_text(data.get("id"), "id", 128),
            carrier=carrier_id(clean(data.get("tracking_company"))) or None,
            tracking_numbers=_numbers(data),
            shipped_at=created,
            cancelled=status in _NOT_SHIPPED,
            lines=_packed(data),
            supplier=_supplier(data.get("service")),
            updated_at=aware_moment(cancelled_at, "updated_at") if cancelled_at else None,
        )
    ]


def _numbers(data: dict[str, Any]) -> tuple[str, ...]:
    listed = data.get("tracking_numbers")
    return reading.numbers(listed if isinstance(listed, list) else [], data.get("tracking_number"))


def _packed(data: dict[str, Any]) -> tuple[ParcelLine, ...]:
    found: dict[str, int] = {}
    for entry in as_objects(data.get("line_items"), "line_items"):
        line_id = required_text(entry.get("id"), "id of a line", 128)
        found[line_id] = found.get(line_id, 0) + reading.quantity(entry.get("quantity"))
    return tuple(ParcelLine(line_id=key, quantity=quantity) for key, quantity in found.items() if quantity)


def _refund(data: dict[str, Any]) -> list[StoreChange]:
    """The sum of the transactions that moved money; a refund without one (pending, failed) changes nothing."""
    moved = [
        entry
        for entry in as_objects(data.get("transactions"), "transactions")
        if clean(entry.get("kind")) == "refund" and clean(entry.get("status")) == "success"
    ]
    if not moved:
        return []
    currency = reading.currency(moved[0].get("currency"))
    if any(reading.currency(entry.get("currency")) != currency for entry in moved):
        raise UnreadableBodyError("a refund in two currencies")
    amount = sum((reading.amount(entry.get("amount"), "amount of a transaction") for entry in moved), Decimal(0))
    if amount <= 0:
        return []
    return [
        OrderRefunded(
            external_order_id=required_text(data.get("order_id"), "order_id", 128),
            refund_id=required_text(data.get("id"), "id", 128),
            amount=reading.money(str(amount), currency, "amount of a refund"),
            refunded_at=aware_moment(data.get("created_at"), "created_at"),
        )
    ]
