"""Whether the link to the withdrawal stands on an order's page and in its emails."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from porchlight.domain.brands import BrandConfig
from porchlight.domain.dates import local_day
from porchlight.domain.dispatch import holdings, is_to_come
from porchlight.domain.law.withdrawal import BOUGHT_IN_PERSON, last_day
from porchlight.domain.orders import Order
from porchlight.domain.packing import Packing
from porchlight.domain.policies import delivered_at
from porchlight.domain.shipments import Shipment
from porchlight.returning import Laws


def is_open(
    laws: Laws,
    brand: BrandConfig,
    order: Order,
    parcels: Sequence[Shipment] | None,
    now: datetime,
    untracked: Mapping[str, Packing] | None = None,
) -> bool:
    """True where the law knows the right, from the order on to the end of the last day. ``parcels``: None where not all
    of them were looked at. ``untracked``: what left without a number.
    """
    profile = laws.of(brand.brand_id, order.destination.country)
    if not profile.withdrawal_days or order.channel in BOUGHT_IN_PERSON or order.cancelled_at:
        return False
    arrived = delivered_at(parcels) if parcels is not None else None
    if parcels is None or arrived is None or is_to_come(order, holdings(parcels, untracked or {})):
        return True
    zone = order.destination.zone or brand.zone
    last = last_day(local_day(arrived, zone), profile, order.destination.country, order.destination.region)
    return last is None or local_day(now, zone) <= last
