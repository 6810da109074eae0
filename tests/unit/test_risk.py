"""The score of a shopper's returns: of people as they are, and of whatever history there is."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.policy.facts import LineFacts, OrderFacts, RequestFacts, ShopperFacts
from porchlight.domain.policy.model import ReturnsPolicy
from porchlight.domain.return_history import History
from porchlight.domain.risk import MOST, largest_cluster, score, shrunk_share
from porchlight.domain.rma.names import RiskLevel
from porchlight.domain.rma.terms import Risk
from tests.unit.stories import returns_policy

TODAY = date(2026, 3, 2)
POLICY = ReturnsPolicy.model_validate(returns_policy())


def facts(*order_ids: str, placed_on: date = TODAY, account_days: int = 0) -> RequestFacts:
    orders = {
        key: OrderFacts(order_id=key, currency="USD", total_minor=10_000, placed_on=placed_on)
        for key in order_ids or ("ord_now",)
    }
    line = LineFacts(order_id=next(iter(orders)), line_id="1", quantity=1, unit_minor=10_000, bought=1)
    return RequestFacts(asked_on=TODAY, orders=orders, lines=(line,), shopper=ShopperFacts(account_days=account_days))


def history(**update: Any) -> History:
    values: dict[str, Any] = {"brand": "larkspur", "shopper_id": "cus_1", "first_order_on": date(2024, 1, 10)}
    return History(**{**values, **update})


def ago(*days: int) -> tuple[date, ...]:
    return tuple(TODAY - timedelta(days=one) for one in days)


def placed(*hours: int) -> tuple[str, ...]:
    start = datetime(2026, 2, 1, 9)  # noqa: DTZ001 - an instant as it is written: always UTC
    return tuple(
        f"{start + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}#ord_{number}" for number, hour in enumerate(hours)
    )


def risk(known: History, shared: int = 1, about: RequestFacts | None = None, policy: ReturnsPolicy = POLICY) -> Risk:
    return score(known, shared, about or facts(), policy, TODAY)


# ------------------------------------------------------------------------------------------------- people as they are
HONEST = history(orders=60, bought_minor={"USD": 600_000}, returned_minor={"USD": 180_000}, returns=20, worn=ago(100))
GOLDEN = [
    ("a stranger", History(brand="larkspur", shopper_id="cus_1"), 0, RiskLevel.LOW, {"new_account"}),
    (
        "two orders, both sent back",
        history(orders=2, bought_minor={"USD": 9}, returned_minor={"USD": 9}),
        1,
        "low",
        set(),
    ),
    ("a frequent buyer who sends 30 % back", HONEST, 2, RiskLevel.LOW, set()),
    (
        "a frequent buyer who sends 60 % back",
        HONEST.model_copy(update={"returned_minor": {"USD": 360_000}}),
        1,
        RiskLevel.LOW,
        {"returned_share"},
    ),
    (
        "wardrobing",
        history(orders=14, bought_minor={"USD": 10}, returned_minor={"USD": 9}, worn=ago(10, 40, 70, 90, 120, 200)),
        1,
        RiskLevel.ELEVATED,
        {"returned_share", "worn"},
    ),
    ("one claim in a year", history(orders=3, claims=ago(20)), 1, RiskLevel.LOW, set()),
    ("serial claims", history(orders=9, claims=ago(5, 40, 80, 120, 190)), 1, RiskLevel.ELEVATED, {"claims"}),
    (
        "serial claims, and boxes with something else",
        history(orders=9, claims=ago(5, 40, 80, 120, 190), empty=ago(30, 60)),
        1,
        RiskLevel.HIGH,
        {"claims", "not_as_sent"},
    ),
    ("keeps what is refunded", history(orders=12, kept=ago(3, 20, 41, 66, 90, 110)), 1, RiskLevel.ELEVATED, {"kept"}),
    (
        "a new account with a means of payment that five others have",
        history(orders=1, first_order_on=TODAY),
        6,
        RiskLevel.ELEVATED,
        {"shared", "new_account"},
    ),
    ("a couple with one address", history(orders=4), 2, RiskLevel.LOW, set()),
    (
        "splits one purchase into many orders",
        history(
            orders=6,
            last_orders=placed(0, 1, 2, 3, 5, 400),
            returned_orders=("ord_0", "ord_1", "ord_2", "ord_3", "ord_4"),
        ),
        1,
        RiskLevel.ELEVATED,
        {"splitting"},
    ),
    (
        "orders often, and sends little of it back",
        history(orders=6, last_orders=placed(0, 1, 2, 3, 5, 6), returned_orders=("ord_2",)),
        1,
        RiskLevel.LOW,
        set(),
    ),
    (
        "what was years ago is forgotten",
        history(orders=5, claims=ago(400, 500, 600, 700), empty=ago(366)),
        1,
        "low",
        set(),
    ),
]


@pytest.mark.parametrize(
    ("known", "shared", "level", "signals"), [one[1:] for one in GOLDEN], ids=[one[0] for one in GOLDEN]
)
def test_people_as_they_are(known: History, shared: int, level: str, signals: set[str]) -> None:
    found = risk(known, shared)
    assert found.level == level
    assert set(found.reasons) == signals


def test_the_same_habit_weighs_less_the_more_somebody_buys() -> None:
    claims = ago(5, 40, 80)
    few, many = risk(history(orders=3, claims=claims)), risk(history(orders=80, claims=claims))
    assert few.score > many.score == 0


def test_what_the_shop_says_of_an_account_counts_where_it_is_older() -> None:
    unknown = History(brand="larkspur", shopper_id="cus_1")
    assert risk(unknown, about=facts(account_days=900)).score == 0
    assert risk(unknown).reasons == {"new_account": 10}


def test_the_order_that_is_asked_about_counts_among_those_that_were_split() -> None:
    known = history(orders=4, last_orders=placed(0, 1, 2), returned_orders=("ord_0", "ord_1"))
    assert "splitting" not in risk(known).reasons
    assert risk(known, about=facts("ord_2")).reasons["splitting"] == 15


def test_thresholds_and_the_usual_share_are_the_brands() -> None:
    known = history(orders=14, bought_minor={"USD": 10}, returned_minor={"USD": 9})
    strict = returns_policy(risk={"elevated": 5, "high": 60})
    fashion = returns_policy(risk={"usual_share": 0.6})
    assert risk(known).level is RiskLevel.LOW
    assert risk(known, policy=ReturnsPolicy.model_validate(strict)).level is RiskLevel.ELEVATED
    assert risk(known, policy=ReturnsPolicy.model_validate(fashion)).score < risk(known).score


def test_only_money_of_the_same_currency_is_compared() -> None:
    known = history(orders=30, bought_minor={"EUR": 10, "USD": 1_000}, returned_minor={"EUR": 10})
    assert risk(known).reasons == {}


# ------------------------------------------------------------------------------------------ whatever history there is
days = st.lists(st.integers(0, 500), max_size=12).map(lambda found: ago(*sorted(found, reverse=True)))
histories = st.builds(
    lambda orders, bought, share, more: history(
        orders=orders, bought_minor={"USD": bought}, returned_minor={"USD": int(bought * share)}, **more
    ),
    st.integers(0, 200),
    st.integers(0, 10**7),
    st.floats(0, 1),
    st.fixed_dictionaries(
        {
            **dict.fromkeys(("claims", "kept", "worn", "empty"), days),
            "last_orders": st.lists(st.integers(0, 300), max_size=10).map(lambda found: placed(*sorted(found))),
            "returned_orders": st.lists(st.integers(0, 9).map("ord_{}".format), unique=True).map(tuple),
            "first_order_on": st.integers(0, 900).map(lambda day: TODAY - timedelta(days=day)),
        }
    ),
)
worse = st.sampled_from(["claims", "kept", "worn", "empty", "returned", "shared", "returned_orders", "younger"])


@given(histories, st.integers(0, 30), st.lists(worse, min_size=1, max_size=6))
def test_more_of_anything_bad_never_lowers_it(known: History, shared: int, steps: list[str]) -> None:
    before = risk(known, shared)
    for step in steps:
        if step == "shared":
            shared += 1
        elif step == "returned":
            bought = known.bought_minor["USD"]
            more = min(bought, known.returned_minor["USD"] + bought // 5 + 1)
            known = known.model_copy(update={"returned_minor": {"USD": more}})
        elif step == "returned_orders":
            also = tuple(dict.fromkeys((*known.returned_orders, *(f"ord_{number}" for number in range(5)))))
            known = known.model_copy(update={"returned_orders": also})
        elif step == "younger":
            first = known.first_order_on or TODAY
            known = known.model_copy(update={"first_order_on": min(TODAY, first + timedelta(days=30))})
        else:
            known = known.model_copy(update={step: (*getattr(known, step), TODAY)})
        after = risk(known, shared)
        assert after.score >= before.score
        assert all(after.reasons.get(name, 0) >= points for name, points in before.reasons.items())
        before = after


@given(histories, st.integers(0, 30))
def test_it_is_bounded_and_explained(known: History, shared: int) -> None:
    found = risk(known, shared)
    assert 0 <= found.score == min(100, sum(found.reasons.values())) <= 100
    assert all(0 < points <= MOST[name] for name, points in found.reasons.items())


@given(st.sampled_from(sorted(MOST)))
def test_no_signal_alone_makes_a_shopper_high(name: str) -> None:
    assert MOST[name] < POLICY.risk.high


@given(st.integers(0, 3), st.floats(0, 1))
def test_a_thin_history_is_taken_to_be_like_the_others(orders: int, share: float) -> None:
    """Given no more than three orders, whatever share of them went back, then hardly anything is said of it."""
    known = history(orders=orders, bought_minor={"USD": 10_000}, returned_minor={"USD": int(10_000 * share)})
    assert risk(known).score <= 5


@given(st.integers(1, 10**6), st.floats(0, 1), st.integers(0, 1_000), st.integers(1, 100), st.floats(0, 0.9))
def test_a_shrunk_share_lies_between_the_usual_and_the_own_one(
    bought: int, share: float, orders: int, weight: int, usual: float
) -> None:
    own = int(bought * share) / bought
    found = shrunk_share(int(bought * share), bought, orders, usual, weight)
    assert min(own, usual) - 1e-9 <= found <= max(own, usual) + 1e-9


def test_the_worked_example_of_the_page() -> None:
    """Two of two orders sent back are 40 %, twenty of twenty are 79 %."""
    assert shrunk_share(20_000, 20_000, 2, 0.25, 8) == pytest.approx(0.40)
    assert shrunk_share(200_000, 200_000, 20, 0.25, 8) == pytest.approx(0.786, abs=0.001)


def test_a_cluster_is_within_two_days() -> None:
    every = {f"ord_{number}" for number in range(6)}
    assert largest_cluster(placed(0, 24, 48, 49, 200), every) == 3
    assert largest_cluster(placed(0, 49, 98), every) == 1
    assert largest_cluster((), every) == 0


# ------------------------------------------------------------------------------------------------------------ the page
PAGE = (Path(__file__).parents[2] / "docs/returns-risk.md").read_text()


def test_the_page_has_every_signal_with_its_points() -> None:
    said = re.findall(r"^\| `(\w+)` \| .* \| (\d+) \|$", PAGE, re.MULTILINE)
    assert [(name, int(most)) for name, most in said] == list(MOST.items())


def test_the_people_of_the_page_score_what_it_says() -> None:
    rows = dict(re.findall(r"^\| ([a-z][^|`]+) \| (\d+) \| [^|]* \|$", PAGE, re.MULTILINE))
    scores = {name: str(risk(known, shared).score) for name, known, shared, _, _ in GOLDEN}
    assert len(rows) == 10
    assert rows == {name: scores[name] for name in rows}


def test_the_chart_of_the_page_is_drawn_from_the_code() -> None:
    rows = re.findall(r"^\| (\d+) \| (\d+) % \| `(█+)` \| (\d+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 6
    for orders, percent, bar, points in rows:
        value = 1_000 * int(orders)
        share = 100 * shrunk_share(value, value, int(orders), 0.25, 8)
        known = history(orders=int(orders), bought_minor={"USD": value}, returned_minor={"USD": value})
        assert (percent, len(bar), points) == (f"{share:.0f}", round(share / 5), str(risk(known).score))


def test_what_was_claimed_today_counts_where_today_is_still_yesterday() -> None:
    # Days of a history are UTC; the day of a request is the shopper's
    claims = tuple(TODAY + timedelta(days=1) for _ in range(4))
    assert risk(history(claims=claims)).reasons["claims"] == risk(history(claims=ago(0, 0, 0, 0))).reasons["claims"] > 0
