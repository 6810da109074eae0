"""What conditions say about each other: whether one can hold at all, whether it holds whenever another one does.

Every "yes" is certain; a "no" means that it could not be shown. Conditions are compared name by name.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from porchlight.domain.policy.conditions import PATTERNS, TOGETHER, named
from porchlight.domain.policy.model import Days, MoneySpan, Span, When

MEMBERS = frozenset({"tags", "segment"})
"""Facts that are several words at once."""
COUNTS = frozenset(
    {
        *("days_since_purchase", "days_since_delivery", "returns_of_order", "orders", "returns", "claims", "kept"),
        *("account_days", "risk_score"),
    }
)
"""Facts that are whole numbers from 0 on."""
LIMITS = {**dict.fromkeys(COUNTS, (0.0, math.inf)), "risk_score": (0.0, 100.0), "returned_share": (0.0, 1.0)}


# ---------------------------------------------------------------------------------------------------------- never holds


def never(when: When) -> list[tuple[str, str]]:
    """Why a condition can never hold: where (``days_since_delivery``, ``any``) and in words; () where it may."""
    found = [(name, why) for name in named(when) if (why := _empty(name, getattr(when, name)))]
    if when.delivered is False and when.days_since_delivery is not None:
        found.append(("days_since_delivery", "counts from the delivery, but delivered is false"))
    if when.any is not None and not found and not list(_ways(when)):
        found.append(("any", "none of these can hold together with the rest"))
    bare = when.model_copy(update={"unless": None})
    for number, one in enumerate(when.unless or ()):
        if not found and implies(bare, one):
            found.append((f"unless.{number}", "holds whenever the rest does"))
    return found


def _empty(name: str, wanted: Any) -> str:
    """Why one condition can never hold, or empty."""
    if isinstance(wanted, tuple):
        return "" if wanted or name == "unless" else "an empty list fits nothing"
    if isinstance(wanted, Days):
        nothing = wanted.since and wanted.until and wanted.since > wanted.until
        return f"since {wanted.since} is after until {wanted.until}" if nothing else ""
    if isinstance(wanted, Span):
        return "no number is within these limits" if _range(name, wanted) is None else ""
    if isinstance(wanted, MoneySpan) and not _amounts(wanted):
        return "no amount of any currency is within these limits"
    return ""


def _range(name: str, span: Span) -> tuple[float, bool, float, bool] | None:
    """Lowest and highest value, each with whether it is included; None where there is none."""
    least, most = LIMITS.get(name, (-math.inf, math.inf))
    low, high = (least, True), (most, True)
    if span.at_least is not None:
        low = max(low, (span.at_least, True), key=lambda one: (one[0], not one[1]))
    if span.above is not None:
        low = max(low, (span.above, False), key=lambda one: (one[0], not one[1]))
    if span.at_most is not None:
        high = min(high, (span.at_most, True), key=lambda one: (one[0], one[1]))
    if span.below is not None:
        high = min(high, (span.below, False), key=lambda one: (one[0], one[1]))
    if name in COUNTS:  # whole numbers: above 5 is at least 6
        low = (math.floor(low[0]) + 1, True) if not low[1] else (math.ceil(low[0]), True)
        if math.isfinite(high[0]):
            high = (math.ceil(high[0]) - 1, True) if not high[1] else (math.floor(high[0]), True)
    if low[0] > high[0] or (low[0] == high[0] and not (low[1] and high[1])):
        return None
    return (*low, *high)


def _amounts(span: MoneySpan) -> dict[str, tuple[float, float]]:
    """Lowest and highest amount in minor units, by currency; without those that nothing fits."""
    named_ones = [limits for limits in (span.above, span.at_most) if limits is not None]
    currencies = set(named_ones[0]).intersection(*named_ones[1:])
    found: dict[str, tuple[float, float]] = {}
    for currency in currencies:
        low = span.above[currency] + 1 if span.above is not None else 0
        high = span.at_most[currency] if span.at_most is not None else math.inf
        if low <= high:
            found[currency] = (low, high)
    return found


# ------------------------------------------------------------------------------------------------------ implies, apart


def implies(one: When, other: When) -> bool:
    """True where ``other`` holds whenever ``one`` does."""
    return all(_covers(way, other) for way in _ways(one))


def apart(one: When, other: When) -> bool:
    """True where the two never hold together."""
    return all(_clash(way, there) for way in _ways(one) for there in _ways(other))


def _ways(when: When) -> Iterator[tuple[When, ...]]:
    """The ways in which a condition may hold: each is conditions without ``any`` that hold together. Those that clash
    in themselves are left out.
    """
    bare = when.model_copy(update={"any": None})
    if any(_empty(name, getattr(bare, name)) for name in named(bare)):
        return
    if when.any is None:
        yield (bare,)
        return
    for member in when.any:
        for way in _ways(member):
            if not _clash((bare,), way):
                yield (bare, *way)


def _covers(way: Sequence[When], other: When) -> bool:
    """True where ``other`` holds whenever all of ``way`` do."""
    for name in named(other):
        wanted = getattr(other, name)
        if name == "any":
            if not any(_covers(way, one) for one in wanted):
                return False
        elif name == "unless":
            if not all(_rules_out(way, one) for one in wanted):
                return False
        elif not any(_within(name, getattr(one, name), wanted) for one in way) and not _follows(way, name, wanted):
            return False
    return True


def _follows(way: Sequence[When], name: str, wanted: Any) -> bool:
    """What follows from a condition of another name: days since the delivery count once there was one."""
    return name == "delivered" and wanted is True and any(one.days_since_delivery is not None for one in way)


def _rules_out(way: Sequence[When], one: When) -> bool:
    """True where ``one`` never holds when ``way`` does."""
    excluded = [bad for condition in way for bad in condition.unless or ()]
    return any(implies(one, bad) for bad in excluded) or all(_clash(way, there) for there in _ways(one))


def _clash(way: Sequence[When], there: Sequence[When]) -> bool:
    """True where one condition here and one there can never hold together."""
    pairs = [(one, two) for one in way for two in there]
    if any(_opposed(name, one, two) for one, two in pairs for name in set(named(one)) & set(named(two))):
        return True
    return any(
        a.delivered is False and b.days_since_delivery is not None for x, y in pairs for a, b in ((x, y), (y, x))
    )


def _opposed(name: str, one: When, two: When) -> bool:
    a, b = getattr(one, name), getattr(two, name)
    if name in TOGETHER or name in MEMBERS or name in PATTERNS:
        return False
    if isinstance(a, bool):
        return a is not b
    if isinstance(a, tuple):
        return set(a).isdisjoint(b)
    if isinstance(a, Days):
        return _earliest(a) > _latest(b) or _earliest(b) > _latest(a)
    if isinstance(a, Span):
        return _disjoint(_range(name, a), _range(name, b))
    mine, yours = _amounts(a), _amounts(b)
    return all(
        mine[currency][0] > yours[currency][1] or yours[currency][0] > mine[currency][1]
        for currency in mine.keys() & yours.keys()
    )


def _disjoint(a: tuple[float, bool, float, bool] | None, b: tuple[float, bool, float, bool] | None) -> bool:
    if a is None or b is None:
        return True
    return any(x[0] > y[2] or (x[0] == y[2] and not (x[1] and y[3])) for x, y in ((a, b), (b, a)))


def _within(name: str, narrow: Any, wide: Any) -> bool:
    """True where whatever fits ``narrow`` fits ``wide``."""
    if narrow is None:
        return False
    if isinstance(wide, bool):
        return narrow is wide
    if name in PATTERNS:
        return all(any(_pattern_within(one, pattern) for pattern in wide) for one in narrow)
    if isinstance(wide, tuple):
        return set(narrow) <= set(wide)
    if isinstance(wide, Days):
        return _earliest(narrow) >= _earliest(wide) and _latest(narrow) <= _latest(wide)
    if isinstance(wide, Span):
        inner, outer = _range(name, narrow), _range(name, wide)
        if inner is None or outer is None:
            return inner is None
        low = inner[0] > outer[0] or (inner[0] == outer[0] and (outer[1] or not inner[1]))
        return low and (inner[2] < outer[2] or (inner[2] == outer[2] and (outer[3] or not inner[3])))
    mine, theirs = _amounts(narrow), _amounts(wide)
    return all(
        currency in theirs and theirs[currency][0] <= low and high <= theirs[currency][1]
        for currency, (low, high) in mine.items()
    )


def _pattern_within(narrow: str, wide: str) -> bool:
    """``HOME-1*`` is within ``HOME-*``."""
    return narrow == wide or (not set("?[") & set(wide) and fnmatchcase(narrow, wide))


def _earliest(days: Days) -> date:
    return days.since or date.min


def _latest(days: Days) -> date:
    return days.until or date.max
