"""What a store says about the person behind an order, as it is kept."""

from datetime import datetime

from porchlight.domain import ids
from porchlight.domain.addresses import phone_number
from porchlight.domain.orders import OrderPlaced, Shopper


def shopper_of(brand: str, placed: OrderPlaced) -> Shopper:
    """The contact points. A phone number is kept as the world writes it, where it can be one: whoever texts us from it
    is found by it.
    """
    contact = placed.contact
    number = phone_number(contact.phone, placed.destination.country) if contact.phone else None
    return Shopper(
        brand=brand,
        shopper_id=ids.shopper_id(brand, contact.customer_key or contact.email or f"order:{placed.external_id}"),
        name=contact.name,
        email=contact.email,
        phone=number.e164 if number else contact.phone,
        language=contact.language,
    )


def after_erasure(shopper: Shopper, known: Shopper | None, placed_at: datetime) -> Shopper:
    """The contact points as they may be kept: an order of before brings back nobody who asked to be forgotten."""
    if known is None or known.erased_at is None:
        return shopper
    if placed_at <= known.erased_at:
        return known
    return shopper.model_copy(update={"erased_at": known.erased_at})
