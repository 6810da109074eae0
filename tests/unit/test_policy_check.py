"""What is wrong with a policy: contradictions, rules that never take effect, what does not exist."""

from datetime import date
from typing import Any

import pytest

from porchlight.domain.policy.check import Problem, Severity, check, errors
from porchlight.domain.rma.names import ReturnMethod
from tests.unit.asked_for import policy

PROVIDERS = {
    "own": frozenset({ReturnMethod.LABEL, ReturnMethod.QR}),
    "parcelmaker": frozenset({ReturnMethod.LABEL}),
}


def rule(when: dict[str, Any] | None = None, **then: Any) -> dict[str, Any]:
    return {"when": when or {}, "then": then}


def only(found: list[Problem]) -> tuple[str, str]:
    """The field and the words of the only problem."""
    (one,) = found
    return ".".join(map(str, one.path)), one.text


# -------------------------------------------------------------------------------------------------- within one rule

GOLD = {"tier": ["gold"]}
DAYS = {"window": {"days": 60}}


@pytest.mark.parametrize(
    ("wrong", "place", "words"),
    [
        (rule(GOLD), "then", "says nothing"),
        (rule(GOLD, refuse="hazmat", **DAYS), "then.refuse", "what is refused has no terms (window)"),
        (rule({"tier": []}, **DAYS), "when.tier", "an empty list fits nothing"),
        (
            rule({"placed": {"since": "2026-12-24", "until": "2026-12-01"}}, **DAYS),
            "when.placed",
            "2026-12-24 is after",
        ),
        (rule({"orders": {"above": 3, "below": 3}}, **DAYS), "when.orders", "no number"),
        (rule({"orders": {"above": 3, "below": 4}}, **DAYS), "when.orders", "no number"),
        (rule({"returned_share": {"above": 1}}, **DAYS), "when.returned_share", "no number"),
        (rule({"risk_score": {"at_least": 101}}, **DAYS), "when.risk_score", "no number"),
        (
            rule({"item_value": {"above": {"USD": 9}, "at_most": {"USD": 9}}}, **DAYS),
            "when.item_value",
            "no amount of any currency",
        ),
        (
            rule({"item_value": {"above": {"USD": 9}, "at_most": {"EUR": 90}}}, **DAYS),
            "when.item_value",
            "no amount of any currency",
        ),
        (
            rule({"delivered": False, "days_since_delivery": {"above": 3}}, **DAYS),
            "when.days_since_delivery",
            "delivered is false",
        ),
        (rule({"unless": [{}], **GOLD}, **DAYS), "when.unless.0", "holds whenever the rest does"),
        (rule({"unless": [{"tier": ["gold", "silver"]}], **GOLD}, **DAYS), "when.unless.0", "holds whenever"),
        (rule({"any": [{"tier": ["silver"]}], **GOLD}, **DAYS), "when.any", "none of these can hold"),
        (rule({"any": []}, **DAYS), "when.any", "an empty list"),
        (
            rule(GOLD, methods=["keep"], resolutions=["exchange", "refund"]),
            "then.resolutions",
            "nobody who keeps the goods gets exchange",
        ),
        (rule(GOLD, methods=["donate"], resolutions=["repair"]), "then.resolutions", "gets repair"),
        (rule(GOLD, methods=["keep", "donate"], resolutions=["exchange"]), "then.resolutions", "gets exchange"),
        (rule(GOLD, methods=["keep"], refund_on="received"), "then.refund_on", "nothing is ever received"),
        (rule(GOLD, methods=["in_store"], refund_on="first_scan"), "then.refund_on", "no carrier"),
        (rule(GOLD, pays="brand", fee={"USD": 500}), "then.fee", "the brand pays"),
        (rule(GOLD, pays="shopper", methods=["keep"], fee={"USD": 500}), "then.fee", "no way back"),
        (rule(GOLD, pays="shopper", methods=["own"], fee={"USD": 500}), "then.fee", "their own parcel already"),
        (rule(GOLD, pays="brand", methods=["own"]), "then.pays", "their own parcel"),
        (rule(GOLD, resolutions=["refund"], credit_bonus_percent=5), "then.credit_bonus_percent", "not offered"),
        (rule({"kind": ["claim"]}, methods=["label"]), "then.methods", "nothing came"),
        (rule({"resolution": ["exchange"]}, resolutions=["refund"]), "then.resolutions", "offers none of it"),
    ],
)
def test_a_rule_that_contradicts_itself_is_an_error(wrong: dict[str, Any], place: str, words: str) -> None:
    found = errors(check(policy(wrong, otherwise={"pays": "shopper"})))
    where, text = only(found)
    assert where == f"rules.0.{place}"
    assert words in text


@pytest.mark.parametrize(
    "fine",
    [
        rule({"placed": {"since": "2026-12-24", "until": "2026-12-24"}}, **DAYS),
        rule({"orders": {"at_least": 3, "at_most": 3}}, **DAYS),
        rule({"returned_share": {"above": 0.5, "below": 0.6}}, **DAYS),
        rule({"item_value": {"above": {"USD": 9}, "at_most": {"USD": 10}}}, **DAYS),
        rule({"delivered": True, "days_since_delivery": {"above": 3}}, **DAYS),
        rule({"any": [{"tier": ["silver"]}, {"tier": ["gold"]}], **GOLD}, **DAYS),
        rule({"any": [{"tags": ["old"]}], "tags": ["new"]}, **DAYS),
        rule({"any": [{"sku": ["HOME-*"]}], "sku": ["*-1"]}, **DAYS),
        rule({"unless": [{"tier": ["silver"]}]}, **DAYS),
        rule(GOLD, methods=["keep", "label"], resolutions=["exchange", "refund"], refund_on="received"),
        rule(GOLD, methods=["keep"], resolutions=["replace", "refund"], refund_on="instant"),
        rule(GOLD, pays="brand", fee={"USD": 0}),
        rule(GOLD, pays="brand", fee={}),
        rule({"kind": ["claim"]}, methods=["keep"]),
    ],
)
def test_what_can_be_is_no_error(fine: dict[str, Any]) -> None:
    assert not check(policy(fine, otherwise={"pays": "shopper"}))


def test_otherwise_is_looked_at_as_a_rule_is() -> None:
    found = errors(check(policy(otherwise={"pays": "brand", "fee": {"USD": 500}})))
    assert only(found)[0] == "otherwise.fee"


# --------------------------------------------------------------------------------------------------- between rules


@pytest.mark.parametrize(
    ("rules", "place", "words"),
    [
        # the same again, a narrower one, a number within, a pattern within, an alternative within
        ([rule(GOLD, **DAYS), rule(GOLD, window={"days": 90})], "rules.1", "“rule_1” says the same before"),
        ([rule({}, **DAYS), rule(GOLD, window={"days": 90})], "rules.1", "“rule_1”"),
        ([rule({"tier": ["gold", "silver"]}, **DAYS), rule({**GOLD, "gift": True}, **DAYS)], "rules.1", "“rule_1”"),
        (
            [rule({"orders": {"above": 5}}, review="x"), rule({"orders": {"at_least": 6}}, review="y")],
            "rules.1",
            "“rule_1”",
        ),
        (
            [
                rule({"return_value": {"above": {"USD": 10, "EUR": 10}}}, review="x"),
                rule({"return_value": {"above": {"USD": 20}}}, review="y"),
            ],
            "rules.1",
            "“rule_1”",
        ),
        (
            [
                rule({"placed": {"since": "2026-01-01"}}, **DAYS),
                rule({"placed": {"since": "2026-05-01", "until": "2026-06-01"}}, **DAYS),
            ],
            "rules.1",
            "“rule_1”",
        ),
        ([rule({"sku": ["HOME-*"]}, **DAYS), rule({"sku": ["HOME-1*", "HOME-7"]}, **DAYS)], "rules.1", "“rule_1”"),
        (
            [rule({"any": [GOLD, {"country": ["US"]}]}, **DAYS), rule({**GOLD, "country": ["DE"]}, **DAYS)],
            "rules.1",
            "“rule_1”",
        ),
        (
            [rule({"unless": [{"tier": ["silver"]}]}, **DAYS), rule(GOLD, **DAYS)],
            "rules.1",
            "“rule_1”",
        ),
        (
            [rule({"delivered": True}, **DAYS), rule({"days_since_delivery": {"above": 9}}, **DAYS)],
            "rules.1",
            "“rule_1”",
        ),
        # each aspect by another one
        (
            [rule({}, **DAYS), rule({}, review="x"), rule(GOLD, window={"days": 3}, review="y")],
            "rules.2",
            "“rule_1”, “rule_2” says the same before",
        ),
        # refusals: of what is refused already, and of what has terms, before or after
        (
            [rule({"final_sale": True}, refuse="final_sale"), rule({"final_sale": True, **GOLD}, refuse="hazmat")],
            "rules.1",
            "“rule_1” refuses all of it",
        ),
        (
            [rule({**GOLD, "hazmat": True}, **DAYS), rule({"hazmat": True}, refuse="hazmat")],
            "rules.0",
            "“rule_2” refuses all of it",
        ),
    ],
)
def test_a_rule_that_never_takes_effect_is_an_error(rules: list[dict[str, Any]], place: str, words: str) -> None:
    where, text = only(errors(check(policy(*rules))))
    assert where == place
    assert "never takes effect" in text
    assert words in text


@pytest.mark.parametrize(
    "rules",
    [
        [rule(GOLD, **DAYS), rule({}, window={"days": 90})],
        [rule(GOLD, **DAYS), rule({"tier": ["silver"]}, window={"days": 90})],
        [rule(GOLD, window={"days": 30}), rule({}, window={"days": 90})],  # as `otherwise`, but not as those between
        [rule({"risk": ["low", "high"], "gift": True}, refuse="not_returnable")],
        [rule({"orders": {"above": 5}}, review="x"), rule({"orders": {"at_least": 5}}, review="y")],
        [
            rule({"return_value": {"above": {"USD": 10}}}, review="x"),
            rule({"return_value": {"above": {"USD": 20, "EUR": 20}}}, review="y"),
        ],
        [rule({"sku": ["HOME-?"]}, **DAYS), rule({"sku": ["HOME-1*"]}, window={"days": 90})],
        [rule({"tags": ["new"]}, refuse="hazmat"), rule({"tags": ["old"]}, **DAYS)],
        [rule({"delivered": True}, **DAYS), rule(GOLD, window={"days": 90})],
        # the law may give what a rule refuses
        [rule({"final_sale": True}, refuse="final_sale"), rule({"final_sale": True, "kind": ["withdrawal"]}, **DAYS)],
    ],
)
def test_rules_that_only_overlap_are_fine(rules: list[dict[str, Any]]) -> None:
    assert not check(policy(*rules))


# -------------------------------------------------------------------------------------------------------- warnings


@pytest.mark.parametrize(
    ("rules", "more", "place", "words"),
    [
        ([rule({}, **DAYS), rule(GOLD, review="x", window={"days": 9})], {}, "rules.1.then.window", "is never heard"),
        ([rule(GOLD, refuse="we_would_rather_not")], {}, "rules.0.then.refuse", "no words of its own"),
        ([rule({"risk": ["high"]}, refuse="not_returnable")], {}, "rules.0.then.refuse", "a person has to be able"),
        ([rule({"kind": ["withdrawal"]}, refuse="hazmat")], {}, "rules.0.then.refuse", "by law"),
        ([rule(GOLD, window={"days": 30})], {}, "rules.0", "changes nothing"),
        ([rule(GOLD, fee={"USD": 5})], {}, "rules.0.then.fee", "is never taken"),
        ([rule({"reason": ["gnawed"]}, **DAYS)], {}, "rules.0.when.reason", "cannot choose gnawed"),
        ([rule({"any": [{"reason": ["gnawed"]}]}, **DAYS)], {}, "rules.0.when.any.0.reason", "cannot choose"),
        ([rule(GOLD, methods=["label", "label"])], {}, "rules.0.then.methods", "one twice"),
        (
            [rule(GOLD, window={"days": 60, "at_least_until": "2026-01-31"})],
            {"today": date(2026, 2, 1)},
            "rules.0.then.window.at_least_until",
            "no effect since 2026-01-31",
        ),
        (
            [rule({"asked": {"until": "2026-01-31"}}, **DAYS)],
            {"today": date(2026, 2, 1)},
            "rules.0.when.asked.until",
            "has not held since",
        ),
    ],
)
def test_what_is_doubtful_is_a_warning(
    rules: list[dict[str, Any]], more: dict[str, Any], place: str, words: str
) -> None:
    found = check(policy(*rules), **more)
    where, text = only(found)
    assert (where, found[0].severity) == (place, Severity.WARNING)
    assert words in text


# ------------------------------------------------------------------------------------------- what does not exist

HOUSE = {"name": "House", "street": "1 Road", "city": "Portland", "postcode": "97201", "country": "US"}


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ({"label_provider": "nobody"}, "label_provider", "there are own, parcelmaker"),
        ({"label_provider": "parcelmaker", "facilities": {"main": HOUSE}}, "otherwise.methods", "makes no qr"),
        (
            {"label_provider": "parcelmaker", "otherwise": {"methods": ["label"]}},
            "label_provider",
            "needs an address",
        ),
        (
            {
                "label_provider": "parcelmaker",
                "otherwise": {"methods": ["label"]},
                "facilities": {"main": {**HOUSE, "street": ""}},
            },
            "facilities.main",
            "needs its street",
        ),
        ({"reasons": [{"id": "x"}, {"id": "x"}]}, "reasons.1.id", "is there twice"),
        (
            {"dispositions": [{"grade": ["worn", "new"], "to": "recycle"}, {"grade": ["worn"], "to": "donate"}]},
            "dispositions.1",
            "one before fits too",
        ),
        ({"dispositions": [{"grade": ["worn"], "to": "recycle"}] * 2}, "dispositions.1", "one before fits too"),
    ],
)
def test_what_does_not_exist_or_cannot_do_it_is_an_error(more: dict[str, Any], place: str, words: str) -> None:
    where, text = only(errors(check(policy(**more), PROVIDERS)))
    assert where == place
    assert words in text


def test_on_its_last_day_nothing_is_over() -> None:
    holiday = rule(GOLD, window={"days": 60, "at_least_until": "2026-01-31"})
    sale = rule({"asked": {"until": "2026-01-31"}}, review="sale")
    assert not check(policy(holiday, sale), today=date(2026, 1, 31))


def test_sorting_that_gets_wider_from_line_to_line_is_fine() -> None:
    narrow = [{"grade": ["worn"], "category": ["shoes"]}, {"grade": ["worn"]}, {"category": ["shoes"]}, {}]
    assert not check(policy(dispositions=[{**one, "to": "donate"} for one in narrow]))
