"""docs/carriers.md lists exactly the connectors that there are. The guide is run in test_new_carrier.py."""

import re
from pathlib import Path

from porchlight.carriers.registry import carrier_ids
from porchlight.stores.registry import store_ids

DOCS = Path(__file__).parents[2] / "docs"


def _listed(heading: str) -> list[str]:
    text = (DOCS / "carriers.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([a-z0-9_]+)` \|", section, flags=re.MULTILINE)


def test_carriers_are_all_listed() -> None:
    assert sorted(_listed("Carriers and aggregators")) == sorted(carrier_ids())


def test_stores_are_all_listed() -> None:
    assert sorted(_listed("Stores")) == sorted(store_ids())
