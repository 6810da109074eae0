"""What predicts: a small, read-only picture of what a ``Book`` has learned. It imports nothing heavy."""

import gzip
import json
from bisect import bisect_left
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256
from math import exp
from typing import Any

from porchlight.domain.forecast.days import Days
from porchlight.domain.forecast.effects import (
    handling_effects,
    lane_of,
    last_mile_effects,
    promise_value,
    service_of,
    transit_effects,
)
from porchlight.domain.forecast.lanes import Lane, silence
from porchlight.domain.forecast.lives import Quantiles, Route
from porchlight.domain.forecast.quantiles import quantiles
from porchlight.domain.forecast.stages import Stage, Way, share_of

HORIZON = 150
"""No parcel is foreseen to take longer, in days."""
_REST, _WAITING, _FEW = 0.01, 0.002, 0.001
"""Less probable than this is not followed: to be on its way for longer, to wait for longer, to be handed over on just
that day (such are counted with the next one).
"""


FORMAT = 1
_THIN, _COLD = 15.0, 60.0
"""Parcels of late below which a lane is thin, and a brand new."""
_VOLATILE = 0.1
"""The last week's share of broken promises lies so far above the usual one."""


class ModelFormatError(ValueError):
    """Not a model, or one of a later release."""


class Model:
    """Answers how long parcels take. Days are local days at the destination."""

    def __init__(
        self,
        brand: str,
        through: date | None,
        stages: Mapping[str, Stage],
        lanes: Mapping[str, Lane],
        places: Mapping[str, Days],
        usual_promise: float,
    ) -> None:
        """``stages`` by their names; ``lanes`` by ``lane_of``, "" is all of them; ``places`` of
        which holidays are known, "" for all others.
        """
        self.brand, self.through = brand, through
        self.stages, self._lanes, self._places = stages, lanes, places
        self._usual_promise = usual_promise

    @cached_property
    def version(self) -> str:
        """The brand, the last day that it knows of, and four digits of what it says."""
        through = self.through.isoformat() if self.through else "new"
        return f"{self.brand}-{through}-{sha256(self._content()).hexdigest()[:4]}"

    def purchase(
        self, route: Route, placed: date, *, hour: int = 12, promised: date | None = None, wider: float = 0
    ) -> Quantiles:
        """Days after ``placed`` by which an order of that hour arrives."""
        promise = _promise(placed, promised)
        late = self.arrivals(route, placed=placed, handed=None, today=placed, hour=hour, promise=promise)
        return quantiles(late, wider)

    def handover(
        self, route: Route, handed: date, *, placed: date | None = None, promised: date | None = None, wider: float = 0
    ) -> Quantiles:
        """Days after ``handed``."""
        placed = placed or handed
        late = self.arrivals(route, placed=placed, handed=handed, today=handed, promise=_promise(placed, promised))
        return quantiles(late, wider)

    def remaining(
        self,
        route: Route,
        *,
        placed: date,
        handed: date | None,
        today: date,
        hour: int = 12,
        promised: date | None = None,
        out_for_delivery: date | None = None,
        wider: float = 0,
    ) -> Quantiles:
        """Days after ``today``, of a parcel that has not arrived before today."""
        late = self.arrivals(
            route,
            placed=placed,
            handed=handed,
            today=today,
            hour=hour,
            promise=_promise(placed, promised),
            out_for_delivery=out_for_delivery,
        )
        return quantiles(late, wider)

    def late(
        self, route: Route, *, placed: date, handed: date | None, today: date, promised: date, hour: int = 12
    ) -> float:
        """How probable it is that it arrives after ``promised``, if it has not arrived before ``today``."""
        now, end = today.toordinal(), promised.toordinal()
        if now > end:
            return 1.0
        promise = end - placed.toordinal()
        transit = self._transit(route, promise)
        if handed is not None:
            start = min(handed.toordinal(), now)
            begin = transit.begin(start)
            before = transit.passed(begin, now - 1) if start < now else 0.0
            return exp(before - transit.passed(begin, end))
        handling = self._handling(route, placed, promise, hour)
        start = min(placed.toordinal(), now)
        begin = handling.begin(start)
        before = handling.passed(begin, now - 1) if start < now else 0.0
        late, waiting = 0.0, 1.0
        for day in range(now, end + 1):
            left = exp(before - handling.passed(begin, day))
            late += (waiting - left) * exp(-transit.passed(transit.begin(day), end))
            waiting = left
        return min(1.0, late + waiting)

    def crossing(
        self,
        route: Route,
        *,
        placed: date,
        handed: date | None,
        today: date,
        promised: date,
        threshold: float,
        hour: int = 12,
    ) -> date | None:
        """The first day from ``today`` to ``promised`` on which ``late`` is at least ``threshold``, if nothing is heard
        until then; None if there is none.
        """
        days = range((promised - today).days + 1)
        ask = lambda ahead: self.late(  # noqa: E731 - one expression, used once
            route, placed=placed, handed=handed, today=today + timedelta(days=ahead), promised=promised, hour=hour
        )
        found = bisect_left(days, threshold, key=ask)
        return today + timedelta(days=found) if found < len(days) else None

    def silence(self, route: Route) -> timedelta:
        """95 of 100 parcels of such a lane have no longer gap between two scans; a cautious guess where too little is
        known, and never less than a day.
        """
        return silence(self._lanes, lane_of(route))

    def lane(self, route: Route) -> Lane | None:
        """What is remembered of the route's lane: its usual share of broken promises is ``late_share``, the one of
        about the last week ``lately``.
        """
        return self._lanes.get(lane_of(route))

    def expected_late_share(self, lane: str) -> float:
        """The usual share of broken promises of a lane (``lane_of``), or of all where nothing is known of it."""
        return (self._lanes.get(lane) or self._lanes[""]).late_share

    def confidence(self, route: Route) -> tuple[str, ...]:
        """Why it is less sure than usual: ``cold_start``, ``thin_lane``, ``volatile``, ``address_imprecise``."""
        lane, whole = self.lane(route), self._lanes[""]
        reasons = []
        if whole.delivered < _COLD:
            reasons.append("cold_start")
        elif lane is None or lane.delivered < _THIN:
            reasons.append("thin_lane")
        here = lane or whole
        if here.lately > here.late_share + _VOLATILE:
            reasons.append("volatile")
        if not route.destination or not route.prefix:
            reasons.append("address_imprecise")
        return tuple(reasons)

    # -- how it is kept --------------------------------------------------------------------------------------------

    def dump(self) -> bytes:
        """Compact; the same for what says the same."""
        return gzip.compress(self._content(), mtime=0)

    @classmethod
    def load(cls, raw: bytes) -> "Model":
        """What ``dump`` made. Raises ``ModelFormatError`` for anything else."""
        try:
            state = json.loads(gzip.decompress(raw))
            if state["format"] != FORMAT:
                raise ModelFormatError(f"format {state['format']}, this release reads {FORMAT}")
            return cls(
                state["brand"],
                date.fromisoformat(state["through"]) if state["through"] else None,
                {name: Stage.of(stage) for name, stage in state["stages"].items()},
                {name: Lane(*lane) for name, lane in state["lanes"].items()},
                {place: Days(tuple(days), dict(named)) for place, (days, named) in state["places"].items()},
                state["usual_promise"],
            )
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise ModelFormatError(f"not a model: {error}") from error

    def _content(self) -> bytes:
        state: dict[str, Any] = {
            "format": FORMAT,
            "brand": self.brand,
            "through": self.through.isoformat() if self.through else None,
            "stages": {name: stage.state() for name, stage in self.stages.items()},
            "lanes": dict(self._lanes),
            "usual_promise": self._usual_promise,
            "places": {place: [days.holidays, sorted(days.named.items())] for place, days in self._places.items()},
        }
        return json.dumps(state, separators=(",", ":"), sort_keys=True).encode()

    # -- how it is reckoned ----------------------------------------------------------------------------------------

    def days(self, place: str) -> Days:
        """The days of a place; without holidays where they are not known."""
        return self._places.get(place) or self._places[""]

    def arrivals(
        self,
        route: Route,
        *,
        placed: date,
        handed: date | None,
        today: date,
        hour: int = 12,
        promise: int | None = None,
        out_for_delivery: date | None = None,
    ) -> list[float]:
        """For today and each day after it: how probable it is to arrive later, given that it has not before today.

        ``promise``: days from the order to the end of what was promised.
        """
        now = today.toordinal()
        if out_for_delivery is not None:
            named = last_mile_effects(route)
            way = Way(self.stages["last_mile"], named, service_of(route), self.days(route.destination))
            return _open(way, min(out_for_delivery.toordinal(), now), now)
        transit = self._transit(route, promise)
        if handed is not None:
            return _open(transit, min(handed.toordinal(), now), now)
        handling = self._handling(route, placed, promise, hour)
        return _unsent(handling, transit, min(placed.toordinal(), now), now)

    def _transit(self, route: Route, promise: int | None) -> Way:
        days, value = self.days(route.destination), promise_value(promise, self._usual_promise)
        return Way(self.stages["transit"], transit_effects(route, value), service_of(route), days)

    def _handling(self, route: Route, placed: date, promise: int | None, hour: int) -> Way:
        named = handling_effects(route, placed.weekday(), promise_value(promise, self._usual_promise))
        return Way(self.stages["handling"], named, "", self.days(route.origin), share_of(hour))


def _open(way: Way, begun: int, today: int) -> list[float]:
    """The shares that are still in a stage at the end of today and of each day after it, of those in it before."""
    begin = way.begin(begun)
    before = way.passed(begin, today - 1) if begun < today else 0.0
    late: list[float] = []
    for day in range(today, today + HORIZON):
        late.append(exp(before - way.passed(begin, day)))
        if late[-1] < _REST:
            break
    return late


def _unsent(handling: Way, transit: Way, placed: int, today: int) -> list[float]:
    """The same for a parcel that waits to be handed over: each day of handover by its probability."""
    late = [0.0] * HORIZON
    fading, worked = transit.fading(_REST), transit.worked(today, HORIZON)
    longest = len(fading) - 1
    begin = handling.begin(placed)
    before = handling.passed(begin, today - 1) if placed < today else 0.0
    waiting, share = 1.0, 0.0
    for index in range(HORIZON):
        left = exp(before - handling.passed(begin, today + index)) if waiting > _WAITING else 0.0
        share += waiting - left
        late[index] += left
        waiting = left
        if share < _FEW and waiting > 0:
            late[index] += share
            continue
        begun = worked[index]
        for position in range(index, HORIZON):
            time = 2.0 * (worked[position + 1] - begun)
            step = int(time)
            if step >= longest:
                break
            here = fading[step]
            late[position] += share * (here + (time - step) * (fading[step + 1] - here))
        share = 0.0
        if waiting <= 0:
            break
    return late


def _promise(placed: date, promised: date | None) -> int | None:
    return (promised - placed).days if promised else None
