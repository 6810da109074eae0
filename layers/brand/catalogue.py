"""The catalogue of moments (``moments.yaml`` of the default with the brand's own fields laid over it) and the brand's
blocks (``blocks.yaml``), checked.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from problems import BrandError
from pydantic import ValidationError

from porchlight.domain.blocks import Blocks
from porchlight.domain.brands import BrandConfig
from porchlight.domain.moments import BLOCKS, Moment, MomentSpec

FILE = "moments.yaml"


def moments(
    defaults: Path, folder: Path, config: BrandConfig | None, read: Callable[[Path], dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Every moment as the brand tells it: what differs from ``MomentSpec()``. BrandError names file and field."""
    file = defaults / FILE
    found = _fields(file, read(file))
    if missing := {moment.value for moment in Moment} - found.keys():
        raise BrandError(f"{file}: {min(missing)}: is missing")
    own = folder / FILE
    if folder != defaults and own.is_file():
        file = own
        found = found | {name: found[name] | fields for name, fields in _fields(own, read(own)).items()}
    specs = {Moment(name): _spec(file, name, fields) for name, fields in found.items()}
    _check(file, specs, config)
    return {moment.value: spec.model_dump(mode="json", exclude_defaults=True) for moment, spec in sorted(specs.items())}


def blocks(folder: Path, read: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """What may stand below the news: ``blocks.yaml`` of the brand, {} where it has none. BrandError names the field."""
    file = folder / "blocks.yaml"
    if not file.is_file():
        return {}
    try:
        return Blocks.model_validate(read(file)).model_dump(mode="json", exclude_defaults=True)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in problem["loc"])
        raise BrandError(f"{file}: {field}: {problem['msg']}") from None


def _fields(file: Path, data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a file says, by moment."""
    for name, fields in data.items():
        if name not in Moment:
            raise BrandError(f"{file}: {name}: there is no such moment")
        if not isinstance(fields, dict):
            raise BrandError(f"{file}: {name}: has to be a list of names and values")
        if not isinstance(fields.get("at") or "", str):
            raise BrandError(f'{file}: {name}.at: a time stands in quotes, as in "10:00"')
    return data


def _spec(file: Path, name: str, fields: dict[str, Any]) -> MomentSpec:
    try:
        return MomentSpec.model_validate(fields)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in (name, *problem["loc"]))
        raise BrandError(f"{file}: {field}: {problem['msg']}") from None


def _check(file: Path, specs: dict[Moment, MomentSpec], config: BrandConfig | None) -> None:
    """What one moment alone cannot know: blocks, segments of the brand, and what follows what."""
    segments = config.outreach.segments.keys() if config else frozenset()
    for moment, spec in specs.items():
        where = f"{file}: {moment.value}"
        if unknown := set(spec.blocks) - BLOCKS:
            raise BrandError(f"{where}.blocks: {min(unknown)!r} is none of {', '.join(sorted(BLOCKS))}")
        if config and (unknown := {*spec.only, *spec.never} - segments):
            raise BrandError(f"{where}: {min(unknown)!r} is no segment of brand.yaml (outreach.segments)")
        if spec.after is None and (spec.wait_hours or spec.at):
            raise BrandError(f"{where}.after: what is to come later has to follow a moment")
        before, seen = spec.after, {moment}
        while before:
            if before in seen:
                raise BrandError(f"{where}.after: it would follow itself")
            seen.add(before)
            before = specs[before].after
        if spec.after and specs[spec.after].after:
            raise BrandError(f"{where}.after: {spec.after.value} follows another moment itself; name that one")
