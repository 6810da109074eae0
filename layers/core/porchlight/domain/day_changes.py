"""Another day of delivery than was told, and no delay: noticed once a day, before the parcel is on the van."""

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.dates import DateRange, local_day
from porchlight.domain.milestones import Milestone

if TYPE_CHECKING:
    from porchlight.domain.shipments import Shipment

_ON_ITS_WAY = frozenset({Milestone.ACCEPTED, Milestone.IN_TRANSIT})


class DaysTold(BaseModel):
    """The days that the shopper knows of. ``before``: those that they took the place of, where that is news."""

    model_config = ConfigDict(frozen=True)

    days: DateRange
    at: AwareDatetime
    before: DateRange | None = None
    revision: int = 0
    """How often they have changed."""


def moved(told: DateRange, now: DateRange) -> bool:
    """True where what was told is no longer true: it may come after the latest day, or all of the range lies earlier.

    A range that only becomes narrower breaks no word.
    """
    return now.latest > told.latest or (now.earliest < told.earliest and now.latest < told.latest)


def noticed(shipment: "Shipment", zone: str | None, now: datetime) -> DaysTold | None:
    """What the shopper knows after this look at the parcel: the days when it was shipped, those of a delay, and once a
    day those that have moved since.
    """
    told, days = shipment.told, shipment.expected
    if shipment.milestone not in _ON_ITS_WAY or shipment.is_return or shipment.shopper_id is None or days is None:
        return told
    if told is None:
        return DaysTold(days=days, at=now)
    delay = shipment.delay
    ended = delay.recovered_at or delay.resolved_at if delay else None
    if delay and (ended is None or ended > told.at):  # a delay has messages of its own
        same = ended is None and told.days == days
        return told if same else told.model_copy(update={"days": days, "at": now, "before": None})
    if not moved(told.days, days) or local_day(now, zone) <= local_day(told.at, zone):
        return told
    return DaysTold(days=days, at=now, before=told.days, revision=told.revision + 1)
