"""Carriers give a tracking number away again after some months: whose news is it then? Pure rules."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.milestones import TERMINAL
from porchlight.domain.shipments import Shipment, too_early

AGAIN_AFTER = timedelta(days=120)
"""Carriers keep a number to one parcel for at least four months (USPS four, UPS six, FedEx twelve and more)."""

QUIET = timedelta(days=60)
"""A parcel that somebody heard of within this time before the news is still the same one."""

BEFORE_SCANS = timedelta(days=14)
"""A store tells of a parcel up to this much before the carrier first scans it."""

MOST_USES = 20
"""No carrier gives one number to more parcels than this in the years that we keep them."""


def of_this_use(
    shipment: Shipment | None, events: Sequence[TrackingEvent], heard_at: datetime
) -> tuple[TrackingEvent, ...]:
    """The events without those of an earlier parcel with the same number, which some carriers go on telling.

    Earlier: long before the store shipped this one; where no store has said so, before a long silence that followed
    the end of a parcel. A clock far ahead of when we heard of it ends no silence.
    """
    if shipment and shipment.shipped_at:
        begun = shipment.shipped_at - AGAIN_AFTER
        return tuple(event for event in events if event.instant() >= begun)
    sound = (event for event in events if not too_early(event.instant(), heard_at))
    ordered = sorted(sound, key=TrackingEvent.instant)
    begun_at: datetime | None = None
    ended = False
    for before, event in pairwise(ordered):
        ended = ended or before.milestone in TERMINAL
        if ended and event.instant() - before.instant() > AGAIN_AFTER:
            begun_at, ended = event.instant(), False
    return tuple(event for event in events if begun_at is None or event.instant() >= begun_at)


def used_again(shipment: Shipment, events: Sequence[TrackingEvent], heard_at: datetime) -> datetime | None:
    """The instant from which the events are about another parcel with the same number; None where they are about this,
    or where that parcel is known already.

    Another parcel begins where a long silence in what happened was a silence in what we heard as well: an odd date
    among the events of one parcel makes no other, nor does one that lies far ahead of when we heard of it.
    """
    last = shipment.last_event_at
    if last is None or shipment.next_from:
        return None
    mine = of_this_use(shipment, events, heard_at)
    instants = [at for event in mine if not too_early(at := event.instant(), heard_at)]
    first = min((at for at in instants if at > last + AGAIN_AFTER), default=None)
    if first is None or any(last < at < first for at in instants):
        return None
    return first if first > shipment.updated_at + QUIET else None


def shared(
    shipment: Shipment | None, report: TrackingReport, heard_at: datetime
) -> tuple[TrackingReport, TrackingReport | None]:
    """A report's part about this use of the number, and the rest, which is about later ones (None: nothing is).

    Status and estimate are about the parcel that the newest events are about.
    """
    ends = shipment.next_from if shipment else None
    events = of_this_use(shipment, report.events, heard_at)
    here = tuple(event for event in events if ends is None or event.instant() < ends)
    later = tuple(event for event in events if ends is not None and event.instant() >= ends)
    rest = report.model_copy(update={"events": later}) if later or (ends and not here) else None
    stranger = rest or (report.events and not here)
    return report.model_copy(update={"events": here} | ({"estimate": None, "status": None} if stranger else {})), rest


def shipped_again(shipment: Shipment, shipped_at: datetime) -> bool:
    """True if a store that ships under this number at ``shipped_at`` means a later parcel than this one."""
    if shipment.next_from is not None:
        return shipped_at >= shipment.next_from - BEFORE_SCANS
    last = shipment.last_event_at or shipment.shipped_at
    return last is not None and shipped_at > last + AGAIN_AFTER
