"""What countries ask of who writes to their people: ``countries.yaml`` of the default with the brand's own laid over
it, checked. Every country has what ``default`` says, but for what it says itself.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from problems import BrandError
from pydantic import ValidationError

from porchlight.domain.countries import CountryProfile
from porchlight.domain.dates import zone
from porchlight.domain.zones import is_country, zone_of

FILE = "countries.yaml"
DEFAULT = "default"
_HOURS = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")


def countries(defaults: Path, folder: Path, read: Callable[[Path], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every profile by country, and ``default`` for all others: what differs from ``CountryProfile()``. BrandError
    names file and field.
    """
    file = defaults / FILE
    found = _entries(file, read(file))
    if DEFAULT not in found:
        raise BrandError(f"{file}: {DEFAULT}: is missing")
    own = folder / FILE
    if folder != defaults and own.is_file():
        file = own
        for name, fields in _entries(own, read(own)).items():
            found[name] = _laid_over(found.get(name, {}), fields)
    return {name: _profile(file, name, _laid_over(found[DEFAULT], fields)) for name, fields in sorted(found.items())}


def _entries(file: Path, data: dict[Any, Any]) -> dict[str, dict[str, Any]]:
    """What a file says, by country."""
    for name, fields in data.items():
        if name is False:
            raise BrandError(f'{file}: NO: Norway stands in quotes, as in "NO"')
        if name != DEFAULT and not (isinstance(name, str) and is_country(name)):
            raise BrandError(f"{file}: {name}: is no country (ISO 3166-1 alpha-2)")
        if not isinstance(fields, dict):
            raise BrandError(f"{file}: {name}: has to be a list of names and values")
    return data


def _laid_over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """``opt_in`` and ``sms`` field by field, everything else as a whole."""
    merged = base | own
    if "opt_in" in base and isinstance(own.get("opt_in"), dict):
        merged["opt_in"] = base["opt_in"] | {
            channel: base["opt_in"].get(channel, {}) | needs for channel, needs in own["opt_in"].items()
        }
    if "sms" in base and isinstance(own.get("sms"), dict):
        merged["sms"] = base["sms"] | own["sms"]
    return merged


def _profile(file: Path, name: str, fields: dict[str, Any]) -> dict[str, Any]:
    fields = {**fields, "country": name, "zone": fields.get("zone") or zone_of(name)}
    try:
        profile = CountryProfile.model_validate(_with_hours(fields))
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in (name, *problem["loc"]))
        raise BrandError(f"{file}: {field}: {problem['msg']}") from None
    for one in (profile.zone, *profile.zones):
        if one and zone(one) is None:
            raise BrandError(f"{file}: {name}.zones: there is no zone {one!r}")
    return profile.model_dump(mode="json", exclude_defaults=True)


def _with_hours(value: Any) -> Any:
    """``"21:00-08:00"`` as start and end, wherever it stands."""
    if isinstance(value, dict):
        return {key: _with_hours(one) for key, one in value.items()}
    if isinstance(value, str) and (hours := _HOURS.fullmatch(value)):
        return {"start": hours[1], "end": hours[2]}
    return value
