"""The shipped policy (brand/default/policies/returns.yaml) does what brands are known for, each by a named rule."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from porchlight.domain.money import Money
from porchlight.domain.policy.assess import Assessment, assess
from porchlight.domain.policy.facts import LineFacts, RequestFacts
from porchlight.domain.policy.model import ReturnsPolicy
from porchlight.domain.returns import Outcome
from porchlight.domain.rma.names import Payer, RefundTrigger, Resolution, ReturnKind, ReturnMethod
from tests.unit.asked_for import CAME, asked, line_facts

FILE = Path(__file__).parents[2] / "brand/default/policies/returns.yaml"
POLICY = ReturnsPolicy.model_validate(yaml.safe_load(FILE.read_text()))
FEE = Money(amount=995, currency="USD")


def decided(*lines: LineFacts, days: int = 10, **update: Any) -> Assessment:
    """A request so many days after the delivery."""
    return assess(asked(*lines, asked_on=CAME + timedelta(days=days), **update), POLICY)


@pytest.mark.parametrize(("days", "fee"), [(0, None), (14, None), (15, FEE), (30, FEE)])
def test_free_within_14_days_then_a_fee(days: int, fee: Money | None) -> None:
    terms = decided(days=days).terms
    assert terms.fee == fee
    assert terms.pays is (Payer.SHOPPER if fee else Payer.BRAND)
    assert terms.rules["pays"] == ("fee_after_14_days" if fee else "otherwise")


def test_what_has_not_arrived_is_free() -> None:
    assert decided(days=200, delivered_on=None).terms.fee is None


@pytest.mark.parametrize(
    ("tier", "days", "outcome"),
    [
        (None, 30, Outcome.APPROVE),
        (None, 31, Outcome.REFUSE),
        ("elite", 31, Outcome.APPROVE),
        ("elite", 120, Outcome.APPROVE),
        ("elite", 121, Outcome.REFUSE),
    ],
)
def test_a_longer_window_for_the_elite_tier(tier: str | None, days: int, outcome: Outcome) -> None:
    said = decided(days=days, tier=tier)
    assert said.outcome is outcome
    assert said.terms.rules["window"] == ("elite_window" if tier else "otherwise")


@pytest.mark.parametrize(
    ("tier", "risk", "trigger", "rule"),
    [
        ("top", "low", RefundTrigger.INSTANT, "top_tier_instant"),
        (None, "low", RefundTrigger.FIRST_SCAN, "refund_at_first_scan"),
        ("elite", "low", RefundTrigger.FIRST_SCAN, "refund_at_first_scan"),
        ("top", "elevated", RefundTrigger.INSPECTED, "careful"),
    ],
)
def test_when_the_money_moves(tier: str | None, risk: str, trigger: RefundTrigger, rule: str) -> None:
    terms = decided(tier=tier, shopper={"risk": risk}).terms
    assert (terms.refund_on, terms.rules["refund_on"]) == (trigger, rule)


@pytest.mark.parametrize(
    ("line", "order", "code", "rule"),
    [
        ({"final_sale": True}, {}, "final_sale", "final_sale"),
        ({"hazmat": True}, {}, "hazmat", "hazmat"),
        ({}, {"returns": 3}, "too_many_returns", "order_limit"),
    ],
)
def test_what_is_not_taken_back(line: dict[str, Any], order: dict[str, Any], code: str, rule: str) -> None:
    said = decided(line_facts(**line), **order)
    assert (said.outcome, said.rule, said.lines[0].rule) == (Outcome.REFUSE, code, rule)


def test_an_order_can_be_sent_back_in_three_parts() -> None:
    assert decided(returns=2).outcome is Outcome.APPROVE


@pytest.mark.parametrize(
    ("placed", "came", "closes", "rule"),
    [
        (date(2026, 10, 14), date(2026, 10, 20), date(2026, 11, 19), "otherwise"),
        (date(2026, 10, 15), date(2026, 10, 20), date(2027, 1, 31), "holiday_2026"),
        (date(2026, 12, 24), date(2026, 12, 30), date(2027, 1, 31), "holiday_2026"),
        (date(2026, 12, 24), date(2027, 1, 5), date(2027, 2, 4), "holiday_2026"),
        (date(2026, 12, 25), date(2026, 12, 30), date(2027, 1, 29), "otherwise"),
    ],
)
def test_what_is_bought_for_the_holidays_may_come_back_in_january(
    placed: date, came: date, closes: date, rule: str
) -> None:
    for day, outcome in ((closes, Outcome.APPROVE), (closes + timedelta(days=1), Outcome.REFUSE)):
        said = assess(asked(placed_on=placed, delivered_on=came, asked_on=day), POLICY)
        assert (said.terms.closes_on, said.terms.rules["window"], said.outcome) == (closes, rule, outcome)


def test_the_elite_tier_never_has_less_than_the_holidays_give() -> None:
    placed = date(2026, 10, 15)
    while placed <= date(2026, 12, 24):
        facts = {"placed_on": placed, "delivered_on": placed, "asked_on": placed}
        elite, other = (assess(asked(tier=tier, **facts), POLICY).terms.closes_on for tier in ("elite", None))
        assert elite is not None
        assert other is not None
        assert elite >= other
        placed += timedelta(days=1)


def test_what_was_reduced_comes_back_for_store_credit_only() -> None:
    reduced = line_facts(reduced=True)
    terms = decided(reduced).terms
    assert (terms.resolutions, terms.credit_bonus_percent) == ((Resolution.STORE_CREDIT,), 0)
    assert terms.rules["resolutions"] == "reduced_credit_only"
    assert decided(reduced, resolution=Resolution.REFUND).rule == "no_such_resolution"
    assert decided(reduced, line_facts(line_id="hat")).terms.resolutions == (Resolution.STORE_CREDIT,)
    assert decided().terms.credit_bonus_percent == 10


@pytest.mark.parametrize(
    ("line", "update", "kept"),
    [
        ({"unit_minor": 1_500}, {}, True),
        ({"unit_minor": 1_501}, {}, False),
        ({"unit_minor": 1_500, "quantity": 2}, {}, True),
        ({"unit_minor": 1_100, "quantity": 3, "bought": 3}, {}, False),
        ({"unit_minor": 900}, {"shopper": {"kept": 2}}, True),
        ({"unit_minor": 900}, {"shopper": {"kept": 3}}, False),
        ({"unit_minor": 900}, {"shopper": {"risk": "elevated"}}, False),
        ({"unit_minor": 900}, {"resolution": Resolution.REFUND}, True),
        ({"unit_minor": 900}, {"resolution": Resolution.EXCHANGE}, False),
    ],
)
def test_what_costs_little_is_kept(line: dict[str, Any], update: dict[str, Any], kept: bool) -> None:
    said = decided(line_facts(**line), **update)
    assert said.outcome is Outcome.APPROVE
    assert (said.terms.methods == (ReturnMethod.KEEP, ReturnMethod.DONATE)) is kept
    assert (said.terms.refund_on is RefundTrigger.INSTANT) is kept


@pytest.mark.parametrize(
    ("shopper", "rule"),
    [
        ({"orders": 10, "returned_share": 0.61}, "serial_returner"),
        ({"orders": 10, "returned_share": 0.6}, None),
        ({"orders": 9, "returned_share": 0.9}, None),
        ({"risk": "high"}, "high_risk"),
    ],
)
def test_who_sends_nearly_everything_back_is_looked_at_by_a_person(shopper: dict[str, Any], rule: str | None) -> None:
    said = decided(shopper=shopper)
    assert (said.outcome, said.terms.review) == ((Outcome.REVIEW, rule) if rule else (Outcome.APPROVE, ""))


def test_what_never_came_is_replaced_or_paid_back_by_a_person() -> None:
    said = decided(kind=ReturnKind.CLAIM)
    assert (said.outcome, said.rule, said.terms.methods) == (Outcome.REVIEW, "never_came", (ReturnMethod.KEEP,))
    assert said.terms.resolutions == (Resolution.REPLACE, Resolution.REFUND)


def test_what_broke_is_mended_for_two_years_at_our_cost() -> None:
    said = decided(line_facts(reason="defective"), days=700, kind=ReturnKind.WARRANTY)
    assert (said.outcome, said.terms.fee, said.terms.refund_on) == (Outcome.APPROVE, None, RefundTrigger.INSPECTED)
    assert said.terms.resolutions[0] is Resolution.REPAIR


def test_a_gift_comes_back_for_something_else() -> None:
    assert decided(from_gift=True).terms.resolutions == (Resolution.STORE_CREDIT, Resolution.EXCHANGE)
    assert Resolution.REFUND in decided(gift=True).terms.resolutions, "the giver has their money back"


def test_what_arrives_broken_costs_nothing_even_late() -> None:
    assert decided(line_facts(reason="damaged"), days=20).terms.fee is None


def test_what_is_bought_in_a_store_has_a_window_too() -> None:
    bought = {"channel": "store", "delivered_on": None, "placed_on": CAME}
    assert decided(days=30, **bought).outcome is Outcome.APPROVE
    assert decided(days=31, **bought).rule == "window_closed"


EXAMPLES = [
    asked(line_facts(final_sale=True)),
    asked(line_facts(hazmat=True)),
    asked(returns=3),
    asked(kind=ReturnKind.CLAIM),
    asked(kind=ReturnKind.WARRANTY),
    asked(from_gift=True),
    asked(line_facts(reason="damaged"), asked_on=CAME + timedelta(days=20)),
    asked(shopper={"orders": 12, "returned_share": 0.8}),
    asked(shopper={"risk": "high"}),
    asked(shopper={"risk": "elevated"}),
    asked(refunded_elsewhere=True),
    asked(line_facts(unit_minor=60_000)),
    asked(tier="elite"),
    asked(placed_on=date(2026, 11, 27), delivered_on=date(2026, 12, 1), asked_on=date(2026, 12, 5)),
    asked(channel="store"),
    asked(asked_on=CAME + timedelta(days=20)),
    asked(line_facts(reduced=True)),
    asked(line_facts(unit_minor=900)),
    asked(tier="top"),
    asked(),
]


@pytest.mark.parametrize("rule", [rule.id for rule in POLICY.rules])
def test_no_rule_of_it_could_be_left_out(rule: str) -> None:
    without = POLICY.model_copy(update={"rules": tuple(one for one in POLICY.rules if one.id != rule)})
    assert any(assess(facts, POLICY) != assess(facts, without) for facts in EXAMPLES)


def test_much_money_and_money_paid_elsewhere_are_looked_at() -> None:
    much = [decided(line_facts(unit_minor=minor)).rule for minor in (50_000, 50_001)]
    assert much == ["within_window", "above_review_amount"]
    assert decided(refunded_elsewhere=True).rule == "refunded_elsewhere"


def test_the_facts_are_all_that_it_asks_for() -> None:
    facts = asked(tier="elite")
    assert assess(RequestFacts.model_validate_json(facts.model_dump_json()), POLICY) == assess(facts, POLICY)
