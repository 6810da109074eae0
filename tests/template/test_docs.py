"""The documents agree with the code: routes, events, metrics, problems, settings, tests, links."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from typer.main import get_command

from local.cli import app
from porchlight import errors
from porchlight.domain.case_events import REMEDY_EVENT
from porchlight.domain.changes import PARCEL_EVENT, STAGE_EVENT, DomainEvent
from porchlight.domain.fanout.gates import GATES
from porchlight.domain.fanout.reach import REACH
from porchlight.domain.fanout.reasons import SUPPRESSED
from porchlight.domain.law.declared import DECLARED
from porchlight.domain.messages import Hold, MessageState
from porchlight.domain.moments import Moment
from porchlight.domain.policies import REFUSALS
from porchlight.domain.return_events import MONEY_EVENT, STATE_EVENT
from porchlight.domain.returns import Decision, Outcome, Return, ReturnLine, ReturnState
from porchlight.runtime import settings
from porchlight.services.show_return import show

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CODE = sorted([*(ROOT / "layers/core/porchlight").rglob("*.py"), *(ROOT / "functions").rglob("*.py")])
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
MINE = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md")),
    *(DOCS / f"{name}.md" for name in "architecture events testing deploying costs capabilities api".split()),
    *sorted((DOCS / "decisions").glob("*.md")),
]
PROVEN = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


# -------------------------------------------------------------------------------------------------------------- reading
def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _tables(text: str) -> Iterator[list[list[str]]]:
    """Every table: its rows as cells, the heading first, without the line under it."""
    rows: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append(_cells(line))
        elif rows:
            yield [rows[0], *rows[2:]]
            rows = []


def _table(page: str, first: str) -> list[list[str]]:
    """The rows of all tables of a page whose heading begins with ``first``."""
    text = (DOCS / page).read_text()
    return [row for table in _tables(text) if table[0][0] == first for row in table[1:]]


def _words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def _word(cell: str) -> str:
    return _words(cell)[0]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's tags, which are read as what stands behind them."""


def _behind(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _behind)


@cache
def _template() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), _Loader)
    return found


@cache
def _trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for path in CODE}


def _calls() -> Iterator[ast.Call]:
    for tree in _trees().values():
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


# ------------------------------------------------------------------------------------------------------- the front door
def test_the_routes_of_the_template_are_those_of_the_api_page() -> None:
    events = [
        event for one in _template()["Resources"].values() for event in one["Properties"].get("Events", {}).values()
    ]
    routes = {f"{e['Properties']['Method']} {e['Properties']['Path']}" for e in events if e["Type"] == "HttpApi"}
    assert {_word(row[0]) for row in _table("api.md", "route")} == routes


def test_the_scopes_of_the_api_page_are_those_that_are_asked_for() -> None:
    asked = {
        call.args[1].value
        for call in _calls()
        if isinstance(call.func, ast.Name) and call.func.id == "authorize" and isinstance(call.args[1], ast.Constant)
    }
    said = {word for row in _table("api.md", "route") for word in _words(row[2]) if ":" in word}
    assert said == asked


def _problems() -> dict[str, int]:
    """Every word that an error may carry, with its status: of the classes, and of ``code=`` where they are raised."""
    kinds = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}
    found = {kind.code: kind.status for kind in kinds.values() if issubclass(kind, errors.PorchlightError)}
    for call in _calls():
        if isinstance(call.func, ast.Name) and call.func.id in kinds:
            for keyword in call.keywords:
                if keyword.arg == "code":
                    value = keyword.value
                    word = value.value if isinstance(value, ast.Constant) else getattr(errors, ast.unparse(value))
                    found[str(word)] = kinds[call.func.id].status
    return found


def test_the_problems_of_the_api_page_are_those_of_the_code() -> None:
    assert {_word(row[0]): int(row[1]) for row in _table("api.md", "type")} == _problems()


DECIDED_BY_PEOPLE = {"human_review", "review_deadline", "repair_rejected"}


def test_every_refusal_has_its_row_and_its_problem_type() -> None:
    rows = [_word(row[0]) for row in _table("api.md", "refusal")]
    assert sorted(rows) == sorted(REFUSALS | DECIDED_BY_PEOPLE)
    for code in rows:
        decision = Decision(outcome=Outcome.REFUSE, rule=code, policy_version="1", decided_at=datetime.now(UTC))
        line = ReturnLine(line_id="1", quantity=1, reason="x")
        refused = Return(
            **{"brand": "b", "return_id": "rma_1", "order_id": "ord_1", "shopper_id": "cus_1", "lines": (line,)},
            requested_at=datetime.now(UTC),
            state=ReturnState.REFUSED,
            decisions=(decision,),
        )
        assert show(refused)["problem"] == f"https://porchlight.dev/problems/return-{code.replace('_', '-')}"


def test_the_states_of_the_api_page_are_those_of_the_code() -> None:
    (said,) = [row[1] for row in _table("api.md", "field of the answer") if row[0] == "`state`"]
    assert set(_words(said)) == set(ReturnState)
    assert {word for row in _table("returns.md", "state") for word in _words(row[0])} == set(ReturnState)


# --------------------------------------------------------------------------------------------------- events and metrics
def _published() -> dict[str, str]:
    """Every event type with its moment, "" for none: in the tables of ``domain/changes.py``, its calls of ``event``."""
    found = {name: moment.value for moment, name in PARCEL_EVENT.items()}
    found |= {name: moment.value if moment else "" for name, moment in STATE_EVENT.values()}
    found |= {name: moment.value for _, name, moment in MONEY_EVENT.values()}
    found |= {name: moment.value if moment else "" for name, moment in REMEDY_EVENT.values()}
    found |= {name: moment.value for name, moment in STAGE_EVENT.values()}
    found[DECLARED] = ""
    found["DelayCaseOpened"] = f"{Moment.DELAY_QUESTION.value}{Moment.DELAY_OPTION.value}"
    trees = (
        _trees()[ROOT / f"layers/core/porchlight/domain/{name}.py"]
        for name in ("changes", "case_events", "return_events")
    )
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "event":
            name, moment = node.args[0], node.args[1]
            if isinstance(name, ast.Constant) and name.value not in found:
                said = moment.attr.lower() if isinstance(moment, ast.Attribute) else ""
                found[str(name.value)] = said
    return found


def test_the_events_of_the_events_page_are_those_of_the_code() -> None:
    said = {_word(row[0]): "".join(_words(row[2])) for row in _table("events.md", "detail type")}
    assert said == _published()


def test_the_detail_of_the_events_page_is_that_of_the_code() -> None:
    fields = DomainEvent.model_fields
    written = {name for name, field in fields.items() if field.is_required() or field.default is not None}
    rows = _table("events.md", "field")
    assert {_word(row[0]) for row in rows} == set(fields)
    assert {_word(row[0]) for row in rows if row[2] == "yes"} == written  # None is left out on the bus


def test_the_example_of_the_events_page_is_an_event() -> None:
    block = re.search(r"```json\n(.*?)```", (DOCS / "events.md").read_text(), re.DOTALL)
    assert block
    example = yaml.safe_load(block[1])
    event = DomainEvent.model_validate(example["detail"])
    assert event.type == example["detail-type"] in _published()
    assert event.moment
    assert event.moment.value == _published()[event.type]
    assert set(example["detail"]) <= set(DomainEvent.model_fields)


def _counted() -> dict[str, tuple[set[str], str]]:
    found: dict[str, tuple[set[str], str]] = {}
    for call in _calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr == "count" and call.args:
            owner, name = ast.unparse(call.func.value), call.args[0]
            if owner.split(".")[-1] == "metrics" and isinstance(name, ast.Constant):
                given = {keyword.arg or "": keyword.value for keyword in call.keywords}
                unit = given.pop("unit", ast.Constant("Count"))
                given.pop("value", None)
                assert isinstance(unit, ast.Constant)
                this = (set(given), str(unit.value))
                assert found.setdefault(str(name.value), this) == this, f"{name.value} is counted in two ways"
    return found


def test_the_metrics_of_the_events_page_are_those_of_the_code() -> None:
    rows = _table("events.md", "metric")
    assert {_word(row[0]): (set(_words(row[1])), row[2]) for row in rows} == _counted()


# ------------------------------------------------------------------------------------------------------------ deploying
def test_the_messages_page_has_every_rule_hold_state_and_reason_of_the_code() -> None:
    rules = {first: _table("messages.md", first) for first in ("gate", "rule", "held for", "state", "reason")}
    assert [_word(row[0]) for row in rules["gate"]] == [name for name, _ in GATES]
    assert [_word(row[0]) for row in rules["rule"]] == [name for name, _ in REACH]
    assert {_word(row[0]) for row in rules["held for"]} == set(Hold)
    assert {_word(row[0]) for row in rules["state"]} == set(MessageState)
    assert {_word(row[0]): row[1] for row in rules["reason"]} == {key.value: said for key, said in SUPPRESSED.items()}
    named = {word for row in (*rules["gate"], *rules["rule"]) for word in _words(row[2])}
    assert named | {"no_channel"} == set(SUPPRESSED)


def test_the_parameters_of_the_deploying_page_are_the_templates() -> None:
    said = {_word(row[0]): row[1] for row in _table("deploying.md", "parameter")}
    parameters = _template()["Parameters"]
    assert set(said) == set(parameters)
    for name, default in said.items():
        written = str(parameters[name].get("Default", ""))
        assert (default == "empty" and written == "") or _words(default) == [written], name


def test_the_environment_of_the_deploying_page_is_the_functions() -> None:
    given = set(_template()["Globals"]["Function"]["Environment"]["Variables"])
    for resource in _template()["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            given |= set(resource["Properties"].get("Environment", {}).get("Variables", {}))
    said = {word for row in _table("deploying.md", "variable") for word in _words(row[0])}
    assert said == given
    assert said >= set(settings._NAMES.values())


def test_every_secret_is_in_the_deploying_page() -> None:
    """The credentials of each source are on its own page (tests/connectors/test_docs.py)."""
    rows = {_word(row[0]) for row in _table("deploying.md", "secret")}
    assert rows == {
        "carriers/{id}",
        "stores/{id}",
        "api-keys",
        "labels/{brand}",
        "refunds/{brand}",
        "refund-news/{provider}",
        "webhooks/{brand}",
        "channels/smtp",
        "channels/vapid",
        "channels/ops/{brand}",
        "links",
    }


def test_the_alarms_are_counted_in_the_costs() -> None:
    alarms = sum(one["Type"] == "AWS::CloudWatch::Alarm" for one in _template()["Resources"].values())
    assert f"{alarms} alarms" in (DOCS / "costs.md").read_text()


# ------------------------------------------------------------------------------------------------ architecture, testing
def test_every_function_has_its_step_in_the_architecture() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    text = (DOCS / "architecture.md").read_text()
    steps = {_word(row[1]) for row in _table("architecture.md", "step")}
    pages = {"show_tracking_page", "answer_delay", "rate_order", "manage_unsubscribe", "promise_delivery"}
    pages |= {"manage_preferences"}
    assert steps | pages | {"issue_token"} == folders
    diagram = text.split("```mermaid")[1].split("```")[0]
    assert [name for name in sorted(folders - {"issue_token"}) if name not in diagram] == []


def test_every_suite_is_in_the_testing_page() -> None:
    files = (ROOT / "tests").rglob("test_*.py")
    suites = {path.parent.relative_to(ROOT).parts[:2] for path in files} - {("tests", "bench")}
    assert {_word(row[0]) for row in _table("testing.md", "suite")} == {"/".join(parts) for parts in suites}


# --------------------------------------------------------------------------------------------------------- capabilities
@cache
def _tests_in(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    return frozenset(n.name for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.FunctionDef))


def _promises() -> list[list[str]]:
    return _table("capabilities.md", "promised")


def test_every_proof_exists() -> None:
    named = [proof for page in MINE for proof in PROVEN.findall(page.read_text())]
    assert [f"{path}::{name}" for path, name in named if name not in _tests_in(path)] == []


@pytest.mark.parametrize("row", _promises(), ids=lambda row: row[0][:40])
def test_what_is_called_done_is_proven_and_what_is_not_says_why(row: list[str]) -> None:
    _, state, proof = row
    said, _, why = state.partition(":")
    assert said in ("done", "partly", "not yet"), state
    if said == "done":
        assert PROVEN.findall(proof)
    else:
        assert why.strip()


# --------------------------------------------------------------------------------------------------------------- README
def test_the_readme_leads_through_the_tree() -> None:
    text = (ROOT / "README.md").read_text()
    way = ["docs/architecture.md", "functions/", "/services/", "/carriers/"]
    places = [text.index(f"]({step}" if step.endswith(".md") else step, text.index("## Reading on")) for step in way]
    assert places == sorted(places)
    tree = text.split("## The tree")[1].split("```")[1]
    named = [line.split()[0] for line in tree.strip().splitlines()]
    assert [name for name in named if not (ROOT / name).exists()] == []
    pages = {path.stem for path in DOCS.glob("*.md")}
    assert [page for page in sorted(pages) if f"docs/{page}.md" not in text] == []


def test_commands_in_the_pages_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for page in MINE for target in re.findall(r"`?\bmake ([a-z]+)\b", "".join(_code(page)))}
    assert named <= targets
    commands = set(vars(get_command(app))["commands"])
    said = {word for page in MINE for word in re.findall(r"\bporchlight ([a-z]+)", "".join(_code(page)))}
    assert said <= commands


def _code(page: Path) -> Iterator[str]:
    """What stands between backticks."""
    text = page.read_text()
    yield from (found + "\n" for found in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL))
    yield from (found + "\n" for found in re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))


def test_screenshots_are_small_and_shown() -> None:
    text = (ROOT / "README.md").read_text()
    for path in (DOCS / "screenshots").iterdir():
        assert path.suffix == ".png"
        assert path.stat().st_size < 250_000, path.name
        assert f"docs/screenshots/{path.name}" in text


# ---------------------------------------------------------------------------------------------------------------- links
def _anchors(page: Path) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def _links(page: Path) -> Iterator[str]:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text))
    yield from re.findall(r'<img src="([^"]+)"', text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for link in _links(page):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not target.exists() or (parts.fragment and parts.fragment not in _anchors(target)):
            lost.append(link)
    assert lost == []


def test_decisions_have_their_three_parts_and_are_listed() -> None:
    listed = (DOCS / "decisions/README.md").read_text()
    for path in sorted((DOCS / "decisions").glob("0*.md")):
        text = path.read_text()
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == ["Context", "Decision", "Consequences"], path.name
        assert f"[{text.splitlines()[0].removeprefix('# ')}]({path.name})" in listed
        assert len(text.split()) < 300


@pytest.mark.parametrize("page", MINE, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_that_are_named_exist(page: Path) -> None:
    """Paths in backticks, from the root, from the package, or beside the page."""
    starts = (ROOT, ROOT / "layers/core/porchlight", page.parent, DOCS)
    named = re.findall(r"`([\w./-]+/[\w./-]*\.(?:py|md|yaml|toml|json|in|txt))(?::[^`]*)?`", page.read_text())
    assert [name for name in named if not any((start / name).exists() for start in starts)] == []
