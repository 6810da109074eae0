"""The law above the policy: what may never be refused, held up or made worse, whatever a brand writes."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.law.guarantee import later
from porchlight.domain.law.model import Exemption, StatutoryProfile
from porchlight.domain.policy.assess import Assessment, assess
from porchlight.domain.policy.facts import LineFacts, OrderFacts, RequestFacts, ShopperFacts
from porchlight.domain.policy.model import ReturnsPolicy
from porchlight.domain.returns import Outcome
from porchlight.domain.rma.names import (
    NOTHING_COMES,
    TRIGGERS,
    Payer,
    RefundTrigger,
    Resolution,
    ReturnKind,
    ReturnMethod,
    RiskLevel,
)

EU = StatutoryProfile(
    country="DE",
    withdrawal_days=14,
    refund_days=14,
    refunds_shipping=True,
    exempt=tuple(Exemption),
    guarantee_months=24,
    burden_of_proof_months=12,
)
US = StatutoryProfile(country="US")
CAME = date(2026, 6, 9)
"""A Tuesday; the last day is 23 June."""
WITHDRAWAL, RETURN, WARRANTY = ReturnKind.WITHDRAWAL, ReturnKind.RETURN, ReturnKind.WARRANTY


def policy(*rules: dict[str, Any], **otherwise: Any) -> ReturnsPolicy:
    last = {
        "window": {"days": 30},
        "resolutions": ["refund"],
        "methods": ["label"],
        "refund_on": "first_scan",
        "pays": "brand",
    }
    return ReturnsPolicy.model_validate(
        {"version": "p-1", "rules": rules, "otherwise": last | otherwise, "reasons": [{"id": "other"}]}
    )


def rule(then: dict[str, Any], **when: Any) -> dict[str, Any]:
    return {"id": "harsh", "when": when, "then": then}


def request(
    kind: ReturnKind = WITHDRAWAL,
    *lines: dict[str, Any],
    asked_on: date = CAME + timedelta(days=5),
    resolution: Resolution | None = None,
    shopper: ShopperFacts | None = None,
    **order: Any,
) -> RequestFacts:
    first = {"order_id": "ord_1", "currency": "EUR", "total_minor": 5000, "country": "DE"}
    first |= {"placed_on": CAME - timedelta(days=5), "delivered_on": CAME} | order
    one = {"order_id": "ord_1", "quantity": 1, "unit_minor": 1000, "bought": 2}
    made = [LineFacts.model_validate(one | {"line_id": str(place)} | said) for place, said in enumerate(lines or ({},))]
    return RequestFacts(
        kind=kind,
        asked_on=asked_on,
        resolution=resolution,
        orders={"ord_1": OrderFacts.model_validate(first)},
        lines=tuple(made),
        shopper=shopper or ShopperFacts(),
    )


HARSH = st.fixed_dictionaries(
    {},
    optional={
        "refuse": st.sampled_from(["final_sale", "serial_returner", "too_many_returns"]),
        "review": st.sampled_from(["serial_returner", "above_review_amount"]),
        "window": st.integers(0, 20).map(lambda days: {"days": days}),
        "resolutions": st.lists(st.sampled_from(list(Resolution)), min_size=1, unique=True),
        "methods": st.lists(st.sampled_from(list(ReturnMethod)), min_size=1, unique=True),
        "refund_on": st.sampled_from(list(RefundTrigger)),
        "pays": st.sampled_from(list(Payer)),
        "fee": st.just({"EUR": 900}),
        "refunds_shipping": st.booleans(),
    },
)
RISKY = ShopperFacts(risk=RiskLevel.HIGH, risk_score=100, claims=9, returned_share=1.0, returns=50, orders=50)


@given(
    HARSH,
    st.one_of(st.none(), st.integers(0, 14).map(lambda days: CAME + timedelta(days=days))),
    st.booleans(),
    st.booleans(),
)
def test_no_rule_and_no_risk_stands_against_a_withdrawal_in_time(
    harsh: dict[str, Any], asked_on: date | None, final_sale: bool, reduced: bool
) -> None:
    # Given any rule of a brand, and a shopper of the worst repute
    severe = policy(rule(harsh or {"review": "serial_returner"}))
    # When a withdrawal is declared in time, before anything came too
    when: dict[str, Any] = {"asked_on": asked_on} if asked_on else {"delivered_on": None}
    asked = request(WITHDRAWAL, {"final_sale": final_sale, "reduced": reduced}, shopper=RISKY, **when)
    said = assess(asked, severe, EU)
    # Then it is approved, nobody reviews it, it is refunded with the shipping and can be sent, or kept
    terms = said.terms
    assert said.outcome is Outcome.APPROVE
    assert [line.refused for line in said.lines] == [""]
    assert (terms.review, terms.review_approves) == ("", True)
    assert terms.resolutions == (Resolution.REFUND,)
    assert terms.refunds_shipping
    assert ReturnMethod.OWN in terms.methods or NOTHING_COMES.issuperset(terms.methods)
    assert TRIGGERS.index(terms.refund_on) <= TRIGGERS.index(RefundTrigger.RECEIVED)
    assert terms.refund_by == asked.asked_on + timedelta(days=14)
    assert terms.closes_on is None or asked.asked_on <= terms.closes_on


@given(HARSH)
def test_where_the_law_gives_nothing_the_policy_decides_alone(harsh: dict[str, Any]) -> None:
    severe = policy(rule(harsh or {"review": "serial_returner"}))
    for kind in (WITHDRAWAL, RETURN):
        asked = request(kind, {}, {"final_sale": True})
        assert assess(asked, severe, US) == assess(asked, severe)


def test_a_better_policy_stands() -> None:
    # Given a policy that gives more: more days, money at once, no fee
    kind = policy(window={"days": 100}, refund_on="instant", methods=["label", "qr"])
    said = assess(request(RETURN), kind, EU)
    assert said.terms.closes_on == CAME + timedelta(days=100)
    assert said.terms.refund_on is RefundTrigger.INSTANT
    assert said.terms.methods[0] is ReturnMethod.LABEL
    # And only what the law adds is the law's
    assert {name for name, by in said.terms.rules.items() if by == "statutory"} == {"methods", "refunds_shipping"}


@pytest.mark.parametrize("harsh", [{"refuse": "final_sale"}, {"review": "serial_returner"}, {"window": {"days": 3}}])
def test_a_plain_return_in_that_time_is_as_good(harsh: dict[str, Any]) -> None:
    said = assess(request(RETURN), policy(rule(harsh)), EU)
    assert said.outcome is Outcome.APPROVE
    assert "statutory" in said.terms.rules.values()
    # When it is asked for after the time, Then the policy decides alone
    late = request(RETURN, asked_on=CAME + timedelta(days=15))
    assert assess(late, policy(rule(harsh)), EU) == assess(late, policy(rule(harsh)))


def test_who_wants_something_else_than_the_money_is_under_the_policy() -> None:
    wanting = request(RETURN, resolution=Resolution.STORE_CREDIT)
    severe = policy(rule({"refuse": "final_sale"}), resolutions=["refund", "store_credit"])
    assert assess(wanting, severe, EU) == assess(wanting, severe)


def test_exempt_lines_are_refused_and_the_others_stand() -> None:
    asked = request(WITHDRAWAL, {"no_withdrawal": "custom_made"}, {}, {"no_withdrawal": "nonsense"})
    said = assess(asked, policy(), EU)
    assert said.outcome is Outcome.APPROVE
    assert [(line.refused, line.rule) for line in said.lines] == [
        ("no_withdrawal", "statutory:custom_made"),
        ("", ""),
        ("", ""),
    ]
    # When nothing else is asked for, Then all of it is refused, for that reason
    alone = assess(request(WITHDRAWAL, {"no_withdrawal": "custom_made"}), policy(), EU)
    assert (alone.outcome, alone.rule) == (Outcome.REFUSE, "no_withdrawal")
    # And what a policy takes back of its own accord it takes back as a plain return
    assert assess(request(RETURN, {"no_withdrawal": "custom_made"}), policy(), EU).outcome is Outcome.APPROVE


def test_a_category_of_the_brand_is_exempt() -> None:
    profile = EU.model_copy(update={"categories": {"rings": Exemption.CUSTOM_MADE}})
    said = assess(request(WITHDRAWAL, {"category": "rings"}, {"category": "hats"}), policy(), profile)
    assert [line.refused for line in said.lines] == ["no_withdrawal", ""]


@pytest.mark.parametrize("code", ["sealed_hygiene", "sealed_media", "inseparably_mixed"])
def test_what_is_exempt_once_opened_is_looked_at_and_not_refused(code: str) -> None:
    said = assess(request(WITHDRAWAL, {"no_withdrawal": code}), policy(refund_on="inspected"), EU)
    assert said.outcome is Outcome.APPROVE
    assert said.terms.refund_on is RefundTrigger.INSPECTED


@pytest.mark.parametrize(
    ("line", "order", "code"),
    [
        ({"quantity": 3}, {}, "quantity_exceeded"),
        ({"already_returning": 2}, {}, "quantity_exceeded"),
        ({"known": False}, {}, "unknown_line"),
        ({}, {"cancelled": True}, "order_cancelled"),
    ],
)
def test_what_cannot_be_is_refused_by_law_too(line: dict[str, Any], order: dict[str, Any], code: str) -> None:
    said = assess(request(WITHDRAWAL, line, **order), policy(), EU)
    assert (said.outcome, said.rule) == (Outcome.REFUSE, code)


def test_what_was_never_sent_is_refunded_without_sending() -> None:
    # Given a download that was not begun
    said = assess(request(WITHDRAWAL, {"ships": False}), policy(), EU)
    assert said.outcome is Outcome.APPROVE
    assert said.terms.methods == (ReturnMethod.KEEP,)


def test_a_late_withdrawal_is_a_return_under_the_policy() -> None:
    late = request(WITHDRAWAL, asked_on=CAME + timedelta(days=15))
    assert assess(late, policy(window={"days": 100}), EU).outcome is Outcome.APPROVE
    said = assess(late, policy(window={"days": 7}), EU)
    assert (said.outcome, said.rule) == (Outcome.REFUSE, "window_closed")


def test_lines_of_an_order_that_is_late_do_not_hold_up_the_others() -> None:
    asked = request(WITHDRAWAL, {}, {"order_id": "ord_2"})
    old = asked.orders["ord_1"].model_copy(update={"order_id": "ord_2", "delivered_on": CAME - timedelta(days=60)})
    asked = asked.model_copy(update={"orders": {**asked.orders, "ord_2": old}})
    # Given a policy that closes the older one, asks a person about both, or has no money for either
    long = {"window": {"days": 100}}
    for severe in (
        *(policy(), policy(rule({"review": "serial_returner", **long}))),
        policy(rule({"resolutions": ["store_credit"], **long})),
    ):
        said = assess(asked, severe, EU)
        assert said.outcome is Outcome.APPROVE
        assert [bool(line.refused) for line in said.lines] == [False, True]
        assert said.terms.review == ""


def test_a_late_order_takes_no_shipping_from_one_in_time() -> None:
    asked = request(WITHDRAWAL, {}, {"order_id": "ord_2"})
    old = asked.orders["ord_1"].model_copy(update={"order_id": "ord_2", "delivered_on": CAME - timedelta(days=60)})
    asked = asked.model_copy(update={"orders": {**asked.orders, "ord_2": old}})
    said = assess(asked, policy(window={"days": 100}), EU)
    assert [line.refused for line in said.lines] == ["", ""]
    assert said.terms.refunds_shipping


@pytest.mark.parametrize("kind", [WITHDRAWAL, RETURN])
def test_what_may_be_kept_takes_no_label_from_what_is_sent(kind: ReturnKind) -> None:
    # Given that one of two things may be kept, and the other has a label
    keeps = rule({"methods": ["keep", "donate"]}, category=["socks"])
    asked = request(kind, {"category": "socks"}, {"category": "shoes"})
    assert assess(asked, policy(keeps), EU).terms.methods == (ReturnMethod.LABEL, ReturnMethod.OWN)
    alone = assess(request(kind, {"category": "socks"}), policy(keeps), EU)
    assert alone.terms.methods == (ReturnMethod.KEEP, ReturnMethod.DONATE)


def test_the_fee_is_gone_where_the_law_lets_the_buyer_pay_nothing() -> None:
    costly = policy(pays="shopper", fee={"EUR": 490})
    assert assess(request(), costly, EU).terms.fee is not None
    free = EU.model_copy(update={"return_cost": Payer.BRAND})
    terms = assess(request(), costly, free).terms
    assert (terms.fee, terms.pays) == (None, Payer.BRAND)


# ------------------------------------------------------------------------------------------------------- the guarantee


@given(HARSH, st.integers(0, 730))
def test_a_defect_within_the_guarantee_is_never_refused_by_the_brand(harsh: dict[str, Any], days: int) -> None:
    severe = policy(rule({**(harsh or {"review": "serial_returner"})}), window={"days": 1})
    said = assess(request(WARRANTY, asked_on=CAME + timedelta(days=days)), severe, EU)
    assert said.outcome is not Outcome.REFUSE
    assert said.terms.resolutions[0] in (Resolution.REPAIR, Resolution.REPLACE)
    assert (said.terms.pays, said.terms.fee) == (Payer.BRAND, None)
    assert set(said.terms.methods) - {ReturnMethod.OWN, ReturnMethod.KEEP, ReturnMethod.DONATE}
    if days <= 365:
        assert said.terms.review_approves


def test_after_it_the_policy_decides() -> None:
    late = request(WARRANTY, asked_on=later(CAME, 24) + timedelta(days=1))
    assert assess(late, policy(), EU) == assess(late, policy())
    assert assess(late, policy(), EU).outcome is Outcome.REFUSE


def test_a_person_may_look_at_a_defect_first() -> None:
    said = assess(request(WARRANTY), policy(rule({"review": "look_at_it"})), EU)
    assert (said.outcome, said.rule) == (Outcome.REVIEW, "look_at_it")


def test_what_is_not_offered_for_a_defect_is_not_had() -> None:
    said = assess(
        request(WARRANTY, resolution=Resolution.REFUND), policy(resolutions=["repair"], window={"days": 1}), EU
    )
    assert (said.outcome, said.rule) == (Outcome.REFUSE, "no_such_resolution")


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2024, 2, 29), 24, date(2026, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 6, 9), 0, date(2026, 6, 9)),
    ],
)
def test_months_are_counted_by_the_calendar(day: date, months: int, expected: date) -> None:
    assert later(day, months) == expected


def test_a_claim_is_no_withdrawal() -> None:
    asked = request(ReturnKind.CLAIM)
    said: Assessment = assess(asked, policy(rule({"review": "claims"})), EU)
    assert said == assess(asked, policy(rule({"review": "claims"})))
