"""What is remembered of lanes beside their times: parcels, broken promises, and how long they are silent."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from porchlight.domain.forecast.tallies import Tally

_SILENCES = (12, 24, 36, 48, 60, 72, 96, 120, 144, 168, 240, 336)
"""Hours; the end of each bin. Longer ones are in a last bin."""
_SHORTEST, _USUAL = timedelta(hours=24), timedelta(hours=72)
_ENOUGH_SILENCES, _PRIOR = 20.0, 20.0


class Lane(NamedTuple):
    """One lane as it was of late. ``""`` is all of them."""

    delivered: float
    """Parcels delivered, faded."""
    late_share: float
    """Of the promises that came due, how many were broken; with few, what is usual elsewhere."""
    lately: float
    """The same of about the last week: above ``late_share`` something is going on."""
    silence_hours: int
    """95 of 100 parcels had no longer gap between scans; 0 where too little is known."""


class LaneBook:
    """Counts by lane."""

    def __init__(self) -> None:
        self.delivered = Tally(60.0, 1)
        self.promises = Tally(60.0)
        self.lately = Tally(7.0)
        self.silences = Tally(90.0, len(_SILENCES) + 1)

    def deliver(self, lane: str, silence_hours: int | None, sign: int = 1, ago: int = 0) -> None:
        """A delivery some days ago; ``sign`` -1 takes it back."""
        for name in _counted(lane):
            self.delivered.add(name, 0, sign, ago)
            if silence_hours is not None:
                self.silences.add(name, bisect_left(_SILENCES, silence_hours), sign, ago)

    def come_due(self, lane: str, kept: bool) -> None:
        for name in _counted(lane):
            for tally in (self.promises, self.lately):
                tally.add(name, 1, 1)
                if not kept:
                    tally.add(name, 0, 1)

    def lanes(self) -> dict[str, Lane]:
        """Every lane that something is known of, and ``""`` for all together."""
        broken, due = self.promises.faded("")
        usual = (broken + 0.05 * _PRIOR) / (due + _PRIOR)
        recent, recently = self.lately.faded("")
        everywhere = (recent + usual * _PRIOR) / (recently + _PRIOR)
        silences = self.silences.faded("")
        whole = Lane(round(self.delivered.faded("")[0], 2), round(usual, 4), round(everywhere, 4), _silence(silences))
        lanes = {"": whole}
        for name in sorted((self.delivered.sums.keys() | self.promises.sums.keys()) - {""}):
            broken, due = self.promises.faded(name)
            share = (broken + usual * _PRIOR) / (due + _PRIOR)
            recent, recently = self.lately.faded(name)
            lately = (recent + share * _PRIOR) / (recently + _PRIOR)
            delivered = round(self.delivered.faded(name)[0], 2)
            lanes[name] = Lane(delivered, round(share, 4), round(lately, 4), _silence(self.silences.faded(name)))
        return lanes

    def age(self) -> None:
        """A day is over."""
        for tally in vars(self).values():
            tally.age()

    def state(self) -> dict[str, Any]:
        """What ``restore`` takes, fit for JSON."""
        return {name: tally.state() for name, tally in vars(self).items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        for name, tally in state.items():
            getattr(self, name).restore(tally)


def silence(lanes: Mapping[str, Lane], name: str) -> timedelta:
    """How long a parcel of a lane may be silent before that is unusual; never less than a day."""
    for lane in (lanes.get(name), lanes.get("")):
        if lane and lane.silence_hours:
            return max(_SHORTEST, timedelta(hours=lane.silence_hours))
    return _USUAL


def _counted(lane: str) -> set[str]:
    """A lane is counted by its name, without carrier and service (who sells does not know them), and with all."""
    _, _, origin, destination = lane.split("|")
    return {lane, f"||{origin}|{destination}", ""}


def _silence(counts: list[float]) -> int:
    seen, whole = 0.0, sum(counts)
    if whole < _ENOUGH_SILENCES:
        return 0
    for hours, count in zip((*_SILENCES, 2 * _SILENCES[-1]), counts, strict=True):
        seen += count
        if seen >= 0.95 * whole:
            return hours
    return 2 * _SILENCES[-1]
