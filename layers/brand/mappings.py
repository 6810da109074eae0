"""The carriers that brands declare (``brand/<brand>/carriers/<id>.yaml``): read, checked, tried on their examples.

A file in ``default`` is every brand's; a brand's own file of that name takes its place. What is wrong is named by file,
line and field. Beside ``tern.yaml`` may lie ``tern.<name>.json``, a body, with ``tern.<name>.expect.json``, its reading
in the form of ``porchlight parse``.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from porchlight.carriers.declared.mapping import CarrierMapping, compiled
from porchlight.carriers.declared.parse import reports
from porchlight.carriers.registry import carrier_ids
from porchlight.domain.printed import printed
from porchlight.errors import UnreadableBodyError
from porchlight.stores.registry import store_ids

FOLDER = "carriers"
DEFAULT = "default"
TAKEN = frozenset({*carrier_ids(), *store_ids(), "stores"})
"""Ids that stand in webhook addresses already."""
_DEEPEST = 20

Lines = dict[tuple[str, ...], int]


class MappingError(Exception):
    """What is wrong with a mapping, with its file, line and field."""


def declared(source: Path, brands: Sequence[str], *, examples: bool = True) -> dict[str, dict[str, dict[str, Any]]]:
    """Every declared carrier of the brand folder ``source``, compiled: ``{id: {brand: mapping}}``. ``examples``: also
    try them.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    shared = _folder(source / DEFAULT / FOLDER, examples)
    for brand in brands:
        for name, mapping in (shared | _folder(source / brand / FOLDER, examples)).items():
            found.setdefault(name, {})[brand] = mapping
    return found


def _folder(folder: Path, examples: bool) -> dict[str, dict[str, Any]]:
    """The carriers of one folder; every file in it has to be a mapping or an example of one."""
    files = sorted(file for file in folder.glob("*") if not file.name.startswith("."))
    found = {file.stem: _mapping(file) for file in files if file.suffix == ".yaml"}
    for file in files:
        name = file.name.partition(".")[0]
        if file.suffix == ".yaml" or not examples:
            continue
        if file.suffix != ".json" or name not in found:
            raise MappingError(f"{file}: neither a mapping (.yaml) nor an example beside one (<id>.<name>.json)")
        if file.name.endswith(".expect.json"):
            if not _body_of(file).is_file():
                raise MappingError(f"{file}: there is no {_body_of(file).name} that this would be the reading of")
        else:
            _try(found[name], file)
    return found


def _mapping(file: Path) -> dict[str, Any]:
    data, lines = read(file)
    try:
        mapping = CarrierMapping.model_validate(data)
    except ValidationError as error:
        raise MappingError("\n".join(_said(file, lines, problem) for problem in error.errors())) from None
    for wrong, why in (
        (mapping.id != file.stem, f"is {mapping.id!r}, but the file is {file.name!r}"),
        (mapping.id in TAKEN, f"{mapping.id!r} is taken: it is built in"),
    ):
        if wrong:
            raise MappingError(f"{file}:{lines['id',]}: id: {why}")
    return compiled(mapping)


def _said(file: Path, lines: Lines, problem: Any) -> str:
    """One problem of pydantic's as ``file:line: field: what``. Its path names alternatives that the file does not."""
    path: tuple[str, ...] = ()
    shown: list[str] = []
    for part in map(str, problem["loc"]):
        if (*path, part) in lines:
            path = (*path, part)
            shown.append(part)
        elif part not in ("hmac", "header", "token"):
            shown.append(part)
    what = problem["msg"].removeprefix("Value error, ")
    return f"{file}:{lines[path]}: {'.'.join(shown) or 'the file'}: {what}"


def _try(mapping: dict[str, Any], file: Path) -> None:
    """The example has to be read as its expectation says."""
    wanted_file = file.with_name(f"{file.stem}.expect.json")
    if not wanted_file.is_file():
        raise MappingError(f"{file}: has no {wanted_file.name}: write down how it is to be read")
    try:
        wanted = json.loads(wanted_file.read_bytes())
    except ValueError as error:
        raise MappingError(f"{wanted_file}: not JSON: {error}") from None
    try:
        read_as = json.loads(json.dumps(printed(reports(file.read_bytes(), mapping))))
    except UnreadableBodyError as error:
        read_as = {"error": error.detail}
    for where, is_read, is_wanted in _differences(read_as, wanted):
        raise MappingError(
            f"{wanted_file}: {where or 'the whole'}: the mapping reads {is_read}, the file says {is_wanted}"
        )


def _body_of(expectation: Path) -> Path:
    return expectation.with_name(expectation.name.removesuffix(".expect.json") + ".json")


def _differences(one: Any, other: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys([*one, *other]):
            inner = f"{path}.{key}" if path else key
            if key not in one or key not in other:
                yield (
                    inner,
                    _json(one[key]) if key in one else "nothing",
                    _json(other[key]) if key in other else "nothing",
                )
            else:
                yield from _differences(one[key], other[key], inner)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _differences(left, right, f"{path}[{index}]")
    elif one != other:
        yield path, _json(one), _json(other)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:200]


def read(file: Path) -> tuple[Any, Lines]:
    """A YAML file in which every name and value is the text that stands there (``NO``, ``007`` and ``1e3`` are codes),
    with the line of each.
    """
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise MappingError(f"{file}: not valid YAML: {error}") from None
    lines: Lines = {(): 1}
    return _plain(node, (), lines, file), lines


def _plain(node: yaml.Node | None, path: tuple[str, ...], lines: Lines, file: Path) -> Any:
    if node is None:
        return None
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if len(path) > _DEEPEST:
        raise MappingError(f"{file}:{line}: nested too deeply")
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, str(index)), lines, file) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == "tag:yaml.org,2002:null" else node.value
    found: dict[str, Any] = {}
    for key, item in node.value:
        at = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise MappingError(f"{file}:{at}: a name has to be text")
        if key.value in found:
            raise MappingError(f"{file}:{at}: {'.'.join((*path, key.value))}: stands there twice")
        lines[(*path, key.value)] = at
        found[key.value] = _plain(item, (*path, key.value), lines, file)
    return found
