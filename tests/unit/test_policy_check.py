"""`porchlight policy check`: what is wrong with a policy, where, and how grave it is."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from layers.brand import policy_files
from layers.brand.policy_files import read
from local.cli import app
from porchlight.domain.policy.check import Problem, Severity, check, errors
from porchlight.domain.rma.names import ReturnMethod
from tests.unit.asked_for import policy

ROOT = Path(__file__).parents[2]
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
    ],
)
def test_what_does_not_exist_or_cannot_do_it_is_an_error(more: dict[str, Any], place: str, words: str) -> None:
    where, text = only(errors(check(policy(**more), PROVIDERS)))
    assert where == place
    assert words in text


# ----------------------------------------------------------------------------------------------------------- files

GOOD = """\
# A comment.
version: test-1
rules:
  - id: norway
    when: {country: [NO]}
    then:
      window: {days: 60}
otherwise:
  window: {days: 30}
  resolutions: [refund]
  methods: [label]
  refund_on: first_scan
  pays: brand
reasons: [{id: too_small}]
"""


def written(folder: Path, text: str = GOOD) -> Path:
    file = folder / "returns.yaml"
    file.write_text(text)
    return file


def test_norway_is_a_country(tmp_path: Path) -> None:
    found, problems = read(written(tmp_path))
    assert not problems
    assert found
    assert found.rules[0].when.country == ("NO",)


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("country:", "contry:", (5, 12), "rules[norway].when.contry: there is no such field; is “country” meant?"),
        ("[NO]", "[no]", (5, 22), "rules[norway].when.country[1]: 'no' does not look like"),
        ("{days: 60}", "60", (7, 7), "rules[norway].then.window: has to be names and values (days, after"),
        ("{days: 60}", "{days: soon}", (7, 16), "rules[norway].then.window.days: "),
        ("{days: 60}", "{days: 60, at_least_until: 2026-13-01}", (7, 26), "at_least_until: "),
        ("methods: [label]", "methods: [labl]", (11, 13), "'labl' is not one of label, qr"),
        ("  pays: brand\n", "", (8, 1), "otherwise: has to say: pays"),
        ("version: test-1\n", "", (1, 1), "version: is needed here"),
        ("  pays: brand\n", "  pays: brand\n  facility: main\n", (14, 3), "otherwise.facility: no such facility: main"),
        ("  pays: brand\n", "  pays: brand\n  pays: shopper\n", (14, 3), "otherwise.pays: stands there twice"),
        (
            "otherwise:",
            "  - {id: norway, when: {gift: true}, then: {pays: shopper}}\notherwise:",
            (8, 6),
            "two rules have the id norway",
        ),
        ("reasons:", "risk: {high: 30}\nreasons:", (14, 1), "risk: high has to be above elevated"),
        ("id: norway", "id: Norway", (4, 5), "'Norway' does not look like"),
        ("[{id: too_small}]", "[]", (14, 1), "reasons: needs at least one"),
        ("rules:", "rules: [", (4, 3), "not valid YAML"),
        ("      window: {days: 60}", "      refuse: hazmat\n      pays: brand", (7, 7), "contradicts itself"),
    ],
)
def test_a_problem_is_named_with_line_and_column(
    tmp_path: Path, old: str, new: str, place: tuple[int, int], words: str
) -> None:
    assert old in GOOD
    file = written(tmp_path, GOOD.replace(old, new, 1))
    _, problems = read(file)
    told = [str(one) for one in problems if (one.line, one.column) == place]
    assert any(words in one for one in told), [str(one) for one in problems]
    assert told[0].startswith(f"{file}:{place[0]}:{place[1]}: error: ")


def test_where_another_rule_is_meant_its_line_is_named(tmp_path: Path) -> None:
    again = "  - {id: again, when: {country: [NO]}, then: {window: {days: 9}}}\notherwise:"
    _, problems = read(written(tmp_path, GOOD.replace("otherwise:", again)))
    (one,) = problems
    assert (one.line, one.where) == (8, "rules[again]")
    assert one.text.endswith("(line 4)")


def test_a_file_of_nothing_and_one_that_contains_itself_are_problems_and_no_more(tmp_path: Path) -> None:
    for text in ("", "[]", "just words", "&a [*a]", "rules: &a [*a]", "? [a, b]\n: c"):
        found, problems = read(written(tmp_path, text))
        assert found is None
        assert problems, text


# --------------------------------------------------------------------------------------------------------- command


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["policy", *arguments])


def test_the_shipped_policies_are_without_fault() -> None:
    result = run("check", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)["policies"]
    assert {Path(one["file"]).parts[-3] for one in told} == {"default", "fjordhus", "larkspur"}
    assert not [one for one in told if errors_of(one)]


def errors_of(policy: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in policy["problems"] if one["severity"] == "error"]


def test_errors_end_with_1_warnings_do_not_and_no_file_is_a_misuse(tmp_path: Path) -> None:
    file = written(tmp_path)
    assert run("check", str(file)).exit_code == 0
    file.write_text(GOOD.replace("days: 60", "days: 30"))
    doubtful = run("check", str(file))
    assert doubtful.exit_code == 0
    assert "warning: rules[norway]: changes nothing" in doubtful.stdout
    assert "1 policy, 1 rule: 0 errors, 1 warning" in doubtful.stdout
    file.write_text(GOOD.replace("days: 60", "days: -1"))
    wrong = run("check", str(file))
    assert wrong.exit_code == 1
    assert f"{file}:7:16: error: rules[norway].then.window.days: " in wrong.stdout
    assert run("check", str(tmp_path / "none.yaml")).exit_code == 2


def test_programs_get_a_document(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD.replace("country:", "contry:"))
    result = run("check", str(file), "--json")
    assert result.exit_code == 1
    (told,) = json.loads(result.stdout)["policies"]
    (problem,) = told["problems"]
    assert problem == {
        "file": str(file),
        "line": 5,
        "column": 12,
        "severity": "error",
        "where": "rules[norway].when.contry",
        "text": "there is no such field; is “country” meant?",
    }


# ---------------------------------------------------------------------------------------------------------- schema


def test_the_schema_for_editors_is_the_models() -> None:
    file = ROOT / "brand" / policy_files.SCHEMA
    assert json.loads(file.read_text()) == policy_files.schema(), "porchlight policy schema > brand/schemas/…"


def test_each_shipped_policy_names_the_schema_and_fits_it() -> None:
    validator = Draft202012Validator(policy_files.schema())
    for file in (ROOT / "brand").glob("*/policies/returns.yaml"):
        first = file.read_text().splitlines()[0]
        named = file.parent / first.removeprefix("# yaml-language-server: $schema=")
        assert named.resolve() == ROOT / "brand" / policy_files.SCHEMA
        data = json.loads(json.dumps(yaml.safe_load(file.read_text()), default=str))
        assert not list(validator.iter_errors(data))
        assert list(validator.iter_errors({**data, "rulez": []}))
