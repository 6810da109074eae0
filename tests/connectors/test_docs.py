"""Each source has its page, and docs/carriers.md is made of them. The guide is run in test_new_carrier.py."""

import re
from pathlib import Path

import pytest

from local.setup.carriers_page import overview
from porchlight.carriers.registry import carrier, carrier_ids
from porchlight.stores.registry import store, store_ids

DOCS = Path(__file__).parents[2] / "docs"
OVERVIEW = DOCS / "carriers.md"


def _listed(heading: str) -> list[str]:
    section = OVERVIEW.read_text(encoding="utf-8").split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| \[`([a-z0-9_]+)`\]", section, flags=re.MULTILINE)


def test_carriers_are_all_listed() -> None:
    assert sorted(_listed("Carriers and aggregators")) == sorted(carrier_ids())


def test_stores_are_all_listed() -> None:
    assert sorted(_listed("Stores")) == sorted(store_ids())


def test_the_overview_is_what_the_pages_say() -> None:
    text = OVERVIEW.read_text(encoding="utf-8")
    assert overview(text) == text, "python -m local.setup.carriers_page"


@pytest.mark.parametrize("source", [*carrier_ids(), *store_ids()])
def test_a_page_says_how_the_source_is_set_up(source: str) -> None:
    """Its secret by its name, its address, and every credential that proves, asks or subscribes."""
    found = carrier(source) or store(source)
    kind = "carriers" if carrier(source) else "stores"
    text = (DOCS / "carriers" / f"{source}.md").read_text(encoding="utf-8")
    assert f"porchlight/{{stage}}/{kind}/{source}" in text
    assert f"/webhooks/{'stores/' if kind == 'stores' else ''}{source}" in text
    parts = (found, getattr(found, "client", None), getattr(found, "subscriptions", None))
    for name in {name for part in parts if part for name in part.credentials}:
        assert re.search(rf"[`\"]{name}[`\"]", text), name
