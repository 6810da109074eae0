"""The shipment: a projection folded from its events. Any order of arrival gives the same shipment."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from porchlight.domain.dates import DateRange, zone
from porchlight.domain.day_changes import DaysTold
from porchlight.domain.delays import Delay, Suspected
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent
from porchlight.domain.forecast.lives import Forecast, Route
from porchlight.domain.handed_over import LeftAt, left_at
from porchlight.domain.journey import Arrival, arrival
from porchlight.domain.milestones import (
    AFTER_DELIVERY,
    BEFORE_MOVEMENT,
    MOVEMENT,
    PROGRESS,
    TERMINAL,
    Course,
    Milestone,
    Party,
    Reason,
    Signal,
)
from porchlight.domain.packing import Packing, is_void
from porchlight.domain.promises import PromiseMade
from porchlight.domain.signals import Heard, heard

IN_HAND = MOVEMENT | {Milestone.DELIVERED, Milestone.RETURN_IN_TRANSIT, Milestone.RETURNED_TO_SENDER}
"""Milestones by which the carrier has had the parcel in hand."""

MAX_EVENTS = 500
"""More facts than this about one parcel are refused: no carrier reports so many, a loop does."""


class StoredEvent(BaseModel):
    """A tracking event with its id and when it reached us."""

    model_config = ConfigDict(frozen=True)

    event_id: str
    event: TrackingEvent
    received_at: AwareDatetime
    source: str
    """The connector that brought it (an aggregator reports for many carriers)."""
    body_id: str | None = None
    """The raw body that it was read from, as the archive knows it; None where it was not archived."""


class Shipment(BaseModel):
    """One parcel of one brand.

    ``milestone``, ``reason``, ``at_fault``, ``milestone_at``, ``reached``, ``last_*``, ``arrival`` and ``event_count``
    are the fold of the events; the rest is knowledge from elsewhere: the order, the promise, the carrier's estimate,
    an open delay. ``version`` counts writes and guards each of them.
    """

    model_config = ConfigDict(frozen=True)

    brand: str
    shipment_id: str
    carrier: str
    tracking_number: str
    order_id: str | None = None
    shopper_id: str | None = None
    return_id: str | None = None
    zone: str | None = None
    shipped_at: AwareDatetime | None = None
    milestone: Milestone = Milestone.UNKNOWN
    reason: Reason | None = None
    at_fault: Party | None = None
    milestone_at: AwareDatetime | None = None
    reached: dict[Milestone, AwareDatetime] = Field(default_factory=dict)
    last_event_at: AwareDatetime | None = None
    moved_at: AwareDatetime | None = None
    """The last event that says the parcel goes on; notices and troubles are events, but no movement."""
    longest_gap_hours: int | None = None
    """The longest time between two such events, up to the delivery; None before there are two."""
    last_place: Place = Place()
    left_at: LeftAt | None = None
    """Where it was left when it was delivered, as far as the carrier says so."""
    signals: dict[Signal, Heard] = Field(default_factory=dict)
    """What a same-day courier last said of its driver."""
    arrival: Arrival | None = None
    """When it reached the country that it goes to, coming from another one."""
    event_count: int = 0
    packed: dict[str, Packing] = Field(default_factory=dict)
    """Which lines of the order are in it, by the store's fulfilment: see ``domain.packing``."""
    backfilled: bool = False
    """Its order was old when we first heard of it: what had happened by then is told to nobody."""
    placed_at: AwareDatetime | None = None
    """When its order was placed."""
    order_cancelled: bool = False
    """Its order was cancelled: nobody waits for it any more."""
    ship_by: date | None = None
    """The day by which the order was to leave."""
    route: Route | None = None
    """What is known of its way: what our own dates are asked for."""
    first_promise: DateRange | None = None
    promise: DateRange | None = None
    promises: tuple[PromiseMade, ...] = ()
    """Every promise of its order that changed something, the first one first."""
    estimate: DeliveryEstimate | None = None
    estimate_at: AwareDatetime | None = None
    """The newest fact in the report that carried ``estimate``: an older report never replaces a newer estimate."""
    estimate_body_id: str | None = None
    """The raw body that it was read from."""
    expected: DateRange | None = None
    """What we tell the shopper: see ``domain.lateness.expected_range``."""
    told: DaysTold | None = None
    """The days that the shopper was told, and how they changed."""
    forecast: Forecast | None = None
    """Our own estimate of the day of delivery, the newest."""
    forecasts: dict[str, Forecast] = Field(default_factory=dict)
    """The first one of each moment (``purchase``, ``handover``): what is counted as kept or broken."""
    suspected: Suspected | None = None
    delay: Delay | None = None
    next_id: str | None = None
    """The parcel that carries the same number now: carriers use numbers again after months."""
    next_from: AwareDatetime | None = None
    """From this instant on, news under the number is about ``next_id``."""
    moved_to: str | None = None
    """Somebody has said that the carrier was wrong: the order's parcel is this one."""
    replays: int = 0
    """How often archived bodies were read anew for it; such a change tells nobody anything."""
    created_at: AwareDatetime
    updated_at: AwareDatetime
    """When the news behind this version reached us."""
    version: int = 0

    @property
    def is_open(self) -> bool:
        """True while something is still expected of the parcel."""
        return self.milestone not in TERMINAL and not self.is_void

    @property
    def handed_at(self) -> datetime | None:
        """The carrier's first scan of the parcel itself; a label is none. None where it never had one."""
        return min((at for milestone, at in self.reached.items() if milestone in IN_HAND), default=None)

    @property
    def is_void(self) -> bool:
        """True for a parcel that the store took back before it went anywhere."""
        return is_void(self.packed) and self.milestone in BEFORE_MOVEMENT | {Milestone.UNKNOWN, Milestone.CANCELLED}

    @property
    def is_outstanding(self) -> bool:
        """True while it has not come: it may still, or the carrier has lost it on the way to the shopper."""
        lost = self.milestone is Milestone.LOST and Milestone.DELIVERED not in self.reached
        return self.is_open or (lost and not self.is_return)

    @property
    def is_awaited(self) -> bool:
        """True while it matters to somebody that it comes: the shopper, or for a return the brand."""
        return self.is_outstanding and (self.is_return or not self.order_cancelled)

    @property
    def is_return(self) -> bool:
        """True for a parcel on its way back to the brand under an RMA."""
        return self.return_id is not None


def fold(shipment: Shipment, events: Iterable[StoredEvent]) -> Shipment:
    """Recompute everything that follows from the events; the order they are given in does not matter."""
    assumed = zone(shipment.zone)
    there = shipment.route.destination[:2] if shipment.route and not shipment.is_return else ""
    ordered = sorted(
        events,
        key=lambda stored: (
            stored.event.instant(assumed),
            PROGRESS[stored.event.milestone],
            stored.event_id,
        ),
    )
    sound = [stored for stored in ordered if not too_early(stored.event.instant(assumed), stored.received_at)]
    course = Course()
    current: StoredEvent | None = None
    reached: dict[Milestone, datetime] = {}
    for stored in sound:
        event, at = stored.event, stored.event.instant(assumed)
        before = course.milestone
        if course.hear(event.milestone, event.reason, at):
            current = stored
            if before is Milestone.DELIVERED and event.milestone not in (before, *AFTER_DELIVERY):
                del reached[before]  # it was none
        if event.milestone is not Milestone.UNKNOWN:
            reached.setdefault(event.milestone, at)
    last = sound[-1] if sound else None
    placed = next((stored.event.place for stored in reversed(sound) if stored.event.place.label()), Place())
    return shipment.model_copy(
        update={
            "milestone": current.event.milestone if current else Milestone.UNKNOWN,
            "reason": current.event.reason if current else None,
            "at_fault": current.event.at_fault if current else None,
            "milestone_at": _first_of_run(sound, current, assumed) if current else None,
            "reached": reached,
            "last_event_at": last.event.instant(assumed) if last else None,
            "moved_at": next(
                (stored.event.instant(assumed) for stored in reversed(sound) if stored.event.milestone in MOVEMENT),
                None,
            ),
            "left_at": _left_at(sound, current),
            "longest_gap_hours": _longest_gap(sound, assumed, reached.get(Milestone.DELIVERED)),
            "last_place": placed,
            "signals": heard((stored.event, stored.event.instant(assumed)) for stored in sound),
            "arrival": arrival([(stored.event, stored.event.instant(assumed)) for stored in sound], there),
            "event_count": len(ordered),
        }
    )


def _left_at(sound: list[StoredEvent], current: StoredEvent | None) -> LeftAt | None:
    """What the carrier says of the delivery, in any of its words about it."""
    if current is None or current.event.milestone is not Milestone.DELIVERED:
        return None
    told = (left_at(one.event.description) for one in sound if one.event.milestone is Milestone.DELIVERED)
    return next((where for where in told if where), None)


def _longest_gap(sound: list[StoredEvent], assumed: ZoneInfo | None, delivered: datetime | None) -> int | None:
    """Whole hours between the two movements (the delivery is the last) that lie farthest apart."""
    moved = [stored.event.instant(assumed) for stored in sound if stored.event.milestone in MOVEMENT]
    if delivered:
        moved = [*(at for at in moved if at < delivered), delivered]
    gaps = [later - earlier for earlier, later in pairwise(moved)]
    return int(max(gaps).total_seconds() // 3600) if gaps else None


def _first_of_run(ordered: list[StoredEvent], current: StoredEvent, assumed: ZoneInfo | None) -> datetime:
    """When the present milestone began: the first of the unbroken run of events that ends in ``current``."""
    first = current
    for stored in reversed(ordered[: ordered.index(current)]):
        if stored.event.milestone is current.event.milestone:
            first = stored
        elif stored.event.milestone is not Milestone.UNKNOWN:
            break
    return first.event.instant(assumed)


def too_early(occurred_at: datetime, now: datetime) -> bool:
    """True for an event dated more than a day ahead of us: a broken clock, kept as a fact but marked unknown."""
    return occurred_at > now + timedelta(days=1)
