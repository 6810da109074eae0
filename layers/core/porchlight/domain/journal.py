"""What the dates engine learns from: the parcels of which something changed, day by day."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from porchlight.domain.dates import local_day, zone
from porchlight.domain.forecast.lives import Forecast, Life, Route
from porchlight.domain.milestones import MOVEMENT, Milestone
from porchlight.domain.shipments import Shipment

_GOES_BACK = (Milestone.RETURN_IN_TRANSIT, Milestone.RETURNED_TO_SENDER)
"""After these a carrier's "delivered" is the sender's own door."""
_FARTHEST = timedelta(days=400)
"""From today, either way: whoever says that an order was placed beyond that knows no date for it, and says the first
there is.
"""


class JournalEntry(BaseModel):
    """What was known of one parcel at the end of the day on which that changed: what the engine learns from.

    Days are local at the destination. No personal data.
    """

    model_config = ConfigDict(frozen=True)

    brand: str
    shipment_id: str
    version: int
    """The shipment's: of two entries of one day the newer counts."""
    recorded_on: date
    """The UTC day on which we learned of it: the journal's page."""
    route: Route
    placed: date
    placed_hour: int = 12
    promised: date | None = None
    first_promised: date | None = None
    handed: date | None = None
    delivered: date | None = None
    ended: bool = False
    silence_hours: int | None = None
    out_for_delivery: date | None = None
    """Of a delivered parcel: the first day on which it was on the van."""
    estimated: date | None = None
    """The carrier's own estimate, the last one before delivery."""
    forecasts: dict[str, Forecast] = {}
    """Of a delivered parcel: what was foreseen."""

    def life(self) -> Life:
        """The same, as the engine is told."""
        return Life(
            parcel_id=self.shipment_id,
            route=self.route,
            placed=self.placed,
            promised=self.first_promised or self.promised,
            handed=self.handed,
            delivered=self.delivered,
            ended=self.ended,
            placed_hour=self.placed_hour,
            silence_hours=self.silence_hours,
            out_for_delivery=self.out_for_delivery,
        )


class _Course(NamedTuple):
    """What is learned from: an entry is written when it changes."""

    route: Route
    placed: date
    placed_hour: int
    promised: date | None
    first_promised: date | None
    handed: date | None
    delivered: date | None
    ended: bool


def entry_of(old: Shipment | None, new: Shipment, today: date) -> JournalEntry | None:
    """The entry of a change that became known on the UTC day ``today``; None where nothing is learned from it.

    Only parcels of orders are learned from, no returns, and of those that were old when we first heard of them only
    what is known from beginning to end. A parcel that turns out to be none of these has ended, and so has one of a
    cancelled order that was not handed over: nobody sends it.
    """
    before, course = _course(old, today) if old else None, _course(new, today)
    if course is None and before:
        course = before._replace(delivered=None, ended=True)
    if course is None or course == before:
        return None
    entry = JournalEntry(
        brand=new.brand,
        shipment_id=new.shipment_id,
        version=new.version,
        recorded_on=today,
        **course._asdict(),
    )
    if course.delivered is None:
        return entry
    van = new.reached.get(Milestone.OUT_FOR_DELIVERY)
    told = {
        "silence_hours": new.longest_gap_hours,
        "out_for_delivery": local_day(van, _where(new)) if van else None,
        "estimated": _estimated(new) or (_estimated(old) if old else None),
        "forecasts": new.forecasts,
    }
    return entry.model_copy(update=told)


def _course(shipment: Shipment, today: date) -> _Course | None:
    """What is learned of a parcel; None where nothing is."""
    route, placed_at = shipment.route, shipment.placed_at
    if route is None or placed_at is None or shipment.order_id is None or shipment.is_return or shipment.moved_to:
        return None
    where = _where(shipment)
    scanned = min((at for milestone, at in shipment.reached.items() if milestone in MOVEMENT), default=None)
    at = _delivered_at(shipment)
    handed, delivered = local_day(scanned, where) if scanned else None, local_day(at, where) if at else None
    if shipment.backfilled and not (handed and delivered):
        return None
    placed = placed_at.astimezone(zone(where) or UTC)
    if abs(placed.date() - today) > _FARTHEST:
        return None
    return _Course(
        route,
        placed.date(),
        placed.hour,
        shipment.promise.latest if shipment.promise else None,
        shipment.first_promise.latest if shipment.first_promise else None,
        handed,
        delivered,
        delivered is None and (not shipment.is_open or (shipment.order_cancelled and not handed)),
    )


def _where(shipment: Shipment) -> str | None:
    """The zone that days are read in."""
    return shipment.zone or (shipment.promise.zone if shipment.promise else None)


def _delivered_at(shipment: Shipment) -> datetime | None:
    """When the shopper got it: what a carrier delivers on the way back, it delivers to the sender."""
    at = shipment.reached.get(Milestone.DELIVERED)
    back = min((shipment.reached[one] for one in _GOES_BACK if one in shipment.reached), default=None)
    return at if at and (back is None or at < back) else None


def _estimated(shipment: Shipment) -> date | None:
    """The day that the carrier named before the delivery; what it names with it is no estimate."""
    at = shipment.reached.get(Milestone.DELIVERED)
    if shipment.estimate is None or (at and (shipment.estimate_at is None or shipment.estimate_at >= at)):
        return None
    return shipment.estimate.local_day()
