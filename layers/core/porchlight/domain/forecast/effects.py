"""What makes a parcel faster or slower than others: named effects on the logarithm of its time, learned one by one.

A parcel's scale is ``exp(sum of effect x value)``. Each effect knows how sure it is (its variance): a lane with few
parcels leans on its region, that on everything, and what is rare moves no number far (a diagonal Kalman filter).
"""

from math import inf, log
from typing import NamedTuple

from porchlight.domain.forecast.lives import Route

type Named = tuple[tuple[str, float], ...]
"""Effects by name, each with the value that it is multiplied by."""

_MOST_A_DAY = 0.09
"""The square of how far one day may pull an effect towards what that day alone would say."""
_PROMISES = (3, 60)


class Kind(NamedTuple):
    """How far effects of a kind may lie from 0, and how fast they may change."""

    spread: float
    """Standard deviation before anything is known."""
    drift: float
    """Variance that a day adds."""


class Effect:
    """One effect as it is learned."""

    __slots__ = ("at", "drift", "enough", "idle", "load", "most", "seen", "trust", "value", "variance")

    def __init__(self, kind: Kind, value: float, variance: float, at: int, seen: int = 0, load: float = 0.0) -> None:
        """``at``: the ordinal of the day of which ``load`` is what was learned."""
        self.value, self.variance, self.at, self.seen, self.load = value, variance, at, seen, load
        self.most, self.drift = kind.spread * kind.spread, kind.drift
        self.enough = _MOST_A_DAY / kind.drift if kind.drift else inf
        self.trust = 1.0
        self.idle = False

    def begin(self, day: int) -> None:
        """A new day: it may have changed since it was last heard of, and where a day says the same a thousand times
        over it is believed like the first few hundred.
        """
        self.variance = min(self.most, self.variance + self.drift * (day - self.at))
        self.trust = min(1.0, self.enough / self.load) if self.load else 1.0
        self.load, self.at = 0.0, day


TRANSIT: dict[str, Kind] = {
    "all": Kind(1.0, 1e-4),
    "service": Kind(0.5, 1e-4),
    "local": Kind(0.2, 3e-5),
    "origin": Kind(0.3, 1e-5),
    "destination": Kind(0.4, 3e-5),
    "lane": Kind(0.2, 1e-5),
    "way": Kind(0.15, 1e-5),
    "zone": Kind(0.15, 1e-5),
    "prefix": Kind(0.15, 1e-6),
    "sender": Kind(0.2, 0.0),
    "sent": Kind(0.15, 1e-5),
    "promise": Kind(0.3, 1e-5),
}
HANDLING: dict[str, Kind] = {
    "all": Kind(1.0, 3e-5),
    "sender": Kind(0.5, 5e-4),
    "weekday": Kind(0.2, 1e-5),
    "habit": Kind(0.15, 1e-5),
    "promise": Kind(0.2, 1e-5),
}
LAST_MILE: dict[str, Kind] = {"all": Kind(1.0, 3e-5), "service": Kind(0.5, 1e-4), "destination": Kind(0.3, 1e-5)}


def service_of(route: Route) -> str:
    """A carrier and its service, "" where neither is known."""
    return f"{_word(route.carrier)}|{_word(route.service)}" if route.carrier or route.service else ""


def lane_of(route: Route) -> str:
    """The name under which lanes are remembered."""
    return "|".join(map(_word, (route.carrier, route.service, route.origin, route.destination)))


def _word(text: str) -> str:
    """A part of a name: it may not hold what parts are told apart by."""
    return text.replace("|", "/") if "|" in text else text


def promise_value(days: int | None, usual: float) -> float:
    """How long a promise is beside what is usual (both in days), on the scale of its effects; 0 where either is not
    known, and they have no effect.
    """
    if days is None or usual <= 0:
        return 0.0
    shortest, longest = _PROMISES
    return log(max(shortest, min(longest, days)) / usual)


def coarser(name: str) -> tuple[str, ...]:
    """The effects that a finer one refines, where its name tells them."""
    kind, _, rest = name.partition(":")
    if kind == "lane":
        origin, destination = rest.split("|")
        return f"origin:{origin}", f"destination:{destination}"
    if kind == "local":
        service, _, destination = rest.rpartition("|")
        return f"service:{service}", f"destination:{destination}"
    if kind == "prefix":
        return (f"zone:{rest[:5]}",)
    if kind == "sent":
        return (f"sender:{rest.rpartition('|')[0]}",)
    if kind == "habit":
        sender, _, weekday = rest.rpartition("|")
        return f"sender:{sender}", f"weekday:{weekday}"
    return () if kind in ("all", "promise") else ("all",)


def transit_effects(route: Route, promise: float) -> Named:
    """``promise``: of ``promise_value``."""
    origin, destination, sender = _word(route.origin), _word(route.destination), route.sender
    country, lane = destination.partition("-")[0], f"{origin}|{destination}"
    named = [("all", 1.0), (f"origin:{origin}", 1.0), (f"destination:{destination}", 1.0), (f"lane:{lane}", 1.0)]
    if service := service_of(route):
        named += [(f"service:{service}", 1.0), (f"local:{service}|{destination}", 1.0)]
    if route.origin_prefix and route.prefix:
        named.append((f"way:{origin}{route.origin_prefix[:2]}|{country}{route.prefix[:2]}", 1.0))
    if len(route.prefix) >= 3:
        named.append((f"zone:{country}{route.prefix[:3]}", 1.0))
    if len(route.prefix) >= 4:
        named.append((f"prefix:{country}{route.prefix[:5]}", 1.0))
    if sender:
        named += [(f"sender:{sender}", 1.0), (f"sent:{sender}|{destination}", 1.0)]
    if promise:
        named.append((f"promise:{lane}", promise))
    return tuple(named)


def handling_effects(route: Route, weekday: int, promise: float) -> Named:
    sender = f"{route.origin}|{route.sender}"
    named = [("all", 1.0), (f"sender:{sender}", 1.0), (f"weekday:{weekday}", 1.0), (f"habit:{sender}|{weekday}", 1.0)]
    if promise:
        named.append((f"promise:{sender}", promise))
    return tuple(named)


def last_mile_effects(route: Route) -> Named:
    service = service_of(route)
    return ("all", 1.0), (f"service:{service}", 1.0), (f"destination:{service}|{route.destination}", 1.0)
