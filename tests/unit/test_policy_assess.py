"""What a policy says about a request: what no policy can allow, rules in order, windows, several lines as one."""

from datetime import UTC, date, datetime, timedelta

import pytest

from porchlight.domain.dates import local_day
from porchlight.domain.money import Money
from porchlight.domain.policies import REFUSALS
from porchlight.domain.policy.assess import assess
from porchlight.domain.policy.facts import RequestFacts
from porchlight.domain.returns import Outcome
from porchlight.domain.rma.names import Payer, RefundTrigger, Resolution, ReturnKind, ReturnMethod
from tests.unit.asked_for import CAME, ORDERED, asked, line_facts, order_facts, policy, said
from tests.unit.stories import brand

STORY = brand().returns


def usd(minor: int) -> Money:
    return Money(amount=minor, currency="USD")


# ------------------------------------------------------------------------------------------ what no policy can change


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (asked(cancelled=True), "order_cancelled"),
        (asked(line_facts(known=False, bought=0)), "unknown_line"),
        (asked(line_facts(order_id="ord_9")), "unknown_line"),
        (asked(line_facts(quantity=3)), "quantity_exceeded"),
        (asked(line_facts(), line_facts(quantity=2)), "quantity_exceeded"),
        (asked(line_facts(quantity=2, already_returning=1)), "quantity_exceeded"),
        (asked(line_facts(ships=False)), "not_returnable"),
        (asked(line_facts(), line_facts(line_id="hat", final_sale=True)), "final_sale"),
        (asked(asked_on=CAME + timedelta(days=31)), "window_closed"),
        (asked(resolution=Resolution.REPAIR), "no_such_resolution"),
    ],
)
def test_refusals_have_stable_codes(facts: RequestFacts, code: str) -> None:
    verdict = assess(facts, STORY)
    assert (verdict.outcome, verdict.rule) == (Outcome.REFUSE, code)
    assert code in REFUSALS
    assert code in {line.refused for line in verdict.lines} | {"no_such_resolution"}


def test_what_is_impossible_is_said_before_what_is_not_allowed() -> None:
    # Given one line on final sale, and one of which more is asked for than was bought
    facts = asked(line_facts(final_sale=True), line_facts(line_id="hat", quantity=9), asked_on=CAME + timedelta(99))
    verdict = assess(facts, STORY)
    assert verdict.rule == "quantity_exceeded"
    assert [(line.refused, line.rule) for line in verdict.lines] == [
        ("final_sale", "final_sale"),
        ("quantity_exceeded", ""),
    ]


def test_a_request_within_the_window_is_approved_with_its_terms() -> None:
    verdict = assess(asked(), STORY)
    assert (verdict.outcome, verdict.rule) == (Outcome.APPROVE, "within_window")
    terms = verdict.terms
    assert (terms.policy_version, terms.fee, terms.pays) == ("returns-1", usd(500), Payer.SHOPPER)
    assert (terms.closes_on, terms.window_days, terms.zone) == (date(2026, 4, 1), 30, "America/New_York")
    assert set(terms.rules.values()) == {"otherwise"}


def test_deadlines_are_those_of_the_policy() -> None:
    days = {"review_days": 7, "scan_days": 8, "receive_days": 9, "inspect_days": 10, "repair_days": 11}
    terms = said(asked(), deadlines={**days, "review_default": "refuse"}).terms
    assert {name: getattr(terms, name) for name in days} == days
    assert not terms.review_approves


# ------------------------------------------------------------------------------------------------------------- windows


def test_the_last_day_of_the_window_counts() -> None:
    last = CAME + timedelta(days=30)
    assert assess(asked(asked_on=last), STORY).outcome is Outcome.APPROVE
    late = assess(asked(asked_on=last + timedelta(days=1)), STORY)
    assert (late.outcome, late.rule) == (Outcome.REFUSE, "window_closed")
    assert "refuse" not in late.terms.rules
    assert late.lines[0].rule == "otherwise"


def test_a_tier_has_its_own_window_and_no_fee() -> None:
    day = CAME + timedelta(days=45)
    assert assess(asked(asked_on=day), STORY).rule == "window_closed"
    elite = assess(asked(asked_on=day, tier="elite"), STORY)
    assert (elite.rule, elite.terms.fee) == ("within_window", None)
    assert elite.terms.rules["window"] == elite.terms.rules["pays"] == "elite"
    assert assess(asked(asked_on=day, tier="unheard of"), STORY).rule == "window_closed"


def test_before_delivery_the_window_has_not_begun() -> None:
    verdict = assess(asked(asked_on=CAME + timedelta(days=400), delivered_on=None), STORY)
    assert (verdict.outcome, verdict.rule, verdict.terms.closes_on) == (Outcome.APPROVE, "not_delivered_yet", None)


def test_a_window_from_the_purchase_runs_without_delivery() -> None:
    window = {"window": {"days": 20, "after": "purchase"}}
    facts = asked(asked_on=ORDERED + timedelta(days=21), delivered_on=None)
    assert said(facts, otherwise=window).rule == "window_closed"
    assert said(facts, otherwise=window).terms.closes_on == ORDERED + timedelta(days=20)


def test_a_holiday_makes_a_window_longer_and_never_shorter() -> None:
    holiday = {"when": {"placed": {"until": ORDERED}}, "then": {"window": {"days": 30, "at_least_until": "2026-06-01"}}}
    assert said(asked(), holiday).terms.closes_on == date(2026, 6, 1)
    assert said(asked(placed_on=ORDERED + timedelta(days=1)), holiday).terms.closes_on == date(2026, 4, 1)
    late = asked(delivered_on=date(2026, 5, 20), asked_on=date(2026, 6, 19))
    assert said(late, holiday).terms.closes_on == date(2026, 6, 19)
    assert said(late, holiday).outcome is Outcome.APPROVE


# --------------------------------------------------------------------------------------------------------------- rules


def test_for_each_aspect_the_first_rule_that_holds_and_says_something_decides() -> None:
    verdict = said(
        asked(tier="gold"),
        {"when": {"tier": ["silver"]}, "then": {"window": {"days": 1}, "pays": "shopper"}},
        {"when": {"tier": ["gold"]}, "then": {"window": {"days": 60}}},
        {"when": {}, "then": {"window": {"days": 90}, "refund_on": "instant"}},
        {"when": {"country": ["US"]}, "then": {"refund_on": "inspected", "methods": ["in_store"]}},
    )
    terms = verdict.terms
    assert (terms.window_days, terms.refund_on, terms.methods, terms.pays) == (
        60,
        RefundTrigger.INSTANT,
        (ReturnMethod.IN_STORE,),
        Payer.BRAND,
    )
    wanted = {"window": "rule_2", "refund_on": "rule_3", "methods": "rule_4", "pays": "otherwise"}
    assert terms.rules == {**wanted, "resolutions": "otherwise"}


def test_a_rule_that_refuses_does_so_before_anything_else_and_the_first_one_says_why() -> None:
    verdict = said(
        asked(asked_on=CAME + timedelta(days=99)),
        {"when": {}, "then": {"window": {"days": 999}, "review": "who_knows"}},
        {"when": {"final_sale": True}, "then": {"refuse": "final_sale"}},
        {"when": {"country": ["US"]}, "then": {"refuse": "not_here"}},
        {"when": {}, "then": {"refuse": "never"}},
    )
    assert (verdict.outcome, verdict.rule) == (Outcome.REFUSE, "not_here")
    assert verdict.lines[0].rule == verdict.terms.rules["refuse"] == "rule_3"


def test_of_two_lines_that_rules_refuse_the_first_one_says_why() -> None:
    rules = (
        {"when": {"final_sale": True}, "then": {"refuse": "final_sale"}},
        {"when": {"category": ["gift_cards"]}, "then": {"refuse": "not_returnable"}},
    )
    sold, card = line_facts(final_sale=True), line_facts(line_id="card", category="gift_cards")
    assert said(asked(sold, card), *rules).rule == "final_sale"
    assert said(asked(card, sold), *rules).rule == "not_returnable"


def test_a_review_is_asked_for_by_the_first_rule_and_taken_back_by_none() -> None:
    doubt = {"when": {"risk": ["high"]}, "then": {"review": "doubt"}}
    friend = {"when": {"tier": ["elite"]}, "then": {"review": "none"}}
    risky = {"risk": "high"}
    verdict = said(asked(shopper=risky), friend, doubt)
    assert (verdict.outcome, verdict.rule, verdict.terms.review) == (Outcome.REVIEW, "doubt", "doubt")
    assert said(asked(shopper=risky, tier="elite"), friend, doubt).outcome is Outcome.APPROVE
    assert said(asked(shopper=risky, tier="elite"), doubt, friend).outcome is Outcome.REVIEW


def test_where_the_brand_pays_there_is_no_fee() -> None:
    costs = {"pays": "shopper", "fee": {"USD": 700, "EUR": 650}}
    assert said(asked(), otherwise=costs).terms.fee == usd(700)
    assert said(asked(currency="EUR"), otherwise=costs).terms.fee == Money(amount=650, currency="EUR")
    assert said(asked(currency="GBP"), otherwise=costs).terms.fee is None
    free = {"when": {"reason": ["damaged"]}, "then": {"pays": "brand"}}
    assert said(asked(line_facts(reason="damaged")), free, otherwise=costs).terms.fee is None


def test_what_is_asked_for_has_to_be_offered() -> None:
    only_credit = {"when": {"reduced": True}, "then": {"resolutions": ["store_credit"]}}
    reduced = line_facts(reduced=True)
    refused = said(asked(reduced, resolution=Resolution.REFUND), only_credit)
    assert (refused.outcome, refused.rule) == (Outcome.REFUSE, "no_such_resolution")
    assert said(asked(reduced, resolution=Resolution.STORE_CREDIT), only_credit).outcome is Outcome.APPROVE
    assert said(asked(reduced), only_credit).terms.resolutions == (Resolution.STORE_CREDIT,)


def test_who_gets_something_else_in_exchange_has_to_send_the_first_one_back() -> None:
    keep = {"methods": ["label", "keep"], "resolutions": ["refund", "exchange", "replace"]}
    methods = {
        one: said(asked(resolution=one), otherwise=keep).terms.methods for one in map(Resolution, keep["resolutions"])
    }
    assert methods[Resolution.REFUND] == methods[Resolution.REPLACE] == (ReturnMethod.LABEL, ReturnMethod.KEEP)
    assert methods[Resolution.EXCHANGE] == (ReturnMethod.LABEL,)
    only_keep = {"when": {}, "then": {"methods": ["keep", "donate"]}}
    assert said(asked(resolution=Resolution.EXCHANGE), only_keep).rule == "no_such_resolution"


def test_what_never_came_is_not_sent_back() -> None:
    verdict = said(asked(kind=ReturnKind.CLAIM), otherwise={"pays": "shopper", "fee": {"USD": 500}})
    assert (verdict.terms.methods, verdict.terms.fee) == ((ReturnMethod.KEEP,), None)


# ------------------------------------------------------------------------------------------------------- several lines


def test_several_lines_come_back_under_what_all_of_them_allow_and_the_most_careful_of_the_rest() -> None:
    shirt, lamp = line_facts(), line_facts(line_id="lamp", category="lamps", bought=1)
    verdict = said(
        asked(shirt, lamp),
        {
            "when": {"category": ["lamps"]},
            "then": {
                "window": {"days": 14},
                "resolutions": ["exchange", "refund", "repair"],
                "methods": ["label", "in_store"],
                "refund_on": "inspected",
                "pays": "shopper",
                "fee": {"USD": 900},
                "facility": "lamp_house",
                "review": "fragile",
                "credit_bonus_percent": 5,
            },
        },
        otherwise={"refunds_shipping": True, "credit_bonus_percent": 10, "facility": "main"},
        facilities={"main": {"name": "Main", "country": "US"}, "lamp_house": {"name": "Lamps", "country": "US"}},
    )
    terms = verdict.terms
    assert terms.resolutions == (Resolution.REFUND, Resolution.EXCHANGE)
    assert terms.methods == (ReturnMethod.LABEL,)
    assert (terms.refund_on, terms.pays, terms.fee) == (RefundTrigger.INSPECTED, Payer.SHOPPER, usd(900))
    assert (terms.closes_on, terms.window_days) == (CAME + timedelta(days=14), 14)
    assert (terms.refunds_shipping, terms.credit_bonus_percent) == (True, 5)
    assert (terms.facility, terms.review) == ("main", "fragile")
    assert (verdict.outcome, verdict.rule) == (Outcome.REVIEW, "fragile")
    assert terms.rules == {
        **dict.fromkeys(("window", "refund_on", "pays", "fee", "review", "credit_bonus_percent"), "rule_1"),
        **dict.fromkeys(("refunds_shipping", "facility"), "otherwise"),
        "resolutions": "otherwise + rule_1",
        "methods": "otherwise + rule_1",
    }


def test_a_fee_is_taken_once_and_it_is_the_highest() -> None:
    costs = {"pays": "shopper", "fee": {"USD": 300}}
    dear = {"when": {"category": ["lamps"]}, "then": {"fee": {"USD": 900}}}
    lines = (line_facts(), line_facts(line_id="lamp", category="lamps"), line_facts(line_id="hat"))
    assert said(asked(*lines), dear, otherwise=costs).terms.fee == usd(900)


def test_fees_of_two_currencies_are_not_compared() -> None:
    orders = (order_facts(), order_facts(order_id="ord_2", currency="EUR"))
    facts = asked(line_facts(), line_facts(order_id="ord_2"), orders=orders)
    costs = {"pays": "shopper", "fee": {"USD": 300, "EUR": 900}}
    assert said(facts, otherwise=costs).terms.fee == usd(300)


def test_what_may_be_kept_comes_along_in_the_parcel_of_what_may_not() -> None:
    keep = {"when": {"item_value": {"at_most": {"USD": 1500}}}, "then": {"methods": ["keep"]}}
    cheap = line_facts(line_id="socks", unit_minor=900)
    assert said(asked(cheap), keep).terms.methods == (ReturnMethod.KEEP,)
    both = said(asked(cheap, line_facts()), keep).terms
    assert both.methods == (ReturnMethod.LABEL, ReturnMethod.QR)
    assert both.rules["methods"] == "otherwise"


def test_what_cannot_come_back_together_says_so() -> None:
    store = {"when": {"category": ["lamps"]}, "then": {"methods": ["in_store"]}}
    credit = {"when": {"category": ["lamps"]}, "then": {"resolutions": ["store_credit"]}}
    swap = {"when": {"category": ["hats"]}, "then": {"resolutions": ["exchange"]}}
    lamp, hat = line_facts(line_id="lamp", category="lamps"), line_facts(line_id="hat", category="hats")
    assert said(asked(line_facts(), lamp), store).rule == "not_together"
    assert said(asked(line_facts(), lamp, resolution=Resolution.REFUND), store).rule == "not_together"
    assert said(asked(hat, lamp), credit, swap).rule == "not_together"
    assert said(asked(hat, lamp, resolution=Resolution.EXCHANGE), credit, swap).rule == "no_such_resolution"


def test_lines_of_several_orders_are_each_looked_at_under_their_own_order() -> None:
    first = order_facts()
    old = order_facts(order_id="ord_2", delivered_on=CAME - timedelta(days=25))
    coming = order_facts(order_id="ord_3", delivered_on=None)
    lines = [line_facts(order_id=one.order_id) for one in (first, old, coming)]
    verdict = said(asked(lines[0], lines[2], orders=(first, coming)))
    assert (verdict.rule, verdict.terms.closes_on) == ("not_delivered_yet", CAME + timedelta(days=30))
    late = said(asked(*lines, orders=(first, old, coming)))
    assert late.rule == "window_closed"
    assert [line.refused for line in late.lines] == ["", "window_closed", ""]


def test_amounts_of_conditions_are_those_of_the_orders_currency() -> None:
    much = {"when": {"return_value": {"above": {"USD": 15_000}}}, "then": {"review": "much"}}
    euros = order_facts(order_id="ord_2", currency="EUR")
    both = (order_facts(), euros)
    assert said(asked(line_facts(quantity=2)), much).outcome is Outcome.REVIEW
    assert said(asked(line_facts(quantity=2), currency="EUR"), much).outcome is Outcome.APPROVE
    mixed = asked(line_facts(), line_facts(order_id="ord_2"), orders=both)
    assert said(mixed, much).outcome is Outcome.APPROVE
    at_limit = {"when": {"return_value": {"above": {"USD": 20_000}}}, "then": {"review": "much"}}
    assert said(asked(line_facts(quantity=2)), at_limit).outcome is Outcome.APPROVE


def test_money_refunded_elsewhere_goes_to_a_person() -> None:
    verdict = assess(asked(refunded_elsewhere=True), STORY)
    assert (verdict.outcome, verdict.rule) == (Outcome.REVIEW, "refunded_elsewhere")


def test_a_policy_asks_for_no_clock_and_gives_the_same_answer_again() -> None:
    facts = asked(line_facts(), line_facts(line_id="hat"), tier="elite")
    stored = RequestFacts.model_validate_json(facts.model_dump_json())
    assert assess(stored, policy()) == assess(facts, policy())


def test_the_day_is_the_one_where_the_order_went() -> None:
    delivered = local_day(datetime(2026, 2, 1, 2, tzinfo=UTC), "America/New_York")  # 31 January there
    last = datetime(2026, 3, 3, 4, 59, tzinfo=UTC)  # 2 March there: day 30
    for instant, outcome in ((last, Outcome.APPROVE), (last + timedelta(minutes=1), Outcome.REFUSE)):
        facts = asked(delivered_on=delivered, asked_on=local_day(instant, "America/New_York"))
        assert assess(facts, STORY).outcome is outcome
