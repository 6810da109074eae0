"""`porchlight policy check`: what is wrong with a file, with line and column; and the schema for editors."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from layers.brand import policy_files
from layers.brand.policy_files import read
from local.cli import app

ROOT = Path(__file__).parents[2]

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


def test_a_file_that_is_larger_than_it_looks_is_a_problem_and_no_more(tmp_path: Path) -> None:
    # Given nine times nine times nine …, and a condition in a condition in a condition …
    pairs = pairwise("abcdefghi")
    many = "a: &a [x]\n" + "".join(f"{name}: &{name} [{', '.join([f'*{one}'] * 9)}]\n" for one, name in pairs)
    for text, words in ((many, "fields"), ("[" * 5_000 + "]" * 5_000, "inside of each other")):
        found, problems = read(written(tmp_path, text))
        assert found is None
        assert words in problems[0].text


def test_what_is_no_number_is_no_limit(tmp_path: Path) -> None:
    text = GOOD.replace("country: [NO]", "returned_share: {above: .nan}", 1)
    assert text != GOOD
    assert read(written(tmp_path, text))[0] is None


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
