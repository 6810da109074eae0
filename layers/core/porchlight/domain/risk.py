"""An explained score of a shopper's returns, from the brand's own history of them: 0 to 100, points by signal.

What it may do is what rules of the policy say (``when: {risk: …}``) and no more; the law stands above those. Three
things keep it fair: a rate of which little is known is drawn to the brand's usual one (``usual_share``), each habit has
a number that is free and grows with the orders, and no signal alone makes a shopper ``high``. docs/returns-risk.md has
it at length.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

from porchlight.domain.policy.facts import RequestFacts
from porchlight.domain.policy.model import ReturnsPolicy, RiskThresholds
from porchlight.domain.return_history import History
from porchlight.domain.rma.names import RiskLevel
from porchlight.domain.rma.terms import Risk

VERSION = "risk-1"

MOST: dict[str, int] = {
    "returned_share": 25,
    "claims": 45,
    "kept": 45,
    "worn": 45,
    "not_as_sent": 45,
    "shared": 30,
    "new_account": 10,
    "splitting": 45,
}
"""The signals, and the most points that each can give."""

SHARE_FREE, SHARE_FULL = 0.15, 0.65
"""Nothing is said of a share of value that is no more than so much above the usual one; from the second on all points
are given.
"""
EACH: dict[str, float] = {"claims": 12, "kept": 12, "worn": 10, "not_as_sent": 20, "shared": 10, "splitting": 15}
"""Points for each one beyond those that are free."""
ONE_MORE_FREE: dict[str, int] = {"claims": 20, "kept": 15, "worn": 20}
"""One of these is free, and one more for so many orders."""
SHARERS_FREE = 2
"""Shoppers that may have the same address or means of payment: a couple is no ring."""
SPLIT_FREE = 2
SPLIT_WITHIN = timedelta(hours=48)
NEW_DAYS, KNOWN_DAYS = 14, 90
"""All points for an account that is younger than the first, none from the second on."""
_YEAR = timedelta(days=365)


def score(history: History, shared: int, facts: RequestFacts, policy: ReturnsPolicy, today: date) -> Risk:
    """The score of one request. ``shared``: how many shoppers have the most shared address or means of payment of its
    orders. More of anything bad never lowers it.
    """
    split = largest_cluster(history.last_orders, {*history.returned_orders, *facts.orders})
    above_usual = _share(history, facts, policy.risk) - policy.risk.usual_share
    points = {
        "returned_share": MOST["returned_share"] * _within(above_usual, SHARE_FREE, SHARE_FULL),
        "claims": _beyond("claims", _lately(history.claims, today), history.orders),
        "kept": _beyond("kept", _lately(history.kept, today), history.orders),
        "worn": _beyond("worn", _lately(history.worn, today), history.orders),
        "not_as_sent": EACH["not_as_sent"] * _lately(history.empty, today),
        "shared": EACH["shared"] * (shared - SHARERS_FREE),
        "new_account": MOST["new_account"] * _within(_age(history, facts, today), KNOWN_DAYS, NEW_DAYS),
        "splitting": EACH["splitting"] * (split - SPLIT_FREE),
    }
    reasons = {name: min(MOST[name], int(found)) for name, found in points.items() if found >= 1}
    total = min(100, sum(reasons.values()))
    return Risk(score=total, level=level_of(total, policy.risk), reasons=reasons, version=VERSION)


def shrunk_share(returned: int, bought: int, orders: int, usual: float, weight: int) -> float:
    """The share of value that goes back, drawn to the usual one as if ``weight`` orders of that kind had come before:
    the mean of a beta distribution that has seen both. ``returned`` counts up to what was bought.
    """
    own = min(returned, bought) / bought if bought > 0 else usual
    return (own * orders + usual * weight) / (orders + weight)


def largest_cluster(orders: Iterable[str], returned: set[str]) -> int:
    """How many of the returned orders were placed within 48 hours at most; entries are ``{instant}#{order id}``."""
    placed = sorted(
        datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        for at, _, order_id in (entry.partition("#") for entry in orders)
        if order_id in returned
    )
    best = first = 0
    for last, at in enumerate(placed):
        while at - placed[first] > SPLIT_WITHIN:
            first += 1
        best = max(best, last - first + 1)
    return best


def _share(history: History, facts: RequestFacts, risk: RiskThresholds) -> float:
    """In the currency of what is asked for; another one says nothing about it."""
    code = next((one.currency for one in facts.orders.values()), "")
    bought, returned = history.bought_minor.get(code, 0), history.returned_minor.get(code, 0)
    return shrunk_share(returned, bought, history.orders, risk.usual_share, risk.usual_weight)


def _within(value: float, none: float, full: float) -> float:
    """0 up to ``none``, 1 from ``full`` on, straight in between."""
    return min(1.0, max(0.0, (value - none) / (full - none)))


def _beyond(name: str, times: int, orders: int) -> float:
    return EACH[name] * max(0.0, times - 1 - orders / ONE_MORE_FREE[name])


def _lately(days: Sequence[date], today: date) -> int:
    return sum(today - _YEAR < day for day in days)  # days are UTC: some are tomorrow where ``today`` is read


def _age(history: History, facts: RequestFacts, today: date) -> int:
    """Days since the first order that is known; what the shop says counts where it is more."""
    first = min([one.placed_on for one in facts.orders.values()] + [history.first_order_on or today])
    return max((today - first).days, facts.shopper.account_days)


def level_of(total: int, risk: RiskThresholds) -> RiskLevel:
    """What a score means to a brand."""
    if total >= risk.high:
        return RiskLevel.HIGH
    return RiskLevel.ELEVATED if total >= risk.elevated else RiskLevel.LOW
