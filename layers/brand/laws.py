"""What the law gives buyers: ``law.yaml`` of the default, with the brand's own laid over it where it gives more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from problems import BrandError
from pydantic import ValidationError

from porchlight.domain.law.model import StatutoryProfile
from porchlight.domain.rma.names import Payer
from porchlight.domain.zones import is_country

FILE = "law.yaml"
DEFAULT = "default"


def laws(defaults: Path, folder: Path, read: Callable[[Path], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every profile by country, and ``default`` for all others. BrandError names file and field."""
    file = defaults / FILE
    data = read(file)
    if unknown := data.keys() - {"groups", "countries"}:
        raise BrandError(f"{file}: {min(unknown)}: groups or countries can stand here")
    found: dict[str, dict[str, Any]] = {}
    for name, group in data.get("groups", {}).items():
        for country in group.pop("countries", ()):
            if country in found:
                raise BrandError(f"{file}: groups.{name}: {country} is in two groups")
            found[country] = dict(group)
    for country, fields in _entries(file, data.get("countries", {})).items():
        found[country] = found.get(country, {}) | fields
    if DEFAULT not in found:
        raise BrandError(f"{file}: countries.{DEFAULT}: is missing")
    _entries(file, found)
    profiles = {country: _profile(file, country, fields) for country, fields in sorted(found.items())}
    own = folder / FILE
    if folder != defaults and own.is_file():
        profiles = _with_own(own, read(own), profiles)
    return {country: one.model_dump(mode="json", exclude_defaults=True) for country, one in sorted(profiles.items())}


def _with_own(file: Path, data: dict[str, Any], law: dict[str, StatutoryProfile]) -> dict[str, StatutoryProfile]:
    if unknown := data.keys() - {"categories", "countries"}:
        raise BrandError(f"{file}: {min(unknown)}: categories or countries can stand here")
    profiles = dict(law)
    for country, fields in _entries(file, data.get("countries", {})).items():
        base = law.get(country, law[DEFAULT])
        given = _profile(file, country, base.model_dump(mode="json") | fields)
        if not given.reason:
            raise BrandError(f"{file}: countries.{country}.reason: is missing: why the brand gives more than the law")
        if less := _less(given, base):
            raise BrandError(f"{file}: countries.{country}.{less}: is less than the law gives")
        profiles[country] = given
    if categories := data.get("categories"):
        profiles = {
            country: _profile(file, country, one.model_dump(mode="json") | {"categories": categories})
            for country, one in profiles.items()
        }
    return profiles


def _less(given: StatutoryProfile, law: StatutoryProfile) -> str:
    """The first field in which a brand gives less than the law; empty where there is none."""
    for name in ("withdrawal_days", "guarantee_months", "burden_of_proof_months", "ends_on_working_day"):
        if getattr(given, name) < getattr(law, name):
            return name
    if law.withdrawal_days and given.refund_days > law.refund_days:
        return "refund_days"
    if law.refunds_shipping and not given.refunds_shipping:
        return "refunds_shipping"
    if law.return_cost is Payer.BRAND and given.return_cost is not Payer.BRAND:
        return "return_cost"
    if law.withdrawal_days and set(given.exempt) - set(law.exempt):
        return "exempt"
    stays = ("refund_from", "withdrawal_function_since", "source", "grade", "read_on")
    return next((name for name in stays if getattr(given, name) != getattr(law, name)), "")


def _entries(file: Path, data: dict[Any, Any]) -> dict[str, dict[str, Any]]:
    for name, fields in data.items():
        if name is False:
            raise BrandError(f'{file}: NO: Norway stands in quotes, as in "NO"')
        if name != DEFAULT and not (isinstance(name, str) and is_country(name)):
            raise BrandError(f"{file}: {name}: is no country (ISO 3166-1 alpha-2)")
        if not isinstance(fields, dict):
            raise BrandError(f"{file}: {name}: has to be a list of names and values")
    return data


def _profile(file: Path, country: str, fields: dict[str, Any]) -> StatutoryProfile:
    try:
        return StatutoryProfile.model_validate({**fields, "country": country})
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(str(part) for part in ("countries", country, *problem["loc"]))
        raise BrandError(f"{file}: {field}: {problem['msg']}") from None
