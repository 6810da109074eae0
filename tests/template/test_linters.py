"""cfn-lint, `sam validate --lint` and checkov find nothing in the template but what is excused with a reason."""

import json
import re
from typing import Any

import pytest
import yaml

from tests.template.linters import LINTERS, ROOT, start
from tests.template.translated import raw

CONFIG = ROOT / ".checkov.yaml"


def said_by(name: str) -> tuple[int, str]:
    """Exit code and words of a linter; skips where it is missing."""
    if not LINTERS[name].program.exists():
        pytest.skip(f"{name} is not installed: {LINTERS[name].get}")
    process = start(name)
    words, _ = process.communicate(timeout=120)
    return process.returncode, words


def test_sam_and_cfn_lint_find_nothing() -> None:
    """`sam validate --lint` runs cfn-lint, too."""
    code, words = said_by("sam")
    assert code == 0, words


def test_what_cfn_lint_is_told_to_leave_alone_has_a_reason() -> None:
    text = (ROOT / "template.yaml").read_text()
    ignored = raw()["Metadata"]["cfn-lint"]["config"]["ignore_checks"]
    reasons = text.partition("cfn-lint:")[2].partition("ignore_checks")[0]
    assert all(re.search(rf"# {check} .{{30}}", reasons) for check in ignored)


def test_checkov_finds_what_is_excused_and_nothing_else() -> None:
    """An exception that is no longer needed fails, too. Those of one resource are in the template, at it."""
    _, words = said_by("checkov")
    found: dict[str, Any] = json.loads(words)
    assert not found["summary"]["parsing_errors"]
    assert found["summary"]["passed"] > 40, "it has looked"
    failed = {check["check_id"]: check["resource"] for check in found["results"]["failed_checks"]}
    assert set(failed) == set(yaml.safe_load(CONFIG.read_text())["skip-check"]), failed
    for check in found["results"]["skipped_checks"]:
        assert len(check["check_result"]["suppress_comment"]) > 30, check["resource"]


def test_what_checkov_is_told_to_leave_alone_has_a_reason() -> None:
    lines = CONFIG.read_text().splitlines()
    for number, line in enumerate(lines):
        if line.strip().startswith("- CKV"):
            assert lines[number - 1].strip().startswith("# "), line
