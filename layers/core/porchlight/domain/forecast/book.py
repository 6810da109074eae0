"""What learns: the lives of a brand's parcels, day by day."""

import gzip
import json
from collections.abc import Iterator
from datetime import date
from math import log
from typing import Any

from porchlight.domain.forecast.days import Days
from porchlight.domain.forecast.effects import (
    Effect,
    Named,
    handling_effects,
    lane_of,
    last_mile_effects,
    promise_value,
    service_of,
    transit_effects,
)
from porchlight.domain.forecast.free_days import free_days, other_days
from porchlight.domain.forecast.lanes import LaneBook
from porchlight.domain.forecast.learning import Day, Learner
from porchlight.domain.forecast.lives import Life, Route
from porchlight.domain.forecast.model import Model
from porchlight.domain.forecast.parcels import Parcel
from porchlight.domain.forecast.stages import NATURES, share_of

FORMAT = 1
KEPT_DAYS = 60
"""So long after its delivery a parcel may still be corrected."""
LOSS_DAYS = 120
"""A parcel that is open for so long is taken as never delivered."""
LATE_NEWS = 2
"""News of a day may come so many days later: promises are looked at then."""
SETTLED_DAYS = 1
"""Effects learn from a day when it is so many days ago: what they have learned cannot be taken back."""
_PROMISES = 50
"""Promises that are enough to know how long they usually are."""
_TIDY_DAYS, _EFFECT_DAYS = 7, 400


class BookFormatError(ValueError):
    """Not a book, or one of a later release."""


class Book:
    """All that a brand's parcels have taught, and those that are on their way.

    ``record`` what is known of parcels, ``close`` each day when it is over, ask ``model`` for what predicts.
    """

    def __init__(self, brand: str) -> None:
        self.brand = brand
        self.through: date | None = None
        """The last day that was closed."""
        self._parcels: dict[str, Parcel] = {}
        self._routes: dict[Route, Route] = {}
        self._told: dict[str, Parcel | None] = {}
        """What was known at the last close of parcels of which more was told since; None: nothing."""
        self._learners = {name: Learner(nature, {"all": log(nature.usual)}) for name, nature in NATURES.items()}
        self._lanes = LaneBook()
        self._promises = [0, 0]
        """The sum of the lengths of the first promises, in days, and how many they are."""
        self._effects: dict[tuple[str, str], list[tuple[Effect, float]]] = {}
        self._places: dict[tuple[str, int], Days] = {}
        self._model: Model | None = None

    def record(self, life: Life) -> None:
        """The newest knowledge of a parcel, in whatever order of parcels; it may take back what was told before.

        What is over for long, or was lost long ago, is passed over.
        """
        known = self._parcels.get(life.parcel_id)
        parcel = Parcel.of(life, self._routes.setdefault(life.route, life.route))
        if known is None and self.through is not None and _is_old(parcel, self.through.toordinal()):
            return
        if parcel != known:
            self._told.setdefault(life.parcel_id, known)
            self._parcels[life.parcel_id] = parcel

    def close(self, day: date) -> None:
        """Learns from everything up to the end of ``day``, each day by itself. A day that is closed stays as it is."""
        first = self.through.toordinal() + 1 if self.through else day.toordinal()
        for ordinal in range(first, day.toordinal() + 1):
            self._close(ordinal)

    def model(self) -> Model:
        """What the days that are closed have taught; read only."""
        if self._model is None:
            stages = {name: learner.stage() for name, learner in self._learners.items()}
            self._model = Model(
                self.brand, self.through, stages, self._lanes.lanes(), self._holidays(), self._usual_promise
            )
        return self._model

    @property
    def _usual_promise(self) -> float:
        """In days: the mean of the first promises, by which later ones are measured; 0 until there are enough."""
        days, count = self._promises
        return round(days / count, 2) if count >= _PROMISES else 0.0

    # -- a day -----------------------------------------------------------------------------------------------------

    def _close(self, today: int) -> None:
        model = self.model()
        self._amend(model, today)
        gone, due, settled = [], today - LATE_NEWS, today - SETTLED_DAYS
        for parcel_id in sorted(self._parcels):
            parcel = self._parcels[parcel_id]
            delivered = parcel.delivered
            if delivered is not None and today - KEPT_DAYS < delivered < due and parcel.promised != due:
                continue
            known = parcel.as_of(today)
            if known is None:
                continue
            if known.open_on(today):
                self._count(model, parcel_id, known, (today, today), today, 1)
                if known.delivered == today:
                    self._lanes.deliver(lane_of(known.route), known.silence)
            if known.open_on(settled):
                self._adjust(model, parcel_id, known, (settled, settled), ends_only=False)
            else:
                self._forget(parcel_id)
            if known.promised == due and not (known.ended and known.handed is None):
                kept = known.delivered is not None and known.delivered <= known.promised
                self._lanes.come_due(lane_of(known.route), kept)
            if _is_old(known, today):
                gone.append(parcel_id)
        for parcel_id in gone:
            self._forget(parcel_id)
            del self._parcels[parcel_id]
        for learner in self._learners.values():
            learner.age()
        self._lanes.age()
        if self._promises[1] < _PROMISES:
            made = [one.promise for one in self._parcels.values() if one.placed == today and one.promise is not None]
            self._promises = [self._promises[0] + sum(made), self._promises[1] + len(made)]
            if self._promises[1] >= _PROMISES:
                self._effects.clear()
        if today % _TIDY_DAYS == 0:
            self._tidy(today)
        self.through = date.fromordinal(today)
        self._model = None

    def _amend(self, model: Model, today: int) -> None:
        """What was told since about days that are closed: days that look different now are counted anew. Effects are
        moved by days only when news of them can hardly come any more; what comes even later moves them by ends alone,
        but for parcels that nobody had told of at all: an import tells of whole lives at once.
        """
        for parcel_id in sorted(self._told):
            before, after = self._told[parcel_id], self._parcels[parcel_id]
            old, new = before.as_of(today - 1) if before else None, after.as_of(today - 1)
            self._forget(parcel_id)
            first = _first_difference(old, new)
            if first is None or (old is None and after.ended):
                continue
            for known, weight in ((old, -1), (new, 1)):
                if known is not None:
                    self._count(model, parcel_id, known, (first, today - 1), today, weight)
                    if known.delivered is not None:
                        self._lanes.deliver(lane_of(known.route), known.silence, weight, today - known.delivered)
                    self._forget(parcel_id)
            if new is not None:
                self._adjust(model, parcel_id, new, (first, today - 1 - SETTLED_DAYS), old is not None)
                self._forget(parcel_id)
        self._told = {}

    def _days_of(
        self, model: Model, parcel_id: str, parcel: Parcel, first: int, last: int
    ) -> Iterator[tuple[str, Day]]:
        """The days of a parcel from one to another, in each stage that it was in."""
        for name, begun, until, ends in _spans(parcel):
            if until is not None and until < first:
                continue
            group, place, share = "", parcel.route.destination, 1.0
            if name == "handling":
                place, share = parcel.route.origin, share_of(parcel.hour)
            else:
                group = service_of(parcel.route)
            clock = model.stages[name].clock(group, model.days(place))
            effects = self._effects_of(name, parcel_id, parcel, first)
            for day in range(max(first, begun), (last if until is None else min(last, until)) + 1):
                yield name, Day(effects, group, clock, day, begun, share, ends and day == until)

    def _count(
        self, model: Model, parcel_id: str, parcel: Parcel, days: tuple[int, int], today: int, weight: int
    ) -> None:
        for name, day in self._days_of(model, parcel_id, parcel, *days):
            self._learners[name].count(day, model.stages[name].curve, weight, today - day.day)

    def _adjust(self, model: Model, parcel_id: str, parcel: Parcel, days: tuple[int, int], ends_only: bool) -> None:
        for name, day in self._days_of(model, parcel_id, parcel, *days):
            if day.ended or not ends_only:
                self._learners[name].adjust(day)

    def _effects_of(self, stage: str, parcel_id: str, parcel: Parcel, today: int) -> list[tuple[Effect, float]]:
        found = self._effects.get((parcel_id, stage))
        if found is None:
            found = self._learners[stage].named(self._named(stage, parcel), today)
            self._effects[parcel_id, stage] = found
        return found

    def _named(self, stage: str, parcel: Parcel) -> Named:
        value = promise_value(parcel.promise, self._usual_promise)
        if stage == "handling":
            return handling_effects(parcel.route, date.fromordinal(parcel.placed).weekday(), value)
        return transit_effects(parcel.route, value) if stage == "transit" else last_mile_effects(parcel.route)

    def _forget(self, parcel_id: str) -> None:
        for stage in NATURES:
            self._effects.pop((parcel_id, stage), None)

    def _tidy(self, today: int) -> None:
        for learner in self._learners.values():
            learner.tidy(today - _EFFECT_DAYS)
        self._effects.clear()
        self._routes = {parcel.route: parcel.route for parcel in self._parcels.values()}

    def _holidays(self) -> dict[str, Days]:
        """Of the places that parcels come from or go to, last year to next year."""
        found = {"": Days()}
        if self.through is None:
            return found
        year, today = self.through.year, self.through.toordinal()
        for route in {id(one.route): one.route for one in self._parcels.values() if one.placed <= today}.values():
            for place in (route.origin, route.destination):
                if place not in found:
                    found[place] = self._days(place, year)
        return found

    def _days(self, place: str, year: int) -> Days:
        if (place, year) not in self._places:
            days = [day for one in (year - 1, year, year + 1) for day in free_days(place, one)]
            country = place.partition("-")[0]
            named = {day: name for one in (year - 1, year, year + 1) for day, name in other_days(country, one)}
            self._places[place, year] = Days(tuple(days), {day: named[day] for day in named.keys() - set(days)})
        return self._places[place, year]

    # -- how it is kept --------------------------------------------------------------------------------------------

    def dump(self) -> bytes:
        """All of it, compact; the same for books that know the same."""
        routes = sorted({id(one.route): one.route for one in self._parcels.values()}.values(), key=_route_row)
        told = {route: index for index, route in enumerate(routes)}
        extra = [one.route for one in self._told.values() if one is not None and one.route not in told]
        for route in sorted(set(extra), key=_route_row):
            told[route] = len(told)
        state: dict[str, Any] = {
            "format": FORMAT,
            "brand": self.brand,
            "through": self.through.isoformat() if self.through else None,
            "route_fields": list(Route.model_fields),
            "routes": [_route_row(route) for route in told],
            "parcels": {one: parcel.state(told[parcel.route]) for one, parcel in self._parcels.items()},
            "told": {one: parcel and parcel.state(told[parcel.route]) for one, parcel in self._told.items()},
            "learners": {name: learner.state() for name, learner in self._learners.items()},
            "lanes": self._lanes.state(),
            "promises": self._promises,
        }
        return gzip.compress(json.dumps(state, separators=(",", ":"), sort_keys=True).encode(), mtime=0)

    @classmethod
    def load(cls, raw: bytes) -> "Book":
        """What ``dump`` made, also where a later release knows more of routes and effects. Raises ``BookFormatError``
        for anything else.
        """
        try:
            state = json.loads(gzip.decompress(raw))
            if state["format"] != FORMAT:
                raise BookFormatError(f"format {state['format']}, this release reads {FORMAT}")
            book = cls(state["brand"])
            book.through = date.fromisoformat(state["through"]) if state["through"] else None
            routes = [
                Route.model_validate(dict(zip(state["route_fields"], row, strict=True))) for row in state["routes"]
            ]
            book._routes = {route: route for route in routes}
            book._parcels = {one: Parcel(routes[row[0]], *row[1:]) for one, row in state["parcels"].items()}
            book._told = {one: row and Parcel(routes[row[0]], *row[1:]) for one, row in state["told"].items()}
            for name, learner in state["learners"].items():
                book._learners[name].restore(learner)
            book._lanes.restore(state["lanes"])
            book._promises = state["promises"]
        except (OSError, EOFError, ValueError, KeyError, TypeError, IndexError) as error:
            raise BookFormatError(f"not a book: {error}") from error
        return book


def _is_old(parcel: Parcel, today: int) -> bool:
    """True for what nothing more is learned from: delivered or ended long ago, or open for too long."""
    if parcel.delivered is not None:
        return parcel.delivered <= today - KEPT_DAYS
    return (parcel.handed if parcel.handed is not None else parcel.placed) <= today - LOSS_DAYS


def _first_difference(old: Parcel | None, new: Parcel | None) -> int | None:
    """The first day of which two states of knowledge say something else; None where they say the same."""
    if old is None or new is None:
        known = old or new
        return known.placed if known else None
    pairs = ((old.placed, new.placed), (old.handed, new.handed), (old.delivered, new.delivered), (old.out, new.out))
    return min((day for pair in pairs if pair[0] != pair[1] for day in pair if day is not None), default=None)


def _spans(parcel: Parcel) -> Iterator[tuple[str, int, int | None, bool]]:
    """The stages that a parcel was in: name, first day, last day (None: it is in it), and whether that was its end."""
    if parcel.handed is not None:
        yield "handling", parcel.placed, parcel.handed, True
        yield "transit", parcel.handed, parcel.delivered, parcel.delivered is not None
    else:
        yield "handling", parcel.placed, parcel.delivered - 1 if parcel.delivered is not None else None, False
    if parcel.out is not None:
        yield "last_mile", parcel.out, parcel.delivered, parcel.delivered is not None


def _route_row(route: Route) -> list[str]:
    return [str(value) for value in route.model_dump().values()]
