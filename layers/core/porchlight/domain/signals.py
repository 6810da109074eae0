"""What couriers of the same day say of their driver: one is assigned, one is near, perhaps so many minutes away."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.events import TrackingEvent
from porchlight.domain.milestones import Signal

FRESH: dict[Signal, timedelta] = {
    Signal.DRIVER_NEARBY: timedelta(minutes=30),
    Signal.DRIVER_ASSIGNED: timedelta(hours=12),
}
"""How long a signal is true: a driver who was near an hour ago is not near."""
_MINUTES = re.compile(r"\b(\d{1,2}) ?min(?:ute)?s?\b", re.IGNORECASE)


class Heard(BaseModel):
    """When a signal was last given. ``minutes``: how far away the driver is, where the carrier's words say so."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    minutes: int | None = None


def heard(facts: Iterable[tuple[TrackingEvent, datetime]]) -> dict[Signal, Heard]:
    """The last of each signal among events with their instants, whatever their order."""
    found: dict[Signal, Heard] = {}
    for event, at in facts:
        if event.signal:
            said = Heard(at=at, minutes=_minutes(event))
            known = found.get(event.signal)
            if known is None or (known.at, known.minutes or 0) < (said.at, said.minutes or 0):
                found[event.signal] = said
    return found


def current(signals: Mapping[Signal, Heard], since: datetime | None, now: datetime) -> tuple[Signal, Heard] | None:
    """The signal that is true now, the closest first. What was said before ``since`` (the milestone began) is over."""
    for signal in (Signal.DRIVER_NEARBY, Signal.DRIVER_ASSIGNED):
        said = signals.get(signal)
        if said and now - FRESH[signal] <= said.at <= now and (since is None or said.at >= since):
            return signal, said
    return None


def _minutes(event: TrackingEvent) -> int | None:
    if event.signal is not Signal.DRIVER_NEARBY:
        return None
    found = _MINUTES.search(event.description)
    return int(found[1]) if found and int(found[1]) else None
