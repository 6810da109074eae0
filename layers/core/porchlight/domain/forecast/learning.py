"""How a stage is learned: what each day has shown of each open parcel, so that those still on their way count too."""

from collections.abc import Mapping, Sequence
from math import exp, log
from typing import Any

from porchlight.domain.forecast.days import KINDS, Clock
from porchlight.domain.forecast.effects import Effect, Named
from porchlight.domain.forecast.hazards import BINS, EDGES, Curve, bin_of, usual_hazards
from porchlight.domain.forecast.stages import Nature, Stage
from porchlight.domain.forecast.tallies import Tally

_KIND_HALF_LIFE, _KIND_PRIOR = 90.0, 50.0
_LEAST_WEIGHT = 0.001
_TRUST = 0.5
"""What a day shows counts for half: parcels of one van say the same thing several times."""
_LEAST_EFFECT = 0.004
"""Smaller ones are not told to the model."""


class Learner:
    """What was counted and learned of one stage."""

    def __init__(self, nature: Nature, usual: Mapping[str, float]) -> None:
        """``usual``: effects by name where they do not begin at 0, such as ``all``."""
        self._nature, self._beginning = nature, usual
        self._hazards = usual_hazards(nature.shape)
        self._table = Tally(nature.half_life, 2 * BINS)
        self._kinds = Tally(_KIND_HALF_LIFE, 2 * KINDS)
        self._effects: dict[str, Effect] = {}

    def stage(self) -> Stage:
        """What is known by now."""
        effects = {name: round(value, 4) for name, value in self._beginning.items() if value}
        for name, effect in self._effects.items():
            if abs(effect.value) > _LEAST_EFFECT:
                effects[name] = round(effect.value, 4)
        return Stage(self._curve(), effects, self._weights())

    def named(self, named: Named, today: int) -> list[tuple[Effect, float]]:
        """The effects that names stand for, as they are learned."""
        result = []
        for name, value in named:
            effect = self._effects.get(name)
            if effect is None:
                kind = self._nature.effects[name.partition(":")[0]]
                effect = Effect(self._beginning.get(name, 0.0), kind.spread**2, today, kind)
                self._effects[name] = effect
            result.append((effect, value))
        return result

    def learn(
        self,
        effects: Sequence[tuple[Effect, float]],
        curve: Curve,
        group: str,
        clock: Clock,
        day: int,
        begun: int,
        share: float,
        ended: bool,
        sign: int,
    ) -> None:
        """What a parcel's ``day`` in this stage has shown.

        ``begun``: the day on which the stage began, of which ``share`` was left. ``sign`` -1 takes back what was
        learned of the day: the counts exactly, the effects about.
        """
        kind = clock.days.kind(day)
        weight = clock.weights[kind]
        if day == begun:
            before, after = 0.0, share * weight
        else:
            after = share * clock.weight(begun) + clock.at(day) - clock.at(begun)
            before = max(0.0, after - weight)
        total = spread = 0.0
        for effect, value in effects:
            if effect.at < day:
                effect.variance = min(effect.most, effect.variance + effect.drift * (day - effect.at))
                effect.at = day
            total += effect.value * value
            spread += effect.variance * value * value
        scale = exp(total)
        first, last = before / scale, after / scale
        hazard = curve.total(last) - curve.total(first)
        risked = _until_end(hazard) if ended else 1.0
        kinds = self._kinds.of(group)
        amount = sign * self._kinds.weight
        kinds[KINDS + kind] += amount * risked * hazard / max(weight, _LEAST_WEIGHT)
        if ended:
            kinds[kind] += amount
        self._count(curve, first, last, hazard, risked, ended, sign)
        self._adjust(effects, first, last, spread, ended, sign)

    def _count(
        self, curve: Curve, first: float, last: float, hazard: float, risked: float, ended: bool, sign: int
    ) -> None:
        """The life table: time at risk by bin; an end is shared among the bins of its day."""
        row = self._table.of("")
        amount = sign * self._table.weight
        for index in range(bin_of(first), bin_of(last) + 1):
            high = last if index == BINS - 1 else min(last, EDGES[index + 1])
            inside = high - max(first, EDGES[index])
            if inside > 0:
                row[BINS + index] += amount * risked * inside
                if ended and hazard > 0:
                    row[index] += amount * curve.hazards[index] * inside / hazard

    def _adjust(
        self,
        effects: Sequence[tuple[Effect, float]],
        first: float,
        last: float,
        spread: float,
        ended: bool,
        sign: int,
    ) -> None:
        """A step of the Kalman filter along the slope of the log-logistic likelihood of that day."""
        shape = self._nature.grip
        low, high = first**shape, last**shape
        passed = log((1 + high) / (1 + low)) + 1e-9
        slope = -shape * (high / (1 + high) - low / (1 + low))
        left = exp(-passed)
        odds = left / (1 - left)
        score = _TRUST * (odds * slope if ended else -slope)
        information = _TRUST * slope * slope * odds
        share = 1 + information * spread
        for effect, value in effects:
            variance = effect.variance
            effect.value += sign * variance * value * score / share
            if sign > 0:
                effect.variance = variance - variance * variance * value * value * information / share

    def age(self) -> None:
        """A day is over."""
        self._table.age()
        self._kinds.age()

    def drop(self, before: int) -> None:
        """Effects that nothing was learned of since ``before`` are forgotten."""
        self._effects = {name: effect for name, effect in self._effects.items() if effect.at >= before}

    def state(self) -> dict[str, Any]:
        """What ``restore`` takes, fit for JSON."""
        effects = {name: [effect.value, effect.variance, effect.at] for name, effect in self._effects.items()}
        return {"table": self._table.state(), "kinds": self._kinds.state(), "effects": effects}

    def restore(self, state: Mapping[str, Any]) -> None:
        self._table.restore(state["table"])
        self._kinds.restore(state["kinds"])
        kinds = self._nature.effects
        self._effects = {
            name: Effect(value, variance, at, kinds[name.partition(":")[0]])
            for name, (value, variance, at) in state["effects"].items()
        }

    def _curve(self) -> Curve:
        sums, prior = self._table.faded(""), self._nature.prior
        counted = zip(sums[:BINS], sums[BINS:], self._hazards, strict=True)
        return Curve([float(f"{(ends + prior * usual) / (exposed + prior):.4g}") for ends, exposed, usual in counted])

    def _weights(self) -> dict[str, tuple[float, ...]]:
        usual = _ratios(self._kinds.total(), self._nature.weights)
        groups = {group: _ratios(self._kinds.faded(group), usual) for group in self._kinds.sums if group}
        return {"": usual, **groups}


def _until_end(hazard: float) -> float:
    """Which part of a day's hazard had passed when the parcel left the stage within it, on average."""
    return 0.5 if hazard < 1e-3 else 1 / hazard - 1 / (exp(hazard) - 1)


def _ratios(row: list[float], usual: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(
        round((row[kind] + _KIND_PRIOR * usual[kind]) / (row[KINDS + kind] + _KIND_PRIOR), 4) for kind in range(KINDS)
    )
