"""Whatever a policy and a request are: windows end when they say, order decides, what is called unreachable is."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from porchlight.domain.dates import end_of_day, local_day
from porchlight.domain.policy.assess import Assessment, assess
from porchlight.domain.policy.check import check, errors
from porchlight.domain.policy.conditions import Line, holds
from porchlight.domain.policy.facts import RequestFacts
from porchlight.domain.policy.logic import apart, implies, never
from porchlight.domain.policy.model import ReturnsPolicy, RiskThresholds, When
from porchlight.domain.returns import Outcome
from porchlight.domain.risk import level_of
from porchlight.domain.rma.names import TRIGGERS
from tests.unit.asked_for import asked, line_facts, order_facts, policy, said

ZONES = st.sampled_from(
    ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Kiritimati"]
)
INSTANTS = st.integers(0, 10 * 366 * 86_400).map(lambda s: datetime(2023, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
SMALL = st.integers(0, 6)
MONEY = st.integers(0, 40).map(lambda units: units * 500)

# --------------------------------------------------------------------------------------------- requests and conditions


@st.composite
def requests(draw: st.DrawFn) -> RequestFacts:
    """One to three lines of one or two orders."""

    def order(name: str) -> Any:
        placed = draw(DAYS)
        came = draw(st.none() | st.integers(0, 20).map(lambda days: placed + timedelta(days=days)))
        return order_facts(
            order_id=name,
            placed_on=placed,
            delivered_on=came,
            currency=draw(st.sampled_from(["USD", "EUR"])),
            tier=draw(st.sampled_from([None, "gold", "silver"])),
            country=draw(st.sampled_from([None, "US", "DE"])),
            returns=draw(SMALL),
            gift=draw(st.booleans()),
        )

    orders = tuple(order(name) for name in ("ord_1", "ord_2")[: draw(st.integers(1, 2))])
    lines = [
        line_facts(
            order_id=draw(st.sampled_from([one.order_id for one in orders])),
            line_id=f"l{number}",
            sku=draw(st.sampled_from([None, "HOME-1", "HOME-22", "TOY-1"])),
            category=draw(st.sampled_from([None, "shoes", "lamps"])),
            tags=tuple(draw(st.sets(st.sampled_from(["new", "fragile", "bulky"])))),
            unit_minor=draw(MONEY),
            quantity=draw(st.integers(1, 2)),
            final_sale=draw(st.booleans()),
            reduced=draw(st.booleans()),
            reason=draw(st.sampled_from(["too_small", "damaged"])),
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    latest = max(one.delivered_on or one.placed_on for one in orders)
    score = draw(st.integers(0, 100))
    return asked(
        *lines,
        orders=orders,
        asked_on=latest + timedelta(days=draw(st.integers(0, 60))),
        resolution=draw(st.sampled_from([None, "refund", "exchange", "store_credit"])),
        shopper={
            "segments": draw(st.sets(st.sampled_from(["vip", "staff"])).map(sorted)),
            "orders": draw(SMALL),
            "returned_share": draw(st.sampled_from([0.0, 0.25, 0.5, 1.0])),
            "risk": level_of(score, RiskThresholds()),
            "risk_score": score,
        },
    )


def _some(*words: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True)


def _span(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    limits = dict.fromkeys(("above", "at_least", "at_most", "below"), values)
    return st.fixed_dictionaries({}, optional=limits).filter(bool)


_AMOUNTS = st.dictionaries(st.sampled_from(["USD", "EUR"]), MONEY, min_size=1)
_MONEY = st.fixed_dictionaries({}, optional={"above": _AMOUNTS, "at_most": _AMOUNTS}).filter(bool)
_PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "tier": _some("gold", "silver"),
    "country": _some("US", "DE"),
    "order_value": _MONEY,
    "placed": st.fixed_dictionaries({}, optional={"since": DAYS, "until": DAYS}),
    "days_since_delivery": _span(st.integers(0, 40)),
    "delivered": st.booleans(),
    "gift": st.booleans(),
    "returns_of_order": _span(SMALL),
    "sku": _some("HOME-*", "HOME-1", "TOY-?", "*-1"),
    "category": _some("shoes", "lamps"),
    "tags": _some("new", "fragile", "bulky"),
    "final_sale": st.booleans(),
    "reduced": st.booleans(),
    "item_value": _MONEY,
    "reason": _some("too_small", "damaged"),
    "resolution": _some("refund", "exchange"),
    "return_value": _MONEY,
    "segment": _some("vip", "staff"),
    "orders": _span(st.sampled_from([0, 1, 2.5, 3, 6])),
    "returned_share": _span(st.sampled_from([0.0, 0.3, 0.5, 1.0])),
    "risk": _some("low", "elevated", "high"),
    "risk_score": _span(st.sampled_from([0, 40, 70, 100])),
}


@st.composite
def conditions(draw: st.DrawFn, depth: int = 1) -> dict[str, Any]:
    """A few conditions, now and then with others inside."""
    names = draw(st.lists(st.sampled_from(sorted(_PLAIN)), max_size=2, unique=True))
    found = {name: draw(_PLAIN[name]) for name in names}
    if depth and draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(["any", "unless"]))
        found[name] = draw(st.lists(conditions(depth - 1), min_size=1, max_size=2))
    return found


_SAID = {
    "window": st.integers(0, 60).map(lambda days: {"days": days}),
    "resolutions": _some("refund", "store_credit", "exchange"),
    "methods": _some("label", "qr", "keep"),
    "refund_on": st.sampled_from([one.value for one in TRIGGERS]),
    "pays": st.sampled_from(["brand", "shopper"]),
    "fee": st.fixed_dictionaries({"USD": st.sampled_from([0, 500, 900])}),
    "review": st.sampled_from(["doubt", "none"]),
}
_THEN = st.fixed_dictionaries({}, optional=_SAID).filter(bool) | st.just({"refuse": "not_returnable"})
RULES = st.lists(st.fixed_dictionaries({"when": conditions(), "then": _THEN}), max_size=5)


def seen(one: Assessment) -> Any:
    """What anybody notices of it: of a refusal, no terms."""
    return one.outcome, one.rule, None if one.outcome is Outcome.REFUSE else one.terms


# ------------------------------------------------------------------------------------------------------------- windows


@given(delivered=INSTANTS, days=st.integers(0, 400), zone=ZONES)
def test_a_window_ends_with_its_last_local_day_whatever_the_clocks_do(
    delivered: datetime, days: int, zone: str
) -> None:
    came = local_day(delivered, zone)
    last = came + timedelta(days=days)
    end = end_of_day(last, zone)
    assert (end.astimezone(ZoneInfo(zone)) - timedelta(microseconds=1)).date() == last
    for instant, outcome in ((end - timedelta(seconds=1), Outcome.APPROVE), (end, Outcome.REFUSE)):
        facts = asked(delivered_on=came, asked_on=local_day(instant, zone), zone=zone)
        verdict = said(facts, otherwise={"window": {"days": days}})
        assert (verdict.outcome, verdict.terms.closes_on) == (outcome, last)


@given(
    placed=st.dates(date(2023, 12, 1), date(2028, 12, 31)),
    travelled=st.integers(0, 30),
    days=st.integers(0, 1_100),
    until=st.dates(date(2023, 12, 1), date(2031, 12, 31)),
    after=st.sampled_from(["delivery", "purchase"]),
)
def test_an_extension_only_makes_windows_longer(
    placed: date, travelled: int, days: int, until: date, after: str
) -> None:
    came = placed + timedelta(days=travelled)
    facts = asked(placed_on=placed, delivered_on=came, asked_on=came)
    window = {"days": days, "after": after}
    usual = said(facts, otherwise={"window": window}).terms.closes_on
    longer = said(facts, otherwise={"window": {**window, "at_least_until": until}}).terms.closes_on
    assert usual == (placed if after == "purchase" else came) + timedelta(days=days)
    assert longer == max(usual, until)


def test_a_leap_day_is_a_day() -> None:
    assert said(asked(delivered_on=date(2028, 1, 30), asked_on=date(2028, 2, 1))).terms.closes_on == date(2028, 2, 29)
    assert said(asked(delivered_on=date(2027, 1, 30), asked_on=date(2027, 2, 1))).terms.closes_on == date(2027, 3, 1)


@given(facts=requests(), days=st.integers(0, 60), more=st.integers(0, 60))
def test_a_longer_window_never_refuses_what_a_shorter_one_takes(facts: RequestFacts, days: int, more: int) -> None:
    short, long = (said(facts, otherwise={"window": {"days": one}}) for one in (days, days + more))
    assert short.outcome is Outcome.REFUSE or long.outcome is not Outcome.REFUSE


# --------------------------------------------------------------------------------------------------------------- rules


@given(facts=requests(), rules=RULES, place=st.integers(0, 5))
def test_a_rule_that_cannot_hold_changes_nothing(facts: RequestFacts, rules: list[Any], place: int) -> None:
    nobody = {"when": {"tier": ["nobody"]}, "then": {"refuse": "not_returnable"}, "id": "nobody"}
    numbered = [{"id": f"r{number}", **rule} for number, rule in enumerate(rules)]
    more = [*numbered[:place], nobody, *numbered[place:]]
    assert assess(facts, policy(*more)) == assess(facts, policy(*numbered))


@given(facts=requests(), rules=RULES)
def test_the_same_again_gives_the_same_and_survives_storage(facts: RequestFacts, rules: list[Any]) -> None:
    stored = RequestFacts.model_validate_json(facts.model_dump_json())
    of = policy(*rules)
    assert assess(facts, of) == assess(stored, ReturnsPolicy.model_validate_json(of.model_dump_json()))


@given(facts=requests(), rules=RULES)
def test_what_is_said_twice_is_said_by_the_first(facts: RequestFacts, rules: list[Any]) -> None:
    numbered = [{"id": f"r{number}", **rule} for number, rule in enumerate(rules)]
    again = [{**rule, "id": f"{rule['id']}_again"} for rule in numbered]
    assert assess(facts, policy(*numbered, *again)) == assess(facts, policy(*numbered))


@given(facts=requests(), rules=RULES)
def test_terms_of_several_lines_are_within_the_terms_of_each(facts: RequestFacts, rules: list[Any]) -> None:
    verdict = assess(facts, policy(*rules, otherwise={"refunds_shipping": True, "credit_bonus_percent": 10}))
    terms, lines = verdict.terms, [line.terms for line in verdict.lines]
    assert all(set(terms.resolutions) <= set(one.resolutions) for one in lines)
    assert all(set(terms.methods) <= set(one.methods) or set(one.methods) <= {"keep", "donate"} for one in lines)
    assert all(TRIGGERS.index(terms.refund_on) >= TRIGGERS.index(one.refund_on) for one in lines)
    assert all(one.closes_on is None or (terms.closes_on or date.max) <= one.closes_on for one in lines)
    assert not (terms.fee and all(one.fee is None for one in lines))
    assert bool(terms.review) == any(one.review for one in lines)


# ------------------------------------------------------------------------------------------------------------ checking


@given(facts=requests(), one=conditions(), other=conditions())
@settings(max_examples=200)
def test_what_is_shown_of_conditions_is_true(facts: RequestFacts, one: dict[str, Any], other: dict[str, Any]) -> None:
    a, b = When.model_validate(one), When.model_validate(other)
    for line in facts.lines:
        at = Line(facts, facts.orders[line.order_id], line)
        if holds(a, at):
            assert not never(a)
            assert holds(b, at) or not implies(a, b)
            assert not (holds(b, at) and apart(a, b))


@given(one=conditions())
def test_a_condition_implies_itself_and_everything_implies_always(one: dict[str, Any]) -> None:
    when = When.model_validate(one)
    assert implies(when, when)
    assert implies(when, When())
    assert not apart(when, When()) or never(when)


@given(facts=requests(), rules=RULES)
@settings(max_examples=200)
def test_a_rule_that_never_takes_effect_can_be_left_out(facts: RequestFacts, rules: list[Any]) -> None:
    of = policy(*rules)
    dead = {
        one.path[1]
        for one in errors(check(of))
        if one.path[0] == "rules" and ("never takes effect" in one.text or "can never hold" in one.text)
    }
    assume(dead)
    kept = of.model_copy(update={"rules": tuple(rule for number, rule in enumerate(of.rules) if number not in dead)})
    assert seen(assess(facts, kept)) == seen(assess(facts, of))
