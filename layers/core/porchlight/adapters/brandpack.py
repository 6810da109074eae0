"""The brand pack at run time: one small JSON file for each brand, for its words in each language, and for each carrier
that brands declare, built from ``brand/`` by ``layers/brand/build.py``.

The pack is the package ``porchlight_brand`` of the brand layer, or a folder that is passed in. A brand is
read when it is first asked for and then kept for the life of the process.
"""

import json
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from porchlight.errors import NotFoundError

if TYPE_CHECKING:  # who asks for a declared carrier needs no model of a brand
    from porchlight.domain.blocks import Blocks
    from porchlight.domain.brands import BrandConfig
    from porchlight.domain.countries import CountryProfile
    from porchlight.domain.law.model import StatutoryProfile
    from porchlight.domain.moments import Catalogue

PACKAGE = "porchlight_brand"
NEUTRAL = "default"
"""The entry of the pack that pages without a brand are made of; it is not a brand."""


class PackLaws:
    """``returning.Laws`` on the pack."""

    def __init__(self, pack: "BrandPack") -> None:
        self._pack = pack

    def of(self, brand: str, country: str | None) -> "StatutoryProfile":
        """The country's entry."""
        return self._pack.law(brand, country)


class BrandPack:
    """The ``Brands`` port, and the words and templates behind the ``Renderer``."""

    def __init__(self, folder: str | Path | None = None) -> None:
        self._folder = Path(folder) if folder else None
        self._brands: dict[str, BrandConfig] = {}
        self._moments: dict[str, Catalogue] = {}
        self._countries: dict[str, dict[str, Any]] = {}
        self._profiles: dict[tuple[str, str], CountryProfile] = {}
        self._laws: dict[tuple[str, str], StatutoryProfile] = {}

    def get(self, brand: str) -> "BrandConfig":
        """One brand; NotFoundError where the pack has no such brand."""
        if brand not in self._brands:
            if brand not in self.ids():
                raise NotFoundError(f"no brand {brand!r} in the brand pack")
            from porchlight.domain.brands import BrandConfig

            self._brands[brand] = BrandConfig.model_validate(self.data(brand)["config"])
        return self._brands[brand]

    def ids(self) -> Iterable[str]:
        """All brands of the pack."""
        return tuple(_load(self._root() / "pack.json")["brands"])

    def data(self, brand: str) -> dict[str, Any]:
        """``config``, ``languages``, ``templates``, ``look`` of a brand, or those of pages without one
        (``NEUTRAL``).
        """
        if brand != NEUTRAL and brand not in self.ids():
            raise NotFoundError(f"no brand {brand!r} in the brand pack")
        return _load(self._root() / f"{brand}.json")

    def words(self, brand: str, language: str) -> dict[str, Any]:
        """All words of a brand in one of its ``languages``; where it has none of its own, those of the default."""
        return _load(self._root() / f"{self.data(brand)['languages'][language]}.json")

    def moments(self, brand: str) -> "Catalogue":
        """What the brand tells, and how."""
        if brand not in self._moments:
            from porchlight.domain.moments import Moment, MomentSpec

            found = self.data(brand)["moments"].items()
            self._moments[brand] = {Moment(name): MomentSpec.model_validate(spec) for name, spec in found}
        return self._moments[brand]

    def blocks(self, brand: str) -> "Blocks":
        """What may stand below the news of the brand's emails."""
        from porchlight.domain.blocks import Blocks

        return Blocks.model_validate(self.data(brand)["blocks"])

    def country(self, brand: str, country: str | None) -> "CountryProfile":
        """What a country asks of the brand; the default where it has no profile, or is not known."""
        if brand not in self._countries:
            own = self._root() / f"{brand}.countries.json"
            self._countries[brand] = _load(own if own.is_file() else self._root() / f"{NEUTRAL}.countries.json")
        found = self._countries[brand]
        key = (brand, country if country in found else "default")
        if key not in self._profiles:
            from porchlight.domain.countries import CountryProfile

            self._profiles[key] = CountryProfile.model_validate(found[key[1]])
        return self._profiles[key]

    def law(self, brand: str, country: str | None) -> "StatutoryProfile":
        """What the law of a country gives the brand's buyers; the default where it has no entry, or is not known."""
        own = self._root() / f"{brand}.law.json"
        found = _load(own if own.is_file() else self._root() / f"{NEUTRAL}.law.json")
        key = (brand, country if country and country in found else "default")
        if key not in self._laws:
            from porchlight.domain.law.model import StatutoryProfile

            self._laws[key] = StatutoryProfile.model_validate(found[key[1]])
        return self._laws[key]

    def carriers(self, source: str) -> dict[str, Any]:
        """The compiled mapping of a declared carrier by brand; {} where no brand declares it."""
        if source not in _load(self._root() / "pack.json")["carriers"]:
            return {}
        return _load(self._root() / f"carrier.{source}.json")

    def style_hashes(self) -> list[str]:
        """``sha256-…`` of the style blocks of all pages of all brands."""
        return list(_load(self._root() / "pack.json")["style_hashes"])

    def _root(self) -> Path:
        if self._folder is None:
            spec = find_spec(PACKAGE)
            if spec is None or spec.origin is None:
                raise NotFoundError(f"the brand pack ({PACKAGE}) is not installed")
            self._folder = Path(spec.origin).parent
        return self._folder


@cache
def _load(file: Path) -> dict[str, Any]:
    """A file of the pack; whoever asks for it, it is read once."""
    data: dict[str, Any] = json.loads(file.read_bytes())
    return data
