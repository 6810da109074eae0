"""Returns policies as files (``brand/<brand>/policies/returns.yaml``): read, checked, each problem with its line and
column; and their JSON Schema, for editors.

Words are read as YAML 1.2 has them: ``NO`` is Norway, ``on`` a word; only ``true`` and ``false`` are truth.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from porchlight.domain.policy import check as checks
from porchlight.domain.policy import model
from porchlight.domain.policy.check import Problem, Severity
from porchlight.domain.policy.model import ReturnsPolicy
from porchlight.labels.registry import abilities, provider_ids

PLACE = "policies/returns.yaml"
SCHEMA = "schemas/returns-policy.schema.json"
SCHEMAS = "schemas"
"""A folder in ``brand/`` that is no brand."""
_DEEPEST = 20
_MOST_FIELDS = 100_000
"""A file that repeats itself (``*anchors``) may have more than any memory."""
type Path_ = tuple[str | int, ...]
type Mark = tuple[int, int]


@dataclass(frozen=True)
class Found:
    """One problem of a file. ``where``: the field, rules by their id (``rules[elite_window].then.fee``)."""

    file: Path
    line: int
    column: int
    severity: Severity
    where: str
    text: str

    def __str__(self) -> str:
        """As compilers write it: editors and terminals make a link of it."""
        where = f"{self.where}: " if self.where else ""
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {where}{self.text}"

    def document(self) -> dict[str, Any]:
        """For programs."""
        place = {"file": str(self.file), "line": self.line, "column": self.column}
        return {**place, "severity": self.severity.value, "where": self.where, "text": self.text}


def read(file: Path, today: date | None = None) -> tuple[ReturnsPolicy | None, list[Found]]:
    """The policy, and all that is wrong with it; None where it cannot be read as one."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return None, [Found(file, 1, 1, Severity.ERROR, "", f"cannot be read: {error}")]
    try:
        data, tree = _parsed(text, file)
    except RecursionError:
        return None, [Found(file, 1, 1, Severity.ERROR, "", "has too many things inside of each other")]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = getattr(error, "problem", None) or str(error)
        return None, [Found(file, line, column, Severity.ERROR, "", f"not valid YAML: {said}")]
    if tree.twice:
        return None, tree.twice
    try:
        policy = ReturnsPolicy.model_validate(data)
    except ValidationError as error:
        return None, [_of_model(tree, problem) for problem in _causes(error)]
    providers = {name: able.methods for name in provider_ids() if (able := abilities(name))}
    return policy, [_of_check(tree, one) for one in checks.check(policy, providers, today)]


def errors(found: Sequence[Found]) -> list[Found]:
    """Those that stop a brand pack."""
    return [one for one in found if one.severity is Severity.ERROR]


# ------------------------------------------------------------------------------------------------------------- reading


class _Loader(yaml.SafeLoader):
    """Truth as YAML 1.2 has it."""


_READ_BY_MODEL = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _READ_BY_MODEL]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF")


@dataclass(frozen=True)
class _Tree:
    """Where each field of a file stands."""

    file: Path
    data: Any
    marks: Mapping[Path_, Mark]
    twice: list[Found]

    def at(self, path: Path_) -> Mark:
        """Line and column of a field, or of what it would stand in."""
        return next(self.marks[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.marks)

    def named(self, path: Path_) -> str:
        """``rules[elite_window].then.fee``."""
        shown, here = "", self.data
        for part in path:
            here = _inside(here, part)
            if isinstance(part, int):
                name = here.get("id") if isinstance(here, dict) else None
                shown += f"[{name or part + 1}]"
            else:
                shown += f".{part}" if shown else part
        return shown


def _inside(data: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return data[part] if isinstance(data, list) and part < len(data) else None
    return data.get(part) if isinstance(data, dict) else None


def _parsed(text: str, file: Path) -> tuple[Any, _Tree]:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        data = loader.construct_document(node) if node is not None else None  # type: ignore[no-untyped-call]
    finally:
        loader.dispose()  # type: ignore[no-untyped-call]
    marks: dict[Path_, Mark] = {(): (1, 1)}
    twice: list[Path_] = []
    if node is not None:
        _mark(node, (), marks, twice)
    tree = _Tree(file, data, marks, [])
    tree.twice.extend(
        Found(file, *marks[path], Severity.ERROR, tree.named(path), "stands there twice") for path in twice
    )
    return data, tree


def _mark(node: yaml.Node, path: Path_, marks: dict[Path_, Mark], twice: list[Path_]) -> None:
    if len(path) > _DEEPEST:  # one that contains itself
        return
    if len(marks) > _MOST_FIELDS:
        raise yaml.YAMLError(f"more than {_MOST_FIELDS:,} fields")
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            marks[*path, number] = _place(item)
            _mark(item, (*path, number), marks, twice)
    elif isinstance(node, yaml.MappingNode):
        seen = set()
        for key, item in node.value:
            inner = (*path, str(key.value))
            marks[inner] = _place(key)
            if inner in seen:
                twice.append(inner)
            seen.add(inner)
            _mark(item, inner, marks, twice)


def _place(node: yaml.Node) -> Mark:
    return node.start_mark.line + 1, node.start_mark.column + 1


# ------------------------------------------------------------------------------------------------------------ problems


def _of_check(tree: _Tree, one: Problem) -> Found:
    see = f" (line {tree.at(one.see)[0]})" if one.see else ""
    return Found(tree.file, *tree.at(one.path), one.severity, tree.named(one.path), one.text + see)


def _causes(error: ValidationError) -> list[Any]:
    """Without what only follows from another: a list is not too short because one of its words is wrong."""
    found = error.errors()
    places = [one["loc"] for one in found]
    return [
        one
        for one in found
        if one["type"] != "too_short"
        or not any(place[: len(one["loc"])] == one["loc"] and place != one["loc"] for place in places)
    ]


def _of_model(tree: _Tree, problem: Any) -> Found:
    fault = problem.get("ctx", {}).get("error")
    path = fault.path if isinstance(fault, model.PolicyFault) else problem["loc"]
    path = tuple(part for part in path if part != "[key]")
    text = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        text = f"there is no such field{_meant(str(path[-1]), _fields(path[:-1]))}"
    elif problem["type"] == "enum":
        words = re.findall(r"'([^']*)'", problem["ctx"]["expected"])
        text = f"{problem['input']!r} is not one of {', '.join(words)}{_meant(str(problem['input']), words)}"
    elif problem["type"] == "missing":
        text = "is needed here"
    elif problem["type"] == "string_pattern_mismatch":
        text = f"{problem['input']!r} does not look like {problem['ctx']['pattern']}"
    elif problem["type"] == "model_type":
        text = f"has to be names and values ({', '.join(_fields(path))})"
    elif problem["type"] == "too_short":
        text = "needs at least one"
    return Found(tree.file, *tree.at(path), Severity.ERROR, tree.named(path), text)


def _meant(word: str, known: Sequence[str]) -> str:
    near = get_close_matches(word, known, 1)
    return f"; is “{near[0]}” meant?" if near else ""


def _fields(path: Path_) -> list[str]:
    """The names that may stand at a place of the file."""
    here: type[BaseModel] | None = ReturnsPolicy
    named = False
    for part in path:
        if isinstance(part, int) or named:  # a member of a list, or a value by its name: of the same model
            named = False
        elif here is not None:
            field = here.model_fields.get(part)
            here, named = (_model(field.annotation), get_origin(field.annotation) is dict) if field else (None, False)
    return list(here.model_fields) if here else []


def _model(annotation: Any) -> type[BaseModel] | None:
    """The model that a field is made of: itself, of each member, or of each value."""
    if parts := get_args(annotation):
        return next((found for part in parts if (found := _model(part))), None)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


# -------------------------------------------------------------------------------------------------------------- schema


def schema() -> dict[str, Any]:
    """The JSON Schema of the file, with what the model's documentation says about each field."""
    made = ReturnsPolicy.model_json_schema()
    made["title"] = "Returns policy of a Porchlight brand"
    for name, definition in {"ReturnsPolicy": made, **made["$defs"]}.items():
        about = dict(_documented(getattr(model, name))) if hasattr(model, name) else {}
        for field, text in about.items():
            definition["properties"][field]["description"] = text
        for field, told in definition.get("properties", {}).items():
            definition["properties"][field] = _plain(told)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _plain(field: dict[str, Any]) -> dict[str, Any]:
    """Without titles that repeat the name, and without ``null``: what is not said is left out."""
    told = {name: value for name, value in field.items() if name not in ("title", "anyOf")}
    choices = [one for one in field.get("anyOf", ()) if one != {"type": "null"}]
    if len(choices) == 1:
        told = {**choices[0], **told}
        if told.get("default", ...) is None:
            del told["default"]
    if "patternProperties" in told:
        told["additionalProperties"] = False
    return told


def _documented(cls: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """The text below each field of a model."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(tree, ast.ClassDef)
    for field, below in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            yield field.target.id, inspect.cleandoc(below.value.value).replace("\n", " ").replace("``", "`")
