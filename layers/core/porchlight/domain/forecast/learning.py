"""How a stage is learned: what each day has shown of each open parcel, so that those still on their way count too."""

from collections.abc import Mapping, Sequence
from math import exp, inf, log
from typing import Any, NamedTuple

from porchlight.domain.forecast.days import KINDS, Clock
from porchlight.domain.forecast.effects import Effect, Named, coarser
from porchlight.domain.forecast.hazards import BINS, EDGES, Curve, bin_of, usual_hazards
from porchlight.domain.forecast.stages import LONGEST, SHORTEST, Nature, Stage
from porchlight.domain.forecast.tallies import Tally

_KIND_HALF_LIFE, _KIND_PRIOR, _NAMED_PRIOR = 90.0, 50.0, 8.0
_PRIOR_SHARE, _LEAST_PRIOR = 0.02, 5.0
"""The usual table counts for so much of what was seen."""
_CERTAIN = 50.0
_LEAST_WEIGHT = 0.001
_TRUST = 0.5
"""What a day shows counts for half: parcels of one van say the same thing several times."""
_SAME = 0.9
"""Of the parcels of a coarser effect: so many are about all of them."""
_LEAST_EFFECT = 0.004
"""Smaller ones are not told to the model."""


class Day(NamedTuple):
    """A day of a parcel in a stage."""

    effects: Sequence[tuple[Effect, float]]
    group: str
    clock: Clock
    day: int
    begun: int
    """The day on which the stage began, of which ``share`` was left."""
    share: float
    ended: bool
    """Whether the stage ended on that day."""

    @property
    def kind(self) -> int:
        return self.clock.days.kind(self.day)

    def times(self) -> tuple[float, float]:
        """The time in the stage before and after that day, in units of what is usual for the parcel."""
        clock, day, begun = self.clock, self.day, self.begun
        weight = clock.weight(day)
        if day == begun:
            before, after = 0.0, self.share * weight
        else:
            after = self.share * clock.weight(begun) + clock.at(day) - clock.at(begun)
            before = max(0.0, after - weight)
        total = 0.0
        for effect, value in self.effects:
            total += effect.value * value
        scale = exp(min(LONGEST, max(SHORTEST, total)))
        return before / scale, after / scale


class Learner:
    """What was counted and learned of one stage."""

    def __init__(self, nature: Nature, usual: Mapping[str, float]) -> None:
        """``usual``: effects by name where they do not begin at 0, such as ``all``."""
        self._nature, self._beginning = nature, usual
        self._hazards = usual_hazards(nature.shape, nature.stuck)
        self._table = Tally(nature.half_life, 2 * BINS)
        self._kinds = Tally(_KIND_HALF_LIFE, 2 * KINDS)
        self._named = Tally(inf)
        self._effects: dict[str, Effect] = {}

    def stage(self) -> Stage:
        """What is known by now."""
        effects = {name: round(value, 4) for name, value in self._beginning.items() if value}
        for name, effect in self._effects.items():
            if abs(effect.value) > _LEAST_EFFECT:
                effects[name] = round(effect.value, 4)
        return Stage(self._curve(), effects, self._weights(), self._named_weights())

    def named(self, named: Named, today: int) -> list[tuple[Effect, float]]:
        """The effects that names stand for, as they are learned."""
        result = []
        for name, value in named:
            effect = self._effects.get(name)
            if effect is None:
                kind = self._nature.effects[name.partition(":")[0]]
                effect = Effect(kind, self._beginning.get(name, 0.0), kind.spread**2, today)
                self._effects[name] = effect
                self._review(name, effect)
            result.append((effect, value))
        return result

    def count(self, day: Day, curve: Curve, weight: int, ago: int) -> None:
        """Counts what a parcel's day in this stage has shown, so many days ``ago``; ``weight`` -1 takes it back."""
        first, last = day.times()
        hazard = curve.total(last) - curve.total(first)
        risked = _until_end(hazard) if day.ended else 1.0
        expected = risked * hazard / max(day.clock.weight(day.day), _LEAST_WEIGHT)
        if name := day.clock.days.named.get(day.day):
            self._named.add(name, 0, weight * day.ended)
            self._named.add(name, 1, weight * expected)
        else:
            self._kinds.add(day.group, day.kind, weight * day.ended, ago)
            self._kinds.add(day.group, KINDS + day.kind, weight * expected, ago)
        self._count(curve, first, last, hazard, risked, day.ended, weight * self._table.weight_of(ago))

    def adjust(self, day: Day) -> None:
        """Moves the effects by what a parcel's day has shown: a step of the Kalman filter along the slope of the
        log-logistic likelihood of that day. It cannot be taken back.
        """
        spread = 0.0
        for effect, value in day.effects:
            if effect.at < day.day:
                effect.begin(day.day)
            effect.seen += 1
            if not effect.idle:
                spread += effect.variance * value * value
        first, last = day.times()
        shape = self._nature.grip
        low, high = first**shape, last**shape
        passed = log((1 + high) / (1 + low)) + 1e-9
        slope = -shape * (high / (1 + high) - low / (1 + low))
        left = exp(-passed)
        odds = left / (1 - left)
        score = _TRUST * (odds * slope if day.ended else -slope)
        information = _TRUST * slope * slope * odds
        share = 1 + information * spread
        for effect, value in day.effects:
            if effect.idle:
                continue
            gain = effect.trust * effect.variance * value / share
            effect.value += gain * score
            effect.load += information * value * value
            effect.variance -= gain * effect.variance * value * information

    def _count(
        self, curve: Curve, first: float, last: float, hazard: float, risked: float, ended: bool, amount: float
    ) -> None:
        """The life table: time at risk by bin; an end is shared among the bins of its day."""
        row = self._table.of("")
        for index in range(bin_of(first), bin_of(last) + 1):
            high = last if index == BINS - 1 else min(last, EDGES[index + 1])
            inside = high - max(first, EDGES[index])
            if inside > 0:
                row[BINS + index] += amount * risked * inside
                if ended and hazard > 0:
                    row[index] += amount * curve.hazards[index] * inside / hazard

    def age(self) -> None:
        """A day is over."""
        self._table.age()
        self._kinds.age()
        self._named.age()

    def tidy(self, before: int) -> None:
        """Effects that nothing was learned of since ``before`` are forgotten; others may begin to learn, or stop to."""
        self._effects = {name: effect for name, effect in self._effects.items() if effect.at >= before}
        for name, effect in self._effects.items():
            self._review(name, effect)

    def _review(self, name: str, effect: Effect) -> None:
        """What has seen nearly the same parcels as a coarser effect learns nothing: both would follow the same news."""
        seen = [self._effects[one].seen for one in coarser(name) if one in self._effects]
        effect.idle = any(effect.seen >= _SAME * other for other in seen)

    def state(self) -> dict[str, Any]:
        """What ``restore`` takes, fit for JSON."""
        effects = {
            name: [one.value, one.variance, one.at, one.seen, one.load, one.trust, one.idle]
            for name, one in self._effects.items()
        }
        return {
            "table": self._table.state(),
            "kinds": self._kinds.state(),
            "named": self._named.state(),
            "effects": effects,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self._table.restore(state["table"])
        self._kinds.restore(state["kinds"])
        self._named.restore(state["named"])
        for name, (*row, trust, idle) in state["effects"].items():
            if kind := self._nature.effects.get(name.partition(":")[0]):
                effect = self._effects[name] = Effect(kind, *row)
                effect.trust, effect.idle = trust, idle

    def _curve(self) -> Curve:
        sums = self._table.faded("")
        prior = min(self._nature.prior, max(_LEAST_PRIOR, _PRIOR_SHARE * sum(sums[:BINS])))
        counted = zip(sums[:BINS], sums[BINS:], self._hazards, strict=True)
        return Curve([float(f"{(ends + prior * usual) / (exposed + prior):.4g}") for ends, exposed, usual in counted])

    def _named_weights(self) -> dict[str, float]:
        usual, prior = self._nature.named, _NAMED_PRIOR
        rows = {name: self._named.faded(name) for name in self._named.sums}
        return {
            "": usual,
            **{name: round((row[0] + prior * usual) / (row[1] + prior), 4) for name, row in rows.items()},
        }

    def _weights(self) -> dict[str, tuple[float, ...]]:
        usual = _ratios(self._kinds.total(), self._nature.weights)
        groups = {group: _ratios(self._kinds.faded(group), usual) for group in self._kinds.sums if group}
        return {"": usual, **groups}


def _until_end(hazard: float) -> float:
    """Which part of a day's hazard had passed when the parcel left the stage within it, on average."""
    if hazard < 1e-3:
        return 0.5
    return 1 / hazard - (1 / (exp(hazard) - 1) if hazard < _CERTAIN else 0.0)


def _ratios(row: list[float], usual: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(
        round((row[kind] + _KIND_PRIOR * usual[kind]) / (row[KINDS + kind] + _KIND_PRIOR), 4) for kind in range(KINDS)
    )
