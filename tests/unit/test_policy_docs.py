"""docs/returns-policy.md says what the code does: every field, every refusal, what check really prints."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel
from typer.testing import CliRunner

from local.cli import app
from porchlight.domain.policy.assess import ASPECTS
from porchlight.domain.policy.model import (
    Deadlines,
    Facility,
    Reason,
    ReturnsPolicy,
    RiskThresholds,
    Say,
    Sorting,
    Weights,
    When,
    Window,
)
from porchlight.domain.rma.names import Disposition, RefundTrigger, Resolution, ReturnKind, ReturnMethod
from porchlight.labels.registry import provider_ids

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/returns-policy.md").read_text()


def section(title: str) -> str:
    """The text below a heading, up to the next one."""
    return PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def named(title: str) -> list[str]:
    """The fields in the first column of a section's table."""
    rows = re.findall(r"^\| (`.+?) \|", section(title), re.MULTILINE)
    return [word for row in rows for word in re.findall(r"`(\w+)`", row)]


@pytest.mark.parametrize(("title", "model"), [("when", When), ("then", Say), ("The rest of the file", ReturnsPolicy)])
def test_each_field_has_its_row_and_no_row_is_of_nothing(title: str, model: type[BaseModel]) -> None:
    assert sorted(named(title)) == sorted(model.model_fields)


@pytest.mark.parametrize("model", [Deadlines, Facility, Reason, RiskThresholds, Sorting, Weights])
def test_each_field_within_the_rest_is_named(model: type[BaseModel]) -> None:
    rest = section("The rest of the file")
    assert [name for name in model.model_fields if f"`{name}`" not in rest] == []


def test_each_word_is_named() -> None:
    then, rest = section("then"), section("The rest of the file")
    for words in (Resolution, ReturnMethod, RefundTrigger):
        assert [word for word in words if f"`{word}`" not in then] == []
    assert [name for name in Window.model_fields if name not in then] == []
    assert [kind for kind in ReturnKind if f"`{kind}`" not in section("when")] == []
    assert [one for one in (*Disposition, *provider_ids()) if f"`{one}`" not in rest] == []


def test_each_refusal_of_the_engine_has_its_row() -> None:
    source = (ROOT / "layers/core/porchlight/domain/policy/assess.py").read_text()
    codes = set(re.findall(r'"(\w+)"', source)) & {
        *("order_cancelled", "unknown_line", "quantity_exceeded", "not_returnable", "window_closed"),
        *("no_such_resolution", "not_together"),
    }
    assert len(codes) == 7
    assert codes <= set(named("How it is read"))


def test_each_practice_is_a_rule_of_the_shipped_policy() -> None:
    shipped = yaml.safe_load((ROOT / "brand/default/policies/returns.yaml").read_text())
    ids = {rule["id"] for rule in shipped["rules"]}
    told = re.findall(r"^\| [^|]+ \| (`.+?) \|$", section("What brands are known for"), re.MULTILINE)
    rules = [word for row in told for word in re.findall(r"`(\w+)`", row)]
    assert len(rules) > 10
    assert set(rules) <= ids


def test_check_says_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = section("porchlight policy check")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (told,) = re.findall(r"```\n(returns.yaml.*?)```", text, re.DOTALL)
    (tmp_path / "returns.yaml").write_text(example)
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["policy", "check", "returns.yaml"]).stdout == told


def test_the_tables_of_replay_and_explain_are_those_of_the_commands() -> None:
    source = "".join((ROOT / f"local/cli/{name}.py").read_text() for name in ("policy", "policy_replay"))
    for title in ("Terms", "Rules that held", "Decisions that change", "Terms that change", "Shoppers by tier"):
        assert f"\n{title}\n" in PAGE
        assert f'"{title}"' in source
    assert set(ASPECTS) >= {"window", "refund_on", "fee"}
