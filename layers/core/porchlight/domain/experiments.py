"""Hold-outs: who does not get a moment, and what difference that makes."""

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from math import sqrt

from pydantic import BaseModel, ConfigDict

from porchlight.domain.outreach import Experiment


class Arm(StrEnum):
    """The two parts of an experiment."""

    TOLD = "told"
    HELD_OUT = "held_out"


class Effect(StrEnum):
    """What is counted of the shoppers in a part, from their first message of the experiment on."""

    ASSIGNED = "assigned"
    """Shoppers."""
    PAGE_VIEWS = "page_views"
    CONTACTS = "contacts"
    """They wrote to the brand, or its help desk says so."""
    REPEAT_ORDERS = "repeat_orders"


_Z95 = 1.96


def key_of(name: str, experiment: Experiment) -> str:
    """``name/version``."""
    return f"{name}/{experiment.version}"


def share_of(name: str, version: str, shopper_id: str) -> float:
    """Where a shopper stands between 0 and 1: the same for ever, and another place in each experiment."""
    return int.from_bytes(sha256(f"{name}/{version}/{shopper_id}".encode()).digest()[:8]) / 2**64


def arm_of(name: str, experiment: Experiment, shopper_id: str) -> Arm:
    """The part that a shopper is in."""
    held = share_of(name, experiment.version, shopper_id) < experiment.hold_out
    return Arm.HELD_OUT if held else Arm.TOLD


class Difference(BaseModel):
    """One effect: how often in each part for each shopper, and the difference (told less held out) with its 95 %
    interval; ``None`` where a part has nobody yet.
    """

    model_config = ConfigDict(frozen=True)

    effect: Effect
    told: float | None
    held_out: float | None
    difference: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_certain(self) -> bool:
        """True where the interval is on one side of zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def differences(arms: Mapping[Arm, Mapping[Effect, int]]) -> list[Difference]:
    """What telling makes of each effect. Counts are taken as Poisson: views and contacts may be more than one each."""
    found = []
    told, held = arms.get(Arm.TOLD, {}), arms.get(Arm.HELD_OUT, {})
    of_told, of_held = told.get(Effect.ASSIGNED, 0), held.get(Effect.ASSIGNED, 0)
    for effect in (Effect.PAGE_VIEWS, Effect.CONTACTS, Effect.REPEAT_ORDERS):
        one = told.get(effect, 0) / of_told if of_told else None
        other = held.get(effect, 0) / of_held if of_held else None
        if one is None or other is None:
            found.append(Difference(effect=effect, told=one, held_out=other))
            continue
        error = _Z95 * sqrt(one / of_told + other / of_held)
        apart = one - other
        found.append(
            Difference(effect=effect, told=one, held_out=other, difference=apart, low=apart - error, high=apart + error)
        )
    return found
