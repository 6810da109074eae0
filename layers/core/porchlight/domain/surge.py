"""Surges: a lane on which far more parcels come late than usual, all at once: weather, a strike, a closed hub.

A lane is told by its carrier and where it goes; the carrier as a whole is one too. What is counted are delays that were
declared, by day: the usual number is that of the four weeks before.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from math import exp

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.delays import DelayKind
from porchlight.domain.forecast.lives import Route

COUNTED = frozenset(
    {
        DelayKind.PREDICTED_LATE,
        DelayKind.PROMISE_MISSED,
        DelayKind.STALLED,
        DelayKind.EXCEPTION_UNRESOLVED,
        DelayKind.PRESUMED_LOST,
    }
)
"""Delays that come in crowds when a lane breaks down; one at a single door does not."""

FEWEST = 10
"""So few delays on two days are no surge, however rare they are."""

TIMES = 4
"""A surge is so many times the usual number."""

CHANCE = 1e-4
"""… and would come by chance so seldom (Poisson)."""

LOOK_BACK = 28
"""Days from which the usual number comes."""

LASTS = timedelta(hours=48)
"""A surge ends so long after its last sign."""

EVERY = 5
"""It is looked at again at each so many delays of a day: one read for five of them."""


class Surge(BaseModel):
    """One surge of one lane of one brand. ``until`` moves on with each new sign of it."""

    model_config = ConfigDict(frozen=True)

    brand: str
    surge_id: str
    lane: str
    """``usps|US-CA``, or ``usps|`` for the whole carrier."""
    began_at: AwareDatetime
    until: AwareDatetime
    late: int
    """Delays declared on its last two days."""
    usual: float
    """Delays that two days usually have."""
    case_id: str
    """The one question about it that people of the brand see, in place of one for each parcel."""
    version: int = 0


def lanes_of(route: Route) -> tuple[str, ...]:
    """The lanes that a parcel counts for, the narrower first; () where its carrier is not known."""
    if not route.carrier:
        return ()
    whole = f"{route.carrier}|"
    return (whole + route.destination, whole) if route.destination else (whole,)


def covering(active: Mapping[str, Surge], route: Route | None) -> Surge | None:
    """The surge that a parcel is caught in; the narrower lane's first."""
    return next((active[lane] for lane in lanes_of(route) if lane in active), None) if route else None


def is_worth_a_look(count: int) -> bool:
    """True where the count of a day may have made a surge of it."""
    return count * 2 >= FEWEST and count % EVERY == 0


def recent(counts: Mapping[date, int], today: date) -> int:
    """Delays of today and yesterday."""
    return counts.get(today, 0) + counts.get(today - timedelta(days=1), 0)


def unusual(counts: Mapping[date, int], today: date) -> tuple[int, float] | None:
    """(delays of today and yesterday, the usual number for two days) if that is a surge; None where it is not.

    Days before the lane's first delay count as days without one, so that a new lane needs many to be unusual.
    """
    late = recent(counts, today)
    before = [counts.get(today - timedelta(days=2 + back), 0) for back in range(LOOK_BACK)]
    usual = max(sum(before) / LOOK_BACK * 2, 0.5)
    if late < FEWEST or late < TIMES * usual or _chance(late, usual) > CHANCE:
        return None
    return late, usual


def _chance(seen: int, usual: float) -> float:
    """The Poisson probability of ``seen`` or more where ``usual`` are expected."""
    term, below = exp(-usual), 0.0
    for count in range(seen):
        below += term
        term *= usual / (count + 1)
    return max(0.0, 1 - below)
