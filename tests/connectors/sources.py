"""Every source as its tests see it: how it signs (``schemes/``, one file each), golden bodies (``fixtures/``)."""

import importlib.util
import json
from pathlib import Path
from typing import Any

from porchlight.carriers.registry import abilities, carrier, carrier_ids
from porchlight.connectors import CarrierConnector, StoreConnector
from porchlight.stores.registry import store, store_ids
from tests.connectors.scheme import NOW, Scheme

__all__ = ["FIXTURES", "NOW", "SCHEMES", "Scheme", "all_ids", "connector", "expected", "golden", "pushing"]

FIXTURES = Path(__file__).parent / "fixtures"
BODIES = (".json", ".xml")


DECLARED: dict[str, CarrierConnector] = {}
"""Connectors that stand in no registry: carriers as brands declare them, one for each kind of proof."""


def _schemes() -> tuple[Scheme, ...]:
    found: list[Scheme] = []
    for file in sorted((Path(__file__).parent / "schemes").glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"schemes_{file.stem}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found += module.SCHEMES
        DECLARED.update(getattr(module, "CONNECTORS", {}))
    return tuple(found)


SCHEMES = _schemes()


def connector(source: str) -> CarrierConnector | StoreConnector:
    found = carrier(source) or store(source) or DECLARED.get(source)
    assert found is not None
    return found


def all_ids() -> tuple[str, ...]:
    return (*carrier_ids(), *store_ids())


def pushing() -> tuple[str, ...]:
    """The sources that call us."""
    return (*(source for source in carrier_ids() if "push" in abilities(source)), *store_ids())


def golden(kind: str) -> list[tuple[str, Path]]:
    """(source, body file) of every golden fixture of carriers or of stores."""
    ids = carrier_ids() if kind == "carriers" else store_ids()
    files = [(source, file) for source in ids for file in sorted((FIXTURES / source).glob("*.*"))]
    return [(source, file) for source, file in files if file.suffix in BODIES and ".expect" not in file.suffixes]


def expected(file: Path) -> Any:
    return json.loads(file.with_name(f"{file.stem}.expect.json").read_text(encoding="utf-8"))
