"""`porchlight policy replay`: what another policy would have decided about past returns."""

import json
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from local.cli import app
from local.policies.chart import bars
from local.stack import Stack
from porchlight.domain.law.model import StatutoryProfile
from porchlight.domain.policy.model import ReturnsPolicy
from porchlight.domain.policy.replay import Compared, LeftOut, Past, Replay, compare
from porchlight.domain.returns import Decision, Outcome, Return
from porchlight.domain.rma.names import Payer, Resolution, ReturnMethod
from tests.fakes import FakeBrands, FakeOrders, FakeReturns
from tests.fakes_returning import FakeLaws
from tests.unit.asked_for import CAME, asked, line_facts, policy
from tests.unit.past import ORDER, decided
from tests.unit.stories import NOW, brand, usd
from tests.unit.test_policy_anyhow import RULES, requests

OLD = brand().returns
"""30 days and a fee of 5.00; 60 days and none for elite; above 300.00 a person decides."""


def new(**more: Any) -> ReturnsPolicy:
    """20 days for everybody, elite too; free; money at the inspection; above 150.00 a person decides."""
    much = {"id": "much", "when": {"return_value": {"above": {"USD": 15_000}}}, "then": {"review": "much"}}
    return policy(much, otherwise={"window": {"days": 20}, "refund_on": "inspected"}, version="new-1", **more)


def under(request: Return, by: ReturnsPolicy | None = None, **past: Any) -> Compared:
    found = compare(Past(request, **{"orders": {"ord_1": ORDER}, **past}), by or new())
    assert isinstance(found, Compared)
    return found


def late(days: int, **update: Any) -> Any:
    return asked(asked_on=CAME + timedelta(days=days), resolution=Resolution.REFUND, **update)


# --------------------------------------------------------------------------------------------------------- one return


def test_another_fee_and_another_trigger_are_other_terms_and_other_money() -> None:
    found = under(decided(OLD))
    assert found.changed
    assert not found.decided_otherwise
    assert (found.before.refund, found.before.fee) == ({"USD": 9_500}, {"USD": 500})
    assert (found.after.refund, found.after.fee) == ({"USD": 10_000}, {})
    assert {"window", "refund_on", "pays", "fee"} <= set(found.terms)


def test_the_same_policy_changes_nothing() -> None:
    for facts in (None, late(31), late(45, tier="elite"), asked(line_facts(final_sale=True))):
        assert not under(decided(OLD, facts=facts), OLD).changed


def test_what_a_score_means_is_said_by_the_policy_that_is_tried() -> None:
    # Given somebody with 50 points, of whom a person looks at nobody below 70
    looks = {"id": "high_risk", "when": {"risk": ["high"]}, "then": {"review": "high_risk"}}
    by = policy(looks, risk={"elevated": 40, "high": 70})
    shopper = {"risk": "elevated", "risk_score": 50}
    request = decided(by, facts=asked(resolution=Resolution.REFUND, shopper=shopper))
    assert not under(request, by).changed
    # When that is to be 50
    found = under(request, policy(looks, risk={"elevated": 40, "high": 50}))
    assert (found.before.outcome, found.after.outcome, found.after.rule) == (
        Outcome.APPROVE,
        Outcome.REVIEW,
        "high_risk",
    )


def test_what_would_be_refused_gets_nothing() -> None:
    found = under(decided(OLD, facts=late(25)))
    assert (found.before.outcome, found.after.outcome, found.after.rule) == (
        Outcome.APPROVE,
        Outcome.REFUSE,
        "window_closed",
    )
    assert (found.before.refund, found.after.refund, found.terms) == ({"USD": 9_500}, {}, ())


def test_what_no_policy_decides_stays_as_it_was() -> None:
    for rule in ("quantity_exceeded", "nothing_to_refund"):
        refused = Decision(outcome=Outcome.REFUSE, rule=rule, policy_version="returns-1", decided_at=NOW)
        found = under(decided(OLD, decisions=(refused,)))
        assert (found.after.outcome, found.after.rule, found.changed) == (Outcome.REFUSE, rule, False)


def test_what_the_policy_said_counts_where_more_was_found_out_before_the_decision() -> None:
    # Given one that the policy approved, and of which money turned out to be refunded elsewhere
    review = Decision(outcome=Outcome.REVIEW, rule="refunded_elsewhere", policy_version="returns-1", decided_at=NOW)
    told = {"assessed": Outcome.APPROVE, "assessed_rule": "within_window"}
    found = under(decided(OLD, decisions=(review,), **told))
    assert (found.before.outcome, found.after.outcome, found.decided_otherwise) == (*(Outcome.APPROVE,) * 2, False)
    # And one that is not decided yet
    assert under(decided(OLD, decisions=(), **told)).before.rule == "within_window"
    # But what was not there any more never would have been
    gone = review.model_copy(update={"outcome": Outcome.REFUSE, "rule": "quantity_exceeded"})
    assert not under(decided(OLD, decisions=(gone,), **told)).changed


def test_who_sends_by_themselves_pays_no_fee_to_us() -> None:
    own = {"methods": ["own", "label"], "pays": "shopper", "fee": {"USD": 900}}
    dear = policy(otherwise=own, version="dear-1")
    request = decided(policy(otherwise={**own, "fee": {}}))
    found = {
        method: under(request.model_copy(update={"method": method}), dear).after.fee
        for method in (ReturnMethod.OWN, ReturnMethod.LABEL)
    }
    assert found == {ReturnMethod.OWN: {}, ReturnMethod.LABEL: {"USD": 900}}


def test_a_persons_decision_is_not_the_policys() -> None:
    facts = asked(line_facts(quantity=2), line_facts(line_id="hat", unit_minor=12_000), resolution=Resolution.REFUND)
    asked_person = decided(OLD, facts=facts)
    by_person = Decision(
        outcome=Outcome.REFUSE, rule="human_review", policy_version="returns-1", decided_at=NOW, decided_by="me"
    )
    found = under(asked_person.model_copy(update={"decisions": (*asked_person.decisions, by_person)}))
    assert (found.before.outcome, found.before.rule) == (Outcome.REVIEW, "above_review_amount")


def test_money_that_was_paid_back_since_does_not_hide_what_it_was_worth() -> None:
    paid_back = ORDER.model_copy(update={"refunds": {"r1": usd(24_000)}})
    assert under(decided(OLD), orders={"ord_1": paid_back}).before.refund == {"USD": 9_500}


def test_the_law_stands_above_the_new_policy_too() -> None:
    # Given the law of a country that gives 14 days, and a policy that gives 3
    law = StatutoryProfile(country="DE", withdrawal_days=14, refund_days=14, return_cost=Payer.SHOPPER)
    hard = policy(otherwise={"window": {"days": 3}}, version="hard-1")
    request = decided(OLD, facts=late(10))
    assert under(request, hard).after.outcome is Outcome.REFUSE
    assert under(request, hard, profile=law).after.outcome is Outcome.APPROVE


@pytest.mark.parametrize(
    ("update", "orders", "why"),
    [
        ({"facts": None}, {"ord_1": ORDER}, LeftOut.NO_FACTS),
        ({"terms": None}, {"ord_1": ORDER}, LeftOut.NO_FACTS),
        ({"decisions": ()}, {"ord_1": ORDER}, LeftOut.NOT_DECIDED),
        ({}, {}, LeftOut.NO_ORDER),
    ],
)
def test_what_cannot_be_compared_is_counted_apart(update: dict[str, Any], orders: dict[str, Any], why: LeftOut) -> None:
    whole = Replay()
    whole.add(compare(Past(decided(OLD).model_copy(update=update), orders), new()))
    assert whole.document()["left_out"] == {why.value: 1}
    assert (whole.document()["returns"], whole.document()["compared"]) == (1, 0)


# --------------------------------------------------------------------------------------------------------- all of them


def story() -> Replay:
    """Five returns of four shoppers: two would be refused, one put before a person, one has only other terms."""
    whole = Replay()
    both = asked(line_facts(quantity=2), resolution=Resolution.REFUND)
    for request in (
        decided(OLD, 1),
        decided(OLD, 2, late(25)),
        decided(OLD, 3, late(45, tier="elite")),
        decided(OLD, 4, both),
        decided(OLD, 5, late(40), shopper_id="cus_2"),
    ):
        whole.add(compare(Past(request, {"ord_1": ORDER}), new()))
    return whole


def test_decisions_before_and_after() -> None:
    rows = {row["decision"]: (row["before"], row["after"], row["difference"]) for row in story().decisions()}
    assert rows == {"approve": (4, 1, -3), "review": (0, 1, 1), "refuse": (1, 3, 2)}
    assert story().moves() == [
        {"from": "approve", "because": "within_window", "to": "refuse", "now": "window_closed", "returns": 2},
        {"from": "approve", "because": "within_window", "to": "review", "now": "much", "returns": 1},
    ]


def test_money_by_currency_before_and_after() -> None:
    rows = {row["money"]: (row["before"], row["after"], row["difference"]) for row in story().money()}
    assert rows == {
        "refunds": (9_500 + 9_500 + 10_000 + 19_500, 10_000, -38_500),
        "refunds, if a person agrees": (0, 20_000, 20_000),
        "fees": (1_500, 0, -1_500),
    }


def test_shoppers_by_tier_each_once() -> None:
    elite, none = story().tiers()
    assert elite == {
        "tier": "elite",
        "returns": 1,
        "changed": 1,
        "shoppers": 1,
        "shoppers affected": 1,
        "money": {"USD": -10_000},
    }
    assert (none["returns"], none["changed"], none["shoppers"], none["shoppers affected"]) == (4, 3, 3, 3)
    assert none["money"] == {"USD": 10_000 + 20_000 - 9_500 - 9_500 - 19_500}


def test_terms_and_rules_that_come_and_go() -> None:
    terms = {row["aspect"]: row for row in story().terms()}
    assert terms["refund_on"] == {"aspect": "refund_on", "returns": 2, "of which": "0 earlier, 2 later"}
    assert terms["fee"]["returns"] == 2
    rules = {row["rule"]: (row["before"], row["after"], row["comes or goes"]) for row in story().rules()}
    assert rules == {"elite": (1, 0, 1), "much": (0, 1, 1)}


@given(facts=st.lists(requests(), min_size=1, max_size=3), before=RULES, after=RULES)
def test_sums_add_up_whatever_the_policies_are(facts: list[Any], before: list[Any], after: list[Any]) -> None:
    whole = Replay()
    one, other = policy(*before), policy(*after, version="other")
    for number, request in enumerate(facts, 1):
        orders = {key: ORDER.model_copy(update={"order_id": key}) for key in request.orders}
        whole.add(compare(Past(decided(one, number, request), orders), other))
    told = whole.document()
    assert sum(row["before"] for row in told["decisions"]) == sum(row["after"] for row in told["decisions"])
    assert sum(row["difference"] for row in told["decisions"]) == 0
    assert told["changed"] == len(told["changed_returns"]) == sum(row["changed"] for row in told["tiers"])
    gained = sum(row["difference"] for row in told["money"] if row["money"].startswith("refunds"))
    assert gained == sum(sum(row["money"].values()) for row in told["tiers"])
    same = Replay()
    for number, request in enumerate(facts, 1):
        orders = {key: ORDER.model_copy(update={"order_id": key}) for key in request.orders}
        same.add(compare(Past(decided(one, number, request), orders), one))
    assert not same.changed


# ------------------------------------------------------------------------------------------------------------- command


NEW = """\
version: new-1
rules:
  - id: much
    when: {return_value: {above: {USD: 15000}}}
    then: {review: much}
otherwise:
  window: {days: 20}
  resolutions: [refund, store_credit, exchange]
  methods: [label, qr]
  refund_on: inspected
  pays: brand
reasons: [{id: too_small}]
"""


class Ports(SimpleNamespace):
    returns: FakeReturns
    orders: FakeOrders


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> Ports:
    made = Ports(returns=FakeReturns(), orders=FakeOrders(), brands=FakeBrands(brand()), laws=FakeLaws())
    made.orders.records["larkspur", "ord_1"] = ORDER
    monkeypatch.setattr(Stack, "open", lambda stage, region: SimpleNamespace(app=lambda: made))
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "new.yaml"
    found.write_text(NEW)
    return found


def run(file: Path, *more: str, since: str = "2026-03-02", until: str = "2026-03-02") -> Result:
    given = ["policy", "replay", "--policy", str(file), "--from", since, "--to", until, "--brand", "larkspur", *more]
    return CliRunner().invoke(app, given, env={"COLUMNS": "200"})


def fill(ports: Ports) -> None:
    for request in (decided(OLD, 1), decided(OLD, 2, late(25)), decided(OLD, 3, late(45, tier="elite"))):
        ports.returns.create(request)


def test_the_table_says_what_would_be_different(ports: Ports, file: Path) -> None:
    fill(ports)
    result = run(file)
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert "larkspur: 3 of 3 returns would be different under new-1" in said
    assert "refunds $290.00 $100.00 -$190.00" in said
    assert "approve (within_window) → refuse (window_closed)" in said
    assert "rma_02" in said
    assert "cus_" not in said, "shoppers are counted, not named"


def test_only_the_days_that_are_asked_for_are_read_each_once(ports: Ports, file: Path) -> None:
    for number in range(1, 251):
        ports.returns.create(decided(OLD, number))
    before = decided(OLD, 400, requested_at=NOW - timedelta(days=1))
    after = decided(OLD, 401, requested_at=NOW + timedelta(days=1))
    for request in (before, after):
        ports.returns.create(request)
    (told,) = json.loads(run(file, "--json").stdout)["brands"]
    assert (told["returns"], told["compared"]) == (250, 250)
    (told,) = json.loads(run(file, "--json", since="2026-03-01", until="2026-03-03").stdout)["brands"]
    assert told["returns"] == 252


def test_the_page_stands_alone_and_its_charts_have_words(ports: Ports, file: Path, tmp_path: Path) -> None:
    fill(ports)
    page = tmp_path / "replay.html"
    assert run(file, "--html", str(page)).exit_code == 0
    text = page.read_text()
    assert not re.search(r"(?:src|href)=|<script|@import|url\(", text), "nothing is loaded"
    charts = [ElementTree.fromstring(one) for one in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]
    assert charts[0].attrib["aria-label"] == "Decisions: approve 3, then 1; review 0, then 0; refuse 0, then 2"
    widths = [float(bar.attrib["width"]) for bar in charts[0].findall("rect")]
    assert widths[0] == pytest.approx(3 * widths[1], rel=0.001)
    assert widths[2] == widths[3] == widths[4] == 0
    assert "$290.00" in text


def test_a_policy_with_errors_is_not_tried(ports: Ports, file: Path) -> None:
    file.write_text(NEW.replace("days: 20", "days: many"))
    result = run(file)
    assert result.exit_code == 1
    assert f"{file}:7:12: error: otherwise.window.days" in " ".join(result.stderr.split())


def test_days_the_wrong_way_round_are_a_misuse_and_days_without_returns_are_said(ports: Ports, file: Path) -> None:
    assert run(file, since="2026-03-05").exit_code == 2
    quiet = run(file)
    assert quiet.exit_code == 0
    assert "no return of these days can be compared" in quiet.stdout


def test_bars_are_to_one_scale_and_what_is_little_is_still_seen() -> None:
    lines = bars([{"name": "a", "before": 1000, "after": 500}, {"name": "b", "before": 1, "after": 0}], "name")
    assert [line.count("█") for line in lines] == [40, 20, 0, 0]
    assert "▏" in lines[2]
    assert lines[3].endswith("  0")
