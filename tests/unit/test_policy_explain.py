"""`porchlight policy explain`: why a return was decided as it was."""

import json
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from local.cli import app
from local.stack import Stack
from porchlight.domain.law.model import StatutoryProfile
from porchlight.domain.policy.assess import assess
from porchlight.domain.policy.conditions import FACTS, TOGETHER, Line
from porchlight.domain.policy.explain import explain, wanted_in_words
from porchlight.domain.policy.model import When
from porchlight.domain.rma.names import Payer, Resolution, RiskLevel
from porchlight.domain.rma.settlements import Parts
from porchlight.domain.rma.terms import Risk
from tests.fakes import FakeBrands, FakeReturns
from tests.unit.asked_for import CAME, asked, line_facts, order_facts, policy
from tests.unit.past import decided
from tests.unit.stories import brand

POLICY = brand().returns
ELITE = asked(tier="elite", resolution=Resolution.REFUND)


def test_every_condition_of_the_model_looks_at_a_fact() -> None:
    assert {*FACTS, *TOGETHER} == set(When.model_fields)
    at = Line(ELITE, order_facts(), line_facts())
    assert FACTS["days_since_delivery"](at) == 10
    assert FACTS["return_value"](at) == 10_000


def test_each_aspect_is_said_with_its_rule() -> None:
    told = {one.aspect: (one.value, one.rule) for one in explain(decided(POLICY, facts=ELITE), POLICY).aspects}
    assert told["window"] == ("until 2026-05-01 (60 days)", "elite")
    assert told["pays"] == ("brand", "elite")
    assert told["methods"] == ("label, qr", "otherwise")
    assert "review" not in told


def test_each_rule_that_held_is_shown_with_the_facts_it_looked_at() -> None:
    much = asked(line_facts(unit_minor=40_000), tier="elite")
    rules = {one.rule: one for one in explain(decided(POLICY, facts=much), POLICY).rules}
    assert set(rules) == {"elite", "much"}
    assert rules["elite"].decides == ("window", "pays")
    (looked,) = rules["much"].looked
    assert (looked.name, looked.fact, looked.holds) == ("return_value", 40_000, True)


def test_what_was_said_before_decides_nothing_and_is_shown_as_such() -> None:
    twice = policy(
        {"when": {"tier": ["elite"]}, "then": {"window": {"days": 60}}},
        {"when": {"any": [{"tier": ["gold"]}, {"country": ["US"]}]}, "then": {"window": {"days": 90}}},
    )
    first, second = explain(decided(twice, facts=ELITE), twice).rules
    assert (first.decides, second.decides) == (("window",), ())
    assert [(one.name, one.holds) for one in second.looked] == [("any[0].tier", False), ("any[1].country", True)]


def test_a_refused_line_says_which_rule() -> None:
    facts = asked(line_facts(), line_facts(line_id="hat", final_sale=True))
    told = explain(decided(POLICY, facts=facts), POLICY)
    assert told.refused == {"ord_1/hat": ("final_sale", "final_sale")}


def test_what_the_law_changed_is_shown_beside_what_the_policy_said() -> None:
    law = StatutoryProfile(country="DE", withdrawal_days=14, refund_days=14, return_cost=Payer.SHOPPER)
    hard = policy(otherwise={"window": {"days": 3}})
    facts = asked(asked_on=CAME + timedelta(days=10), resolution=Resolution.REFUND)
    said = assess(facts, hard, law)
    request = decided(hard, facts=facts).model_copy(update={"terms": said.terms})
    told = {one.aspect: one for one in explain(request, hard).aspects}
    assert told["window"].rule == "statutory"
    assert told["window"].instead_of == "until 2026-03-05 (3 days)"
    assert told["refund_by"].value == date(2026, 3, 26).isoformat()


def test_of_another_version_only_what_was_written_down_is_said() -> None:
    request = decided(POLICY, facts=ELITE)
    told = explain(request, policy(version="newer"))
    assert not told.same_policy
    assert not told.rules
    assert {one.aspect: one.rule for one in told.aspects}["window"] == "elite"
    assert not explain(request.model_copy(update={"facts": None}), POLICY).aspects


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"tier": ["gold", "silver"]}, "gold or silver"),
        ({"days_since_delivery": {"above": 14}}, "above 14"),
        ({"gift": False}, "no"),
        ({"return_value": {"above": {"USD": 100, "EUR": 90}}}, "above USD 100 / EUR 90"),
        ({"placed": {"since": "2026-10-15"}}, "since 2026-10-15"),
        ({"orders": {"at_least": 3, "below": 9}}, "at least 3, below 9"),
    ],
)
def test_what_a_condition_wants_is_said_in_words(condition: dict[str, object], words: str) -> None:
    (name,) = condition
    assert wanted_in_words(getattr(When.model_validate(condition), name)) == words


# ------------------------------------------------------------------------------------------------------------- command


@pytest.fixture
def returns(monkeypatch: pytest.MonkeyPatch) -> FakeReturns:
    ports = SimpleNamespace(returns=FakeReturns(), brands=FakeBrands(brand()))
    monkeypatch.setattr(Stack, "open", lambda stage, region: SimpleNamespace(app=lambda: ports))
    return ports.returns


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["policy", "explain", *arguments], env={"COLUMNS": "200"})


def test_one_look_says_why(returns: FakeReturns) -> None:
    parts = Parts(currency="USD", items=10_000, fee=-500, tax=800)
    risk = Risk(score=45, level=RiskLevel.ELEVATED, reasons={"new_account": 20, "claims": 25})
    returns.create(decided(POLICY, parts=parts, risk=risk))
    result = run("rma_01")
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "rma_01 of larkspur, requested" in said
    assert "policy returns-1" in said
    assert "risk elevated (45 of 100)" in said
    assert "window until 2026-04-01 (30 days) otherwise" in said
    assert "new account 20" in said
    assert "fee -$5.00 together $95.00 tax in it $8.00" in said


def test_the_rules_are_shown_with_their_facts(returns: FakeReturns) -> None:
    returns.create(decided(POLICY, facts=ELITE))
    assert "elite window, pays tier is elite" in " ".join(run("rma_01").stdout.split())


def test_all_of_it_as_one_document(returns: FakeReturns) -> None:
    returns.create(decided(POLICY, facts=ELITE))
    told = json.loads(run("rma_01", "--json").stdout)
    assert (told["return_id"], told["brand"], told["same_policy"]) == ("rma_01", "larkspur", True)
    assert told["terms"]["rules"]["window"] == "elite"
    assert told["rules"][0]["facts"] == [{"name": "tier", "fact": "elite", "holds": True, "wanted": "elite"}]
    assert "cus_1" not in json.dumps(told)


def test_what_is_not_there_is_said(returns: FakeReturns) -> None:
    answer = run("rma_99")
    assert answer.exit_code == 1
    assert "There is no return rma_99." in answer.output
