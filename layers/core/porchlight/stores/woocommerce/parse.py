"""WooCommerce bodies: an order is everything; its refunds and what tracking plugins have noted are in it."""

from datetime import datetime
from decimal import Decimal
from html import unescape
from typing import Any

from porchlight.bodies import as_objects, clean, only_unreadable, optional_object, optional_text, required_text
from porchlight.domain.money import UNNAMED, Money
from porchlight.domain.orders import (
    ContactDetails,
    OrderLine,
    OrderPlaced,
    OrderRefunded,
    OrderWithdrawn,
    ParcelShipped,
    StoreChange,
)
from porchlight.errors import UnreadableBodyError
from porchlight.stores import reading
from porchlight.stores.woocommerce.shapes import WRAPPERS, first, instant, kind_of, metadata, order_of_refund
from porchlight.stores.woocommerce.tracking import tracked

NOT_YET = frozenset({"pending", "checkout-draft", "draft", "auto-draft", "failed", "new"})
"""Statuses of an order that nobody has paid or promised to pay: the shopper is told nothing of it yet."""
_GONE = frozenset({"cancelled", "trash"})


@only_unreadable
def changes(topic: str, body: bytes) -> list[StoreChange]:
    """What the body says under its topic. The topic is not signed: a body of another kind is refused."""
    wanted = "refund" if topic == "refunds/create" else "deleted" if topic == "orders/deleted" else "order"
    data = reading.bare(body, WRAPPERS)
    if kind_of(data) != wanted:
        raise UnreadableBodyError(f"the body does not look like what {topic} brings")
    if wanted == "refund":
        return _refund(data)
    if wanted == "deleted":
        return [OrderWithdrawn(external_order_id=required_text(data.get("id"), "id", 128))]
    return _order(data)


def _order(data: dict[str, Any]) -> list[StoreChange]:
    """The order with its parcels and refunds.

    An order under another one (a marketplace plugin splits an order by supplier) is no order of its own: its parcels
    are the parent's.
    """
    meta = metadata(data)
    parent = clean(data.get("parent_id"), 20)
    order_id = required_text(data.get("id"), "id", 128)
    placed = instant(data, "date_created_gmt", "created_at")
    modified = max(placed, instant(data, "date_modified_gmt", "updated_at", "date_created_gmt", "created_at"))
    if parent not in ("", "0"):
        supplier = clean(first(meta, "supplier", "_supplier", "_dokan_vendor_id"), 100) or None
        return [
            parcel.model_copy(update={"lines": (), "supplier": supplier})
            for parcel in tracked(meta, parent, placed, modified)
        ]
    if _status(data) in NOT_YET:
        return []
    order = _placed(data, meta, order_id, placed, modified)
    if order is None:
        return []
    parcels = tracked(meta, order_id, placed, modified)
    if not parcels and _status(data) == "completed":
        parcels = [_completed(order_id, placed, modified)]
    return [order, *parcels, *_refunds(data, order_id, order)]


def _completed(order_id: str, placed: datetime, modified: datetime) -> ParcelShipped:
    """The shop is done with it, and no plugin knows a tracking number: all has left."""
    return ParcelShipped(
        external_order_id=order_id,
        fulfillment_id="completed",
        carrier=None,
        tracking_numbers=(),
        shipped_at=modified,
        updated_at=placed,  # nothing about it can change, and no later body is news
    )


def _status(data: dict[str, Any]) -> str:
    return clean(data.get("status")).lower().removeprefix("wc-")


def _placed(
    data: dict[str, Any], meta: dict[str, Any], order_id: str, placed: datetime, modified: datetime
) -> OrderPlaced | None:
    currency = reading.currency(data.get("currency"))
    taxed = data.get("prices_include_tax") is True
    entries = as_objects(data.get("line_items"), "line_items")
    lines = tuple(line for entry in entries if (line := _line(entry, currency, taxed)))
    if not lines:
        return None
    billing = optional_object(first(data, "billing", "billing_address"))
    shipping = optional_object(first(data, "shipping", "shipping_address"))
    address = shipping if clean(shipping.get("country")) else billing
    destination = reading.destination(address.get("country"), address.get("state"), address.get("postcode"))
    return OrderPlaced(
        external_id=order_id,
        number=clean(first(data, "number", "order_number"), 60) or order_id[:60],
        placed_at=placed,
        updated_at=modified,
        currency=currency,
        total=reading.money(data.get("total"), currency, "total"),
        lines=lines,
        contact=_contact(data, meta, billing, shipping),
        tier=clean(meta.get("tier"), 40).lower() or None,
        destination=destination,
        promise=reading.promise(meta.get("promised_delivery_from"), meta.get("promised_delivery_to"), destination.zone),
        cancelled_at=modified if _status(data) in _GONE else None,
        **_shipping(data, currency),
        standard_shipping=reading.known(meta.get("standard_shipping"), currency),
        channel=reading.channel(data.get("created_via"), ("pos", "pos-rest-api")),
        gift="gift" in meta and not reading.denied(meta["gift"]),
        exchange_of=reading.return_of(meta.get("exchange_of")),
    )


def _shipping(data: dict[str, Any], currency: str) -> dict[str, Money]:
    """What was paid for shipping, with its tax, where the body says so."""
    found = reading.known(data.get("shipping_total"), currency)
    tax = reading.known(data.get("shipping_tax"), currency)
    if found is None:
        return {}
    return {"shipping": found + tax, "shipping_tax": tax} if tax else {"shipping": found}


def _line(entry: dict[str, Any], currency: str, taxed: bool) -> OrderLine | None:
    """A line with what was paid for one. Goods by weight (1.5 of a thing) are one piece."""
    given = entry.get("quantity")
    if isinstance(given, float):
        given = int(given) if given.is_integer() else 1
    quantity = reading.quantity(given)
    if quantity == 0:
        return None
    if first(entry, "total") is not None:
        paid = reading.amount(entry["total"], "total of a line")
        if taxed:
            paid += reading.amount(first(entry, "total_tax") or "0", "total_tax of a line")
    else:
        paid = reading.amount(entry.get("price"), "price of a line") * quantity
    meta = metadata(entry)
    unit, tax = reading.each(paid, quantity, currency), reading.total_of([entry], "total_tax")
    untaxed = not taxed and first(entry, "total") is not None
    return OrderLine(
        line_id=required_text(entry.get("id"), "id of a line", 128),
        sku=optional_text(entry.get("sku")),
        title=clean(unescape(clean(entry.get("name")))) or "Item",
        quantity=quantity,
        unit_price=unit,
        final_sale=any(key in meta and not reading.denied(meta[key]) for key in ("final_sale", "_final_sale")),
        supplier=clean(first(meta, "supplier", "_supplier", "_dokan_vendor_id"), 100) or None,
        list_price=reading.reduced_from(_full(entry, taxed), paid, quantity, currency),
        paid=reading.whole(paid + (tax if untaxed else 0), unit, quantity, currency),
        tax=reading.known(first(entry, "total_tax"), currency),
        category=clean(first(meta, "category", "_category"), 100) or None,
        hazmat=any(key in meta and not reading.denied(meta[key]) for key in ("hazmat", "_hazmat")),
        no_withdrawal=reading.code(first(meta, "no_withdrawal", "_no_withdrawal")),
    )


def _full(entry: dict[str, Any], taxed: bool) -> Decimal | None:
    """What a line would cost without coupons; None where that cannot be read: the order does not hang on it."""
    parts = [first(entry, name) for name in (("subtotal", "subtotal_tax") if taxed else ("subtotal",))]
    try:
        return sum((reading.amount(part, "subtotal of a line") for part in parts), Decimal(0))
    except UnreadableBodyError:
        return None


def _contact(
    data: dict[str, Any], meta: dict[str, Any], billing: dict[str, Any], shipping: dict[str, Any]
) -> ContactDetails:
    customer = clean(data.get("customer_id"), 128)
    names = (address for address in (billing, shipping) if clean(address.get("first_name")))
    named = next(names, billing)
    return ContactDetails(
        customer_key=customer if customer not in ("", "0") else None,
        name=reading.full_name(named.get("first_name"), named.get("last_name")),
        email=reading.first_email(billing.get("email"), optional_object(data.get("customer")).get("email")),
        phone=reading.first_phone(billing.get("phone"), shipping.get("phone")),
        language=reading.language(meta.get("wpml_language")),
    )


def _refunds(data: dict[str, Any], order_id: str, order: OrderPlaced) -> list[StoreChange]:
    """The order's own list of refunds: negative totals, without a time, for which the order's last change stands."""
    found: list[StoreChange] = []
    for entry in as_objects(data.get("refunds"), "refunds"):
        amount = abs(reading.amount(entry.get("total"), "total of a refund"))
        if amount:
            found.append(
                OrderRefunded(
                    external_order_id=order_id,
                    refund_id=required_text(entry.get("id"), "id of a refund", 128),
                    amount=reading.money(str(amount), order.currency, "total of a refund"),
                    refunded_at=order.updated_at,
                )
            )
    return found


def _refund(data: dict[str, Any]) -> list[StoreChange]:
    """A refund by itself, as the REST API answers. It names no currency: the amount is in its order's.

    ``refunded_payment: false`` says that no gateway moved the money: the shop does it by other means, and it counts.
    """
    order_id = order_of_refund(data)
    if not order_id:
        raise UnreadableBodyError("a refund that does not say of which order")
    amount = abs(reading.amount(data.get("amount"), "amount of a refund"))
    if amount == Decimal(0):
        return []
    named = clean(data.get("currency"))
    return [
        OrderRefunded(
            external_order_id=order_id,
            refund_id=required_text(data.get("id"), "id", 128),
            amount=reading.money(str(amount), reading.currency(named) if named else UNNAMED, "amount of a refund"),
            refunded_at=instant(data, "date_created_gmt", "created_at"),
        )
    ]
