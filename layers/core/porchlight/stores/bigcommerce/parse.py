"""BigCommerce's answers: an order (V2, with its lines in consignments), shipments (V2), refunds (V3)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

from porchlight.bodies import (
    as_objects,
    aware_moment,
    clean,
    load_json,
    only_unreadable,
    optional_object,
    optional_text,
    required_text,
    sane,
)
from porchlight.domain.carriers import carrier_id
from porchlight.domain.money import UNNAMED
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
from porchlight.stores.bigcommerce.hooks import hook_of

NOT_YET = frozenset({0, 1})
"""Statuses of an order whose checkout was not completed (incomplete, pending): the shopper is told nothing yet."""
_GONE = frozenset({5, 6})
"""Cancelled, declined."""
_NO_CARRIER = frozenset({"", "none", "custom", "other", "shipperhq"})
_NEVER_SHIPS = frozenset({"digital", "giftcertificate"})
"""Types of products that no parcel holds."""
KINDS = {"orders": "order", "fulfillments": "fulfillment", "refunds": "refund", "webhook": "webhook"}


@only_unreadable
def changes(topic: str, body: bytes) -> list[StoreChange]:
    """What an answer says under the topic that it was asked for; a webhook says nothing by itself."""
    kind = KINDS[topic.partition("/")[0]]
    entries = entries_of(body)
    if not entries or any(kind_of(entry) != kind for entry in entries):
        raise UnreadableBodyError(f"the body does not look like what {topic} brings")
    if kind == "webhook":
        hook_of(entries[0])
        return []
    read = {"order": _order, "fulfillment": _shipment, "refund": _refund}[kind]
    return [change for entry in entries for change in read(entry)]


def entries_of(body: bytes) -> list[dict[str, Any]]:
    """The objects of an answer: one, a list (V2), or either under ``data`` (V3)."""
    value = load_json(body)
    if isinstance(value, dict) and "data" in value and "id" not in value and "scope" not in value:
        value = value["data"]
    if not isinstance(value, dict | list):
        raise UnreadableBodyError("the body is neither an object nor a list")
    return as_objects(value, "the body")


def kind_of(data: dict[str, Any]) -> str | None:
    """``order``, ``fulfillment``, ``refund`` or ``webhook`` by the fields that only one of them has."""
    if "scope" in data and "producer" in data:
        return "webhook"
    if "order_id" in data:
        if "tracking_number" in data or "order_address_id" in data:
            return "fulfillment"
        return "refund" if "total_amount" in data or "payments" in data else None
    return "order" if "total_inc_tax" in data and "status_id" in data else None


def _order(data: dict[str, Any]) -> list[StoreChange]:
    status = data.get("status_id")
    if not isinstance(status, int):
        raise UnreadableBodyError("status_id is not a number")
    if status in NOT_YET:
        return []
    # What the shopper pays in; ``currency_code`` may only be what prices were shown in.
    currency = reading.currency(data.get("default_currency_code") or data.get("currency_code"))
    taxed = data.get("is_tax_inclusive_pricing") is True
    entries = list(order_lines(data))
    lines = tuple(line for entry in entries if (line := _line(entry, currency, taxed)))
    if not lines:
        raise UnreadableBodyError("the order comes without its lines")
    billing = optional_object(data.get("billing_address"))
    shipping = _shipping(data) or billing
    placed = instant(data.get("date_created"), "date_created")
    modified = instant(data.get("date_modified"), "date_modified") if data.get("date_modified") else placed
    order_id = required_text(data.get("id"), "id", 60)
    return [
        OrderPlaced(
            external_id=order_id,
            number=order_id,
            placed_at=placed,
            updated_at=max(placed, modified),
            currency=currency,
            total=reading.money(data.get("total_inc_tax"), currency, "total_inc_tax"),
            lines=lines,
            contact=_contact(data, billing, shipping),
            destination=reading.destination(shipping.get("country_iso2"), shipping.get("state"), shipping.get("zip")),
            cancelled_at=max(placed, modified) if status in _GONE else None,
            shipping=reading.known(data.get("shipping_cost_inc_tax"), currency),
            shipping_tax=reading.known(data.get("shipping_cost_tax"), currency),
            channel=reading.channel(data.get("order_source"), ("pos",)),
        )
    ]


def order_lines(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines of an order: in its consignments (or in ``products``), where they are given and not only linked. What
    is collected, downloaded or mailed as a certificate is marked as what no parcel holds.
    """
    consignments = data.get("consignments")
    groups = consignments if isinstance(consignments, list) else [consignments]
    listed: list[tuple[Any, bool]] = [(data.get("products"), True)]
    for group in (optional_object(entry) for entry in groups):
        email = optional_object(group.get("email"))
        for kind, ships in (
            (group.get("shipping"), True),
            (group.get("pickups"), False),
            (group.get("downloads"), False),
            (email.get("gift_certificates"), False),
        ):
            found = kind if isinstance(kind, list) else []
            listed += [(optional_object(one).get("line_items"), ships) for one in found]
    seen = set()
    for lines, ships in listed:
        for line in lines if isinstance(lines, list) else [lines]:
            if isinstance(line, dict) and "quantity" in line and clean(line.get("id")) not in seen:
                seen.add(clean(line.get("id")))
                yield line if ships else {**line, "type": "digital"}


def _shipping(data: dict[str, Any]) -> dict[str, Any]:
    """The first address that something is sent to."""
    consignments = data.get("consignments")
    first = consignments[0] if isinstance(consignments, list) and consignments else consignments
    for listed in (optional_object(first).get("shipping"), data.get("shipping_addresses")):
        if isinstance(listed, list) and listed and isinstance(listed[0], dict):
            found: dict[str, Any] = listed[0]
            return found
    return {}


def _line(entry: dict[str, Any], currency: str, taxed: bool) -> OrderLine | None:
    """A line with what was paid for one: its total less its discounts, with tax where the shop's prices have it."""
    quantity = reading.quantity(entry.get("quantity"))
    if quantity == 0:
        return None
    if taxed and entry.get("discounted_total_inc_tax") not in (None, ""):
        paid = reading.amount(entry["discounted_total_inc_tax"], "total of a line")
    else:
        total = entry.get("total_inc_tax" if taxed else "total_ex_tax", entry.get("base_total"))
        paid = reading.amount(total, "total of a line")
        for discount in as_objects(entry.get("applied_discounts"), "applied_discounts"):
            paid -= reading.amount(discount.get("amount"), "amount of a discount")
    unit, tax = reading.each(paid, quantity, currency), reading.total_of([entry], "total_tax")
    return OrderLine(
        line_id=required_text(entry.get("id"), "id of a line", 128),
        sku=optional_text(entry.get("sku")),
        title=clean(unescape(clean(entry.get("name_customer")) or clean(entry.get("name")))) or "Item",
        quantity=quantity,
        unit_price=unit,
        ships=clean(entry.get("type"), 20).lower() not in _NEVER_SHIPS,
        paid=reading.whole(paid + (0 if taxed else tax), unit, quantity, currency),
        tax=reading.known(entry.get("total_tax"), currency),
    )


def _contact(data: dict[str, Any], billing: dict[str, Any], shipping: dict[str, Any]) -> ContactDetails:
    customer = clean(data.get("customer_id"), 128)
    return ContactDetails(
        customer_key=customer if customer not in ("", "0") else None,
        name=reading.full_name(billing.get("first_name"), billing.get("last_name"))
        or reading.full_name(shipping.get("first_name"), shipping.get("last_name")),
        email=reading.first_email(billing.get("email"), shipping.get("email")),
        phone=reading.first_phone(billing.get("phone"), shipping.get("phone")),
        language=reading.language(data.get("customer_locale")),
    )


def _shipment(data: dict[str, Any]) -> list[StoreChange]:
    created = instant(data.get("date_created"), "date_created")
    packed: dict[str, int] = {}
    for item in as_objects(data.get("items"), "items"):
        line_id = required_text(item.get("order_product_id"), "order_product_id", 128)
        packed[line_id] = packed.get(line_id, 0) + reading.quantity(item.get("quantity"))
    return [
        ParcelShipped(
            external_order_id=required_text(data.get("order_id"), "order_id", 60),
            fulfillment_id=required_text(data.get("id"), "id", 128),
            carrier=shipped_by(data),
            tracking_numbers=reading.numbers(data.get("tracking_number")),
            shipped_at=created,
            lines=tuple(ParcelLine(line_id=key, quantity=quantity) for key, quantity in packed.items() if quantity),
        )
    ]


def shipped_by(data: dict[str, Any]) -> str | None:
    """The carrier: as it was named for tracking, else who made the label (``carrier_17`` stands for an app)."""
    provider = clean(data.get("shipping_provider"), 100)
    display = clean(data.get("shipping_provider_display_name"), 100)
    for name in (clean(data.get("tracking_carrier"), 100), display if provider.startswith("carrier_") else provider):
        if name.lower() not in _NO_CARRIER:
            return carrier_id(name) or None
    return None


def _refund(data: dict[str, Any]) -> list[StoreChange]:
    """A refund names no currency: it is in its order's. Payments that the provider declined have moved nothing."""
    payments = as_objects(data.get("payments"), "payments")
    if payments:
        moved = [payment for payment in payments if payment.get("is_declined") is not True]
        amounts = (reading.amount(payment.get("amount"), "amount of a payment") for payment in moved)
        amount = sum(amounts, Decimal(0))
    else:
        amount = reading.amount(data.get("total_amount"), "total_amount")
    if amount <= 0:
        return []
    return [
        OrderRefunded(
            external_order_id=required_text(data.get("order_id"), "order_id", 60),
            refund_id=required_text(data.get("id"), "id", 128),
            amount=reading.money(str(amount), UNNAMED, "total_amount"),
            refunded_at=instant(data.get("created"), "created"),
        )
    ]


def instant(value: Any, what: str) -> datetime:
    """V2 prints RFC 2822 (``Tue, 05 Mar 2019 21:40:11 +0000``), V3 ISO 8601."""
    text = clean(value, 60)
    if "," not in text[:4]:
        return aware_moment(value, what)
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        raise UnreadableBodyError(f"{what} is not a date and time") from None
    return sane(found if found.tzinfo else found.replace(tzinfo=UTC), what)
